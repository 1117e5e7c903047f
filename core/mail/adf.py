"""ADF documents (Auto-lead Data Format): prospects as input names, lead fields by their path and the rest by its own name.

Real documents are often no valid XML (https://en.wikipedia.org/wiki/Auto-Lead_Data_Format); they are read as far as they go.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterable, Iterator
from html import unescape

from core.lead import Names
from core.mail.elements import MAX_XML, Element, flattened, named, read_elements

MOST_PROSPECTS = 5_000
_BEGINS = re.compile(r"<\s*(?:\?\s*)?adf\b|<\s*prospect\b", re.IGNORECASE)
_PROSPECT = re.compile(r"<\s{0,9}prospect\b", re.IGNORECASE)
_PROSPECT_END = re.compile(r"</\s{0,9}prospect\s{0,9}>", re.IGNORECASE)
_ESCAPED = re.compile(r"&(?:amp;)?lt;\s*(?:\?\s*)?adf\b", re.IGNORECASE)
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s](\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.\d+)?\s*(Z|[+-]\d{1,2}:?\d{0,2})?)?",
    re.IGNORECASE,
)
_PARTS = {
    "first": "person.first_name", "given": "person.first_name", "middle": "person.middle_name", "last": "person.last_name",
    "surname": "person.last_name", "suffix": "person.name_suffix", "title": "person.salutation", "full": "person.full_name",
    "": "person.full_name",
}  # fmt: skip
_ADDRESS = {
    "city": "address.city", "regioncode": "address.region", "region": "address.region", "state": "address.region",
    "postalcode": "address.postcode", "zip": "address.postcode", "country": "address.country",
}  # fmt: skip
_ALREADY_READ = frozenset([
    "customer.contact.email", "customer.contact.address.city", "customer.contact.address.regioncode", "customer.comments",
    "customer.contact.address.postalcode", "customer.contact.address.country", "customer.contact.address.street", "requestdate",
])  # fmt: skip
_MOST_LITERALS, _MAX_LITERAL = 300, 5_000

Found = dict[str, list[str]]


def is_adf(text: str) -> bool:
    """Whether a text holds an ADF document, also one that was escaped for HTML."""
    start = text[:MAX_XML]
    return bool(re.search(r"<\s*prospect\b", start, re.IGNORECASE) and _BEGINS.search(start)) or bool(_ESCAPED.search(start))


def read_adf(text: str | bytes) -> Names | None:
    """The prospect of a document, or None where there is none. Of several the first one fills the lead fields; what the
    others say is kept under `adf.prospect.2.` and so on."""
    prospects = read_prospects(text)
    if not prospects:
        return None
    names = dict(prospects[0])
    for number, other in enumerate(prospects[1:50], 2):
        names.update({f"adf.prospect.{number}.{name.removeprefix('adf.')}": value for name, value in other.items()})
    return names


def read_prospects(text: str | bytes) -> tuple[Names, ...]:
    """All prospects of a document that name a customer, in order."""
    found = (_prospect(element) for element in prospect_elements(text))
    return tuple(names for names in found if names)


def prospect_elements(text: str | bytes) -> list[Element]:
    """The prospects of a document as they stand."""
    document = _from_begin((decode_document(text[: 2 * MAX_XML]) if isinstance(text, bytes) else text)[: 2 * MAX_XML])
    return list(named(read_elements(document), "prospect"))[:MOST_PROSPECTS]


def prospect_texts(text: str) -> Iterator[tuple[int, str]]:
    """The text of each prospect, up to its end or to where the next one begins, and the line that it begins in."""
    document = _from_begin(text)
    begins = [found.start() for found in _PROSPECT.finditer(document)]
    line, last = 1 + text.count("\n", 0, max(text.find(document[:200]), 0)), 0
    for begin, until in zip(begins, [*begins[1:], len(document)], strict=True):
        line, last = line + document.count("\n", last, begin), begin
        end = _PROSPECT_END.search(document, begin, until)
        yield line, document[begin : end.end() if end else until] + ("" if end else "</prospect>")


def _from_begin(text: str) -> str:
    """The document in a text, without what stands before it; empty where there is none. What was escaped for HTML is undone."""
    begin = _BEGINS.search(text)
    for _ in range(2):
        if begin is None and _ESCAPED.search(text):
            text = unescape(text)
            begin = _BEGINS.search(text)
    return text[begin.start() :] if begin is not None else ""


def decode_document(raw: bytes) -> str:
    """The text of a document: by its byte order mark, as UTF-8, as it says of itself, else as Windows writes it."""
    if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return raw.decode("utf-16", "replace")
    declared = _ENCODING.search(raw[:400])
    for encoding in ("utf-8-sig", declared[1].decode("ascii") if declared else "cp1252"):
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("cp1252", "replace")


def _prospect(prospect: Element) -> Names:
    found: Found = {}
    customer = prospect.first("customer")
    contact = _contact(customer)
    if contact is not None:
        _names(found, contact)
        _phones(found, contact)
        _address(found, contact)
        _several(found, "person.email", "person.emails", contact.texts("email"))
    if not found:
        return {}
    comments = [text for holder in (customer, prospect) if holder is not None for text in holder.texts("comments")]
    _put(found, "touch.message", "\n\n".join(comments))
    _put(found, "interest.product", "; ".join(filter(None, map(_vehicle, prospect.all("vehicle")))))
    requested = next(iter(prospect.texts("requestdate")), "")
    _put(found, "touch.submitted_at" if (moment := _moment(requested)) else "adf.requestdate", moment or requested)
    _put(found, "submission_id", _submission_id(prospect, found))
    _literals(found, prospect)
    return {name: texts[0] if len(texts) == 1 else tuple(texts) for name, texts in found.items()}


def _contact(customer: Element | None) -> Element | None:
    contacts = list(customer.all("contact")) if customer is not None else []
    primary = [contact for contact in contacts if contact.attributes.get("primarycontact") == "1"]
    return next(iter(primary or contacts), None)


def _put(found: Found, name: str, text: str) -> None:
    if text and name not in found:
        found[name] = [text]


def _several(found: Found, first: str, rest: str, texts: Iterable[str]) -> None:
    for text in dict.fromkeys(texts):
        if first not in found:
            found[first] = [text]
        elif text not in found[first]:
            found.setdefault(rest, []).append(text)


def _names(found: Found, contact: Element) -> None:
    for name in contact.all("name"):
        if name.attributes.get("type", "").lower() in ("business", "company"):
            _put(found, "company.name", name.text)
        else:
            _put(found, _PARTS.get(name.attributes.get("part", "").strip().lower(), "adf.customer.contact.name"), name.text)
    for tag in ("company", "companyname", "businessname"):
        _put(found, "company.name", next(iter(contact.texts(tag)), ""))
    if "person.first_name" in found and "person.last_name" in found:
        found.pop("person.full_name", None)


def _phones(found: Found, contact: Element) -> None:
    for phone in sorted(contact.all("phone"), key=lambda one: one.attributes.get("preferredcontact") != "1"):
        kind = phone.attributes.get("type", "").strip().lower()
        if not phone.text:
            continue
        if kind in ("fax", "pager"):
            found.setdefault(f"adf.customer.contact.phone.{kind}", []).append(phone.text)
        elif kind in ("cellphone", "cell", "mobile"):
            _several(found, "person.mobile", "person.phones", [phone.text])
        else:
            _several(found, "person.phone", "person.phones", [phone.text])


def _address(found: Found, contact: Element) -> None:
    address = contact.first("address")
    if address is None:
        return
    streets = sorted(address.all("street"), key=lambda one: one.attributes.get("line", "1"))
    lines = [*(street.text for street in streets), *address.texts("apartment")]
    _put(found, "address.street", ", ".join(filter(None, lines)))
    for tag, path in _ADDRESS.items():
        _put(found, path, next(iter(address.texts(tag)), ""))


def _vehicle(vehicle: Element) -> str:
    """A vehicle in words; one that is offered in trade is none that is asked for."""
    if vehicle.attributes.get("interest", "").strip().lower() in ("trade-in", "sell", "test-drive-return"):
        return ""
    return " ".join(text for tag in ("year", "make", "model", "trim") for text in vehicle.texts(tag)[:1])


def _moment(text: str) -> str:
    """A request time as ISO 8601, with the zeros that senders leave out; empty when it is none."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return ""
    year, month, day, hour, minute, second, zone = found.groups()
    if hour is None:
        return f"{year}-{month:0>2}-{day:0>2}"
    return f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{minute:0>2}:{second or '0':0>2}{_zone(zone or '')}"


def _zone(zone: str) -> str:
    if not zone or zone in "Zz":
        return zone.upper()
    hours, _, minutes = zone[1:].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:2], hours[2:]
    return f"{zone[0]}{hours:0>2}:{minutes or '0':0>2}"


def _submission_id(prospect: Element, found: Found) -> str:
    """The prospect's id at its source. A sequence number alone may start anew with each document: so what was asked belongs to
    it."""
    ids = list(prospect.all("id"))
    own = next((one for one in ids if one.text), None)
    if own is not None:
        return ":".join(filter(None, (own.attributes.get("source", ""), own.text)))[:200]
    sequence = ids[0].attributes.get("sequence", "") if ids else ""
    if not sequence:
        return ""
    said = repr(sorted(found.items())).encode()
    return ":".join(
        filter(None, (ids[0].attributes.get("source", "")[:80], sequence[:40], hashlib.sha256(said).hexdigest()[:16]))
    )


def _literals(found: Found, prospect: Element) -> None:
    """Everything that is no lead field, by its own name: `adf.vehicle.make`, `adf.vendor.vendorname` ..."""
    for count, (name, text) in enumerate(flattened(prospect, "adf")):
        bare = name.removeprefix("adf.")
        if count >= _MOST_LITERALS:
            return
        if bare in _ALREADY_READ or bare.startswith(("customer.contact.name", "customer.contact.phone")):
            continue
        found.setdefault(name, []).append(text[:_MAX_LITERAL])
