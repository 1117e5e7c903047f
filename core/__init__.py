"""The pure steps of leadrelay: values in, values out; no network, database, clock, randomness or framework."""
