"""From a lead to what one CRM object should look like: applying a compiled sink mapping."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from typing import Literal, NamedTuple

from core.lead import Lead, Value
from core.mapping.clauses import Clause, all_hold, plain_text, texts_of
from core.mapping.inbound import InboundMapping
from core.mapping.ranges import bounds
from core.mapping.testcases import MappingTest
from core.mapping.translation import LEAVE_OUT, Translation
from core.normalize.email import email_class
from core.normalize.web import registered_domain
from core.problems import Place, Problem
from core.quick_dataclass import quick_dataclass
from core.rendering import FieldWrite, Rendered, Update, is_empty
from core.sent_score import NUMBERS, sent_value

RangeEnd = Literal["lowest", "highest", "text"]
"""Which part of a range such as `11-50` a CRM field takes."""

LEAD_UID = "lead.uid"
_GIVEN_BY_FIRMS = ("business", "role")
"""The classes of e-mail addresses whose domain is a company's."""
COMPANY = "company"
"""The kind of the action that associates a record with its company."""
OPTED_OUT = ".opted_out"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of `ranges`: from `lowest` upwards the field takes `text`."""

    lowest: Decimal
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line under `fields:` or `set:`: which lead fields fill a CRM field, and how.

    The first filled path counts, or with `join` all of them. `constant` stands instead of paths; `is_range` says that the
    paths hold ranges, not numbers.
    """

    name: str
    paths: tuple[str, ...]
    place: Place
    update: Update = "if_empty"
    constant: Value | None = None
    default: Value | None = None
    is_required: bool = False
    translation: Translation | None = None
    steps: tuple[Step, ...] = ()
    otherwise: str | None = None
    range_end: RangeEnd | None = None
    is_range: bool = False
    join: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether the first filled path's value is taken as it is."""
        return self.translation is None and not self.steps and self.range_end is None and self.join is None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who assigns new records: leadrelay's routing or the CRM's own rule; `update` as for a field."""

    assigned_by: str = "leadrelay"
    update: Update = "never"


@dataclass(frozen=True, slots=True)
class Template:
    """One payload field of an action: the first filled path, or a constant."""

    name: str
    paths: tuple[str, ...]
    constant: str = ""


@dataclass(frozen=True, slots=True)
class EachTouch:
    """One CRM record per touch, never folded into the lead. Without its `needs` filled there is nothing to make."""

    kind: str
    templates: tuple[Template, ...]
    clauses: tuple[Clause, ...]
    needs: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class WhenConverted:
    """Where a lead goes on living in the CRM, and the mapping for it."""

    object: str
    mapping: str
    place: Place


@quick_dataclass(frozen=True, slots=True)
class ActionWanted:
    """One thing that must happen once in the CRM: because of one touch or, with `once`, for the lead and that text.

    `line` is the place of its line among the mapping's `each_touch`, the same whichever other lines match. `is_certain` says that
    the touch alone decides it: whatever becomes of the lead later, the same is wanted for this touch.
    """

    kind: str
    payload: Mapping[str, str]
    once: str = ""
    line: int = field(default=0, compare=False)
    is_certain: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Company:
    """The company that a lead's record is to be associated with: found or made by its domain."""

    domain: tuple[str, ...]
    name: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class OutboundMapping:
    """A compiled sink mapping. `lead_fields` are the paths it reads, `fields_written` the CRM's names it writes, `watched`
    those that it takes back (`from_crm`)."""

    name: str
    to: str
    object: str
    lines: tuple[Line, ...]
    owner: Owner = field(default_factory=Owner)
    each_touch: tuple[EachTouch, ...] = ()
    when_converted: WhenConverted | None = None
    tests: tuple[MappingTest, ...] = ()
    place: Place | None = None
    from_crm: InboundMapping = field(default=InboundMapping("", ()), compare=False)
    company: Company | None = None
    watched: tuple[str, ...] = field(init=False)
    lead_fields: frozenset[str] = field(init=False)
    fields_written: frozenset[str] = field(init=False)
    _policy: bytes = field(init=False, repr=False)
    _ready: tuple[_Ready, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lead_fields", frozenset(path for line in self.lines for path in line.paths))
        object.__setattr__(self, "fields_written", frozenset(line.name for line in self.lines))
        object.__setattr__(self, "watched", tuple(dict.fromkeys(name for line in self.from_crm.lines for name in line.inputs)))
        policy = [[line.name, line.update, line.default, line.is_required] for line in self.lines]
        object.__setattr__(self, "_policy", _encoded([self.object, policy]))
        object.__setattr__(self, "_ready", tuple(_made_ready(line) for line in self.lines))

    def render(self, lead: Lead) -> Rendered:
        """The object as this mapping wants it for a lead; the same lead and mapping give the same digest everywhere."""
        problems: list[Problem] = []
        writes = tuple([_write(ready, lead, problems) for ready in self._ready])
        wanted = _encoded([write.value for write in writes])
        digest = blake2b(self._policy + wanted, digest_size=8).digest()
        return Rendered(self.object, writes, int.from_bytes(digest, "big", signed=True), tuple(problems))

    def line(self, name: str) -> Line | None:
        """The line that fills a CRM field, with its place in the file, or None."""
        return next((line for line in self.lines if line.name == name), None)

    def touch_actions(self, lead: Lead, touch_fields: Mapping[str, Value]) -> tuple[ActionWanted, ...]:
        """The actions that one touch of a lead wants, in the file's order, and the lead's company, wanted once."""
        wanted = tuple(
            wanted
            for line, each in enumerate(self.each_touch)
            if all_hold(each.clauses, lambda path: texts_of(_touch_value(path, lead, touch_fields)))
            and (wanted := _action(line, each, lead, touch_fields)) is not None
        )
        company = None if self.company is None else self.company_wanted(lead)
        return wanted if company is None else (*wanted, company)

    def company_wanted(self, lead: Lead) -> ActionWanted | None:
        """The company that the lead's record is to be associated with, once for each domain; None without a domain.

        An e-mail address stands for its domain, where a firm and no mail provider gave it.
        """
        if self.company is None:
            return None
        domain = next((found for path in self.company.domain if (found := _company_domain(path, lead_value(lead, path)))), "")
        if not domain:
            return None
        name = _first_filled(self.company.name, lead)
        # A key outlives its lead's erasure, so it must not say which company it was.
        once = blake2b(domain.encode(), digest_size=8).hexdigest()
        return ActionWanted(COMPANY, {"domain": domain} | ({"name": name} if name else {}), once)


class _Ready(NamedTuple):
    """One line prepared for many leads: `path` when the lead's own value at it is all there is to it, and the write for a
    lead of which nothing is known."""

    line: Line
    path: str
    nothing: FieldWrite


def _made_ready(line: Line) -> _Ready:
    is_own_value = line.is_plain and len(line.paths) == 1 and not _is_computed(line.paths[0])
    source = "" if line.constant is not None else ", ".join(line.paths)
    nothing = FieldWrite(line.name, line.constant, line.update, line.default, line.is_required, source)
    return _Ready(line, line.paths[0] if is_own_value else "", nothing)


def _write(ready: _Ready, lead: Lead, problems: list[Problem]) -> FieldWrite:
    line, path, nothing = ready
    value: Value | None
    if path:
        won = lead.fields.get(path)
        value = None if won is None else won.value
    elif line.constant is not None:
        return nothing
    else:
        path, value = _filled(line, lead)
        if value is not None and not line.is_plain:
            value = _converted(line, path, value, problems)
    if value is None or value == "" or value == ():
        if line.is_required and line.default is None:
            problems.append(_missing(line))
        return nothing
    return FieldWrite(line.name, value, line.update, line.default, line.is_required, path)


_ENCODE = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def _encoded(value: object) -> bytes:
    """A canonical text of plain values: the same on every machine and in every run."""
    return _ENCODE(value).encode("ascii")


def _is_computed(path: str) -> bool:
    """Whether a path is no field of the golden record but follows from the lead here."""
    return path == LEAD_UID or path.endswith(OPTED_OUT) or path in NUMBERS


def lead_value(lead: Lead, path: str) -> Value | None:
    """The value at a path as a sink mapping sees it; an opt-out is True or unknown, never False."""
    if path.endswith(OPTED_OUT):
        return True if lead.value(path.removesuffix(OPTED_OUT)) == "opted_out" or lead.value(path) is True else None
    if path == LEAD_UID:
        return lead.uid
    return lead.value(path)


def _filled(line: Line, lead: Lead) -> tuple[str, Value | None]:
    """The path that fills a line and its value; with `join`, all the texts in order."""
    if line.join is not None:
        texts = tuple(text for path in line.paths for text in texts_of(lead_value(lead, path)))
        return ", ".join(line.paths), texts or None
    for path in line.paths:
        is_held_back = path in NUMBERS and not line.steps
        value = sent_value(lead, path) if is_held_back else lead_value(lead, path)
        if value is not None and value != "" and value != ():
            return path, value
    return line.paths[0], None


def _converted(line: Line, source: str, value: Value, problems: list[Problem]) -> Value | None:
    """The value after the line's verbs; None leaves the field out."""
    if line.steps:
        return _stepped(line, value)
    if line.range_end is not None:
        return _end_of_range(line, value)
    found: list[str] = []
    for text in texts_of(value):
        if line.translation is None:
            found.append(text)
            continue
        listed = line.translation.listed(text)
        if listed is None:
            listed = line.translation.otherwise
        if listed is None:
            problems.append(_unlisted(line, source))
        elif listed != LEAVE_OUT:
            found.append(listed)
    if not found:
        return None
    if line.join is not None:
        return line.join.join(found)
    return tuple(dict.fromkeys(found)) if isinstance(value, tuple) else found[0]


def _stepped(line: Line, value: Value) -> str | None:
    """The text of the first step whose lower bound is reached."""
    lowest, highest = bounds(value, is_range=line.is_range)
    reached = lowest if lowest is not None else highest
    if reached is not None:
        for step in line.steps:
            if reached >= step.lowest:
                return step.text
    return None if line.otherwise in (None, LEAVE_OUT) else line.otherwise


def _end_of_range(line: Line, value: Value) -> Value | None:
    """The end that the line asks for; of a range that is open there, the other end."""
    if line.range_end == "text":
        return value
    lowest, highest = bounds(value, is_range=line.is_range)
    first, second = (lowest, highest) if line.range_end == "lowest" else (highest, lowest)
    number = second if first is None else first
    if number is None:
        return None
    return int(number) if number == int(number) else format(number, "f")


def _missing(line: Line) -> Problem:
    message = f"CRM field {line.name} is `required: true`, and nothing is known for {' or '.join(line.paths)}. Complete the lead, or give the field a `default`."  # noqa: E501
    return Problem("required_missing", message, line.name, line.place)


def _unlisted(line: Line, source: str) -> Problem:
    message = f"{source} holds a value that `values` of CRM field {line.name} does not list; the field was left out. Add the value, or an `otherwise`."  # noqa: E501
    return Problem("unlisted_value", message, line.name, line.place)


def _touch_value(path: str, lead: Lead, touch_fields: Mapping[str, Value]) -> Value | None:
    value = touch_fields.get(path)
    return lead_value(lead, path) if value is None else value


def _company_domain(path: str, value: Value | None) -> str:
    """The domain that a lead's value names, in lower case; empty when it names no company's."""
    text = "" if value is None else plain_text(value).strip().lower()
    if "@" not in text and path != "person.email":
        return text
    return registered_domain(text.rpartition("@")[2]) if email_class(text) in _GIVEN_BY_FIRMS else ""


def _first_filled(paths: tuple[str, ...], lead: Lead) -> str:
    values = (lead_value(lead, path) for path in paths)
    return next((plain_text(value) for value in values if value is not None and not is_empty(value)), "")


def _action(line: int, each: EachTouch, lead: Lead, touch_fields: Mapping[str, Value]) -> ActionWanted | None:
    """One action with its filled payload fields, or None when what it needs is not known."""
    payload: dict[str, str] = {}
    for template in each.templates:
        text = template.constant or _first_said(template.paths, lead, touch_fields)
        if text:
            payload[template.name] = text
    if not all(name in payload for name in each.needs):
        return None
    is_certain = all(_says_itself(one, touch_fields) for one in each.templates if one.name in each.needs)
    is_certain = is_certain and all(_is_own(one.name, touch_fields) for one in each.clauses)
    return ActionWanted(each.kind, payload, line=line, is_certain=is_certain)


def _says_itself(template: Template, touch_fields: Mapping[str, Value]) -> bool:
    return bool(template.constant) or any(_is_own(path, touch_fields) for path in template.paths)


def _first_said(paths: tuple[str, ...], lead: Lead, touch_fields: Mapping[str, Value]) -> str:
    for path in paths:
        value = _touch_value(path, lead, touch_fields)
        if value is not None and not is_empty(value):
            return plain_text(value)
    return ""


def _is_own(path: str, touch_fields: Mapping[str, Value]) -> bool:
    """Whether a touch says itself what stands at a path, so that its lead is not asked."""
    return path.startswith("touch.") or touch_fields.get(path) is not None
