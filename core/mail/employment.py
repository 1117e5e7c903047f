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
    INSTITUTION,
    LEGAL_FORM,
    LEGAL_IN_CJK,
    LEGAL_LEAD,
    STREET,
    STRONG_INSTITUTION,
    TITLE_IN_CJK,
    TITLE_WORD,
)
from core.normalize.email import is_free_domain
from core.normalize.places import read_country
from core.normalize.text import fold
from core.normalize.web import name_label

_CELLS = re.compile(r"\s{3,}|\t+|\s*[|•·¦‖│▪●►◆]\s*|\s+\*+\s+|\s+//\s+|\s+::\s+|\s+[–—-]{1,2}\s+")
_ADDRESSES = re.compile(r"[<\[(]?(?:https?://|mailto:|www\.)[^\s>\])]*[>\])]?|<[^<>]*>|\S+@\S+", re.IGNORECASE)
_SENTENCE = re.compile(
    r"\b(?:is|are|was|were|will|would|have|has|had|can|could|should|you|your|we|our|my|me|(?-i:I)|i'm|please|not|never|if|who|why|what|when|this|that|"
    r"they|its|does|don't|der ist|ich|wir|sie|ist|sind|haben|nicht|wenn|dass|bitte|diese[rs]?|je|nous|vous|votre|notre|est|sont|pas|que|"
    r"nosotros|usted|por favor|è|sono|noi|wij|niet|een|het|och|inte|jag|från)\b|[!?;]|\.\.\.|\.\s+[A-Z]\w+\s+\w+\s+\w+",
    re.IGNORECASE,
)
_LABELLED = re.compile(
    r"^(?:title|position|job\s+title|funktion|function|role|poste|cargo|puesto|ruolo|functie|stanowisko)\s*:\s*", re.IGNORECASE
)
_COMPANY_LABEL = re.compile(
    r"^(?:company|firma|unternehmen|société|empresa|azienda|bedrijf|företag|organi[sz]ation|employer)\s*:\s*", re.IGNORECASE
)
_REGISTER = re.compile(
    r"^[^:]{2,60}:\s|\b(?:amtsgericht|handelsregister|registered\s+(?:in|office)|registergericht|sitz\s+der|vat|ust|hrb|siret|rcs|aufsichtsrat|geschäftsführer:|company\s+(?:no|reg)|incorporated\s+in|a\s+division\s+of\s+\w+\s*$)\b",
    re.IGNORECASE,
)
_PART_OF = re.compile(
    r"\b(?:division|subsidiary|member|part|unit|brand|company)\s+of\b|\b(?:unternehmen|marke|tochter)\s+der\b", re.IGNORECASE
)
_AT = re.compile(r"\s*(?:\s@\s*|\bat\b|\bbei(?:\s+der)?\b|\bchez\b|\bpresso\b|\bbij\b|\bhos\b|(?<=\w)@(?=[A-Z]))\s*")
_CREDENTIALS = re.compile(
    r"^(?!C[A-Z]{1,2}O$|[ES]?VP$|MD$)(?:[A-Z][a-z]{0,2}\.?){1,4}$|^(?!C[A-Z]{1,2}O$|[ES]?VP$)[A-Z0-9/&+-]{2,8}(?:[\s,]+[A-Z0-9/&+-]{2,8})*$|^(?i:ph\.?d|msc|bsc|mba|dipl\S*|ing|jr|sr)\.?$"
)
_OURS = re.compile(
    r"(?-i:I|We|It|This|That|You|He|She|They|Wir|Ich)\s|(?:the|my|our|a|an|your|unsere?|meine?|notre|nuestra)\s+(?:\w+\s+)?(?:company|group|corporation|firma|gruppe)\b",
    re.IGNORECASE,
)
_QUOTATION = re.compile(r"[\"“„«](?=\s*\S)(?:.*?(?P<end>[\"”“»][.,]?(?:\s*(?:--|—|–|-|\().*)?$))?")
_MARKS = frozenset('"“”„«»')
_QUOTES = re.compile(r"[\"“”„«»]")
_QUOTATION_ENDS = re.compile(r"[\"”»][.,]?(?:\s*(?:--|—|–|-|\().*)?$")
_SAID_BY = re.compile(r"(?:--|—|–|~)\s*\S")
_AROUND = " \t*_|#>~\"'“”„«»,;:.-–—+=/\\"
_LEGAL_HEADS = re.compile(
    r"^(?:geschäftsführer(?:in)?|inhaber(?:in)?|vorstand|ceo|managing\s+directors?|directors?|gérant|chairman|titolare)\s+(?-i:[A-ZÄÖÜ])[\w.'-]+(?:\s+(?-i:[A-ZÄÖÜ])[\w.'-]+)+",
    re.IGNORECASE,
)
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
_WORD = re.compile(r"[^\W\d_][\w'’.&-]*")
_BEFORE_NAMES = frozenset("dr prof mr mrs ms herr frau dipl ing mag".split())
_SMALL = frozenset(
    "of and the for de der die das des du la le les el los del di da do dos für und van von zu y e et & in at og och i a".split()
)


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
        if DEPARTMENT.search(part) and not LEGAL_FORM.search(part) and not _strong_part(part):
            department = department or part.strip(_AROUND)
            continue
        company, confidence = read_company(part, label, name)
        if company and (confidence >= 0.7 or found_title or at - last_title <= 2 or cell.is_beside or at <= 2):
            companies.append((confidence, -at, company))
        elif not company and found_title and _is_named(part) and not _is_function(part):
            companies.append((0.75, -at, part.strip(_AROUND)))
    if not companies and last_title >= 0:
        companies = _around_title(cells, last_title, lines, name)
    elif not companies:
        companies = _below_name(cells, lines, name)
    best = max(companies, default=(0.0, 0, ""))
    return Employment(title, department, best[2], best[0])


def split_title(cell: str) -> tuple[str, str]:
    """The job title of a cell, and what follows it after a comma, `at` or `@`; empty texts where it tells none."""
    at = _AT.search(cell)
    if at and is_title(cell[: at.start()]) and cell[at.end() : at.end() + 1].isupper():
        return _tidy_title(cell[: at.start()]), cell[at.end() :]
    parts = [part.strip() for part in cell.split(",")]
    if len(parts) > 1:
        count = 0
        for part in parts:
            if is_title(part) or (count and _goes_on(part)):
                count += 1
            else:
                break
        if count:
            return _tidy_title(", ".join(parts[:count])), ", ".join(parts[count:])
        if len(parts) == 2 and is_title(parts[1]) and read_company(parts[0], "", "")[1] >= 0.9:
            return _tidy_title(parts[1]), parts[0]
        return "", ""
    return (_tidy_title(cell), "") if is_title(cell) else ("", "")


def is_title(text: str) -> bool:
    """Whether a short text is a job title: it has a word for one, and is neither a sentence nor a company."""
    text = text.strip(_AROUND)
    if not 2 <= len(text) <= 80 or len(text.split()) > 9 or ":" in text or "@" in text:
        return False
    if not (TITLE_WORD.search(text) or TITLE_IN_CJK.search(text)):
        return False
    if _SENTENCE.search(text) or CLOSING.search(text) or sum(c.isdigit() for c in text) > 3 or STREET.search(text):
        return False
    if not text[0].isupper() and text[0].islower() and len(text.split()) > 4:
        return False
    if _LEGAL_HEADS.match(text) and not FUNCTION_WORD.search(text) and len(TITLE_WORD.findall(text)) < 2:
        return False
    return not (LEGAL_FORM.search(text) or LEGAL_IN_CJK.search(text) or STRONG_INSTITUTION.search(text))


def read_company(text: str, label: str, name: str) -> tuple[str, float]:
    """The company that a short text names and how sure that is; `label` is the word of the author's own mail domain."""
    text = _COMPANY_LABEL.sub("", _ADDRESSES.sub(" ", text)).strip(" \t*_|#>~,;:–—-/")
    if text[:1] in _MARKS and text[-1:] in _MARKS and not LEGAL_LEAD.match(text):
        text = text[1:-1].strip()
    legal = _cut_after_legal_form(text)
    short = legal or text
    if not 2 <= len(short) <= 90 or len(short.split()) > 10 or has_number(short) or CLOSING.search(short):
        return "", 0.0
    if (
        _REGISTER.search(short)
        or _PART_OF.search(short)
        or (_SENTENCE.search(short) and not legal)
        or not any(c.isalpha() for c in short)
    ):
        return "", 0.0
    if (
        (legal and _is_named(legal, least=0.5) and not _OURS.match(legal))
        or LEGAL_IN_CJK.search(short)
        or LEGAL_LEAD.match(short)
    ):
        head, _, rest = short.partition(",")
        return (head.strip() if any(c.isdigit() for c in rest) else short), 0.95
    if legal:
        return "", 0.0
    if name and (fold(short) in (fold(name), *fold(name).split()) or _is_pet_name(short, name)):
        return "", 0.0
    if _strong_part(short) and _is_named(_strong_part(short)):
        return _strong_part(short), 0.9
    if not _is_named(short) or len(short.split()) > 6:
        return "", 0.0
    if label and agrees(short, label):
        return short, 0.85
    if INSTITUTION.search(short) and len(short.split()) > 1 and not STREET.search(short):
        return short, 0.65
    return "", 0.0


def _is_pet_name(text: str, name: str) -> bool:
    """Whether a word is the start of the given name: `Gill` for Gillian."""
    word = fold(text)
    return len(word) >= 3 and " " not in word and fold(name).split()[:1] != [] and fold(name).split()[0].startswith(word)


def agrees(text: str, label: str) -> bool:
    """Whether a name and the word of a domain are the same: `Horizon` and horizon, `Torresen Marine` and torresen."""
    words = fold(text).split()
    letters = "".join(words)
    plain = re.sub(r"[^a-z0-9]", "", fold(label))
    if len(plain) < 3 or not letters:
        return False
    if (
        letters == plain
        or plain in words
        or (len(letters) >= 4 and plain.startswith(letters))
        or (len(plain) >= 4 and letters.startswith(plain))
    ):
        return True
    return len(words) >= 3 and "".join(word[0] for word in words if word not in _SMALL) == plain


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
            return _tidy_title(title), known or named
        if not title and confidence >= 0.85:
            return "", known
    return "", ""


def domain_word(email: str) -> str:
    """The word that the owner of an address's domain chose; empty for mailboxes that everybody can have."""
    domain = email.rpartition("@")[2].lower()
    return "" if not domain or is_free_domain(domain) else name_label(domain)


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
            rest = _ADDRESSES.sub(" ", cell).strip(" \t*_|#>~,;–—-")
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
    return next(([(0.6, 0, cell.text.strip(_AROUND))] for cell in tried if _may_be_company(cell.text, name)), [])


def _below_name(cells: Sequence[_Cell], lines: Sequence[str], name: str) -> list[tuple[float, int, str]]:
    """The only line between the author's name and their numbers, where it reads like the name of a company."""
    filled = [(at, line) for at, line in enumerate(lines) if line.strip(" \t-_*=")][:3]
    if len(filled) < 3 or len(fold(name).split()) < 2 or _after_name(filled[0][1].strip(" \t*_|"), name) != "":
        return []
    is_alone = has_number(filled[2][1]) and not has_number(filled[1][1])
    between = [cell.text.strip() for cell in cells if cell.line == filled[1][0]]
    if not is_alone or len(between) != 1 or len(between[0].split()) < 2 or not _may_be_company(between[0], name):
        return []
    return [] if read_country(between[0]).value else [(0.6, 0, between[0].strip(_AROUND))]


def _may_be_company(cell: str, name: str) -> bool:
    if (
        not 1 <= len(_WORD.findall(cell)) <= 5
        or not _is_named(cell)
        or _is_function(cell)
        or "," in cell
        or fold(cell) == fold(name)
    ):
        return False
    refused = (STREET, DEPARTMENT, _REGISTER, _SENTENCE)
    return not any(pattern.search(cell) for pattern in refused) and not any(c.isdigit() for c in cell)


def _strong_part(text: str) -> str:
    """The part between commas that is surely an institution."""
    return next((part.strip() for part in text.split(",") if STRONG_INSTITUTION.search(part) and len(part.split()) > 1), "")


def _cut_after_legal_form(text: str) -> str:
    """The company's name up to its legal form, without the address behind it; empty where there is no legal form."""
    found = LEGAL_FORM.search(text)
    if found is None or not any(c.isalpha() for c in text[: found.start()]):
        return ""
    end = found.end()
    while (more := LEGAL_FORM.match(text, end + 1)) is not None and text[end : end + 1] in (" ", ","):
        end = more.end()
    rest = text[end:]
    if rest.strip() and rest[:1] not in (",", ";", "(", "<", " ", "/", "."):
        return ""
    if rest.strip() and rest[:1] == " " and not re.match(r"\s*(?:[(<|/–-]|\d|[A-ZÄÖÜ(&])", rest):
        return ""
    if re.match(r"\s+[A-ZÄÖÜ]", rest) and not LEGAL_FORM.search(text[found.start() :].split(",")[0][len(found[0]) :]):
        end = end if len(found[0]) > 2 and found[0] not in ("Group", "Company", "Holding", "Holdings") else len(text)
    head = text[:end].strip(" ,;")
    commas = head.split(",")
    if len(commas) > 2 and LEGAL_FORM.fullmatch(" " + commas[-1].strip(), 1) is None:
        head = commas[-1].strip()
    return head


def _goes_on(part: str) -> bool:
    """Whether a part after a comma still belongs to the title: `VP, Marketing`."""
    return bool(part) and len(part.split()) <= 4 and _is_function(part) and not LEGAL_FORM.search(part)


def _is_function(text: str) -> bool:
    """Whether a text says what somebody heads, and no name: every word of it is one for a function or a region."""
    words = [word for word in _WORD.findall(text) if word.lower() not in _SMALL]
    return bool(words) and all(FUNCTION_WORD.fullmatch(word) for word in words)


def _is_named(text: str, least: float = 1.0) -> bool:
    """Whether a text is written like a name: so many of its words begin with a capital or a digit, small words aside."""
    words = [word for word in re.split(r"[\s,]+", text) if any(c.isalnum() for c in word)]
    telling = [word for word in words if word.lower() not in _SMALL]
    capitals = sum(not next(c for c in word if c.isalnum()).islower() for word in telling)
    return bool(telling) and capitals >= least * len(telling)


def _tidy_title(text: str) -> str:
    """The title without what is put around it; a remark after a slash, as in `Developer/*nix`, is cut."""
    return re.sub(r"/[^\w\s].*$", "", text).strip(_AROUND)
