"""The contact that an action belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.base import Act, Link, Outcome, Reject
from connectors.hubspot.client import is_record_id
from core.problems import Problem

CONTACTS = "contacts"


def contact_of(links: Sequence[Link]) -> str:
    """The first of the lead's contacts; empty when it has none."""
    return next((link.crm_id for link in links if link.object == CONTACTS and is_record_id(link.crm_id)), "")


def contacts_of(acts: Mapping[int, Act]) -> tuple[dict[int, str], dict[int, Outcome]]:
    """Each action's contact, and the refusals of those without one."""
    found = {index: contact_of(act.links) for index, act in acts.items()}
    lost: dict[int, Outcome] = {index: _no_contact() for index, contact in found.items() if not contact}
    return {index: contact for index, contact in found.items() if contact}, lost


def _no_contact() -> Reject:
    return Reject(Problem("no_record", "The lead has no contact in HubSpot that the action could be added to"))


def contact_gone() -> Reject:
    """The contact was deleted in HubSpot."""
    return Reject(Problem("deleted_in_crm", "The contact is not there (any more) in HubSpot: the action has nothing to stand at"))
