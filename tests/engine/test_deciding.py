"""What the rules make of leads while they come in, are told of by CRMs, merge, and grow old."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.golden import fold
from core.instants import DAY, HOUR
from core.lead import CRM_CHANGE, Cell, Lead, Touch
from core.lead_json import cells_to_json
from leadrelay.app import App, open_app
from leadrelay.engine.deciding import decide, still_decided, told_moves
from leadrelay.engine.merges import Merges
from leadrelay.engine.redeciding import Counts, Rescore
from leadrelay.engine.unmerging import Unmerges
from leadrelay.store import tables
from leadrelay.store.ids import from_uid, to_uid
from tests.engine.conftest import Bench, Hand
from tests.engine.ruled import FORM, events, ruled, write_rules
from tests.support.project import write_project

RULES = """\
scoring:
  limit: 100
  fit: [{name: DACH, when: {company.country: {in: [DE, AT, CH]}}, points: 20}]
  engagement: {visit: 1, newsletter_signup: 2, webinar_signup: 40, unsubscribed: -5, half_life: 90 days}
  bands: {hot: 80, warm: 40, cold: 0}
  lifecycle_stage: {mql: {at_least: 25}, sql: {at_least: 80, until_below: 60}}
qualification:
  - {outcome: talk, when: {score.total: {at_least: 80}}, reason: a score of 80}
  - {outcome: wait, otherwise: true, reason: not yet}
"""

WINDOW = """\
qualification:
  - {outcome: fresh, when: {has_touch: {kind: [demo_request], within: 10 days}}, reason: asked lately}
  - {outcome: stale, otherwise: true, reason: asked long ago}
"""

PLACED = """\
segments:
  dach: {when: {company.country: {in: [DE, AT, CH]}}}
stages:
  journey_stage:
    rules:
      - {stage: decision, when: {has_touch: {kind: [demo_request]}}}
      - {stage: awareness, otherwise: true}
"""


@pytest.fixture
def scored(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[Bench]:
    """A migrated store of each kind under rules with a score."""
    with ruled(tmp_path, store_url, clock, RULES) as made:
        yield made


def person(number: int = 1, **more: str) -> dict[str, str]:
    return {"first_name": "Pat", "last_name": f"Nr{number}", "email": f"pat{number}@firm.example", **more}


def do(bench: Bench, *kinds: str, number: int = 1, **more: str) -> None:
    """Let a person do these, one batch after another, a second apart."""
    for kind in kinds:
        bench.clock.forward(1000)
        bench.post(**person(number, kind=kind, **more), at=str(bench.clock()))
        bench.process()


def only(bench: Bench) -> Any:
    (row,) = bench.rows(tables.lead)
    return row


def moves(bench: Bench) -> list[tuple[str, str]]:
    return [(one["from"], one["to"]) for one in events(bench, "stage")]


# --- as touches come in -----------------------------------------------------------------------------------------------


def test_a_touch_makes_score_outcome_and_stage_in_the_record_and_in_columns(scored: Bench) -> None:
    do(scored, "webinar_signup", country="DE")
    row = only(scored)
    record = scored.record(row)
    assert (row.score, row.stage, row.outcome) == (60, "mql", "wait")
    assert (record["score.total"], record["score.fit"], record["score.engagement"]) == (60, 20, 40)
    assert (record["score.band"], record["lifecycle_stage"]) == ("warm", "mql")
    assert "score.behaviour" not in record and "score.grade" not in record
    assert moves(scored) == [("", "mql")]


def test_a_score_that_swings_around_a_threshold_is_told_once(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup", "unsubscribed", "newsletter_signup", "newsletter_signup")  # 40 80 75 77 79
    do(scored, "newsletter_signup", "unsubscribed", "webinar_signup")
    told = events(scored, "stage")
    assert [(one["from"], one["to"]) for one in told] == [("", "mql"), ("mql", "sql")]
    assert told[1]["score"] == 80 and told[1]["rule"] == "a score of 80 is at least 80" and len(told[1]["rules"]) > 6
    assert [(one["from"], one["to"]) for one in events(scored, "outcome")] == [
        ("wait", "talk"), ("talk", "wait"), ("wait", "talk"), ("talk", "wait"), ("wait", "talk"),
    ]  # fmt: skip


def test_a_stage_that_the_score_has_left_is_told_again(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup", *["unsubscribed"] * 5, "webinar_signup")
    assert moves(scored) == [("", "mql"), ("mql", "sql"), ("sql", "mql"), ("mql", "sql")]


def test_posts_that_a_vendor_sends_again_count_once_and_tell_a_crossing_once(scored: Bench) -> None:
    came = ["webinar_signup", "webinar_signup", "unsubscribed", *["visit"] * 6, "unsubscribed", "webinar_signup"]
    for number, kind in enumerate(came):  # 40 80 75 76 77 78 79 80 81 76 116
        for _ in range(2):
            scored.clock.forward(1000)
            scored.post(**person(kind=kind, submission_id=f"S{number}"))
            scored.process()
    assert moves(scored) == [("", "mql"), ("mql", "sql")]
    assert (only(scored).score, len(scored.rows(tables.touch))) == (100, len(came))
    history = scored.app.views.history(to_uid(only(scored).id))
    assert history is not None
    assert [one.what.partition(":")[0] for one in history.events if one.kind == "stage"] == [
        "lifecycle_stage went from none to mql", "lifecycle_stage went from mql to sql",
    ]  # fmt: skip


# --- what sales does --------------------------------------------------------------------------------------------------


def told(lead: Lead, stage: str, at: int) -> Touch:
    return Touch(f"CRM{at}", "salesforce", at, CRM_CHANGE, {"lifecycle_stage": Cell(stage, stage)})


def lead_of(bench: Bench, row: Any) -> Lead:
    from core.lead_json import lead_from_json

    return lead_from_json(to_uid(row.id), row.version, json.loads(row.record))


def test_a_stage_that_sales_moved_back_is_not_entered_again_while_its_mark_stands(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup", "newsletter_signup")
    plan, now = scored.app.process_plan(), scored.clock()
    before = lead_of(scored, only(scored))
    moved = fold(before, told(before, "lead", now + 1), plan.catalogue, uid=before.uid)
    found = decide(plan, moved, before, now + 2)
    assert (found.lead.value("lifecycle_stage"), found.lead.value("score.total")) == ("lead", 82)
    assert found.events == []
    ((_, said),) = told_moves(plan, moved, before, {moved.fields["lifecycle_stage"].touch})
    assert (said["from"], said["to"], said["kind"], said["skipped"]) == ("sql", "lead", "return", ["mql"])
    again = decide(plan, found.lead, found.lead, now + 2)
    assert again.lead is found.lead
    old = decide(plan, found.lead, found.lead, now + 45 * DAY)  # 58 are left: the mark goes
    assert old.lead.value("lifecycle_stage") == "lead" and "stage:sql" not in old.lead.marks and "stage:mql" in old.lead.marks
    assert old.lead.version == found.lead.version + 1
    webinar = Touch("NEW", "website", now + 45 * DAY, "webinar_signup", {})
    once_more = decide(plan, fold(old.lead, webinar, plan.catalogue, uid=old.lead.uid), old.lead, now + 45 * DAY)
    assert once_more.lead.value("lifecycle_stage") == "sql"


def test_a_stage_that_sales_gave_is_not_taken_back_by_a_low_score(scored: Bench) -> None:
    do(scored, "newsletter_signup")
    plan, now = scored.app.process_plan(), scored.clock()
    before = lead_of(scored, only(scored))
    moved = fold(before, told(before, "sql", now + 1), plan.catalogue, uid=before.uid)
    assert decide(plan, moved, before, now + 2).lead.value("lifecycle_stage") == "sql"


# --- merges -----------------------------------------------------------------------------------------------------------


def test_a_merge_keeps_the_furthest_stage_and_every_mark_and_taking_it_back_gives_each_its_own(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup", number=1)
    do(scored, "newsletter_signup", number=2)
    first, second = sorted(scored.rows(tables.lead), key=lambda row: row.id)
    app = scored.app
    before = [lead_of(scored, row) for row in (first, second)]
    Merges(app.database, app.process_plan, scored.clock, app.ids).merge(to_uid(second.id), to_uid(first.id), by="me")
    row = next(row for row in scored.rows(tables.lead) if row.id == second.id)
    merged = lead_of(scored, row)
    assert (row.stage, row.score) == ("sql", 82)
    assert {mark for mark in merged.marks if mark.startswith("stage:")} == {"stage:mql", "stage:sql"}
    do(scored, "newsletter_signup", number=2)
    assert moves(scored)[-1] == ("mql", "sql") and len(moves(scored)) == 2
    Unmerges(app.database, app.process_plan, scored.clock, app.ids).unmerge(to_uid(second.id), to_uid(first.id), by="me")
    after = [lead_of(scored, row) for row in sorted(scored.rows(tables.lead), key=lambda row: row.id)]
    assert [(one.value("score.total"), one.value("lifecycle_stage")) for one in after] == [(80, "sql"), (4, None)]
    stages = [{mark: key for mark, key in one.marks.items() if mark.startswith("stage:")} for one in (*before, *after)]
    assert stages[:2] == stages[2:]
    back = events(scored, "stage")[-1]
    assert {name: back[name] for name in ("field", "from", "to", "by", "reason")} == {
        "field": "lifecycle_stage", "from": "sql", "to": "", "by": "me",
        "reason": f"the merge with lead {to_uid(first.id)} was taken back",
    }  # fmt: skip
    assert len(moves(scored)) == 3, "the lead that comes back is where it was told to be"
    why = app.views.why(to_uid(second.id), "status")
    assert why is not None
    said = f"lifecycle_stage went from sql to none: the merge with lead {to_uid(first.id)} was taken back"
    assert said in [reason.what for reason in why.reasons]


def test_a_merge_and_taking_it_back_leave_the_stage_that_was_reached_after_the_crm_had_told_an_earlier_one(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup", number=1)
    do(scored, "newsletter_signup", number=2)
    row = min(scored.rows(tables.lead), key=lambda row: row.id)
    other = max(scored.rows(tables.lead), key=lambda row: row.id)
    catalogue = scored.app.process_plan().catalogue
    lead = lead_of(scored, row)
    reached = lead.fields["lifecycle_stage"]
    earlier = told(lead, "lead", reached.at - 1)
    merged = fold(lead, earlier, catalogue, uid=lead.uid)
    assert merged.value("lifecycle_stage") == "lead"  # what the fold alone makes of it
    assert still_decided(merged, lead).value("lifecycle_stage") == "sql"
    later = fold(lead, told(lead, "lead", reached.at + 1), catalogue, uid=lead.uid)
    assert still_decided(later, lead).value("lifecycle_stage") == "lead"  # sales has the last word
    assert still_decided(lead, merged) is lead

    store_touch(scored, other.id, earlier)
    app = scored.app
    Merges(app.database, app.process_plan, scored.clock, app.ids).merge(to_uid(row.id), to_uid(other.id), by="me")
    assert next(one.stage for one in scored.rows(tables.lead) if one.id == row.id) == "sql"
    Unmerges(app.database, app.process_plan, scored.clock, app.ids).unmerge(to_uid(row.id), to_uid(other.id), by="me")
    assert next(one.stage for one in scored.rows(tables.lead) if one.id == row.id) == "sql"


def store_touch(bench: Bench, lead_id: int, touch: Touch) -> None:
    """What a CRM told of a lead, as reading back stores it."""
    with bench.app.database.write() as connection:
        said = {
            "source": touch.source,
            "kind": touch.kind,
            "at": touch.at,
            "fields": json.dumps(cells_to_json(touch.fields)),
            "config_hash": "",
        }
        connection.execute(tables.touch.insert().values(id=bench.app.ids.one(touch.at), lead_id=lead_id, **said))


# --- time alone -------------------------------------------------------------------------------------------------------


def test_time_alone_takes_a_stage_back_at_the_moment_when_the_score_crosses(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup")
    again = scored.app.decide_again()
    assert again.run_once() == 0
    days = 0.0
    while only(scored).stage == "sql":
        row = only(scored)
        assert row.decide_at is not None and row.decide_at > scored.clock()
        days += (row.decide_at - scored.clock()) / DAY
        scored.clock.now = row.decide_at
        assert again.run_once() == 1
        scored.clock.forward(0)
    row = only(scored)
    assert row.score == 59 and days == pytest.approx(38.4, abs=1.0)  # 80 / 2^(days/90) < 59.5
    assert moves(scored)[-1] == ("sql", "mql")
    assert (row.updated_at, row.decide_at > row.updated_at) == (scored.clock(), True)


def test_a_mere_number_moves_at_most_daily_and_wants_the_sinks_behind_fresh_leads(scored: Bench) -> None:
    do(scored, "webinar_signup", "newsletter_signup")
    made = only(scored)
    assert made.decide_at == made.created_at + DAY  # CRMs were told of 40 then, and are told of 42 a day later
    scored.clock.now = made.decide_at
    assert scored.app.decide_again().run_once() == 1
    before = only(scored)
    assert (before.version, before.score) == (made.version + 1, made.score)
    assert before.decide_at >= scored.clock() + DAY
    scored.clock.now = before.decide_at
    assert scored.app.decide_again().run_once() == 1
    after = only(scored)
    assert (after.version, after.score) == (before.version + 1, before.score - 1)
    (delivery,) = scored.rows(tables.delivery)
    assert delivery.want == after.version
    assert events(scored, "stage") == events(scored, "stage")[:1]


def test_leads_whose_score_time_does_not_change_are_never_due(store_url: str, tmp_path: Path, clock: Hand) -> None:
    with ruled(tmp_path, store_url, clock, RULES.replace(", half_life: 90 days", "")) as bench:
        do(bench, "webinar_signup")
        assert only(bench).decide_at is None


def test_an_outcome_that_asks_for_a_window_follows_when_the_window_ends(store_url: str, tmp_path: Path, clock: Hand) -> None:
    with ruled(tmp_path, store_url, clock, WINDOW) as bench:
        do(bench, "demo_request")
        assert only(bench).outcome == "fresh"
        bench.clock.forward(10 * DAY + HOUR)
        again = bench.app.decide_again()
        assert (again.run_once(), again.run_once()) == (1, 0)
        row = only(bench)
        assert (row.outcome, row.decide_at) == ("stale", None)
        assert [(one["from"], one["to"]) for one in events(bench, "outcome")] == [("fresh", "stale")]


def test_two_workers_that_decide_the_same_leads_again_tell_each_move_once(scored: Bench) -> None:
    for number in range(7):
        do(scored, "webinar_signup", "webinar_signup", number=number)
    scored.clock.forward(60 * DAY)
    first, second = scored.app.decide_again(), scored.app.decide_again()
    rows_of = second._rows

    def slow(connection: Any, due: Any, now: int) -> Any:
        rows = rows_of(connection, due, now)
        first.run_once()
        return rows

    if scored.app.database.is_sqlite:
        second._rows = slow  # type: ignore[method-assign]
    assert second.run_once() + first.run_once() in (0, 7)
    assert moves(scored).count(("sql", "mql")) == 7
    assert {row.stage for row in scored.rows(tables.lead)} == {"mql"}


# --- new rules --------------------------------------------------------------------------------------------------------


def rescored(bench: Bench, batch: int = 3) -> tuple[Counts, int]:
    return Rescore(bench.app.database, bench.app.process_plan(), bench.clock, bench.app.ids, batch=batch).run(lambda *_: None)


def test_new_rules_rescore_all_leads_once_and_a_second_run_changes_nothing(scored: Bench, tmp_path: Path) -> None:
    for number in range(8):
        do(scored, "newsletter_signup", number=number)
    write_rules(scored.app.path, RULES.replace("newsletter_signup: 2", "newsletter_signup: 30"))
    scored.app.keeper.reload()
    assert rescored(scored) == (Counts(leads=8, changed=8, score=8, outcome=0, stage=8), 0)
    assert {(row.score, row.stage) for row in scored.rows(tables.lead)} == {(30, "mql")}
    assert len({lead_of(scored, row).marks["score:rules"] for row in scored.rows(tables.lead)}) == 1
    assert rescored(scored) == (Counts(leads=8), 0)
    assert scored.count(tables.marker) == 0 or not [row for row in scored.rows(tables.marker) if row.name == "rescore"]


def test_an_interrupted_rescore_goes_on_where_it_was(scored: Bench) -> None:
    for number in range(7):
        do(scored, "newsletter_signup", number=number)

    def stop(done: int, of: int | None) -> None:
        if done >= 3:
            raise KeyboardInterrupt

    rescore = Rescore(scored.app.database, scored.app.process_plan(), scored.clock, scored.app.ids, batch=3)
    with pytest.raises(KeyboardInterrupt):
        rescore.run(stop)
    assert rescored(scored) == (Counts(leads=7), 3)
    assert rescored(scored) == (Counts(leads=7), 0)


def test_leads_stored_before_acts_were_kept_get_them_from_their_touches(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup")
    row = only(scored)
    record = {key: value for key, value in json.loads(row.record).items() if key != "acts"}
    with scored.app.database.write() as connection:
        connection.execute(tables.lead.update().values(record=json.dumps(record), score=None))
    assert rescored(scored)[0].leads == 1
    lead = lead_of(scored, only(scored))
    assert ([act.kind for act in lead.acts], lead.value("score.total"), only(scored).score) == (["webinar_signup"] * 2, 80, 80)


def test_a_lead_stored_before_signs_were_kept_is_looked_at_again(scored: Bench) -> None:
    do(scored, "newsletter_signup", first_name="Hjklhjkl", last_name="Weber")
    fresh = lead_of(scored, only(scored))
    assert (fresh.value("person.verdict"), fresh.value("last_touch.signs")) == ("doubtful", ("name_mashed",))
    without = ("person.verdict", "person.verdict_reasons", "first_touch.signs", "last_touch.signs")
    stored = replace(fresh, fields={path: won for path, won in fresh.fields.items() if path not in without})
    again = decide(scored.app.process_plan(), stored, stored, scored.clock()).lead
    assert [again.value(path) for path in without[:2]] == [fresh.value(path) for path in without[:2]]


def test_rules_that_fail_leave_the_lead_as_it_is(scored: Bench) -> None:
    do(scored, "webinar_signup")
    lead = lead_of(scored, only(scored))
    broken = replace(lead, acts=(None,))  # type: ignore[arg-type]
    assert decide(scored.app.process_plan(), broken, broken, scored.clock()).lead is broken


def test_several_workers_tell_a_crossing_once(scored: Bench, store_url: str) -> None:
    """Forty points in forty touches, by four workers at once: one event for each threshold."""
    from concurrent.futures import ThreadPoolExecutor

    apps: list[App] = [open_app(scored.app.path, {}, clock=scored.clock) for _ in range(4)]
    for app in apps:
        app.keeper.start()
    for number in range(40):
        scored.clock.forward(1)
        scored.post(**person(1, kind="visit"), at=str(number))
    do_all = [app.processor(batch=3) for app in apps]

    def work(index: int) -> int:
        count = idle = 0
        while idle < 20:
            done = do_all[index].run_once()
            count, idle = count + done, 0 if done else idle + 1
        return count

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 40
    for app in apps:
        app.close()
    assert (only(scored).score, moves(scored)) == (40, [("", "mql")])
    assert from_uid(lead_of(scored, only(scored)).uid) == only(scored).id


# --- told to people ---------------------------------------------------------------------------------------------------


def test_why_score_shows_each_line_with_the_touches_that_count_and_what_time_has_left(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup", country="DE")
    scored.clock.forward(90 * DAY)
    why = scored.app.views.why(to_uid(only(scored).id), "score")
    assert why is not None
    said = [reason.what for reason in why.reasons]
    assert why.answer == "the score is 60 (warm), of at most 100; 100 when it was last decided"
    assert "fit: 20" in said and "engagement: 40" in said
    gave = [one.rpartition(" [")[0] for one in said if one.startswith("+") and not one.startswith("+0 ")]
    assert gave == ["+20 DACH", "+40 webinar_signup"]
    assert sum("webinar_signup: +40, 20 left of it, which halves every 90 days, by website on " in one for one in said) == 2
    total = json.loads(json.dumps(next(reason.details for reason in why.reasons if reason.kind == "total")))
    assert sum(step["points"] for step in total["steps"]) == total["total"] == 60
    assert all(reason.at for reason in why.reasons if "left of it" in reason.what)


def test_why_status_tells_when_each_stage_was_entered_and_left(scored: Bench) -> None:
    do(scored, "webinar_signup", "webinar_signup")
    why = scored.app.views.why(to_uid(only(scored).id), "status")
    assert why is not None
    first, second = [reason for reason in why.reasons if "entered_at" in reason.details]
    assert first.what == "lifecycle_stage went from none to mql: a score of 40 is at least 25"
    assert first.details["left_at"] == second.details["entered_at"] and second.details["left_at"] is None
    assert "told, and not told again until the score has left them: mql, sql" in [reason.what for reason in why.reasons]
    history = scored.app.views.history(to_uid(only(scored).id))
    assert history is not None
    assert [one.what for one in history.events if one.kind in ("stage", "outcome")][-1] == (
        "lifecycle_stage went from mql to sql: a score of 80 is at least 80"
    )


def test_a_threshold_that_nobody_can_reach_is_a_problem_at_its_place(tmp_path: Path) -> None:
    from core.problems import ConfigProblems
    from leadrelay.configuration import build, read_files

    path = write_project(tmp_path, store="sqlite:///x.db", salesforce="http://127.0.0.1:9", form=FORM)
    write_rules(path, "scoring:\n  engagement: {visit: {points: 1, at_most: 5}}\n  lifecycle_stage: {sql: {at_least: 80}}\n")
    with pytest.raises(ConfigProblems) as found:
        build(read_files(path), {})
    (problem,) = found.value.problems
    assert (problem.code, str(problem.place).endswith("rules.yaml:3:37")) == ("unreachable", True), problem
    write_rules(path, "scoring:\n  engagement: {visit: 1}\n  lifecycle_stage: {sql: {at_least: 80}}\n")
    assert "only_by_repeating" in [warning.code for warning in build(read_files(path), {}).warnings]


def test_segments_persona_and_journey_are_kept_and_told_when_they_change(store_url: str, tmp_path: Path, clock: Hand) -> None:
    with ruled(tmp_path, store_url, clock, PLACED) as bench:
        do(bench, "visit", country="DE")
        do(bench, "demo_request", country="FR")
        record = bench.record(only(bench))
        assert (record["segments"], record["journey_stage"]) == ([], "decision")
        assert events(bench, "segment") == [{"entered": ["dach"], "left": []}, {"entered": [], "left": ["dach"]}]
        assert [(one["field"], one["from"], one["to"]) for one in events(bench, "stage")] == [
            ("journey_stage", "", "awareness"), ("journey_stage", "awareness", "decision"),
        ]  # fmt: skip
