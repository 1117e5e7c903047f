"""The files that ship with leadrelay: the ready mappings and the example configuration."""

from __future__ import annotations

from pathlib import Path


def shipped(name: str) -> Path:
    """A file or folder that ships with leadrelay: inside the installed package, else in the source tree."""
    package = Path(__file__).resolve().parent
    inside = package / "bundled" / name
    return inside if inside.exists() else package.parent / name
