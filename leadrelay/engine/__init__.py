"""The engine: intake, processing, reconciling and timers; the only code that changes a lead's state."""
