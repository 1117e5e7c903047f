"""Whether a word was typed at random, or in letters of several scripts that look alike. Pure; what is no Latin is not judged."""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache

_ROWS = re.compile(
    r"asdf|sdfg|dfgh|fghj|ghjk|hjkl|zxcv|yxcv|xcvb|cvbn|vbnm|qwert|poiuy|lkjh|kjhg|jhgf|hgfd|gfds|fdsa|mnbv|nbvc|bvcx"
    r"|asdasd|qweqwe|zxczxc|qazwsx|1qaz|sdfsdf|dfgdfg|fghfgh|jkljkl|fdsfds"
)
"""Neighbours on a keyboard that stand together in no name."""
_REPEATED = re.compile(r"(..)\1{3,}\Z|(.{3,4})\2{2,}\Z|(.)\3{3,}\Z")
_HOME_ROW = frozenset("asdfghjkl")
_CAMEL = re.compile(r"(?:[A-Z][a-z]+)+\Z")
_VOWELS = frozenset("aeiouyw")


@lru_cache(maxsize=4096)
def is_mashed(word: str) -> bool:
    """Whether a word was typed at random: neighbours on the keyboard, one piece again and again, letters of which none can be
    spoken, or capitals thrown in. Names written together (`AnnaMariaVanDerBerg`) and initials are none."""
    plain = word
    if not word.isascii():
        plain = "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))
        if not plain.isascii():
            return False
    lower = plain.lower()
    if _ROWS.search(lower) or _REPEATED.match(lower):
        return True
    if (
        _VOWELS.isdisjoint(lower)
        and not plain.isupper()
        and (len(lower) >= 7 or (len(lower) >= 5 and _HOME_ROW.issuperset(lower)))
    ):
        return True
    if len(plain) < 8 or plain.islower() or plain.istitle() or plain.isupper():
        return False
    humps = sum(before.islower() and after.isupper() for before, after in itertools.pairwise(plain))
    vowels = sum(letter in _VOWELS for letter in lower)
    is_names = _CAMEL.match(plain) is not None and len(plain) >= 3 * (humps + 1)
    return humps >= 3 and not is_names and (humps >= 4 or vowels * 3 < len(plain))


def mixes_scripts(word: str) -> int:
    """How often a word goes from Latin to Cyrillic or Greek letters or back."""
    if word.isascii():
        return 0
    scripts = [script for script in map(_script, word) if script]
    return sum(before != after for before, after in itertools.pairwise(scripts))


@lru_cache(maxsize=1024)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return name if name in ("LATIN", "CYRILLIC", "GREEK") else ""
