"""What one change in a CRM tells of a lead: only what is new there and new to us, and only what that CRM may tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from connectors.base import Change, Link
from core.authority import SystemOfRecord, group_of, may_tell
from core.fields import FIRST_ACTIVITY, Catalogue
from core.instants import SECOND, Instant, to_iso
from core.journeys import LIFECYCLE_STAGE
from core.lead import CRM_CHANGE, Cell, Lead, Touch, Value
from core.mapping import OutboundMapping, read_change
from core.scoring.stages import BEFORE_ALL
from leadrelay.engine import seen as seeing
from leadrelay.engine.seen import Seen
from leadrelay.store.feedback import Record

_SALES_IDS = (("contact", "sales.contact_id"), ("account", "sales.account_id"), ("compan", "sales.account_id"),
              ("opportunit", "sales.opportunity_id"), ("deal", "sales.opportunity_id"))  # fmt: skip
"""What a conversion made, by how CRMs call it, and where the lead keeps its id."""
_CLOCKS_APART = 5 * SECOND
"""Where a CRM does not say whose a change was: one that is no later than this after our own write is taken for that write."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How one object of one sink is listened to; `mapping` None where no mapping writes it."""

    sink: str
    object: str
    mapping: OutboundMapping | None
    catalogue: Catalogue
    system: SystemOfRecord = field(default_factory=dict)
    zone: str = "UTC"
    region: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One lead field that a CRM told: by which of its fields and which line of the mapping, and what it said before."""

    path: str
    value: Value
    before: Value | None = None
    field: str = ""
    line: str = ""

    def as_json(self) -> dict[str, object]:
        """The field as plain JSON values."""
        found = {"path": self.path, "from": _plain(self.before), "to": _plain(self.value), "field": self.field, "line": self.line}
        return {name: value for name, value in found.items() if value not in ("", None)}


@dataclass(frozen=True, slots=True)
class News:
    """What a change tells: the touch that it makes (None: nothing new), what was not listened to, and the record as seen now."""

    touch: Touch | None
    told: tuple[Told, ...]
    refused: tuple[Told, ...]
    seen: Seen

    @property
    def is_any(self) -> bool:
        """Whether there is something to tell of."""
        return bool(self.told or self.refused)


def news(terms: Terms, change: Change, seen: Seen, lead: Lead, *, uid: str, at: Instant) -> News:
    """What is new in a record that stands for this lead, against what was seen there last."""
    record = (terms.sink, change.link.object, change.link.crm_id)
    watched = () if terms.mapping is None else terms.mapping.watched
    extra, beside = _beside(record, change, seen, lead)
    now_seen = seeing.hashes(record, change.fields, watched) | beside
    fresh = {name for name, value in now_seen.items() if seen.get(name) != value}
    touch = _touch(terms, change, uid, at, extra)
    origins = _origins(terms.mapping)
    told: list[Told] = []
    refused: list[Told] = []
    cells: dict[str, Cell] = {}
    for path, cell in touch.fields.items():
        inputs, line = origins.get(path, ((), ""))
        names = [name for name in inputs if name in fresh]
        if (path in origins and not names) or not _is_news(terms.catalogue, lead, path, cell.value):
            continue
        if path in origins and _is_baseline(terms.catalogue, change, seen, lead, path, cell.value, names):
            continue
        one = Told(path, cell.value, lead.value(path), names[0] if names else "", line)
        if may_tell(terms.system, terms.sink, path):
            told.append(one)
            cells[path] = cell
        else:
            refused.append(one)
    made = replace(touch, fields=cells, is_test=lead.is_test) if cells else None
    return News(made, tuple(told), tuple(refused), {**seen, **now_seen})


def _touch(terms: Terms, change: Change, uid: str, at: Instant, extra: Mapping[str, Value]) -> Touch:
    if terms.mapping is None:
        return Touch(uid, terms.sink, at, CRM_CHANGE, {path: Cell(value, str(value)) for path, value in extra.items()})
    return read_change(
        terms.mapping, change.fields, uid=uid, source=terms.sink, at=at, catalogue=terms.catalogue, zone=terms.zone,
        region=terms.region, extra=extra,
    )  # fmt: skip


def _origins(mapping: OutboundMapping | None) -> dict[str, tuple[tuple[str, ...], str]]:
    """The CRM's fields that each lead field is read from, and the line of the mapping that says so."""
    lines = () if mapping is None else mapping.from_crm.lines
    return {line.path: (line.inputs, str(line.place)) for line in lines}


def _is_news(catalogue: Catalogue, lead: Lead, path: str, value: Value) -> bool:
    """Whether the lead does not say so already."""
    known = lead.value(path)
    if known == value:
        return False
    if path == FIRST_ACTIVITY:
        return known is None or str(value) < str(known)
    found = catalogue.get(path)
    if found is not None and found.rule == "union":
        return not set(texts(value)) <= set(texts(known))
    return True


def _is_baseline(
    catalogue: Catalogue, change: Change, seen: Seen, lead: Lead, path: str, value: Value, names: Iterable[str]
) -> bool:
    """Whether the record held the value before we first looked, and nobody says that a person set it over what we know.

    What we wrote last is our own touch of an existing record; its status and opt-outs count all the same. The stage that a CRM
    gives each new record (HubSpot: `lead`) takes nobody back who is further.
    """
    if any(name in seen for name in names) or lead.value(path) is None:
        return False
    if not change.is_ours and change.at > int(seen.get(seeing.WROTE_AT, 0)) + _CLOCKS_APART:
        return False
    if path == LIFECYCLE_STAGE and value in BEFORE_ALL:
        return lead.value(path) not in BEFORE_ALL
    found = catalogue.get(path)
    return (found is None or found.rule != "crm") and group_of(path) is not None


# --- beside the fields ------------------------------------------------------------------------------------------------


def _beside(record: Record, change: Change, seen: Seen, lead: Lead) -> tuple[dict[str, Value], Seen]:
    """What a record tells beside its fields, as far as it is new: its owner, its conversion, the first activity."""
    extra: dict[str, Value] = {}
    now_seen: Seen = {}
    for name, values in _tellings(change):
        now_seen[name] = seeing.digest(record, name, [f"{path}={value}" for path, value in values.items()])
        if seen.get(name) != now_seen[name]:
            extra |= values
    return extra, now_seen


def _tellings(change: Change) -> Iterator[tuple[str, dict[str, Value]]]:
    if change.owner is not None:
        yield seeing.OWNER, {"owner.email": change.owner.lower()}
    elif change.queue is not None:
        yield seeing.OWNER, {"owner.queue": change.queue}
    if change.converted_to or change.converted_at is not None:
        yield seeing.CONVERTED, conversion(change)
    if change.activity_at is not None:
        yield seeing.ACTIVITY, {FIRST_ACTIVITY: to_iso(change.activity_at)}


def conversion(change: Change) -> dict[str, Value]:
    """What a conversion says of the lead: when, and the ids of what it made; of several of a kind the last one."""
    found: dict[str, Value] = {}
    if change.converted_at is not None:
        found["sales.converted_at"] = to_iso(change.converted_at)
    for link in change.converted_to:
        path = sales_path(link)
        if path:
            found[path] = link.crm_id
    return found


def sales_path(link: Link) -> str:
    """Where the lead keeps the id of a record that a conversion made; empty for one of another kind."""
    name = link.object.lower()
    return next((path for part, path in _SALES_IDS if part in name), "")


def is_person(link: Link) -> bool:
    """Whether a record that a conversion made stands for the person, and not for their company or a deal."""
    return sales_path(link) == "sales.contact_id"


def texts(value: object) -> tuple[str, ...]:
    """A value as the texts of a list."""
    return value if isinstance(value, tuple) else () if value is None else (str(value),)


def _plain(value: Value | None) -> object:
    return list(value) if isinstance(value, tuple) else value
