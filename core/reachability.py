"""Whether and how a person can be reached: of each channel whether it is open, with the reason. Pure.

A channel is `open` when its address is valid and nothing speaks against it, `closed` when something does (not valid, bounced,
opted out), and `unknown` when nobody has told an address. A person whom somebody has spoken with is proved to be reachable: who
answered a mail, a call or sales, as touches or a CRM tell.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core.instants import from_datetime
from core.lead import Lead
from core.normalize.phone import is_e164, read_phone
from core.quick_dataclass import quick_dataclass
from core.realness import ANSWERED, PROOF

State = Literal["open", "closed", "unknown"]
Reached = Literal["proved", "yes", "no", "unknown"]
REACHED: tuple[Reached, ...] = ("proved", "yes", "no", "unknown")

BOUNCED = "email_bounced"
"""The kind of a touch that tells that a mail came back. An address that was told after it has not bounced."""
BOUNCED_THERE = "sales.bounced_at"
"""The field by which a CRM tells the same."""

_EMAIL, _PHONES = "person.email", ("person.phone", "person.mobile")
_UNUSABLE = {
    "invalid": "what stands for the address is none",
    "placeholder": "the address is a placeholder",
    "disposable": "the address is one that is thrown away",
}


@quick_dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach a person."""

    name: str
    state: State
    reason: str

    def as_json(self) -> dict[str, object]:
        """The channel as plain JSON values."""
        return {"channel": self.name, "state": self.state, "reason": self.reason}


@quick_dataclass(frozen=True, slots=True)
class Reachability:
    """All channels, and what they say together."""

    reached: Reached
    channels: tuple[Channel, ...]
    proof: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, as a sentence for each channel of which anything is known, without personal values."""
        shown = tuple(f"{channel.name}: {channel.reason}" for channel in self.channels if channel.state != "unknown")
        return (f"the person was reached ({self.proof})", *shown) if self.proof else shown

    def as_json(self) -> dict[str, object]:
        """The reachability as plain JSON values."""
        return {"reachable": self.reached, "proof": self.proof, "channels": [channel.as_json() for channel in self.channels]}


def reachability(lead: Lead, *, trusts_signs: bool = False) -> Reachability:
    """How a person can be reached: proved when somebody spoke with them and a channel is open, else yes with an open channel, no
    when all that were told are closed, and unknown when none was told.

    With `trusts_signs` a number that the newest touch told is as good as the signs of that touch say, since it was read then:
    reading it again takes most of the time of all this.
    """
    phone, mobile = _PHONES
    found = _phone(lead, phone, trusts_signs=trusts_signs), _phone(lead, mobile, trusts_signs=trusts_signs)
    channels = (_email(lead), *found)
    states = [channel.state for channel in channels]
    proof = next((kind for kind in PROOF if kind in lead.kinds), "") or (ANSWERED if lead.value(ANSWERED) is not None else "")
    if "open" in states:
        return Reachability("proved" if proof else "yes", channels, proof)
    return Reachability("no" if "closed" in states else "unknown", channels)


def _email(lead: Lead) -> Channel:
    won = lead.fields.get(_EMAIL)
    if won is None:
        return Channel("email", "unknown", "no e-mail address is known")
    unusable = _UNUSABLE.get(str(lead.value("person.email_class") or ""))
    if unusable is not None:
        return Channel("email", "closed", unusable)
    if lead.value("consent.email_marketing") == "opted_out":
        return Channel("email", "closed", "the person opted out of e-mails")
    if _bounced_at(lead) >= won.at:
        return Channel("email", "closed", "a mail to the address came back")
    return Channel("email", "open", "the address is valid, and nothing came back")


def _bounced_at(lead: Lead) -> int:
    """When a mail came back last, as a touch or a CRM told; -1 when none did."""
    told = lead.value(BOUNCED_THERE)
    return max(lead.kinds.get(BOUNCED, -1), -1 if told is None else from_datetime(datetime.fromisoformat(str(told))))


def _phone(lead: Lead, path: str, *, trusts_signs: bool) -> Channel:
    number = lead.value(path)
    if number is None:
        return _NO_NUMBER[path]
    name = path.rpartition(".")[2]
    if lead.value("consent.phone_marketing") == "opted_out":
        return Channel(name, "closed", "the person opted out of calls")
    is_read = trusts_signs and _was_read(lead, path)
    if not is_e164(number) or (not is_read and read_phone(str(number), "").code):
        return Channel(name, "closed", "the number is none that exists")
    return Channel(name, "open", "the number is valid")


_NO_NUMBER = {path: Channel(path.rpartition(".")[2], "unknown", "no number is known") for path in _PHONES}


def _was_read(lead: Lead, path: str) -> bool:
    """Whether the newest touch told the number and nothing speaks against any number of it."""
    last = lead.fields.get("last_touch.kind")
    if last is None or lead.fields[path].touch != last.touch:
        return False
    signs = lead.value("last_touch.signs")
    return not (isinstance(signs, tuple) and "phone_impossible" in signs)
