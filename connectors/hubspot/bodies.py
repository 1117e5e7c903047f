"""What of a rendered object goes out now, as the portal's property definitions type it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from zoneinfo import ZoneInfo

from connectors.base import Reject
from connectors.hubspot.schema import LIFECYCLE, Property, Schema
from connectors.hubspot.writers import BadValue, crm_value, is_same
from core.lead import Value
from core.problems import Problem
from core.rendering import FieldWrite, decide_writes

EMAIL = "email"
IDENTITY = (EMAIL, "firstname", "lastname")
"""A contact can be created only with at least one of these."""

OPTED_OUT = re.compile(r"hs_email_optout(?:_(\d+))?")
"""Unsubscribed from all e-mail, or from one type of it, whose id is in the name. HubSpot answers these properties and, in most
portals, lets nobody write them: an address is unsubscribed over the communication preferences."""


@dataclass(frozen=True, slots=True)
class Body:
    """A record's properties to send; `must` are those that may not be left out, `problems` say what is wrong with others,
    `opt_outs` are opt-outs that HubSpot takes by address and not as a property, `kept` hold another value that stays."""

    fields: Mapping[str, str]
    must: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    opt_outs: tuple[str, ...] = ()
    echo: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    def without(self, names: Sequence[str], problems: Sequence[Problem] = ()) -> Body:
        """The same body without some properties, the reasons attached."""
        fields = {name: value for name, value in self.fields.items() if name not in names}
        return replace(self, fields=fields, problems=(*self.problems, *problems))


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the bodies of one object's records."""

    schema: Schema
    external_id: str
    zone: ZoneInfo

    def body(self, writes: Sequence[FieldWrite], current: Mapping[str, object] | None) -> Body:
        """The typed properties to send (`current` None: to a new record); raises Reject when a needed value is impossible."""
        known = self.schema.properties

        def same(name: str, wanted: Any, held: object) -> bool:
            return is_same(known.get(name), wanted, held, self.zone)

        decided = decide_writes(writes, cast("Any", self._with_unknown(writes, current)), same)
        required = {write.name for write in writes if write.is_required}
        fields: dict[str, str] = {}
        problems: list[Problem] = []
        opt_outs: list[str] = []
        echo: dict[str, str] = {}
        for name, value in decided.body.items():
            if name == self.external_id:
                continue
            about = known.get(name)
            if OPTED_OUT.fullmatch(name) and (about is None or not about.is_writable):
                opt_outs += [name] if value is True else []
                continue
            try:
                self._put(fields, echo, self._writable(name), value, current)
            except BadValue as error:
                problems.append(_left_out(name, error, is_required=name in required))
        must = frozenset(required) | self._last_identity(fields, problems, current)
        return Body(fields, must, tuple(problems), tuple(opt_outs), echo, decided.kept)

    def _put(
        self,
        fields: dict[str, str],
        echo: dict[str, str],
        about: Property,
        value: Value,
        current: Mapping[str, object] | None,
    ) -> None:
        """Put the value as text, unless it would take back what stands there."""
        text = crm_value(about, value, self.zone)
        held = None if current is None else current.get(about.name)
        if about.name == LIFECYCLE and held and not _is_forward(about, text, str(held)):
            return
        if about.kind == "choices" and current is not None and (held or about.name not in current):
            before = [part for part in str(held or "").split(";") if part]
            added = [part for part in text.split(";") if part not in before]
            echo[about.name] = ";".join([*before, *added])
            text = ";" + ";".join(added)  # a leading `;` adds to what is ticked there (properties guide, multiple checkboxes)
        fields[about.name] = text

    def _with_unknown(self, writes: Sequence[FieldWrite], current: Mapping[str, object] | None) -> Mapping[str, object] | None:
        """What the CRM holds, properties that it does not have as empty ones: so that they are reported each time."""
        if current is None:
            return None
        return {**{write.name: None for write in writes if not self.schema.has(write.name)}, **current}

    def _writable(self, name: str) -> Property:
        about = self.schema.properties.get(name)
        if about is None:
            raise BadValue("unknown_field", f"has no place: {self.schema.object} have no such property.{self.schema.near(name)}")
        if not about.is_writable:
            raise BadValue("not_writable", "belongs to a property that only HubSpot sets (take it out of the mapping)")
        return about

    def _last_identity(
        self, fields: Mapping[str, str], problems: Sequence[Problem], current: Mapping[str, object] | None
    ) -> frozenset[str]:
        """The one property that a new contact can not do without, when there is no other; raises Reject when there is none."""
        if current is not None or self.schema.object != "contacts":
            return frozenset()
        identity = [name for name in IDENTITY if name in fields]
        if identity:
            return frozenset(identity if len(identity) == 1 else ())
        bad = next((problem for problem in problems if problem.field in IDENTITY), None)
        raise Reject(no_identity(bad))


def without_email(body: Body, problem: Problem, *, is_new: bool) -> Body:
    """The body without its address; raises Reject where a new record has nothing else that HubSpot takes for an identity."""
    if is_new and not any(name in body.fields for name in IDENTITY if name != EMAIL):
        raise Reject(no_identity(problem))
    if EMAIL in body.must:
        raise Reject(problem)
    return body.without((EMAIL,), (problem,))


def no_identity(cause: Problem | None = None) -> Problem:
    """Why a contact can not be created: it needs an e-mail address or a name."""
    sentence = (
        "HubSpot creates a contact only with an e-mail address, a first or a last name, and this lead has none that it takes"
    )
    if cause is None:
        return Problem("no_identity", sentence, EMAIL)
    return Problem(cause.code, f"{cause.message}. {sentence}", cause.field)


def _is_forward(about: Property, wanted: str, held: str) -> bool:
    """Whether a lifecycle stage is later than the one held: HubSpot does not go back, and an unknown stage is not left."""
    places = about.ranks
    return wanted in places and held in places and places[wanted] > places[held]


def _left_out(name: str, error: BadValue, *, is_required: bool) -> Problem:
    """The problem of one property; raises Reject when the mapping says that the record can not do without it."""
    if is_required:
        sentence = f"HubSpot property `{name}`: the value {error.reason}, and the record can not do without it"
        raise Reject(Problem(error.code, sentence, name)) from error
    return Problem(error.code, f"HubSpot property `{name}` was left out: the value {error.reason}", name)
