"""CRM simulators that speak real HTTP: what the demo and the tests deliver to."""
