"""Who gets a lead: the ordered lines of `routing`, the pools that take turns, and who of a pool may take one now. All pure."""
