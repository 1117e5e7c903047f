"""The sink's other methods: reading records, and what it hands on."""

from __future__ import annotations

import pytest

from connectors.base import Done, KnowsSchema, Link, ReadsBack, Record, Reject, TooLarge
from core.rendering import FieldWrite
from leadrelay.sandbox.hubspot import Rule, people
from tests.connectors.hubspot.support import World, existing, ids, lead


def test_records_are_read_in_order_and_merged_and_missing_ones_say_so(world: World) -> None:
    sink = world.sink()
    first, second, gone, winner = world.seed(existing(1), existing(2), existing(3), existing(4))
    table = world.portal.table("contacts")
    people.remove(world.portal, table, gone)
    people.merge(world.portal, table, winner, second, world.portal.by_sales())
    links = [Link("contacts", one) for one in (second, gone, first, "../x")]
    records = sink.read(links, ["lastname", "no_such_property", "jobtitle"])
    assert [record.fields and record.fields.get("lastname") for record in records] == ["Weber4", None, "Weber1", None]
    assert records[0].moved_to == (Link("contacts", winner),)
    assert records[1] == Record(links[1], None)
    assert records[2].fields == {"lastname": "Weber1", "jobtitle": None}
    assert records[3].fields is None


def test_a_sink_tells_schema_and_changes(world: World) -> None:
    sink = world.sink()
    assert isinstance(sink, KnowsSchema)
    assert isinstance(sink, ReadsBack)
    schema = sink.schema("contacts")
    assert schema is not None
    assert "email" in schema.fields
    (crm_id,) = world.seed(existing(1))
    page = sink.changes("contacts", "", 0, ["lastname"], 100)
    assert [change.link for change in page.changes] in ([Link("contacts", crm_id)], [])


def test_a_batch_is_of_one_object_and_at_most_a_hundred(world: World) -> None:
    sink = world.sink(batch=30)
    assert sink.max_batch == 30
    with pytest.raises(TooLarge):
        sink.upsert([lead(n) for n in range(101)])
    with pytest.raises(TooLarge):
        sink.act([None] * 101)  # type: ignore[list-item]


def test_a_validation_rule_of_the_account_rejects_only_its_record_with_the_propertys_name(world: World) -> None:
    world.portal.rules = [Rule("contacts", ("jobtitle",), {"company": "Firma 2"})]
    outcomes = world.sink().upsert([lead(n) for n in range(5)])
    assert [type(outcome) for outcome in outcomes] == [Done, Done, Reject, Done, Done]
    assert isinstance(outcomes[2], Reject)
    assert "jobtitle" in outcomes[2].problem.message


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
def test_every_version_of_the_paths_is_spoken(world: World, version: str) -> None:
    sink = world.sink(api_version=version)
    (crm_id,) = ids(sink.upsert([lead(1)]))
    (outcome,) = sink.upsert([lead(1, FieldWrite("phone", "+4930"), crm_id=crm_id)])
    assert isinstance(outcome, Done)
    assert outcome.sent == ("phone",)
