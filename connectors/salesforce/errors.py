"""What each of Salesforce's errors means for us: one table from code, status and text to what happens next.

Salesforce's own sentences often repeat the value that was refused, so none is passed on as it is: a problem names the
field. Only what an org's admin or trigger wrote is shown, with everything that looks personal blanked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from connectors.base import Retry
from connectors.refusals import cleaned
from core.problems import Problem


@dataclass(frozen=True, slots=True)
class CrmError:
    """One error as Salesforce sent it; `status` is 200 for a record's own error within a collection."""

    code: str
    message: str = ""
    fields: tuple[str, ...] = ()
    status: int = 200


class Next(Enum):
    """What happens after an error, the gravest first."""

    REFRESH = "get a new token and repeat the call once"
    STOP = "nothing works until a person acts"
    TOO_LARGE = "send it again in smaller batches"
    FOUND = "another record holds this value; its id is in the text"
    ALREADY = "what was wanted is so already"
    CONVERTED = "the lead was converted: go on with its contact"
    GONE = "the record was deleted or merged"
    DUPLICATE = "a duplicate rule of the org refuses it"
    REJECT = "this record will not be accepted as it is"
    RETRY = "busy, limited or down"
    LEAVE_OUT = "a field was refused: send the record once more without it"


_RANK = {step: rank for rank, step in enumerate(Next)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: matches by code and, where given, HTTP status and text; `say` may use {fields} and {text}."""

    code: str
    next: Next
    problem: str
    say: str
    text: str = ""
    status: int = 0
    after: float | None = None


DAILY_WAIT = 900.0
"""Seconds between two looks at a used-up daily allowance: it frees over a rolling 24 hours, and no answer says when."""

_ADMIN = "Ask the Salesforce admin"

TABLE: tuple[Rule, ...] = (
    Rule("*", Next.REFRESH, "session_expired", "Salesforce does not accept the access token", status=401),
    Rule("*", Next.CONVERTED, "converted", "the lead was converted in Salesforce", text=r"cannot reference converted lead"),
    Rule("CANNOT_UPDATE_CONVERTED_LEAD", Next.CONVERTED, "converted", "the lead was converted in Salesforce"),
    Rule(
        "REQUEST_LIMIT_EXCEEDED",
        Next.RETRY,
        "concurrent_limit",
        "too many calls run in the org at once",
        text="concurrent",
        after=5,
    ),
    Rule(
        "REQUEST_LIMIT_EXCEEDED",
        Next.RETRY,
        "daily_limit",
        "the org's API calls of the last 24 hours are used up",
        after=DAILY_WAIT,
    ),
    Rule("UNABLE_TO_LOCK_ROW", Next.RETRY, "locked", "another process holds the record or one beside it", after=2),
    Rule("SERVER_UNAVAILABLE", Next.RETRY, "unavailable", "Salesforce is not available"),
    Rule("UNKNOWN_EXCEPTION", Next.RETRY, "server_error", "Salesforce failed inside"),
    Rule("QUERY_TIMEOUT", Next.RETRY, "server_error", "Salesforce took too long to read"),
    Rule("LIMIT_EXCEEDED", Next.RETRY, "org_limit", "a limit of the org was reached", after=60),
    Rule("TOO_MANY_APEX_REQUESTS", Next.RETRY, "org_limit", "the org runs too many triggers at once", after=10),
    Rule("ALL_OR_NONE_OPERATION_ROLLED_BACK", Next.RETRY, "rolled_back", "another record of the call failed", after=1),
    Rule("PROCESSING_HALTED", Next.RETRY, "rolled_back", "another record of the call failed", after=1),
    Rule("API_CURRENTLY_DISABLED", Next.RETRY, "unavailable", "the API is switched off for a moment", after=300),
    Rule(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        Next.RETRY,
        "locked",
        "a trigger or flow of the org met a lock or limit",
        text=r"UNABLE_TO_LOCK_ROW|exclusive access|row lock|record lock|deadlock|try again|REQUEST_RUNNING_TOO_LONG|CPU time",
        after=5,
    ),
    Rule(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        Next.REJECT,
        "trigger_refused",
        "a trigger or flow of the org refused the record: {text}",
    ),
    Rule("CANNOT_EXECUTE_FLOW_TRIGGER", Next.REJECT, "trigger_refused", "a flow of the org refused the record: {text}"),
    Rule(
        "REQUIRED_FIELD_MISSING",
        Next.REJECT,
        "required_missing",
        "Salesforce requires {fields}: fill it in the lead or give the mapping a `default`",
    ),
    Rule(
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        Next.REJECT,
        "validation_rule",
        "a validation rule of the org refused the record: {text}",
    ),
    Rule("FIELD_FILTER_VALIDATION_EXCEPTION", Next.LEAVE_OUT, "validation_rule", "a look-up filter of the org refused {fields}"),
    Rule("STRING_TOO_LONG", Next.LEAVE_OUT, "too_long", "the value of {fields} is longer than Salesforce allows"),
    Rule(
        "INVALID_EMAIL_ADDRESS",
        Next.LEAVE_OUT,
        "invalid_email",
        "Salesforce does not take the value of {fields} for an e-mail address",
    ),
    Rule(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        Next.LEAVE_OUT,
        "not_in_picklist",
        "the value of {fields} is not in its picklist: add it in Salesforce, or translate it with `values` in the mapping",
    ),
    Rule("NUMBER_OUTSIDE_VALID_RANGE", Next.LEAVE_OUT, "out_of_range", "the number of {fields} is outside its range"),
    Rule("INVALID_TYPE_ON_FIELD_IN_RECORD", Next.LEAVE_OUT, "wrong_type", "the value of {fields} has the wrong type"),
    Rule("FIELD_INTEGRITY_EXCEPTION", Next.LEAVE_OUT, "invalid_value", "Salesforce does not accept the value of {fields}"),
    Rule(
        "INVALID_FIELD",
        Next.LEAVE_OUT,
        "unknown_field",
        "Salesforce has no field {fields} that the integration user can see: correct the mapping or the field's permissions",
    ),
    Rule(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        Next.LEAVE_OUT,
        "not_writable",
        "the integration user may not write {fields}: correct the mapping or the field-level security",
    ),
    Rule(
        "INACTIVE_OWNER_OR_USER",
        Next.LEAVE_OUT,
        "owner_inactive",
        "the owner is not an active user in Salesforce ({fields}): activate the user there, or correct config/team.yaml",
    ),
    *(
        Rule(
            code,
            Next.LEAVE_OUT,
            "owner_unknown",
            "Salesforce does not let the wanted owner have the record ({fields}): give that user's profile access to the object",
        )
        for code in ("OP_WITH_INVALID_USER_TYPE_EXCEPTION", "TRANSFER_REQUIRES_READ")
    ),
    Rule("DUPLICATES_DETECTED", Next.DUPLICATE, "duplicate_in_crm", "a duplicate rule of the org refuses the record"),
    Rule(
        "DUPLICATE_VALUE",
        Next.ALREADY,
        "already_member",
        "the record is a campaign member already",
        text=r"already a campaign member",
    ),
    Rule(
        "DUPLICATE_VALUE",
        Next.RETRY,
        "same_record_twice",
        "the record stood twice in one call",
        text=r"duplicate id specified",
        after=1,
    ),
    Rule("DUPLICATE_VALUE", Next.FOUND, "duplicate_value", "another record has the same value in {fields}, which must be unique"),
    Rule(
        "DUPLICATE_EXTERNAL_ID",
        Next.REJECT,
        "external_id_not_unique",
        "several records carry this lead's external id: merge them and mark the field as unique",
    ),
    Rule(
        "*",
        Next.REJECT,
        "external_id_not_unique",
        "several records carry this lead's external id: merge them and mark the field as unique",
        status=300,
    ),
    Rule("ENTITY_IS_DELETED", Next.GONE, "deleted_in_crm", "the record was deleted in Salesforce"),
    Rule("MALFORMED_ID", Next.LEAVE_OUT, "bad_reference", "the value of {fields} is not the id of such a record"),
    Rule(
        "INVALID_CROSS_REFERENCE_KEY",
        Next.LEAVE_OUT,
        "bad_reference",
        "the value of {fields} points to a record that does not exist or that the integration user can not see",
    ),
    Rule(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        Next.LEAVE_OUT,
        "bad_reference",
        "the value of {fields} points to a record that the integration user may not use",
    ),
    Rule("JSON_PARSER_ERROR", Next.REJECT, "wrong_type", "Salesforce could not read one of the values"),
    Rule("STORAGE_LIMIT_EXCEEDED", Next.STOP, "storage_full", f"the org's data storage is full. {_ADMIN} to free some"),
    Rule("EXCEEDED_ID_LIMIT", Next.TOO_LARGE, "too_large", "too many records in one call"),
    Rule("OPERATION_TOO_LARGE", Next.TOO_LARGE, "too_large", "too much data for one call"),
    Rule("*", Next.TOO_LARGE, "too_large", "the call was too large", status=413),
    Rule("*", Next.TOO_LARGE, "too_large", "the call's address was too long", status=414),
    Rule("*", Next.TOO_LARGE, "too_large", "the call's headers were too long", status=431),
    Rule(
        "INSUFFICIENT_ACCESS_OR_READONLY",
        Next.STOP,
        "no_permission",
        f"the integration user may not create such records. {_ADMIN} to extend its permission set",
    ),
    Rule(
        "API_DISABLED_FOR_ORG",
        Next.STOP,
        "api_disabled",
        f"the API is not enabled for this org or user. {_ADMIN} for the permission 'API Enabled'",
    ),
    Rule(
        "INSUFFICIENT_ACCESS",
        Next.STOP,
        "no_permission",
        f"the integration user may not do this. {_ADMIN} to extend its permission set",
        status=403,
    ),
    Rule(
        "INVALID_TYPE",
        Next.STOP,
        "no_object",
        f"the integration user can not see the object. {_ADMIN} to extend its permission set",
    ),
    Rule("UNSUPPORTED_API_VERSION", Next.STOP, "api_version", "the org does not know this API version: correct `api_version`"),
    Rule("MALFORMED_QUERY", Next.STOP, "query_refused", "Salesforce did not understand a query of leadrelay: please report this"),
)

_BY_STATUS: Mapping[int, Rule] = {
    408: Rule("*", Next.RETRY, "unavailable", "Salesforce gave up waiting"),
    429: Rule("*", Next.RETRY, "busy", "Salesforce asks to slow down"),
    403: Rule(
        "*", Next.STOP, "no_permission", f"Salesforce refuses the integration user ({{code}}). {_ADMIN} to check its permissions"
    ),
    404: Rule(
        "*",
        Next.STOP,
        "not_found",
        "Salesforce does not know the address: check `api_version`, and that the user sees the object",
    ),
    405: Rule("*", Next.STOP, "not_found", "Salesforce does not offer this call: check `api_version`"),
}
_FAILED = Rule("*", Next.RETRY, "server_error", "Salesforce failed inside")
_SERVER_ERROR = Rule("*", Next.RETRY, "unavailable", "Salesforce is not available or under maintenance")
_MOVED = Rule(
    "*", Next.RETRY, "maintenance", "the address answers with a redirect: Salesforce is under maintenance, or `base_url` is old"
)
_UNKNOWN = Rule("*", Next.REJECT, "refused", "Salesforce refused the record ({code}): {text}")


def rule_for(error: CrmError) -> Rule:
    """The row of the table that decides about an error; what no row knows is decided by its HTTP status."""
    for rule in TABLE:
        if _fits(rule, error):
            return rule
    if error.status >= 500:
        return _FAILED if error.status == 500 else _SERVER_ERROR
    if 300 <= error.status < 400:
        return _MOVED
    return _BY_STATUS.get(error.status, _UNKNOWN)


def _fits(rule: Rule, error: CrmError) -> bool:
    if rule.code not in ("*", error.code):
        return False
    if rule.status and rule.status != error.status:
        return False
    return not rule.text or re.search(rule.text, error.message, re.IGNORECASE) is not None


def gravest(errors: Sequence[CrmError]) -> tuple[CrmError, Rule]:
    """The error that decides when a record has several."""
    judged = [(error, rule_for(error)) for error in errors] or [(CrmError("UNKNOWN"), _UNKNOWN)]
    return min(judged, key=lambda pair: _RANK[pair[1].next])


def problem_of(error: CrmError, rule: Rule, fields: Iterable[str] = (), values: Iterable[object] = ()) -> Problem:
    """The error as a problem that names fields and never the value."""
    names = tuple(dict.fromkeys(fields)) or error.fields
    spelled = ", ".join(f"`{name}`" for name in names) or "a field"
    sentence = rule.say.format(fields=spelled, code=error.code or "no code", text=cleaned(error.message, values))
    return Problem(rule.problem, sentence[0].upper() + sentence[1:], field=names[0] if names else "")


def as_retry(rule: Rule, *, may_have_happened: bool = False, after: float | None = None) -> Retry:
    """The wait that a RETRY row asks for."""
    wait = rule.after if after is None else after
    return Retry(rule.say, after=wait, may_have_happened=may_have_happened, code=rule.problem)


# --- reading what was sent --------------------------------------------------------------------------------------------


def errors_in(content: object, status: int) -> list[CrmError]:
    """The errors of a whole call's answer: a JSON array, one object, or anything else (HTML, nothing)."""
    found = [content] if isinstance(content, Mapping) else content
    if isinstance(found, list):
        errors = [_error(item, status) for item in found if isinstance(item, Mapping)]
        if errors:
            return errors
    return [CrmError("", "", (), status)]


def record_errors(result: Mapping[str, Any]) -> list[CrmError]:
    """The errors of one record within a collection's answer."""
    listed = result.get("errors")
    return [_error(item, 200) for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []


def _error(item: Mapping[str, Any], status: int) -> CrmError:
    code = item.get("errorCode") or item.get("statusCode") or item.get("error") or ""
    fields = item.get("fields")
    named = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
    message = item.get("message") or item.get("error_description") or ""
    return CrmError(str(code), str(message), named, status)


_NAMED = (
    re.compile(r"Required fields are missing: \[([^\]]*)\]", re.IGNORECASE),
    re.compile(r"No such column '([^']+)'", re.IGNORECASE),
    re.compile(r"Unable to create/update fields: ([^.]+)\.", re.IGNORECASE),
    re.compile(r"duplicate value found: (\S+) duplicates", re.IGNORECASE),
    re.compile(r"The (\S+) field should not be specified", re.IGNORECASE),
    re.compile(r"^([^:]{1,80}): ", re.IGNORECASE),
)


_ABOUT_OWNERS = ("INACTIVE_OWNER_OR_USER", "OP_WITH_INVALID_USER_TYPE_EXCEPTION", "TRANSFER_REQUIRES_READ")


def fields_named(error: CrmError, by_label: Mapping[str, str]) -> tuple[str, ...]:
    """The API names of the fields that an error is about: as listed, or read from its text by name or label."""
    listed = list(error.fields)
    if not listed:
        for pattern in _NAMED:
            found = pattern.search(error.message)
            if found:
                listed = [part.strip() for part in found[1].split(",")]
                break
    names = tuple(dict.fromkeys(known for name in listed if (known := by_label.get(name.lower()))))
    if not names and error.code in _ABOUT_OWNERS and "ownerid" in by_label:
        return (by_label["ownerid"],)
    return names


_RECORD_ID = re.compile(r"(?<![A-Za-z0-9])([a-zA-Z0-9]{18}|[a-zA-Z0-9]{15})(?![A-Za-z0-9])")


def record_id_in(message: str) -> str:
    """The id after `record with id:` in an error's text, or an empty text."""
    found = re.search(r"record with id: ?" + _RECORD_ID.pattern, message, re.IGNORECASE)
    return found[1] if found else ""
