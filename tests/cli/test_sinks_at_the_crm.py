"""The commands that ask a CRM: probe, prepare, check --live and audit --live, against the simulator over real sockets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadrelay.sandbox.salesforce import SalesforceOrg
from leadrelay.sandbox.server import SandboxServer
from tests.cli.conftest import CRM_LEAD, SETTINGS, Type


@pytest.fixture
def crm(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """A simulator that the configuration's sink points at."""
    monkeypatch.setenv("CRM_SECRET", "sandbox-secret")
    with SandboxServer() as server:
        _point_at(folder, server.url)
        yield server


def _point_at(folder: Path, url: str) -> None:
    settings = (
        SETTINGS.replace("http://127.0.0.1:1", url).replace("client_id: id", "client_id: leadrelay").replace("observe", "live")
    )
    (folder / "leadrelay.yaml").write_text(settings, encoding="utf-8")


def test_probe_tells_who_we_are_and_what_is_left_of_the_allowance(crm: SandboxServer, leadrelay: Type) -> None:
    found = leadrelay("sinks", "probe", "crm", "--json")
    assert found.status == 0
    assert found.document["account_id"][:15] == crm.org.organization_id[:15]
    assert found.document["usage"]["limit"] > 0
    shown = leadrelay("sinks", "probe", "crm").out
    assert "calls used" in shown
    assert "leadrelay sinks resume crm" in shown


def test_prepare_and_check_are_content_with_a_prepared_org(crm: SandboxServer, leadrelay: Type) -> None:
    prepared = leadrelay("sinks", "prepare", "crm", "--json")
    assert prepared.status == 0
    assert {step["state"] for step in prepared.document} == {"ready"}
    checked = leadrelay("check", "--live")
    assert (checked.status, checked.err) == (0, "")


def test_an_org_without_the_external_id_field_is_told_by_the_check_and_mended_by_prepare(
    folder: Path, leadrelay: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SECRET", "sandbox-secret")
    with SandboxServer(SalesforceOrg()) as server:
        _point_at(folder, server.url)
        before = leadrelay("check", "--live")
        prepared = leadrelay("sinks", "prepare", "crm", "--json")
        after = leadrelay("check", "--live")
    assert before.status == 1
    assert "Leadrelay_Id__c" in before.err
    assert (prepared.status, [step["state"] for step in prepared.document], after.status) == (0, ["created"], 0)


def test_fields_and_choices_that_the_org_does_not_have_are_told_at_their_lines(
    crm: SandboxServer, folder: Path, leadrelay: Type
) -> None:
    crm.org.change_field("Lead", "Rating", {"restrictedPicklist": True})
    mapping = folder / "mappings/crm-lead.yaml"
    wrong = "  Compny: company.name\n  Rating: {from: score.total, ranges: {80: Hott, 0: Cold}}\ntests:"
    mapping.write_text(CRM_LEAD.replace("tests:", wrong), encoding="utf-8")
    ended = leadrelay("check", "--live", "--json")
    assert ended.status == 1
    found = {problem["field"]: problem for problem in ended.document["problems"]}
    assert set(found) == {"Compny", "Rating"}
    assert (found["Compny"]["line"], "`Company`" in found["Compny"]["message"]) == (9, True)
    assert (found["Rating"]["line"], "`Hot`" in found["Rating"]["message"]) == (10, True)


def test_wrong_credentials_are_a_no_that_says_what_to_do(
    crm: SandboxServer, leadrelay: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_SECRET", "quite-another-secret")
    for words in (("sinks", "probe", "crm"), ("sinks", "prepare", "crm"), ("check", "--live")):
        ended = leadrelay(*words)
        assert ended.status == 1
        assert "crm" in ended.err
        assert "quite-another-secret" not in ended.out + ended.err


def test_the_mappings_that_ship_fit_an_ordinary_org(crm: SandboxServer, leadrelay: Type, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    shutil.copytree(root / "mappings", tmp_path / "shipped/mappings")
    shutil.copytree(root / "config", tmp_path / "shipped/config")
    named = {
        "WEBSITE_TOKEN": "a-long-random-text",
        "SALESFORCE_URL": crm.url,
        "SALESFORCE_CLIENT_ID": "leadrelay",
        "SALESFORCE_CLIENT_SECRET": "sandbox-secret",
    }
    config = str(tmp_path / "shipped/config/leadrelay.yaml")
    env = {**named, "LEADRELAY__SINKS__SALESFORCE__BASE_URL": crm.url}
    ended = leadrelay("check", "--live", "--json", "--config", config, env=env)
    assert (ended.status, ended.document["problems"]) == (0, [])
    assert {Path(one["file"]).name for one in ended.document["warnings"]} == {
        "team.yaml"
    }  # people of the example, not users there


def test_a_live_audit_does_not_call_a_crm_in_order_that_it_could_not_ask(crm: SandboxServer, leadrelay: Type) -> None:
    assert leadrelay("migrate").status == 0
    assert leadrelay("audit", "--live").status == 0
    crm.stop()
    ended = leadrelay("audit", "--live")
    assert ended.status == 3
    assert "sink `crm`" in ended.err
