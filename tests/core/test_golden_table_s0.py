"""The consultant's guide: reachable, interested and in time, each yes, no or unknown. Every one of the 27 verdicts, by hand, and
for the undecided ones what to ask, the most telling question first."""

from __future__ import annotations

import itertools

import pytest

from core.documents import read_document
from core.fields import STANDARD
from core.lead import Lead, Value, Won
from core.questions import Question
from core.rule_files import compile_rules
from core.rules import Rules

NOW = 1_763_726_400_000
RULES = """\
checks:
  reachable:  {person.email_class: {not_in: [disposable, placeholder, invalid]}}
  interested: {interest.confirmed: {is: true}}
  in_time:    {interest.timeframe: {in: [now, within_3_months]}}
qualification:
  - {outcome: convert,    when: {all: [reachable, interested, in_time]},         reason: all criteria met}
  - {outcome: nurture,    when: {all: [reachable, interested], none: [in_time]}, reason: later than 3 months}
  - {outcome: disqualify, when: {none: [reachable, interested, in_time]},        reason: no criterion met}
  - {outcome: undecided,  otherwise: true,                                       reason: unknown or mixed}
"""
GIVEN: dict[str, dict[str, Value | None]] = {
    "person.email_class": {"y": "business", "n": "placeholder", "?": None},
    "interest.confirmed": {"y": True, "n": False, "?": None},
    "interest.timeframe": {"y": "now", "n": "later", "?": None},
}
MAIL, CONFIRMED, WHEN = "person.email", "interest.confirmed", "interest.timeframe"

# reachable, interested, in time: the verdict, and what to ask, the most telling question first
TABLE: dict[str, tuple[str, tuple[str, ...]]] = {
    "yyy": ("convert", ()),
    "yyn": ("nurture", ()),
    "yy?": ("undecided", (WHEN,)),
    "yny": ("undecided", ()),
    "ynn": ("undecided", ()),
    "yn?": ("undecided", ()),
    "y?y": ("undecided", (CONFIRMED,)),
    "y?n": ("undecided", (CONFIRMED,)),
    "y??": ("undecided", (CONFIRMED, WHEN)),
    "nyy": ("undecided", ()),
    "nyn": ("undecided", ()),
    "ny?": ("undecided", ()),
    "nny": ("undecided", ()),
    "nnn": ("disqualify", ()),
    "nn?": ("undecided", (WHEN,)),
    "n?y": ("undecided", ()),
    "n?n": ("undecided", (CONFIRMED,)),
    "n??": ("undecided", (CONFIRMED, WHEN)),
    "?yy": ("undecided", (MAIL,)),
    "?yn": ("undecided", (MAIL,)),
    "?y?": ("undecided", (MAIL, WHEN)),
    "?ny": ("undecided", ()),
    "?nn": ("undecided", (MAIL,)),
    "?n?": ("undecided", (MAIL, WHEN)),
    "??y": ("undecided", (MAIL, CONFIRMED)),
    "??n": ("undecided", (MAIL, CONFIRMED)),
    "???": ("undecided", (MAIL, CONFIRMED, WHEN)),
}


def rules() -> Rules:
    found, problems = compile_rules([read_document(RULES, "rules/s0.yaml")], STANDARD)
    assert problems == []
    return found


def lead(states: str) -> Lead:
    values = {path: says[state] for (path, says), state in zip(GIVEN.items(), states, strict=True)}
    return Lead("L1", 1, {path: Won(value, NOW, "T1") for path, value in values.items() if value is not None})


def asked(states: str) -> tuple[Question, ...]:
    return rules().questions(lead(states), NOW, STANDARD)


def outcome(states: str) -> str:
    return rules().decide(lead(states), NOW).verdict.outcome


def test_the_table_has_a_line_for_each_of_the_27_combinations() -> None:
    assert set(TABLE) == {"".join(states) for states in itertools.product("yn?", repeat=3)}


@pytest.mark.parametrize("states", TABLE)
def test_the_verdict_is_the_one_in_the_table_and_so_are_the_questions(states: str) -> None:
    verdict, wanted = TABLE[states]
    assert outcome(states) == verdict
    assert {one.path for one in asked(states)} == set(wanted)
    assert tuple(one.path for one in asked(states)) == wanted


@pytest.mark.parametrize("states", TABLE)
def test_each_question_names_exactly_the_outcomes_that_its_answers_give(states: str) -> None:
    places = {MAIL: 0, CONFIRMED: 1, WHEN: 2}
    for question in asked(states):
        at = places[question.path]
        answered = {outcome(states[:at] + answer + states[at + 1 :]) for answer in "yn"}
        assert set(question.outcomes) == answered - {outcome(states)}
        assert states[at] == "?"


@pytest.mark.parametrize("states", TABLE)
def test_what_is_not_asked_can_change_nothing_whatever_else_is_answered(states: str) -> None:
    open_at = [at for at, state in enumerate(states) if state == "?"]
    places = {MAIL: 0, CONFIRMED: 1, WHEN: 2}
    silent = set(open_at) - {places[one.path] for one in asked(states)}
    for at in silent:
        for others in itertools.product("yn?", repeat=len(open_at)):
            full = list(states)
            for place, state in zip(open_at, others, strict=True):
                full[place] = state
            answers = {outcome("".join([*full[:at], state, *full[at + 1 :]])) for state in "yn?"}
            assert len(answers) == 1


def test_a_question_is_a_sentence_of_the_fields_label() -> None:
    by_path = {one.path: one.sentence for one in asked("???")}
    assert by_path[WHEN] == "Timeframe: now, within 3 months, within 6 months, within 12 months or later?"
    assert by_path[CONFIRMED] == "Interest confirmed: yes or no?"
    assert by_path[MAIL] == "E-mail: which address?"
