"""What people did in HubSpot comes back: each change, merge and deletion, however late search shows it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Change, Changes, Link, Stop
from connectors.hubspot import changes as module
from connectors.hubspot.sink import HubSpotSink
from connectors.hubspot.sweep import OVERLAP, Position, read_position
from connectors.hubspot.told import first_activity, instant_of, merged_ids
from core.instants import MINUTE, SECOND, from_datetime
from tests.connectors.hubspot.support import EXTERNAL_ID, World, ids, lead, uid

LAG = 4.0


@pytest.fixture
def synced(world: World) -> World:
    """A portal whose search lags."""
    world.portal.settings.index_lag_for = LAG
    world.portal.settings.search_limit = 10_000
    return world


def ours(world: World, count: int = 1) -> list[str]:
    return world.seed(*({"email": f"a{number}@acme.example", EXTERNAL_ID: uid(number)} for number in range(count)))


def now(world: World) -> int:
    return from_datetime(world.portal.now())


def sweep(sink: HubSpotSink, cursor: str = "", since: int = 0, fields: tuple[str, ...] = ("phone",), limit: int = 200) -> Changes:
    """All pages of one sweep."""
    found: list[Change] = []
    for _ in range(1_000):
        page = sink.changes("contacts", cursor, since, fields, limit)
        found += page.changes
        cursor = page.cursor
        if not page.has_more:
            return Changes(tuple(found), cursor)
    raise AssertionError("the cursor does not advance")


def of(changes: Changes, crm_id: str) -> Change:
    (found,) = [change for change in changes.changes if change.link.crm_id == crm_id]
    return found


# --- changed ----------------------------------------------------------------------------------------------------------


def test_a_changed_field_comes_with_owner_and_our_id(synced: World) -> None:
    (contact,) = ours(synced)
    owner = synced.portal.owners.all[1]
    synced.portal.edit("contacts", contact, {"phone": "+4930123", "hubspot_owner_id": owner.id})
    at = now(synced)
    synced.portal.advance(LAG + 1)
    change = of(sweep(synced.sink(), since=at - MINUTE), contact)
    assert change.link == Link("contacts", contact)
    assert (change.external_id, change.fields, change.owner) == (uid(0), {"phone": "+4930123"}, owner.email.lower())
    assert abs(change.at - at) < 5 * SECOND
    assert not change.is_deleted
    assert change.merged_into is None


def test_an_empty_field_is_none_and_an_unknown_one_is_left_out(synced: World) -> None:
    (contact,) = ours(synced)
    synced.portal.advance(LAG + 1)
    change = of(sweep(synced.sink(), fields=("phone", "no_such_property")), contact)
    assert change.fields == {"phone": None}
    assert change.owner is None


def test_values_are_as_they_are_now_though_search_still_shows_the_old_ones(synced: World) -> None:
    (contact,) = ours(synced)
    synced.portal.advance(LAG + 1)
    synced.portal.edit("contacts", contact, {"phone": "+4930999"})  # not in the index yet
    assert of(sweep(synced.sink()), contact).fields == {"phone": "+4930999"}


def test_contacts_that_are_none_of_ours_are_left_alone(synced: World) -> None:
    ours(synced)
    synced.seed({"email": "else@other.example"})
    synced.portal.advance(LAG + 1)
    assert len(sweep(synced.sink()).changes) == 1


@pytest.mark.parametrize("lag", [LAG, 120.0])
def test_a_change_that_search_does_not_show_yet_comes_with_a_later_sweep(synced: World, lag: float) -> None:
    (contact,) = ours(synced)
    synced.portal.settings.index_lag_for = lag
    synced.portal.advance(3600)
    sink = synced.sink()
    cursor = sweep(sink).cursor
    synced.portal.edit("contacts", contact, {"phone": "1"})
    cursor = sweep(sink, cursor).cursor
    synced.portal.advance(lag + 1)
    assert of(sweep(sink, cursor), contact).fields == {"phone": "1"}


@pytest.mark.parametrize(
    ("newest", "clock", "floor"),
    [
        (100 * MINUTE, 101 * MINUTE, 96 * MINUTE),  # busy: back by the overlap, since others may be shown late
        (100 * MINUTE, 300 * MINUTE, 100 * MINUTE),  # idle: nothing older can appear any more
        (10 * MINUTE, 12 * MINUTE, 50 * MINUTE),  # never back behind what was read before
        (None, 300 * MINUTE, 50 * MINUTE),
    ],
)
def test_the_next_sweep_goes_back_by_the_overlap(newest: int | None, clock: int, floor: int) -> None:
    stamps = [] if newest is None else [(newest, "1")]
    assert Position(50 * MINUTE).seen(stamps, is_full=False, now=clock).ended().floor == floor


@pytest.mark.parametrize(("count", "limit"), [(7, 3), (7, 7), (6, 3), (1, 1), (0, 3), (450, 200)])
def test_more_changes_than_a_page_holds_all_come(synced: World, count: int, limit: int) -> None:
    """Seeded in one instant or in several: no page is reached by an offset, and ties are read by id."""
    contacts = ours(synced, count)
    synced.portal.advance(LAG + 1)
    found = sweep(synced.sink(), limit=limit)
    assert {change.link.crm_id for change in found.changes} == set(contacts)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 8])
def test_many_changes_in_the_same_millisecond_all_come(synced: World, limit: int) -> None:
    portal = synced.portal
    fixed = portal.now()
    portal.clock, clock = (lambda: fixed), portal.clock
    try:
        contacts = ours(synced, 7)
    finally:
        portal.clock = clock
    portal.advance(LAG + 1)
    found = sweep(synced.sink(), limit=limit)
    assert {change.link.crm_id for change in found.changes} == set(contacts)


def test_a_record_that_changes_while_it_is_paged_pushes_none_past(synced: World) -> None:
    contacts = ours(synced, 9)
    for place, contact in enumerate(contacts):
        synced.portal.advance(1)
        synced.portal.edit("contacts", contact, {"phone": str(place)})
    synced.portal.advance(LAG + 1)
    sink = synced.sink()
    first = sink.changes("contacts", "", 0, ("phone",), 3)
    for contact in contacts[:3]:  # they move to the end of the list
        synced.portal.edit("contacts", contact, {"phone": "moved"})
    synced.portal.advance(LAG + 1)
    rest = sweep(sink, first.cursor, limit=3)
    assert {change.link.crm_id for change in (*first.changes, *rest.changes)} == set(contacts)


def test_an_idle_account_costs_two_calls_and_tells_old_news_no_more(synced: World) -> None:
    ours(synced, 5)
    synced.portal.advance(3600)
    sink = synced.sink()
    cursor = sweep(sink).cursor
    before = sink.calls
    page = sweep(sink, cursor)
    assert sink.calls - before <= 3
    assert len(page.changes) <= 5


def test_our_own_writes_are_told_as_they_were_answered(synced: World) -> None:
    """An echo is known by the hash of its value: what an upsert says it wrote is what a read-back says."""
    sink = synced.sink()
    (outcome,) = sink.upsert([lead(1, phone="+49 30 12")])
    (contact,) = ids([outcome])
    synced.portal.advance(LAG + 1)
    change = of(sweep(sink, fields=("phone", "email")), contact)
    assert change.fields["phone"] == outcome.wrote["phone"]  # type: ignore[union-attr]
    assert change.fields["email"] == outcome.wrote["email"]  # type: ignore[union-attr]


def test_missing_scopes_for_owners_and_deals_hide_only_those(synced: World) -> None:
    (contact,) = ours(synced)
    synced.portal.edit("contacts", contact, {"hubspot_owner_id": synced.portal.owners.all[0].id})
    synced.portal.advance(LAG + 1)
    synced.portal.settings.scopes -= {"crm.objects.owners.read", "crm.objects.deals.read", "crm.objects.deals.write"}
    change = of(sweep(synced.sink()), contact)
    assert (change.owner, change.converted_to) == (None, ())


def test_an_object_that_we_may_not_see_stops_with_its_scope(synced: World) -> None:
    synced.portal.settings.scopes = frozenset({"oauth"})
    with pytest.raises(Stop) as raised:
        sweep(synced.sink())
    assert "crm." in raised.value.problem.message


# --- deals and activities ---------------------------------------------------------------------------------------------


def test_a_deal_is_a_conversion(synced: World) -> None:
    from leadrelay.sandbox.hubspot import people

    (contact,) = ours(synced)
    deal = people.sell(synced.portal, contact)
    synced.portal.advance(LAG + 1)
    change = of(sweep(synced.sink()), contact)
    assert change.converted_to == (Link("deals", deal),)


def test_the_first_call_is_the_first_activity(synced: World) -> None:
    from leadrelay.sandbox.hubspot import people

    (contact,) = ours(synced)
    people.speak(synced.portal, contact)
    first = now(synced)
    synced.portal.advance(600)
    people.speak(synced.portal, contact)
    synced.portal.advance(LAG + 1)
    found = of(sweep(synced.sink()), contact).activity_at
    assert found is not None
    assert abs(found - first) < 5 * SECOND


# --- merged and deleted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("new_record", [False, True])
def test_a_merged_contact_says_where_it_went(synced: World, new_record: bool) -> None:
    from leadrelay.sandbox.hubspot import people

    synced.portal.settings.merge_makes_new_record = new_record
    winner, loser = ours(synced, 2)
    survivor = people.merge(synced.portal, synced.portal.tables["contacts"], winner, loser, synced.portal.by_sales()).id
    synced.portal.advance(LAG + 1)
    found = sweep(synced.sink())
    assert of(found, loser).merged_into == Link("contacts", survivor)
    assert not of(found, loser).is_deleted
    if new_record:
        assert of(found, winner).merged_into == Link("contacts", survivor)
    assert of(found, survivor).merged_into is None


def test_a_contact_that_was_merged_into_a_strangers_is_told(synced: World) -> None:
    from leadrelay.sandbox.hubspot import people

    (loser,) = ours(synced)
    (winner,) = synced.seed({"email": "else@other.example"})
    people.merge(synced.portal, synced.portal.tables["contacts"], winner, loser, synced.portal.by_sales())
    synced.portal.advance(LAG + 1)
    assert of(sweep(synced.sink()), loser).merged_into == Link("contacts", winner)


def test_a_deleted_contact_is_told_once_it_lies_in_the_bin(synced: World) -> None:
    from leadrelay.sandbox.hubspot import people

    _, gone = ours(synced, 2)
    stranger = synced.seed({"email": "else@other.example"})[0]
    synced.portal.advance(LAG + 1)
    sink = synced.sink()
    cursor = sweep(sink, since=now(synced) - MINUTE).cursor
    for one in (gone, stranger):
        people.remove(synced.portal, synced.portal.tables["contacts"], one)
    found = [change for change in sweep(sink, cursor).changes if change.is_deleted]
    assert [(change.link.crm_id, change.external_id) for change in found] == [(gone, uid(1))]
    assert found[0].fields == {}


def test_a_contact_taken_out_of_the_bin_is_not_deleted(synced: World) -> None:
    from leadrelay.sandbox.hubspot import people

    (contact,) = ours(synced)
    table = synced.portal.tables["contacts"]
    people.remove(synced.portal, table, contact)
    people.restore(synced.portal, table, contact)
    synced.portal.advance(LAG + 1)
    assert not of(sweep(synced.sink()), contact).is_deleted


def test_a_large_bin_is_walked_in_parts_and_nothing_in_it_is_missed(synced: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadrelay.sandbox.hubspot import people

    monkeypatch.setattr(module, "_BIN_PAGE", 2)
    monkeypatch.setattr(module, "_BIN_PAGES", 1)
    contacts = ours(synced, 9)
    table = synced.portal.tables["contacts"]
    sink, start = synced.sink(), now(synced) - MINUTE
    for contact in contacts[4:]:
        people.remove(synced.portal, table, contact)
    told: set[str] = set()
    cursor = ""
    for round_ in range(12):
        page = sweep(sink, cursor, since=start)
        told |= {change.link.crm_id for change in page.changes if change.is_deleted}
        cursor = page.cursor
        if round_ == 1:  # the walk has passed these
            for contact in contacts[:4]:
                people.remove(synced.portal, table, contact)
    assert told == set(contacts)


def test_what_lay_in_the_bin_before_is_not_told(synced: World) -> None:
    from leadrelay.sandbox.hubspot import people

    (contact,) = ours(synced)
    people.remove(synced.portal, synced.portal.tables["contacts"], contact)
    synced.portal.advance(24 * 3600)
    assert sweep(synced.sink(), since=now(synced)).changes == ()


# --- the cursor -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cursor", ["", "x", "[]", '{"floor": "x"}', '{"floor": 5, "else": 1}', "null"])
def test_a_cursor_that_is_none_of_ours_starts_at_the_given_time(cursor: str) -> None:
    assert read_position(cursor, 10 * MINUTE).floor == 10 * MINUTE - OVERLAP


@given(st.lists(st.integers(min_value=0, max_value=40), max_size=40), st.integers(min_value=1, max_value=6))
def test_every_record_is_read_whatever_the_times_and_the_page_size(times: list[int], size: int) -> None:
    """The position against a list that answers as search does: by time from `start`, or by id within one time."""
    records = [(time, str(100 + number)) for number, time in enumerate(times)]
    position, read = Position(0, bin_floor=0), set[str]()
    for _ in range(500):
        if position.tie:
            found = sorted((int(one), at) for at, one in records if at == position.start and int(one) > int(position.tie))
            page = [(at, str(one)) for one, at in found[:size]]
        else:
            page = sorted((record for record in records if record[0] >= position.start), key=lambda one: one[0])[:size]
        read |= {one for _, one in page}
        position = read_position(position.seen(page, is_full=len(page) == size, now=50).as_cursor(), 0)
        if position.is_binned:
            break
    assert position.is_binned
    assert read == {one for _, one in records}


# --- what a record tells ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-21T10:00:00.123Z", 1_795_255_200_123),
        ("1795255200123", 1_795_255_200_123),
        ("", None),
        (None, None),
        ("x", None),
    ],
)
def test_an_instant_is_read_in_both_forms(text: Any, instant: int | None) -> None:
    assert instant_of(text) == instant


def test_merges_that_are_known_to_be_old_are_left_out() -> None:
    row = {"id": "9", "properties": {"hs_merged_object_ids": "1;2;9", "hs_calculated_merged_vids": "1:1000;3:9000"}}
    assert merged_ids(row, 5_000) == ["2", "3"]


@pytest.mark.parametrize(
    ("properties", "at"),
    [
        ({"first_outreach_date": "2000000000", "notes_last_contacted": "1000000000"}, 2_000_000_000),
        ({"hs_first_outreach_date": "3000000000", "hs_sa_first_engagement_date": "1000000000"}, 1_000_000_000),
        ({"notes_last_contacted": "4000000000"}, 4_000_000_000),
        ({"hs_last_sales_activity_timestamp": "5000000000"}, 5_000_000_000),
        ({}, None),
    ],
)
def test_the_first_activity_is_the_first_that_the_account_knows(properties: dict[str, str], at: int | None) -> None:
    assert first_activity({"id": "1", "properties": properties}) == at
