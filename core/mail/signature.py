"""The signature of a mail: where it stands in what the author wrote, and who it says that the author is."""

# ruff: noqa: E501, SIM905 -- lists of words and patterns are easier to read and extend as text

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.mail.employment import Employment, introduced, read_employment
from core.mail.header_blocks import find_block
from core.mail.phones import Phone, has_number, phones_in
from core.mail.postal import Postal, country_in, postal_in
from core.mail.quote_words import ORIGINAL, WROTE
from core.mail.quotes import split_signature
from core.mail.signature_words import CLOSING, LEGAL_IN_CJK, TITLE_IN_CJK
from core.mail.titles import agrees, domain_word, is_title, read_company
from core.normalize.mailboxes import ROLES
from core.normalize.text import fold
from core.normalize.web import name_label, registered_domain

_MAX_TEXT, _MAX_LINES = 200_000, 3_000
_LONGEST = 30
_TAIL = 45
_DELIMITER = re.compile(r"^[\s|+>]*(?:-{2,}|_{2,}|={2,}|\*{3,}|~{2,}|#{3,}|[-=_*+~.—–━─═＝＿―－ ]{5,}|—)[\s|+]*$")
_ARMOR = re.compile(r"-----BEGIN PGP (SIGNATURE|PUBLIC KEY BLOCK|MESSAGE)-----.*?(?:-----END PGP \1-----|\Z)", re.DOTALL)
_ARMOR_HEAD = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Z][\w-]*:.*\n)*")
_QUOTE = re.compile(r"^\s*(?:>|[A-Z]{1,4}>)")
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:" + "|".join(sorted(map(re.escape, ORIGINAL), key=len, reverse=True)) + r")\b.*$", re.IGNORECASE
)
_WROTE = re.compile(
    r"\b(?:" + "|".join(sorted(map(re.escape, WROTE), key=len, reverse=True)) + r")(?![^\W_]).{0,120}:\s*$", re.IGNORECASE
)
_NOISE = re.compile(
    r"mailing\s+list|listinfo|unsubscribe|sponsored\s+by|abmelden|list\s+maintainer|do\s+you\s+yahoo|get\s+your\s+free|free\s+e?-?mail|"
    r"virus|scanned\s+by|sent\s+from\s+my|gesendet\s+von|envoyé\s+de(?:puis)?\s+mon|enviado\s+desde\s+mi|inviato\s+da",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\b(?:confidential|privileged|intended\s+(?:only|solely|recipient)|disclaimer|diese\s+e-?mail|vertraulich|ce\s+(?:message|courriel)|este\s+(?:mensaje|correo)|"
    r"questo\s+messaggio|before\s+printing|umwelt|dit\s+bericht|this\s+e-?mail\s+(?:and|is|may|message)|rot13)\b",
    re.IGNORECASE,
)
_SMALL_PRINT = re.compile(
    r"\b(?:e-?mail|message|communication|transmission|nachricht|courriel|mensaje|correo|messaggio|mensagem|bericht|meddelande|wiadomość)\b.{0,200}\b(?:confidential|privileged|intended\s+(?:only|solely|for)|vertraulich\w*|"
    r"confidentiel\w*|confidencial\w*|riservat\w+|vertrouwelijk\w*|konfidentiell\w*|fortrolig\w*|poufn\w+)\b.{0,400}\b(?:recipient|addressee|adressat\w*|empfänger\w*|irrtümlich|destinataires?|destinatari[oa]s?|geadresseerde|ontvanger|mottagare\w*|modtager\w*|adresat\w*|error|delete|notify)\b"
    r"|(?:checked|scanned)\s+(?:for|by)\s.{0,60}\b(?:virus\w*|antivirus)\b|\bvirenfrei\b|garanti sans virus",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"^(?:(?:Dr|Prof|Dipl\S*|Ing|Mag|Mr|Mrs|Ms|Herr|Frau)\.?\s+)*((?:[^\W\d_][\w'’-]*\.?|[^\W\d_]\.)(?:\s+(?:[^\W\d_][\w'’-]*|[^\W\d_]\.)){1,3})[,.]?$"
)
_PROXY = re.compile(r"^(?:i\.\s?[AV]\.|ppa\.|p\.\s?p\.|gez\.)\s+")
"""What Germans put before a name who sign for somebody."""
_EASTERN_NAME = re.compile(
    r"[\u3400-\u9fff]{1,3}[ \u3000]?[\u3400-\u9fff\u3040-\u30ff]{1,4}(?<!部)(?<!課)(?<!室)(?<!店)(?<!社)(?<!様)(?<!殿)|[\uac00-\ud7a3]{2,4}"
)
"""A name as East Asia writes it, alone in a line."""
_URL = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]|,;\"]+", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NOT_NAMES = frozenset(
    "the and for with from this that your our you team best regards thanks dear hello please phone tel office mail email web kind".split()
)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature tells of its author; `employment` has title, department and company."""

    name: str = ""
    phones: tuple[Phone, ...] = ()
    employment: Employment = field(default_factory=Employment)
    website: str = ""
    postal: Postal = field(default_factory=Postal)
    lines: tuple[str, ...] = ()


def read_signature(text: str, name: str, email: str, region: str) -> Signature:
    """What the author of a mail with this name and address tells below (or within) what they wrote; quotes are not searched."""
    own = _one_below_another(own_lines(text), name)
    lines, body = _where(own, name, email)
    regions = regions_of(email, lines, region)
    phones = phones_in(lines, regions) or phones_in(_of_nobody_else(body[-60:], name), regions, labelled_only=True)
    found = _name_in(lines) if not name or " " not in name.strip() else ""
    if found and name and not _is_longer(found, name):
        found = ""
    job = _job(lines, body, name or found, email)
    return Signature(found, phones, job, _website(lines, email), postal_in(lines), tuple(lines))


def _one_below_another(lines: list[str], name: str) -> list[str]:
    """The lines with a signature that stands in one of them, after commas, taken apart."""
    if " " not in name:
        return lines
    parted: list[str] = []
    for line in lines:
        at = line.find(name) if line.count(",") >= 3 and len(line) < 300 else -1
        before = line[:at].strip(" ,") if at >= 0 else "x"
        if before and not CLOSING.fullmatch(before):
            parted.append(line)
            continue
        pieces = [piece.strip() for piece in line[at + len(name) :].split(",")]
        parted += [before, name, *filter(None, pieces)]
    return parted


def _job(lines: list[str], body: list[str], name: str, email: str) -> Employment:
    """Title and company by the signature, and where it tells neither, by how the author introduces themselves."""
    job = read_employment(lines, name, email)
    if job.title or job.company:
        return job
    title, company = introduced(" ".join(line.strip() for line in body[:60]), domain_word(email))
    return replace(job, title=title, company=company, confidence=0.75) if title or company else job


def without_disclaimer(text: str) -> str:
    """A text without the paragraphs at its end that say for whom it is, and that it is confidential or was scanned."""
    head, gap, tail = text.rpartition("\n\n")
    while gap and head.strip() and len(tail) < 3_000 and _SMALL_PRINT.search(" ".join(tail.split())):
        text = head.rstrip().rstrip("-_*=").rstrip()
        head, gap, tail = text.rpartition("\n\n")
    return text


def without_signature(text: str, name: str, email: str) -> str:
    """A text without the lines at its end that begin with its author's name; a text that is nothing else stays as it is."""
    lines = text.splitlines()[:_MAX_LINES]
    at = _closed_at(lines, name)
    rest = [line for line in lines[at:] if line.strip()]
    is_signed = 1 <= len(rest) <= 10 and len(" ".join(rest)) < 500 and _tells_author(rest, name, email)
    if not is_signed or not any(line.strip() for line in lines[:at]) or any(len(line) > 90 for line in rest):
        return text
    return "\n".join(lines[:at]).strip()


def _of_nobody_else(lines: list[str], name: str) -> list[str]:
    """The lines without paragraphs that begin with the name of somebody else, whose numbers they hold."""
    kept: list[str] = []
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            paragraph.append(line)
            continue
        is_others = bool(paragraph) and is_name(paragraph[0]) and not set(fold(paragraph[0]).split()) & set(fold(name).split())
        kept += [] if is_others and len(paragraph) > 1 else [*paragraph, ""]
        paragraph = []
    return kept


def own_lines(text: str) -> list[str]:
    """The lines that are the author's own, without quotes, key blocks and what stands below an original message."""
    text = _ARMOR_HEAD.sub("", _ARMOR.sub("", text[:_MAX_TEXT])) if "-----BEGIN" in text else text[:_MAX_TEXT]
    lines = [line.rstrip().replace("\xa0", " ") for line in text.splitlines()[:_MAX_LINES]]
    for at, line in enumerate(lines):
        if _ORIGINAL.match(line):
            lines = lines[:at]
            break
    block = find_block(lines)
    if block is not None and any(line.strip() for line in lines[: block.start]):
        lines = lines[: block.start]
    own: list[str] = []
    for at, line in enumerate(lines):
        if _QUOTE.match(line):
            continue
        if len(line) < 250 and line.endswith(":") and _WROTE.search(line):
            below = next((one for one in lines[at + 1 :] if one.strip()), "")
            if _QUOTE.match(below):
                continue
            if own and any(c.isdigit() for c in line):
                break
        own.append(line)
    return own


def regions_of(email: str, lines: Sequence[str], region: str) -> tuple[str, ...]:
    """The countries whose numbers the author's are likely to be: the address's, the mailbox's, then the source's."""
    ending = email.rpartition(".")[2].lower()
    by_ending = {"uk": "GB", "edu": "US", "gov": "US", "mil": "US"}.get(ending, "" if ending in _GENERIC else ending.upper())
    wanted = (country_in(lines), by_ending if len(by_ending) == 2 else "", region.upper())
    return tuple(dict.fromkeys(one for one in wanted if one))


_GENERIC = frozenset("co io me tv ai cc ws fm to ly gl gg sh ac la vc eu im is nu in tk ml ga cf gq pw".split()) - {"in", "is"}


def _where(lines: list[str], name: str, email: str) -> tuple[list[str], list[str]]:
    """The lines of the signature, and those before it."""
    bounds = [-1, *(at for at, line in enumerate(lines) if _DELIMITER.match(line)), len(lines)]
    for index in range(len(bounds) - 2, -1, -1):
        start, end = bounds[index] + 1, bounds[index + 1]
        section = _without_disclaimer(lines[start:end])
        filled = [line for line in section if line.strip()]
        if not filled:
            continue
        is_whole = index > 0 and len(filled) <= _LONGEST
        if is_whole and _tells_author(filled, name, email):
            at = _closed_at(section, name) if len(filled) > 12 else 0
            begin = start + at if at else _closed_above(lines, bounds[index - 1] + 1, start, name)
            return [line for line in lines[begin : start + len(section)] if not _DELIMITER.match(line)], lines[:begin]
        if is_whole and (_NOISE.search(" ".join(filled)) or len(filled) < 3):
            continue
        at = _closed_at(section, name)
        if at < len(section) and (index == 0 or _tells_author(section[at:], name, email)):
            return section[at:], lines[:start] + section[:at]
    signature = split_signature("\n".join(lines))[1].splitlines()
    if 2 <= len(signature) <= _LONGEST and not _NOISE.search(" ".join(signature)):
        return signature, lines[: -len(signature)]
    return [], lines


def _closed_above(lines: list[str], first: int, start: int, name: str) -> int:
    """Where a signature begins that a rule divides: below the closing above the rule, where few lines stand between."""
    above = lines[first : max(first, start - 1)]
    at = _closed_at(above, name)
    between = [line for line in above[at:] if line.strip()]
    is_closed = at < len(above) and 1 <= len(between) <= 4 and all(len(line) < 80 for line in between)
    return first + at if is_closed else start


def _without_disclaimer(lines: list[str]) -> list[str]:
    at = next((at for at, line in enumerate(lines) if at and _DISCLAIMER.search(line) and len(line.split()) > 4), len(lines))
    return lines[:at]


def _tells_author(lines: list[str], name: str, email: str) -> bool:
    """Whether a block of lines is about the author: their name, address or domain stands there, or numbers of a short one."""
    text = "\n".join(lines)
    folded = f" {fold(text)} "
    words = [word for word in fold(name).split() if len(word) >= 3]
    if any(f" {word} " in folded for word in words):
        return True
    local, _, domain = email.lower().partition("@")
    if email and (email.lower() in text.lower() or f"{local}@" in text.lower()):
        return True
    if domain and domain_word(email) and registered_domain(domain) in text.lower() and not _NOISE.search(text):
        return True
    return len(lines) <= 10 and bool(phones_in(lines, (), labelled_only=True)) and not _NOISE.search(text)


def _closed_at(lines: list[str], name: str) -> int:
    """The line where the signature begins: below the closing, or with the author's name; the number of lines for none."""
    first = max(0, len(lines) - _TAIL)
    whole, given = fold(name), fold(name).split()[:1]
    for at in range(len(lines) - 1, first - 1, -1):
        line = lines[at].strip(" \t*_|-")
        if not line or len(line) > 80:
            continue
        closing = CLOSING.match(line)
        if closing and len(line) <= 60 and not has_number(line) and len(line[closing.end() :].split()) <= 5:
            rest = line[closing.end() :].strip(" ,.!:;–-/|")
            if again := CLOSING.match(rest):  # in two languages: `Groeten / Regards`
                rest = rest[again.end() :].strip(" ,.!:;–-/|")
            if rest and not _NAME.match(rest) and fold(rest) not in (whole, *given):
                continue
            return at if rest else at + 1
    for at in range(len(lines) - 1, first - 1, -1):
        plain = fold(lines[at][:80])
        if (
            plain
            and len(plain) > 2
            and (plain == whole or [plain] == given or (whole and " " in whole and plain.startswith(whole) and len(plain) < 70))
        ):
            return at
    return len(lines)


def _name_in(lines: Sequence[str]) -> str:
    """The name at the top of a signature; empty where the first line is none."""
    for line in [line for line in lines if line.strip()][:2]:
        line = re.split(r"\s{3,}|\s*[|•·]\s*|\s+[–-]\s+", line.strip(" \t*_|"))[0]
        closing = CLOSING.match(line)
        line = _PROXY.sub("", line[closing.end() :].strip(" ,.!:;–-") if closing else line)
        if is_name(line) or (_EASTERN_NAME.fullmatch(line) and not TITLE_IN_CJK.search(line) and not LEGAL_IN_CJK.search(line)):
            return line.strip(" ,.")
    return ""


def is_name(text: str) -> bool:
    """Whether a text reads like the name of a person: two to four words with capitals, and none of a title or a company."""
    text = text.strip(" ,.")
    found = _NAME.match(text)
    if found is None or len(text) > 60 or is_title(text) or read_company(text, "", "")[0]:
        return False
    words = fold(text).split()
    if any(word in _NOT_NAMES or word in ROLES for word in words) or CLOSING.search(text):
        return False
    parts = text.split()
    capitals = [part for part in parts if part[:1].isupper() or not part[:1].islower()]
    return len(capitals) >= 2 and (parts[0][:1].isupper() or not parts[0].isascii())


def _is_longer(found: str, name: str) -> bool:
    """Whether a name in the signature is the same person's, with more of it."""
    words = fold(found).split()
    return fold(name) in words or any(word.startswith(fold(name)) for word in words if len(fold(name)) >= 3)


def _website(lines: Sequence[str], email: str) -> str:
    """The address of the author's company: one of the domain of their mailbox."""
    label = domain_word(email)
    for line in lines:
        for found in _URL.finditer(line):
            host = re.sub(r"^(?:https?://)?", "", found[0], flags=re.IGNORECASE).split("/")[0].lower()
            if label and (
                registered_domain(host) == registered_domain(email.rpartition("@")[2]) or agrees(name_label(host), label)
            ):
                return found[0].rstrip(".")
    return ""
