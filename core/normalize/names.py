"""Names of people: sensible case, and a full name split into salutation, first, middle, last name and suffix."""

from __future__ import annotations

import re
from functools import lru_cache

from core.normalize.name_words import (
    LOWER_PARTICLES,
    NEED_DOT,
    PARTICLE_LEADS,
    PARTICLES,
    SALUTATIONS,
    SUFFIXES,
    SURE_JOINERS,
    TITLE_FOLLOWERS,
    TITLES,
    TWO_FAMILY_NAMES,
    UPPER_SUFFIXES,
)
from core.normalize.reading import NOTHING, Reading
from core.normalize.text import is_nobody, one_line
from core.quick_dataclass import quick_dataclass

_LONGEST = 200
_EMAIL = re.compile(r"\S@\S+\.\S")
_URL = re.compile(r"https?:|www\.|://|\b[\w-]+\.(?:com|net|org|ru|de|info|io|xyz|top|site|online)(?:/|\s|$)", re.IGNORECASE)
_RECASED = re.compile(r"[^\W\d_]+")
_FAMILY_FIRST = re.compile("[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]")


@quick_dataclass(frozen=True, slots=True)
class NameParts:
    """The parts of a full name; a part that is not there is an empty text."""

    salutation: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    suffix: str = ""


def read_name(text: str) -> Reading:
    """A name in sensible case; a text that names nobody, an e-mail address or a web address is no name."""
    text = one_line(text)
    if not text:
        return NOTHING
    if is_nobody(text):
        return Reading(None, "placeholder", "the text stands for no name and was left out.")
    if len(text) > _LONGEST:
        return Reading(text[:_LONGEST].strip(), "name_too_long", f"the name is longer than {_LONGEST} characters and was cut.")
    if _EMAIL.search(text):
        return Reading(None, "name_is_email", "the name holds an e-mail address and was left out: check the mapping.")
    if ("." in text or ":" in text) and _URL.search(text):
        return Reading(
            None, "name_is_url", "the name holds a web address and was left out; such submissions are often advertising."
        )
    if not any(character.isalpha() for character in text):
        return Reading(None, "name_unreadable", "the name has no letters and was left out: check the mapping.")
    return Reading(cased(text))


@lru_cache(maxsize=8192)
def cased(name: str) -> str:
    """The name as people write it, when it came all in capitals or all in small letters; mixed case stays as it is."""
    if not (name.isupper() or name.islower()):
        return name
    if len(name) <= 3 and name.isupper() and not set(name) & set("AEIOUYÄÖÜ"):
        return name
    words = name.split(" ")
    done = [_cased_word(word, is_first=index == 0 and len(words) == 1) for index, word in enumerate(words)]
    return " ".join(done)


def split_name(name: str, country: str = "") -> NameParts:
    """The parts of a full name; `Weber, Anna`, titles, particles and family-first scripts are known.

    A name of a single word is a last name, which is what both CRMs can not do without.
    """
    words, suffixes = _without_suffixes(name)
    salutation, words = _without_titles(words)
    given, family, more = _halves(words, country)
    if more:
        salutation = " ".join(filter(None, (salutation, *more)))
    first, middle = _first_and_middle(given)
    parts = NameParts(salutation, cased(first), cased(middle), cased(" ".join(family)), " ".join(suffixes))
    return parts if parts.last_name else NameParts(last_name=cased(name))


def _halves(words: list[str], country: str) -> tuple[list[str], list[str], list[str]]:
    """Given names, family names, and titles that stood after a comma."""
    comma = next((index for index, word in enumerate(words) if word.endswith(",")), -1)
    if 0 <= comma < len(words) - 1:
        family = [word.strip(",") for word in words[: comma + 1]]
        title, given = _without_titles([word.strip(",") for word in words[comma + 1 :]])
        return given, [word for word in family if word], [title] if title else []
    words = [word.strip(",") for word in words if word.strip(",")]
    if len(words) < 2:
        return [], words, []
    at = _family_at(words, country)
    if at < 0:
        return words[-at:], words[:-at], []
    return words[:at], words[at:], []


def _family_at(words: list[str], country: str) -> int:
    """Where the family name begins; a negative number when it stands first and has that many words."""
    if len(words) == 2 and _FAMILY_FIRST.search(words[0]):
        return -1
    capitals = [len(word) > 2 and word.isupper() and word.isalpha() for word in words]
    if any(capitals) and not all(capitals):
        lead = capitals.index(False)
        if lead and not any(capitals[lead:]):
            return -lead
    if words[0].islower() and words[0] in PARTICLE_LEADS:
        return 0
    for index in range(1, len(words) - 1):
        if words[index] in ("y", "e") and index >= 2:
            return index - 1
        if _is_particle(words[index]):
            return index
    if country in TWO_FAMILY_NAMES and len(words) >= 3 and len(words[-2].rstrip(".")) > 1:
        return len(words) - 2
    return len(words) - 1


def _is_particle(word: str) -> bool:
    return (word.islower() and word in PARTICLES) or (word.lower() in PARTICLE_LEADS and not (len(word) <= 2 and word.isupper()))


def _first_and_middle(given: list[str]) -> tuple[str, str]:
    if any(word.lower() in SURE_JOINERS for word in given):
        return " ".join(given), ""
    return (given[0] if given else ""), " ".join(given[1:])


def _without_titles(words: list[str]) -> tuple[str, list[str]]:
    """The salutation and titles at the beginning as one text, and the words after them."""
    count = 0
    for word in words[:-1]:
        if not _is_title(word, is_first=count == 0):
            break
        count += 1
    found = [_cased_title(word.strip(",")) for word in words[:count]]
    return " ".join(found), words[count:]


def _is_title(word: str, *, is_first: bool) -> bool:
    plain = word.lower().rstrip(".,")
    if plain in TITLE_FOLLOWERS:
        return not is_first and (word.endswith(".") or word.islower())
    if plain in NEED_DOT and not word.endswith("."):
        return False
    return plain in TITLES or plain in SALUTATIONS or word.lower() in SALUTATIONS


def _without_suffixes(name: str) -> tuple[list[str], list[str]]:
    """The words of a name without the suffixes at its end, and those suffixes: `Jr.`, `PhD`, `III`."""
    words = name.replace(",", ", ").split()
    suffixes: list[str] = []
    while len(words) > 2 or (len(words) == 2 and words[0].endswith(",")):
        plain = words[-1].lower().rstrip(".,")
        if plain not in SUFFIXES or (plain in ("ma", "ba", "hon") and not words[-2].endswith(",")):
            break
        word = words.pop().rstrip(",")
        suffixes.insert(0, word.upper() if plain in UPPER_SUFFIXES else word if not word.islower() else word.capitalize())
        words[-1] = words[-1].rstrip(",") if not any(one.endswith(",") for one in words[:-1]) else words[-1]
    return words, suffixes


def _cased_title(word: str) -> str:
    if word.islower() and word.rstrip(".") in TITLE_FOLLOWERS:
        return word
    return (
        "-".join(part.capitalize() for part in word.split("-")) if word.islower() or (word.isupper() and len(word) > 2) else word
    )


def _cased_word(word: str, *, is_first: bool) -> str:
    lower = word.lower()
    if lower in LOWER_PARTICLES and not is_first:
        return lower
    if word.upper().rstrip(".") in ("II", "III", "IV"):
        return word.upper()
    lower = _RECASED.sub(lambda found: _capital(found[0]), lower)
    if len(lower) > 4 and lower.startswith("Mc"):
        return "Mc" + lower[2].upper() + lower[3:]
    return lower


def _capital(letters: str) -> str:
    first = letters[0].title()
    return (first if len(first) == 1 else letters[0]) + letters[1:]
