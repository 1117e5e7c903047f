"""Subjects of which some values are supposed to be others."""

from __future__ import annotations

from core.conditions import Case, FieldIs
from core.lead import Act, Lead, Won
from core.operators import TRUE, truth
from core.problems import Place
from core.subjects import Supposed

LEAD = Lead(
    "L", 1, {"score.total": Won(5, 7, "t1"), "status": Won("new", 7, "t1")}, {"visit": 7}, acts=(Act(7, "visit", "", "t1"),)
)


def test_what_is_supposed_counts_and_all_else_is_the_subjects_own() -> None:
    found = Supposed(LEAD, {"score.total": 80, "outcome": None})
    assert [found.value(path) for path in ("score.total", "status", "outcome", "company.name")] == [80, "new", None, None]
    assert (found.kinds, found.acts) == (LEAD.kinds, LEAD.acts)
    assert LEAD.value("score.total") == 5


def test_a_supposed_value_has_no_provenance_and_the_others_keep_theirs() -> None:
    case = Case(Supposed(LEAD, {"score.total": 80}), 9)
    hot = FieldIs("score.total", "hot", Place("f", 1, 1), lambda value, _: truth(value == 80))
    status = FieldIs("status", "status", Place("f", 2, 1), None)
    assert (hot.explain(case).truth, hot.explain(case).value, hot.explain(case).touch) == (TRUE, 80, "")
    assert status.explain(case).touch == "t1"


def test_what_is_supposed_of_a_supposed_subject_counts_before_that_and_leaves_it_as_it_is() -> None:
    first = Supposed(LEAD, {"score.total": 80, "status": "open"})
    second = Supposed(first, {"status": None, "outcome": "convert"})
    assert [second.value(path) for path in ("score.total", "status", "outcome")] == [80, None, "convert"]
    assert [first.value(path) for path in ("score.total", "status", "outcome")] == [80, "open", None]
    assert (second.kinds, second.acts, second.fields) == (LEAD.kinds, LEAD.acts, {})
