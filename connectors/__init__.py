"""One folder a service: how leads come in (sources) and where they go (sinks)."""
