"""What somebody does and for whom, from the cells of a signature: job title, company, department."""

# ruff: noqa: E501, SIM905 -- lists of words and patterns are easier to read and extend as text

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.mail.phones import has_number
from core.mail.signature_words import (
    CLOSING,
    DEPARTMENT,
    FUNCTION_WORD,
    LEGAL_FORM,
    STREET,
)
from core.mail.titles import (
    ADDRESSES,
    AROUND,
    REGISTER,
    SENTENCE,
    WORD,
    domain_word,
    institution_in,
    is_function,
    is_named,
    is_title,
    read_company,
    split_title,
    tidy_title,
)
from core.normalize.places import read_country
from core.normalize.text import fold

_CELLS = re.compile(r"\s{3,}|\t+|\s*[|•·¦‖│▪●►◆]\s*|\s+\*+\s+|\s+//\s+|\s+::\s+|\s+[–—-]{1,2}\s+")
_LABELLED = re.compile(
    r"^(?:title|position|job\s+title|funktion|function|role|poste|cargo|puesto|ruolo|functie|stanowisko)\s*:\s*", re.IGNORECASE
)
_CREDENTIALS = re.compile(
    r"^(?!C[A-Z]{1,2}O$|[ES]?VP$|MD$)(?:[A-Z][a-z]{0,2}\.?){1,4}$|^(?!C[A-Z]{1,2}O$|[ES]?VP$)[A-Z0-9/&+-]{2,8}(?:[\s,]+[A-Z0-9/&+-]{2,8})*$|^(?i:ph\.?d|msc|bsc|mba|dipl\S*|ing|jr|sr)\.?$"
)
_QUOTATION = re.compile(r"[\"“„«](?=\s*\S)(?:.*?(?P<end>[\"”“»][.,]?(?:\s*(?:--|—|–|-|\().*)?$))?")
_QUOTES = re.compile(r"[\"“”„«»]")
_QUOTATION_ENDS = re.compile(r"[\"”»][.,]?(?:\s*(?:--|—|–|-|\().*)?$")
_SAID_BY = re.compile(r"(?:--|—|–|~)\s*\S")
_I_AM = (
    r"\b(?:I\s+am|I['’]m|my\s+name\s+is|this\s+is|I\s+work|ich\s+bin|ich\s+arbeite|mein\s+name\s+ist|je\s+suis|je\s+travaille|soy|trabajo|sono|lavoro|ik\s+ben)\s+"
    r"(?:[^\W\d_][\w'’-]*\s+[^\W\d_][\w'’-]*\s*,\s*)?(?:and\s+|und\s+)?(?:(?:the|a|an|der|die|das|le|la|el|il)\s+)?(?P<title>[^\W\d_][\w &/-]{1,50}?)??\s*"
)
_INTRODUCES = (
    re.compile(_I_AM + r"\b(?P<at>at|bei(?:\s+der)?|chez|presso|bij|hos)\s+(?-i:(?=[A-ZÄÖÜ0-9]))", re.IGNORECASE),
    re.compile(
        _I_AM + r"\b(?P<at>\b)(?:of|for|from|with|von|für(?:\s+die)?|der|die|de\s+la|de|en|di|van)\s+(?-i:(?=[A-ZÄÖÜ0-9]))",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:we\s+are|wir\s+sind|nous\s+sommes|somos|siamo|wij\s+zijn)\s+(?:(?:the|die|la)\s+)?(?P<title>\b)(?P<at>\b)(?-i:(?=[A-ZÄÖÜ0-9]))",
        re.IGNORECASE,
    ),
)
_CAPITALS = re.compile(r"(?:[A-ZÄÖÜ0-9][\w&'’-]*(?:\.[\w-]+)*(?:\s+(?:&|und|and|of)\s+(?=[A-ZÄÖÜ]))?[ ]?){1,6}")
_BEFORE_NAMES = frozenset("dr prof mr mrs ms herr frau dipl ing mag".split())


@dataclass(frozen=True, slots=True)
class Employment:
    """Title, department and company with how sure the company is; an empty text for what is not told."""

    title: str = ""
    department: str = ""
    company: str = ""
    confidence: float = 0.0


def cells_of(lines: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The cells of each line: what bars, bullets, wide gaps and spaced dashes keep apart."""
    return tuple(tuple(filter(None, (one.strip(" \t") for one in _CELLS.split(line.strip(" \t|"))))) for line in lines)


def read_employment(lines: Sequence[str], name: str, email: str) -> Employment:
    """What the lines of a signature say of its author's job."""
    label = domain_word(email)
    title = department = ""
    companies: list[tuple[float, int, str]] = []
    last_title = -9
    cells = list(_job_cells(lines, name))
    for at, cell in enumerate(cells):
        plain = _LABELLED.sub("", cell.text)
        found_title, rest = split_title(plain)
        if found_title and not title:
            title, last_title = found_title, at
        part = rest if found_title else plain
        if not part:
            continue
        if DEPARTMENT.search(part) and not LEGAL_FORM.search(part) and not institution_in(part):
            department = department or part.strip(AROUND)
            continue
        company, confidence = read_company(part, label, name)
        if company and (confidence >= 0.7 or found_title or at - last_title <= 2 or cell.is_beside or at <= 2):
            companies.append((confidence, -at, company))
        elif not company and found_title and is_named(part) and not is_function(part):
            companies.append((0.75, -at, part.strip(AROUND)))
    if not companies and last_title >= 0:
        companies = _around_title(cells, last_title, lines, name)
    elif not companies:
        companies = _below_name(cells, lines, name)
    best = max(companies, default=(0.0, 0, ""))
    return Employment(title, department, best[2], best[0])


def introduced(text: str, label: str) -> tuple[str, str]:
    """The title and the company of a sentence such as `I am CTO at Rocket Labs`; empty texts where none surely says so."""
    for found in (found for pattern in _INTRODUCES for found in pattern.finditer(text[:3_000])):
        title = (found["title"] or "").strip(" ,")
        company = _CAPITALS.match(text, found.end())
        named = company[0].strip(" .,") if company else ""
        if len(named) < 2 or FUNCTION_WORD.search(named) or read_country(named).value:
            continue
        known, confidence = read_company(named, label, "")
        if title and is_title(title) and (found["at"] or confidence >= 0.65):
            return tidy_title(title), known or named
        if not title and confidence >= 0.85:
            return "", known
    return "", ""


class _Cell(NamedTuple):
    """A cell with the number of its line; `is_beside` where the author's name stood before it in the same line."""

    text: str
    line: int
    is_beside: bool


def _job_cells(lines: Sequence[str], name: str) -> Iterator[_Cell]:
    """The cells that may tell of a job, without contacts."""
    for number, cells in _numbered(lines):
        is_beside = False
        for cell in cells:
            rest = ADDRESSES.sub(" ", cell).strip(" \t*_|#>~,;–—-")
            if name and (after := _after_name(rest, name)) is not None:
                is_beside = True
                rest = after
                if not rest or _CREDENTIALS.match(rest):
                    continue
            if has_number(rest) and LEGAL_FORM.search(head := rest.partition(",")[0]) and not has_number(head):
                rest = head  # `Acme Ltd, 020 ...`
            if rest and not has_number(rest) and not CLOSING.search(rest):
                yield _Cell(rest, number, is_beside)


def _numbered(lines: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The cells of each line that is no saying, with the line's number."""
    at = 0
    for line in _without_sayings(lines):
        at = next((number for number in range(at, len(lines)) if lines[number] is line), at)
        yield at, cells_of([line])[0]


def _without_sayings(lines: Sequence[str]) -> Iterator[str]:
    """The lines without quotations and those who said them, which many put below their names."""
    quoted, since = "", 0
    for line in lines:
        text = line.strip(" \t*|")
        since += 1
        if not text:
            quoted = ""
        elif quoted in ("", "said") and (found := _QUOTATION.match(text)):
            quoted, since = "said" if found["end"] else "open", 0
            if not found["end"] and len(_QUOTES.findall(text)) > 1:
                quoted = ""
                yield line
        elif quoted == "open" and since < 8:
            quoted = "said" if _QUOTATION_ENDS.search(text) else quoted
        elif not (quoted == "said" and _SAID_BY.match(text)) and not _SAID_BY.match(text):
            quoted = ""
            yield line


def _after_name(cell: str, name: str) -> str | None:
    """What follows the author's name in a cell that begins with it; None where it does not."""
    words = fold(name).split()
    given = cell.split()
    taken = 0
    while taken < len(given) and taken < len(words) + 2:
        parts = fold(given[taken]).split()
        if not parts:
            break
        is_theirs = all(part in words for part in parts) or (taken and len(fold(given[taken])) == 1)
        if not is_theirs and (taken or parts[0] not in _BEFORE_NAMES):
            break
        taken += 1
        if given[taken - 1].endswith((",", ";", ":")):
            break
    if words and not {words[0]} & set(fold(" ".join(given[:taken])).split()):
        return None
    if taken < min(2, len(words)) and not (taken == 1 and len(given) == 1):
        return None
    return " ".join(given[taken:]).strip(" ,;:()[]-–|/") if taken else None


def _around_title(cells: Sequence[_Cell], at: int, lines: Sequence[str], name: str) -> list[tuple[float, int, str]]:
    """A cell that reads like a name: beside the title, between name and title, or below it where contacts follow."""
    tried = []
    if at + 1 < len(cells):
        after = cells[at + 1]
        below = next((line for line in lines[after.line + 1 :] if line.strip()), "")
        is_contact = has_number(below) or "@" in below or "www." in below or bool(STREET.search(below))
        if after.line == cells[at].line or is_contact:
            tried.append(after)
    if at == 1 and not cells[0].is_beside:
        tried.append(cells[0])
    return next(([(0.6, 0, cell.text.strip(AROUND))] for cell in tried if _may_be_company(cell.text, name)), [])


def _below_name(cells: Sequence[_Cell], lines: Sequence[str], name: str) -> list[tuple[float, int, str]]:
    """The only line between the author's name and their numbers, where it reads like the name of a company."""
    filled = [(at, line) for at, line in enumerate(lines) if line.strip(" \t-_*=")][:3]
    if len(filled) < 3 or len(fold(name).split()) < 2 or _after_name(filled[0][1].strip(" \t*_|"), name) != "":
        return []
    is_alone = has_number(filled[2][1]) and not has_number(filled[1][1])
    between = [cell.text.strip() for cell in cells if cell.line == filled[1][0]]
    if not is_alone or len(between) != 1 or len(between[0].split()) < 2 or not _may_be_company(between[0], name):
        return []
    return [] if read_country(between[0]).value else [(0.6, 0, between[0].strip(AROUND))]


def _may_be_company(cell: str, name: str) -> bool:
    if (
        not 1 <= len(WORD.findall(cell)) <= 5
        or not is_named(cell)
        or is_function(cell)
        or "," in cell
        or fold(cell) == fold(name)
    ):
        return False
    refused = (STREET, DEPARTMENT, REGISTER, SENTENCE)
    return not any(pattern.search(cell) for pattern in refused) and not any(c.isdigit() for c in cell)
