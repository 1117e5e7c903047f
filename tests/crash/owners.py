"""Who gets a lead in an ordeal: everybody by turns of three, and what must be true of the ledger and of the records' owners."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import Connection

from leadrelay.store import tables
from tests.crash.crms import Crm

if TYPE_CHECKING:
    from tests.crash.chaos import Verdict

WEIGHTS = {"ann@acme.example": 3, "bo@acme.example": 2, "cy@acme.example": 1}

TEAM = f"""\
people: {{{", ".join(f"{email}: {{}}" for email in WEIGHTS)}}}
pools: {{sales: {{members: {{{", ".join(f"{email}: {weight}" for email, weight in WEIGHTS.items())}}}, fallback: rest}}}}
queues: {{rest: {{}}}}
"""

RULES = """\
scoring:
  limit: 100
  engagement: {demo_request: 30, half_life: 90 days}
  lifecycle_stage: {mql: {at_least: 30, until_below: 10}}
qualification:
  - {outcome: talk, when: {has_touch: {kind: demo_request}}, reason: asked for a demo}
  - {outcome: wait, otherwise: true, reason: did not ask for anything}
segments:
  posted: {when: {has_touch: {kind: demo_request}}}
routing:
  to: [{name: everybody, otherwise: true, pool: sales}]
"""


def write(folder: Path) -> None:
    """Put the rules and the team beside the configuration."""
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "rules" / "rules.yaml").write_text(RULES)
    (folder / "team.yaml").write_text(TEAM)


def add_users(crm: Crm) -> None:
    """Make the team's people users of a CRM."""
    action = "add_user" if crm.name == "salesforce" else "add_owner"
    for email in WEIGHTS:
        body = {"action": action, "name": email.partition("@")[0].title(), "email": email}
        httpx.post(f"{crm.server.url}/sandbox/actions", json=body, trust_env=False, timeout=30).raise_for_status()


def judge(verdict: Verdict, connection: Connection, people: int) -> None:
    """Every lead has one owner, by one turn; the turns are fair, and each thing that happens once is told once."""
    rows = list(connection.execute(tables.assignment.select()))
    verdict.expect("leads routed", len(rows), people)
    verdict.expect("leads routed twice", len(rows) - len({row.lead_id for row in rows}), 0)
    turns = sorted((row.turn, row.member) for row in rows if row.turn is not None)
    verdict.expect("turns lost or taken twice", sum(turn != number for number, (turn, _) in enumerate(turns, start=1)), 0)
    verdict.expect("turns off by more than one lead", _unfair(member for _, member in turns), 0)
    events = [row for row in connection.execute(tables.event.select()) if row.kind in ("stage", "routed")]
    told = Counter((row.lead_id, row.kind, json.loads(row.data).get("to")) for row in events)
    verdict.expect("stages and owners told twice", sum(count - 1 for count in told.values()), 0)


def _unfair(members: Iterable[str]) -> int:
    total, wrong = sum(WEIGHTS.values()), 0
    seen: Counter[str] = Counter()
    for number, member in enumerate(members, start=1):
        seen[member] += 1
        wrong += any(abs(seen[email] - number * weight / total) > 1 for email, weight in WEIGHTS.items())
    return wrong


def owners(connection: Connection) -> dict[str, str]:
    """The owner of each lead by the lead's uid."""
    from leadrelay.store.ids import to_uid

    query = tables.assignment.select().where(tables.assignment.c.is_current)
    return {to_uid(row.lead_id): row.member for row in connection.execute(query)}


def users_of(state: Mapping[str, Any]) -> dict[str, str]:
    """A CRM's users: the e-mail of each by id."""
    if "owners" in state:
        return {str(one["id"]): one["email"] for one in state["owners"]}
    records = state["records"]["User"]
    rows = records.values() if isinstance(records, dict) else records
    return {one["Id"]: one["Email"] for one in rows}
