"""Settings, probe, prepare and read: what an admin meets first."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import KnowsOwners, KnowsSchema, Link
from connectors.salesforce import SPEC
from connectors.salesforce.config import SalesforceConfig
from core.crm_schema import Choice
from core.texts import RateLimit
from tests.connectors.salesforce.support import World, existing, ids, lead, login

URL = "https://acme.my.salesforce.com"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"auth": {"flow": "jwt"}}, "`client_id` and `username` and `private_key`"),
        ({"auth": {"flow": "soap"}}, "client_credentials"),
        ({"auth": {"client_id": "a", "client_secret": "b"}}, "auth.login_url"),
        ({"auth": login("http://acme.my.salesforce.com")}, "plain http"),
        ({"auth": login("http://127.0.0.1.evil.example")}, "plain http"),
        ({"auth": login("https://user:pw@acme.my.salesforce.com")}, "such as https"),
        ({"auth": login(URL), "base_url": "ftp://x"}, "such as https"),
        ({"auth": login(URL), "batch": 500}, "200"),
        ({"auth": login(URL), "api_version": "30.0"}, "from 31.0"),
        ({"auth": login(URL), "external_id": "Ext__c' OR"}, "API name"),
        ({"auth": login(URL), "on_duplicate": "ignore"}, "link"),
        ({"auth": login(URL), "match_exisiting": "off"}, "match_exisiting"),
    ],
)
def test_wrong_settings_say_what_to_write(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SalesforceConfig.model_validate(settings)
    assert told in str(raised.value)
    assert "sandbox-secret" not in str(raised.value)


def test_settings_are_read_from_text() -> None:
    config = SalesforceConfig.model_validate(
        {
            "auth": login("http://127.0.0.1:8080/"),
            "match_existing": "off",
            "batch": "50",
            "rate": "25/10s",
            "api_version": "v67.0",
        }
    )
    assert (config.match_existing, config.batch, config.rate, config.api_version) == (False, 50, RateLimit(25, 10_000), "67.0")
    assert config.login_url == "http://127.0.0.1:8080"


def test_the_api_version_is_the_one_that_is_called(world: World) -> None:
    sink = world.sink(api_version="60.0")
    assert sink.probe().api_version == "60.0"


def test_a_base_url_alone_is_enough(world: World) -> None:
    auth = {"client_id": "leadrelay", "client_secret": "sandbox-secret"}
    sink = world.sink(auth=auth, base_url=world.server.url)
    ids(sink.upsert([lead(1)]))


def test_the_probe_names_org_and_user_and_what_is_missing(world: World) -> None:
    world.org.remove_field("Contact", "Leadrelay_Id__c")
    world.org.change_field("Lead", "Leadrelay_Id__c", {"unique": False})
    probe = world.sink(("Lead", "Contact", "Nothing__c")).probe()
    assert probe.account_id == world.org.records("Organization")[0]["Id"]
    assert probe.user == world.org.integration_user_id
    assert [(problem.code, problem.field) for problem in probe.problems] == [
        ("external_id_not_unique", "Lead.Leadrelay_Id__c"),
        ("no_external_id", "Contact.Leadrelay_Id__c"),
        ("no_object", "Nothing__c"),
    ]


def test_prepare_creates_the_external_id_field_where_it_may(world: World) -> None:
    world.org.remove_field("Lead", "Leadrelay_Id__c")
    sink = world.sink()
    assert [(p.name, p.state) for p in sink.prepare(["Lead", "Contact"])] == [
        ("Lead.Leadrelay_Id__c", "created"),
        ("Contact.Leadrelay_Id__c", "ready"),
    ]
    ids(sink.upsert([lead(1)]))


def test_prepare_says_how_an_admin_creates_the_field_where_it_may_not(world: World) -> None:
    world.org.add_field("Lead", {"name": "Plain__c", "length": 40})
    for name, told in (("Standard", "Object Manager"), ("Plain__c", "External ID")):
        preparation = world.sink(external_id=name).prepare(["Lead"])[0]
        assert preparation.state == "missing"
        assert told in preparation.how


def test_read_follows_merges_and_conversions_and_tells_what_is_gone(world: World) -> None:
    first, second, third, fourth = world.org.seed("Lead", [existing(n) for n in range(4)])
    world.org.merge(second, [first])
    contact = str(world.org.convert(third)["contactId"])
    world.org.remove("Lead", fourth)
    links = [Link("Lead", crm_id) for crm_id in (first, second, third, fourth, "../evil")]
    records = world.sink().read([*links, Link("Contact", contact)], ["LastName", "Company", "Nope__c"])
    assert [record.fields is None for record in records] == [False, False, False, True, True, False]
    assert records[0].moved_to == (Link("Lead", second),)
    assert records[1].moved_to == ()
    assert records[2].moved_to == (Link("Contact", contact),)
    assert records[1].fields == {"LastName": "Weber1", "Company": "Keyed in by hand"}


def test_the_schema_tells_an_object_in_the_words_of_every_crm(world: World) -> None:
    world.org.change_field("Lead", "Industry", {"restrictedPicklist": True})
    sink = world.sink()
    assert isinstance(sink, KnowsSchema)
    schema = sink.schema("Lead")
    assert schema is not None
    assert (schema.object, schema.is_createable, schema.is_updateable) == ("Lead", True, True)
    told = {name: (field.type, field.length, field.is_required) for name, field in schema.fields.items()}
    assert told["LastName"] == ("text", 80, True)
    assert told["Email"] == ("email", 80, False)
    assert told["NumberOfEmployees"][0] == "integer"
    assert told["HasOptedOutOfEmail"] == ("boolean", 0, False)
    assert told["OwnerId"][0] == "reference"
    assert (schema.fields["Industry"].is_closed, schema.fields["LeadSource"].is_closed) == (True, False)
    assert Choice("Banking", "Banking") in schema.fields["Industry"].choices
    assert schema.fields["Leadrelay_Id__c"].is_external_id and schema.fields["Leadrelay_Id__c"].is_unique
    assert not (schema.fields["Name"].is_createable or schema.fields["Name"].is_updateable)


def test_the_schema_is_asked_anew_each_time(world: World) -> None:
    sink = world.sink()
    assert sink.schema("Lead") is not None
    world.org.remove_field("Lead", "Website")
    changed = sink.schema("Lead")
    assert changed is not None and "Website" not in changed.fields


@pytest.mark.parametrize("name", ["Nothing__c", "no such name", "../limits"])
def test_an_object_that_is_not_there_has_no_schema(world: World, name: str) -> None:
    sink = world.sink()
    assert sink.schema(name) is None


def test_the_probe_tells_what_the_user_may_not_do(world: World) -> None:
    world.org.deny("Lead", "create")
    world.org.deny("Contact", "create", "edit")
    told = [(p.code, p.field, p.message.split(":")[0]) for p in world.sink(("Lead", "Contact")).probe().problems]
    assert told == [
        ("no_permission", "Lead", "The integration user may not create Lead"),
        ("no_permission", "Contact", "The integration user may not edit Contact"),
    ]


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({"api_version": "40.0"}, ["version_ending"]),
        ({"api_version": "41.0"}, []),
        ({"auth": {**login(URL), "flow": "password", "username": "u", "password": "p"}}, ["legacy_login"]),
    ],
)
def test_what_salesforce_will_switch_off_is_told_in_time(settings: dict[str, Any], codes: list[str]) -> None:
    config = SalesforceConfig.model_validate({"auth": login(URL), **settings})
    assert SPEC.ending is not None
    assert [problem.code for problem in SPEC.ending(config, 0)] == codes


def test_people_and_queues_that_the_org_does_not_know_are_told_by_their_names(world: World) -> None:
    sink = world.sink()
    assert isinstance(sink, KnowsOwners)
    told = sink.owner_problems(
        ["sally@sandbox.example", "gone@sandbox.example", "nobody@x.example"], ["Inbound Leads", "Inbound Lead"]
    )
    assert [problem.field for problem in told] == ["gone@sandbox.example", "nobody@x.example", "Inbound Lead"]
    assert sink.owner_problems([], []) == []
