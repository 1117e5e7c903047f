"""Lifecycle stage, status and journey stage: allowed moves, jumps and returns with what they skip, and the mappings' words."""

# ruff: noqa: E501 -- rule files of one line each are easier to compare

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents import read_document
from core.fields import STANDARD
from core.journey_rules import check_stages
from core.journeys import Stages, Track
from core.lead import Lead, Won
from core.mapping import compile_mapping
from core.mapping.outbound import OutboundMapping
from core.rule_tests import run_rule_tests
from core.rules import Rules
from tests.support.one_file import NOW, lead, read, right

MAPPINGS = Path(__file__).parents[2] / "mappings"

RULES = """\
stages:
  lifecycle_stage: {order: [subscriber, lead, mql, sql, opportunity, customer], aside: [disqualified]}
  status: {order: [new, working, nurturing, qualified], moves: {qualified: [working], working: []}}
  journey_stage:
    order: [awareness, consideration, decision]
    returns: no
    rules:
      - {stage: decision, when: {has_touch: {kind: [demo_request]}}}
      - {stage: consideration, when: {has_touch: {kind: [webinar_signup], within: 30 days}}}
      - {stage: awareness, otherwise: true}
"""


def rules(text: str = RULES) -> Rules:
    return right(text)


# --- moves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "before", "now", "kind", "skipped", "is_allowed"),
    [
        ("lifecycle_stage", "", "subscriber", "enter", (), True),
        ("lifecycle_stage", "", "mql", "enter", ("subscriber", "lead"), True),
        ("lifecycle_stage", "mql", "sql", "next", (), True),
        ("lifecycle_stage", "lead", "customer", "jump", ("mql", "sql", "opportunity"), True),
        ("lifecycle_stage", "customer", "lead", "return", ("mql", "sql", "opportunity"), True),
        ("lifecycle_stage", "sql", "disqualified", "aside", (), True),
        ("lifecycle_stage", "disqualified", "sql", "aside", (), True),
        ("lifecycle_stage", "sql", "Evangelist", "foreign", (), True),
        ("lifecycle_stage", "sql", "", "leave", (), True),
        ("status", "qualified", "working", "return", ("nurturing",), True),
        ("status", "qualified", "new", "return", ("working", "nurturing"), False),
        ("status", "working", "nurturing", "next", (), False),
        ("journey_stage", "awareness", "decision", "jump", ("consideration",), True),
        ("journey_stage", "decision", "consideration", "return", (), False),
    ],
)
def test_a_move_is_judged_and_says_what_it_skips(
    path: str, before: str, now: str, kind: str, skipped: tuple[str, ...], is_allowed: bool
) -> None:
    move = rules().stages.move(path, before, now, "the CRM says so")
    assert move is not None
    assert (move.kind, move.skipped, move.is_allowed, move.reason) == (kind, skipped, is_allowed, "the CRM says so")
    assert move.as_json()["from"] == before


def test_what_stays_is_no_move() -> None:
    assert rules().stages.move("status", "new", "new") is None


def test_without_a_section_every_move_is_allowed_and_the_usual_order_says_what_was_skipped() -> None:
    move = Stages().move("lifecycle_stage", "lead", "customer")
    assert move is not None
    assert (move.is_allowed, move.skipped) == (True, ("mql", "sql", "opportunity"))
    move = Stages().move("status", "Open - Not Contacted", "Nurturing")
    assert move is not None
    assert (move.is_allowed, move.skipped) == (True, ())


STAGES = st.sampled_from(["", *"abcde"])


@given(before=STAGES, now=STAGES, jumps=st.booleans(), returns=st.booleans())
def test_a_way_and_its_way_back_skip_the_same_stages(before: str, now: str, jumps: bool, returns: bool) -> None:
    track = Track("status", tuple("abcd"), ("e",), jumps, returns)
    there, back = track.move(before, now), track.move(now, before)
    assert (there is None) == (before == now) == (back is None)
    if there is not None and back is not None and before and now:
        assert there.skipped == back.skipped
        assert not {before, now} & set(there.skipped)
        assert there.is_allowed == {"jump": jumps, "return": returns}.get(there.kind, True)


# --- the journey ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "kinds", "stage"),
    [
        ("", [], "awareness"),
        ("", ["webinar_signup"], "consideration"),
        ("awareness", ["webinar_signup", "demo_request"], "decision"),
        ("decision", ["webinar_signup"], "decision"),
    ],
)
def test_the_first_rule_that_holds_gives_the_stage_and_no_return_is_made_where_none_is_allowed(
    before: str, kinds: list[str], stage: str
) -> None:
    found = rules().decide(lead(dict.fromkeys(kinds, NOW), journey_stage=before), NOW)
    assert found.journey.stage == stage
    assert found.subject(lead()).value("journey_stage") == stage


def test_a_jump_is_told_with_what_it_skips_and_a_refused_return_is_told_too() -> None:
    jumped = rules().decide(lead({"demo_request": NOW}, journey_stage="awareness"), NOW).journey
    assert jumped.move is not None
    assert jumped.move.as_json() == {
        "field": "journey_stage", "from": "awareness", "to": "decision", "kind": "jump", "skipped": ["consideration"],
        "allowed": True, "reason": "the rule in line 8 holds",
    }  # fmt: skip
    stays = rules().decide(lead(journey_stage="decision"), NOW).journey
    assert stays.move is None
    assert stays.refused is not None
    assert stays.refused.skipped == ("consideration",)
    assert [one.text for one in stays.explanation] == ["decision", "consideration", "awareness"]


def test_deciding_again_moves_nothing() -> None:
    first = rules().decide(lead({"demo_request": NOW}), NOW).journey
    again = rules().decide(lead({"demo_request": NOW}, journey_stage=first.stage), NOW).journey
    assert (again.stage, again.move) == (first.stage, None)


def test_tests_in_the_file_expect_the_stage_of_the_journey() -> None:
    text = RULES + "tests:\n- {name: t, given: {touches: [demo_request]}, expect: {journey_stage: decision}}\n"
    assert [result.passed for result in run_rule_tests(rules(text), STANDARD)] == [True]


def test_the_score_moves_no_lead_where_it_may_not() -> None:
    text = """\
stages:
  lifecycle_stage: {order: [lead, mql, sql], jumps: no}
scoring:
  fit: [{when: {company.name: {known: true}}, points: 90}]
  lifecycle_stage: {mql: {at_least: 20}, sql: {at_least: 60}}
"""
    subject = Lead("L1", 1, {"company.name": Won("Acme", NOW, "T1"), "lifecycle_stage": Won("lead", NOW, "T1")})
    assert rules(text).decide(subject, NOW).stage.stage == "lead"
    assert rules(text.replace(", jumps: no", "")).decide(subject, NOW).stage.stage == "sql"


# --- what is wrong --------------------------------------------------------------------------------------------------

JOURNEY = "stages:\n  journey_stage:\n    rules:\n"


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("stages: {statu: {order: [a]}}", "unknown_key", "1:10", "Did you mean `status`?"),
        ("stages: {status: {ordr: [a]}}", "unknown_key", "1:19", "Did you mean `order`?"),
        ("stages: {status: {order: [Not New]}}", "wrong_name", "1:27", "small letters"),
        ("stages: {status: {order: [a, b], aside: [b]}}", "duplicate_name", "1:42", "aside"),
        ("stages: {status: {order: [a, b], jumps: maybe}}", "wrong_type", "1:41", "true or false"),
        ("stages: {status: {order: [alpha, b], moves: {alpa: [b]}}}", "unknown_stage", "1:46", "Did you mean `alpha`?"),
        ("stages: {status: {order: [alpha, b], moves: {b: [alpa]}}}", "unknown_stage", "1:50", "Did you mean `alpha`?"),
        ("stages: {status: {order: [a, b], moves: {a: [a]}}}", "wrong_value", "1:42", "itself"),
        ("stages: {status: {order: [a], rules: []}}", "unknown_key", "1:31", "`rules`"),
        ("stages: {lifecycle_stage: {order: [lead, mql]}}\nscoring: {engagement: {x: 9}, lifecycle_stage: {mqll: {at_least: 9}}}",
         "unknown_stage", "2:49", "Did you mean `mql`?"),
        ("stages: {lifecycle_stage: {order: [a, b]}}\nscoring: {engagement: {x: 9}, lifecycle_stage: {b: {at_least: 2}, a: {at_least: 9}}}",
         "wrong_order", "2:67", "same order"),
        (f"{JOURNEY}    - {{stage: decison, when: {{company.name: {{known: true}}}}}}\n    - {{stage: awareness, otherwise: true}}",
         "unknown_value", "4:15", "Did you mean `decision`?"),
        (f"{JOURNEY}    - {{stage: decision, when: {{company.name: {{known: true}}}}}}", "missing_otherwise", "4:7", "otherwise"),
        (f"{JOURNEY}    - {{stage: decision, when: {{journey_stage: {{is: awareness}}}}}}\n    - {{stage: awareness, otherwise: true}}",
         "circle", "4:48", "itself"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_at_its_place_with_what_to_do(text: str, code: str, place: str, words: str) -> None:
    _, problems = read(text)
    assert [(problem.code, str(problem.place)) for problem in problems] == [(code, f"r.yaml:{place}")]
    assert words in problems[0].message


def test_lint_finds_rules_that_never_hold_are_never_reached_and_stages_that_nothing_gives() -> None:
    text = """\
stages:
  journey_stage:
    rules:
      - {stage: decision, when: {company.employees: {at_least: 10}}}
      - {stage: decision, when: {company.employees: {at_least: 50}}}
      - {stage: decision, when: {company.country: {is: DE, is_not: DE}}}
      - {stage: awareness, otherwise: true}
"""
    found = rules(text).lint(STANDARD)
    assert [(one.code, one.place.line if one.place else 0) for one in found.problems] == [("shadowed", 5), ("never_fires", 6)]
    assert [(one.code, one.field) for one in found.warnings] == [("never_given", "consideration")]


# --- mappings -------------------------------------------------------------------------------------------------------


def checked(fields: str, stages: Stages | None = None) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    text = f"mapping: m\nto: hubspot\nobject: contact\nfields:\n  email: person.email\n{fields}"
    mapping, problems = compile_mapping(read_document(text, "m.yaml"), STANDARD)
    assert problems == []
    assert isinstance(mapping, OutboundMapping)
    found = check_stages(stages or rules().stages, mapping.lines, mapping.from_crm.lines)
    for one in (*found.problems, *found.warnings):
        assert one.place is not None
        assert one.place.file == "m.yaml"
    return [(one.code, one.field) for one in found.problems], [(one.code, one.field) for one in found.warnings]


def test_every_stage_that_a_mapping_sends_or_reads_back_is_one_of_ours() -> None:
    all_of_them = "{subscriber: a, lead: b, mql: c, sql: d, opportunity: e, customer: f, disqualified: g}"
    assert checked(f"  hs_stage: {{from: lifecycle_stage, values: {all_of_them}}}\n") == ([], [])
    wrong = checked("  hs_stage: {from: lifecycle_stage, values: {lead: lead, mqll: m}, otherwise: leave_out}\n")
    assert wrong == ([("unknown_stage", "mqll")], [])


def test_a_stage_that_a_table_does_not_send_is_a_warning() -> None:
    assert checked("  hs_lead_status: {from: status, values: {new: NEW, working: OPEN, qualified: Q}}\n") == (
        [],
        [("not_sent", "status")],
    )


def test_words_read_back_by_a_line_of_its_own_are_held_against_the_stages() -> None:
    problems, _ = checked("from_crm:\n  lifecycle_stage: {from: stage, values: {MQL: mql, Client: custommer}}\n")
    assert problems == [("unknown_stage", "custommer")]


@pytest.mark.parametrize("name", ["salesforce-lead", "salesforce-contact", "hubspot-contact"])
def test_the_shipped_mappings_speak_of_the_usual_stages_only(name: str) -> None:
    text = (MAPPINGS / f"{name}.yaml").read_text("utf-8")
    mapping, problems = compile_mapping(read_document(text, f"{name}.yaml"), STANDARD)
    assert problems == []
    assert isinstance(mapping, OutboundMapping)
    assert check_stages(Stages(), mapping.lines, mapping.from_crm.lines).problems == ()
