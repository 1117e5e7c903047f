"""`test`: the tests of rule files from the command line, why some fail, and the rules that none of them shows at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Type

RULES = """\
quarantine: {name: spam, when: {person.verdict: {is: spam}}, reason: looks like spam}
checks:
  in_time:    {interest.timeframe: {in: [now, within_3_months]}}
  big_enough: {custom.crm_users: {at_least: 10}}
qualification:
- {outcome: convert,   when: {all: [in_time, big_enough]}, reason: all met}
- {outcome: nurture,   when: {none: [in_time]},            reason: later}
- {outcome: undecided, otherwise: true,                    reason: unknown}
segments:
  dach: {when: {company.country: {in: [DE, AT]}}}
personas:
- {persona: boss,  when: {person.job_title: {contains: owner}}}
- {persona: other, otherwise: true}
scoring:
  engagement: {webinar_signup: 8, meeting_scheduled: 10}
  bands: {hot: 10, cold: 0}
  lifecycle_stage: {sql: {at_least: 10}}
routing:
  start_when: {lifecycle_stage: {is: sql}}
  to:
  - {name: large, when: big_enough, pool: one}
  - {name: many,  when: {company.country: {is: AT}}, pool: two}
  - {name: rest,  otherwise: true, queue: desk}
tests:
"""
TEAM = """\
people: {anna@acme.example: {}, ben@acme.example: {}}
pools: {one: {members: [ben@acme.example]}, two: {members: [anna@acme.example, ben@acme.example]}}
queues: {desk: {salesforce: Desk}}
"""


@pytest.fixture
def rules(folder: Path) -> Path:
    (folder / "fields.yaml").write_text("custom.crm_users: {type: integer, label: Users, personal: no}\n", encoding="utf-8")
    (folder / "team.yaml").write_text(TEAM, encoding="utf-8")
    (folder / "rules").mkdir(exist_ok=True)
    return folder / "rules" / "r.yaml"


def failing(leadrelay: Type, rules: Path, given: str, expect: str) -> str:
    """What is said of one failing test."""
    rules.write_text(f"{RULES}- {{name: t, given: {given}, expect: {expect}}}\n", encoding="utf-8")
    ended = leadrelay("test", str(rules))
    assert ended.status == 1
    assert f"{rules}:{RULES.count(chr(10)) + 1}:" in ended.out
    return ended.out


@pytest.mark.parametrize(
    ("given", "expect", "words"),
    [
        (
            "{interest.timeframe: now}",
            "{outcome: convert}",
            ("expected `convert`, got `undecided`", "r.yaml:6:3 does not hold, as `custom.crm_users at least 10` is unknown"),
        ),
        (
            "{interest.timeframe: later}",
            "{outcome: undecided}",
            (
                "got `nurture` (later): the line above it in",
                "`interest.timeframe in now, within_3_months` is false (it is later)",
            ),
        ),
        ("{custom.crm_users: 3}", "{checks: {big_enough: true}}", ("`custom.crm_users at least 10` is false (it is 3)",)),
        ("{touches: [webinar_signup]}", "{score: 10}", ("expected `10`, got `8`: webinar_signup 8",)),
        ("{touches: [webinar_signup]}", "{lifecycle_stage: sql}", ("the score is 8 (webinar_signup 8); `sql` begins at 10",)),
        ("{touches: [webinar_signup]}", "{band: hot}", ("expected `hot`, got `cold`", "`hot` begins at 10")),
        ("{company.country: FR}", "{segments: [dach]}", ("dach: `company.country in DE, AT` is false (it is FR)",)),
        ("{}", "{persona: boss}", ("expected `boss`, got `other`: no line holds",)),
        ("{touches: [webinar_signup]}", "{queue: desk}", ("the lead is not routed", "as `lifecycle_stage is sql` is unknown")),
        (
            "{touches: [meeting_scheduled]}",
            "{pool: one}",
            ("expected `one`, got `none`", "`custom.crm_users at least 10` is unknown"),
        ),
        ("{owner.email: eva@acme.example}", "{line: rest}", ("eva@acme.example has an owner in the CRM",)),
        ("{company.country: AT, touches: [meeting_scheduled]}", "{owner: ben@acme.example}", ("somebody of the pool two",)),
        ("{person.email: anna@acme.de}", "{quarantine: spam}", ("the person is real (nothing speaks against it)",)),
        ("{touches: [meeting_scheduled]}", "{entered: none}", ("expected `none`, got `sql`",)),
    ],
)
def test_a_failing_test_says_what_came_and_which_clause_made_the_difference(
    rules: Path, leadrelay: Type, given: str, expect: str, words: tuple[str, ...]
) -> None:
    said = failing(leadrelay, rules, given, expect)
    for part in words:
        assert part in said


def test_the_owner_of_a_pool_of_one_is_known_and_nobody_owns_what_is_not_routed(rules: Path, leadrelay: Type) -> None:
    rules.write_text(
        f"{RULES}- given: {{custom.crm_users: 20, touches: [meeting_scheduled]}}\n"
        "  expect: {owner: ben@acme.example, pool: one, line: large}\n"
        "- {given: {touches: [webinar_signup]}, expect: {owner: none, pool: none, queue: none, line: none}}\n",
        encoding="utf-8",
    )
    assert leadrelay("test", str(rules)).status == 0


def test_rules_that_no_test_shows_at_work_are_named_with_their_places(rules: Path, leadrelay: Type) -> None:
    rules.write_text(f"{RULES}- {{given: {{interest.timeframe: later}}, expect: {{outcome: nurture}}}}\n", encoding="utf-8")
    ended = leadrelay("test")
    assert ended.status == 0
    assert "3 of 17 rules shown at work by a test (17 %)" in ended.out
    assert f"not yet: checks: in_time ({rules}:3:3)" in ended.out
    assert f"not yet: routing: many ({rules}:22:5)" in ended.out
    assert "qualification: nurture" not in ended.out
    coverage = leadrelay("test", "--json").document["coverage"]
    assert (coverage["rules"], coverage["covered"], coverage["percent"], len(coverage["not_covered"])) == (17, 3, 17, 14)
    assert {"rule": "segments: dach", "file": str(rules), "line": 10} in coverage["not_covered"]


def test_coverage_can_be_asked_for(rules: Path, leadrelay: Type) -> None:
    rules.write_text(f"{RULES}- {{given: {{interest.timeframe: later}}, expect: {{outcome: nurture}}}}\n", encoding="utf-8")
    assert leadrelay("test", "--min-coverage", "17").status == 0
    ended = leadrelay("test", "--min-coverage", "18")
    assert ended.status == 1
    assert "17 % of the rules" in ended.err


def test_rule_files_of_the_configuration_know_each_others_checks_also_when_one_is_named(rules: Path, leadrelay: Type) -> None:
    rules.write_text(f"{RULES}- {{given: {{}}, expect: {{outcome: undecided}}}}\n", encoding="utf-8")
    other = rules.parent / "more.yaml"
    other.write_text(
        "criteria: {size: [big_enough]}\nsegments: {large: {when: big_enough}}\n"
        "tests:\n- {given: {custom.crm_users: 50}, expect: {segments: [large]}}\n",
        encoding="utf-8",
    )
    document = leadrelay("test", str(other), "--json").document
    assert (document["passed"], document["failed"], document["coverage"]["percent"]) == (1, 0, 100)
    assert leadrelay("test", "--json").document["passed"] >= 2


def test_a_file_outside_of_the_configuration_is_tested_alone_with_the_fields_and_team_beside_it(
    rules: Path, leadrelay: Type
) -> None:
    rules.write_text(f"{RULES}- {{given: {{}}, expect: {{outcome: undecided}}}}\n", encoding="utf-8")
    elsewhere = rules.parents[1] / "trial"
    elsewhere.mkdir()
    (elsewhere / "fields.yaml").write_text("custom.budget: {type: integer, label: Budget, personal: no}\n", encoding="utf-8")
    (elsewhere / "team.yaml").write_text("queues: {there: {}}\n", encoding="utf-8")
    for name in ("a", "b"):
        (elsewhere / f"{name}.yaml").write_text(
            "scoring: {fit: [{when: {custom.budget: {at_least: 5}}, points: 3}]}\n"
            "routing: {to: [{name: all, otherwise: true, queue: there}]}\n"
            "tests: [{given: {custom.budget: 7}, expect: {score: 3, queue: there}}]\n",
            encoding="utf-8",
        )
    document = leadrelay("test", str(elsewhere), "--json").document
    assert (document["passed"], document["failed"]) == (2, 0)


def test_a_folder_without_such_files_is_named(tmp_path: Path, leadrelay: Type) -> None:
    assert leadrelay("test", str(tmp_path)).status == 2


def test_the_examples_of_a_new_installation_pass_where_they_lie(tmp_path: Path, leadrelay: Type) -> None:
    made = tmp_path / "acme"
    leadrelay("init", str(made), "--crm", "hubspot")
    env = {"LEADRELAY_CONFIG": str(made / "config/leadrelay.yaml")}
    ended = leadrelay("test", str(made / "config/examples"), "--min-coverage", "100", env=env)
    assert ended.status == 0, ended.out + ended.err
    assert "points-table.yaml" in ended.out
    document = leadrelay("test", "--min-coverage", "100", "--json", env=env).document
    assert not any("config/examples" in one["file"] for one in document["tests"])
    assert "salesforce" not in (made / "config/examples/team.yaml").read_text(encoding="utf-8")
