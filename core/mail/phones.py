"""Phone numbers in the lines of a mail: which one is a phone, which a fax, and which is no number at all."""

# ruff: noqa: E501 -- patterns are easier to read on one line each

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from core.mail.signature_words import FAX_WORD, MOBILE_WORD, OTHER_WORD, PHONE_WORD

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

Use = Literal["phone", "mobile", "fax", "other", ""]

_MAX_LINE = 1_500
_HALF = _MAX_LINE // 2
"""Of a longer line its start and its end are read: a paragraph of HTML is one line."""
_NO_NUMBER = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|<[^<>\s]*>"
    r"|(?<![\d.+/-])(?<!\d )(?<!\) )(?:(?:19|20)\d\d([./-])[01]?\d\1[0-3]?\d|[0-3]?\d([./-])[0-3]?\d\2(?:(?:19|20)\d\d|\d\d))(?![\d./-]*\d)"
    r"|(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)"
    r"|(?<![\d.+])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)"
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
    r"|\b(?:[0-9A-F]{4}\s+){4,}[0-9A-F]{4}\b|\b(?:[0-9A-F]{2}[: ]){7,}[0-9A-F]{2}\b|0x[0-9A-Fa-f]{6,}"
    r"|[€$£¥]\s*[\d.,]+|[\d.,]+\s*(?:[€$£¥%]|EUR|USD|GBP|CHF)|#\d+|(?:No|Nr|№)\.?\s*\d+",
)
"""What holds digits and is no phone number: addresses, dates, times, IPs, IBANs, key prints, sums, ids."""

_SEVERAL = re.compile(r"(\d[\d .()-]{5,}\d ?)/(?= ?[+0(]\d)")
_NUMBER = re.compile(
    r"(?<![\w,.#])(?P<number>(?:\+|\(\s?\+)?\(?\d(?:[ \t\xa0]?[().\-–‐‑/·]{0,2}[ \t\xa0]?\(?\d){5,17})"
    r"(?P<extension>\s*[,;]?\s*\(?(?:ext(?:ension)?n?|x|durchwahl|dw|poste|anexo|interno|toestel|ramal|ankn)\.?\s*[:.]?\s*(?P<digits>\d{1,6})\)?)?"
    r"(?![\w€$%]|[.,]\d)",
    re.IGNORECASE,
)
_LABELS = re.compile(
    rf"(?<![^\W_])(?:(?P<fax>{FAX_WORD})|(?P<mobile>{MOBILE_WORD})|(?P<other>{OTHER_WORD})|(?P<phone>{PHONE_WORD}))(?![^\W_])"
    r"|(?<![^\W\d_.])(?P<letter>[TPMFCDHOWtpmfcdhow])(?=\s*[.:)\]=]|\s+\+|\s*$)",
    re.IGNORECASE,
)
_LETTERS: dict[str, Use] = {"f": "fax", "m": "mobile", "c": "mobile"}
_AFTER = re.compile(
    rf"^[\s,;]*[(\[–-]?\s*(?:(?P<fax>{FAX_WORD}|f)|(?P<mobile>{MOBILE_WORD}|m|c)|(?P<phone>{PHONE_WORD}|o|w|h|t|p))(?![^\W_])\s*[)\].]?(?P<rest>\s*:)?",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:call\s+(?:me|us|back)|(?:please|to|can|may)\s+call|reach\s+(?:me|us)|ring\s+me|phone\s+me|contact\s+me|text\s+me|my\s+(?:\w+\s+)?number|ruf\w*\s+(?:sie\s+)?(?:mich|uns)|erreich\w*|rückruf|meine\s+(?:\w+)?nummer"
    r"|(?:r?appell?|appel)(?:e[rz]?|ons)\b|contacter|joindre|joignable|mon\s+numéro|llám\w*|llame\w*|mi\s+número|mi\s+teléfono|chiam\w*|mio\s+numero|ligue|ligar|meu\s+número|bel(?:len)?|bereikbaar|ring|nå\s+mig|zadzwo\w+|mój\s+numer|zavol\w+)\b[^.!?\d]{0,40}$",
    re.IGNORECASE,
)
_REACHED_ON = re.compile(r"(?:^\W*call|\b(?:on|at|unter|au|al|på|op|pod))\s*:?\s*$", re.IGNORECASE)
_ASKED_AFTER = re.compile(
    r"[^.!?\d]{0,25}\b(?:zurück ?(?:zu)?rufen|an(?:zu)?rufen|erreichbar|zu erreichen|terug ?(?:te )?bellen|bereikbaar|joignable|raggiungibile|nåbar)\b",
    re.IGNORECASE,
)
"""What follows a number in the languages whose verbs stand last."""
_NOT_MINE = re.compile(
    r"\b(?:old|former|previous|alte[nr]?|ehemalige|ancien|antiguo|vecchio|your|ihre?|eure|votre|vuestro|su|vostro|uw)\s+(?:\w+\s+)?(?:number|phone|nummer|numéro|número|numero|telefon\w*|hotline)\b[^.!?\d]{0,30}$",
    re.IGNORECASE,
)
_ONLY_LABEL = re.compile(
    rf"^\W*(?:(?P<fax>{FAX_WORD})|(?P<mobile>{MOBILE_WORD})|(?P<phone>{PHONE_WORD})|(?P<other>{OTHER_WORD}))\W*$", re.IGNORECASE
)
_BOTH = re.compile(
    rf"(?<![^\W_])(?:{PHONE_WORD})(?![^\W_])\W{{0,3}}(?:[/&+]|and|und|et|y|e)\W{{0,3}}(?:{FAX_WORD})\W*$", re.IGNORECASE
)
_DIGITS = re.compile(r"\D+")
_TRUNK = re.compile(r"\(\s*0\s*\)")
_SURELY_NANP = re.compile(r"(?:1[-. ])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}-)[2-9]\d{2}-\d{4}\Z")
_TYPED = re.compile(r"\(?0[1-9]\d{0,4}\)?[ /-]{1,3}\d{2,5}(?:[ -]\d{2,5}){1,3}")
"""What is a number of some country also without a label: a trunk zero and groups."""
_NANP = re.compile(r"(?:1[-. ])?\(?[2-9]\d{2}\)?[-. /]{0,2}[2-9]\d{2}[-. ]\d{4}\Z")


@dataclass(frozen=True, slots=True)
class Phone:
    """A number of the author: E.164 where its country is certain (with ` ext. 12`), else as typed."""

    text: str
    is_mobile: bool = False
    is_labelled: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    number: str
    extension: str
    use: Use
    is_asked: bool


def phones_in(lines: Sequence[str], regions: Sequence[str], *, labelled_only: bool = False) -> tuple[Phone, ...]:
    """The phone numbers of these lines in their order, each once; fax numbers and what other labels name are left out."""
    found: dict[str, Phone] = {}
    above: Use = ""
    for line in lines:
        line = line if len(line) <= _MAX_LINE else f"{line[:_HALF]} … {line[-_HALF:]}"
        line = line.replace("\xa0", " ")
        for seen in _numbers(line, above):
            phone = _phone(seen, regions, labelled_only=labelled_only)
            if phone is not None:
                found.setdefault(phone.text, phone)
        above = _use_above(line) if line.strip() else above
    return tuple(found.values())


def has_number(line: str) -> bool:
    """Whether a line holds something that may be a phone number."""
    return _NUMBER.search(_masked(line[:_MAX_LINE])) is not None


def _masked(line: str) -> str:
    line = _SEVERAL.sub(r"\1;", line)
    return _NO_NUMBER.sub(lambda found: "\x00" * len(found[0]), line)


def _numbers(line: str, above: Use) -> list[_Seen]:
    masked = _masked(line)
    matches = list(_NUMBER.finditer(masked))
    if not matches:
        return []
    ends = [match.end() for match in matches]
    befores = [masked[start : match.start()] for start, match in zip((0, *ends), matches, strict=False)]
    afters = [masked[end : match.start()] for end, match in zip(ends, matches[1:], strict=False)] + [masked[ends[-1] :]]
    is_after = not _use_before(befores[0]) and bool(_use_after(afters[-1]))
    seen: list[_Seen] = []
    for at, match in enumerate(matches):
        told = _use_after(afters[at], is_enclosed=not is_after and at < len(matches) - 1)
        is_fax = told == "fax" and afters[at].lstrip()[:1] in ("(", "[")
        use = told if is_after or is_fax else _use_before(befores[at]) or told
        if not use and at and befores[at].strip(" ,;/|") in ("", "or", "oder", "und", "and", "ou", "o"):
            use = seen[-1].use
        if not use and not befores[0].strip(" |") and above:
            use = above
        asked = not use and bool(
            _ASKS.search(befores[at])
            or (match[0][0] == "+" and _REACHED_ON.search(befores[at]))
            or _ASKED_AFTER.match(afters[at])
        )
        if _NOT_MINE.search(befores[at]):
            use = "other"
        seen.append(_Seen(match["number"], match["digits"] or "", use, asked))
    return seen


def _use_before(text: str) -> Use:
    """What the words before a number say that it is."""
    if _BOTH.search(text):
        return "phone"
    last = next(reversed(list(_LABELS.finditer(text))), None)
    if last is None or len(text[last.end() :].strip(" .:;=()[]|>–-#*\t_'\"/")) > 14 or "\x00" in text[last.end() :]:
        return ""
    if "." in text[last.end() :].rstrip(" .:") and len(text) - last.end() > 4:
        return ""
    return _use(last)


def _use(match: re.Match[str]) -> Use:
    if match["letter"]:
        return _LETTERS.get(match["letter"].lower(), "phone")
    return "fax" if match["fax"] else "mobile" if match["mobile"] else "other" if match["other"] else "phone"


def _use_after(text: str, *, is_enclosed: bool = False) -> Use:
    """What the words after a number say that it is; where the next number's label may stand too, only brackets count."""
    found = _AFTER.match(text)
    if found is None or found["rest"] or (is_enclosed and text.lstrip()[:1] not in ("(", "[")):
        return ""
    return "fax" if found["fax"] else "mobile" if found["mobile"] else "phone"


def _use_above(line: str) -> Use:
    found = _ONLY_LABEL.match(line[:60])
    if found is None:
        return ""
    return "fax" if found["fax"] else "mobile" if found["mobile"] else "other" if found["other"] else "phone"


def _phone(seen: _Seen, regions: Sequence[str], *, labelled_only: bool) -> Phone | None:
    is_labelled = seen.use in ("phone", "mobile") or seen.is_asked
    if seen.use in ("fax", "other") or (labelled_only and not is_labelled):
        return None
    typed = " ".join(seen.number.split()).rstrip("(/-. ")
    read = _e164(typed, tuple(regions), is_labelled)
    if read is None:
        return None
    number, is_mobile = read
    extension = f" ext. {seen.extension}" if seen.extension else ""
    return Phone(number + extension, seen.use == "mobile" or (is_mobile and not seen.use), is_labelled)


@lru_cache(maxsize=2048)
def _e164(typed: str, regions: tuple[str, ...], is_labelled: bool) -> tuple[str, bool] | None:
    """A number in E.164 (as typed where the country is not known) and whether it is a mobile one; None for no number."""
    import phonenumbers

    digits = _DIGITS.sub("", typed)
    if len(set(digits)) < 3 or not 6 <= len(digits) <= 17:
        return None
    plain = "+" + digits[2:] if typed.startswith("00") else _TRUNK.sub("", typed)
    is_international = plain.lstrip("( ").startswith("+")
    north_america = ("US",) if _NANP.fullmatch(plain) else ()
    tried = ("ZZ",) if is_international else (*regions, *north_america)
    if north_america and _SURELY_NANP.fullmatch(plain) and not is_international and regions[:1] != ("MX",):
        tried = ("US", *regions)
    for region in tried:
        number = _parsed(plain, region)
        if number is not None and phonenumbers.is_valid_number(number) and (is_labelled or not _is_hotline(number)):
            return _formatted(number)
    number = _parsed(plain, "ZZ") if is_international else None
    if number is not None and (is_labelled or len(typed.split()) > 2) and phonenumbers.is_possible_number(number):
        return _formatted(number)
    if is_international or not 6 <= len(digits) <= 15:
        return None
    return (typed, False) if is_labelled or (not regions and _TYPED.fullmatch(typed)) else None


def _parsed(text: str, region: str) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(text, None if region == "ZZ" else region)
    except phonenumbers.NumberParseException:
        return None


def _is_hotline(number: PhoneNumber) -> bool:
    """Whether a number is one that no person has: free, shared cost, premium."""
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    return phonenumbers.number_type(number) in (kinds.TOLL_FREE, kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.UAN)


def _formatted(number: PhoneNumber) -> tuple[str, bool]:
    import phonenumbers

    is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), is_mobile
