"""A page of changes as what it makes of our leads: decided from what was read, written by `read_back` in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from connectors.base import Change, Link
from core.authority import group_of
from core.golden import fold
from core.instants import Instant
from core.lead import Lead, Touch
from leadrelay.engine import merging
from leadrelay.engine import seen as seeing
from leadrelay.engine.merging import Merge
from leadrelay.engine.seen import Seen
from leadrelay.engine.telling import News, Terms, Told, is_person, news, texts
from leadrelay.store.feedback import DeliveryRow, LeadRow, LinkRow, Record, Touched
from leadrelay.store.ids import from_uid, to_uid

log = structlog.get_logger(__name__)

_KINDS = {
    "owner": "crm_owner", "consent": "crm_opted_out", "sales.converted": "crm_converted", "sales.first": "crm_activity",
    "sales.answered": "crm_activity", "sales.bounced": "crm_change",
    "sales.": "crm_converted",
}  # fmt: skip
_CHANGED, _REFUSED = "crm_change", "crm_refused"


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of a page's records, read before anything is decided. `lead_links` are all links of these leads
    in the sink, `touches` those of leads that may have to go into another one."""

    links: Mapping[Record, LinkRow] = field(default_factory=dict)
    leads: Mapping[int, LeadRow] = field(default_factory=dict)
    deliveries: Mapping[int, Sequence[DeliveryRow]] = field(default_factory=dict)
    lead_links: Mapping[int, Sequence[LinkRow]] = field(default_factory=dict)
    touches: Mapping[int, Sequence[Touch]] = field(default_factory=dict)


@dataclass(slots=True)
class Heard:
    """What is to be written. `leads` are those that changed, `linked` new links, `seen` what the records hold by now."""

    leads: dict[int, Lead] = field(default_factory=dict)
    touches: list[tuple[int, int, Touch]] = field(default_factory=list)
    events: list[tuple[str, int, dict[str, Any]]] = field(default_factory=list)
    linked: dict[Record, int] = field(default_factory=dict)
    seen: dict[Record, Seen] = field(default_factory=dict)
    discarded: set[Touched] = field(default_factory=set)
    restored: set[Touched] = field(default_factory=set)
    followed: set[Touched] = field(default_factory=set)
    without_record: set[int] = field(default_factory=set)
    merges: list[Merge] = field(default_factory=list)
    involved: set[int] = field(default_factory=set)
    doubtful: int = 0


class Hearing:
    """Listens to one page, change by change. `new_id` hands out ids; `asked_at` is when the CRM was asked.

    A change is doubtful while nobody knows whether it is the echo of a call of ours that is under way: it is left for the next
    look, unless `is_sure`.
    """

    def __init__(
        self, terms: Terms, known: Known, *, asked_at: Instant, now: Instant, new_id: Callable[[], int], is_sure: bool = False
    ) -> None:
        self._terms = terms
        self._known = known
        self._asked_at = asked_at
        self._now = now
        self._new_id = new_id
        self._is_sure = is_sure
        self._into: dict[int, int] = {}
        self._moved: dict[int, list[Touch]] = {}
        self.heard = Heard()

    def hear(self, changes: Iterable[Change]) -> Heard:
        """What all of them make of our leads."""
        for change in changes:
            lead_id = self._lead_of(change)
            if lead_id is None:
                continue
            self.heard.involved.add(lead_id)
            try:
                self._hear(change, lead_id)
            except Exception:  # one record that can not be taken in must not keep all others from it
                log.exception("change_failed", sink=self._terms.sink, object=change.link.object, lead=to_uid(lead_id))
                self._event("crm_unreadable", lead_id, change.link)
        self._resolve()
        return self.heard

    def _hear(self, change: Change, lead_id: int) -> None:
        if change.merged_into is not None:
            self._merged(change, lead_id, change.merged_into)
        elif change.is_deleted:
            self._deleted(change, lead_id)
        else:
            self._changed(change, lead_id)

    def _resolve(self) -> None:
        """What was decided for a lead before a later change of the page merged it away belongs to the lead it went into."""
        heard, into = self.heard, self._into
        if not into:
            return
        heard.linked = {record: self._living(lead) or lead for record, lead in heard.linked.items()}
        heard.touches = [(number, self._living(lead) or lead, touch) for number, lead, touch in heard.touches]
        for kept in (heard.discarded, heard.restored, heard.followed):
            kept.difference_update([one for one in kept if one.lead_id in into])
        heard.without_record -= into.keys()

    # --- whose it is ------------------------------------------------------------------------------------------------------

    def _record(self, link: Link) -> Record:
        return (self._terms.sink, link.object, link.crm_id)

    def _owner_of(self, record: Record) -> int | None:
        """The lead that a record is linked to; one that was erased counts as none."""
        if record in self.heard.linked:
            return self._living(self.heard.linked[record])
        row = self._known.links.get(record)
        return None if row is None else self._living(row.lead_id)

    def _living(self, lead_id: int) -> int | None:
        """The lead that it has become; None when it was erased or is not there."""
        while True:
            row = self._known.leads.get(lead_id)
            into = self._into.get(lead_id, None if row is None else row.merged_into)
            if into is None:
                return lead_id if row is not None and row.lead is not None else None
            lead_id = into

    def _lead_of(self, change: Change) -> int | None:
        """The lead that a record stands for: by its link, else by our external id; None for one that is no business of ours."""
        record = self._record(change.link)
        if record in self._known.links or record in self.heard.linked:
            return self._owner_of(record)
        lead_id = uid_of(change)
        return None if lead_id is None else self._living(lead_id)

    def _lead(self, lead_id: int) -> Lead:
        found = self.heard.leads.get(lead_id) or self._known.leads[lead_id].lead
        assert found is not None  # noqa: S101 - only living leads are asked for
        return found

    def _seen(self, record: Record) -> Seen:
        if record in self.heard.seen:
            return self.heard.seen[record]
        row = self._known.links.get(record)
        return {} if row is None else seeing.read(row.seen)

    def _link(self, link: Link, lead_id: int) -> None:
        """Link a record that was not, with an event: an answer that never came, or what a conversion or merge made."""
        record = self._record(link)
        if record not in self._known.links and record not in self.heard.linked:
            self.heard.linked[record] = lead_id
            self.heard.seen.setdefault(record, {})
            self._event("crm_linked", lead_id, link)

    def _event(self, kind: str, lead_id: int, link: Link, **data: object) -> None:
        said = {"sink": self._terms.sink, "object": link.object, "crm_id": link.crm_id}
        self.heard.events.append((kind, lead_id, said | data))

    # --- changed ----------------------------------------------------------------------------------------------------------

    def _changed(self, change: Change, lead_id: int) -> None:
        record = self._record(change.link)
        seen = self._seen(record)
        if seeing.GONE in seen:
            if change.at < int(seen[seeing.GONE]):
                return  # told before the record went
            seen = {name: value for name, value in seen.items() if name != seeing.GONE}
            self._restored(change, lead_id)
        touch_id = self._new_id()
        at = min(change.at, self._now)
        found = news(self._terms, change, seen, self._lead(lead_id), uid=to_uid(touch_id), at=at)
        if found.is_any and not self._is_sure and self._is_doubtful(lead_id, seen):
            self.heard.doubtful += 1
            return
        self._link(change.link, lead_id)
        self.heard.seen[record] = found.seen
        if seen.get(seeing.CONVERTED) != found.seen.get(seeing.CONVERTED):
            self._converted(change, lead_id)
        if found.touch is not None:
            self._touched(touch_id, lead_id, found.touch)
        self._tell(change, lead_id, found)

    def _is_doubtful(self, lead_id: int, seen: Seen) -> bool:
        if any(one.is_open for one in self._known.deliveries.get(lead_id, ())):
            return True
        return int(seen.get(seeing.WROTE_AT, 0)) >= self._asked_at

    def _touched(self, touch_id: int, lead_id: int, touch: Touch) -> None:
        self.heard.touches.append((touch_id, lead_id, touch))
        lead = self._lead(lead_id)
        self.heard.leads[lead_id] = fold(lead, touch, self._terms.catalogue, uid=lead.uid)
        self._moved.setdefault(lead_id, []).append(touch)

    def _tell(self, change: Change, lead_id: int, found: News) -> None:
        """One event for each kind of what was told, with the values before and after, and which line read them."""
        lead = self._lead(lead_id)
        by_kind: dict[str, list[dict[str, object]]] = {}
        for one in found.told:
            by_kind.setdefault(_kind_of(one), []).append(one.as_json() | self._against(one, lead))
        beside: dict[str, object] = {"told_at": min(change.at, self._now)}
        if found.touch is not None:
            beside["touch"] = found.touch.uid
        for kind, changes in by_kind.items():
            self._event(kind, lead_id, change.link, changes=changes, **beside)
        if found.refused:
            masters = {one.path: self._terms.system.get(group_of(one.path) or "", "") for one in found.refused}
            refused = [one.as_json() | {"system_of_record": masters[one.path]} for one in found.refused]
            self._event(_REFUSED, lead_id, change.link, changes=refused, told_at=beside["told_at"])

    def _against(self, told: Told, lead: Lead) -> dict[str, object]:
        """What has become of a value that the lead does not say alone: it was `added` to others, or what it had was `kept`, by
        which rule of the field."""
        value = lead.value(told.path)
        if value == told.value:
            return {}
        found = self._terms.catalogue.get(told.path)
        rule = "latest" if found is None else found.rule
        new = set(texts(value)) - set(texts(told.before)) if rule == "union" else set()
        added = [text for text in texts(told.value) if text in new]
        return {"added": added} if added else {"kept": True, "rule": rule}

    def _converted(self, change: Change, lead_id: int) -> None:
        """Link what stands for the person from now on; a company or a deal is kept as a field, since it is others' too."""
        for link in change.converted_to:
            if not is_person(link):
                continue
            other = self._owner_of(self._record(link))
            if other is not None and other != lead_id:
                self._event("perhaps_same", lead_id, link, leads=[to_uid(other)])
            self._link(link, lead_id)

    # --- gone -------------------------------------------------------------------------------------------------------------

    def _deleted(self, change: Change, lead_id: int) -> None:
        record = self._record(change.link)
        seen = self._seen(record)
        if seeing.GONE in seen:
            return
        rows = self._known.deliveries.get(lead_id, ())
        is_known = record in self._known.links or record in self.heard.linked
        if not is_known and any(
            one.object == change.link.object and one.crm_id not in (None, change.link.crm_id) for one in rows
        ):
            return  # a record that was never the lead's own; the one that is lives on
        self._link(change.link, lead_id)
        self.heard.seen[record] = {**seen, seeing.GONE: str(change.at)}
        living = self._living_records(lead_id)
        gone_ids = {change.link.crm_id, None} | {crm_id for _, _, crm_id in self._converted_from(lead_id)}
        mine = [one for one in rows if one.crm_id in gone_ids]
        if living:
            moved = [one for one in mine if one.crm_id == change.link.crm_id]
            self.heard.followed |= {Touched(one.object, lead_id, living[0][2]) for one in moved}
        else:
            self.heard.discarded |= {Touched(one.object, lead_id, one.crm_id or change.link.crm_id) for one in mine}
            self.heard.without_record.add(lead_id)
        self._event("crm_deleted", lead_id, change.link, told_at=min(change.at, self._now))

    def _restored(self, change: Change, lead_id: int) -> None:
        """A record that was taken out of the bin: what was given up for its sake goes on."""
        rows = self._known.deliveries.get(lead_id, ())
        back = [one for one in rows if one.is_deleted_there and one.crm_id == change.link.crm_id]
        self.heard.restored |= {Touched(one.object, lead_id, change.link.crm_id) for one in back}
        self._event("crm_restored", lead_id, change.link, told_at=min(change.at, self._now))

    def _records(self, lead_id: int) -> list[Record]:
        stored = [row.record for row in self._known.lead_links.get(lead_id, ())]
        return [*stored, *(record for record, owner in self.heard.linked.items() if owner == lead_id and record not in stored)]

    def _living_records(self, lead_id: int) -> list[Record]:
        """The lead's records that are there and in use: neither gone nor left behind by a conversion."""
        left_behind = set(self._converted_from(lead_id))
        return [
            one for one in self._records(lead_id) if one not in left_behind and seeing.GONE not in self._seen_of(lead_id, one)
        ]

    def _converted_from(self, lead_id: int) -> list[Record]:
        """The records that a conversion has left behind, since another one of the lead's stands for the person now."""
        contact = self._lead(lead_id).value("sales.contact_id")
        records = self._records(lead_id)
        if all(crm_id != contact for _, _, crm_id in records):
            return []
        return [one for one in records if one[2] != contact and seeing.CONVERTED in self._seen_of(lead_id, one)]

    def _seen_of(self, lead_id: int, record: Record) -> Seen:
        if record in self.heard.seen or record in self._known.links:
            return self._seen(record)
        rows = (row for row in self._known.lead_links.get(lead_id, ()) if row.record == record)
        return next((seeing.read(row.seen) for row in rows), {})

    # --- merged -----------------------------------------------------------------------------------------------------------

    def _merged(self, change: Change, lead_id: int, survivor: Link) -> None:
        """The lead follows its record; where the survivor is another lead's, the leads are merged here as they were there."""
        record, target = self._record(change.link), self._record(survivor)
        seen = self._seen(record)
        if seeing.GONE in seen:
            return
        other = self._owner_of(target)
        if other is not None and other != lead_id:
            self._merge(change, survivor, loser=lead_id, winner=other)
        else:
            self._link(change.link, lead_id)
            if other is None:
                self.heard.linked[target] = lead_id
                self.heard.seen[target] = {}
            rows = self._known.deliveries.get(lead_id, ())
            self.heard.followed |= {
                Touched(one.object, lead_id, survivor.crm_id) for one in rows if one.crm_id == change.link.crm_id
            }
            self._event("crm_merged", lead_id, change.link, into=survivor.crm_id, told_at=min(change.at, self._now))
        self.heard.seen[record] = {**seen, seeing.GONE: str(change.at)}

    def _merge(self, change: Change, survivor: Link, *, loser: int, winner: int) -> None:
        self._link(change.link, winner)
        touches = [*self._known.touches.get(loser, ()), *self._moved.pop(loser, ())]
        self.heard.leads[winner] = merging.folded(self._lead(winner), touches, self._terms.catalogue)
        self.heard.leads.pop(loser, None)
        self._moved.setdefault(winner, []).extend(touches)
        self._into[loser] = winner
        why = {
            "sink": self._terms.sink,
            "object": change.link.object,
            "crm_id": change.link.crm_id,
            "into": survivor.crm_id,
        }
        version = self._known.leads[loser].version
        self.heard.merges.append(Merge(self._new_id(), winner, loser, version, f"crm:{self._terms.sink}", why))
        self.heard.involved.add(winner)
        told_at = min(change.at, self._now)
        for lead_id in (winner, loser):
            self._event(
                "merged", lead_id, change.link, into=survivor.crm_id, winner=to_uid(winner), loser=to_uid(loser), told_at=told_at
            )


def uid_of(change: Change) -> int | None:
    """The lead whose uid a record carries as its external id; None when it is no uid of ours."""
    if not change.external_id:
        return None
    try:
        return from_uid(change.external_id)
    except ValueError:
        return None


def _kind_of(told: Told) -> str:
    return next((kind for prefix, kind in _KINDS.items() if told.path.startswith(prefix)), _CHANGED)
