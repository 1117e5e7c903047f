"""What each of HubSpot's errors means for us: one table from code, status and text to what happens next.

HubSpot's own sentences often repeat the value that was refused, so none is passed on as it is: a problem names the property.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from connectors.base import Retry
from connectors.hubspot.answers import CrmError as CrmError
from connectors.refusals import cleaned
from core.instants import Instant
from core.problems import Problem


class Refused(Exception):
    """A whole call was refused for something in it: a property, a value, a record."""

    def __init__(self, errors: Iterable[CrmError], status: int) -> None:
        self.errors = tuple(errors)
        self.status = status
        super().__init__(self.errors[0].code if self.errors else str(status))


class Next(Enum):
    """What happens after an error, the gravest first."""

    REFRESH = "get a new token and repeat the call once"
    STOP = "nothing works until a person acts"
    TOO_LARGE = "send it again in smaller batches"
    CONFLICT = "another record holds this value; its id may be in the text"
    GONE = "there is no such record (any more)"
    REJECT = "this record will not be accepted as it is"
    RETRY = "busy, limited or down"
    LEAVE_OUT = "a property was refused: send the record once more without it"


_RANK = {step: rank for rank, step in enumerate(Next)}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: matches by code, policy or category (a pattern) and, where given, HTTP status and text; `say` may use
    {names}, {code} and {text}. `at_least` is the shortest wait, whatever the answer says."""

    code: str
    next: Next
    problem: str
    say: str
    text: str = ""
    status: int = 0
    after: float | None = None
    at_least: float = 0.0
    is_daily: bool = False


_ADMIN = "Ask the HubSpot admin"
_DAILY = "the account's API calls of the day are used up, which all of its apps share"
_SCOPES = f"HubSpot's app may not do this: give it the scope {{names}}. {_ADMIN}, or authorise the app again"

DAILY = Rule("DAILY", Next.RETRY, "daily_limit", _DAILY, is_daily=True)
_SUSPENDED = r"\b(account|portal|hub)\b.{0,40}\b(suspend|deactivat|disabled|deleted)|\b(suspend|deactivat)\w* (account|portal)"

TABLE: tuple[Rule, ...] = (
    # the token
    Rule("EXPIRED_AUTHENTICATION", Next.REFRESH, "session_expired", "HubSpot says that the access token has expired"),
    Rule(
        "*",
        Next.STOP,
        "account_suspended",
        "the HubSpot account is suspended or deactivated",
        text=_SUSPENDED,
        status=401,
    ),
    Rule("*", Next.REFRESH, "session_expired", "HubSpot does not accept the access token", status=401),
    # limits: the policy decides, then the text
    DAILY,
    Rule("SECONDLY", Next.RETRY, "search_limit", "HubSpot allows only a few searches a second", after=1),
    Rule("TEN_SECONDLY_ROLLING", Next.RETRY, "rate_limit", "too many calls within ten seconds"),
    Rule("*", Next.RETRY, "daily_limit", _DAILY, text=r"daily (rate )?limit", status=429, is_daily=True),
    Rule("*", Next.RETRY, "rate_limit", "too many calls within ten seconds", text=r"ten_?secondly", status=429),
    Rule("*", Next.RETRY, "search_limit", "HubSpot allows only a few searches a second", text=r"secondly", status=429, after=1),
    Rule("*", Next.RETRY, "rate_limit", "HubSpot asks to slow down", status=429),
    Rule("RATE_LIMITS?", Next.RETRY, "rate_limit", "HubSpot asks to slow down"),
    Rule("*", Next.RETRY, "locked", "HubSpot holds a lock on the record", status=423, after=2, at_least=2),
    Rule("*", Next.RETRY, "migrating", "HubSpot moves the account to another data centre", status=477, after=300, at_least=1),
    # the account and the app
    Rule(
        "*",
        Next.STOP,
        "account_suspended",
        "the HubSpot account is suspended or deactivated",
        text=_SUSPENDED,
        status=403,
    ),
    Rule("MISSING_SCOPES", Next.STOP, "missing_scopes", _SCOPES),
    Rule("*", Next.STOP, "missing_scopes", _SCOPES, text=r"scope", status=403),
    # properties
    Rule(
        "PROPERTY_DOESNT_EXIST",
        Next.LEAVE_OUT,
        "unknown_field",
        "HubSpot has no property {names}: correct the mapping, or create the property",
    ),
    Rule(
        "INVALID_OPTIONS?|VALUE_NOT_IN_OPTIONS",
        Next.LEAVE_OUT,
        "not_in_picklist",
        "the value of {names} is none of its options: add it in HubSpot, or translate it with `values` in the mapping",
    ),
    Rule("INVALID_EMAIL", Next.LEAVE_OUT, "invalid_email", "HubSpot does not take the value of {names} for an e-mail address"),
    Rule("READ_ONLY.*", Next.LEAVE_OUT, "not_writable", "nobody may write {names}: take it out of the mapping"),
    Rule(
        "CALCULATED.*",
        Next.LEAVE_OUT,
        "not_writable",
        "HubSpot works out {names} itself: take it out of the mapping",
    ),
    Rule("INVALID_(INTEGER|INT)", Next.LEAVE_OUT, "wrong_type", "the value of {names} is no whole number"),
    Rule("INVALID_(NUMBER|LONG|DOUBLE|DECIMAL)", Next.LEAVE_OUT, "wrong_type", "the value of {names} is no number"),
    Rule(
        "INVALID_(DATE|DATETIME|TIMESTAMP)",
        Next.LEAVE_OUT,
        "wrong_type",
        "the value of {names} is no date or time that HubSpot takes",
    ),
    Rule("INVALID_BOOLEAN", Next.LEAVE_OUT, "wrong_type", "the value of {names} is neither yes nor no"),
    Rule(
        "INVALID_OWNER_ID",
        Next.LEAVE_OUT,
        "owner_inactive",
        "the owner is not an active user in HubSpot ({names}): activate the user there, or correct config/team.yaml",
    ),
    Rule(
        "(.*TOO_LONG|MAX_LENGTH.*|.*LENGTH_EXCEEDED)",
        Next.LEAVE_OUT,
        "too_long",
        "the value of {names} is longer than HubSpot allows",
    ),
    Rule(
        ".*REQUIRED.*",
        Next.REJECT,
        "required_missing",
        "HubSpot requires {names}: fill it in the lead or give the mapping a `default`",
    ),
    Rule(
        "*",
        Next.REJECT,
        "required_missing",
        "HubSpot requires {names}: fill it in the lead or give the mapping a `default`",
        text=r"required propert(y|ies)|propert(y|ies)\b.{0,80}\b(is|are) required|missing required",
        status=400,
    ),
    # records
    Rule(
        "*",
        Next.TOO_LARGE,
        "same_record_twice",
        "the same record stood twice in one call",
        text=r"duplicate (ids?|values?|inputs?)\b.{0,40}\b(batch|input|request)",
        status=400,
    ),
    Rule(
        "CONFLICT|CONFLICTING_UNIQUE_VALUE|.*UNIQUE.*",
        Next.CONFLICT,
        "duplicate_value",
        "another record has the same value in {names}, which must be unique",
    ),
    Rule(
        "*",
        Next.CONFLICT,
        "duplicate_value",
        "another record has the same value in {names}, which must be unique",
        text=r"already (exists|has that value)|existing (\w+ )?id|must be unique",
        status=400,
    ),
    Rule(
        "OBJECT_NOT_FOUND|RESOURCE_NOT_FOUND|NOT_FOUND",
        Next.GONE,
        "deleted_in_crm",
        "the record is not there (any more) in HubSpot",
    ),
    Rule(
        "*",
        Next.GONE,
        "deleted_in_crm",
        "the record is not there (any more) in HubSpot",
        text=r"may be deleted or not exist|could not get some \w* ?objects",  # the category is optional, as all of an error is
        status=400,
    ),
    Rule(
        "*",
        Next.STOP,
        "no_object",
        f"HubSpot does not know the object, or does not show it to the app. {_ADMIN} to check its scopes",
        text=r"unable to infer object type|object type .{0,40}(does not|doesn't) exist",
    ),
    Rule(
        "*",
        Next.TOO_LARGE,
        "too_large",
        "the call was too large",
        text=r"(batch|inputs?)\b.{0,60}\b(too (many|large)|exceed|at most|limit)",
        status=400,
    ),
    Rule("*", Next.TOO_LARGE, "too_large", "the call was too large", status=413),
    Rule("*", Next.TOO_LARGE, "too_large", "the call's address was too long", status=414),
    Rule("*", Next.TOO_LARGE, "too_large", "the call's headers were too long", status=431),
    Rule("INTERNAL_.*", Next.RETRY, "server_error", "HubSpot failed inside"),
    Rule("VALIDATION_ERROR", Next.LEAVE_OUT, "invalid_value", "HubSpot does not accept the value of {names}: {text}", status=400),
)

_BY_STATUS: dict[int, Rule] = {
    404: Rule(
        "*",
        Next.STOP,
        "not_found",
        "HubSpot does not know the address: check `base_url` and `api_version`, and that the object is one of the account's",
    ),
    405: Rule("*", Next.STOP, "not_found", "HubSpot does not offer this call: check `base_url` and `api_version`"),
    408: Rule("*", Next.RETRY, "unavailable", "HubSpot gave up waiting"),
    410: Rule("*", Next.STOP, "api_version", "HubSpot has ended this version of its API: set a newer `api_version`"),
    403: Rule("*", Next.STOP, "no_permission", f"HubSpot refuses the app ({{code}}). {_ADMIN} to check its permissions"),
    402: Rule("*", Next.STOP, "no_permission", f"HubSpot wants another subscription for this ({{code}}). {_ADMIN}"),
    409: Rule("*", Next.CONFLICT, "duplicate_value", "another record has the same value in {names}, which must be unique"),
}
_UNAVAILABLE = Rule("*", Next.RETRY, "unavailable", "HubSpot is not available")
_MOVED = Rule(
    "*", Next.RETRY, "maintenance", "the address answers with a redirect: HubSpot is under maintenance, or `base_url` is old"
)
_BAD_VALUE = Rule("*", Next.LEAVE_OUT, "invalid_value", "HubSpot does not accept the value of {names}: {text}")
_REFUSED = Rule("*", Next.REJECT, "refused", "HubSpot refused the record ({code}): {text}")


def next_step(error: CrmError) -> Rule:
    """The row of the table that decides about an error; what no row knows is decided by its HTTP status. A property can be left
    out only when the error names it; else the refusal stands."""
    rule = next((rule for rule in TABLE if _fits(rule, error)), None) or _by_status(error)
    return _REFUSED if rule.next is Next.LEAVE_OUT and not error.names else rule


def _fits(rule: Rule, error: CrmError) -> bool:
    told = (error.code, error.policy, error.category)
    if rule.code != "*" and not any(re.fullmatch(rule.code, word, re.IGNORECASE) for word in told if word):
        return False
    if rule.status and rule.status != _status(error):
        return False
    return not rule.text or re.search(rule.text, error.message, re.IGNORECASE) is not None


def _status(error: CrmError) -> int:
    """The status that decides: a record's own error within a batch is a refusal of that record."""
    return 400 if error.status < 300 else error.status


def _by_status(error: CrmError) -> Rule:
    status = _status(error)
    if status >= 500:
        return _UNAVAILABLE
    if status < 400:
        return _MOVED
    return _BY_STATUS.get(status) or (_BAD_VALUE if error.names else _REFUSED)


def gravest(errors: Sequence[CrmError]) -> tuple[CrmError, Rule]:
    """The error that decides when there are several."""
    judged = [(error, next_step(error)) for error in errors] or [(CrmError("UNKNOWN"), _REFUSED)]
    return min(judged, key=lambda pair: _RANK[pair[1].next])


def problem_of(error: CrmError, rule: Rule, names: Iterable[str] = (), values: Iterable[object] = ()) -> Problem:
    """The error as a problem that names properties and never the value; `values` are what was sent."""
    named = tuple(dict.fromkeys(names)) or error.names
    spelled = ", ".join(f"`{name}`" for name in named) or "a property"
    text = cleaned(_plain(error.message), values) or "no reason given"
    sentence = rule.say.format(names=spelled, code=cleaned(error.code)[:80] or "no code", text=text)
    return Problem(rule.problem, sentence[0].upper() + sentence[1:], field=named[0] if named else "")


def _plain(message: str) -> str:
    """A sentence without what stands in quotes, brackets or braces: HubSpot repeats values and options there."""
    return re.sub(r"\"[^\"]*\"|'[^']*'|\[[^\]]*\]|\{[^}]*\}", "…", message)


def as_retry(rule: Rule, *, after: float | None = None, until: Instant | None = None, may_have_happened: bool = False) -> Retry:
    """The wait that a RETRY row asks for; `after` is what the answer asks for."""
    wait = rule.after if after is None else after
    if until is None:
        wait = max(wait or 0.0, rule.at_least) or None
    return Retry(rule.say, after=wait, until=until, may_have_happened=may_have_happened, code=rule.problem)
