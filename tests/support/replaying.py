"""Thousands of stored leads for the tests of replays, and a replay of them in a few lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from core.golden import fold_all
from core.instants import DAY
from core.lead import Cell, Lead, Touch, Won
from core.lead_json import lead_to_json
from leadrelay.app import App
from leadrelay.configuration import build, read_files
from leadrelay.engine.deciding import decide
from leadrelay.engine.replay_applying import Applying
from leadrelay.engine.replay_aside import LetThrough
from leadrelay.engine.replay_previews import Previewing
from leadrelay.engine.replaying import Replayed, Replaying
from leadrelay.engine.rows import touch_row
from leadrelay.json_text import json_text
from leadrelay.plans import process_plan
from leadrelay.store import leads, tables
from leadrelay.store.ids import from_uid, to_uid
from leadrelay.store.replays import Preview

OWNER = "owner.email"


def store_leads(app: App, count: int, fields: Callable[[int], Mapping[str, str]], *, owner: str = "") -> list[str]:
    """Store so many leads of one touch each, decided by the plan in force as of now, and return their uids."""
    plan, now = app.process_plan(), app.clock()
    numbers = sorted(app.ids.take(2 * count, now))
    uids: list[str] = []
    for start in range(0, count, 1_000):
        some: list[tuple[Lead, Any, Touch]] = []
        for index in range(start, min(start + 1_000, count)):
            cells = {path: Cell(text, text) for path, text in fields(index).items()}
            kind = str(cells.pop("touch.kind", Cell("webinar_signup")).value)
            touch = Touch(to_uid(numbers[2 * index]), "website", now - index % 60 * DAY, kind, cells)
            lead = fold_all([touch], plan.catalogue, to_uid(numbers[2 * index + 1]))
            if owner:
                lead = replace(lead, fields={**lead.fields, OWNER: Won(owner, touch.at, touch.uid)})
            found = decide(plan, lead, None, now)
            some.append((found.lead, found.again_at, touch))
        uids += [lead.uid for lead, _, _ in some]
        with app.database.write(is_durable=False) as connection:
            leads.write_leads(connection, [_row(lead, again_at, now) for lead, again_at, _ in some], ())
            rows = [touch_row(from_uid(touch.uid), from_uid(lead.uid), touch, plan.config_hash) for lead, _, touch in some]
            leads.write_touches(connection, rows)
    return uids


def _row(lead: Lead, again_at: int | None, now: int) -> tuple[Any, ...]:
    decided = (str(lead.value("outcome") or ""), lead.value("score.total"), str(lead.value("lifecycle_stage") or ""), again_at)
    return (from_uid(lead.uid), lead.version, json_text(lead_to_json(lead)), lead.is_test, now, now, *decided)


@dataclass
class Previewed:
    """A preview as it was made: its leads that change or would go elsewhere, by uid."""

    preview: Preview
    leads: dict[str, Replayed]
    replaying: Replaying
    let_through: list[LetThrough] = field(default_factory=list)

    @property
    def changed(self) -> set[str]:
        """The leads that would change."""
        return {uid for uid, one in self.leads.items() if one.changes}

    @property
    def counts(self) -> dict[str, int]:
        """The counts that are not zero."""
        return {name: count for name, count in self.preview.counts.items() if count}


def previewed(app: App, *, is_owners: bool = False) -> Previewed:
    """A preview under the configuration on the disk."""
    files = read_files(app.path)
    plan = process_plan(build(files, app.env))
    found: dict[str, Replayed] = {}

    def see(one: Replayed) -> None:
        if one.changes or one.way or one.joins_others or one.aside:
            found[one.lead.uid] = one

    replaying = Replaying(plan, files, app.process_plan(), is_owners=is_owners)
    through: list[LetThrough] = []
    previewing = Previewing(app.database, app.clock, app.ids, batch=500)
    preview = previewing.make(replaying, lambda *_: None, see, seen_aside=through.append)
    return Previewed(preview, found, replaying, through)


def applying(app: App, seen: Previewed, *, batch: int = 100) -> Applying:
    """What applies a preview."""
    return Applying(app.database, seen.replaying, seen.preview, app.clock, app.ids, by="me", batch=batch)


def snapshot(app: App, *names: str) -> dict[str, list[Any]]:
    """All rows of these tables, or of every table, in the order of their keys."""
    with app.database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in tables.metadata.sorted_tables
            if not names or table.name in names
        }


def lead_rows(app: App) -> Iterator[tuple[str, Any]]:
    """Every lead's row by its uid."""
    with app.database.read() as connection:
        for row in connection.execute(select(tables.lead)).all():
            yield to_uid(row.id), row
