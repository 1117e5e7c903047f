"""Whether what a mapping's line sends fits a CRM field: its type, its length and the values that it takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from core.crm_schema import CrmType, FieldSchema
from core.fields import Catalogue, Field
from core.mapping.clauses import plain_text
from core.mapping.outbound import Line
from core.mapping.places import Places
from core.mapping.translation import LEAVE_OUT
from core.problems import Place, Problem, did_you_mean

_MOST_LISTED = 12
_LENGTHY: tuple[CrmType, ...] = ("text", "email", "choice")
_TEXTS = ("text", "name", "phone", "url", "domain", "country", "region", "language", "choice")
_TAKES: dict[CrmType, tuple[str, ...]] = {
    "number": ("integer", "decimal"),
    "integer": ("integer",),
    "boolean": ("boolean",),
    "date": ("date", "datetime"),
    "datetime": ("date", "datetime"),
    "email": ("email",),
    "reference": ("text", "integer"),
    "choice": (*_TEXTS, "email", "integer", "decimal", "range", "boolean", "date", "datetime"),
}
"""The types of lead field that a CRM field of a type takes as they are; a type that is missing here takes all."""

_WANTED: dict[CrmType, str] = {
    "number": "a number", "integer": "a whole number", "boolean": "true or false", "date": "a date",
    "datetime": "a date and time", "email": "an e-mail address", "reference": "the id of another record", "choice": "one value",
}  # fmt: skip
_NEEDS = {
    "text": 40, "name": 40, "email": 80, "phone": 16, "url": 60, "domain": 60, "country": 2, "region": 20, "language": 5,
    "integer": 10, "decimal": 12, "range": 12, "boolean": 5, "date": 10, "datetime": 20, "list": 80,
}  # fmt: skip
"""How many characters the ordinary value of a type has, at least: a CRM field that takes fewer will refuse good leads."""

_NEEDS_AT = {
    "address.postcode": 10, "person.salutation": 10, "person.name_suffix": 10, "person.phone_extension": 6, "interest.need": 255,
    "interest.currency": 3, "lead.uid": 13, "owner.email": 40,
}  # fmt: skip
_LONG_NAMES = {"message": 255, "page_url": 120, "landing_page": 120, "referrer": 120}
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_ID = re.compile(r"(?=.*\d)[A-Za-z0-9_-]+")
_BOOLEANS = ("true", "false", "yes", "no", "1", "0")


class Fixed(NamedTuple):
    """A text that a line may send whatever the lead says, and where it stands in the file."""

    text: str
    place: Place | None


def fixed_texts(line: Line, places: Places) -> Iterator[Fixed]:
    """The constants, defaults, translations and steps of a line, each at its own place."""
    if line.constant is not None:
        place = places.of(("set", line.name, "value"), line.place)
        yield Fixed(plain_text(line.constant), place)
    if line.default is not None:
        yield Fixed(plain_text(line.default), places.of(("fields", line.name, "default"), line.place))
    if line.translation is not None:
        for key, text in line.translation.values.items():
            yield Fixed(text, places.of(("fields", line.name, "values", key), line.place))
    for index, step in enumerate(line.steps):
        yield Fixed(step.text, places.of_entry(("fields", line.name, "ranges"), index, line.place))
    otherwise = line.otherwise if line.translation is None else line.translation.otherwise
    if otherwise is not None:
        yield Fixed(otherwise, places.of(("fields", line.name, "otherwise"), line.place))


class Fitting:
    """Holds one line of a mapping against one field of a CRM; `problems` and `warnings` are what was found."""

    def __init__(self, crm_object: str, field: FieldSchema, line: Line, catalogue: Catalogue, places: Places) -> None:
        self._field = field
        self._line = line
        self._where = f"{crm_object}.{field.name}"
        self._places = places
        self._leads = [found for path in line.paths if (found := catalogue.get(path)) is not None]
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def check(self) -> None:
        """Find everything that does not fit."""
        is_joined = self._line.join is not None
        for fixed in fixed_texts(self._line, self._places):
            is_part = is_joined and self._line.default != fixed.text
            if fixed.text != LEAVE_OUT and not is_part:
                self._check_text(fixed)
        if self._check_types():
            self._check_values()
            self._check_length()

    # --- fixed texts ---

    def _check_text(self, fixed: Fixed) -> None:
        field, text = self._field, fixed.text
        if field.choices and field.type in ("choice", "multichoice", "boolean"):
            parts = [part.strip() for part in text.split(";")] if field.type == "multichoice" else [text]
            for part in filter(None, parts):
                self._check_choice(part, fixed.place)
        elif not _is_readable(field.type, text):
            sentence = f"{self._where} takes {_WANTED[field.type]}, and `{text}` is none. Correct the text, or the field's name."
            self._complain("wrong_type", sentence, fixed.place)
        elif field.length and field.type in _LENGTHY and _units(text) > field.length:
            sentence = f"{self._where} takes {field.length} characters, and `{text}` has {_units(text)}. Shorten it here, or make the field longer in the CRM."  # noqa: E501
            self._complain("too_long", sentence, fixed.place)

    def _check_choice(self, text: str, place: Place | None) -> None:
        field = self._field
        active = [choice.value for choice in field.choices if choice.is_active]
        if text in active or (field.type == "boolean" and text.lower() in _BOOLEANS):
            return
        named = next((choice for choice in field.choices if choice.value == text and not choice.is_active), None)
        if named is not None:
            sentence = f"`{text}` is no active option of {self._where} any more. Activate it in the CRM, or send another one{_listed(active)}."  # noqa: E501
            self._complain("inactive_choice", sentence, place)
        elif field.is_closed:
            self._complain("unknown_choice", f"{self._where} does not take `{text}`.{hint_of_option(text, field)}", place)
        else:
            sentence = f"`{text}` is no option of {self._where}, which takes it all the same and shows it beside the others.{hint_of_option(text, field)}"  # noqa: E501
            self._warn("unlisted_choice", sentence, place)

    # --- what the lead says ---

    def _kinds(self) -> Iterator[tuple[Field, str]]:
        """Each lead field of the line with the type of what is sent of it; none where only fixed texts go out."""
        line = self._line
        if line.constant is not None or line.steps:
            return
        for field in self._leads:
            if line.join is not None:
                yield field, "list" if self._field.type == "multichoice" else "text"
            elif line.translation is not None:
                if field.type == "list":
                    yield field, "list"
            elif line.range_end in ("lowest", "highest"):
                yield field, "decimal" if field.type == "decimal" else "integer"
            else:
                yield field, field.type

    def _check_types(self) -> bool:
        """Whether the field can take what the lead fields are."""
        fits = True
        takes = _TAKES.get(self._field.type)
        for lead, kind in self._kinds():
            if takes is None or kind in takes:
                continue
            if self._field.type == "email" and kind == "text":
                sentence = f"{self._where} takes an e-mail address, and {lead.path} may hold any text. Better give it a field of type email."  # noqa: E501
                self._warn("wrong_type", sentence, self._line.place)
                continue
            fits = False
            sentence = (
                f"{self._where} takes {_WANTED[self._field.type]}, and {lead.path} is {_of_type(kind)}.{self._remedy(lead, kind)}"
            )
            self._complain("wrong_type", sentence, self._line.place)
        return fits

    def _remedy(self, lead: Field, kind: str) -> str:
        wanted = self._field.type
        if kind == "range" and wanted in ("number", "integer"):
            return f" Write `{{from: {lead.path}, range: lowest}}` (or highest)."
        if kind == "list":
            return " Use a field there that takes several values, or a lead field with one."
        if wanted == "boolean":
            return " Translate it with `values` to true and false."
        if wanted == "reference":
            return " Who owns a record is said under `owner`; otherwise take a lead field that holds such an id."
        if wanted == "integer" and kind == "decimal":
            return " Give the field decimal places in the CRM, or take a lead field of type integer."
        return " Take another lead field, translate it with `values`, or correct the CRM field's name."

    def _check_values(self) -> None:
        """Hold what a lead field can say against closed options."""
        field = self._field
        if not field.is_closed or field.type not in ("choice", "multichoice") or self._line.translation is not None:
            return
        active = {choice.value for choice in field.choices if choice.is_active}
        for lead, _ in self._kinds():
            known = _known_values(lead, self._line)
            missing = [value for value in known if value not in active]
            if missing:
                words = ", ".join(f"`{value}`" for value in missing)
                sentence = f"{self._where} has no option {words}, which {lead.path} can say. Translate with `values`{_listed(sorted(active))}."  # noqa: E501
                self._complain("unknown_choice", sentence, self._line.place)
            elif not known:
                sentence = f"{self._where} takes nothing but its options, and {lead.path} can say anything: what is no option is left out. Translate with `values`, and `otherwise` for the rest."  # noqa: E501
                self._warn("free_text", sentence, self._line.place)

    def _check_length(self) -> None:
        length = self._field.length
        if not length or self._field.type not in _LENGTHY or self._field.is_closed:
            return
        needs = [(_needs(lead, self._line), lead.path) for lead, _ in self._kinds()]
        if not needs:
            return
        most = sum(need for need, _ in needs) if self._line.join is not None else max(needs)[0]
        if length < most:
            paths = ", ".join(path for _, path in needs)
            sentence = f"{self._where} takes {length} characters only, and what {paths} says is often longer: then it is left out. Make the field longer in the CRM, or take another one."  # noqa: E501
            self._warn("may_be_too_long", sentence, self._line.place)

    def _complain(self, code: str, message: str, place: Place | None) -> None:
        self.problems.append(Problem(code, message, self._field.name, place))

    def _warn(self, code: str, message: str, place: Place | None) -> None:
        self.warnings.append(Problem(code, message, self._field.name, place))


def hint_of_option(text: str, field: FieldSchema) -> str:
    """What an option that is not there was perhaps meant to be: another spelling, the one that is labelled so, the nearest."""
    active = [choice for choice in field.choices if choice.is_active]
    values = [choice.value for choice in active]
    same = [value for value in values if value.casefold() == text.casefold()]
    if same:
        return f" Its spelling there is `{same[0]}`: write it so."
    labelled = [choice.value for choice in active if choice.label.casefold() == text.casefold()]
    if labelled:
        return f" That is an option's label: write its value `{labelled[0]}`."
    return did_you_mean(text, values) or (f" Write one of its options{_listed(values)}." if values else " It has no options.")


def _known_values(lead: Field, line: Line) -> tuple[str, ...]:
    """Everything that a lead field can say, where that is known."""
    if lead.type == "boolean":
        return ("true",) if line.update == "opt_out" else ("true", "false")
    return lead.choices


def _needs(lead: Field, line: Line) -> int:
    if line.range_end == "text":
        return _NEEDS["range"]
    if lead.choices:
        return max(map(len, lead.choices))
    by_name = _LONG_NAMES.get(lead.path.rpartition(".")[2])
    return _NEEDS_AT.get(lead.path) or by_name or _NEEDS.get(lead.type, 0)


def _is_readable(kind: CrmType, text: str) -> bool:
    """Whether a text is a value of a CRM type."""
    text = text.strip()
    if kind in ("number", "integer"):
        number = _decimal(text)
        return number is not None and (kind == "number" or number == number.to_integral_value())
    if kind == "boolean":
        return text.lower() in _BOOLEANS
    if kind in ("date", "datetime"):
        return _is_moment(text)
    if kind == "email":
        return _EMAIL.fullmatch(text) is not None
    return kind != "reference" or _ID.fullmatch(text) is not None


def _decimal(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _is_moment(text: str) -> bool:
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False


def _units(text: str) -> int:
    """A text's length as CRMs written in Java and JavaScript count it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _of_type(kind: str) -> str:
    words = {
        "integer": "a whole number",
        "list": "a list of values",
        "range": "a range such as 11-50",
        "boolean": "true or false",
    }
    return words.get(kind, f"of type {kind}")


def _listed(values: Iterable[str]) -> str:
    found = list(values)
    if not found:
        return ""
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    return f": {', '.join(found[:_MOST_LISTED])}{more}"
