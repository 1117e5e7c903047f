"""A configuration of one's own for each test, and a way to type commands."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from leadrelay.app import App, intake, open_app
from leadrelay.cli import build
from leadrelay.engine.captures import NewSubmission

SETTINGS = """\
store: sqlite:///data/leadrelay.db
sources:
  website:
    connector: webform
    mapping: contact
    token: ${WEBSITE_TOKEN}
sinks:
  crm:
    connector: salesforce
    mode: observe
    mapping: crm-lead
    external_id: Leadrelay_Id__c
    base_url: http://127.0.0.1:1
    auth: {flow: client_credentials, login_url: "http://127.0.0.1:1", client_id: id, client_secret: "${CRM_SECRET}"}
"""
CONTACT = """\
mapping: contact
to: lead
fields:
  person.full_name: Name
  person.email: E-Mail
  person.phone: {from: Phone, region: DE}
  company.name: Company
set:
  touch.kind: contact
tests:
  - name: an address is folded
    given: {E-Mail: ANNA@Acme.de}
    expect: {person.email: anna@acme.de}
"""
CRM_LEAD = """\
mapping: crm-lead
to: salesforce
object: Lead
fields:
  LastName: {from: person.last_name, default: Not provided}
  Company: {from: company.name, default: Not provided}
  Email: person.email
  Phone: person.phone
tests:
  - name: a form without company
    given: {person.last_name: Muster}
    expect: {create: {LastName: Muster, Company: Not provided}}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status, and what it wrote where."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


Type = Callable[..., Ended]
Posted = Callable[..., list[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration that is right; commands find it through the environment."""
    files = {"leadrelay.yaml": SETTINGS, "mappings/contact.yaml": CONTACT, "mappings/crm-lead.yaml": CRM_LEAD}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("LEADRELAY_CONFIG", str(tmp_path / "leadrelay.yaml"))
    monkeypatch.setenv("WEBSITE_TOKEN", "t0ken-of-the-website")
    monkeypatch.setenv("CRM_SECRET", "s3cret-of-the-crm")
    return tmp_path


@pytest.fixture
def leadrelay() -> Type:
    """Type a command: `leadrelay("leads", "list")`."""
    app = build()

    def typed(*words: str, given: str = "", env: Mapping[str, str] | None = None) -> Ended:
        result = CliRunner().invoke(app, list(words), input=given, env={**os.environ, "COLUMNS": "200", **(env or {})})
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    return typed


@pytest.fixture
def posted(folder: Path) -> Posted:
    """Capture posts and decide them, as web and worker do; their ids."""

    def post(*bodies: Mapping[str, str], decide: bool = True) -> list[str]:
        app = open_app(folder / "leadrelay.yaml")
        try:
            app.migrate()
            app.keeper.start()
            ids = [_capture(app, json.dumps(body)) for body in bodies]
            assert app.spool.is_empty(), "the store did not answer in time, so the posts lie in the spool and are no leads"
            while decide and app.processor().run_once():
                pass
            return ids
        finally:
            app.close()

    return post


def _capture(app: App, body: str) -> str:
    async def accept() -> str:
        durable = intake(app)
        durable.start()
        submission = NewSubmission(
            source="website", key=body, is_content_key=True, body=body.encode(), headers={"content-type": "application/json"},
            state="new", reason="", received_at=app.clock(), submitted_at=None, is_test=False,
        )  # fmt: skip
        try:
            return (await durable.accept(submission)).uid
        finally:
            durable.stop()

    return asyncio.run(accept())
