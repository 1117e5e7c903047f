"""Communication preferences: what each address is subscribed to, and who wants no mail at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import writing
from leadrelay.sandbox.hubspot.properties import YES_NO, Property, made
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input, not_found
from leadrelay.sandbox.hubspot.values import is_email, stamp
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.routes import Asked

_STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED")
MOST = 100
_OPTED_OUT = "hs_email_optout"
SUBSCRIPTIONS = {"101": "Marketing Information", "102": "Newsletter", "103": "One to One"}


class Consent:
    """Subscription statuses by address; an address needs no contact to be unsubscribed."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self._portal = portal
        self.subscriptions = dict(SUBSCRIPTIONS)
        self.statuses: dict[tuple[str, str], dict[str, Any]] = {}
        self.out: set[str] = set()
        for key, name in self.subscriptions.items():
            label = f"Opted out of email: {name}"
            about = Property(f"{_OPTED_OUT}_{key}", label, "enumeration", "radio", YES_NO, read_only=True)
            portal.tables["contacts"].add_property(made(replace(about, defined_by_hubspot=True, group="emailinformation")))

    def set(self, email: str, subscription: str, status: str, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Set one status; raises Refusal. Who left altogether can not be brought back over the API."""
        if subscription not in self.subscriptions:
            raise not_found(f"Subscription {subscription} does not exist")
        if status not in _STATES:
            raise invalid_input(f"statusState must be one of {', '.join(_STATES)}")
        before = self.shown(email, subscription)["status"]
        if status == "SUBSCRIBED" and before == "UNSUBSCRIBED":
            raise invalid_input("This contact has unsubscribed and can only be subscribed again by themselves")
        self.statuses[(email.lower(), subscription)] = {"status": status, "timestamp": stamp(self._portal.now()), **(about or {})}
        self._tell(email)
        reason = "NO_STATUS_CHANGE" if status == before else f"{status}_STATUS_CHANGE"
        return {**self.shown(email, subscription), "setStatusSuccessReason": reason}

    def shown(self, email: str, subscription: str) -> dict[str, Any]:
        """One status as the API shows it."""
        known = self.statuses.get((email.lower(), subscription), {})
        status = "UNSUBSCRIBED" if email.lower() in self.out else known.get("status", "NOT_SPECIFIED")
        return {
            "channel": "EMAIL",
            "subscriberIdString": email,
            "subscriptionId": int(subscription),
            "subscriptionName": self.subscriptions[subscription],
            "status": status,
            "source": known.get("source", "API"),
            "legalBasis": known.get("legalBasis"),
            "legalBasisExplanation": known.get("legalBasisExplanation"),
            "timestamp": known.get("timestamp"),
        }

    def all_of(self, email: str) -> list[dict[str, Any]]:
        """Every status of an address."""
        return [self.shown(email, one) for one in self.subscriptions]

    def wide(self, email: str) -> list[dict[str, Any]]:
        """That an address left altogether; nothing when it did not."""
        one = {"channel": "EMAIL", "subscriberIdString": email, "wideStatusType": "PORTAL_WIDE", "status": "UNSUBSCRIBED"}
        return [one] if email.lower() in self.out else []

    def unsubscribe_all(self, email: str) -> None:
        """The person wants no mail: every subscription ends and the contact says so. Raises Refusal."""
        if not is_email(email.strip()):
            raise invalid_input(f"{email} is not an e-mail address", context={"subscriberIdString": [email]})
        self.out.add(email.lower())
        self._tell(email)
        self._portal.end_call()

    def opted_out(self, email: str) -> dict[str, str]:
        """What a contact's properties say of its address."""
        if not self.out and not self.statuses:
            return {}
        told = {_OPTED_OUT: "true"} if email in self.out else {}
        for one in self.subscriptions:
            if self.shown(email, one)["status"] == "UNSUBSCRIBED":
                told[f"{_OPTED_OUT}_{one}"] = "true"
        return told

    def _tell(self, email: str) -> None:
        table = self._portal.tables["contacts"]
        record, told = table.find("email", email), self.opted_out(email.lower())
        if record is not None and told:
            writing.tell(self._portal, table, record, told)


def answer(asked: Asked) -> Answer:
    """Serve a call below `/communication-preferences`."""
    consent = asked.portal.consent
    is_read = asked.method == "GET" or asked.parts[-1:] == ("read",)
    scope = "communication_preferences."
    asked.needs(*([f"{scope}read", f"{scope}read_write"] if is_read else [f"{scope}read_write", f"{scope}write"]))
    match (asked.method, *asked.parts):
        case ("GET", "definitions"):
            listed = [{"id": key, "name": name, "isActive": True} for key, name in consent.subscriptions.items()]
            return _answer(listed)
        case ("POST", "statuses", "batch", *verb):
            return _batch(consent, "/".join(verb), asked.object_body())
        case ("GET", "statuses", email):
            return _answer(consent.all_of(email))
        case ("POST", "statuses", email):
            return Answer(200, _set(consent, {**asked.object_body(), "subscriberIdString": email}))
        case ("GET", "statuses", email, "unsubscribe-all"):
            return _answer(consent.wide(email))
        case ("POST", "statuses", email, "unsubscribe-all"):
            consent.unsubscribe_all(email)
            return _answer(consent.all_of(email))
        case _:
            raise not_found()


def _answer(results: list[dict[str, Any]], errors: list[dict[str, Any]] | None = None) -> Answer:
    body: dict[str, Any] = {"status": "COMPLETE", "results": results}
    return Answer(207, body | {"numErrors": len(errors), "errors": errors}) if errors else Answer(200, body)


def _set(consent: Consent, body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("channel") != "EMAIL":
        raise invalid_input("channel must be EMAIL")
    about = {name: body.get(name) for name in ("legalBasis", "legalBasisExplanation")}
    return consent.set(
        str(body.get("subscriberIdString") or ""), str(body.get("subscriptionId")), str(body.get("statusState")), about
    )


def _batch(consent: Consent, verb: str, body: Mapping[str, Any]) -> Answer:
    """Up to a hundred addresses in a call; what is refused is told beside the others."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MOST:
        raise invalid_input(f"Invalid input JSON: between 1 and {MOST} inputs are expected")
    serve = _VERBS.get(verb)
    if serve is None:
        raise not_found()
    results, errors = [], []
    for one in inputs:
        try:
            results.append(serve(consent, one))
        except Refusal as refusal:
            errors.append(refusal.row())
    return _answer(results, errors)


def _read(consent: Consent, email: Any) -> dict[str, Any]:
    return {"subscriberIdString": str(email), "statuses": consent.all_of(str(email))}


def _leave(consent: Consent, email: Any) -> dict[str, Any]:
    consent.unsubscribe_all(str(email))
    return _read(consent, email)


def _read_wide(consent: Consent, email: Any) -> dict[str, Any]:
    return {"subscriberIdString": str(email), "wideStatuses": consent.wide(str(email))}


_VERBS: dict[str, Callable[[Consent, Any], dict[str, Any]]] = {
    "read": _read,
    "write": _set,
    "unsubscribe-all": _leave,
    "unsubscribe-all/read": _read_wide,
}
