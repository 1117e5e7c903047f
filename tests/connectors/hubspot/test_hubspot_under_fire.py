"""Random faults and refusals: sending until everything is settled leaves one contact a lead, and nobody's overwritten."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from connectors.base import Done, Found, Outcome, Reject, Retry, TooLarge, Upsert
from core.rendering import FieldWrite
from leadrelay.sandbox.hubspot.refusals import Refusal, invalid_input
from tests.connectors.hubspot.support import EXTERNAL_ID, World, existing, lead, uid

LEADS = 200
FAULTS = ("unavailable", "html", "cut_before", "cut_after_write", "too_many_requests", "truncate", "locked")
KEYED_IN = range(0, LEADS, 17)


def _refused(_: str, __: int, given: Mapping[str, Any]) -> Refusal | None:
    if given.get("jobtitle") == "Odd":
        return invalid_input("no", errors=[{"message": "no", "code": "ODD", "context": {"propertyName": ["jobtitle"]}}])
    return invalid_input("Never.") if given.get("company") == "Never" else None


def _row(number: int, odd: set[int], never: set[int]) -> Upsert:
    fields: dict[str, Any] = {"jobtitle": "Odd"} if number in odd else {}
    if number in never:
        return lead(number, FieldWrite("company", "Never", is_required=True), **fields)
    if number % 23 == 0:
        return lead(number, email="info@acme.example", emails=(), **fields)
    return lead(number, **fields)


def _settle(world: World, sink: Any, rows: Mapping[int, Upsert], chance: random.Random) -> dict[int, Outcome]:
    """Send as the engine does: in any order, again after a failure, with what is known by then."""
    open_rows, settled = dict(rows), {}
    for _ in range(300):
        if not open_rows:
            break
        if chance.random() < 0.35:
            world.fail(chance.choice(FAULTS), on=chance.choice(("read", "write", "data")))
        numbers = chance.sample(sorted(open_rows), min(len(open_rows), chance.randint(1, 100)))
        try:
            outcomes = sink.upsert([open_rows[number] for number in numbers])
        except (Retry, TooLarge) as error:
            outcomes = [error if isinstance(error, Retry) else Retry("smaller")] * len(numbers)
        for number, outcome in zip(numbers, outcomes, strict=True):
            match outcome:
                case Found():
                    open_rows[number] = replace(open_rows[number], crm_id=outcome.crm_id, is_unsure=False)
                case Retry():
                    is_unsure = open_rows[number].is_unsure or outcome.may_have_happened
                    open_rows[number] = replace(open_rows[number], is_unsure=is_unsure)
                case _:
                    settled[number] = outcome
                    del open_rows[number]
    assert open_rows == {}
    return settled


@pytest.mark.parametrize("seed", range(4))
def test_whatever_fails_every_lead_ends_as_one_contact_of_its_own(world: World, seed: int) -> None:
    chance = random.Random(seed)
    world.portal.settings.structured_errors = seed % 2 == 0
    if seed % 4 < 2:
        world.untraced()
    odd, never = set(chance.sample(range(LEADS), 6)), set(chance.sample(range(LEADS), 4))
    world.portal.interfere = _refused
    world.seed(*(existing(number, lastname="Keyed In") for number in KEYED_IN))
    rows = {number: _row(number, odd, never) for number in range(LEADS)}
    settled = _settle(world, world.sink(match_existing=seed != 3), rows, chance)

    assert {number for number, outcome in settled.items() if isinstance(outcome, Reject)} <= never
    ours = {contact[EXTERNAL_ID]: contact for contact in world.contacts() if contact[EXTERNAL_ID]}
    assert len(ours) == sum(1 for contact in world.contacts() if contact[EXTERNAL_ID])
    for number, outcome in settled.items():
        if isinstance(outcome, Done):
            contact = ours[uid(number)]
            assert contact["hs_object_id"] == outcome.crm_id
            assert contact["lastname"] in (f"Weber{number}", "Keyed In" if number in KEYED_IN else "")
    addresses = [contact["email"] for contact in world.contacts() if contact["email"]]
    assert len(addresses) == len(set(addresses))
