"""Bulk jobs, seen from the sink: what goes into a file, and what is read out of a job's results."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.base import BulkRow, Done, Found, Outcome, Reject, Retry, Stop, Upsert, WritesInBulk
from connectors.salesforce.bulk import BulkFile, error_in
from connectors.salesforce.config import SalesforceConfig
from connectors.salesforce.errors import CrmError
from connectors.salesforce.sink import SalesforceSink
from leadrelay.sandbox.salesforce import DuplicateRule, Settings, ValidationRule
from tests.connectors.salesforce.support import World, existing, lead, write


def run(sink: SalesforceSink, rows: list[Upsert]) -> list[Outcome]:
    """All rows through one job, which the org has done at once."""
    file = sink.bulk_file("Lead")
    assert all(isinstance(one, BulkRow) for one in file.add(rows))
    job = sink.bulk_open("Lead")
    assert job is not None
    sink.bulk_send(job, file)
    outcomes = sink.bulk_collect(job, [row.external_id for row in rows])
    assert outcomes is not None
    return outcomes


def test_a_job_creates_what_an_upsert_would_have_created(world: World) -> None:
    extra = (write("DoNotCall", True), write("NumberOfEmployees", 25), write("Description", 'He said: "a, b"\n\nöß 漢'))
    sink = world.sink()
    assert isinstance(sink, WritesInBulk)
    (outcome,) = run(sink, [lead(1, *extra)])
    assert isinstance(outcome, Done)
    assert outcome.created
    by_job = world.stored(outcome.crm_id)
    (outcome,) = world.sink().upsert([lead(2, *extra)])
    assert isinstance(outcome, Done)
    by_call = world.stored(outcome.crm_id)
    for name in ("DoNotCall", "NumberOfEmployees", "Description", "FirstName", "Status", "OwnerId"):
        assert by_job[name] == by_call[name], name


def test_what_was_written_is_told_by_its_names(world: World) -> None:
    (outcome,) = run(world.sink(), [lead(1, Title=None)])
    assert isinstance(outcome, Done)
    assert outcome.wrote == {
        "Leadrelay_Id__c": "uid-1", "LastName": "Weber1", "FirstName": "Anna", "Company": "Firma 1",
        "Email": "anna1@acme.example",
    }  # fmt: skip
    assert set(outcome.sent) == set(outcome.wrote)


def test_a_file_takes_no_row_that_the_org_has_a_record_for(world: World) -> None:
    (free,) = world.org.seed("Lead", [existing(1)])
    world.org.seed("Lead", [existing(2, Leadrelay_Id__c="uid-of-another")])
    file = world.sink().bulk_file("Lead")
    outcomes = file.add([lead(1), lead(2), lead(3), lead(4, write("Title", "x" * 200)), lead(5, LastName=None)])
    assert outcomes[0] == Found(free)
    assert isinstance(outcomes[1], Retry)
    assert outcomes[1].may_have_happened
    assert outcomes[2] == BulkRow()
    assert isinstance(outcomes[3], BulkRow)
    assert [problem.field for problem in outcomes[3].left_out] == ["Title"]
    assert len(file) == 3  # the one without a last name is left to the org, which names what is missing


def test_two_leads_of_one_address_in_two_parts_of_a_file_do_not_get_the_same_record(world: World) -> None:
    (free,) = world.org.seed("Lead", [existing(1)])
    file = world.sink().bulk_file("Lead")
    second = replace(lead(2, Email="anna1@acme.example"), emails=("anna1@acme.example",))
    assert file.add([lead(1)]) == [Found(free)]
    (outcome,) = file.add([second])
    assert not isinstance(outcome, Found)


def test_each_row_of_a_job_has_its_own_outcome(world: World) -> None:
    world.org.rules.validation.append(ValidationRule("v", "Not three: anna3@acme.example", field="Email", pattern="^(?!anna3)"))
    world.org.rules.duplicates.append(DuplicateRule(fields=("Phone",)))
    world.org.seed("Lead", [existing(9, Phone="+4930")])
    world.fail("record_error", code="UNABLE_TO_LOCK_ROW", match={"Email": "anna4@acme.example"}, times=None)
    rows = [lead(1), lead(2, Phone="+4930"), lead(3), lead(4), lead(5)]
    world.org.settings = Settings(bulk_unprocessed=1)
    outcomes = run(world.sink(), rows)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Done, Retry, Reject, Retry, Retry]
    assert all(outcome.code == "partly" and outcome.may_have_happened for outcome in outcomes if isinstance(outcome, Retry))
    assert isinstance(outcomes[2], Reject)
    assert outcomes[2].problem.code == "validation_rule"
    assert "anna3" not in outcomes[2].problem.message


def test_a_job_that_is_not_done_says_nothing_yet(world: World) -> None:
    world.org.settings = Settings(bulk_takes_for=60)
    sink = world.sink()
    file = sink.bulk_file("Lead")
    file.add([lead(1)])
    job = sink.bulk_open("Lead")
    assert job is not None
    sink.bulk_send(job, file)
    assert sink.bulk_collect(job, ["uid-1"]) is None
    world.org.advance(61)
    assert isinstance((sink.bulk_collect(job, ["uid-1"]) or [None])[0], Done)


def test_a_job_that_never_got_its_file_is_ended_and_its_rows_are_certain(world: World) -> None:
    sink = world.sink()
    job = sink.bulk_open("Lead")
    assert job is not None
    (outcome,) = sink.bulk_collect(job, ["uid-1"]) or [None]
    assert isinstance(outcome, Retry)
    assert not outcome.may_have_happened
    assert world.org.jobs[job].state == "Aborted"


def test_a_job_that_salesforce_has_forgotten_leaves_its_rows_to_the_ordinary_way(world: World) -> None:
    sink = world.sink()
    (outcome,) = sink.bulk_collect("7500x000000000AAAA", ["uid-1"]) or [None]
    assert isinstance(outcome, Retry)
    assert outcome.may_have_happened


def test_a_column_that_left_the_org_fails_the_job_and_is_noticed(world: World) -> None:
    sink = world.sink()
    sink.schema("Lead")
    world.org.remove_field("Lead", "Phone")
    outcomes = run(sink, [lead(1, Phone="1"), lead(2)])
    assert all(isinstance(outcome, Retry) for outcome in outcomes)
    (first, second) = sink.upsert([replace(lead(n, Phone="1"), is_unsure=True) for n in (1, 2)])
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert [problem.field for problem in first.left_out] == ["Phone"]


def test_an_org_without_jobs_says_so_once_and_stops_nothing(world: World) -> None:
    world.org.settings = Settings(bulk_enabled=False)
    assert world.sink().bulk_open("Lead") is None


def test_a_file_for_an_object_without_external_id_stops(world: World) -> None:
    world.org.remove_field("Lead", "Leadrelay_Id__c")
    with pytest.raises(Stop):
        world.sink().bulk_file("Lead").add([lead(1)])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
            CrmError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", ("LastName",)),
        ),
        (
            "DUPLICATE_VALUE:duplicate value found: X__c duplicates value on record with id: 00Q000000000001:--",
            CrmError("DUPLICATE_VALUE", "duplicate value found: X__c duplicates value on record with id: 00Q000000000001"),
        ),
        (
            "INVALID_EMAIL_ADDRESS:Email: invalid: x:Email,Other --",
            CrmError("INVALID_EMAIL_ADDRESS", "Email: invalid: x", ("Email", "Other")),
        ),
        ("UNABLE_TO_LOCK_ROW:busy: 00Q", CrmError("UNABLE_TO_LOCK_ROW", "busy: 00Q")),
        ("", CrmError("")),
    ],
)
def test_an_error_of_a_results_file_is_read(text: str, error: CrmError) -> None:
    assert error_in(text) == error


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00")), min_size=1, max_size=5))
def test_a_file_is_read_back_as_it_was_written(values: list[str]) -> None:
    file = BulkFile.__new__(BulkFile)
    records: list[dict[str, Any]] = [{"A": value, "B": True, "C": 1} for value in values]
    file._records = records  # type: ignore[assignment]
    rows = list(csv.DictReader(io.StringIO(file.as_csv().decode(), newline="")))
    expected = [value if value != "#N/A" else "#N/A " for value in values]
    assert [row["A"] for row in rows] == expected
    assert {(row["B"], row["C"]) for row in rows} == {("true", "1")}


@pytest.mark.parametrize(("written", "meant"), [("off", 0), ("OFF", 0), ("0", 0), ("2000", 2_000)])
def test_bulk_jobs_are_switched_off_by_the_word_that_other_settings_take(written: str, meant: int) -> None:
    auth = {"login_url": "https://acme.my.salesforce.com", "client_id": "a", "client_secret": "b"}
    assert SalesforceConfig.model_validate({"auth": auth, "bulk_from": written}).bulk_from == meant


def test_a_wrong_word_for_bulk_jobs_is_refused() -> None:
    auth = {"login_url": "https://acme.my.salesforce.com", "client_id": "a", "client_secret": "b"}
    with pytest.raises(ValidationError, match="bulk_from"):
        SalesforceConfig.model_validate({"auth": auth, "bulk_from": "sometimes"})
