"""Opt-outs that HubSpot takes by address: the communication preferences, since contacts' opt-out properties are read-only.

An address can be unsubscribed before there is a contact with it, and HubSpot never takes that back (communication preferences
API, v4 and dated versions).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.base import Retry, Stop, TooLarge
from connectors.hubspot.bodies import OPTED_OUT
from connectors.hubspot.client import AT_ONCE, Client, Refused

_STATUSES = "/communication-preferences/v4/statuses"
_ONE_BY_ONE = 20
_LATER = 900.0


@dataclass(frozen=True, slots=True)
class OptOut:
    """What one lead opted out of: the property that says so, and the addresses to unsubscribe."""

    name: str
    addresses: tuple[str, ...]


def tell_opt_outs(client: Client, wanted: Mapping[int, Sequence[OptOut]]) -> dict[int, Retry]:
    """Unsubscribe the addresses of these leads, in a call for each hundred; why it failed, by the index of each lead it failed
    for. An opt-out is never given up: its lead is tried again."""
    failed: dict[int, Retry] = {}
    for name in dict.fromkeys(one.name for found in wanted.values() for one in found):
        by_address: dict[str, list[int]] = {}
        for index, found in wanted.items():
            addresses = [address for one in found if one.name == name for address in one.addresses]
            if not addresses:
                failed[index] = _failure("the lead has no e-mail address that could be unsubscribed")
            for address in addresses:
                by_address.setdefault(address, []).append(index)
        refused = _unsubscribe(client, name, list(by_address))
        failed |= {index: retry for address, retry in refused.items() for index in by_address[address]}
    return failed


def _unsubscribe(client: Client, name: str, addresses: Sequence[str]) -> dict[str, Retry]:
    failed: dict[str, Retry] = {}
    for start in range(0, len(addresses), AT_ONCE):
        part = addresses[start : start + AT_ONCE]
        try:
            answer = _batch(client, name, part)
            refused = _refused_in(answer, part)
            open_ones = [address for address in part if address not in refused and address.lower() not in _told(answer)]
            failed |= refused | _one_by_one(client, name, open_ones)
        except Refused:
            failed |= _one_by_one(client, name, part)
        except Stop as stop:
            if stop.problem.code != "not_found":  # an account or simulator without the batched call
                return {address: _failure(stop.problem.message) for address in addresses}
            failed |= _one_by_one(client, name, part)
        except (Retry, TooLarge) as error:
            failed |= dict.fromkeys(part, _waiting(error))
    return failed


def _batch(client: Client, name: str, addresses: Sequence[str]) -> Any:
    subscription = _subscription(name)
    if subscription is None:
        inputs: list[Any] = list(addresses)
        path, query = f"{_STATUSES}/batch/unsubscribe-all", {"channel": "EMAIL"}
        return client.call("POST", path, {"inputs": inputs}, query=query, writes=True)
    inputs = [{"subscriberIdString": address, **_unsubscribed(subscription)} for address in addresses]
    return client.call("POST", f"{_STATUSES}/batch/write", {"inputs": inputs}, writes=True)


def _one_by_one(client: Client, name: str, addresses: Sequence[str]) -> dict[str, Retry]:
    """A call for each address, for as many as a pass may take; the others come with the next one."""
    failed = {address: Retry("other opt-outs go first", after=1, code="partly") for address in addresses[_ONE_BY_ONE:]}
    for address in addresses[:_ONE_BY_ONE]:
        try:
            _tell_one(client, _subscription(name), f"{_STATUSES}/{quote(address, safe='')}")
        except Refused as refused:
            if not any(_is_done_already(error.message) for error in refused.errors):
                failed[address] = _failure("HubSpot did not take the opt-out of an address")
        except Stop as stop:
            failed[address] = _failure(stop.problem.message)
        except (Retry, TooLarge) as error:
            failed[address] = _waiting(error)
    return failed


def _tell_one(client: Client, subscription: int | None, path: str) -> None:
    """End one type of e-mail to an address, or all of them: at once, else each that HubSpot lists for it."""
    if subscription is not None:
        client.call("POST", path, _unsubscribed(subscription), writes=True)
        return
    try:
        client.call("POST", f"{path}/unsubscribe-all", query={"channel": "EMAIL"}, writes=True)
    except (Refused, Stop) as error:
        is_missing = error.status == 404 if isinstance(error, Refused) else error.problem.code == "not_found"
        if not is_missing:
            raise
        types = {row.get("subscriptionId") for row in _listed(client.call("GET", path), "results")}
        known = [int(one) for one in types if isinstance(one, int | str) and str(one).isdigit()]
        if not known:
            raise
        for one in known:
            client.call("POST", path, _unsubscribed(one), writes=True)


def _subscription(name: str) -> int | None:
    """The type of e-mail that a property is about; None for all of it."""
    found = OPTED_OUT.fullmatch(name)
    return int(found[1]) if found and found[1] else None


def _unsubscribed(subscription: int) -> dict[str, object]:
    return {"subscriptionId": subscription, "channel": "EMAIL", "statusState": "UNSUBSCRIBED"}


def _refused_in(answer: Any, addresses: Sequence[str]) -> dict[str, Retry]:
    """The addresses that the errors of a batched call name."""
    open_errors = [error for error in _listed(answer, "errors") if not _is_done_already(str(error.get("message")))]
    named = {text for error in open_errors for text in _texts(error)}
    refused = [address for address in addresses if address.lower() in named]
    return dict.fromkeys(refused, _failure("HubSpot did not take the opt-out of an address"))


def _told(answer: Any) -> set[str]:
    """The addresses that a batched call's answer says something of: what it does not name is not known to be told."""
    results = {str(row.get("subscriberIdString") or "").lower() for row in _listed(answer, "results")}
    return results | {text for error in _listed(answer, "errors") for text in _texts(error)}


def _listed(answer: Any, key: str) -> list[dict[str, Any]]:
    listed = answer.get(key) if isinstance(answer, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _texts(error: Mapping[str, Any]) -> Iterable[str]:
    context = error.get("context")
    for value in context.values() if isinstance(context, dict) else ():
        yield from (str(item).lower() for item in (value if isinstance(value, list) else [value]))


def _is_done_already(message: str) -> bool:
    return "already" in message.lower() and "unsubscribed" in message.lower()


def _failure(reason: str) -> Retry:
    sentence = (
        f"The lead's opt-out could not be told to HubSpot: {reason}. Give the app the scope"
        " `communication_preferences.read_write`, or map the opt-out to a property of your own"
    )
    return Retry(sentence, after=_LATER, code="opt_out_not_told")


def _waiting(error: Retry | TooLarge) -> Retry:
    if isinstance(error, Retry):
        return Retry(error.reason, after=error.after, until=error.until, code=error.code)
    return Retry("too many opt-outs for one call", after=1, code="partly")
