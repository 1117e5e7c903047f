"""SOQL as integrations use it, over the real client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_client import GOOD, refused
from simple_salesforce import Salesforce, format_soql
from simple_salesforce.exceptions import SalesforceGeneralError

from leadrelay.sandbox.salesforce import Refusal, SalesforceOrg
from leadrelay.sandbox.salesforce.ids import checksum, full_id, make_id

ORG = SalesforceOrg()
START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
def people() -> SalesforceOrg:
    """Three leads at known times, without a server."""
    org = SalesforceOrg(clock=lambda: START, external_id_fields=["Ext__c"])
    ben = {"LastName": "Ben", "Company": "B", "Title": None, "NumberOfEmployees": 5, "DoNotCall": True, "Ext__c": "two"}
    org.seed("Lead", [{**GOOD, "Email": "Anna@acme.de", "Title": "50% O'Neil_1", "NumberOfEmployees": 20, "Ext__c": "One"}])
    org.advance(3600)
    org.seed("Lead", [ben])
    org.advance(3600)
    org.seed(
        "Lead", [{"LastName": "Cem", "Company": "C\\D", "Email": "cem@acme.de", "OwnerId": org.queue_id, "Title": "line\nbreak"}]
    )
    return org


def names(org: SalesforceOrg, where: str) -> list[str]:
    found = org.query(f"SELECT LastName FROM Lead {where}")
    assert isinstance(found, list)
    return [one["LastName"][0] for one in found]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("WHERE Email = 'anna@ACME.de'", "W"),
        ("WHERE Email != 'anna@acme.de'", "BC"),
        ("WHERE Email = null", "B"),
        ("WHERE Email = ''", "B"),
        ("WHERE Email IN ('CEM@acme.de', 'nobody@x.de', 'anna@acme.de')", "WC"),
        ("WHERE Email NOT IN ('cem@acme.de')", "WB"),
        ("WHERE Ext__c IN ('ONE','two')", "WB"),
        ("WHERE Lead.Email LIKE '%@acme.de'", "WC"),
        ("WHERE Title LIKE '50\\%%'", "W"),
        ("WHERE Title LIKE '%\\_1'", "W"),
        ("WHERE LastName LIKE 'Be_'", "B"),
        ("WHERE Title = '50% O\\'Neil_1'", "W"),
        ("WHERE Title = 'line\\nbreak'", "C"),
        ("WHERE Company = 'C\\\\D'", "C"),
        ("WHERE Company = '\\u0042'", "B"),
        ("WHERE NumberOfEmployees >= 5 AND NumberOfEmployees < 20", "B"),
        ("WHERE NumberOfEmployees > 5", "W"),
        ("WHERE NumberOfEmployees = 20 OR (LastName = 'Ben' AND DoNotCall = true)", "WB"),
        ("WHERE NOT DoNotCall = true", "WC"),
        ("WHERE (NOT LastName LIKE 'B%') AND Email != null", "WC"),
        ("WHERE DoNotCall != TRUE and lastname <> 'Cem'", "W"),
        ("WHERE SystemModstamp > 2026-11-21T10:00:00Z", "BC"),
        ("WHERE SystemModstamp >= 2026-11-21T11:00:00.000+01:00", "WBC"),
        ("WHERE CreatedDate < 2026-11-21T11:00:00+00:00", "W"),
        ("WHERE CreatedDate = TODAY", "WBC"),
        ("WHERE CreatedDate = LAST_N_DAYS:3 AND CreatedDate > YESTERDAY", "WBC"),
        ("WHERE Owner.Name = 'Inbound Leads'", "C"),
        ("WHERE Owner.Type = 'User'", "WB"),
        ("WHERE OwnerId IN (SELECT Id FROM Group WHERE Type = 'Queue')", "C"),
        ("WHERE IsConverted = false ORDER BY LastName DESC", "WCB"),
        ("ORDER BY NumberOfEmployees", "CBW"),
        ("ORDER BY NumberOfEmployees DESC NULLS LAST, LastName ASC", "WBC"),
        ("ORDER BY SystemModstamp LIMIT 1 OFFSET 1", "B"),
        ("LIMIT 2", "WB"),
        ("LIMIT 0", ""),
    ],
)
def test_query_finds_what_it_should(people: SalesforceOrg, where: str, expected: str) -> None:
    found = names(people, where)
    assert "".join(found if "ORDER" in where else sorted(found, key="WBC".index)) == expected


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("SELECT Id Email FROM Lead", "MALFORMED_QUERY"),
        ("SELECT * FROM Lead", "MALFORMED_QUERY"),
        ("SELECT FROM Lead", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ('SELECT Id FROM Lead WHERE Email = "a@b.de"', "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Email = 'a", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Email = 'a\\q'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Email IN ()", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Email = 'O'Neil'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE A = 'a' AND B = 'b' OR C = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Email = 'a' AND NOT Email = 'b'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Email == 'a'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead LIMIT 1 WHERE Email = 'a'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Nope FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Nope__c = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead ORDER BY Nope__c", "INVALID_FIELD"),
        ("SELECT Nope.Name FROM Lead", "INVALID_FIELD"),
        ("SELECT Id, id FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE NumberOfEmployees = '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Email = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2026-11-21T10:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate > 2026-11-21", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE DoNotCall > true", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("SELECT FIELDS(ALL) FROM Lead", "MALFORMED_QUERY"),
    ],
)
def test_wrong_query_is_refused_with_its_code(people: SalesforceOrg, soql: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        people.query(soql)
    assert (caught.value.code, caught.value.status) == (code, 400)


def test_real_client_reads_relations_counts_and_describes_itself(sf: Salesforce, org: SalesforceOrg) -> None:
    [lead] = org.seed("Lead", [{**GOOD, "Email": "a@b.de", "OwnerId": org.sales_user_id}])
    soql = format_soql(
        "SELECT Id, Owner.Name, Owner.Email, ConvertedContact.Name FROM Lead WHERE Email IN {}", ["a@b.de", "c'd@e.de"]
    )
    [record] = sf.query(soql)["records"]
    assert record["attributes"] == {"type": "Lead", "url": f"/services/data/v68.0/sobjects/Lead/{lead}"}
    assert (record["Owner"]["Name"], record["Owner"]["Email"]) == ("Sally Sales", "sally@sandbox.example")
    assert record["ConvertedContact"] is None
    assert sf.query("SELECT COUNT() FROM Lead") == {"totalSize": 1, "done": True, "records": []}
    assert sf.is_sandbox() is False
    statuses = sf.query("SELECT MasterLabel, IsConverted FROM LeadStatus WHERE IsConverted = true")["records"]
    assert [one["MasterLabel"] for one in statuses] == ["Closed - Converted"]


def test_pages_follow_the_next_records_url(sf: Salesforce, org: SalesforceOrg) -> None:
    ids = org.seed("Lead", [GOOD] * 450)
    header = {"Sforce-Query-Options": "batchSize=200"}
    first = sf.query("SELECT Id FROM Lead", headers=header)
    assert (first["totalSize"], first["done"], len(first["records"])) == (450, False, 200)
    found = [one["Id"] for one in sf.query_all_iter("SELECT Id FROM Lead", headers=header)]
    assert found == ids
    assert refused(lambda: sf.query_more("01gNOPE-200-200"))[1]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_page_is_a_snapshot_of_the_first_answer(sf: Salesforce, org: SalesforceOrg) -> None:
    ids = org.seed("Lead", [GOOD] * 201)
    first = sf.query("SELECT Id FROM Lead", headers={"Sforce-Query-Options": "batchSize=200"})
    org.remove("Lead", ids[-1])
    assert len(sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)["records"]) == 1


def test_changes_are_listed_between_two_instants(sf: Salesforce, org: SalesforceOrg) -> None:
    kept, gone = org.seed("Lead", [GOOD, GOOD])
    org.remove("Lead", gone)
    now = org.now()
    start, end = now.replace(year=now.year - 1), now.replace(year=now.year + 1)
    assert sf.Lead.updated(start, end)["ids"] == [kept]
    assert [one["id"] for one in sf.Lead.deleted(start, end)["deletedRecords"]] == [gone]


def test_address_over_16_kb_is_refused_by_a_page(sf: Salesforce) -> None:
    with pytest.raises(SalesforceGeneralError) as caught:
        sf.query("SELECT Id FROM Lead WHERE Email IN (" + ",".join(f"'{number:08d}@acme.de'" for number in range(900)) + ")")
    assert caught.value.status == 414
    assert "<html>" in caught.value.content


@pytest.mark.parametrize("call", [lambda sf: sf.restful("nothing"), lambda sf: sf.restful("sobjects/Nothing/describe")])
def test_unknown_resource_is_a_404(sf: Salesforce, call: Callable[[Salesforce], Any]) -> None:
    assert refused(lambda: call(sf)) == (404, {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"})


def test_ids_carry_the_real_checksum() -> None:
    assert checksum("001A0000006Vm9r") == "IAC"  # the example in the vendor's help
    made = make_id("00Q", 62 * 62 + 37)
    assert (len(made), full_id(made[:15]), full_id(made)) == (18, made, made)
    assert full_id(made[:15].lower() + made[15:]) == made  # lost case comes back from the checksum
    assert full_id("00Q") is None
    assert full_id("00QHs00000zzzzz555") is None
    assert full_id("00Q-s00000zzzzz") is None


PIECES = [
    "SELECT",
    "Id",
    "FROM",
    "Lead",
    "WHERE",
    "Email",
    "=",
    "'a'",
    "IN",
    "(",
    ")",
    ",",
    "AND",
    "OR",
    "NOT",
    "LIKE",
    "null",
    "5",
    "LIMIT",
    "ORDER BY",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=14))
def test_any_text_is_a_query_or_is_refused(pieces: list[str]) -> None:
    try:
        ORG.query(" ".join(pieces))
    except Refusal as refusal:
        assert refusal.status == 400


@given(st.text(max_size=20))
def test_quoted_text_finds_exactly_the_record_that_holds_it(value: str) -> None:
    ORG.reset()
    kept = value.strip()
    ORG.seed("Lead", [{**GOOD, "Title": value}, {**GOOD, "Title": f"{kept}x"}])
    found = ORG.query(format_soql("SELECT Title FROM Lead WHERE Title = {}", kept))
    assert isinstance(found, list)
    assert [one["Title"] for one in found] == [kept or None]


@given(st.integers(0, 62**7 - 1))
def test_id_survives_the_loss_of_its_case(number: int) -> None:
    made = make_id("00Q", number)
    assert full_id(made.lower()) == full_id(made.upper()) == full_id(made[:15]) == made
