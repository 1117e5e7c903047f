"""Whether somebody real sent this: real, doubtful or spam, with the signs that speak for it. Pure.

Built to rather let spam through than to call a person spam: a submission is spam when a trap field was filled, or when a strong
sign comes with another one. Weak signs (a free mailbox is not even one), however many, make it doubtful at most. The verdict is a
value for rules: whether a lead is put into quarantine says a line there, and nothing is deleted.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from core.lead import Lead, Touch, Value
from core.normalize.email import email_class
from core.problems import Problem

Verdict = Literal["real", "doubtful", "spam"]
VERDICTS: tuple[Verdict, ...] = ("real", "doubtful", "spam")

PROOF = ("email_reply", "call_answered", "meeting_held")
"""Kinds of touches that only a person makes who was reached: they outweigh every sign."""

STRONG, DOUBTFUL_FROM, SPAM_FROM = 3, 2, 4
_CERTAIN = 10
_LONGEST = 5_000
"""Of a text, so many characters are looked at."""

_NAMES = ("person.first_name", "person.middle_name", "person.last_name", "person.full_name")
_LINK = re.compile(r"(?:https?://|www\.)([^\s/<>\"'\])]{1,200})[^\s<>\"'\])]*", re.IGNORECASE)
_MARKUP = re.compile(r"\[(?:url|link)[=\]]|<a\s[^>]{0,200}href", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_ROWS = re.compile(r"asdf|sdfg|dfgh|fghj|ghjk|hjkl|zxcv|yxcv|xcvb|cvbn|vbnm|qwert|poiuy|lkjh|kjhg")
"""Neighbours on a keyboard that stand together in no name."""
_REPEATED = re.compile(r"(..)\1{3,}\Z|(.{3,4})\2{2,}\Z|(.)\3{3,}\Z")
_PITCH = re.compile(
    r"\b(?:backlinks?|guest posts?|casino|viagra|cialis|porn\w*|escorts?|forex|bitcoin|crypto(?:currency)?|payday loans?|"
    r"rank(?:ing)? (?:on|your|higher)|first page of google|buy followers|make money|work from home|weight loss|"
    r"earn \$?\d+|million dollars|sexy? (?:girls?|women)|dating site|replica watches|ohne schufa)\b",
    re.IGNORECASE,
)  # fmt: skip


class Sign(NamedTuple):
    """One sign that speaks against a person: a stable code, how much it says, the field, and the sentence for people."""

    code: str
    points: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Realness:
    """The verdict with its signs, the strongest first."""

    verdict: Verdict
    signs: tuple[Sign, ...] = ()
    proof: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, as sentences without personal values."""
        shown = tuple(sign.reason for sign in self.signs)
        return (f"the person was reached ({self.proof}), which outweighs all else", *shown) if self.proof else shown

    def as_json(self) -> dict[str, object]:
        """The verdict as plain JSON values."""
        signs = [{"code": sign.code, "field": sign.field, "reason": sign.reason} for sign in self.signs]
        return {"verdict": self.verdict, "signs": signs, "reasons": list(self.reasons)}


def judge_touch(touch: Touch, *, is_trapped: bool = False) -> Realness:
    """The verdict on one submission; `is_trapped` when a trap field, which people do not see, was filled."""
    return _judged(
        _signs(lambda path: None if (cell := touch.fields.get(path)) is None else cell.value, touch.problems, is_trapped)
    )


def judge_lead(lead: Lead, problems: Collection[Problem] = (), *, is_trapped: bool = False) -> Realness:
    """The verdict on what is believed of a person now; `problems` are those of the newest submission."""
    proof = next((kind for kind in PROOF if kind in lead.kinds), "")

    def value(path: str) -> Value | None:
        return lead.value("last_touch.message" if path == "touch.message" else path)

    found = _signs(value, problems, is_trapped)
    return Realness("real", tuple(found), proof) if proof else _judged(found)


def _judged(signs: Iterable[Sign]) -> Realness:
    found = sorted(signs, key=lambda sign: -sign.points)
    total = sum(sign.points for sign in found)
    has_strong = any(sign.points >= STRONG for sign in found)
    if has_strong and total >= SPAM_FROM:
        return Realness("spam", tuple(found))
    return Realness("doubtful" if total >= DOUBTFUL_FROM else "real", tuple(found))


# --- signs ----------------------------------------------------------------------------------------------------------


def _signs(value: Callable[[str], Value | None], problems: Collection[Problem], is_trapped: bool) -> list[Sign]:
    """Each kind of sign at most once."""

    def text(path: str) -> str:
        found = value(path)
        return found[:_LONGEST] if isinstance(found, str) else ""

    signs = [Sign("trap", _CERTAIN, "", "a trap field was filled, which people do not see")] if is_trapped else []
    names = {path: text(path) for path in _NAMES if text(path)}
    signs += _address_signs(text("person.email"))
    signs += _name_signs(names, problems)
    signs += _company_signs(text("company.name"), names)
    signs += _message_signs(text("touch.message"))
    signs += _phone_signs(problems)
    return list({sign.code: sign for sign in reversed(signs)}.values())[::-1]


def _address_signs(email: str) -> Iterator[Sign]:
    kind = email_class(email) if email else ""
    if kind == "disposable":
        yield Sign("email_disposable", 2, "person.email", "the e-mail address is one that is thrown away")
    elif kind == "placeholder":
        yield Sign("email_placeholder", 2, "person.email", "the e-mail address is a placeholder")
    elif kind == "invalid":
        yield Sign("email_invalid", 1, "person.email", "what stands for an e-mail address is none")


def _name_signs(names: dict[str, str], problems: Collection[Problem]) -> Iterator[Sign]:
    codes = {problem.code: problem.field for problem in problems if problem.field.startswith("person.")}
    linked = next((path for path, name in names.items() if _LINK.search(name)), codes.get("name_is_url", ""))
    if linked:
        yield Sign("name_link", STRONG, linked, "a web address stands where the name should be")
    for path, name in names.items():
        if any(is_mashed(word) for word in _WORD.findall(name)):
            yield Sign("name_mashed", STRONG, path, "the name was typed at random on a keyboard")
        if any(_switches(word) for word in _WORD.findall(name)):
            yield Sign("name_scripts", STRONG, path, "the name mixes letters of several scripts within a word")
    nobody = next((problem.field for problem in problems if problem.code == "placeholder" and problem.field in _NAMES), "")
    if nobody:
        yield Sign("name_placeholder", 2, nobody, "the text stands for no name")
    first, last = names.get(_NAMES[0], ""), names.get(_NAMES[2], "")
    if first and first.casefold() == last.casefold():
        yield Sign("name_twice", 1, _NAMES[2], "first and last name are the same")


def _company_signs(company: str, names: dict[str, str]) -> Iterator[Sign]:
    if any(is_mashed(word) for word in _WORD.findall(company)):
        yield Sign("company_mashed", 2, "company.name", "the company's name was typed at random on a keyboard")
    if "://" in company:
        yield Sign("company_link", 1, "company.name", "a web address stands where the company should be")
    first, last = names.get(_NAMES[0], ""), names.get(_NAMES[2], "")
    if company and first and company.casefold() == first.casefold() == last.casefold():
        yield Sign("all_the_same", 1, "company.name", "the person and the company have the same name")


def _message_signs(message: str) -> Iterator[Sign]:
    path = "touch.message"
    hosts = [host.casefold() for host in _LINK.findall(message)]
    words = _WORD.findall(_LINK.sub(" ", message))
    is_marked_up = _MARKUP.search(message) is not None
    if is_marked_up:
        yield Sign("message_markup", STRONG, path, "the message holds links in the markup of forums or web pages")
    if hosts and len(words) <= 1:
        points = STRONG if len(hosts) > 1 else 2
        yield Sign("message_only_links", points, path, "the message is made of nothing but links")
    elif len(set(hosts)) >= 4:
        yield Sign("message_many_links", 2, path, "the message holds links to many places")
    elif hosts and not is_marked_up:
        yield Sign("message_link", 1, path, "the message holds a link")
    if any(len(word) >= 4 and _switches(word) >= 2 for word in words):
        yield Sign("message_scripts", STRONG, path, "words of the message mix letters of several scripts")
    if words and len(words) <= 3 and all(is_mashed(word) for word in words):
        yield Sign("message_mashed", 2, path, "the message was typed at random on a keyboard")
    if _PITCH.search(message):
        yield Sign("message_pitch", 1, path, "the message sells what mass mails sell")


def _phone_signs(problems: Collection[Problem]) -> Iterator[Sign]:
    for problem in problems:
        if problem.code in ("phone_placeholder", "phone_unreadable", "phone_not_valid"):
            yield Sign("phone_impossible", 1, problem.field, "the phone number is none that exists")
            return


# --- words ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def is_mashed(word: str) -> bool:
    """Whether a word was typed at random: neighbours on the keyboard, one piece again and again, seven letters of which none can
    be spoken, or capitals thrown in. Scripts other than Latin are not judged."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))
    if not plain.isascii():
        return False
    lower = plain.lower()
    if _ROWS.search(lower) or _REPEATED.match(lower):
        return True
    vowels = sum(letter in "aeiouyw" for letter in lower)
    if len(lower) >= 7 and not vowels and not plain.isupper():
        return True
    humps = sum(before.islower() and after.isupper() for before, after in itertools.pairwise(plain))
    return len(plain) >= 8 and humps >= 3 and (humps >= 4 or vowels * 4 < len(plain))


def _switches(word: str) -> int:
    """How often a word goes from Latin to Cyrillic or Greek letters or back."""
    if word.isascii():
        return 0
    scripts = [script for script in map(_script, word) if script]
    return sum(before != after for before, after in itertools.pairwise(scripts))


@lru_cache(maxsize=1024)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return name if name in ("LATIN", "CYRILLIC", "GREEK") else ""
