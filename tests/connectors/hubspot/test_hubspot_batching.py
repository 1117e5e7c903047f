"""Answers that a HubSpot of another mind may give: parts missing, ids strange, refusals in other words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from connectors.base import Done, Found, Outcome, Reject, Retry, Stop, Upsert
from connectors.hubspot.answers import errors_in, record_errors
from connectors.hubspot.batching import LONGEST
from connectors.hubspot.client import Answer, Refused
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.schema import Schemas
from connectors.hubspot.upserting import UpsertPass
from core.rendering import FieldWrite
from tests.connectors.hubspot.support import EXTERNAL_ID, lead, uid

Row = dict[str, Any]
Reply = Callable[[list[Row]], Answer]

PROPERTIES = [
    {"name": EXTERNAL_ID, "type": "string", "hasUniqueValue": True},
    *({"name": name, "type": "string"} for name in ("email", "firstname", "lastname", "company", "phone", "tax_id")),
    {"name": "size", "type": "enumeration", "fieldType": "select", "options": [{"value": "s"}, {"value": "l"}]},
]


def written(one: Row, **more: Any) -> Row:
    """An input's result as HubSpot usually answers it."""
    crm_id = one["id"] if "idProperty" not in one else str(int(one["id"].removeprefix("UID")) + 500)
    return {"id": crm_id, "properties": dict(one["properties"]), "objectWriteTraceId": one.get("objectWriteTraceId"), **more}


def all_done(inputs: list[Row]) -> Answer:
    return Answer(200, [written(one) for one in reversed(inputs)])


class Portal:
    """A client whose writes are answered by the next of the given replies, then all done; `records` answer the reads."""

    def __init__(self, *replies: Reply, records: Sequence[Row] = (), properties: Sequence[Row] = PROPERTIES) -> None:
        self.replies = list(replies)
        self.records = list(records)
        self.defined = list(properties)
        self.sent: list[list[Row]] = []

    def batch(self, object_name: str, verb: str, body: Mapping[str, Any], *, writes: bool) -> Answer:
        assert object_name == "contacts"
        self.sent.append(body["inputs"])
        reply = self.replies.pop(0) if self.replies else all_done
        return reply(body["inputs"])

    def read(
        self, object_name: str, ids: Sequence[str], properties: Sequence[str], *, id_property: str | None = None
    ) -> list[Row]:
        wanted = set(ids)
        key = id_property or "id"
        return [row for row in self.records if (row["properties"].get(key) if id_property else row["id"]) in wanted]

    def properties(self, object_name: str) -> list[Row]:
        return self.defined

    def forget_properties(self, object_name: str) -> None:
        self.defined = list(self.defined)

    def owners(self) -> list[Row]:
        return []

    def call(self, *_: Any, **__: Any) -> Any:
        raise Refused(errors_in({"category": "OBJECT_NOT_FOUND"}, 404), 404)


def refusing(body: Mapping[str, Any], status: int = 400) -> Reply:
    def reply(_: list[Row]) -> Answer:
        raise Refused(errors_in(body, status), status)

    return reply


def partly(*errors: Mapping[str, Any], without: Sequence[int] = ()) -> Reply:
    """207: all but some of the records are written."""

    def reply(inputs: list[Row]) -> Answer:
        rows = [written(one) for place, one in enumerate(inputs) if place not in without]
        return Answer(207, rows, record_errors({"errors": list(errors)}, 207))

    return reply


def upsert(portal: Portal, *rows: Upsert, match: bool = False) -> list[Outcome]:
    config = HubSpotConfig.model_validate({"auth": {"access_token": "x"}, "match_existing": match})
    return UpsertPass(portal, config, Schemas(portal), rows).run()  # type: ignore[arg-type]


def record(crm_id: int, **properties: str) -> Row:
    return {"id": str(crm_id), "properties": properties}


# --- which result is whose ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "strip",
    [
        lambda row: row.pop("objectWriteTraceId"),
        lambda row: row.update(objectWriteTraceId=None),
        lambda row: row.update(properties=None),
        lambda row: row.update(properties={EXTERNAL_ID: row["properties"][EXTERNAL_ID].lower()}, objectWriteTraceId=""),
    ],
)
def test_results_are_told_apart_by_whatever_they_carry(strip: Callable[[Row], Any]) -> None:
    def reply(inputs: list[Row]) -> Answer:
        answer = all_done(inputs)
        for row in answer.rows:
            strip(row)
        return answer

    outcomes = upsert(Portal(reply), *(lead(n) for n in range(5)))
    assert [outcome.crm_id for outcome in outcomes if isinstance(outcome, Done)] == ["500", "501", "502", "503", "504"]


def test_one_result_without_any_mark_is_that_of_the_one_record() -> None:
    (outcome,) = upsert(Portal(lambda _: Answer(200, [{"id": "9"}])), lead(1))
    assert isinstance(outcome, Done)
    assert outcome.crm_id == "9"
    assert outcome.wrote["lastname"] == "Weber1"


def test_records_that_an_answer_does_not_mention_may_have_been_written() -> None:
    outcomes = upsert(Portal(lambda inputs: Answer(200, [{"id": "9"}])), lead(1), lead(2))
    assert all(isinstance(outcome, Retry) and outcome.may_have_happened for outcome in outcomes)


def test_a_failure_after_an_answer_that_says_nothing_does_not_make_its_records_sure() -> None:
    def busy(_: list[Row]) -> Answer:
        raise Retry("slow down", code="rate_limit")

    error = {"message": "no", "code": "X", "context": {"propertyName": ["company"], "objectWriteTraceId": [f"2-{uid(2)}"]}}
    silent = lambda _: Answer(207, [], record_errors({"errors": [error]}, 207))  # noqa: E731
    outcomes = upsert(Portal(silent, busy), lead(0), lead(1), lead(2))
    assert [isinstance(outcome, Retry) and outcome.may_have_happened for outcome in outcomes] == [True, True, False]


def test_an_error_without_a_mark_is_that_of_the_one_record_left() -> None:
    error = {"message": "Nope.", "category": "VALIDATION_ERROR"}
    outcomes = upsert(Portal(partly(error, without=[1])), *(lead(n) for n in range(3)))
    assert [type(outcome) for outcome in outcomes] == [Done, Reject, Done]


def test_errors_without_marks_are_found_by_sending_what_is_open_again() -> None:
    error = {"message": "Nope.", "category": "VALIDATION_ERROR"}
    alone = refusing({"message": "Nope.", "category": "VALIDATION_ERROR"})
    portal = Portal(partly(error, error, without=[0, 2]), alone, alone)
    outcomes = upsert(portal, *(lead(n) for n in range(4)))
    assert [type(outcome) for outcome in outcomes] == [Reject, Done, Reject, Done]
    assert [len(inputs) for inputs in portal.sent] == [4, 1, 1]


def test_every_input_has_a_trace_id_of_its_own() -> None:
    portal = Portal()
    upsert(portal, *(lead(n) for n in range(100)))
    assert len({one["objectWriteTraceId"] for one in portal.sent[0]}) == 100
    assert all(one["id"] == one["properties"][EXTERNAL_ID] and one["idProperty"] == EXTERNAL_ID for one in portal.sent[0])


def test_an_api_that_knows_no_trace_ids_gets_none() -> None:
    refusal = refusing({"message": 'Invalid input JSON on line 1: Unrecognized field "objectWriteTraceId"'})
    portal = Portal(refusal)
    assert all(isinstance(outcome, Done) for outcome in upsert(portal, *(lead(n) for n in range(3))))
    assert ["objectWriteTraceId" in inputs[0] for inputs in portal.sent] == [True, False]


# --- refusals in other words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {"message": 'Property values were not valid: [{"isValid":false,"error":"PROPERTY_DOESNT_EXIST","name":"company"}]'},
        {"message": "no", "errors": [{"code": "PROPERTY_DOESNT_EXIST", "context": {"propertyName": ["company"]}}]},
        {"message": 'Property "company" does not exist', "category": "PROPERTY_DOESNT_EXIST"},
    ],
)
def test_a_missing_property_is_left_out_of_all_records_with_one_more_call(body: Mapping[str, Any]) -> None:
    portal = Portal(refusing(body))
    outcomes = upsert(portal, *(lead(n) for n in range(50)))
    assert len(portal.sent) == 2
    assert {problem.code for outcome in outcomes if isinstance(outcome, Done) for problem in outcome.left_out} == {
        "unknown_field"
    }
    assert all(isinstance(outcome, Done) for outcome in outcomes)


@pytest.mark.parametrize(
    "message",
    [
        "Unable to perform update/upsert by non-unique 0-1 property leadrelay_id in portal ID 1",
        'Property values were not valid: [{"error":"PROPERTY_DOESNT_EXIST","name":"leadrelay_id","message":"x"}]',
        "leadrelay_id is not a unique property",
    ],
)
def test_a_key_that_is_gone_stops_the_sink_when_its_definition_says_so(message: str) -> None:
    class Changed(Portal):
        def forget_properties(self, object_name: str) -> None:
            self.defined = [row for row in PROPERTIES if row["name"] != EXTERNAL_ID]

    with pytest.raises(Stop):
        upsert(Changed(refusing({"message": message, "category": "VALIDATION_ERROR"})), lead(1), lead(2))


def test_an_option_that_the_definition_still_has_is_narrowed_down() -> None:
    def reply(inputs: list[Row]) -> Answer:
        if any(one["properties"].get("size") == "s" and one["id"] == uid(7) for one in inputs):
            error = {
                "code": "INVALID_OPTION",
                "message": "s was not one of the allowed options",
                "context": {"propertyName": ["size"]},
            }
            raise Refused(errors_in({"errors": [error]}, 400), 400)
        return all_done(inputs)

    outcomes = upsert(Portal(*[reply] * 20), *(lead(n, FieldWrite("size", "s")) for n in range(20)))
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Done) and outcome.left_out] == [7]
    assert all(isinstance(outcome, Done) for outcome in outcomes)


# --- conflicts ----------------------------------------------------------------------------------------------------------

EXISTS = {"message": "Contact already exists. Existing ID: 42", "category": "CONFLICT"}


@pytest.mark.parametrize("named", [[], ["email"]])
@pytest.mark.parametrize(
    ("holder", "outcome", "code"),
    [
        (record(42, email="anna1@acme.example"), Found, ""),
        (record(42, email="other@acme.example", hs_additional_emails="anna1@acme.example"), Found, ""),
        (record(42, email="anna1@acme.example", **{EXTERNAL_ID: uid(1).lower()}), Found, ""),
        (record(42, email="anna1@acme.example", **{EXTERNAL_ID: "SOMEBODYELSE1"}), Done, "email_taken"),
        (record(43, email="nobody@acme.example"), Done, "email_taken"),
    ],
    ids=["free", "second address", "own", "another lead's", "not to be seen"],
)
def test_the_contact_in_the_way_is_read_before_anything_is_decided(
    named: list[str], holder: Row, outcome: type[Outcome], code: str
) -> None:
    body = {**EXISTS, "errors": [{**EXISTS, "context": {"propertyName": named}}]} if named else EXISTS
    properties = [*PROPERTIES, {"name": "hs_additional_emails", "type": "string"}]
    (told,) = upsert(Portal(refusing(body, 409), records=[holder], properties=properties), lead(1))
    assert isinstance(told, outcome)
    if isinstance(told, Found):
        assert told.crm_id == "42"
    if isinstance(told, Done):
        assert [problem.code for problem in told.left_out] == [code]


def test_a_conflict_of_a_batch_is_narrowed_down_when_no_address_tells_whose_it_is() -> None:
    def reply(inputs: list[Row]) -> Answer:
        if any(one["properties"].get("email") == "anna5@acme.example" for one in inputs):
            raise Refused(errors_in({"message": "Contact already exists."}, 409), 409)
        return all_done(inputs)

    outcomes = upsert(Portal(*[reply] * 30), *(lead(n) for n in range(16)))
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Done) and outcome.left_out] == [5]


def test_the_record_in_the_way_is_not_taken_for_the_refused_one() -> None:
    """`Existing ID: 501` names a record of the same batch, which is not the one that was refused."""
    error = {**EXISTS, "message": "Contact already exists. Existing ID: 501"}
    held = [record(500 + n, email=f"old{n}@acme.example", **{EXTERNAL_ID: uid(n)}) for n in range(3)]
    portal = Portal(partly(error, without=[2]), records=held)
    rows = [lead(n, FieldWrite("email", f"new{n}@acme.example", "always"), crm_id=str(500 + n)) for n in range(3)]
    outcomes = upsert(portal, *rows)
    assert [[problem.code for problem in outcome.left_out] for outcome in outcomes if isinstance(outcome, Done)] == [
        [], [], ["email_taken"],
    ]  # fmt: skip


def test_another_unique_property_that_is_taken_is_left_out() -> None:
    text = "Cannot set PropertyValueCoordinates{portalId=1, propertyName=tax_id, value=DE1} on 7. 42 already has that value."
    (outcome,) = upsert(Portal(refusing({"message": text})), lead(1, tax_id="DE1"))
    assert isinstance(outcome, Done)
    assert [(problem.code, problem.field) for problem in outcome.left_out] == [("duplicate_value", "tax_id")]


@pytest.mark.parametrize(
    ("holder", "found"),
    [
        (record(42, **{EXTERNAL_ID: uid(1)}), "42"),
        (record(42), "42"),
        (record(42, **{EXTERNAL_ID: "SOMEBODYELSE1"}), ""),
        (record(42, hs_merged_object_ids="7", **{EXTERNAL_ID: "SOMEBODYELSE1"}), "42"),
    ],
    ids=["own", "without id", "another lead's", "what it was merged into"],
)
def test_a_key_that_another_record_holds_leads_to_the_leads_own_record_or_to_a_refusal(holder: Row, found: str) -> None:
    text = f"Cannot set PropertyValueCoordinates{{propertyName={EXTERNAL_ID}, value=x}} on 7. 42 already has that value."
    properties = [*PROPERTIES, {"name": "hs_merged_object_ids", "type": "string"}]
    (outcome,) = upsert(Portal(refusing({"message": text}), records=[holder], properties=properties), lead(1))
    if found:
        assert outcome == Found(found)
    else:
        assert isinstance(outcome, Reject)
        assert outcome.problem.code == "external_id_taken"


def test_a_record_that_is_in_the_way_again_and_again_ends() -> None:
    portal = Portal(*[refusing(EXISTS, 409)] * 30)
    (outcome,) = upsert(portal, lead(1))
    assert isinstance(outcome, Reject)
    assert len(portal.sent) <= 6


# --- the limits of a pass -----------------------------------------------------------------------------------------------


def test_a_slow_hubspot_is_not_asked_on_when_the_pass_has_lasted_long_enough() -> None:
    portal = Portal(*[refusing({"message": "Nope."})] * 50)
    clock = iter(range(0, 10_000, int(LONGEST) // 4))
    config = HubSpotConfig.model_validate({"auth": {"access_token": "x"}, "match_existing": False})
    told = UpsertPass(portal, config, Schemas(portal), [lead(n) for n in range(64)], lambda: next(clock)).run()  # type: ignore[arg-type]
    assert len(portal.sent) <= 4
    assert {outcome.code for outcome in told if isinstance(outcome, Retry)} == {"partly"}


def test_a_cut_connection_in_a_later_call_leaves_only_its_own_records_unsure() -> None:
    def cut(_: list[Row]) -> Answer:
        raise Retry("cut", may_have_happened=True, code="unreachable")

    error = {"message": "no", "code": "INVALID_X", "context": {"propertyName": ["company"]}}
    traced = {**error, "context": {"propertyName": ["company"], "objectWriteTraceId": [f"1-{uid(1)}"]}}
    outcomes = upsert(Portal(partly(traced, without=[1]), cut), lead(0), lead(1), lead(2))
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Retry)
    assert outcomes[1].may_have_happened
    assert isinstance(outcomes[2], Done)


@pytest.mark.parametrize("failure", [Retry("down", code="unavailable"), Retry("cut", may_have_happened=True, code="unreachable")])
def test_what_was_found_out_before_a_failure_is_kept_though_nothing_is_written_yet(failure: Retry) -> None:
    def fail(_: list[Row]) -> Answer:
        raise failure

    portal = Portal(refusing(EXISTS, 409), fail, records=[record(42, email="anna1@acme.example")])
    outcomes = upsert(portal, lead(0), lead(1), lead(2))
    assert outcomes[1] == Found("42")
    assert [(one.code, one.may_have_happened) for one in outcomes if isinstance(one, Retry)] == [
        (failure.code, failure.may_have_happened)
    ] * 2
