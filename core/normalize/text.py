"""Text that every store and CRM can hold, texts that mean "nothing", and the folded form that matching compares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, wraps

from anyascii import anyascii

from core.normalize.reading import NOTHING, Reading
from core.normalize.words import EMPTY_MARKS, NOBODY

LONGEST_TEXT = 100_000
"""Far above any field of a CRM (a Salesforce long text holds 131,072): only a runaway input is cut."""

LONGEST_WORD = 200
"""Where a reader expects a number, a country or a choice: what is longer can be none."""

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_UNPRINTED = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOT_ALNUM = re.compile("[^a-z0-9]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

_HOLLOW = re.compile(r"[\W_]+|([xX.\-_?*#])\1+")


def bounded(read: Callable[[str], Reading]) -> Callable[[str], Reading]:
    """A reader of short texts with a memory, which no runaway text can fill."""
    remembered = lru_cache(maxsize=2048)(read)

    @wraps(read)
    def read_bounded(text: str) -> Reading:
        return remembered(text[:LONGEST_WORD])

    return read_bounded


def storable(text: str) -> str:
    """The text as it came, except for characters that no store can hold (NUL, lone surrogates): those become U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def clean(text: str) -> str:
    """The text in NFC, trimmed, with plain line ends and without control characters, NUL or lone surrogates."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _UNPRINTED.sub("", _LINE_ENDS.sub("\n", text))
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", text)).strip()


def one_line(text: str) -> str:
    """The cleaned text on one line, every run of white space one space."""
    return " ".join(clean(text).split())


def read_text(text: str) -> Reading:
    """Any text; one that is longer than the longest is cut, and said so."""
    text = clean(text)
    if len(text) <= LONGEST_TEXT:
        return Reading(text) if text else NOTHING
    cut = f"the text has {len(text)} characters and was cut after {LONGEST_TEXT}; the whole stays with the submission."
    return Reading(text[:LONGEST_TEXT].strip(), "text_too_long", cut)


def is_empty_mark(text: str) -> bool:
    """Whether a cleaned text says that nothing was given: `-`, `n/a`, `null` and the like."""
    return _is_hollow(text) or text.lower() in EMPTY_MARKS


def is_nobody(text: str) -> bool:
    """Whether a cleaned text stands where a name should be and names nobody: `test`, `asdf`, `xxx`, `unknown`, `-`.

    `Null` and `Nan` with a capital are names that people have; what broken programs send is `null` and `nan`.
    """
    return text not in ("Null", "Nan") and (_is_hollow(text) or text.lower() in NOBODY or not text.strip("0"))


def _is_hollow(text: str) -> bool:
    return len(text) < 40 and _HOLLOW.fullmatch(text) is not None


def fold(text: str) -> str:
    """The form in which texts are compared: lower-case ASCII letters and digits, `ä` as `ae`, single spaces between words."""
    return _fold(text) if len(text) <= LONGEST_WORD else _fold.__wrapped__(text)


@lru_cache(maxsize=8192)
def _fold(text: str) -> str:
    if text.isascii():
        text = text.lower()
    else:
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
        text = anyascii(text.translate(_UMLAUTS)).lower()
    return _NOT_ALNUM.sub(" ", text).strip()
