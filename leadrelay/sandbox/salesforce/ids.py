"""Record ids as the real service builds them: 15 case-sensitive characters, or 18 with a checksum that guards the case."""

from __future__ import annotations

from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_POD = "Hs000"  # the characters after the prefix that say in which instance a record was made
_ALPHABET = frozenset(_DIGITS)


def checksum(short: str) -> str:
    """The three characters that make a 15-character id case-safe."""
    return "".join(
        _CHECKS[sum(1 << place for place, char in enumerate(short[start : start + 5]) if char.isupper())] for start in (0, 5, 10)
    )


def make_id(prefix: str, number: int) -> str:
    """The 18-character id of the `number`-th record whose object has this key prefix."""
    digits = ""
    for _ in range(15 - len(prefix) - len(_POD)):
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    short = prefix + _POD + digits
    return short + checksum(short)


@lru_cache(maxsize=65536)
def full_id(text: str) -> str | None:
    """The 18-character form of a 15- or 18-character id (whose case may have been lost); None when it is not an id."""
    if not _ALPHABET.issuperset(text):
        return None
    if len(text) == 15:
        return text + checksum(text)
    return _repaired(text) if len(text) == 18 else None


def _repaired(text: str) -> str | None:
    chars = list(text[:15])
    for block, check in enumerate(text[15:].upper()):
        if check not in _CHECKS:
            return None
        bits = _CHECKS.index(check)
        for place in range(5):
            position = block * 5 + place
            chars[position] = chars[position].upper() if bits >> place & 1 else chars[position].lower()
    short = "".join(chars)
    return short + text[15:].upper() if checksum(short) == text[15:].upper() else None
