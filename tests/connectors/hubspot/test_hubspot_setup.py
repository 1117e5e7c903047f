"""What an account lacks is found and made, or said in words that an admin can follow."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import KnowsOwners, Probe, Stop
from connectors.hubspot.config import HubSpotConfig
from leadrelay.sandbox.hubspot import Rule
from tests.connectors.hubspot.support import EXTERNAL_ID, World, login


def codes(probe: Probe) -> set[str]:
    return {problem.code for problem in probe.problems}


def test_the_probe_names_account_app_and_usage(world: World) -> None:
    sink = world.sink()
    found = sink.probe()
    assert found.account_id == str(world.portal.settings.portal_id) == sink.account()
    assert found.problems == ()
    assert found.api_version == "2026-09"
    assert found.usage is not None
    assert found.usage.burst is not None
    assert (found.usage.limit, found.usage.burst.limit) == (world.portal.settings.daily_limit, 10_000)
    assert not [entry for entry in world.portal.history if entry["by"] == "api"]


def test_an_apps_probe_knows_its_scopes_from_the_login(world: World) -> None:
    world.portal.settings.scopes -= {"crm.objects.contacts.write", "crm.objects.owners.read"}
    found = world.sink(auth=login()).probe()
    (problem,) = [one for one in found.problems if one.code == "missing_scopes"]
    assert "`crm.objects.contacts.write`" in problem.message
    assert "`crm.objects.owners.read`" in problem.message
    assert "companies" not in problem.message


def test_an_account_that_hides_contacts_is_named(world: World) -> None:
    world.portal.settings.scopes = frozenset({"oauth"})
    assert {"no_object", "missing_scopes"} <= codes(world.sink().probe())


def test_a_name_that_no_object_can_have_is_missing_as_any_other(world: World) -> None:
    assert "no_object" in codes(world.sink(objects=("Contacts",)).probe())
    assert world.sink(objects=("Contacts",)).schema("Contacts") is None


def test_an_address_under_which_no_hubspot_answers_is_said_to_be_wrong(world: World) -> None:
    sink = world.sink(base_url=f"{world.server.url}/elsewhere")
    for ask in (sink.probe, lambda: sink.owner_problems(["anna@acme.example"], [])):
        with pytest.raises(Stop, match="check `base_url`"):
            ask()


def test_a_version_near_its_end_is_told_in_time(world: World) -> None:
    assert "version_ending" in codes(world.sink(api_version="2025-03").probe())
    assert "version_ending" not in codes(world.sink(api_version="2026-09").probe())


def test_hubspots_own_salesforce_integration_is_seen(world: World) -> None:
    world.portal.install_salesforce()
    assert "native_sync" in codes(world.sink().probe())


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        (None, "no_external_id"),
        ({"hasUniqueValue": False}, "external_id_not_unique"),
        ({"hasUniqueValue": True, "type": "number"}, "external_id_not_unique"),
    ],
)
def test_our_property_is_asked_for_as_it_must_be(world: World, definition: dict[str, Any] | None, code: str) -> None:
    if definition is not None:
        world.portal.add_property("contacts", {"name": "other_id", **definition})
    found = world.sink(external_id="other_id").probe()
    assert codes(found) == {code}
    assert "leadrelay sinks prepare" in found.problems[0].message


def test_prepare_makes_the_property_once(world: World) -> None:
    sink = world.sink(external_id="other_id")
    assert [step.state for step in sink.prepare(["contacts", "companies", "notes"])] == ["created"] * 3
    assert [step.state for step in sink.prepare(["contacts", "companies", "notes"])] == ["ready"] * 3
    about = world.portal.tables["contacts"].property("other_id")
    assert (about.has_unique_value, about.type, about.group) == (True, "string", "contactinformation")
    assert "no_external_id" not in codes(sink.probe())


def test_prepare_says_how_where_the_app_may_not(world: World) -> None:
    world.portal.settings.scopes -= {"crm.schemas.contacts.write"}
    contacts, notes = world.sink(external_id="other_id").prepare(["contacts", "notes"])
    assert (contacts.state, notes.state) == ("missing", "ready")  # notes do without
    assert "crm.schemas.contacts.write" in contacts.how
    assert "Require unique values" in contacts.how
    assert "marker" in notes.how


def test_prepare_does_not_touch_a_property_that_is_not_unique(world: World) -> None:
    world.portal.add_property("contacts", {"name": "other_id"})
    step, notes = world.sink(external_id="other_id").prepare(["contacts", "notes"])
    assert step.state == "missing"
    assert "external_id" in step.how
    assert (notes.state, notes.how) == ("missing", "First settle contacts.other_id")
    assert "other_id" not in world.portal.tables["notes"].properties


# --- the schema -------------------------------------------------------------------------------------------------------


def test_the_schema_tells_types_options_and_what_may_be_written(world: World) -> None:
    schema = world.sink().schema("contacts")
    assert schema is not None
    field = schema.fields
    assert (field["email"].type, field["phone"].type, field["hubspot_owner_id"].type) == ("email", "text", "reference")
    assert field["lifecyclestage"].is_closed
    assert "marketingqualifiedlead" in {choice.value for choice in field["lifecyclestage"].choices}
    assert (field["hs_email_optout"].type, field["date_of_birth"].type, field["createdate"].type) == (
        "boolean",
        "text",
        "datetime",
    )
    assert (field["hs_buying_role"].type, field["associatedcompanyid"].type) == ("multichoice", "number")
    assert not field["lastmodifieddate"].is_updateable
    assert not field["num_associated_deals"].is_createable
    assert (field[EXTERNAL_ID].is_external_id, field["email"].is_unique, field["city"].is_unique) == (True, True, False)
    assert not field["city"].is_closed


def test_an_admins_required_property_is_required(world: World) -> None:
    world.portal.rules.append(Rule("contacts", ("jobtitle",)))
    schema = world.sink().schema("contacts")
    assert schema is not None
    assert [name for name, field in schema.fields.items() if field.is_required] == ["jobtitle"]


def test_the_schema_is_never_from_a_cache(world: World) -> None:
    sink = world.sink()
    assert "shoe_size" not in sink.schema("contacts").fields  # type: ignore[union-attr]
    world.portal.add_property("contacts", {"name": "shoe_size"})
    assert "shoe_size" in sink.schema("contacts").fields  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["no_such_object", "tickets"])
def test_an_object_that_there_is_not_has_no_schema(world: World, name: str) -> None:
    assert world.sink().schema(name) is None


# --- owners ---


def test_people_and_queues_that_are_no_active_owners_are_named(world: World) -> None:
    active = [one for one in world.portal.owners.all if not one.is_archived]
    gone = [one for one in world.portal.owners.all if one.is_archived]
    sink = world.sink()
    assert isinstance(sink, KnowsOwners)
    found = sink.owner_problems([active[0].email.upper(), gone[0].email, "x@else.example"], [active[1].email, "y@else.example"])
    assert [problem.field for problem in found] == [gone[0].email, "x@else.example", "y@else.example"]
    assert "deactivated" in found[0].message


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"auth": {}}, "access_token"),
        ({"auth": {"access_token": " "}}, "access_token"),
        ({"auth": {"client_id": "x", "refresh_token": "y"}}, "client_secret"),
        ({"auth": {"access_token": "t", "client_id": "x"}}, "not both"),
        ({"base_url": "http://api.hubapi.com"}, "https"),
        ({"base_url": "ftp://api.hubapi.com"}, "address"),
        ({"base_url": "https://api.hubapi.com/?a=b"}, "address"),
        ({"base_url": "https://[bad"}, "address"),
        ({"api_version": "v9"}, "2026-09"),
        ({"api_version": "2026-13"}, "2026-09"),
        ({"external_id": "Leadrelay Id"}, "internal name"),
        ({"zone": "Europe/Nowhere"}, "Europe/Berlin"),
        ({"batch": 101}, "100"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_setting_is_explained_without_its_secret(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as raised:
        HubSpotConfig.model_validate({"auth": {"access_token": "very-secret"}, **settings})
    assert "very-secret" not in str(raised.value)
