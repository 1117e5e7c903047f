"""Real processes killed at random moments while leads pass; then everything is counted. `python -m tests.crash --help`."""
