"""Labels understood: which lead field a word over a column, or beside a form's field, means, in many languages.

Nothing is guessed by likeness: a label is known word by word or it is not known. "adset_name" is no last name, however near.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from core.fields import CLICK_IDS, STANDARD, UTM
from core.labels.context import (
    FILLER_TEXTS,
    FILLERS,
    NOT_FIELDS,
    ORDER_OF_KINDS,
    OTHERS_PEOPLE,
    SAME_PERSON,
    SEVERAL,
)
from core.labels.words import FIELD_WORDS, NAME

_MAX_LABEL = 150
_CAMEL = re.compile(r"(?<=[a-z\u00df-\u00ff])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_WORD = re.compile(r"[^\W_]+")
_NUMBERING = re.compile(r"^\s*(?:[qQ]\s?\d{1,3}\s*[.):_-]|\d{1,3}\s*[.):]|[#*\-•·▪►>]+(?=\s|\w))\s*")
_CUSTOM = re.compile(r"__[cr]$|_c$")
_E_WORD = re.compile(r"\be[\s\-\u2010-\u2013_.]{0,2}(?=(?:mail|mails|post|posta|posti|mejl|cim)\w*)")
_BRACKETS = re.compile(r"[(\[{（【〔「<][^()\[\]{}（）【】〔〕「」<>]{0,80}[)\]}）】〕」>]")
_SEPARATORS = re.compile(
    r"\s*[/|,;&+\n\r:·•＆／、・]+\s*|\s+[-–—]\s+|\s+(?:and|und|et|y|och|og|oraz|or|oder|ou|o|of)\s+", re.IGNORECASE
)
_LETTERS = str.maketrans({
    "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ё": "е",
})  # fmt: skip
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})

NAME_PARTS = frozenset(["person.first_name", "person.last_name", "person.full_name", "person.middle_name"])
_WITH_KIND = frozenset([
    "person.email", "person.phone", "person.mobile", "person.website", "company.website", "address.street", "address.city",
    "address.postcode", "address.region", "address.country", "", "person.phones", "person.emails",
])  # fmt: skip
_COUNTED = _WITH_KIND | {"company.name", "person.job_title", "person.department"}
_ADDRESS_KINDS = frozenset(["billing", "invoice", "rechnung", "rechnungs", "facturation", "shipping", "delivery", "lieferung"])
"""Kinds of addresses; an e-mail or a phone of such a kind is the bookkeeping's or the warehouse's."""
_NOT_OURS = "it is no field of a lead"
_SOMEBODY_ELSE = "it belongs to somebody else than the lead"
LAST_KIND = len(ORDER_OF_KINDS)


@dataclass(frozen=True, slots=True)
class Recognized:
    """What a label means: the one lead field it surely is (`path`), or several it may be (`choices`, the likeliest first).

    Neither: the label is known to be no lead field. `why` is the reason. `rank` orders several labels of one field (0 goes
    first); `is_name` marks the words that mean a whole name, or half of it beside the other half.
    """

    path: str = ""
    choices: tuple[str, ...] = ()
    why: str = ""
    rank: int = 0
    is_name: bool = False


def folded_words(label: str) -> list[str]:
    """A label's words in lower case, without accents, numbering and decoration; camelCase and snake_case are taken apart."""
    text = unicodedata.normalize("NFKC", label[:_MAX_LABEL])
    text = _CUSTOM.sub("", _NUMBERING.sub("", text.strip(), count=1))
    text = _E_WORD.sub("e", _CAMEL.sub(" ", text).casefold()).translate(_LETTERS)
    decomposed = unicodedata.normalize("NFD", text)
    plain = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    return _WORD.findall(unicodedata.normalize("NFC", plain))


@cache
def _table() -> dict[str, Recognized]:
    """Every known word by its folded spelling. What is no field goes first, so that it can never be one."""
    found: dict[str, Recognized] = {}
    for word in _words(NOT_FIELDS):
        found.setdefault(_key(word), Recognized(why=_NOT_OURS))
    for words, choices, why in SEVERAL:
        for word in _words(words):
            found.setdefault(_key(word), Recognized(choices=choices, why=why))
    for word in _words(NAME):
        found.setdefault(_key(word), Recognized("person.full_name", why="it is a name", is_name=True))
    for path, words in FIELD_WORDS.items():
        meant = Recognized(path, why=f"it is a word for {STANDARD[path].label.lower()}")
        for word in _words(words):
            found.setdefault(_key(word), meant)
    for name in UTM + CLICK_IDS:
        found.setdefault(_key(name), Recognized(f"touch.{name}", why="it is a tracking parameter"))
    return found


def _words(text: str) -> Iterator[str]:
    for line in text.strip().split("\n"):
        for word in filter(None, map(str.strip, line.split("|"))):
            yield word
            spelled = word.casefold().translate(_UMLAUTS)
            if spelled != word.casefold():
                yield spelled


def _key(word: str) -> str:
    return "".join(folded_words(word))


@cache
def _kinds() -> dict[str, int]:
    return {_key(word): rank for rank, words in enumerate(ORDER_OF_KINDS) for word in words.split()}


@cache
def _same_person() -> frozenset[str]:
    return frozenset(map(_key, SAME_PERSON.split()))


@cache
def _fillers() -> frozenset[str]:
    return frozenset(map(_key, FILLERS.split()))


@cache
def _others_people() -> frozenset[str]:
    return frozenset(map(_key, OTHERS_PEOPLE.split()))


_POSSESSIVES = frozenset([
    "your", "my", "our", "ihr", "ihre", "ihrer", "dein", "deine", "votre", "vos", "ton", "ta", "su", "tu", "uw", "je", "jouw",
    "seu", "sua", "tuo", "tua", "suo", "ditt", "din", "dit", "dine", "twoj", "twoja", "twoje", "vas", "vase", "vasi",
])  # fmt: skip


_GOES_ON = frozenset(["and", "und", "et", "y", "e", "en", "och", "og"])
"""How a question goes on from the one before it: `And your last name?`"""


@lru_cache(maxsize=4_096)
def recognize_label(label: str) -> Recognized | None:
    """What a label means, or None when it is not known."""
    stripped = label.strip()
    if STANDARD.is_input(stripped):
        return Recognized(stripped, why="it is the lead field's own name")
    words = folded_words(label)
    if not words:
        return None
    return _whole(words) or _without_brackets(label) or _in_parts(label)


def _whole(words: list[str]) -> Recognized | None:
    """The meaning of all words together, also without those that say nothing, whose it is, or which of several it is."""
    table = _table()
    words = words[1:] if len(words) > 2 and words[0] in _GOES_ON else words
    for tried in (words, _less(words, _POSSESSIVES), _less(words, _fillers()), _less_filler_texts(words)):
        found = table.get("".join(tried)) if tried else None
        if found is not None:
            return found
    if not _others_people().isdisjoint(words):
        return Recognized(why=_SOMEBODY_ELSE)
    asked = _less(words, _fillers())
    own = _less(asked, _same_person())
    return (table.get("".join(own)) if own else None) or _of_a_kind(asked) or _of_a_kind(own) or _both_names(asked)


def _both_names(words: list[str]) -> Recognized | None:
    """A first and a last name side by side: `Vorname Nachname`."""
    for middle in range(1, len(words)):
        halves = [_table().get("".join(half)) for half in (words[:middle], words[middle:])]
        if {half.path for half in halves if half} == {"person.first_name", "person.last_name"}:
            return Recognized("person.full_name", why="it is a first and a last name")
    return None


def _of_a_kind(words: list[str]) -> Recognized | None:
    """One of several phones, addresses or e-mails: `work email`, `E-mail 2`, `Business City`."""
    table, kinds = _table(), _kinds()
    counted = [word for word in words if not word.isdecimal() and word != "value"]
    found = table.get("".join(counted)) if counted else None
    if found is None or found.path not in _COUNTED or found.is_name:
        bare = [word for word in counted if word not in kinds]
        found = table.get("".join(bare)) if bare else None
        if found is None or (found.path not in _WITH_KIND and not found.choices):
            return None
    ranks = [kinds[word] for word in words if word in kinds]
    rank = max(ranks, default=0)
    if not found.path or not ranks:
        return found
    if not found.path.startswith("address.") and not _ADDRESS_KINDS.isdisjoint(words):
        return Recognized(why=_SOMEBODY_ELSE)
    if rank == LAST_KIND - 1 and found.path == "person.phone":
        return Recognized(choices=("person.phones", "person.mobile"), why="it is one more phone number", rank=rank)
    if rank == LAST_KIND - 1 and found.path == "person.email":
        return Recognized("person.emails", why="it is one more e-mail address", rank=rank)
    return replace(found, rank=rank)


def _less(words: list[str], left_out: frozenset[str]) -> list[str]:
    return [word for word in words if word not in left_out]


def _less_filler_texts(words: list[str]) -> list[str]:
    text = "".join(words)
    if text.isascii():
        return []
    for filler in FILLER_TEXTS:
        text = text.replace(_key(filler), "")
    return [text]


def _without_brackets(label: str) -> Recognized | None:
    """The meaning of what stands outside of brackets, where what stands inside does not say something else."""
    outside = _BRACKETS.sub(" ", label)
    if outside == label or not (words := folded_words(outside)):
        return None
    found = _whole(words)
    for inside in _BRACKETS.findall(label):
        inner = _whole(folded_words(inside)) if folded_words(inside) else None
        if inner is None or inner.path == (found.path if found else ""):
            continue
        if not inner.path and not inner.choices:
            return inner
        if found is None or (found.is_name and inner.path in NAME_PARTS):
            found = inner
        elif found.path not in NAME_PARTS or inner.path not in NAME_PARTS:
            both = tuple(path for path in (found.path, inner.path) if path)
            return Recognized(choices=both, why="it names several things") if len(both) == 2 else found
    return found


def _in_parts(label: str) -> Recognized | None:
    """The meaning of a label of several words for one thing (`Name / Nom`), or of a first and a last name together."""
    parts = [words for part in _SEPARATORS.split(_BRACKETS.sub(" ", label)) if (words := folded_words(part))]
    if not 1 < len(parts) < 6:
        return None
    found = [_whole(words) or _name_half(words) for words in parts]
    known = [part for part in found if part is not None]
    if len(known) < len(found):
        return None
    if any(not part.path and not part.choices for part in known):
        return Recognized(why=_NOT_OURS)
    paths = {part.path for part in known if part.path}
    if len(paths) == 1 and all(part.path for part in known):
        return known[0]
    if {"person.first_name", "person.last_name"} <= paths | ({"person.last_name"} if any(p.is_name for p in known) else set()):
        return Recognized("person.full_name", why="it is a first and a last name")
    if paths == {"person.phone", "person.mobile"}:
        return Recognized("person.phone", why="it is a phone number of any kind")
    if all(path.startswith("address.") for path in paths):
        return Recognized(why="it holds several parts of an address at once")
    choices = tuple(dict.fromkeys(path for part in known for path in (part.path, *part.choices) if path))
    return Recognized(choices=choices, why="it names several things")


def _name_half(words: Sequence[str]) -> Recognized | None:
    """`Vor-` in `Vor- und Zuname`."""
    if "".join(words) in ("vor", "voor", "for", "first", "fore", "given"):
        return Recognized("person.first_name", why="it is half of a name")
    return None
