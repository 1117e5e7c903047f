"""A right mapping for each CRM, and faults to plant in it and in the CRM."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from leadrelay.sandbox.salesforce import SalesforceOrg

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

    @abstractmethod
    def as_it_comes(self) -> None:
        """Bring the CRM into the state of a new account that is prepared for us."""

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

    def as_it_comes(self) -> None:
        self.server.org.reset()

    def prepare(self) -> None:
        self.as_it_comes()
        org: SalesforceOrg = self.server.org
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
        "an external id that is none": Fault(
            "no_external_id", "Lead.Leadrelay_Id__c", at="Lead", crm=lead_field("Leadrelay_Id__c", externalId=False)
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

    def as_it_comes(self) -> None:
        self.server.portal.reset()

    def prepare(self) -> None:
        self.as_it_comes()
        portal = self.server.portal
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
