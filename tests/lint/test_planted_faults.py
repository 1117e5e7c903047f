"""Faults planted in a right configuration: `check` finds each with file, line and column, and complains of nothing else."""

from __future__ import annotations

import pytest

from core.problems import Problem
from tests.lint.faults_of_checks import EXPRESSIONS, NAMES, WORDS, YAML
from tests.lint.faults_of_routing import FIELDS_FILE, ROUTING, TEAM_FILE
from tests.lint.faults_of_sections import PLACES_OF_LEADS, QUALIFICATION, SCORING, TESTS
from tests.lint.world import DECIDE, PLACES, ROUTE, TEAM, Fault, checked, planted, texts

RULES = [*NAMES, *EXPRESSIONS, *WORDS, *QUALIFICATION, *SCORING, *PLACES_OF_LEADS, *TESTS]
FAULTS = [*RULES, *YAML, *ROUTING, *TEAM_FILE, *FIELDS_FILE]


def test_the_configuration_in_which_they_are_planted_is_all_right() -> None:
    assert checked(texts()) == ([], [])


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.file}: {fault.what}")
def test_each_planted_fault_is_found_at_its_place_and_nothing_else_is_complained_of(fault: Fault) -> None:
    problems, warnings = checked(planted([fault]))
    expected, others = (warnings, problems) if fault.is_warning else (problems, warnings)
    found = [one for one in expected if str(one.place) == fault.place and fault.words in one.message]
    assert len(found) == 1, (fault.place, [*map(str, problems)], [*map(str, warnings)])
    echoes = [one for one in (*expected, *others) if one not in found and not any(word in one.message for word in fault.follows)]
    assert echoes == []
    assert found[0].message.rstrip().endswith((".", "?"))


TOGETHER = (
    "unknown check", "unit of a time", "word that the field never holds", "check in an expression", "band out of reach",
    "lifecycle stage that is none", "left above where it is entered", "narrower line below a wider one", "personas that overlap",
    "line that can never give its points", "rule below one that holds wherever it does", "pool that is none", "who is told",
    "line below a wider one", "member who is nobody", "away that ends before it begins", "fallback that is none",
    "queue that misses a CRM",
)  # fmt: skip


def test_many_faults_at_once_are_all_found_as_none_hides_another() -> None:
    together = {what: next(fault for fault in FAULTS if fault.what == what) for what in TOGETHER}
    marked = planted(together.values(), keep_marks=True)
    problems, warnings = checked(planted(together.values()))
    said = {str(one.place): one.message for one in (*problems, *warnings)}
    places = [place for file, text in marked.items() for place in _marks(file, text)]
    assert [place for place in places if place not in said] == []
    missing = [fault.what for fault in together.values() if not any(fault.words in message for message in said.values())]
    assert missing == []
    assert len(places) == len(TOGETHER)


def _marks(file: str, text: str) -> list[str]:
    """Where the marks of a text stand, without the marks before them."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        parts = line.split("¦")
        found += [f"{file}:{number}:{sum(map(len, parts[:count])) + 1}" for count in range(1, len(parts))]
    return found


# --- faults in two places -------------------------------------------------------------------------------------------


def changed(*changes: tuple[str, str, str]) -> tuple[list[Problem], list[Problem]]:
    """What is said when several texts are changed."""
    given = dict(texts())
    for file, old, new in changes:
        assert given[file].count(old) == 1, old
        given[file] = given[file].replace(old, new)
    return checked(given)


def shown(problems: list[Problem]) -> list[str]:
    return [f"{one.place}: {one.message}" for one in problems]


def test_a_last_line_whose_pools_end_nowhere_leaves_leads_with_nobody() -> None:
    problems, _ = changed(
        (ROUTE, "otherwise: true, queue: unassigned", "otherwise: true, pool: world"), (TEAM, "60, fallback: unassigned", "60")
    )
    assert [str(one.place) for one in problems] == [f"rules/route.yaml:{line}:7" for line in (8, 9, 10, 11)]
    assert "`world` has no `fallback` that ends in a queue" in problems[-1].message


def test_fallbacks_that_go_in_a_circle_are_told_once() -> None:
    problems, _ = changed((TEAM, "60, fallback: unassigned", "60, fallback: dach"))
    assert shown(problems)[0].startswith(
        "team.yaml:19:15: these pools fall back on each other in a circle: dach -> world -> dach"
    )
    assert len(problems) == 1


def test_nobody_can_be_told_as_manager_where_nobody_is_one() -> None:
    problems, _ = changed((TEAM, "{manager: yes, tier: [1, 2]}", "{tier: [1, 2]}"))
    assert [str(one.place) for one in problems] == ["rules/route.yaml:12:69"]
    assert "nobody in team.yaml is a manager" in problems[0].message


def test_nothing_is_overdue_without_a_deadline() -> None:
    problems, _ = changed((ROUTE, "  respond_within: {minutes: 30, hours: business, warn: owner, then: manager}\n", ""))
    assert [str(one.place) for one in problems] == ["rules/route.yaml:3:12"]


def test_lines_for_leads_that_are_never_routed_are_told() -> None:
    start = "{any: [{lifecycle_stage: {is: sql}}, {outcome: {is: convert}}, {has_touch: {kind: [demo_request]}}]}"
    problems, _ = changed((ROUTE, start, "{company.country: {in: [FR, IT]}}"))
    assert [str(one.place) for one in problems] == ["rules/route.yaml:8:7", "rules/route.yaml:9:7"]
    assert "`start_when` (line 2) lets none of its leads be routed" in problems[0].message


def test_days_on_which_a_whole_pool_is_away_are_told() -> None:
    _, warnings = changed(
        (TEAM, "{products: CRM, open_leads: 40}", "{away: 2026-12-24/2027-02-28}"), (TEAM, "dan@acme.example:  {}",
         "dan@acme.example: {away: [2026-12-30/2027-03-10]}"),
    )  # fmt: skip
    (told,) = shown(warnings)
    assert told.startswith("team.yaml:21:3: everybody in the pool `world` is away from 2026-12-30 to 2027-02-28; leads go to")


def test_a_check_that_is_never_true_is_told_once_and_not_every_line_that_asks_it() -> None:
    problems, _ = changed((DECIDE, "{custom.crm_users: {at_least: 10}}", "{custom.crm_users: {at_least: 10, at_most: 9}}"))
    assert [(str(one.place), one.field) for one in problems] == [("rules/decide.yaml:5:3", "big_enough")]


def test_two_sections_of_which_there_may_be_one_are_told_with_both_places() -> None:
    problems, _ = changed((PLACES, "personas:\n", "qualification: [{outcome: a, otherwise: true, reason: b}]\npersonas:\n"))
    assert [str(one.place) for one in problems] == ["rules/places.yaml:6:1"]
    assert "`qualification` stands in rules/decide.yaml:14:1 already" in problems[0].message
