"""Running the tests of rule files: what was expected, what came, and the clause that made the difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.fields import Catalogue
from core.mapping.running import TestResult
from core.problems import Place, Problem
from core.qualification import SET_PREFIX
from core.routing.choosing import Decision, Stays, ToOwner, ToPool, ToQueue, Waits
from core.routing.compiling import Team
from core.rule_tests.model import CHECKS, EXPECT_OF_ROUTING, NONE, QUARANTINE, RuleTest
from core.rule_tests.playing import Played, play
from core.rule_tests.reading import shown_moves, shown_names
from core.rule_tests.reasons import why
from core.scoring import GROUP_NAMES, Score

if TYPE_CHECKING:
    from core.rules import Rules


def run_rule_tests(rules: Rules, catalogue: Catalogue, team: Team | None = None) -> list[TestResult]:
    """Run every test of the rules, in the files' order. `team` says who the one member of a pool is."""
    return [_run(rules, test, catalogue, team or Team()) for test in rules.tests]


def _run(rules: Rules, test: RuleTest, catalogue: Catalogue, team: Team) -> TestResult:
    played = play(rules, test, catalogue)
    judges = any(item.name == QUARANTINE for item in test.expected)  # of a submission, as odd as robots write them
    failures = [(_place(test, one), f"{one.field}: {one.message}") for one in played.unread if not judges]
    failures += _failures(rules, test, played, team)
    message = "\n".join(f"{place}: {what}" for place, what in failures)
    return TestResult(test.name, not failures, message, failures[0][0] if failures else test.place)


def _place(test: RuleTest, problem: Problem) -> Place:
    return next((given.place for given in test.fields if given.path == problem.field), test.place)


def _failures(rules: Rules, test: RuleTest, played: Played, team: Team) -> Iterator[tuple[Place, str]]:
    came = _came(rules, played, team)
    for item in test.expected:
        got = came[item.name]
        if got != item.text:
            because = why(rules, played, item.name, item.text)
            reason = f" ({came['reason']})" if item.name == "outcome" and came["reason"] else ""
            yield item.place, f"{item.name}: expected `{item.text}`, got `{got}`{reason}{f': {because}' if because else ''}"
    if test.ask is not None and (wanted := {item.text for item in test.ask}) != set(played.decided.verdict.ask):
        shown = ", ".join(played.decided.verdict.ask) or "nothing"
        place = test.ask[0].place if test.ask else test.place
        yield place, f"ask: expected {', '.join(sorted(wanted)) or 'nothing'}, got {shown}"


def _came(rules: Rules, played: Played, team: Team) -> dict[str, str]:
    """Everything that a test may expect, as it came."""
    decided = played.decided
    came = {"outcome": decided.verdict.outcome or NONE, "reason": decided.verdict.reason, "rule": decided.verdict.rule}
    came |= {CHECKS + name: played.case.answer(name).value for name in rules.checks}
    came |= {"lifecycle_stage": decided.stage.stage or NONE, "entered": shown_moves(played.entered)}
    came |= {} if decided.score is None else _scored(decided.score)
    came |= {} if played.went is None else _routed(played.went, team)
    came |= {"segments": shown_names(decided.placed.segments), "persona": decided.placed.persona or NONE}
    came[QUARANTINE] = NONE if played.aside is None else played.aside.name
    came["journey_stage"] = decided.journey.stage or NONE
    return came | {SET_PREFIX + name: verdict.outcome or NONE for name, verdict in decided.sets.items()}


def _scored(score: Score) -> dict[str, str]:
    """What a score is, by the names that a test may expect."""
    groups = {f"score.{name}": str(score.groups.get(name, 0)) for name in GROUP_NAMES}
    total = str(score.total)
    return {"score": total, "score.total": total, **groups, "band": score.band, "grade": score.grade}


def _routed(went: Decision, team: Team) -> dict[str, str]:
    """Where a lead goes, by the names that a test may expect. Whose turn it is in a pool of several is not known here."""
    found = dict.fromkeys(EXPECT_OF_ROUTING, NONE)
    if isinstance(went, Stays):
        return {**found, "owner": went.owner}
    if isinstance(went, Waits):
        return found
    found["line"] = went.line
    match went.to:
        case ToOwner(email):
            found["owner"] = email
        case ToPool(pool):
            members = team.members.get(pool, ())
            found |= {"pool": pool, "owner": members[0] if len(members) == 1 else f"somebody of the pool {pool}"}
        case ToQueue(queue):
            found["queue"] = queue
    return found
