"""`check --live` against the simulators over real sockets: faults planted in mappings and CRMs are found, each at its place;
nothing is said against a right mapping. The same tests for every CRM."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import pytest

from leadrelay.sandbox.salesforce import SalesforceOrg
from leadrelay.sandbox.server import HubSpotServer, SandboxServer
from tests.cli.conftest import Ended, Type

SOURCE = """\
store: sqlite:///data/leadrelay.db
sources:
  website: {connector: webform, mapping: contact, token: "${WEBSITE_TOKEN}"}
sinks:
"""
FIELDS = """\
custom.products: {type: list, label: Products, personal: false}
custom.size: {type: choice, label: Size, personal: false, choices: [small, large]}
"""


class Fault(NamedTuple):
    """One thing that is wrong: in the mapping (`old` became `new`), or in the CRM; `at` is what stands at its place."""

    code: str
    field: str
    old: str = ""
    new: str = ""
    at: str = ""
    crm: Callable[[Any], object] | None = None


class World(ABC):
    """One CRM with a right mapping for it, and faults to plant."""

    mapping: ClassVar[str]
    faults: ClassVar[dict[str, Fault]]
    sink: str

    def __init__(self, server: Any, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.prepare()
        self.write(self.mapping)

    @abstractmethod
    def prepare(self) -> None:
        """Bring the CRM into the state that the mapping fits."""

    def write(self, mapping: str, more_sinks: str = "") -> None:
        """Configure the sink with this mapping."""
        (self.folder / "mappings/crm-lead.yaml").write_text(mapping, encoding="utf-8")
        (self.folder / "fields.yaml").write_text(FIELDS, encoding="utf-8")
        sink = self.sink.replace("URL", self.server.url)
        (self.folder / "leadrelay.yaml").write_text(SOURCE + sink + more_sinks, encoding="utf-8")

    def plant(self, *faults: Fault) -> str:
        """Plant these faults; the mapping as it is now."""
        text = self.mapping
        for fault in faults:
            if fault.old:
                assert text.count(fault.old) == 1, fault
                text = text.replace(fault.old, fault.new)
            if fault.crm is not None:
                fault.crm(self.server)
        self.write(text)
        return text


def lead_field(name: str, **changes: Any) -> Callable[[Any], object]:
    """A change of a Lead's field in the org."""
    return lambda server: server.org.change_field("Lead", name, changes)


def contact_property(name: str, **changes: Any) -> Callable[[Any], object]:
    """A change of a contact's property in the portal."""
    return lambda server: server.portal.change_property("contacts", name, changes)


class Salesforce(World):
    sink = """\
  crm:
    connector: salesforce
    mode: live
    mapping: crm-lead
    base_url: URL
    auth: {flow: client_credentials, login_url: URL, client_id: leadrelay, client_secret: "${CRM_SECRET}"}
"""
    mapping = """\
mapping: crm-lead
to: salesforce
object: Lead
fields:
  LastName: {from: person.last_name, default: Not provided}
  Company: {from: company.name, default: Not provided}
  FirstName: person.first_name
  Email: person.email
  Phone: person.phone
  Title: person.job_title
  City: address.city
  NumberOfEmployees: {from: company.employees, range: lowest}
  AnnualRevenue: {from: company.revenue, range: highest}
  Industry: {from: company.industry, values: {software: Technology, banking: Finance}, otherwise: leave_out}
  Rating: {from: score.total, ranges: {80: Hot, 40: Warm, 0: Cold}, update: always}
  Status: {from: status, values: {new: Open - Not Contacted}, otherwise: leave_out}
  Products__c: {from: custom.products, values: {a: Alpha, b: Beta}, otherwise: leave_out}
  Size__c: custom.size
  Decided__c: interest.decision_date
  DoNotCall: consent.phone_marketing.opted_out
set:
  LeadSource: Web
each_touch:
  task: {subject: touch.name, description: touch.message, priority: Normal}
from_crm:
  custom.size: Size__c
"""

    def prepare(self) -> None:
        org: SalesforceOrg = self.server.org
        org.reset()
        restricted = {"restrictedPicklist": True}
        for name in ("Industry", "Rating", "Status", "LeadSource"):
            org.change_field("Lead", name, restricted)
        org.change_field("Task", "Priority", restricted)
        for name, kind, values in (
            ("Products__c", "multipicklist", ["Alpha", "Beta"]),
            ("Size__c", "picklist", ["small", "large"]),
        ):
            org.add_field("Lead", {"name": name, "type": kind, "length": 255, "picklistValues": values, **restricted})
        org.add_field("Lead", {"name": "Decided__c", "type": "date"})

    faults: ClassVar[dict[str, Fault]] = {
        "a field that is not there": Fault("unknown_crm_field", "Phon", "Phone: person", "Phon: person", "Phon:"),
        "a field that was removed": Fault(
            "unknown_crm_field", "City", at="City:", crm=lambda s: s.org.remove_field("Lead", "City")
        ),
        "no access to a field": Fault(
            "read_only_crm_field", "Title", at="Title:", crm=lead_field("Title", createable=False, updateable=False)
        ),
        "a calculated field": Fault("read_only_crm_field", "Name", "FirstName: person", "Name: person", "Name: person"),
        "a range into a number": Fault(
            "wrong_type",
            "NumberOfEmployees",
            "{from: company.employees, range: lowest}",
            "company.employees",
            "NumberOfEmployees:",
        ),
        "a text into a number": Fault(
            "wrong_type", "AnnualRevenue", "{from: company.revenue, range: highest}", "company.name", "AnnualRevenue:"
        ),
        "a boolean into a date": Fault("wrong_type", "Decided__c", "interest.decision_date", "interest.confirmed", "Decided__c:"),
        "a value that is no option": Fault("unknown_choice", "Industry", "banking: Finance", "banking: Banks", "Banks"),
        "an option in another case": Fault("unknown_choice", "Rating", "40: Warm", "40: warm", "warm"),
        "an option that is not active": Fault(
            "inactive_choice",
            "Status",
            at="Open - Not",
            crm=lead_field(
                "Status",
                picklistValues=[{"value": "Open - Not Contacted", "active": False}, {"value": "Working", "active": True}],
            ),
        ),
        "a list into one choice": Fault(
            "wrong_type", "Products__c", at="Products__c:", crm=lead_field("Products__c", type="picklist")
        ),
        "a lead's own word that is no option": Fault(
            "unknown_choice", "Size__c", at="Size__c: custom", crm=lead_field("Size__c", picklistValues=["small", "big"])
        ),
        "a constant that is no option": Fault(
            "unknown_choice", "LeadSource", "LeadSource: Web", "LeadSource: Website", "Website"
        ),
        "a default that is too long": Fault(
            "too_long",
            "Company",
            "company.name, default: Not provided",
            "company.name, default: Not provided at all",
            "Not provided at all",
            crm=lead_field("Company", length=12),
        ),
        "a required field that nothing fills": Fault(
            "required_not_filled",
            "Segment__c",
            at="fields:",
            crm=lambda s: s.org.add_field("Lead", {"name": "Segment__c", "type": "string", "length": 40, "nillable": False}),
        ),
        "a boolean from a text": Fault(
            "wrong_type", "DoNotCall", "consent.phone_marketing.opted_out", "person.department", "DoNotCall:"
        ),
        "an object that may not be created": Fault(
            "no_permission", "Lead", at="Lead", crm=lambda s: s.org.deny("Lead", "create")
        ),
        "a task's own option": Fault("unknown_choice", "Priority", "priority: Normal", "priority: Urgent", "Urgent"),
        "a field that comes back": Fault(
            "unknown_crm_field", "Sise__c", "  custom.size: Size__c", "  custom.size: Sise__c", "custom.size: Sise__c"
        ),
        "an external id that is not unique": Fault(
            "external_id_not_unique", "Lead.Leadrelay_Id__c", at="Lead", crm=lead_field("Leadrelay_Id__c", unique=False)
        ),
    }


class HubSpot(World):
    sink = """\
  crm:
    connector: hubspot
    mode: live
    mapping: crm-lead
    base_url: URL
    auth: {access_token: "${HUBSPOT_TOKEN}"}
"""
    mapping = """\
mapping: crm-lead
to: hubspot
object: contacts
fields:
  email: person.email
  firstname: person.first_name
  lastname: person.last_name
  company: company.name
  jobtitle: person.job_title
  phone: person.phone
  city: address.city
  staff: {from: company.employees, range: lowest}
  revenue: {from: company.revenue, range: highest}
  branch: {from: company.industry, values: {software: tech, banking: fin}, otherwise: leave_out}
  grade: {from: score.total, ranges: {80: hot, 40: warm, 0: cold}, update: always}
  hs_lead_status: {from: status, values: {new: NEW}, otherwise: leave_out}
  products: {from: custom.products, values: {a: alpha, b: beta}, otherwise: leave_out}
  size: custom.size
  decided: interest.decision_date
  no_calls: consent.phone_marketing.opted_out
set:
  origin: web
each_touch:
  note: {body: touch.message}
from_crm:
  custom.size: size
"""

    def prepare(self) -> None:
        portal = self.server.portal
        portal.reset()
        for name, kind in (("staff", "number"), ("revenue", "number"), ("decided", "date"), ("no_calls", "bool")):
            portal.add_property("contacts", {"name": name, "type": kind})
        options = {
            "branch": ["tech", "fin"],
            "grade": ["hot", "warm", "cold"],
            "size": ["small", "large"],
            "origin": ["web", "fair"],
        }
        for name, values in options.items():
            listed = [{"value": value, "label": f"The {value}"} for value in values]
            portal.add_property("contacts", {"name": name, "type": "enumeration", "fieldType": "select", "options": listed})
        several = {"name": "products", "type": "enumeration", "fieldType": "checkbox", "options": ["alpha", "beta"]}
        portal.add_property("contacts", several)

    faults: ClassVar[dict[str, Fault]] = {
        "a property that is not there": Fault("unknown_crm_field", "phon", "phone: person", "phon: person", "phon:"),
        "a property that was renamed": Fault(
            "unknown_crm_field", "staff", at="staff:", crm=lambda s: s.portal.rename_property("contacts", "staff", "head_count")
        ),
        "a name in another case": Fault("unknown_crm_field", "jobTitle", "jobtitle: person", "jobTitle: person", "jobTitle:"),
        "a label for a name": Fault("unknown_crm_field", "Last Name", "lastname: person", "Last Name: person", "Last Name:"),
        "a property that HubSpot alone sets": Fault(
            "read_only_crm_field", "createdate", "company: company.name", "createdate: lead.created_at", "createdate:"
        ),
        "a property made read-only": Fault(
            "read_only_crm_field", "city", at="city:", crm=contact_property("city", read_only=True)
        ),
        "a text into a number": Fault(
            "wrong_type", "revenue", "{from: company.revenue, range: highest}", "company.name", "revenue: company"
        ),
        "a boolean into a date": Fault("wrong_type", "decided", "interest.decision_date", "interest.confirmed", "decided:"),
        "a value that is no option": Fault("unknown_choice", "branch", "banking: fin", "banking: banks", "banks"),
        "an option in another case": Fault("unknown_choice", "grade", "80: hot", "80: Hot", "Hot"),
        "an option's label": Fault("unknown_choice", "origin", "origin: web", "origin: The web", "The web"),
        "an option that was renamed": Fault(
            "unknown_choice",
            "hs_lead_status",
            at="NEW}",
            crm=contact_property(
                "hs_lead_status", options=[{"value": "FRESH", "label": "New"}, {"value": "OPEN", "label": "Open"}]
            ),
        ),
        "a list into one choice": Fault(
            "wrong_type", "size", "  size: custom.size", "  size: custom.products", "size: custom.products"
        ),
        "a text into a boolean": Fault(
            "wrong_type", "no_calls", "consent.phone_marketing.opted_out", "person.department", "no_calls:"
        ),
        "a property that comes back": Fault(
            "unknown_crm_field", "sise", "  custom.size: size", "  custom.size: sise", "custom.size: sise"
        ),
    }


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
    assert re.search(r"[.?`]$", problem["message"]), problem["message"]


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
    ended = leadrelay("check", "--live")
    assert ended.status == 1
    assert "contact" in ended.err


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
