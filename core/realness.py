"""Whether somebody real sent this: real, doubtful or spam, with the signs that speak for it. Pure.

Built to rather let spam through than to call a person spam: a submission is spam when a trap field was filled, when a strong sign
comes with another one, or when the name, the address and a third part of it each speak against it. One sign makes it doubtful at
most, whichever it is. The verdict is a value for rules: whether a submission is put aside says a line there (`core.quarantine`),
and nothing is deleted.

What speaks against a submission is kept with its touch by the codes of `SIGNS` (`touch.signs`), since its headers and its filled
traps are not seen again later. What is believed of a person is judged from the lead and the signs of its newest touch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from core.fields import CONFIRMED
from core.lead import Lead, Touch, Value
from core.mashing import is_mashed, mixes_scripts
from core.normalize.email import email_class
from core.problems import Problem
from core.quick_dataclass import quick_dataclass

__all__ = ["PROOF", "SIGNS", "VERDICTS", "Realness", "Sign", "Traces", "is_mashed", "judge_lead", "judge_touch", "signs_of"]

Verdict = Literal["real", "doubtful", "spam"]
VERDICTS: tuple[Verdict, ...] = ("real", "doubtful", "spam")

PROOF = ("email_reply", "call_answered", "meeting_held")
"""Kinds of touches that only a person makes who was reached: they outweigh every sign."""
ANSWERED = "sales.answered_at"
"""A field that outweighs every sign as well, as `person.confirmed` does: the person answered sales."""

STRONG, DOUBTFUL_FROM, SPAM_FROM = 3, 2, 4
_MANY_FROM, _MANY_PARTS = 6, 3
"""So many points in so many parts of a submission are spam without a strong sign: nobody is called test, writes from a test
address, and that about a test."""
_CERTAIN = 10
_LONGEST = 5_000
"""Of a text, so many characters are looked at."""
TOO_FAST = 3
"""In fewer seconds than this nobody fills in a form, unless the browser does it for them."""

SIGNS: dict[str, tuple[int, str, str]] = {
    "trap": (_CERTAIN, "", "a trap field was filled, which people do not see"),
    "denied": (_CERTAIN, CONFIRMED, "somebody said that this is no real person"),
    "too_fast": (2, "touch.seconds_to_fill", "the form was filled in faster than a person types"),
    "no_browser": (1, "", "no browser sent the form: the post has none of the headers that every browser sends"),
    "email_disposable": (2, "person.email", "the e-mail address is one that is thrown away"),
    "email_placeholder": (2, "person.email", "the e-mail address is a placeholder"),
    "email_invalid": (1, "person.email", "what stands for an e-mail address is none"),
    "name_link": (STRONG, "person.last_name", "a web address stands where the name should be"),
    "name_mashed": (STRONG, "person.last_name", "the name was typed at random on a keyboard"),
    "name_scripts": (STRONG, "person.last_name", "the name mixes letters of several scripts within a word"),
    "name_pitch": (1, "person.last_name", "the name sells what mass mails sell"),
    "name_placeholder": (2, "person.last_name", "the text stands for no name"),
    "name_twice": (1, "person.last_name", "first and last name are the same"),
    "company_mashed": (2, "company.name", "the company's name was typed at random on a keyboard"),
    "company_link": (1, "company.name", "a web address stands where the company should be"),
    "all_the_same": (1, "company.name", "the person and the company have the same name"),
    "message_markup": (STRONG, "touch.message", "the message holds links in the markup of forums or web pages"),
    "message_only_links": (STRONG, "touch.message", "the message is made of nothing but links"),
    "message_only_link": (2, "touch.message", "the message is nothing but a link"),
    "message_many_links": (2, "touch.message", "the message holds links to many places"),
    "message_link": (1, "touch.message", "the message holds a link"),
    "message_scripts": (STRONG, "touch.message", "words of the message mix letters of several scripts"),
    "message_mashed": (2, "touch.message", "the message was typed at random on a keyboard"),
    "message_test": (2, "touch.message", "the message is a text that people try forms with"),
    "message_pitches": (STRONG, "touch.message", "the message sells several things that mass mails sell"),
    "message_pitch": (1, "touch.message", "the message sells what mass mails sell"),
    "phone_impossible": (1, "person.phone", "the phone number is none that exists"),
}  # fmt: skip
"""Every sign by its stable code: how much it says, the field that it is about, and the sentence for people."""

_NAMES = ("person.first_name", "person.middle_name", "person.last_name", "person.full_name")
_LINK = re.compile(r"(?:https?://|www\.)([^\s/<>\"'\])]{1,200})[^\s<>\"'\])]*", re.IGNORECASE)
_MARKUP = re.compile(r"\[(?:url|link)[=\]]|<a\s[^>]{0,200}href", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_PITCH = re.compile(
    r"\b(?:(backlinks?|guest[- ]posts?|domain authority|link[- ]building|seo (?:services?|packages?|audit)|dofollow)"
    r"|((?:first|1st) page (?:of|on) google|rank(?:ing)? (?:on|your|higher)|organic traffic|more (?:traffic|visitors) to your)"
    r"|(casino|slots?|betting|jackpot|poker)|(viagra|cialis|pharmacy|weight loss|cbd gummies)"
    r"|(porn\w*|escorts?|sexy? (?:girls?|women)|dating site|onlyfans|webcam girls?)"
    r"|(forex|bitcoin|crypto(?:currency)?|trading (?:bot|signals?)|passive income|investment opportunity)"
    r"|(payday loans?|ohne schufa|quick loans?|loan offer|business funding)"
    r"|(make money|earn \$?\d+|work from home|million dollars|lottery|inheritance|you(?: have|'ve) won|free gift ?card)"
    r"|(buy followers|instagram followers|email lists? for sale|replica watches|leads database))\b",
    re.IGNORECASE,
)  # fmt: skip
_STEMS = (
    "backlink", "guest", "authority", "link", "seo ", "dofollow", "google", "rank", "traffic", "visitors", "casino",
    "slot", "betting", "jackpot", "poker", "viagra", "cialis", "pharmacy", "weight", "gummies", "porn", "escort", "sex",
    "dating", "onlyfans", "webcam", "forex", "bitcoin", "crypto", "trading", "passive", "investment", "loan", "schufa",
    "funding", "money", "earn ", "work from", "million", "lottery", "inherit", " won", "free gift", "followers",
    "lists", "replica", "database",
)  # fmt: skip
"""A text without any of these sells nothing of the kind, which is found out in a tenth of the time."""
_TEST_TEXTS = re.compile(
    r"\W*(?:(?:(?:dies|das) ist )?(?:nur )?(?:ein |eine )?test(?:ing|nachricht|anfrage|eintrag|mail)?(?:\W+test\w*)*"
    r"|(?:this is )?(?:just )?(?:a )?test(?:ing)?(?: message| lead| submission| form)?(?:\W+please ignore)?|lorem ipsum\b.*"
    r"|(?:c'est un |ceci est un |esto es una |questo è un |uma? )?(?:test|prueba|prova|essai|teste)|foo ?bar(?: baz)?|hello world"
    r"|asdf\w*|qwert\w*|bla(?: ?bla)+|x{3,}|abc|123(?:4(?:5(?:6)?)?)?|please ignore)\W*\Z",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip


class Sign(NamedTuple):
    """One sign that speaks against a person: a stable code, how much it says, the field, and the sentence for people."""

    code: str
    points: int
    field: str
    reason: str


@quick_dataclass(frozen=True, slots=True)
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


@quick_dataclass(frozen=True, slots=True)
class Traces:
    """What a submission shows beside its fields: a filled trap, or headers that no browser leaves out."""

    is_trapped: bool = False
    is_without_browser: bool = False


NO_TRACES = Traces()


def signs_of(touch: Touch, traces: Traces = NO_TRACES) -> tuple[Sign, ...]:
    """What speaks against one submission, the strongest first."""

    def value(path: str) -> Value | None:
        cell = touch.fields.get(path)
        return None if cell is None else cell.value

    codes = ["trap"] if traces.is_trapped else []
    if traces.is_without_browser:
        codes.append("no_browser")
    seconds = value("touch.seconds_to_fill")
    if isinstance(seconds, int) and 0 <= seconds < TOO_FAST:
        codes.append("too_fast")
    kind = value("person.email_class")
    return _sorted([*map(_sign, codes), *_signs(value, str(kind or _class_of(value)), touch.problems)])


def _class_of(value: Callable[[str], Value | None]) -> str:
    email = value("person.email")
    return email_class(email) if isinstance(email, str) and email else ""


def judge_touch(touch: Touch, traces: Traces = NO_TRACES, *, is_trapped: bool = False) -> Realness:
    """The verdict on one submission; `is_trapped` when a trap field, which people do not see, was filled."""
    return of_signs(signs_of(touch, Traces(True, traces.is_without_browser) if is_trapped else traces))


def judge_lead(
    lead: Lead, problems: Collection[Problem] = (), *, is_trapped: bool = False, trusts_signs: bool = False
) -> Realness:
    """The verdict on what is believed of a person now; `problems` are those of the newest submission, when its signs are not
    kept with the lead.

    With `trusts_signs` the signs of the newest touch, which were worked out when it was read, stand for all that it told: looking
    for them again takes most of the time of all this.
    """

    def value(path: str) -> Value | None:
        return lead.value("last_touch.message" if path == "touch.message" else path)

    codes = ["trap"] if is_trapped else []
    codes += ["denied"] if lead.value(CONFIRMED) is False else []
    found = [*map(_sign, codes), *_kept(lead)]
    if problems or not (trusts_signs and _told_by_newest(lead)):
        kind = lead.value("person.email_class")
        found += _signs(value, str(kind or _class_of(value)), problems)
    signs = _sorted(found)
    proof = proof_of(lead)
    return Realness("real", signs, proof) if proof else of_signs(signs)


_LOOKED_AT = (*_NAMES, "person.email", "company.name")


def _told_by_newest(lead: Lead) -> bool:
    """Whether the newest touch told all that signs are looked for in."""
    fields = lead.fields
    newest = fields.get("last_touch.kind")
    return newest is not None and all(fields[path].touch == newest.touch for path in _LOOKED_AT if path in fields)


def proof_of(lead: Lead) -> str:
    """What proves that the person is real: a kind of touch, or a field; empty when nothing does."""
    if lead.value(CONFIRMED) is True:
        return CONFIRMED
    kind = next((kind for kind in PROOF if kind in lead.kinds), "")
    return kind or (ANSWERED if lead.value(ANSWERED) is not None else "")


def _kept(lead: Lead) -> list[Sign]:
    """The signs that are kept with the lead's newest touch."""
    kept = lead.value("last_touch.signs")
    return [_sign(code) for code in kept if code in SIGNS] if isinstance(kept, tuple) else []


def of_signs(signs: tuple[Sign, ...]) -> Realness:
    """The verdict that follows from signs, the strongest first."""
    total = sum(sign.points for sign in signs)
    if total < DOUBTFUL_FROM:
        return Realness("real", signs)
    if signs[0].points >= STRONG and total >= SPAM_FROM:
        return Realness("spam", signs)
    parts: dict[str, int] = {}
    for sign in signs:
        part = sign.field.rpartition(".")[2].replace("first_", "").replace("last_", "")
        parts[part] = max(sign.points, parts.get(part, 0))
    is_many = len(parts) >= _MANY_PARTS and sum(parts.values()) >= _MANY_FROM
    return Realness("spam" if is_many else "doubtful", signs)


def _sorted(found: Iterable[Sign]) -> tuple[Sign, ...]:
    """Each kind of sign once, the strongest first."""
    signs = {sign.code: sign for sign in found}
    return tuple(sorted(signs.values(), key=lambda sign: -sign.points)) if signs else ()


def _sign(code: str, field: str = "") -> Sign:
    points, usual, reason = SIGNS[code]
    return Sign(code, points, field or usual, reason)


# --- signs ----------------------------------------------------------------------------------------------------------


def _signs(value: Callable[[str], Value | None], email_kind: str, problems: Collection[Problem]) -> list[Sign]:
    """What the fields show. Most submissions show nothing, so each look begins with what is quick to see."""

    found = [_sign(f"email_{email_kind}")] if email_kind in ("disposable", "placeholder", "invalid") else []
    names = {path: name[:_LONGEST] for path in _NAMES if isinstance(name := value(path), str) and name}
    if names:
        found += _name_signs(names)
    company, message = value("company.name"), value("touch.message")
    if isinstance(company, str) and company:
        found += _company_signs(company[:_LONGEST], names)
    if isinstance(message, str) and message:
        found += _message_signs(message[:_LONGEST])
    if problems:
        found += _problem_signs(problems, any(sign.code == "name_link" for sign in found))
    return found


def _problem_signs(problems: Collection[Problem], is_linked: bool) -> Iterator[Sign]:
    """What could not be read shows as well."""
    codes = {problem.code: problem.field for problem in problems if problem.field.startswith("person.")}
    if not is_linked and codes.get("name_is_url"):
        yield _sign("name_link", codes["name_is_url"])
    if codes.get("placeholder", "") in _NAMES:
        yield _sign("name_placeholder", codes["placeholder"])
    if any(problem.code in _NO_PHONE for problem in problems):
        yield _sign("phone_impossible")


_NO_PHONE = ("phone_placeholder", "phone_unreadable", "phone_not_valid")


def _name_signs(names: Mapping[str, str]) -> Iterator[Sign]:
    looks = [(path, look) for path, name in names.items() if (look := _name_look(name)) is not _USUAL]
    if linked := next((path for path, look in looks if look.is_linked), ""):
        yield _sign("name_link", linked)
    for path, look in looks:
        if look.is_mashed:
            yield _sign("name_mashed", path)
        if look.is_mixed:
            yield _sign("name_scripts", path)
    whole = " ".join(names.values())
    if len(whole) > _LONG_NAME and _pitches(whole):
        yield _sign("name_pitch")
    first, last = names.get(_NAMES[0], ""), names.get(_NAMES[2], "")
    if first and first.casefold() == last.casefold():
        yield _sign("name_twice")


class _NameLook(NamedTuple):
    """What one name shows by itself."""

    is_linked: bool
    is_mashed: bool
    is_mixed: bool


_USUAL = _NameLook(is_linked=False, is_mashed=False, is_mixed=False)


@lru_cache(maxsize=2048)
def _name_look(name: str) -> _NameLook:
    words = (name,) if name.isalpha() else _WORD.findall(name)
    found = _NameLook(_has_link(name), any(map(is_mashed, words)), not name.isascii() and any(map(mixes_scripts, words)))
    return _USUAL if found == _USUAL else found


def _company_signs(company: str, names: Mapping[str, str]) -> Iterator[Sign]:
    if mashed := _mashed_words(company):
        known = " ".join(names.values()).casefold()
        if any(word.casefold() not in known for word in mashed):
            yield _sign("company_mashed")
    if "://" in company:
        yield _sign("company_link")
    first, last = names.get(_NAMES[0], ""), names.get(_NAMES[2], "")
    if first and company.casefold() == first.casefold() == last.casefold():
        yield _sign("all_the_same")


@lru_cache(maxsize=2048)
def _mashed_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in _WORD.findall(text) if is_mashed(word))


def _message_signs(message: str) -> Iterator[Sign]:
    is_marked_up = ("[" in message or "<" in message) and _MARKUP.search(message) is not None
    if is_marked_up:
        yield _sign("message_markup")
    hosts = {host.casefold() for host in _LINK.findall(message)} if _has_link(message) else set()
    is_short = message.count(" ") <= _SHORT
    words = _words(_LINK.sub(" ", message) if hosts else message) if is_short or not message.isascii() else None
    if hosts and words is not None and len(words) <= 1:
        yield _sign("message_only_links" if len(_LINK.findall(message)) > 1 else "message_only_link")
    elif len(hosts) >= _MANY_LINKS:
        yield _sign("message_many_links")
    elif hosts and not is_marked_up:
        yield _sign("message_link")
    if words is not None and not message.isascii() and any(len(word) >= 4 and mixes_scripts(word) >= 2 for word in words):
        yield _sign("message_scripts")
    if words and len(words) <= _FEW and all(map(is_mashed, words)):
        yield _sign("message_mashed")
    elif is_short and _TEST_TEXTS.match(message):
        yield _sign("message_test")
    if pitches := _pitches(message):
        yield _sign("message_pitches" if pitches >= _MANY_PITCHES else "message_pitch")


def _words(text: str) -> list[str]:
    """The words of a text; of one in ASCII the first few, since there nobody asks for more."""
    return [found[0] for found in islice(_WORD.finditer(text), _FEW + 1)] if text.isascii() else _WORD.findall(text)


_FEW = 3
_SHORT = 12
"""A message of so many words or fewer may be nothing but a link, a test or noise."""
_MANY_LINKS, _MANY_PITCHES, _LONG_NAME = 4, 3, 15


def _has_link(text: str) -> bool:
    return ("://" in text or "www." in text.lower()) and _LINK.search(text) is not None


def _pitches(text: str) -> int:
    """How many kinds of things that mass mails sell a text names."""
    lower = text.lower()
    for stem in _STEMS:  # a plain loop takes half of the time of `any`
        if stem in lower:
            return len({found.lastindex for found in _PITCH.finditer(lower)})
    return 0
