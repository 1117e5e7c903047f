"""What tests of several folders share: real servers and small configurations."""
