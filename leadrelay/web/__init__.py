"""HTTP: capture, health, metrics and the API."""
