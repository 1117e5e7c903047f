"""The person's side of a terminal."""

from __future__ import annotations

import os


def rest_of(person: int) -> bytes:
    """All that is still shown, until the other side is closed."""
    shown = b""
    try:
        while part := os.read(person, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(person)
    return shown
