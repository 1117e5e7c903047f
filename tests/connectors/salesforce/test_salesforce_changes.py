"""Reading back: what people did in the org, told once or more often, never less."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Change, Link, ReadsBack
from connectors.salesforce.sink import SalesforceSink
from core.instants import MINUTE, Instant, from_datetime
from leadrelay.sandbox.salesforce import refuse
from tests.connectors.salesforce.support import World, existing, ids, lead

FIELDS = ("Status", "Phone", "HasOptedOutOfEmail", "Nope__c")


def ours(world: World, count: int, **fields: object) -> list[str]:
    """Leads of ours in the org, as sales finds them."""
    stamped = [existing(n, Leadrelay_Id__c=f"uid-{n}", **fields) for n in range(count)]
    return world.org.seed("Lead", stamped)


def now(world: World) -> Instant:
    return from_datetime(world.org.now())


def read(
    sink: SalesforceSink, since: Instant, name: str = "Lead", cursor: str = "", limit: int = 2000
) -> tuple[list[Change], str, int]:
    """All changes since the cursor, the cursor to go on from, and the number of pages."""
    found: list[Change] = []
    pages = 0
    while True:
        page = sink.changes(name, cursor, since, FIELDS, limit)
        found += page.changes
        pages += 1
        cursor = page.cursor
        if not page.has_more:
            return found, cursor, pages


def test_a_change_tells_the_record_its_fields_and_owner(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    world.org.edit("Lead", crm_id, {"Status": "Working", "OwnerId": world.org.sales_user_id})
    sink = world.sink()
    assert isinstance(sink, ReadsBack)
    changes, _, _ = read(sink, since)
    assert changes == [
        Change(
            Link("Lead", crm_id),
            at=changes[0].at,
            external_id="uid-0",
            fields={"Status": "Working", "Phone": None, "HasOptedOutOfEmail": False},
            owner="sally@sandbox.example",
        )
    ]
    assert abs(changes[0].at - now(world)) < MINUTE


def test_records_that_are_not_ours_are_not_asked_for(world: World) -> None:
    since = now(world)
    world.org.seed("Lead", [existing(n) for n in range(5)])
    assert read(world.sink(), since)[0] == []


def test_the_echo_of_our_own_write_is_told_as_ours(world: World) -> None:
    since = now(world)
    sink = world.sink()
    crm_id = ids(sink.upsert([lead(1)]))[0]
    assert [(change.link.crm_id, change.is_ours) for change in read(sink, since)[0]] == [(crm_id, True)]
    world.org.edit("Lead", crm_id, {"Phone": "1"})
    assert [change.is_ours for change in read(sink, since)[0]] == [False]


def test_a_conversion_tells_contact_account_and_opportunity(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    made = world.org.convert(crm_id)
    (change,) = read(world.sink(), since)[0]
    assert change.converted_to == (
        Link("Contact", str(made["contactId"])),
        Link("Account", str(made["accountId"])),
        Link("Opportunity", str(made["opportunityId"])),
    )
    assert change.converted_at is not None
    assert since - 2000 < change.converted_at <= now(world)
    assert change.fields["Status"] == world.org.converted_status


def test_a_deleted_record_is_told_and_so_is_its_return(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    world.org.remove("Lead", crm_id)
    sink = world.sink()
    (gone,), cursor, _ = read(sink, since)
    assert (gone.is_deleted, gone.merged_into, dict(gone.fields), gone.external_id) == (True, None, {}, "uid-0")
    world.org.undelete("Lead", crm_id)
    assert [change.is_deleted for change in read(sink, since, cursor=cursor)[0]] == [False]


def test_a_chain_of_merges_tells_the_record_that_is_left(world: World) -> None:
    since = now(world)
    first, second = ours(world, 2)
    (winner,) = world.org.seed("Lead", [existing(7)])
    world.org.merge(second, [first])
    world.org.merge(winner, [second])
    told = {change.link.crm_id: change for change in read(world.sink(), since)[0]}
    assert told[first].merged_into == told[second].merged_into == Link("Lead", winner)
    assert not told[first].is_deleted


def test_a_record_whose_survivor_was_deleted_is_gone(world: World) -> None:
    since = now(world)
    (loser,) = ours(world, 1)
    (winner,) = world.org.seed("Lead", [existing(7)])
    world.org.merge(winner, [loser])
    world.org.remove("Lead", winner)
    told = {change.link.crm_id: change for change in read(world.sink(), since)[0]}
    assert (told[loser].is_deleted, told[loser].merged_into) == (True, None)


def test_a_queue_is_told_by_name_and_our_own_user_is_nobody(world: World) -> None:
    since = now(world)
    first, second = ours(world, 2)
    world.org.edit("Lead", first, {"OwnerId": world.org.queue_id})
    world.org.edit("Lead", second, {"OwnerId": world.org.integration_user_id})
    told = {change.link.crm_id: (change.owner, change.queue) for change in read(world.sink(), since)[0]}
    assert told == {first: (None, "Inbound Leads"), second: (None, None)}


@pytest.mark.parametrize("name", ["Lead", "Contact"])
def test_thousands_of_changes_in_one_second_come_page_by_page_and_none_is_missed(world: World, name: str) -> None:
    since = now(world)
    fields = {"LastName": "Weber"} | ({"Company": "Firma"} if name == "Lead" else {})
    stamp = "2026-11-21T10:00:00.000+0000"
    made = world.org.seed(
        name, [{**fields, "Leadrelay_Id__c": f"uid-{n}", "SystemModstamp": stamp, "LastModifiedDate": stamp} for n in range(2500)]
    )
    sink = world.sink()
    changes, cursor, pages = read(sink, min(since, from_datetime(world.org.now())) - 10 * 24 * 60 * MINUTE, name, limit=500)
    assert [change.link.crm_id for change in changes] == made
    assert pages == 6  # the last one looks for activities
    calls = sink.calls
    again, _, _ = read(sink, since, name, cursor)
    assert sink.calls - calls <= 5
    assert {change.link.crm_id for change in again} <= set(made)


def test_a_page_that_salesforce_has_forgotten_is_read_anew_from_the_newest_row(world: World) -> None:
    since = now(world)
    made = ours(world, 500)
    sink = world.sink()
    first = sink.changes("Lead", "", since, FIELDS, 200)
    assert first.has_more
    world.org.pages.clear()
    rest, _, _ = read(sink, since, cursor=first.cursor)
    assert {change.link.crm_id for change in (*first.changes, *rest)} == set(made)


def test_what_was_committed_late_is_found_by_the_overlap(world: World) -> None:
    (early,) = ours(world, 1)
    sink = world.sink()
    world.org.advance(600)
    since = now(world)
    world.org.edit("Lead", early, {"Phone": "1"})
    _, cursor, _ = read(sink, since)
    late = (world.org.now().replace(microsecond=0)).isoformat().replace("+00:00", ".000+0000")
    world.org.advance(240)
    world.org.edit("Lead", early, {"Phone": "2"})
    _, cursor, _ = read(sink, since, cursor=cursor)
    (hidden,) = world.org.seed("Lead", [existing(9, Leadrelay_Id__c="uid-9", SystemModstamp=late)])
    told = {change.link.crm_id for change in read(sink, since, cursor=cursor)[0]}
    assert hidden in told


def test_contacts_that_a_conversion_made_are_told_without_our_stamp(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    contact = str(world.org.convert(crm_id)["contactId"])
    world.org.edit("Contact", contact, {"Leadrelay_Id__c": None, "Phone": "5"})
    world.org.seed("Contact", [{"LastName": "Stranger"}])
    changes, _, _ = read(world.sink(), since, "Contact")
    assert [(change.link.crm_id, change.fields["Phone"]) for change in changes] == [(contact, "5")]


def test_first_activities_of_people_are_told_and_tasks_of_ours_are_not(world: World) -> None:
    since = now(world)
    called, planned, automatic = ours(world, 3)
    sink = world.sink()
    _, cursor, _ = read(sink, since)
    world.org.advance(3600)
    by_sales = world.org.by_sales()
    world.org.create("Task", {"WhoId": called, "Subject": "Call", "Status": "Completed"}, by_sales)
    world.org.create("Task", {"WhoId": planned, "Subject": "Call", "Status": "Not Started"}, by_sales)
    world.org.create("Task", {"WhoId": automatic, "Subject": "Form", "Status": "Completed"})
    world.org.end_call()
    told = {change.link.crm_id: change.activity_at for change in read(sink, since, cursor=cursor)[0]}
    assert told[called] is not None
    assert abs(told[called] - now(world)) < 2000
    assert told.get(planned) is None
    assert told.get(automatic) is None


def test_a_task_of_ours_that_sales_has_completed_is_an_activity(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    task = world.org.create("Task", {"WhoId": crm_id, "Subject": "Form", "Status": "Not Started"})
    world.org.edit("Task", task, {"Status": "Completed"})
    (change,) = read(world.sink(), since)[0]
    assert change.activity_at is not None


def test_fields_that_left_the_org_are_left_out(world: World) -> None:
    since = now(world)
    ours(world, 1)
    sink = world.sink()
    read(sink, since)
    world.org.remove_field("Lead", "Phone")
    (change,) = read(sink, since)[0]
    assert set(change.fields) == {"Status", "HasOptedOutOfEmail"}


@pytest.mark.parametrize("cursor", ["{", "[]", '{"floor": "x"}', '{"floor": 1, "nope": 2}'])
def test_a_cursor_that_is_not_ours_starts_at_since(world: World, cursor: str) -> None:
    since = now(world)
    ours(world, 1)
    assert len(read(world.sink(), since, cursor=cursor)[0]) == 1


def test_a_meeting_is_an_activity_and_orgs_without_events_do_without(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    world.org.create("Event", {"WhoId": crm_id, "Subject": "Meeting", "DurationInMinutes": 30}, world.org.by_sales())
    world.org.end_call()
    assert read(world.sink(), since)[0][0].activity_at is not None
    world.org.deny("Event", "read")
    world.org.deny("Task", "read")
    assert [change.activity_at for change in read(world.sink(), since)[0]] == [None]


def test_what_an_automated_user_logs_is_no_first_activity(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    robot = world.org.add_user("Automated Process", "robot@sandbox.example")
    table = world.org.tables["User"]
    table.put({**table.records[robot], "UserType": "AutomatedProcess"})
    world.org.create("Task", {"WhoId": crm_id, "Subject": "Mail", "Status": "Completed"}, world.org.call(user_id=robot))
    world.org.end_call()
    assert [change.activity_at for change in read(world.sink(), since)[0]] == [None]


def test_a_quiet_org_costs_three_calls_a_look(world: World) -> None:
    since = now(world)
    ours(world, 1)
    sink = world.sink()
    _, cursor, _ = read(sink, since)
    calls = sink.calls
    read(sink, since, cursor=cursor)
    assert sink.calls - calls == 3  # leads, tasks, events


def test_an_org_that_takes_no_unusual_query_is_read_plainly(world: World) -> None:
    since = now(world)
    (crm_id,) = ours(world, 1)
    world.org.create("Task", {"WhoId": crm_id, "Subject": "Call", "Status": "Completed"}, world.org.by_sales())
    world.org.end_call()
    asked = world.org.query

    def strict(soql: str, *, with_deleted: bool = False) -> Any:
        if "!= null" in soql or "(SELECT" in soql:
            raise refuse("MALFORMED_QUERY", "unexpected token")
        return asked(soql, with_deleted=with_deleted)

    world.org.query = strict  # type: ignore[method-assign]
    try:
        sink = world.sink()
        assert [(change.link.crm_id, change.activity_at is None) for change in read(sink, since)[0]] == [(crm_id, False)]
        assert [change.link.object for change in read(sink, since, "Contact")[0]] == []
    finally:
        del world.org.query  # type: ignore[attr-defined]
