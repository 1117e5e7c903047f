"""What holds in the HubSpot simulator whatever is sent: addresses belong to one contact, and a refused batch leaves nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from leadrelay.sandbox.hubspot import Call, HubSpotPortal, batches, people
from leadrelay.sandbox.hubspot.refusals import Refusal

ADDRESSES = [f"{one}@b.example" for one in "abcd"]
PROPERTIES = st.fixed_dictionaries(
    {"firstname": st.sampled_from(["Anna", "Ben"])},
    optional={
        "email": st.sampled_from([*ADDRESSES, "broken", ""]),
        "hs_additional_emails": st.sampled_from([*ADDRESSES, ""]),
        "nope": st.just("x"),
    },
)
ROWS = st.lists(
    st.tuples(st.sampled_from(["L1", "L2", "L3", "L4"]), PROPERTIES), min_size=1, max_size=4, unique_by=lambda one: one[0]
)
CALLS = st.lists(st.tuples(ROWS, st.booleans(), st.sampled_from(["", "archive", "merge"])), max_size=6)


def snapshot(portal: HubSpotPortal) -> list[tuple[str, dict[str, str]]]:
    return [(one.id, dict(one.properties)) for one in portal.records("contacts", with_archived=True)]


def upsert(portal: HubSpotPortal, rows: list[tuple[str, dict[str, str]]], *, traced: bool) -> None:
    inputs: list[dict[str, Any]] = [{"id": key, "idProperty": "leadrelay_id", "properties": values} for key, values in rows]
    for place, one in enumerate(inputs if traced else []):
        one["objectWriteTraceId"] = str(place)
    before, history = snapshot(portal), len(portal.history)
    try:
        batches.answer(portal, portal.tables["contacts"], "upsert", {"inputs": inputs}, {}, Call())
    except Refusal:
        assert not traced
        assert (snapshot(portal), len(portal.history)) == (before, history)
    portal.end_call()


def interfere(portal: HubSpotPortal, what: str) -> None:
    """Sales archives the oldest contact, or merges the two oldest."""
    table = portal.tables["contacts"]
    living = [one.id for one in table.living()]
    if what == "archive" and living:
        people.remove(portal, table, living[0])
    if what == "merge" and len(living) > 1:
        people.merge(portal, table, living[0], living[1], portal.by_sales())


@settings(max_examples=60, deadline=None)
@given(CALLS)
def test_an_address_and_an_external_id_belong_to_one_living_contact(calls: list[tuple[Any, bool, str]]) -> None:
    portal = HubSpotPortal(unique_properties=["leadrelay_id"])
    table = portal.tables["contacts"]
    for rows, traced, what in calls:
        upsert(portal, rows, traced=traced)
        interfere(portal, what)
        addresses = [(address, one.id) for one in table.living() for address in set(one.emails())]
        assert len({address for address, _ in addresses}) == len(addresses)
        keys = [(one.get("leadrelay_id"), one.id) for one in table.living()]
        for key, possible, held in (
            ("email", ADDRESSES, dict(addresses)),
            ("leadrelay_id", ["L1", "L2", "L3", "L4"], dict(keys)),
        ):
            found = {value: table.find(key, value) for value in possible}
            assert {value: one.id for value, one in found.items() if one} == {
                value: held[value] for value in possible if value in held
            }
