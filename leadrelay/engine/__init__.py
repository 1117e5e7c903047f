"""The engine: intake, worker, reconciler and timers around the pure core."""
