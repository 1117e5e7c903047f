"""Label and value pairs in lines of text: found by the one way of writing them that a form's mail keeps to.

What a sender pasted into the message must not become fields. So a mail's labels are all written in one way, none counts twice,
and what follows the label of the message is message, until labels go on for certain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.labels.meaning import Recognized, folded_words, recognize_label

BOLD, PLAIN = "\ue010", "\ue011"
"""Marks around what stood in bold in HTML."""
_MARKS = re.compile(f"[{BOLD}{PLAIN}]")
_MOST_LINES, _MAX_LINE = 3_000, 2_000
_MAX_WORDS = 9
_TICKED = re.compile(
    r"yes|no|on|off|1|0|true|false|checked|unchecked|agreed?|accepted|i agree|i accept|consented|x|ja|nein|oui|non|s[ií]|sim|"
    r"não|nee|tak|nie|nej|kyllä|ano|igen|evet|hayır|да|нет|はい|いいえ|是|否|예|✓|✔|☑|☒",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:[-=_*~#\u2014]\s?){3,}\s*")
_RUN = re.compile(r"[^\S\t]{9,}")
_MINUTES = re.compile(r"[0-5]\d(?!\d)")
"""What makes the colon before it that of a time."""
_BULLET = r"\s*(?:[>*\u2022\u00b7-]\s+|[\u25a0\u25a1\u25cf\u25cb\u25c6\u25c7\u25b6\u25bc\u30fb]\s*|\(?\d{1,2}[.)]\s+)?"
_LABEL = r"([^\s:：=|][^:：\n]{0,78}?)"

_WAYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("dashes", re.compile(r"\s*[-=*~_#]{2,}\s*([^-=*~_#\s][^\n]{0,78}?)\s*[-=*~_#]{2,}\s*()")),
    ("bold", re.compile(rf"\s*{BOLD}{_BULLET}([^{BOLD}{PLAIN}]{{1,90}}?)\s*[:：]?\s*{PLAIN}\s*[:：]?\s*(.*)")),
    (
        "brackets",
        re.compile(r"\s*[\u3010\[\uff3b]\s*([^\u3010\u3011\[\]\uff3b\uff3d\n]{1,60}?)\s*[\u3011\]\uff3d]\s*[:：]?\s*(.*)"),
    ),
    ("stars", re.compile(r"\s*(?:[-\u2022]\s+)?\*{1,2}([^*\n]{1,80}?)\s*[:：]?\s*\*{1,2}\s*[:：]?\s*(.*)")),
    ("equals", re.compile(r"\s*([^\s=:][^=:\n]{0,60}?)\s*=>?\s*(.*)")),
    ("tabs", re.compile(r"\s*([^\s:][^\t\n]{0,78}?)\s*[:：]?\t+\s*(\S.*)")),
    ("dots", re.compile(r"\s*([^\s.][^.\n]{0,60}?)\s?\.{3,}\s*[:：]?\s*(.*)")),
    ("pipes", re.compile(r"\s*\|?\s*([^\s|][^|\n]{0,78}?)\s*[:：]?\s*\|\s*([^|\n]*?)\s*\|?\s*")),
    ("headings", re.compile(rf"{_BULLET}{_LABEL}\s?[:：]\s*()")),
    ("labels", re.compile(rf"{_BULLET}{_LABEL}\s?[:：](?!//)\s*(.*)")),
    ("columns", re.compile(r"\s*([^\s:][^\n]{0,50}?)\s{3,}(\S.*)")),
    ("hyphens", re.compile(r"\s*([^\s:][^\n]{0,50}?)\s[-\u2013\u2014]\s(\S.*)")),
    ("lines", re.compile(rf"{_BULLET}([^\s:：][^:：\n]{{0,78}}?)\s*()")),
)
"""The ways to write a label, the surest first."""
_PROTECTED = frozenset(["dashes", "bold", "stars", "headings", "tabs", "pipes", "dots", "brackets"])
"""Ways that a text pasted into a message hardly has by chance."""
_MARKED, _TWO = frozenset(["dashes", "bold", "stars", "brackets"]), 2
_NEEDS_MEANING = frozenset(["lines", "columns", "hyphens"])
"""Ways in which a line without a known label is only text."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and the text that belongs to it, lines divided by line feeds."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All pairs of one form, and the way they are written in."""

    way: str
    pairs: tuple[Pair, ...]
    above: str = ""
    """What stands above the first label that is known."""


@dataclass(frozen=True, slots=True)
class _Hit:
    line: int
    label: str
    text: str
    meaning: Recognized | None
    key: str

    @property
    def is_known(self) -> bool:
        return self.meaning is not None

    @property
    def is_sure(self) -> bool:
        """Whether it is a label of a form beyond doubt: known, or answered as boxes to tick are."""
        return self.is_known or _TICKED.fullmatch(self.text.strip()) is not None

    @property
    def is_message(self) -> bool:
        return self.meaning is not None and self.meaning.path == "touch.message"

    @property
    def fills(self) -> bool:
        return self.meaning is not None and bool(self.meaning.path or self.meaning.choices)


def sheet_in(text: str, trusted: str, is_footer: Callable[[str], bool]) -> Sheet | None:
    """The form in a text, or None. Of several addresses under one label `trusted` (the mail's Reply-To) is the form's own."""
    lines = [line[:_MAX_LINE] for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]]
    best: tuple[float, str, list[_Hit]] | None = None
    for way, pattern in _WAYS:
        hits = _hits(lines, way, pattern)
        known = {hit.key: hit.fills for hit in hits if hit.is_known}
        score = sum(1.0 if fills else 0.3 for fills in known.values())
        if way in _MARKED and score >= _TWO:
            score *= 1.5  # what was pasted is not marked
        if way in _NEEDS_MEANING and score < 3:
            continue
        if best is None or score > best[0]:
            best = (score, way, hits)
    if best is None or best[0] < 1:
        return None
    _, way, hits = best
    if way == "labels":
        way, hits = _headings_first(lines, hits)
    own = _own(hits, trusted)
    if way == "headings":
        own = _after_message_over_text(lines, own)
    elif way not in _PROTECTED:
        own = _after_message(lines, own, is_footer)
    once = _once(own)
    above = "\n".join(lines[: next((hit.line for hit in once if hit.is_known), 0)])
    return Sheet(way, tuple(_pairs(lines, once, way, is_footer)), _MARKS.sub("", above))


def _hits(lines: Sequence[str], way: str, pattern: re.Pattern[str]) -> list[_Hit]:
    hits: list[_Hit] = []
    for number, line in enumerate(lines):
        bare = _RUN.sub(" " * 8, line.strip())
        if not bare or bare.startswith(">") or _SEPARATOR.fullmatch(bare):
            continue
        found = pattern.fullmatch(bare)
        if found is None or (hit := _hit(number, found[1], found[2] or "")) is None:
            continue
        if hit.is_known or way not in _NEEDS_MEANING or (way == "lines" and bare.endswith(("?", "？"))):
            hits.append(hit)
    return hits[_titles(lines, hits) :]


def _titles(lines: Sequence[str], hits: Sequence[_Hit]) -> int:
    """How many hits at the start are headings over the labels (`Entry details`), and no labels with a text."""
    for at, (hit, after) in enumerate(pairwise(hits)):
        is_heading = hit.is_message or (hit.is_known and not hit.fills) or (hit.meaning is not None and not hit.meaning.path)
        if not is_heading or hit.text or any(line.strip() for line in lines[hit.line + 1 : after.line]):
            return at
    return 0


def _hit(number: int, label: str, text: str) -> _Hit | None:
    label, text = _MARKS.sub("", label).strip(), _MARKS.sub("", text).lstrip()
    if label[-1:].isdigit() and _MINUTES.match(text):
        return None
    words = folded_words(label)
    if not words or not any(char.isalpha() for char in label) or words[-1] in ("http", "https"):
        return None
    meaning = recognize_label(label) or _sender(label, text)
    if meaning is None and (len(words) > _MAX_WORDS and not label.endswith("?")):
        return None
    key = (meaning.path if meaning is not None else "") or "".join(words)
    return _Hit(number, label, text, meaning, key)


FROM_WORDS = frozenset([
    "from", "von", "de", "da", "van", "od", "fran", "fra", "expediteur", "remitente", "mittente", "afzender", "remetente",
    "nadawca",    "avsandare", "afsender", "avsender", "odesilatel", "差出人", "送信者", "发件人", "寄件者", "от",
])  # fmt: skip
"""Labels before `Name <address>`, folded."""


def _sender(label: str, text: str) -> Recognized | None:
    if "".join(folded_words(label)) in FROM_WORDS and "@" in text:
        return Recognized("person.email", why="it says from whom the form is")
    return None


def _headings_first(lines: Sequence[str], hits: list[_Hit]) -> tuple[str, list[_Hit]]:
    """Labels that stand over their values, where the form begins with two such: then no label stands beside its value."""
    known = [hit for hit in hits if hit.is_known]
    if len(known) >= 2 and not known[0].text and not known[1].text:
        return "headings", [hit for hit in hits if not hit.text]
    return "labels", hits


def _own(hits: list[_Hit], trusted: str) -> list[_Hit]:
    if trusted and any(hit.key == "person.email" and trusted in hit.text.lower() for hit in hits):
        return [hit for hit in hits if hit.key != "person.email" or trusted in hit.text.lower()]
    return hits


def _once(hits: Sequence[_Hit]) -> list[_Hit]:
    """Each label the first time: one that comes again is text of the field before it."""
    found: dict[str, _Hit] = {}
    for hit in hits:
        found.setdefault(hit.key, hit)
    return sorted(found.values(), key=lambda hit: hit.line)


def _after_message(lines: Sequence[str], hits: list[_Hit], is_footer: Callable[[str], bool]) -> list[_Hit]:
    """The hits without those that are words of the message."""
    at = next((index for index, hit in enumerate(hits) if hit.is_message), None)
    if at is None:
        return hits
    before, message, later = hits[:at], hits[at], hits[at + 1 :]
    seen = {hit.key for hit in before} | {message.key}
    spaced = len(before) > 1 and 2 * sum(_is_blank(lines, hit.line - 1) for hit in before[1:]) >= len(before) - 1
    parted = next((n for n in range(message.line + 1, len(lines)) if _SEPARATOR.fullmatch(lines[n])), len(lines))
    resumed = [hit for hit in later if hit.line > parted and hit.is_known]
    if len(resumed) < 2:
        parted = len(lines)
    inner = [hit for hit in later if hit.line < parted]
    goes_on = _spaced_labels(lines, inner, seen) if spaced else _closing_labels(lines, inner, seen, parted, is_footer)
    return [*before, message, *goes_on, *(hit for hit in later if hit.line > parted)]


def _after_message_over_text(lines: Sequence[str], hits: list[_Hit]) -> list[_Hit]:
    """The same where labels stand over their values: after the message one counts below a blank line, from the first known."""
    at = next((index for index, hit in enumerate(hits) if hit.is_message), len(hits))
    return [*hits[: at + 1], *_spaced_labels(lines, hits[at + 1 :], {hit.key for hit in hits[: at + 1]}, over=True)]


def _is_blank(lines: Sequence[str], number: int) -> bool:
    return number < 0 or not lines[number].strip()


def _spaced_labels(lines: Sequence[str], hits: Sequence[_Hit], seen: set[str], *, over: bool = False) -> list[_Hit]:
    """Where a blank line divides the fields: the labels after one, from the first that is known and new."""
    found = [hit for hit in hits if _is_blank(lines, hit.line - 1) and hit.key not in seen]
    first = next((index for index, hit in enumerate(found) if hit.is_sure), len(found))
    return [hit for hit in found[first:] if hit.is_known or hit.text or over]


def _closing_labels(
    lines: Sequence[str], hits: Sequence[_Hit], seen: set[str], end: int, is_footer: Callable[[str], bool]
) -> list[_Hit]:
    """Where nothing divides the fields: the labels at the end that have nothing but labels after them."""
    by_line = {hit.line: hit for hit in hits}
    last = next((n for n in range(end) if n in by_line or is_footer(lines[n])), end)
    found: list[_Hit] = []
    for number in range(end - 1, last - 1, -1):
        hit = by_line.get(number)
        if hit is not None and hit.key not in seen:
            found.append(hit)
        elif lines[number].strip() and not (
            is_footer(lines[number]) or _SEPARATOR.fullmatch(lines[number]) or _WHEN.fullmatch(lines[number])
        ):
            break
    while found and not found[-1].is_sure:
        found.pop()
    return found[::-1]


def _pairs(lines: Sequence[str], hits: Sequence[_Hit], way: str, is_footer: Callable[[str], bool]) -> list[Pair]:
    """The hits with their texts: beside the label, and the lines below where they belong to it."""
    pairs: list[Pair] = []
    more: list[Pair] = []
    for index, hit in enumerate(hits):
        pairs += more
        more = []
        until = hits[index + 1].line if index + 1 < len(hits) else len(lines)
        below = [_MARKS.sub("", line) for line in lines[hit.line + 1 : until]]
        if hit.is_message or (not hit.is_known and not hit.text.strip() and way in _PROTECTED):
            text = "\n".join([hit.text, *without_footer(below, is_footer)])
        else:
            text = "\n".join([hit.text, *_own_lines(below, bool(hit.text.strip()), hit, is_footer)])
            more = _more_pairs(below) if way == "lines" and index + 1 < len(hits) else []
        pairs.append(Pair(hit.label, _RULE.sub("-- ", text).strip("\n \t") if hit.is_message else text.strip()))
    return pairs


def _more_pairs(below: Sequence[str]) -> list[Pair]:
    """Labels that are not known, between those that are: lines in turn a label and its value."""
    rest = [line.strip() for line in below if line.strip()][1:]
    if len(rest) % 2 or any(len(label) > _MAX_UNKNOWN for label in rest[::2]):
        return []
    return [Pair(label, text) for label, text in zip(rest[::2], rest[1::2], strict=True)]


_MAX_UNKNOWN = 60
_RULE = re.compile(r"^--$", re.MULTILINE)
"""What is left of the rule over a signature where blanks at the end of a line are cut."""
_LONG = frozenset(["address.street", "interest.need", "interest.product", "touch.subject"])


def _own_lines(below: Sequence[str], has_text: bool, hit: _Hit, is_footer: Callable[[str], bool]) -> list[str]:
    """The lines under a label that are its value: the next paragraph, or the rest of it where the value may be long."""
    takes_more = not hit.is_known or (hit.meaning is not None and hit.meaning.path in _LONG)
    found: list[str] = []
    for line in below:
        if not line.strip():
            if found or has_text:
                break
            continue
        if _SEPARATOR.fullmatch(line) or is_footer(line) or (not takes_more and (found or has_text)):
            break
        found.append(line.strip())
    return found


_VISIT = re.compile(
    r"\W*(?:(?:remote |sender )?ip(?:[ _-]address)?|user[ _-]?agent(?: \([^)]*\))?|referr?er(?:[ _]url)?|"
    r"(?:source|page|form|contact form|entry)[ _]ur[li])\W*[:：].*",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\W*(?:date|time|datum|uhrzeit|heure|fecha|hora|data|ora|submitted(?: on| at)?)\W*[:：].*|\W*user information\W*",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(r"\s*sent from [^.!?]{2,60}", re.IGNORECASE)
_MOST_VISIT = 8


def _without_visit(lines: Sequence[str]) -> Sequence[str]:
    """A message's lines without those at the end that tell of the visit: when, from where, with which browser."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if filled and _SENT_FROM.fullmatch(lines[filled[-1]]):
        return lines[: filled[-1]]
    tail = filled[-_MOST_VISIT:]
    at = next((index for index, number in enumerate(tail) if _VISIT.fullmatch(lines[number])), None)
    if at is None:
        return lines[: filled[-1]] if filled and _WHEN.fullmatch(lines[filled[-1]]) and ":" not in lines[filled[-1]] else lines
    while at and (_WHEN.fullmatch(lines[tail[at - 1]]) or _SEPARATOR.fullmatch(lines[tail[at - 1]])):
        at -= 1
    return lines[: tail[at]]


_FOOTER_LINES = 5
"""A form adds no more lines than these below a message: what stands higher up is the sender's."""


def without_footer(lines: Sequence[str], is_footer: Callable[[str], bool]) -> list[str]:
    """A message's lines without what the form adds below: a known sentence, and the rule before it."""
    lines = _without_visit(lines)
    filled = [number for number, line in enumerate(lines) if line.strip()][-_FOOTER_LINES:]
    end = next((number for number in filled if is_footer(lines[number])), len(lines))
    kept = list(lines[:end])
    while kept and (not kept[-1].strip() or _SEPARATOR.fullmatch(kept[-1]) or kept[-1].strip() == "--") and end < len(lines):
        kept.pop()
    while kept and (not kept[-1].strip() or (_SEPARATOR.fullmatch(kept[-1]) and set(kept[-1].strip()) <= {"-", "=", "_"})):
        kept.pop()
    return kept
