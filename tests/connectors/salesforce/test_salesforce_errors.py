"""The table of errors: what each means, and that no message carries a value."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.refusals import cleaned
from connectors.salesforce.errors import (
    DAILY_WAIT,
    CrmError,
    Next,
    errors_in,
    fields_named,
    gravest,
    problem_of,
    record_errors,
    record_id_in,
    rule_for,
)

TABLE: list[tuple[int, str, str, Next]] = [
    (401, "INVALID_SESSION_ID", "Session expired or invalid", Next.REFRESH),
    (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Next.RETRY),
    (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", Next.RETRY),
    (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred", Next.RETRY),
    (503, "SERVER_UNAVAILABLE", "Server is unavailable", Next.RETRY),
    (503, "", "<html>maintenance</html>", Next.RETRY),
    (502, "", "", Next.RETRY),
    (429, "", "", Next.RETRY),
    (302, "", "", Next.RETRY),
    (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: 00Q", Next.RETRY),
    (400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Company]", Next.REJECT),
    (400, "STRING_TOO_LONG", "First Name: data value too large: xxx (max length=40)", Next.LEAVE_OUT),
    (400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", Next.LEAVE_OUT),
    (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Segment: bad value for restricted picklist field: x", Next.LEAVE_OUT),
    (400, "INVALID_FIELD", "No such column 'X__c' on sobject of type Lead", Next.LEAVE_OUT),
    (400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: X. Please check", Next.LEAVE_OUT),
    (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "text of the admin", Next.REJECT),
    (400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "LeadTrigger: no such luck", Next.REJECT),
    (
        400,
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        "LeadTrigger: UNABLE_TO_LOCK_ROW, unable to obtain exclusive access",
        Next.RETRY,
    ),
    (400, "DUPLICATES_DETECTED", "Use one of these records?", Next.DUPLICATE),
    (400, "DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value on record with id: 00Q", Next.FOUND),
    (400, "DUPLICATE_VALUE", "Already a campaign member.", Next.ALREADY),
    (400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", Next.CONVERTED),
    (400, "INVALID_CROSS_REFERENCE_KEY", "cannot reference converted lead", Next.CONVERTED),
    (400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005] as owner of lead", Next.LEAVE_OUT),
    (400, "MALFORMED_ID", "id value of incorrect type", Next.LEAVE_OUT),
    (400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", Next.LEAVE_OUT),
    (400, "JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value x", Next.REJECT),
    (404, "NOT_FOUND", "The requested resource does not exist", Next.STOP),
    (404, "ENTITY_IS_DELETED", "entity is deleted", Next.GONE),
    (300, "", "", Next.REJECT),
    (414, "", "<html>", Next.TOO_LARGE),
    (431, "", "<html>", Next.TOO_LARGE),
    (413, "", "", Next.TOO_LARGE),
    (400, "EXCEEDED_ID_LIMIT", "record limit reached", Next.TOO_LARGE),
    (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", Next.STOP),
    (403, "INSUFFICIENT_ACCESS", "no access", Next.STOP),
    (200, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded", Next.STOP),
    (400, "SOMETHING_NEW", "never seen", Next.REJECT),
]


@pytest.mark.parametrize(("status", "code", "message", "step"), TABLE, ids=[f"{row[0]}-{row[1]}-{row[2][:20]}" for row in TABLE])
def test_each_error_leads_to_its_next_step(status: int, code: str, message: str, step: Next) -> None:
    assert rule_for(CrmError(code, message, (), status)).next is step


@pytest.mark.parametrize(("status", "code", "message", "step"), TABLE)
def test_each_error_makes_one_sentence(status: int, code: str, message: str, step: Next) -> None:
    error = CrmError(code, message, (), status)
    problem = problem_of(error, rule_for(error), ("Phone",))
    assert problem.code
    assert problem.message[0].isupper()
    assert "{" not in problem.message


def test_the_daily_and_the_concurrent_limit_are_told_apart() -> None:
    daily = rule_for(CrmError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", (), 403))
    concurrent = rule_for(
        CrmError("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", (), 403)
    )
    assert (daily.problem, daily.after) == ("daily_limit", DAILY_WAIT)
    assert concurrent.problem == "concurrent_limit"
    assert (concurrent.after or 0) < 60


BY_LABEL = {"first name": "FirstName", "firstname": "FirstName", "lastname": "LastName", "company": "Company", "x__c": "X__c",
            "ext__c": "Ext__c", "phone": "Phone", "email": "Email", "ownerid": "OwnerId"}  # fmt: skip


@pytest.mark.parametrize(
    ("error", "names"),
    [
        (CrmError("STRING_TOO_LONG", "First Name: data value too large: xxx (max length=40)"), ("FirstName",)),
        (CrmError("STRING_TOO_LONG", "whatever", ("Phone",)), ("Phone",)),
        (CrmError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Company]"), ("LastName", "Company")),
        (CrmError("INVALID_FIELD", "No such column 'X__c' on sobject of type Lead"), ("X__c",)),
        (
            CrmError("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Phone, X__c. Please check"),
            ("Phone", "X__c"),
        ),
        (CrmError("DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value on record with id: 00Q"), ("Ext__c",)),
        (CrmError("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005] as owner of lead"), ("OwnerId",)),
        (CrmError("SOMETHING", "nothing that names a field"), ()),
    ],
)
def test_fields_are_read_from_the_list_or_from_the_text(error: CrmError, names: tuple[str, ...]) -> None:
    assert fields_named(error, BY_LABEL) == names


@pytest.mark.parametrize("content", ["<html><body>Down</body></html>", None, [], b"", {"strange": 1}, ["text"], 3])
def test_answers_that_are_not_salesforces_still_have_one_error(content: Any) -> None:
    errors = errors_in(content, 503)
    assert len(errors) == 1
    assert rule_for(errors[0]).next is Next.RETRY


def test_rest_and_collections_spell_the_code_differently() -> None:
    assert errors_in([{"message": "m", "errorCode": "A", "fields": ["F"]}], 400) == [CrmError("A", "m", ("F",), 400)]
    assert record_errors({"errors": [{"message": "m", "statusCode": "A"}]}) == [CrmError("A", "m", (), 200)]


def test_the_gravest_of_several_errors_decides() -> None:
    errors = [
        CrmError("STRING_TOO_LONG", "Phone: x"),
        CrmError("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"),
    ]
    assert gravest(errors)[0].code == "REQUIRED_FIELD_MISSING"


@pytest.mark.parametrize("crm_id", ["00Q5e00000A1b2C", "00Q5e00000A1b2CEAZ"])
def test_the_id_of_the_other_record_is_read_from_the_text(crm_id: str) -> None:
    assert record_id_in(f"duplicate value found: Ext__c duplicates value on record with id: {crm_id}") == crm_id
    assert record_id_in("duplicate value found: Ext__c") == ""


def test_texts_of_the_org_are_shown_without_personal_values() -> None:
    text = cleaned(
        "<b>Weber</b>: anna@acme.example, +49 (30) 123-4567 or Firma Neu must not be used", ["Weber", "firma neu", True]
    )
    assert text == "… : …, … or … must not be used"
