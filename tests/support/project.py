"""A small configuration folder for tests: one public or token form, and a sink pointed at each simulator that is named."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]

FORM_MAPPING = """\
mapping: form
to: lead
fields:
  person.first_name: first_name
  person.last_name:  last_name
  person.email:      email
  person.phone:      {from: phone, region: DE}
  company.name:      company
  interest.need:     need
  touch.message:     message
  touch.campaign:    campaign
  touch.name:        form_name
set:
  touch.kind: demo_request
  touch.lead_source: Website
"""

LEAD_MAPPING = """\
mapping: lead
to: salesforce
object: Lead
fields:
  LastName:    {from: person.last_name, default: Not provided}
  FirstName:   person.first_name
  Company:     {from: company.name, default: Not provided}
  Email:       person.email
  Phone:       person.phone
  Title:       {from: interest.need, update: always}
  LeadSource:  {from: first_touch.lead_source, update: never}
  Status:      {from: status, values: {new: Open - Not Contacted}, update: never}
each_touch:
  task: {subject: touch.name, description: touch.message, when: {touch.kind: {in: [demo_request]}}}
"""

CONTACT_MAPPING = """\
mapping: contact
to: hubspot
object: contacts
fields:
  email:          person.email
  firstname:      person.first_name
  lastname:       person.last_name
  phone:          person.phone
  company:        company.name
  jobtitle:       {from: interest.need, update: always}
  hs_lead_status: {from: status, values: {new: NEW}, otherwise: leave_out, update: never}
each_touch:
  note: {body: touch.message, when: {touch.kind: {in: [demo_request]}}}
"""

_HUBSPOT = """\
  hubspot:
    connector: hubspot
    mode: live
    mapping: contact
    base_url: {url}
    auth: {{access_token: sandbox-token}}
"""


def write_project(
    folder: Path,
    *,
    store: str,
    salesforce: str,
    port: int = 0,
    hubspot: str = "",
    sink: str = "",
    hubspot_sink: str = "",
    extra: str = "",
    sources: str = "",
    form: str = FORM_MAPPING,
    lead: str = LEAD_MAPPING,
    contact: str = CONTACT_MAPPING,
) -> Path:
    """Write the folder and return the path of its leadrelay.yaml."""
    config = folder / "config"
    (config / "mappings").mkdir(parents=True, exist_ok=True)
    (config / "mappings" / "form.yaml").write_text(form)
    (config / "mappings" / "lead.yaml").write_text(lead)
    if hubspot:
        (config / "mappings" / "contact.yaml").write_text(contact)
    path = config / "leadrelay.yaml"
    path.write_text(
        f"""\
store: {store}
data_dir: {folder / "data"}
secret_key: test-key-of-this-project
web:
  host: 127.0.0.1
  port: {port}
{extra}
sources:
  website:
    connector: webform
    mapping: form
    token: secret-token
{sources}sinks:
  salesforce:
    connector: salesforce
    mode: live
    mapping: lead
    external_id: Leadrelay_Id__c
    base_url: {salesforce}
    auth: {{flow: client_credentials, login_url: {salesforce}, client_id: leadrelay, client_secret: sandbox-secret}}
{sink}
"""
        + (_HUBSPOT.format(url=hubspot) + hubspot_sink if hubspot else "")
    )
    return path


def copy_shipped(folder: Path) -> None:
    """Put the shipped mappings and rules into a folder."""
    shutil.copytree(ROOT / "mappings", folder / "mappings", dirs_exist_ok=True)
    shutil.copytree(ROOT / "config", folder / "config", dirs_exist_ok=True)
