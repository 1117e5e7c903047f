"""Visits of websites while a batch is decided: whose they are, which wait, and what a form says of its visitor.

A visit joins the lead that was known on its browser most recently, and never merges two: a family's computer has one visitor
and several people. Who is known is told by a form with the visitor's id, or by a mail's link that was made for a known visitor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from core.golden import fold
from core.instants import Instant
from core.lead import Lead
from core.visits import is_visit, linked_visitor, visitor_of
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.rows import Decided, Read
from leadrelay.store import leads, visits
from leadrelay.store.ids import from_uid, to_uid


@dataclass(frozen=True, slots=True)
class Visitors:
    """What the store knows of a batch's visitors: who was known on each browser, and which lead that is by now."""

    known: Mapping[str, visits.Known] = field(default_factory=dict)
    now_is: Mapping[int, int] = field(default_factory=dict)

    def lead_of(self, visitor: str) -> str:
        """The lead, by uid; empty when nobody is known there."""
        known = self.known.get(visitor)
        lead = None if known is None else self.now_is.get(known.lead)
        return "" if lead is None else to_uid(lead)


def is_visit_read(one: Read) -> bool:
    """Whether this submission is a visit."""
    return one.touch is not None and is_visit(one.values)


def named(read: Sequence[Read]) -> set[str]:
    """Every visitor that a batch names: of visits, of forms, and of the links in mails."""
    found = {name for one in read if one.touch is not None for name in (visitor_of(one.values), _link(one))}
    return found - {""}


def _link(one: Read) -> str:
    return linked_visitor(one.values) if is_visit_read(one) else ""


def look_up(connection: Connection, read: Sequence[Read]) -> Visitors:
    """What the store knows of a batch's visitors; nothing is asked when it names none."""
    wanted = named(read)
    if not wanted:
        return Visitors()
    known = visits.known(connection, wanted)
    return Visitors(known, visits.living(connection, {one.lead for one in known.values()}))


def decide(plan: ProcessPlan, read: Sequence[Read], decided: Decided, known: leads.Known, visitors: Visitors) -> None:
    """Which lead each visit of the batch joins; the batch's other touches have been decided before."""
    _become_known(read, decided, visitors)
    for one in read:
        if not is_visit_read(one):
            continue
        visitor = visitor_of(one.values)
        uid = _lead_of(visitor, decided, visitors)
        before = decided.leads.get(uid) or known.leads.get(uid)
        if before is None:
            decided.waiting.append((one.submission.id, visitor))
        else:
            _join(plan, decided, one, before)


def _lead_of(visitor: str, decided: Decided, visitors: Visitors) -> str:
    """The lead that is known on a browser after this batch, by uid; empty when there is none."""
    mine = decided.visitors.get(visitor)
    return to_uid(mine.lead) if mine is not None else visitors.lead_of(visitor)


def _join(plan: ProcessPlan, decided: Decided, one: Read, before: Lead) -> None:
    assert one.touch is not None  # noqa: S101 - a visit is a touch
    uid = before.uid
    after = decided.leads[uid] = fold(before, one.touch, plan.catalogue, uid=uid)
    decided.touches.append((one, uid))
    decided.joined[one.submission.id] = visitor_of(one.values)
    said = {"source": one.submission.source, "kind": one.touch.kind, "version": after.version, "joined_by": "visitor"}
    decided.events.append(("touch", from_uid(uid), one.submission.id, said))


def _become_known(read: Sequence[Read], decided: Decided, visitors: Visitors) -> None:
    """The forms of the batch, then its visits by a mail's link, say who is known on a browser: the latest of them counts."""
    for one, uid in decided.touches:
        assert one.touch is not None  # noqa: S101 - only touches are linked
        _tell(decided, visitors, visitor_of(one.values), from_uid(uid), one.touch.at)
    for one in read:
        link = _link(one)
        if not link or one.touch is None or link == visitor_of(one.values):
            continue
        uid = _lead_of(link, decided, visitors)
        if uid:
            _tell(decided, visitors, visitor_of(one.values), from_uid(uid), one.touch.at)


def _tell(decided: Decided, visitors: Visitors, visitor: str, lead: int, at: Instant) -> None:
    known = decided.visitors.get(visitor) or visitors.known.get(visitor)
    is_living = known is not None and (visitor in decided.visitors or known.lead in visitors.now_is)
    if visitor and (known is None or not is_living or known.at <= at):
        decided.visitors[visitor] = visits.Known(lead, at)


def write(connection: Connection, decided: Decided, visitors: Visitors, wanted: set[str], now: Instant) -> None:
    """Write who is known and which visits wait or wait no more; raises Moved when somebody became known meanwhile."""
    if not wanted:
        return
    visits.confirm(connection, visitors.known, wanted)
    visits.write_waiting(connection, decided.waiting)
    visits.write_known(connection, decided.visitors, now)
    visits.write_joined(connection, decided.joined, set(decided.joined.values()), now)
