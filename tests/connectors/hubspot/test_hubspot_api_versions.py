"""Every call of the connector has its place in each version of the API."""

from __future__ import annotations

import pytest

from connectors.base import Act, Done, Link
from tests.connectors.hubspot.support import EXTERNAL_ID, World, ids, lead, login


@pytest.mark.parametrize("version", ["2026-09", "2026-03", "v3"])
@pytest.mark.parametrize("auth", [{"access_token": "sandbox-token"}, login()], ids=["static token", "app"])
def test_everything_works_in_every_version(world: World, version: str, auth: dict[str, str]) -> None:
    world.portal.settings.index_lag_for = 0
    listed = world.portal.lists.add("Fair")
    sink = world.sink(api_version=version, auth=auth)
    assert {step.state for step in sink.prepare(["contacts", "companies", "notes", "tasks"])} <= {"ready", "created"}
    assert {problem.code for problem in sink.probe().problems} <= {"version_ending"}
    (contact,) = ids(sink.upsert([lead(1)]))
    links = (Link("contacts", contact),)
    acts = [
        Act("k1", "note", {"body": "x"}, links), Act("k2", "task", {"subject": "x"}, links),
        Act("k3", "list_membership", {"list": listed.id}, links),
        Act("k4", "company", {"domain": "acme.example", "name": "Acme"}, links),
    ]  # fmt: skip
    assert all(isinstance(outcome, Done) for outcome in sink.act(acts))
    page = sink.changes("contacts", "", 0, ("email",), 200)
    assert [change.link.crm_id for change in page.changes] == [contact]
    schema = sink.schema("contacts")
    assert schema is not None
    assert schema.fields[EXTERNAL_ID].is_external_id
    (gone,) = sink.act([Act("k5", "delete", {"external_id": "UID0000000001"}, links)])
    assert isinstance(gone, Done)
    assert not world.portal.records("contacts")
