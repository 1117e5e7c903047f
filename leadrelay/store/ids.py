"""Ids: 64-bit integers inside, thirteen characters of Crockford's base 32 outside."""

from __future__ import annotations

import secrets
import threading
from functools import lru_cache

from core.instants import Instant

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_TO_PYTHON = str.maketrans({**dict(zip(_ALPHABET, _DIGITS, strict=True)), "O": "0", "I": "1", "L": "1"})
"""The letters of a uid as those that `int(text, 32)` reads."""
_ACCEPTED = frozenset(_ALPHABET) | frozenset("OIL")
_SEQUENCE_BITS = 21
_REMEMBERED = 8192
"""A batch asks for the same ids a dozen times: so many are kept."""
_EPOCH = 1_577_836_800_000  # 2020-01-01: leaves 42 bits of milliseconds, enough until 2159


class Ids:
    """Hands out ids that rise with time and do not meet those of another process but by a chance of one in millions.

    42 bits of milliseconds, then 21 bits that start at a random number in each process and rise with each id. A meeting
    is caught by the primary key and ends in a repeated transaction, never in two rows under one id.
    """

    def __init__(self) -> None:
        self._next = secrets.randbits(_SEQUENCE_BITS)
        self._lock = threading.Lock()

    def take(self, count: int, now: Instant) -> list[int]:
        """That many new ids, rising but where the sequence wraps around."""
        with self._lock:
            start = self._next
            self._next = (start + count) % (1 << _SEQUENCE_BITS)
        stem = (now - _EPOCH) << _SEQUENCE_BITS
        return [stem | ((start + step) % (1 << _SEQUENCE_BITS)) for step in range(count)]

    def one(self, now: Instant) -> int:
        """A single new id."""
        return self.take(1, now)[0]


def taken_at(number: int) -> Instant:
    """When an id was handed out: a submission's when it was received, a lead's when its first submission was."""
    return (number >> _SEQUENCE_BITS) + _EPOCH


def first_at(at: Instant) -> int:
    """The lowest id that is handed out at a time: everything before it is older."""
    return max(0, at - _EPOCH) << _SEQUENCE_BITS


@lru_cache(maxsize=_REMEMBERED)
def to_uid(number: int) -> str:
    """The id as people and CRMs see it."""
    pairs = _PAIRS
    return (
        f"{pairs[number >> 55 & 1023]}{pairs[number >> 45 & 1023]}{pairs[number >> 35 & 1023]}{pairs[number >> 25 & 1023]}"
        f"{pairs[number >> 15 & 1023]}{pairs[number >> 5 & 1023]}{_ALPHABET[number & 31]}"
    )


@lru_cache(maxsize=_REMEMBERED)
def from_uid(uid: str) -> int:
    """The id of a uid as a person may have typed it; raises ValueError when it is none."""
    text = uid.strip().upper()
    if len(text) != 13 or not _ACCEPTED.issuperset(text):
        raise ValueError(f"`{uid}` is no id: ids have 13 letters and digits, as the lists print them")
    return int(text.translate(_TO_PYTHON), 32)
