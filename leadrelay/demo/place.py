"""The demo's folder: configuration, secrets, and where mails and files are dropped."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from leadrelay.shipped import shipped

_MARKER = ".leadrelay-demo"
_STORE = "leadrelay.db"
_SETTINGS = """\
# The demo's configuration, made anew at each start of `leadrelay demo`.
store: sqlite:///{store}
region: DE
web: {{port: {port}}}
sources:
  website:
    connector: webform
    mapping: demo-request
    token: ${{file:{folder}/token}}
  mail:                                # what lies in this folder is read as a mailbox would be: drop an .eml file
    connector: csvfile
    folder: mail
    every: 1s
    quiet_for: 1s
  files:                               # drop a CSV, Excel or vCard file
    connector: csvfile
    folder: files
    every: 1s
    quiet_for: 1s
sinks:
  salesforce:
    connector: salesforce
    mode: live
    mapping: salesforce-lead
    external_id: Leadrelay_Id__c
    base_url: {salesforce}
    read_back: {{every: 5s}}
    auth:
      flow: client_credentials
      login_url: {salesforce}
      client_id: leadrelay
      client_secret: ${{file:{folder}/salesforce_secret}}
  hubspot:
    connector: hubspot
    mode: live
    mapping: hubspot-contact
    external_id: leadrelay_id
    base_url: {hubspot}
    read_back: {{every: 5s}}
    auth: {{access_token: "${{file:{folder}/hubspot_token}}"}}
system_of_record: {{owner: salesforce, status: salesforce}}
"""
_TEAM = """\
# The demo's team. Its pools have no working hours, since a demo is looked at at any time; config/team.yaml shows some.
hours:
  business: {zone: Europe/Berlin, mon-fri: "09:00-17:30", holidays: DE-BE}
people:
  anna@acme.example: {manager: yes}
  ben@acme.example:  {languages: [de, en]}
pools:
  dach:            {members: {anna@acme.example: 1, ben@acme.example: 2}, per_day: 20, fallback: unassigned}
  dach-enterprise: {members: [anna@acme.example], fallback: unassigned}
queues:
  unassigned: {salesforce: Inbound Leads, hubspot: desk@acme.example}
"""


class NotADemo(Exception):
    """The folder holds something else than a demo, or one that runs, so nothing in it is touched."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where this demo is: its folder and its web process' port."""

    folder: Path
    port: int

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.folder / "leadrelay.yaml"

    @property
    def address(self) -> str:
        """Its web process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The website source's token."""
        return (self.folder / "token").read_text(encoding="utf-8")

    @property
    def mail(self) -> Path:
        """Where mails are dropped."""
        return self.folder / "mail"

    @property
    def files(self) -> Path:
        """Where files are dropped."""
        return self.folder / "files"


def make(place: Place) -> None:
    """Empty the demo's folder; raises NotADemo when it is something else's, or a demo runs in it."""
    folder = place.folder
    if folder.exists() and not folder.is_dir():
        raise NotADemo(f"{folder} is a file; choose another folder with --dir.")
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARKER).exists():
        raise NotADemo(f"{folder} holds something else than a demo; choose another folder with --dir.")
    _refuse_running(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for path in (folder, place.mail, place.files):
        path.mkdir(parents=True)
    (folder / _MARKER).touch()


def _refuse_running(folder: Path) -> None:
    from leadrelay.run_lock import Taken, hold

    if not folder.exists():
        return
    try:
        hold(folder / _STORE).close()
    except Taken as taken:
        message = f"A demo runs in {folder} already ({taken}). End that one first (Ctrl-C), or choose another folder with --dir."
        raise NotADemo(message) from taken


def configure(place: Place, salesforce: str, hubspot: str) -> None:
    """Write the demo's files: the shipped mappings and rules, and settings that point at the simulators."""
    from leadrelay.sandbox.hubspot import Settings as HubSpotSettings
    from leadrelay.sandbox.salesforce.org import Settings as SalesforceSettings

    folder = place.folder
    secret = {
        "token": secrets.token_hex(12),
        "salesforce_secret": SalesforceSettings().client_secret,
        "hubspot_token": HubSpotSettings().access_token,
    }
    for name, text in secret.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(shipped("mappings"), folder / "mappings")
    shutil.copy(shipped("config") / "fields.yaml", folder / "fields.yaml")
    (folder / "team.yaml").write_text(_TEAM, encoding="utf-8")
    shutil.copytree(shipped("config") / "rules", folder / "rules")
    settings = _SETTINGS.format(store=_STORE, port=place.port, folder=folder, salesforce=salesforce, hubspot=hubspot)
    place.config.write_text(settings, encoding="utf-8")
