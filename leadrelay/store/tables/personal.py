"""Which columns may hold a personal value; erasure blanks exactly these, and a test scans all others."""

from __future__ import annotations

PERSONAL: dict[str, tuple[str, ...]] = {
    "submission": ("key", "reason", "headers", "body", "problems"),
    "capture_key": ("key",),
    "lead": ("record",),
    "touch": ("fields", "problems"),
    "lead_key": ("text", "name"),
    "decision": ("data",),
    "event": ("data",),
    "delivery": ("problem",),
    "action": ("payload", "problem"),
    "attempt": ("data",),
    "crm_link": ("seen",),
    "gate": ("hold_reason", "paused", "last_problem"),
    "timer": ("data",),
    "alert": ("message", "data"),
    "cursor": ("paused", "last_problem"),
    "file_import": ("file_name", "reading"),
    "notice": ("problem",),
    "marker": ("value",),
    "assignment": ("trace",),
    "visitor": ("id",),
    "visit": ("visitor",),
}
"""Columns that may hold a personal value. The store holds none anywhere else; tests/engine/test_erase.py proves it."""
