"""One lead's values together: every field by its type, and the fields that follow from several."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.fields import Catalogue, Field
from core.lead import Cell
from core.normalize.dates import read_date, read_datetime, tells_order
from core.normalize.email import addresses_in, email_class, read_email
from core.normalize.names import read_name, split_name
from core.normalize.numbers import read_boolean, read_decimal, read_integer, read_range
from core.normalize.phone import PhoneReading, is_e164, read_phone
from core.normalize.places import read_country, read_language, read_region
from core.normalize.reading import NOTHING, Normalized, Raw, Reading
from core.normalize.text import clean, fold, is_empty_mark, is_nobody, read_text, storable
from core.normalize.web import read_domain, read_url
from core.problems import Problem

_SPLIT = ("person.salutation", "person.first_name", "person.middle_name", "person.last_name", "person.name_suffix")
_COUNTRIES = ("address.country", "company.country")
_NO_MARKS = frozenset(
    (
        "person.job_title",
        "person.department",
        "person.salutation",
        "address.street",
        "address.city",
        "address.postcode",
        "company.industry",
    )
)
_PLACEHOLDER = "the text stands for nothing and was left out."

_Reader = Callable[[str], Reading]
_BY_TYPE: Mapping[str, _Reader] = {
    "text": read_text, "name": read_name, "email": read_email, "url": read_url, "domain": read_domain, "country": read_country,
    "language": read_language, "integer": read_integer, "decimal": read_decimal, "range": read_range, "boolean": read_boolean,
}  # fmt: skip


def normalize_into(values: Mapping[str, Raw], catalogue: Catalogue, zone: str, region: str) -> Normalized:
    """The canonical fields of one submission."""
    lead = _Assembly(values, catalogue, zone, region)
    for path in sorted(values, key=_COUNTRIES.__contains__, reverse=True) if len(values) > 1 else values:
        lead.take(path, values[path])
    lead.split_full_name()
    lead.collect_emails()
    lead.collect_phones()
    return Normalized(lead.fields, tuple(lead.problems))


class _Assembly:
    """The fields of one lead while they come together."""

    def __init__(self, values: Mapping[str, Raw], catalogue: Catalogue, zone: str, region: str) -> None:
        self.values, self.catalogue, self.zone, self.region = values, catalogue, zone, region.upper()
        self.fields: dict[str, Cell] = {}
        self.problems: list[Problem] = []
        self.emails: list[str] = []
        self.phones: list[str] = []

    def take(self, path: str, value: Raw) -> None:
        """Read one field by its type."""
        field = self.catalogue.get(path)
        if field is None:
            self.problems.append(Problem("unknown_field", self.catalogue.unknown(path), path))
        elif path == "person.email_class":
            return
        elif field.type == "list":
            self._take_list(path, value)
        elif field.type == "phone":
            self._take_phone(path, value)
        elif field.type == "email":
            self._take_email(path, value)
        else:
            text = _joined(value.texts) if field.type == "text" else _first(value.texts)
            self.put(path, self._read(field, text), value)

    def put(self, path: str, reading: Reading, value: Raw) -> None:
        """Keep what was read, with the raw text beside it, and the doubt if there is one."""
        if reading.value is not None:
            self.fields[path] = Cell(reading.value, _raw(value))
        if reading.code:
            self.doubt(path, reading.code, reading.message, value.name)

    def doubt(self, path: str, code: str, message: str, name: str) -> None:
        """Attach a problem that names the field and the input it came from."""
        place = f"{path} (from `{storable(name)}`)" if name else path
        self.problems.append(Problem(code, f"{place}: {message}", path))

    def _read(self, field: Field, text: str) -> Reading:
        if field.type == "choice":
            return _read_choice(text, field.choices)
        if field.type == "region":
            return read_region(text, self._country())
        if field.type in ("date", "datetime"):
            read = read_date if field.type == "date" else read_datetime
            return read(text, self.zone, self.region or ("" if tells_order(self.zone) else self._country()))
        if field.type == "text" and _stands_for_nothing(field.path, text):
            return Reading(None, "placeholder", _PLACEHOLDER)
        return _BY_TYPE[field.type](text)

    def _country(self) -> str:
        """The country that the lead itself gives, as a code."""
        for path in _COUNTRIES:
            cell = self.fields.get(path)
            if cell is not None:
                return str(cell.value)
        return ""

    def _take_list(self, path: str, value: Raw) -> None:
        if path == "person.emails":
            self._take_emails(path, value)
        elif path == "person.phones":
            self._take_numbers(path, value)
        else:
            texts = tuple(dict.fromkeys(filter(None, map(clean, value.texts))))
            self.put(path, Reading(texts) if texts else NOTHING, value)

    def _take_email(self, path: str, value: Raw) -> None:
        texts = [one for text in value.texts for one in addresses_in(text) if clean(one)]
        readings = [read_email(text) for text in texts]
        chosen = next((one for one in readings if one.value is not None and one.code != "email_invalid"), None)
        chosen = chosen or (readings[0] if readings else NOTHING)
        self.put(path, chosen, value)
        if path == "person.email":
            self.emails[:0] = [str(one.value) for one in (chosen, *readings) if one.value is not None]

    def _take_emails(self, path: str, value: Raw) -> None:
        for text in (one for several in value.texts for one in addresses_in(several)):
            reading = read_email(text)
            if reading.value is not None:
                self.emails.append(str(reading.value))
            if reading.code:
                self.doubt(path, reading.code, reading.message, value.name)

    def _number(self, text: str, value: Raw) -> PhoneReading:
        return read_phone(text, value.region.upper() or self._country() or self.region)

    def _take_phone(self, path: str, value: Raw) -> None:
        readings = [self._number(text, value) for text in value.texts if text.strip()]
        reading = next((one for one in readings if is_e164(one.value)), readings[0] if readings else None)
        if reading is None:
            return
        self.put(path, Reading(reading.value, reading.code, reading.message), value)
        if reading.extension and path == "person.phone" and "person.phone_extension" not in self.values:
            self.fields["person.phone_extension"] = Cell(reading.extension, _raw(value))
        if path in ("person.phone", "person.mobile"):
            self._keep_numbers([reading, *readings])

    def _take_numbers(self, path: str, value: Raw) -> None:
        readings = [self._number(text, value) for text in value.texts]
        self._keep_numbers(readings)
        for reading in readings:
            if reading.code:
                self.doubt(path, reading.code, reading.message, value.name)

    def _keep_numbers(self, readings: list[PhoneReading]) -> None:
        self.phones += [number for one in readings for number in (one.value, *one.others) if number and is_e164(number)]

    def split_full_name(self) -> None:
        """Fill the parts of a full name that were not given themselves."""
        cell = self.fields.get("person.full_name")
        if cell is None or ("person.first_name" in self.fields and "person.last_name" in self.fields):
            return
        parts = split_name(str(cell.value), self._country())
        found = (parts.salutation, parts.first_name, parts.middle_name, parts.last_name, parts.suffix)
        for path, text in zip(_SPLIT, found, strict=True):
            if text and path not in self.fields and path in self.catalogue:
                self.fields[path] = Cell(text, cell.raw)

    def collect_emails(self) -> None:
        """The set of usable addresses, the first address where none was given itself, and the class of the mailbox."""
        usable = [one for one in dict.fromkeys(self.emails) if email_class(one) not in ("invalid", "placeholder")]
        several = self.values.get("person.emails")
        if "person.email" not in self.fields and usable and several is not None:
            self.fields["person.email"] = Cell(usable[0], _raw(several))
        cell = self.fields.get("person.email")
        if usable:
            raw = _raw(several) if several is not None else cell.raw if cell else ""
            self.fields["person.emails"] = Cell(tuple(usable), raw)
        if cell is not None:
            self.fields["person.email_class"] = Cell(email_class(str(cell.value)), cell.raw)

    def collect_phones(self) -> None:
        """The set of numbers in E.164."""
        numbers = tuple(dict.fromkeys(self.phones))
        if numbers:
            source = next(self.values[path] for path in ("person.phones", "person.phone", "person.mobile") if path in self.values)
            self.fields["person.phones"] = Cell(numbers, _raw(source))


def _read_choice(text: str, choices: tuple[str, ...]) -> Reading:
    """The choice that the text names, whatever its case and separators."""
    if text in choices:
        return Reading(text)
    key = fold(clean(text)[:200])
    if not key:
        return NOTHING
    for choice in choices:
        if fold(choice) == key:
            return Reading(choice)
    listed = ", ".join(choices)
    return Reading(
        None, "choice_unknown", f"the text is none of {listed}, so the field was left out; map its texts with `values`."
    )


def _stands_for_nothing(path: str, text: str) -> bool:
    if path == "company.name":
        return bool(text) and is_nobody(clean(text[:100]))
    return path in _NO_MARKS and bool(text) and is_empty_mark(clean(text[:100]))


def _joined(texts: tuple[str, ...]) -> str:
    return texts[0] if len(texts) == 1 else "; ".join(filter(None, map(str.strip, texts)))


def _first(texts: tuple[str, ...]) -> str:
    return next((text for text in texts if text.strip()), "")


def _raw(value: Raw) -> str:
    return storable(value.texts[0] if len(value.texts) == 1 else "\n".join(value.texts))
