"""Communication preferences: what each address is subscribed to, and who wants no mail at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.hubspot import writing
from leadrelay.sandbox.hubspot.refusals import invalid_input, not_found
from leadrelay.sandbox.hubspot.values import stamp
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.routes import Asked

_STATES = ("SUBSCRIBED", "UNSUBSCRIBED", "NOT_SPECIFIED")
SUBSCRIPTIONS = {"101": "Marketing Information", "102": "Newsletter", "103": "One to One"}


class Consent:
    """Subscription statuses by address."""

    def __init__(self, portal: HubSpotPortal) -> None:
        self._portal = portal
        self.subscriptions = dict(SUBSCRIPTIONS)
        self.statuses: dict[tuple[str, str], dict[str, Any]] = {}
        self.out: set[str] = set()

    def set(self, email: str, subscription: str, status: str, about: dict[str, Any] | None = None) -> dict[str, Any]:
        """Set one status; raises Refusal."""
        if subscription not in self.subscriptions:
            raise not_found(f"Subscription {subscription} does not exist")
        if status not in _STATES:
            raise invalid_input(f"statusState must be one of {', '.join(_STATES)}")
        self.statuses[(email.lower(), subscription)] = {"status": status, "timestamp": stamp(self._portal.now()), **(about or {})}
        return self.shown(email, subscription)

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

    def unsubscribe_all(self, email: str) -> None:
        """The person wants no mail: every subscription ends and the contact says so."""
        self.out.add(email.lower())
        table = self._portal.tables["contacts"]
        record = table.find("email", email)
        if record is not None:
            writing.tell(self._portal, table, record, {"hs_email_optout": "true"})
        self._portal.end_call()


def answer(asked: Asked) -> Answer:
    """Serve a call below `/communication-preferences`."""
    consent = asked.portal.consent
    is_read = asked.method == "GET" or asked.parts[-1:] == ("read",)
    scope = "communication_preferences."
    asked.needs(*([f"{scope}read", f"{scope}read_write"] if is_read else [f"{scope}read_write", f"{scope}write"]))
    match (asked.method, *asked.parts):
        case ("GET", "definitions"):
            listed = [{"id": key, "name": name, "isActive": True} for key, name in consent.subscriptions.items()]
            return Answer(200, {"status": "COMPLETE", "results": listed})
        case ("GET", "statuses", email):
            return Answer(200, _all(consent, email))
        case ("POST", "statuses", email):
            return _set(consent, email, asked.object_body())
        case ("POST", "statuses", "batch", "read"):
            emails = [str(one) for one in asked.object_body().get("inputs") or []]
            results = [{"subscriberIdString": email, "statuses": _all(consent, email)["results"]} for email in emails]
            return Answer(200, {"status": "COMPLETE", "results": results})
        case ("POST", "statuses", "batch", "unsubscribe-all"):
            return Answer(200, {"status": "COMPLETE", "results": [_out(consent, str(one)) for one in _inputs(asked)]})
        case ("POST", "statuses", "batch", "write"):
            made = [_set(consent, str(one.get("subscriberIdString")), one) for one in _inputs(asked)]
            return Answer(200, {"status": "COMPLETE", "results": [one.body for one in made]})
        case ("GET", "statuses", email, "unsubscribe-all"):
            status = "UNSUBSCRIBED" if email.lower() in consent.out else "NOT_UNSUBSCRIBED"
            one = {"channel": "EMAIL", "subscriberIdString": email, "wideStatusType": "PORTAL_WIDE", "status": status}
            return Answer(200, {"status": "COMPLETE", "results": [one]})
        case ("POST", "statuses", email, "unsubscribe-all"):
            consent.unsubscribe_all(email)
            return Answer(200, _all(consent, email))
        case _:
            raise not_found()


def _inputs(asked: Asked) -> list[Any]:
    return list(asked.object_body().get("inputs") or [])


def _out(consent: Consent, email: str) -> dict[str, Any]:
    consent.unsubscribe_all(email)
    return {"subscriberIdString": email, "statuses": _all(consent, email)["results"]}


def _all(consent: Consent, email: str) -> dict[str, Any]:
    results = [consent.shown(email, one) for one in consent.subscriptions]
    return {"status": "COMPLETE", "results": results}


def _set(consent: Consent, email: str, body: dict[str, Any]) -> Answer:
    if body.get("channel") != "EMAIL":
        raise invalid_input("channel must be EMAIL")
    about = {name: body.get(name) for name in ("legalBasis", "legalBasisExplanation")}
    return Answer(200, consent.set(email, str(body.get("subscriptionId")), str(body.get("statusState")), about))
