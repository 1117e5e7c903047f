"""The shell: store, engine, HTTP, sandbox and command line; every effect that is not a connector."""

__version__ = "0.1.0"
