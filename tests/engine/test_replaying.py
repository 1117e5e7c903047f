"""What other rules and mappings would make of stored leads: exactly those leads, exactly that, and nothing beside it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.golden import fold
from core.identity import make_key
from core.instants import DAY, HOUR
from core.lead import CRM_CHANGE, Cell, Touch
from core.lead_json import lead_from_json
from leadrelay.engine.deciding import decide
from leadrelay.engine.merges import Merges
from leadrelay.engine.rows import changed_row, touch_row
from leadrelay.engine.unmerging import Unmerges
from leadrelay.store import leads, tables
from leadrelay.store.ids import from_uid, to_uid
from tests.engine.conftest import Bench, Hand
from tests.engine.ruled import FORM, ruled, write_rules
from tests.support.commands import Commands
from tests.support.project import LEAD_MAPPING
from tests.support.replaying import applying, lead_rows, previewed, snapshot, store_leads

RULES = """\
scoring:
  limit: 100
  fit: [{name: DACH, when: {company.country: {in: [DE, CH]}}, points: 20}]
  engagement: {visit: 1, webinar_signup: 40, half_life: 90 days}
  lifecycle_stage: {mql: {at_least: 45, until_below: 5}}
qualification:
  - {outcome: talk, when: {company.country: {in: [DE, CH]}}, reason: near}
  - {outcome: wait, otherwise: true, reason: far}
segments:
  near: {when: {company.country: {in: [DE, CH]}}}
"""
PLANTED = RULES.replace("[DE, CH]", "[DE, CH, AT]")
COUNTRIES = ("DE", "CH", "FR", "IT", "AT", "US", "GB", "NL", "PL", "ES")
ANNA = "anna@team.example"


@pytest.fixture
def replayed(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[Bench]:
    """A migrated store of each kind under rules with a score that fades."""
    lead = LEAD_MAPPING.replace("each_touch:", "  Rating:      {from: outcome, update: always}\neach_touch:")
    with ruled(tmp_path, store_url, clock, RULES, lead=lead) as made:
        yield made


def write_form(path: Path, text: str) -> None:
    (path.parent / "mappings" / "form.yaml").write_text(text)


def person(index: int) -> dict[str, str]:
    kind = "visit" if index % 3 else "webinar_signup"
    email = f"pat{index}@firm{index}.example"
    return {"person.last_name": f"Nr{index}", "person.email": email, "company.country": COUNTRIES[index % 10], "touch.kind": kind}


def values(row: Any) -> dict[str, Any]:
    return {path: won.value for path, won in lead_from_json(to_uid(row.id), row.version, json.loads(row.record)).fields.items()}


def posted(bench: Bench, **names: str) -> str:
    """Post and decide one touch; the uid of its lead."""
    bench.clock.forward(1000)
    number = bench.post(**names, at=str(bench.clock()))
    bench.process()
    return to_uid(next(row.lead_id for row in bench.rows(tables.touch) if row.id == number))


# --- a planted change -------------------------------------------------------------------------------------------------


def test_a_planted_change_over_ten_thousand_leads_changes_exactly_those_it_is_about_and_moves_no_owner(replayed: Bench) -> None:
    app, clock = replayed.app, replayed.clock
    uids = store_leads(app, 10_000, person, owner=ANNA)
    clock.forward(2 * DAY)  # so that the scores of many leads have faded, which is none of a replay's business
    write_rules(app.path, PLANTED)
    before, rows = snapshot(app), dict(lead_rows(app))
    expected = {uid for index, uid in enumerate(uids) if COUNTRIES[index % 10] == "AT"}

    seen = previewed(app)
    assert seen.changed == expected and len(expected) == 1_000
    assert {name: seen.counts[name] for name in ("leads", "changed", "score", "outcome", "segment", "crm")} == {
        "leads": 10_000, "changed": 1_000, "score": 1_000, "outcome": 1_000, "segment": 1_000, "crm": 1_000,
    }  # fmt: skip
    assert 0 < seen.counts["stage"] < 1_000 < seen.counts["by_time"]
    told = {change.field: (change.before, change.after) for change in seen.leads[min(expected)].changes}
    assert told["outcome"] == ("wait", "talk") and told["segments"] == ((), ("near",)) and told["Rating"] == ("wait", "talk")
    after = snapshot(app)
    assert {name for name in after if after[name] != before[name]} == {"replay", "replay_lead"}, "a preview changes no lead"

    clock.forward(5 * DAY)  # what is applied is what was shown, as of then, though the scores have faded since
    app.keeper.reload()
    done = applying(app, seen)
    assert done.moved() == []
    applied = done.run(lambda *_: None)
    assert (applied.leads, applied.before, applied.moved) == (1_000, 0, [])
    now = dict(lead_rows(app))
    assert {uid for uid in uids if now[uid] != rows[uid]} == expected
    assert {values(row)["owner.email"] for row in now.values()} == {ANNA}
    for uid in expected:
        wanted = {change.field: change.after for change in seen.leads[uid].changes if change.what != "crm"}
        assert {path: values(now[uid]).get(path) for path in wanted} == wanted and now[uid].version == rows[uid].version + 1
    written = snapshot(app)
    assert {name for name in written if written[name] != after[name]} == {
        "lead", "event", "delivery", "replay", "replay_lead", "config_version",
    }  # fmt: skip
    deliveries = replayed.rows(tables.delivery)
    assert {to_uid(row.lead_id) for row in deliveries} == expected and {row.priority for row in deliveries} == {1}
    kinds = {row.kind for row in replayed.rows(tables.event)}
    assert kinds == {"replayed", "outcome", "segment", "stage"}
    assert all("replay" in json.loads(row.data) for row in replayed.rows(tables.event)), "each says that a replay did it"

    clock.forward(HOUR)
    again = previewed(app)
    assert again.changed == set() and again.counts["leads"] == 10_000


# --- applying ---------------------------------------------------------------------------------------------------------


def test_leads_that_changed_since_the_preview_are_named_and_those_that_change_meanwhile_are_left_alone(replayed: Bench) -> None:
    app = replayed.app
    first = posted(replayed, last_name="Weber", email="weber@acme.example", country="AT", kind="visit")
    second = posted(replayed, last_name="Maier", email="maier@firm.example", country="AT", kind="visit")
    write_rules(app.path, PLANTED)
    seen = previewed(app)
    assert seen.changed == {first, second}
    todo = applying(app, seen, batch=1)
    assert todo.moved() == []

    def change_the_later_one(done: int, of: int | None) -> None:
        if done == 1 and of == 2:
            mail = "maier@firm.example" if max(first, second) == second else "weber@acme.example"
            name = "Maier" if max(first, second) == second else "Weber"
            posted(replayed, last_name=name, email=mail, country="AT", kind="webinar_signup")

    done = todo.run(change_the_later_one)
    assert (done.leads, done.moved) == (1, [max(first, second)])
    assert applying(app, seen).moved() == [max(first, second)]
    rows = dict(lead_rows(app))
    assert (rows[min(first, second)].outcome, rows[max(first, second)].outcome) == ("talk", "wait")


def test_an_interrupted_apply_goes_on_where_it_was(replayed: Bench) -> None:
    app = replayed.app
    store_leads(app, 50, person)
    write_rules(app.path, PLANTED)
    seen = previewed(app)

    def stop(done: int, _of: int | None) -> None:
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        applying(app, seen, batch=2).run(stop)
    assert sum(row.outcome == "talk" for _, row in lead_rows(app)) == 10 + 2
    done = applying(app, seen, batch=2).run(lambda *_: None)
    assert (done.leads, done.before, done.moved) == (3, 2, [])
    assert previewed(app).changed == set()


def test_an_apply_that_is_killed_is_gone_on_with_and_changes_each_lead_once(replayed: Bench, commands: Commands) -> None:
    app = replayed.app
    store_leads(app, 1_500, lambda index: {**person(index), "company.country": "AT"})
    write_rules(app.path, PLANTED)
    app.close()
    apply = ["replay", "--config", str(app.path), "--apply", "--yes", "--json"]

    def applied() -> int:
        return sum(row.is_applied for row in replayed.rows(tables.replay_lead))

    with commands.start(*apply) as process:
        give_up_at = time.monotonic() + 60
        while not applied():
            assert process.poll() is None and time.monotonic() < give_up_at, "it was done before it could be killed"
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    before = applied()
    assert 0 < before < 1_500 and sum(row.outcome == "talk" for _, row in lead_rows(app)) == before
    ended = commands.run(*apply)
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["resumed_after"], document["applied"], document["changed_since"]) == (before, 1_500 - before, [])
    assert {row.version for _, row in lead_rows(app)} == {2}
    assert sum(row.kind == "replayed" for row in replayed.rows(tables.event)) == 1_500
    assert previewed(app).changed == set()


# --- mappings ---------------------------------------------------------------------------------------------------------


def test_a_changed_mapping_folds_leads_anew_and_keeps_what_was_decided_and_told_beside_it(replayed: Bench) -> None:
    app = replayed.app
    uid = posted(
        replayed, last_name="Weber", email="anna@acme.example", country="DE", land="AT", kind="webinar_signup", need="GPU"
    )
    posted(replayed, last_name="Weber", email="anna@acme.example", country="DE", kind="visit")
    row = dict(lead_rows(app))[uid]
    record = json.loads(row.record)
    record["won"].append([row.updated_at, "", {"owner.email": ANNA, "response_due_at": "2026-11-21T09:30:00Z"}])
    with app.database.write() as connection:
        connection.execute(tables.lead.update().values(record=json.dumps(record)))
    other = posted(replayed, last_name="Maier", email="bernd@acme.example", kind="visit")
    write_form(app.path, FORM.replace("kind\n", "kind\n  interest.need:     need\n"))
    seen = previewed(app)
    assert seen.changed == {uid} and seen.counts == {"leads": 2, "changed": 1, "fields": 1, "touches": 1, "crm": 1}
    (crm,) = [change for change in seen.leads[uid].changes if change.what == "crm"]
    assert (crm.field, crm.before, crm.after) == ("Title", None, "GPU")
    app.keeper.reload()
    assert applying(app, seen).run(lambda *_: None).leads == 1
    found = values(dict(lead_rows(app))[uid])
    assert (found["interest.need"], found["owner.email"], found["lifecycle_stage"]) == ("GPU", ANNA, "mql")
    assert found["response_due_at"] == "2026-11-21T09:30:00Z" and found["score.total"] == values(row)["score.total"]
    told = {row.id: json.loads(row.fields) for row in replayed.rows(tables.touch)}
    assert [fields.get("interest.need") for _, fields in sorted(told.items())].count("GPU") == 1
    assert previewed(app).changed == set() and other in dict(lead_rows(app))


def test_reading_everything_again_changes_nothing_of_leads_that_merged_were_routed_and_heard_of_in_a_crm(replayed: Bench) -> None:
    app, clock = replayed.app, replayed.clock
    (app.path.parent / "team.yaml").write_text(TEAM)
    write_rules(app.path, RULES + ROUTING)
    app.keeper.reload()
    kept = posted(replayed, first_name="Anna", last_name="Weber", email="anna@acme.example", country="AT", kind="webinar_signup")
    gone = posted(replayed, last_name="Weber", email="anna@home.example", country="DE", kind="visit")
    Merges(app.database, app.process_plan, clock, app.ids).merge(kept, gone, by="me")
    plan, row = app.process_plan(), dict(lead_rows(app))[kept]
    lead = lead_from_json(kept, row.version, json.loads(row.record))
    said = {"status": "working", "lifecycle_stage": "sql", "consent.email_marketing": "opted_out"}
    told = Touch(
        to_uid(app.ids.one(clock())), "salesforce", clock(), CRM_CHANGE, {path: Cell(text, text) for path, text in said.items()}
    )
    after = decide(plan, fold(lead, told, plan.catalogue, uid=kept), lead, clock()).lead
    with app.database.write() as connection:
        leads.write_leads(connection, (), [changed_row(after, row.version, clock(), None)])
        leads.write_touches(connection, [touch_row(from_uid(told.uid), from_uid(kept), told, "as it was")])
        connection.execute(tables.touch.update().values(config_hash="a configuration that nobody knows"))
    assert previewed(app).counts == {"leads": 1}
    write_form(app.path, FORM.replace("  person.first_name: first_name\n", ""))
    seen = previewed(app)
    assert {change.field for change in seen.leads[kept].changes if change.what == "fields"} == {"person.first_name"}
    app.keeper.reload()
    applying(app, seen).run(lambda *_: None)
    found = values(dict(lead_rows(app))[kept])
    assert {path: found[path] for path in said} == said and found["owner.email"] == ANNA and "person.first_name" not in found
    assert previewed(app).changed == set() and app.audit()["unaccounted"] == 0


def test_leads_that_part_after_a_replay_say_what_the_new_mapping_says(replayed: Bench) -> None:
    app, clock = replayed.app, replayed.clock
    kept = posted(replayed, first_name="Anna", last_name="Weber", email="anna@acme.example", kind="webinar_signup")
    gone = posted(replayed, first_name="Anne", last_name="Weber", email="anna@home.example", kind="webinar_signup")
    Merges(app.database, app.process_plan, clock, app.ids).merge(kept, gone, by="me")
    write_form(app.path, FORM.replace("person.first_name: first_name", "touch.message:     first_name"))
    seen = previewed(app)
    assert seen.changed == {kept} and {change.touch for change in seen.leads[kept].changes if change.what == "touches"} != {""}
    app.keeper.reload()
    applying(app, seen).run(lambda *_: None)
    Unmerges(app.database, app.process_plan, clock, app.ids).unmerge(kept, gone, by="me")
    found = {uid: values(row) for uid, row in lead_rows(app)}
    assert [(found[uid].get("person.first_name"), found[uid]["last_touch.message"]) for uid in (kept, gone)] == [
        (None, "Anna"), (None, "Anne"),
    ]  # fmt: skip
    assert previewed(app).changed == set()


def test_content_that_is_gone_or_would_name_nobody_leaves_the_stored_values_and_is_counted(replayed: Bench) -> None:
    app = replayed.app
    gone = posted(replayed, last_name="Weber", email="anna@acme.example", need="GPU", kind="visit")
    held = posted(replayed, mail="", email="bernd@acme.example", need="CPU", kind="visit")
    with app.database.write() as connection:
        mine = tables.submission.c.lead_id == from_uid(gone)
        connection.execute(tables.submission.update().where(mine).values(body=None, headers=""))
    write_form(app.path, FORM.replace("person.email:      email", "person.email:      mail\n  interest.need:     need"))
    seen = previewed(app)
    assert (seen.changed, seen.counts) == (set(), {"leads": 2, "without_content": 1, "held": 1})
    assert {values(row)["person.email"] for _, row in lead_rows(app)} == {"anna@acme.example", "bernd@acme.example"}
    assert held in dict(lead_rows(app))


def test_new_match_keys_join_nobody_and_are_told_where_another_lead_has_them(replayed: Bench) -> None:
    app = replayed.app
    first = posted(replayed, last_name="Weber", email="anna@acme.example", kind="visit")
    second = posted(replayed, last_name="Weber", email="office@acme.example", own="anna@acme.example", kind="visit")
    third = posted(replayed, last_name="Maier", email="x@y.example", own="carl@acme.example", kind="visit")
    assert len({first, second, third}) == 3
    write_form(app.path, FORM.replace("person.email:      email", "person.email:      {from: [own, email]}"))
    seen = previewed(app)
    assert seen.changed == {second, third} and seen.counts["joins_others"] == 1
    assert [uid for uid, one in seen.leads.items() if one.joins_others] == [second]
    touches = {row.id: row.lead_id for row in replayed.rows(tables.touch)}
    applying(app, seen).run(lambda *_: None)
    assert {row.id: row.lead_id for row in replayed.rows(tables.touch)} == touches, "whose touch it is stays"
    owners = {row.text: to_uid(row.lead_id) for row in replayed.rows(tables.lead_key) if row.kind == "email"}
    assert (owners["anna@acme.example"], owners["carl@acme.example"]) == (first, third)
    assert make_key("email", "carl@acme.example").hash in {row.hash for row in replayed.rows(tables.lead_key)}
    app.keeper.reload()
    assert previewed(app).changed == set()


# --- owners -----------------------------------------------------------------------------------------------------------

TEAM = f"""\
people: {{{ANNA}: {{}}, ben@team.example: {{}}}}
pools: {{sales: {{members: [{ANNA}], fallback: rest}}, south: {{members: [ben@team.example], fallback: rest}}}}
queues: {{rest: {{}}}}
"""
ROUTING = """\
routing:
  start_when: {company.country: {known: true}}
  to:
  - {name: all, otherwise: true, pool: sales}
"""


def test_leads_without_owner_show_where_they_would_go_and_a_replay_sends_them_nowhere(replayed: Bench) -> None:
    app = replayed.app
    (app.path.parent / "team.yaml").write_text(TEAM)
    write_rules(app.path, RULES + ROUTING)
    app.keeper.reload()
    owned = posted(replayed, last_name="Weber", email="anna@acme.example", country="AT", kind="visit")
    free = posted(replayed, last_name="Maier", email="bernd@acme.example", kind="visit")
    assert values(dict(lead_rows(app))[owned])["owner.email"] == ANNA
    before = snapshot(app, "assignment", "rotation", "timer", "alert", "notice", "lead")
    changed = ROUTING.replace("{known: true}", "{known: false}").replace(
        "  to:\n", "  to:\n  - {name: South, when: {company.country: {is: AT}}, pool: south}\n"
    )
    write_rules(app.path, RULES + changed.replace("start_when: {company.country: {known: false}}\n  ", ""))
    seen = previewed(app)
    assert (seen.changed, seen.counts) == (set(), {"leads": 2, "routed_otherwise": 1})
    way = seen.leads[free].way
    assert way is not None and (way.before, way.after, way.has_owner) == ("waits", "pool sales (all)", False)
    way = previewed(app, is_owners=True).leads[owned].way
    assert way is not None and (way.before, way.after, way.has_owner) == ("pool sales (all)", "pool south (South)", True)
    assert applying(app, seen).run(lambda *_: None).leads == 0
    assert snapshot(app, *before) == before


def test_a_rule_change_keeps_an_owner_a_deadline_and_what_a_lead_waits_for(replayed: Bench) -> None:
    app = replayed.app
    (app.path.parent / "team.yaml").write_text(TEAM)
    write_rules(app.path, RULES + ROUTING)
    app.keeper.reload()
    uid = posted(replayed, last_name="Weber", email="anna@acme.example", country="AT", kind="visit")
    before, row = snapshot(app, "assignment", "rotation", "timer", "alert", "notice", "action"), dict(lead_rows(app))[uid]
    write_rules(app.path, PLANTED + ROUTING)
    seen = previewed(app)
    assert seen.changed == {uid}
    assert applying(app, seen).run(lambda *_: None).leads == 1
    after = dict(lead_rows(app))[uid]
    assert (values(after)["owner.email"], after.outcome) == (ANNA, "talk")
    assert row.decide_at is None or (after.decide_at is not None and after.decide_at <= row.decide_at)
    assert snapshot(app, *before) == before
