"""`why LEAD owner`, as marketing reads it: who got the lead, whose turn it was, and why it was none of the others."""

from __future__ import annotations

import pytest

from core.instants import HOUR, MINUTE
from leadrelay.history import in_words
from leadrelay.lineage.owners import assignments
from leadrelay.lineage.story import step
from leadrelay.store.database import Database
from leadrelay.store.ids import from_uid
from tests.support.routing import NOON, new_lead, plan_of, routed

INDENT = "  "
ANNA, BEN, CARA = "anna@acme.example", "ben@acme.example", "cara@acme.example"
TEAM = f"""
people: {{{ANNA}: {{languages: [de]}}, {BEN}: {{}}, {CARA}: {{away: [2025-11-20/2025-11-30]}}}}
pools: {{sales: {{members: [{ANNA}, {BEN}, {CARA}], fallback: rest}}}}
queues: {{rest: {{}}}}
"""
RULES = """
routing:
  reroute: when_overdue
  to:
  - {name: known account, when: {account.owner: {known: true}}, owner: account.owner}
  - {name: Austria, when: {company.country: {is: AT}}, pool: sales}
  - {name: everyone else, otherwise: true, queue: rest}
  respond_within: {minutes: 30}
"""


def told(database: Database, uid: str) -> list[str]:
    with database.read() as connection:
        found = assignments(connection, from_uid(uid), lambda one, depth: iter([step("clause", one["truth"], None, depth)]))
        return [f"{INDENT * reason.depth}{reason.what}" for reason in found]


def test_it_says_whose_turn_it_was_and_who_was_ruled_out(database: Database) -> None:
    lead = new_lead(7, NOON - 5 * MINUTE, {"company.country": "AT", "person.language": "de"})
    routed(database, plan_of(TEAM, RULES), [lead])
    owed = "owed 0 of a lead before, and 0.5 of a lead ahead after"
    assert told(database, lead.uid) == [
        f"the lead went to {ANNA} by the line `Austria`, by turn 1 of the pool sales: company.country is AT",
        "  the line `known account` was passed over: its condition is false [rules/r.yaml:5:5]",
        "    false",
        "  the line `Austria` was taken [rules/r.yaml:6:5]",
        "    true",
        f"  {CARA} of the pool sales was ruled out: is away until 2025-11-30",
        f"  it was the turn of {ANNA} before {BEN}, who could have had it too; {owed}",
        "  the answer is due by 2025-11-21 12:25 UTC, counted from 2025-11-21 11:55 UTC",
    ]


def test_it_tells_every_owner_that_a_lead_had_and_why_it_ended_in_a_queue(database: Database) -> None:
    plan = plan_of(TEAM, RULES)
    lead = new_lead(7, NOON, {"company.country": "AT"})
    for hour in range(3):
        lead = routed(database, plan, [lead], NOON + hour * HOUR).leads[lead.uid]
    found = [line for line in told(database, lead.uid) if not line.startswith("  ")]
    assert [line.partition(" by ")[0] for line in found] == [
        f"the lead went to {ANNA}", f"the lead went to {BEN}", "the lead went to the queue rest",
    ]  # fmt: skip
    assert f"it was taken from {ANNA} (no longer" in found[1]
    assert "the answer of ben@acme.example is overdue" in found[2]
    text = "\n".join(told(database, lead.uid))
    assert f"{BEN} of the pool sales was ruled out: has let this lead lie" in text
    assert "nobody of the pool sales could take it" in text


def test_a_lead_without_an_assignment_has_nothing_to_tell(database: Database) -> None:
    assert told(database, new_lead(9).uid) == []


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("routed", {"to": BEN, "pool": "dach", "line": "", "deadline_at": NOON, "away_from": ANNA},
         f"it went to {BEN} of the pool dach by the line ``, since {ANNA} let it lie; the answer is due by 2025-11-21 12:00 UTC"),
        ("routing_waits", {"pool": "sales", "until": NOON}, "it waits for the pool sales, which opens at 2025-11-21 12:00 UTC"),
        ("owner_moved", {"from": ANNA, "to": CARA}, f"it went from {ANNA} to {CARA} in the CRM, and stays there"),
    ],
)  # fmt: skip
def test_the_history_tells_where_a_lead_went(kind: str, data: dict[str, object], words: str) -> None:
    assert in_words(kind, data) == words
