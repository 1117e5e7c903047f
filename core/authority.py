"""Who has the last word on a lead's fields when several CRMs are connected: the system of record of each group of fields.

Without an entry for a group every CRM that is read back may tell its fields. Consent has no system of record: an opt-out
counts from wherever it comes and goes everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Literal, get_args

from core.lead import Lead
from core.rendering import FieldWrite, OwnerWanted, Rendered, Update

Group = Literal["owner", "status", "contact"]
"""The groups of fields that a CRM may be the system of record for."""

GROUPS: tuple[Group, ...] = get_args(Group)

SystemOfRecord = Mapping[str, str]
"""Group to the name of the sink that has the last word on it."""

_CONSENT = "consent."
_STATUS = ("status", "lifecycle_stage", "journey_stage")
_COMPUTED = (
    "score.",
    "outcome",
    "lead.",
    "first_touch.",
    "last_touch.",
    "touch.",
    "person.email_class",
    "person.verdict",
    "person.reachable",
)
"""Fields that are leadrelay's own whoever the system of record is."""


def group_of(path: str) -> Group | None:
    """The group of a lead field; None for consent and for what leadrelay computes, which no CRM has the last word on."""
    if path.startswith("owner."):
        return "owner"
    if path.startswith("sales.") or path in _STATUS:
        return "status"
    return None if path.startswith((_CONSENT, *_COMPUTED)) else "contact"


def may_tell(system: SystemOfRecord, sink: str, path: str) -> bool:
    """Whether what a sink reads back may set this lead field."""
    group = group_of(path)
    return group is None or system.get(group, sink) == sink


def is_master(system: SystemOfRecord, sink: str, path: str) -> bool:
    """Whether this sink is the system of record of a lead field."""
    group = group_of(path)
    return group is not None and system.get(group) == sink


def told_by_master(system: SystemOfRecord, lead: Lead, path: str) -> str:
    """The system of record of a field, when the lead's value comes from it; else an empty text."""
    group = group_of(path)
    master = "" if group is None else system.get(group, "")
    return master if master and lead.told_by(path) == master else ""


def update_towards(system: SystemOfRecord, sink: str, lead: Lead, path: str, update: Update) -> Update:
    """The policy for a field that goes to a sink: what the system of record told replaces what the others hold, and what
    stands in the system of record itself is only ever filled."""
    if update == "opt_out" or not path:
        return update
    if is_master(system, sink, path):
        return "if_empty" if update == "always" else update
    return "always" if told_by_master(system, lead, path) else update


def settle_authority(rendered: Rendered, system: SystemOfRecord, sink: str, lead: Lead) -> Rendered:
    """What a mapping wants, as far as this sink is to hear of it; the digest differs where a policy does."""
    changed: dict[str, Update] = {}
    writes: list[FieldWrite] = []
    for write in rendered.writes:
        update = _of_all(write, system, sink, lead)
        if update != write.update:
            changed[write.name] = update
        writes.append(write if update == write.update else replace(write, update=update))
    if not changed:
        return rendered
    return replace(rendered, writes=tuple(writes), digest=mixed(rendered.digest, str(sorted(changed.items()))))


def owner_towards(system: SystemOfRecord, sink: str, lead: Lead, queues: Mapping[str, str], update: Update) -> OwnerWanted | None:
    """Who shall own a lead's record in a sink: a person by e-mail, or the queue by the CRM's name for it in `queues`.

    None when nobody is known, when the queue has no name in this CRM, and when this very sink told it.
    """
    person, queue = lead.fields.get("owner.email"), lead.fields.get("owner.queue")
    if person is None and queue is None:
        return None
    is_queue = person is None or (queue is not None and (queue.at, queue.touch) > (person.at, person.touch))
    path = "owner.queue" if is_queue else "owner.email"
    name = str(lead.value(path))
    named = queues.get(name, "") if is_queue else name
    if not named or lead.told_by(path) == sink:
        return None
    wanted = update_towards(system, sink, lead, path, update)
    return OwnerWanted("", named, wanted) if is_queue else OwnerWanted(named, "", wanted)


def with_owner(rendered: Rendered, owner: OwnerWanted) -> Rendered:
    """What a mapping wants, with the owner; another owner is another digest."""
    said = f"owner {owner.email or owner.queue} {bool(owner.email)} {owner.update}"
    return replace(rendered, owner=owner, digest=mixed(rendered.digest, said))


def without_own_words(rendered: Rendered, sink: str, lead: Lead) -> Rendered:
    """What a mapping wants, without complaints of a value that no `values` lists because the sink itself told it."""
    own = {write.name for write in rendered.writes if any(lead.told_by(path) == sink for path in write.source.split(", "))}
    kept = tuple(one for one in rendered.problems if one.code != "unlisted_value" or one.field not in own)
    return replace(rendered, problems=kept)


def _of_all(write: FieldWrite, system: SystemOfRecord, sink: str, lead: Lead) -> Update:
    """A line may be made of several lead fields: one that has a system of record is enough."""
    update = write.update
    for path in write.source.split(", "):
        update = update_towards(system, sink, lead, path, update)
    return update


def mixed(digest: int, text: str) -> int:
    """A digest with something more in it; signed 64 bits, the same on every machine."""
    made = blake2b(digest.to_bytes(8, "big", signed=True) + text.encode(), digest_size=8).digest()
    return int.from_bytes(made, "big", signed=True)
