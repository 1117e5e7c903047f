"""Whether a short text is a job title or names a company, and the part of it that does."""

# ruff: noqa: E501, SIM905 -- lists of words and patterns are easier to read and extend as text

from __future__ import annotations

import re

from core.mail.phones import has_number
from core.mail.signature_words import (
    CLOSING,
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
from core.normalize.text import fold
from core.normalize.web import name_label

ADDRESSES = re.compile(r"[<\[(]?(?:https?://|mailto:|www\.)[^\s>\])]*[>\])]?|<[^<>]*>|\S+@\S+", re.IGNORECASE)
SENTENCE = re.compile(
    r"\b(?:is|are|was|were|will|would|have|has|had|can|could|should|you|your|we|our|my|me|(?-i:I)|i'm|please|not|never|if|who|why|what|when|this|that|"
    r"they|its|does|don't|der ist|ich|wir|sie|ist|sind|haben|nicht|wenn|dass|bitte|diese[rs]?|je|nous|vous|votre|notre|est|sont|pas|que|"
    r"nosotros|usted|por favor|è|sono|noi|wij|niet|een|het|och|inte|jag|från)\b|[!?;]|\.\.\.|\.\s+[A-Z]\w+\s+\w+\s+\w+",
    re.IGNORECASE,
)
_COMPANY_LABEL = re.compile(
    r"^(?:company|firma|unternehmen|société|empresa|azienda|bedrijf|företag|organi[sz]ation|employer)\s*:\s*", re.IGNORECASE
)
REGISTER = re.compile(
    r"^[^:]{2,60}:\s|\b(?:amtsgericht|handelsregister|registered\s+(?:in|office)|registergericht|sitz\s+der|vat|ust|hrb|siret|rcs|aufsichtsrat|geschäftsführer:|company\s+(?:no|reg)|incorporated\s+in|a\s+division\s+of\s+\w+\s*$)\b",
    re.IGNORECASE,
)
_PART_OF = re.compile(
    r"\b(?:division|subsidiary|member|part|unit|brand|company)\s+of\b|\b(?:unternehmen|marke|tochter)\s+der\b", re.IGNORECASE
)
_AT = re.compile(r"\s*(?:\s@\s*|\bat\b|\bbei(?:\s+der)?\b|\bchez\b|\bpresso\b|\bbij\b|\bhos\b|(?<=\w)@(?=[A-Z]))\s*")
_OURS = re.compile(
    r"(?-i:I|We|It|This|That|You|He|She|They|Wir|Ich)\s|(?:the|my|our|a|an|your|unsere?|meine?|notre|nuestra)\s+(?:\w+\s+)?(?:company|group|corporation|firma|gruppe)\b",
    re.IGNORECASE,
)
_MARKS = frozenset('"“”„«»')
AROUND = " \t*_|#>~\"'“”„«»,;:.-–—+=/\\"
_LEGAL_HEADS = re.compile(
    r"^(?:geschäftsführer(?:in)?|inhaber(?:in)?|vorstand|ceo|managing\s+directors?|directors?|gérant|chairman|titolare)\s+(?-i:[A-ZÄÖÜ])[\w.'-]+(?:\s+(?-i:[A-ZÄÖÜ])[\w.'-]+)+",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_][\w'’.&-]*")
_SMALL = frozenset(
    "of and the for de der die das des du la le les el los del di da do dos für und van von zu y e et & in at og och i a".split()
)


def split_title(cell: str) -> tuple[str, str]:
    """The job title of a cell, and what follows it after a comma, `at` or `@`; empty texts where it tells none."""
    at = _AT.search(cell)
    if at and is_title(cell[: at.start()]) and cell[at.end() : at.end() + 1].isupper():
        return tidy_title(cell[: at.start()]), cell[at.end() :]
    parts = [part.strip() for part in cell.split(",")]
    if len(parts) > 1:
        count = 0
        for part in parts:
            if is_title(part) or (count and _goes_on(part)):
                count += 1
            else:
                break
        if count:
            return tidy_title(", ".join(parts[:count])), ", ".join(parts[count:])
        if len(parts) == 2 and is_title(parts[1]) and read_company(parts[0], "", "")[1] >= 0.9:
            return tidy_title(parts[1]), parts[0]
        return "", ""
    return (tidy_title(cell), "") if is_title(cell) else ("", "")


def is_title(text: str) -> bool:
    """Whether a short text is a job title: it has a word for one, and is neither a sentence nor a company."""
    text = text.strip(AROUND)
    if not 2 <= len(text) <= 80 or len(text.split()) > 9 or ":" in text or "@" in text:
        return False
    if not (TITLE_WORD.search(text) or TITLE_IN_CJK.search(text)):
        return False
    if SENTENCE.search(text) or CLOSING.search(text) or sum(c.isdigit() for c in text) > 3 or STREET.search(text):
        return False
    if not text[0].isupper() and text[0].islower() and len(text.split()) > 4:
        return False
    if _LEGAL_HEADS.match(text) and not FUNCTION_WORD.search(text) and len(TITLE_WORD.findall(text)) < 2:
        return False
    return not (LEGAL_FORM.search(text) or LEGAL_IN_CJK.search(text) or STRONG_INSTITUTION.search(text))


def read_company(text: str, label: str, name: str) -> tuple[str, float]:
    """The company that a short text names and how sure that is; `label` is the word of the author's own mail domain."""
    text = _COMPANY_LABEL.sub("", ADDRESSES.sub(" ", text)).strip(" \t*_|#>~,;:–—-/")
    if text[:1] in _MARKS and text[-1:] in _MARKS and not LEGAL_LEAD.match(text):
        text = text[1:-1].strip()
    legal = _cut_after_legal_form(text)
    short = legal or text
    if not 2 <= len(short) <= 90 or len(short.split()) > 10 or has_number(short) or CLOSING.search(short):
        return "", 0.0
    if (
        REGISTER.search(short)
        or _PART_OF.search(short)
        or (SENTENCE.search(short) and not legal)
        or not any(c.isalpha() for c in short)
    ):
        return "", 0.0
    if (legal and is_named(legal, least=0.5) and not _OURS.match(legal)) or LEGAL_IN_CJK.search(short) or LEGAL_LEAD.match(short):
        head, _, rest = short.partition(",")
        return (head.strip() if any(c.isdigit() for c in rest) else short), 0.95
    if legal:
        return "", 0.0
    if name and (fold(short) in (fold(name), *fold(name).split()) or _is_pet_name(short, name)):
        return "", 0.0
    if institution_in(short) and is_named(institution_in(short)):
        return institution_in(short), 0.9
    if not is_named(short) or len(short.split()) > 6:
        return "", 0.0
    if label and agrees(short, label):
        return short, 0.85
    if INSTITUTION.search(short) and len(short.split()) > 1 and not STREET.search(short):
        return short, 0.65
    return "", 0.0


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


def domain_word(email: str) -> str:
    """The word that the owner of an address's domain chose; empty for mailboxes that everybody can have."""
    domain = email.rpartition("@")[2].lower()
    return "" if not domain or is_free_domain(domain) else name_label(domain)


def _is_pet_name(text: str, name: str) -> bool:
    """Whether a word is the start of the given name: `Gill` for Gillian."""
    word = fold(text)
    return len(word) >= 3 and " " not in word and fold(name).split()[:1] != [] and fold(name).split()[0].startswith(word)


def institution_in(text: str) -> str:
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
    return bool(part) and len(part.split()) <= 4 and is_function(part) and not LEGAL_FORM.search(part)


def is_function(text: str) -> bool:
    """Whether a text says what somebody heads, and no name: every word of it is one for a function or a region."""
    words = [word for word in WORD.findall(text) if word.lower() not in _SMALL]
    return bool(words) and all(FUNCTION_WORD.fullmatch(word) for word in words)


def is_named(text: str, least: float = 1.0) -> bool:
    """Whether a text is written like a name: so many of its words begin with a capital or a digit, small words aside."""
    words = [word for word in re.split(r"[\s,]+", text) if any(c.isalnum() for c in word)]
    telling = [word for word in words if word.lower() not in _SMALL]
    capitals = sum(not next(c for c in word if c.isalnum()).islower() for word in telling)
    return bool(telling) and capitals >= least * len(telling)


def tidy_title(text: str) -> str:
    """The title without what is put around it; a remark after a slash, as in `Developer/*nix`, is cut."""
    return re.sub(r"/[^\w\s].*$", "", text).strip(AROUND)
