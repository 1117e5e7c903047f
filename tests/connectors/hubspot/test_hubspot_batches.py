"""Refused batches: one bad record, property or option stops no other, whether HubSpot answers record by record or for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.base import Done, Outcome, Reject, Retry
from core.rendering import FieldWrite
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input
from tests.connectors.hubspot.support import World, existing, ids, lead

TRACED = pytest.mark.parametrize("is_traced", [True, False], ids=["by record", "as a whole"])


def codes(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Done), outcome
    return [problem.code for problem in outcome.left_out]


def _portal(world: World, *, is_traced: bool, structured: bool = True) -> None:
    world.portal.settings.structured_errors = structured
    if not is_traced:
        world.untraced()


def _refusing(world: World, name: str, value: str, code: str = "INVALID_ALPHA", message: str = "Enter only letters") -> None:
    """A validation rule that our property definitions do not tell of."""

    def interfere(_: str, __: int, given: Mapping[str, Any]) -> Refusal | None:
        if given.get(name) != value:
            return None
        error = {"message": message, "code": code, "context": {"propertyName": [name]}}
        return invalid_input(f"Property values were not valid: {message}", errors=[error])

    world.portal.interfere = interfere


@TRACED
@pytest.mark.parametrize("message", ["Enter only letters", "Forbidden was not valid"], ids=["silent", "naming the value"])
def test_97_of_100_land_and_three_are_sent_once_more_without_the_bad_property(
    world: World, is_traced: bool, message: str
) -> None:
    _portal(world, is_traced=is_traced)
    _refusing(world, "jobtitle", "Forbidden", message=message)
    rows = [lead(n, jobtitle="Forbidden" if n in (3, 50, 97) else "Head") for n in range(100)]
    sink = world.sink()
    outcomes = sink.upsert(rows)
    assert len(ids(outcomes)) == len(world.contacts()) == 100
    assert [n for n, outcome in enumerate(outcomes) if codes(outcome)] == [3, 50, 97]
    assert all(outcome.left_out[0].field == "jobtitle" for outcome in outcomes if isinstance(outcome, Done) and outcome.left_out)
    assert sink.calls <= (4 if is_traced else 40)


@TRACED
def test_three_of_100_that_can_not_do_without_fail_with_the_propertys_name(world: World, is_traced: bool) -> None:
    _portal(world, is_traced=is_traced)
    _refusing(world, "jobtitle", "Forbidden")
    rows = [lead(n, FieldWrite("jobtitle", "Forbidden" if n % 40 == 7 else "Head", is_required=True)) for n in range(100)]
    outcomes = world.sink().upsert(rows)
    refused = {n: outcome for n, outcome in enumerate(outcomes) if isinstance(outcome, Reject)}
    assert list(refused) == [7, 47, 87]
    assert {outcome.problem.field for outcome in refused.values()} == {"jobtitle"}
    assert len(world.contacts()) == 97


@TRACED
def test_a_refusal_without_a_name_is_narrowed_down_to_its_record(world: World, is_traced: bool) -> None:
    _portal(world, is_traced=is_traced)
    world.portal.interfere = lambda _, __, given: invalid_input("Nope.") if given.get("company") == "Firma 42" else None
    sink = world.sink()
    outcomes = sink.upsert([lead(n) for n in range(100)])
    assert [n for n, outcome in enumerate(outcomes) if not isinstance(outcome, Done)] == [42]
    assert isinstance(outcomes[42], Reject)
    assert sink.calls <= 20


def test_a_batch_of_bad_records_alone_takes_bounded_calls_and_ends(world: World) -> None:
    world.untraced()
    world.portal.interfere = lambda *_: invalid_input("Nope.")
    sink = world.sink(match_existing=False)
    rows = [lead(n) for n in range(100)]
    passes = 0
    while rows:
        before = sink.calls
        outcomes = sink.upsert(rows)
        assert sink.calls - before <= 45
        assert any(isinstance(outcome, Reject) for outcome in outcomes)
        rows = [row for row, outcome in zip(rows, outcomes, strict=True) if isinstance(outcome, Retry)]
        assert {outcome.code for outcome in outcomes if isinstance(outcome, Retry)} <= {"partly"}
        passes += 1
    assert passes < 12


@TRACED
@pytest.mark.parametrize("structured", [True, False])
def test_a_property_that_is_removed_in_mid_run_is_left_out_for_all_with_one_problem(
    world: World, is_traced: bool, structured: bool
) -> None:
    _portal(world, is_traced=is_traced, structured=structured)
    sink = world.sink()
    ids(sink.upsert([lead(1000, jobtitle="Head")]))
    world.portal.tables["contacts"].drop_property("jobtitle")
    before = sink.calls
    outcomes = sink.upsert([lead(n, jobtitle="Head") for n in range(100)])
    assert sink.calls - before <= 3
    assert len(ids(outcomes)) == 100
    assert {(code,) for outcome in outcomes for code in codes(outcome)} == {("unknown_field",)}
    again = sink.upsert([lead(2000, jobtitle="Head")])  # the definitions were read again: no refusal any more
    assert codes(again[0]) == ["unknown_field"]
    assert len(world.contacts()) == 102


@TRACED
def test_a_renamed_option_is_left_out_and_the_other_options_go_on(world: World, is_traced: bool) -> None:
    _portal(world, is_traced=is_traced)
    world.portal.add_property(
        "contacts", {"name": "size", "options": [{"value": "s", "label": "S"}, {"value": "l", "label": "L"}]}
    )
    sink = world.sink()
    ids(sink.upsert([lead(1000, size="s")]))
    world.portal.change_property(
        "contacts", "size", {"options": [{"value": "small", "label": "S"}, {"value": "l", "label": "L"}]}
    )
    outcomes = sink.upsert([lead(n, FieldWrite("size", "s" if n % 2 else "l")) for n in range(10)])
    assert [codes(outcome) for outcome in outcomes] == [[] if n % 2 == 0 else ["not_in_picklist"] for n in range(10)]
    assert [contact["size"] for contact in world.contacts()].count("l") == 5


@TRACED
def test_one_record_with_two_bad_properties_lands_without_both(world: World, is_traced: bool) -> None:
    _portal(world, is_traced=is_traced)

    def interfere(_: str, __: int, given: Mapping[str, Any]) -> Refusal | None:
        for name in ("jobtitle", "city"):
            if given.get(name) == "Bad":
                return invalid_input("no", errors=[{"message": "no", "code": "NOPE", "context": {"propertyName": [name]}}])
        return None

    world.portal.interfere = interfere
    outcomes = world.sink().upsert([lead(0), lead(1, jobtitle="Bad", city="Bad", phone="+4930")])
    assert codes(outcomes[0]) == []
    assert len(codes(outcomes[1])) == 2
    assert world.stored(ids(outcomes)[1])["phone"] == "+4930"


@TRACED
def test_updates_are_narrowed_down_as_well(world: World, is_traced: bool) -> None:
    _portal(world, is_traced=is_traced)
    sink = world.sink()
    known = ids(sink.upsert([lead(n) for n in range(20)]))
    _refusing(world, "jobtitle", "Forbidden")
    rows = [lead(n, jobtitle="Forbidden" if n == 7 else "Head", phone="+4930", crm_id=crm_id) for n, crm_id in enumerate(known)]
    outcomes = sink.upsert(rows)
    assert ids(outcomes) == known
    assert [len(codes(outcome)) for outcome in outcomes] == [0] * 7 + [1] + [0] * 12
    assert world.stored(known[7])["phone"] == "+4930"
    assert world.stored(known[7])["jobtitle"] == ""


def test_a_record_that_goes_away_between_reading_and_writing_is_looked_at_again(world: World) -> None:
    sink = world.sink()
    known = ids(sink.upsert([lead(n) for n in range(3)]))

    def interfere(name: str, index: int, given: Mapping[str, Any]) -> Refusal | None:
        if given.get("phone") == "+491":
            return Refusal(404, "OBJECT_NOT_FOUND", "gone", context={"ids": [known[1]]})
        return None

    world.portal.interfere = interfere
    outcomes = sink.upsert([lead(n, phone=f"+49{n}", crm_id=crm_id) for n, crm_id in enumerate(known)])
    assert [type(outcome) for outcome in outcomes] == [Done, Retry, Done]


def test_a_limit_in_the_middle_of_a_pass_leaves_the_written_ones_written(world: World) -> None:
    sink = world.sink()
    (crm_id,) = ids(sink.upsert([lead(1)]))
    world.fail("too_many_requests", path="batch/update")
    new, known = sink.upsert([lead(2), lead(1, phone="+4930", crm_id=crm_id)])
    assert isinstance(new, Done)
    assert isinstance(known, Retry)
    assert known.code == "rate_limit"


def test_no_problem_repeats_a_value(world: World) -> None:
    _refusing(world, "jobtitle", "Geheimrat", message="Geheimrat of anna1@acme.example was not valid")
    (outcome,) = world.sink().upsert([lead(1, jobtitle="Geheimrat")])
    assert isinstance(outcome, Done)
    assert "Geheimrat" not in outcome.left_out[0].message
    assert "anna1" not in outcome.left_out[0].message


# --- budgets ------------------------------------------------------------------------------------------------------------


def _deliver(sink: Any, rows: list[Any]) -> tuple[list[Outcome], int]:
    before = sink.calls
    outcomes = [outcome for start in range(0, len(rows), 100) for outcome in sink.upsert(rows[start : start + 100])]
    return outcomes, sink.calls - before


def test_the_calls_for_a_thousand_leads_stay_within_their_budget(world: World) -> None:
    rows = [lead(n) for n in range(1000)]
    sink = world.sink()
    outcomes, calls = _deliver(sink, rows)
    known = ids(outcomes)
    assert calls <= 2 * 10 + 10
    _, calls = _deliver(sink, [lead(n, phone=f"+49{n}", crm_id=crm_id) for n, crm_id in enumerate(known)])
    assert calls <= 2 * 10
    _, calls = _deliver(sink, [lead(n, phone=f"+49{n}", crm_id=crm_id) for n, crm_id in enumerate(known)])
    assert calls == 10  # nothing new: read only


def test_without_looking_first_a_thousand_leads_take_one_call_a_hundred(world: World) -> None:
    outcomes, calls = _deliver(world.sink(match_existing=False), [lead(n) for n in range(1000)])
    assert len(ids(outcomes)) == 1000
    assert calls <= 10 + 10


def test_taking_existing_contacts_over_costs_two_passes(world: World) -> None:
    known = world.seed(*(existing(n) for n in range(100)))
    sink = world.sink()
    outcomes, calls = _deliver(sink, [lead(n) for n in range(100)])
    assert calls <= 2
    found = [outcome.crm_id for outcome in outcomes]  # type: ignore[union-attr]
    assert sorted(found) == sorted(known)
    _, calls = _deliver(sink, [lead(n, crm_id=crm_id) for n, crm_id in enumerate(found)])
    assert calls == 2
