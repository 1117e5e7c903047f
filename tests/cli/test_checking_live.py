"""`check --live` against the simulators over real sockets: faults planted in mappings and CRMs are found, each at its place;
nothing is said against a right mapping. The same tests for every CRM."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leadrelay.sandbox.server import HubSpotServer, SandboxServer
from tests.cli.conftest import Ended, Type
from tests.cli.planted import FIELDS, Fault, HubSpot, Salesforce, World

WORLDS: dict[str, tuple[type[World], Callable[[], Any]]] = {
    "salesforce": (Salesforce, SandboxServer),
    "hubspot": (HubSpot, HubSpotServer),
}
EACH = [pytest.param((name, fault), id=f"{name}: {fault}") for name, (kind, _) in WORLDS.items() for fault in kind.faults]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Any]]:
    with SandboxServer() as salesforce, HubSpotServer() as hubspot:
        yield {"salesforce": salesforce, "hubspot": hubspot}


@pytest.fixture(autouse=True)
def _secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", "sandbox-secret")
    monkeypatch.setenv("HUBSPOT_TOKEN", "sandbox-token")


@pytest.fixture
def world(request: pytest.FixtureRequest, servers: dict[str, Any], folder: Path) -> World:
    servers[request.param].faults.clear()
    return WORLDS[request.param][0](servers[request.param], folder)


@pytest.fixture
def planted(request: pytest.FixtureRequest, servers: dict[str, Any], folder: Path) -> tuple[World, Fault]:
    name, fault = request.param
    servers[name].faults.clear()
    made = WORLDS[name][0](servers[name], folder)
    return made, made.faults[fault]


def found(ended: Ended) -> set[tuple[str, str, str]]:
    """Each problem's code, field and line:column."""
    return {(one["code"], one["field"], f"{one.get('line')}:{one.get('column')}") for one in ended.document["problems"]}


def place(text: str, at: str) -> str:
    """Where a part of the mapping stands, as line:column."""
    before = text[: re.search(rf"(?m)(?<![\w.]){re.escape(at)}", text).start()]  # type: ignore[union-attr]
    return f"{before.count(chr(10)) + 1}:{len(before) - (before.rfind(chr(10)) + 1) + 1}"


every_crm = pytest.mark.parametrize("world", list(WORLDS), indirect=True)


@every_crm
def test_a_right_mapping_is_right_whatever_crm_it_is_for(world: World, leadrelay: Type) -> None:
    ended = leadrelay("check", "--live", "--json")
    assert (ended.status, ended.document["problems"], ended.document["warnings"]) == (0, [], [])


@pytest.mark.parametrize("planted", EACH, indirect=True)
def test_a_planted_fault_is_found_alone_at_its_place_with_what_to_do(planted: tuple[World, Fault], leadrelay: Type) -> None:
    world, fault = planted
    text = world.plant(fault)
    ended = leadrelay("check", "--live", "--json")
    assert ended.status == 1
    assert found(ended) == {(fault.code, fault.field, place(text, fault.at))}
    [problem] = ended.document["problems"]
    assert problem["file"].endswith("crm-lead.yaml")
    assert len(problem["message"]) > 30


@every_crm
def test_all_planted_faults_are_found_at_once_and_none_when_they_are_repaired(world: World, leadrelay: Type) -> None:
    faults = [fault for fault in world.faults.values() if fault.code != "no_permission"]
    assert len(faults) >= 12
    world.plant(*faults)
    planted = leadrelay("check", "--live", "--json")
    told = {(one["code"], one["field"]) for one in planted.document["problems"]}
    assert (planted.status, {(fault.code, fault.field) for fault in faults} - told) == (1, set())
    world.prepare()
    world.write(world.mapping)
    repaired = leadrelay("check", "--live", "--json")
    assert (repaired.status, repaired.document["problems"]) == (0, [])


# --- beside the mapping ---------------------------------------------------------------------------------------------


def warned(ended: Ended) -> list[tuple[str, str]]:
    """Each warning's code, and what it is about."""
    return [(one["code"], one["field"]) for one in ended.document["warnings"]]


only_salesforce = pytest.mark.parametrize("world", ["salesforce"], indirect=True)
only_hubspot = pytest.mark.parametrize("world", ["hubspot"], indirect=True)


@every_crm
def test_a_crm_that_does_not_answer_is_status_3_and_what_the_others_say_is_told_all_the_same(
    world: World, leadrelay: Type
) -> None:
    fault = next(iter(world.faults.values()))
    mapping = world.mapping.replace(fault.old, fault.new)
    away = world.sink.replace("  crm:", "  away:").replace("URL", "http://127.0.0.1:9")
    world.write(mapping, away)
    ended = leadrelay("check", "--live", "--json")
    assert ended.status == 3
    assert {(one["code"], one["field"]) for one in ended.document["problems"]} == {
        ("unreachable", "sinks.away"), (fault.code, fault.field)}  # fmt: skip
    assert "away" in ended.err


@every_crm
def test_a_crm_that_is_down_is_status_3(world: World, leadrelay: Type) -> None:
    world.server.faults.add({"kind": "html", "times": None})
    ended = leadrelay("check", "--live")
    assert ended.status == 3
    assert "Traceback" not in ended.err


@every_crm
def test_refused_credentials_are_a_no_that_says_what_to_do(
    world: World, leadrelay: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SECRET", "another-secret")
    monkeypatch.setenv("HUBSPOT_TOKEN", "another-token")
    ended = leadrelay("check", "--live")
    assert ended.status == 1
    assert "sink `crm`" in ended.err
    assert "another-" not in ended.out + ended.err


@only_salesforce
def test_an_object_that_our_user_can_not_see_is_told_at_its_line(world: World, leadrelay: Type) -> None:
    world.server.org.deny("Lead", "read")
    world.server.org.deny("Task", "read")
    told = found(leadrelay("check", "--live", "--json"))
    assert ("no_object", "Lead", place(world.mapping, "Lead")) in told
    assert ("no_object", "task", place(world.mapping, "task:")) in told


@only_hubspot
def test_an_object_under_another_name_is_told_with_the_right_one(world: World, leadrelay: Type) -> None:
    world.write(world.mapping.replace("object: contacts", "object: contact"))
    ended = leadrelay("check")
    assert ended.status == 2
    assert "contact" in ended.err


@only_hubspot
@pytest.mark.parametrize(
    ("held", "code"),
    [(None, "no_external_id"), ({}, "external_id_not_unique")],
    ids=["there is none", "it does not keep its values unique"],
)
def test_companies_need_the_unique_property_as_contacts_do(
    world: World, held: dict[str, Any] | None, code: str, leadrelay: Type
) -> None:
    text = world.mapping.replace("from_crm:", "company:\n  name: company.name\n  domain: company.domain\nfrom_crm:")
    world.write(text)
    if held is not None:
        world.server.portal.add_property("companies", {"name": "leadrelay_id", "type": "string", **held})
    ended = leadrelay("check", "--live", "--json")
    assert found(ended) == {(code, "companies.leadrelay_id", place(text, "company:\n"))}
    assert "`leadrelay sinks prepare`" in ended.document["problems"][0]["message"]
    if held is None:
        assert leadrelay("sinks", "prepare", "crm").status == 0
        assert leadrelay("check", "--live").status == 0


@only_hubspot
def test_an_api_version_near_its_end_is_told_at_its_line_before_it_ends(world: World, leadrelay: Type) -> None:
    world.sink = world.sink.replace("    auth", "    api_version: v3\n    auth")
    world.write(world.mapping)
    ended = leadrelay("check", "--live", "--json")
    assert (ended.status, ("version_ending", "sinks.crm.api_version") in warned(ended)) == (0, True)


@only_hubspot
def test_hubspots_own_salesforce_integration_is_told_only_where_both_crms_are_written(
    world: World, servers: dict[str, Any], leadrelay: Type, folder: Path
) -> None:
    world.server.portal.install_salesforce()
    assert warned(leadrelay("check", "--live", "--json")) == []
    other = Salesforce(servers["salesforce"], folder)
    (folder / "mappings/sf-lead.yaml").write_text(other.mapping.replace("crm-lead", "sf-lead"), encoding="utf-8")
    more = other.sink.replace("  crm:", "  sf:").replace("crm-lead", "sf-lead").replace("URL", other.server.url)
    world.write(world.mapping, more)
    ended = leadrelay("check", "--live", "--json")
    assert (ended.status, warned(ended)) == (0, [("native_integration", "sinks.crm")])
    other.server.org.add_field("Lead", {"name": "HubSpot_Inc__HubSpot_Intelligence__c", "length": 40})
    try:
        ended = leadrelay("check", "--live", "--json")
    finally:
        other.server.org.remove_field("Lead", "HubSpot_Inc__HubSpot_Intelligence__c")
    assert sorted(warned(ended)) == [("native_integration", "sinks.crm"), ("native_integration", "sinks.sf")]


@only_salesforce
def test_queues_that_are_not_there_are_problems_and_people_warnings_at_their_lines(
    world: World, leadrelay: Type, folder: Path
) -> None:
    team = "people:\n  gone@sandbox.example: {}\n  sally@sandbox.example: {}\nqueues:\n  rest: {salesforce: Inbound Lead}\n"
    (folder / "team.yaml").write_text(team, encoding="utf-8")
    ended = leadrelay("check", "--live", "--json")
    assert ended.status == 1
    [problem] = ended.document["problems"]
    assert (problem["field"], problem["line"], problem["column"]) == ("queues.rest.salesforce", 5, 22)
    assert [(one["field"], one["line"]) for one in ended.document["warnings"]] == [("people", 2)]
    world.write(world.mapping + "owner: {assigned_by: salesforce}\n")
    assert leadrelay("check", "--live").status == 0


@only_hubspot
def test_an_opt_out_that_hubspot_keeps_read_only_is_no_fault_since_it_is_told_by_address(world: World, leadrelay: Type) -> None:
    world.server.portal.change_property("contacts", "hs_email_optout", {"read_only": True})
    line = "  hs_email_optout: consent.email_marketing.opted_out\nset:"
    world.write(world.mapping.replace("set:", line))
    assert leadrelay("check", "--live").status == 0


# --- what has changed -----------------------------------------------------------------------------------------------


def change(world: World) -> None:
    """Rename a field that the mapping writes, as admins do."""
    if isinstance(world, HubSpot):
        world.server.portal.rename_property("contacts", "staff", "head_count")
    else:
        world.server.org.add_field("Lead", {"name": "Job__c", "type": "string", "length": 128, "label": "Title"})
        world.server.org.remove_field("Lead", "Title")


@every_crm
def test_what_changed_since_the_last_look_is_told_and_the_new_name_of_a_field_guessed(world: World, leadrelay: Type) -> None:
    assert leadrelay("migrate").status == 0
    assert leadrelay("check", "--live", "--json").document["changes"] == []
    change(world)
    for _ in range(2):  # a change stays to be seen for some days
        ended = leadrelay("check", "--live", "--json")
        [told] = ended.document["changes"]
        assert (ended.status, told["kind"], told["sink"]) == (1, "renamed", "crm")
    assert "seems to have been renamed" in leadrelay("check", "--live").out


@every_crm
def test_without_a_store_the_check_is_the_same_and_none_is_made(world: World, leadrelay: Type, folder: Path) -> None:
    assert leadrelay("check", "--live").status == 0
    change(world)
    assert leadrelay("check", "--live").status == 1
    assert not (folder / "data/leadrelay.db").exists()


def test_a_check_that_is_not_live_asks_nobody(folder: Path, leadrelay: Type) -> None:
    document = leadrelay("check", "--json").document
    assert "changes" not in document


# --- what ships -----------------------------------------------------------------------------------------------------


@every_crm
def test_the_mappings_that_ship_fit_a_crm_as_it_comes(world: World, leadrelay: Type, folder: Path) -> None:
    world.as_it_comes()
    root = Path(__file__).resolve().parents[2]
    for path in (root / "mappings").glob("*.yaml"):
        (folder / "mappings" / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    world.sink = world.sink.replace("crm-lead", "hubspot-contact" if isinstance(world, HubSpot) else "salesforce-lead")
    world.write(world.mapping)
    fields = (root / "config/fields.yaml").read_text(encoding="utf-8")
    (folder / "fields.yaml").write_text(fields + FIELDS, encoding="utf-8")
    assert leadrelay("sinks", "prepare", "crm").status == 0
    ended = leadrelay("check", "--live", "--json")
    assert (ended.status, ended.document["problems"], ended.document["warnings"]) == (0, [], [])
