"""What the engine needs to know of sources, rules and sinks, taken from the configuration in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

from connectors.base import SinkContext, Tokens
from connectors.sources import Reader
from core.authority import SystemOfRecord, owner_towards, settle_authority, with_owner, without_own_words
from core.fields import Catalogue
from core.instants import MINUTE, Instant
from core.lead import CRM_CHANGE, Lead, Value
from core.mapping import InboundMapping, Owner
from core.rendering import Rendered
from core.rules import Rules
from core.windows import Window
from leadrelay.engine.routing_plan import RoutingPlan

LEASE_FOR = 3 * MINUTE
"""How long a worker may take for a batch: longer than all time-outs of one pass together."""
LINGER_FOR = 200
"""How long a row waits for company before a batch that is not full is sent, in milliseconds."""


class ActionWanted(Protocol):
    """Something a mapping wants done once: for a touch or, with `once`, for a lead and that text."""

    @property
    def kind(self) -> str:
        """The sink's word for it, such as `task`."""

    @property
    def payload(self) -> Mapping[str, str]:
        """What it is made of."""

    @property
    def line(self) -> int:
        """The place of the mapping's line that wants it, the same whichever other lines match."""

    @property
    def is_certain(self) -> bool:
        """Whether the touch alone decides it, whatever becomes of its lead."""

    @property
    def once(self) -> str:
        """What stands for the touch in the key of something wanted once for a lead; empty otherwise."""


class Outbound(Protocol):
    """A compiled mapping to one CRM object, as the engine uses it."""

    @property
    def name(self) -> str:
        """The mapping's name."""

    @property
    def object(self) -> str:
        """The CRM object that it writes."""

    @property
    def owner(self) -> Owner:
        """Who finds the owner of new records."""

    @property
    def from_crm(self) -> InboundMapping:
        """The lead fields that are read back, with the CRM's names."""

    @property
    def watched(self) -> tuple[str, ...]:
        """The CRM fields to ask for when records are read back."""

    def render(self, lead: Lead) -> Rendered:
        """What the CRM should hold for this lead."""

    def touch_actions(self, lead: Lead, touch_fields: Mapping[str, Value]) -> tuple[ActionWanted, ...]:
        """What should happen once for this touch."""


@dataclass(frozen=True, slots=True)
class SinkPlan:
    """One sink as configured. `mappings` are in the order of the configuration, `converted` holds by object name the
    mapping that a converted record is written by. `queues` holds the CRM's name for each queue of the team, and
    `system_of_record` the sink that has the last word on each group of fields."""

    name: str
    mappings: tuple[Outbound, ...]
    converted: Mapping[str, Outbound]
    is_live: bool = True
    takes_tests: bool = False
    batch: int = 200
    linger: int = LINGER_FOR
    lease: int = LEASE_FOR
    rate: Window | None = None
    burst: Window | None = None
    """What the connector takes for the CRM's burst limit until the CRM has told it."""
    daily_calls: int | None = None
    reserve: int = 20
    """The share of a day's calls that a backlog leaves to fresh leads, in per cent."""
    connector: str = ""
    fingerprint: str = ""
    """Equal as long as the mappings are written the same."""
    queues: Mapping[str, str] = field(default_factory=dict)
    system_of_record: SystemOfRecord = field(default_factory=dict)
    read_back_every: int | None = MINUTE
    """How often the CRM is asked what people did there, in milliseconds; None: never."""
    recreates: bool = False
    """Whether a lead that comes in once more is made again in the CRM after a person deleted it there."""
    zone: str = "UTC"
    region: str = ""
    bulk_from: int = 0
    """From how many new records on that are due at once they go through a job of the CRM; 0: never."""

    @property
    def calls_for(self) -> int:
        """The part of a lease that is kept for the calls: nothing is sent that might still be under way when it ends."""
        return self.lease * 3 // 4

    @property
    def objects(self) -> tuple[str, ...]:
        """The CRM objects that this sink delivers leads to."""
        return tuple(mapping.object for mapping in self.mappings)

    @property
    def bulk_objects(self) -> tuple[str, ...]:
        """Those of them that a job may write: a CRM's own assignment rule does not run in one."""
        return tuple(mapping.object for mapping in self.mappings if mapping.owner.assigned_by == "leadrelay")

    def render(self, mapping: Outbound, lead: Lead) -> dict[str, Rendered]:
        """What one of the mappings wants for a lead, and what is wanted of the object that a converted record became."""
        found = {mapping.object: self._rendered(mapping, lead)}
        return found | {name: self._rendered(other, lead) for name, other in self.converted.items() if name != mapping.object}

    def _rendered(self, mapping: Outbound, lead: Lead) -> Rendered:
        """What a mapping wants of one object, with the owner and what the systems of record have to say."""
        rendered = mapping.render(lead)
        if rendered.problems and CRM_CHANGE in lead.kinds:
            rendered = without_own_words(rendered, self.name, lead)
        if self.system_of_record:
            rendered = settle_authority(rendered, self.system_of_record, self.name, lead)
        if mapping.owner.assigned_by != "leadrelay":
            return rendered
        owner = owner_towards(self.system_of_record, self.name, lead, self.queues, mapping.owner.update)
        return rendered if owner is None else with_owner(rendered, owner)

    def team_queue(self, name: str) -> str:
        """The team's name for a queue of the CRM; the CRM's own name for one that no queue of the team stands for."""
        folded = name.casefold().strip()
        return next((ours for ours, theirs in self.queues.items() if theirs.casefold().strip() == folded), name)

    def context(self, tokens: Tokens) -> SinkContext:
        """What the sink is opened with."""
        assigned = tuple(mapping.object for mapping in self.mappings if mapping.owner.assigned_by != "leadrelay")
        return SinkContext(self.name, tokens, (*self.objects, *self.converted), assigned)

    def state_of(self, is_test: bool) -> str:
        """The state that a delivery or action of a lead begins in: test leads are held back unless the sink takes them."""
        return "suppressed" if is_test and not self.takes_tests else "waiting"


def digest_of(rendered: Mapping[str, Rendered]) -> int:
    """Equal when nothing to send has changed, in the object itself and in the one that it is converted to."""
    return reduce(lambda digest, one: digest * 31 ^ one.digest, rendered.values(), 0) % (1 << 63)


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """One source as configured: how its bodies are read, and what its names mean."""

    name: str
    reader: Reader
    mapping: InboundMapping
    zone: str = "UTC"
    region: str = ""


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """Everything a submission is decided by, under one configuration hash."""

    config_hash: str
    catalogue: Catalogue
    sources: Mapping[str, SourcePlan]
    sinks: tuple[SinkPlan, ...] = field(default=())
    rules: Rules = field(default_factory=Rules.none)
    routing: RoutingPlan | None = None

    def look_again(self, again_at: Instant | None, now: Instant) -> Instant | None:
        """When a lead that has just changed is to be decided again: at once where leads are routed, since turns are taken by
        whoever decides leads that came in or are due, and by nobody else."""
        return again_at if self.routing is None else now
