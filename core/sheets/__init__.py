"""How a table in a file is read: its encoding, its dialect, where its header is, and what its columns mean."""
