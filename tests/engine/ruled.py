"""A bench whose leads are decided by rules and given to a team, and readers of what became of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leadrelay.app import open_app
from leadrelay.store import tables
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project

FORM = """\
mapping: form
to: lead
fields:
  person.first_name: first_name
  person.last_name:  last_name
  person.email:      email
  person.phone:      {from: phone, region: DE}
  company.country:   country
  touch.kind:        kind
"""


def write_rules(path: Path, rules: str, team: str = "") -> None:
    """Write the rules of a project, and its team where one is given."""
    (path.parent / "rules").mkdir(exist_ok=True)
    (path.parent / "rules" / "rules.yaml").write_text(rules)
    if team:
        (path.parent / "team.yaml").write_text(team)


@contextmanager
def ruled(folder: Path, store: str, clock: Hand, rules: str, team: str = "", form: str = FORM, **project: Any) -> Iterator[Bench]:
    """A migrated store under these rules; its CRM can not be reached."""
    path = write_project(folder, store=store, salesforce="http://127.0.0.1:9", form=form, **project)
    write_rules(path, rules, team)
    app = open_app(path, {}, clock=clock)
    try:
        app.migrate()
        app.keeper.start()
        yield Bench(app, clock)
    finally:
        app.close()


def events(bench: Bench, *kinds: str) -> list[dict[str, Any]]:
    """What the events of these kinds say, in their order."""
    rows = sorted(bench.rows(tables.event), key=lambda row: row.id)
    return [json.loads(row.data) for row in rows if row.kind in kinds]


def owners(bench: Bench) -> list[str | None]:
    """Who has each lead, or the queue that it lies in, in the order in which leads came."""
    rows = sorted(bench.rows(tables.lead), key=lambda row: row.id)
    return [record.get("owner.email") or record.get("owner.queue") for record in map(bench.record, rows)]


def ledger(bench: Bench) -> list[Any]:
    """The assignments, in their order."""
    return sorted(bench.rows(tables.assignment), key=lambda row: row.id)
