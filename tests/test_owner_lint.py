"""`check` tells at the mapping's line that a CRM would never hear who got a lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadrelay.configuration import build, read_files
from tests.support.project import LEAD_MAPPING, write_project

ROUTING = "routing: {{{first} to: [{{name: all, otherwise: true, queue: rest}}], respond_within: {{minutes: 30}}}}\n"
LATE = "start_when: {has_touch: {kind: demo_request}},"


def told(folder: Path, owner: str, first: str) -> list[str]:
    path = write_project(folder, store="sqlite:///x.db", salesforce="http://127.0.0.1:9", lead=LEAD_MAPPING + owner)
    (path.parent / "rules").mkdir()
    (path.parent / "rules" / "r.yaml").write_text(ROUTING.format(first=first))
    (path.parent / "team.yaml").write_text("queues: {rest: {salesforce: Inbound}}\n")
    return [str(one) for one in build(read_files(path), {}).warnings if one.code == "owner_not_sent"]


@pytest.mark.parametrize(
    ("owner", "at"),
    [("owner: {update: never}\n", f":{len(LEAD_MAPPING.splitlines()) + 1}:17"), ("", ":1:1")],
)
@pytest.mark.parametrize(("first", "why"), [(LATE, "`start_when`"), ("reroute: when_overdue,", "`reroute: when_overdue`")])
def test_never_is_told_where_leads_get_their_owner_later(tmp_path: Path, owner: str, at: str, first: str, why: str) -> None:
    (found,) = told(tmp_path, owner, first)
    assert f"lead.yaml{at}: " in found
    assert why in found
    assert "update: if_empty" in found


@pytest.mark.parametrize(
    ("owner", "first"),
    [
        ("owner: {update: if_empty}\n", LATE),
        ("owner: {update: always}\n", LATE),
        ("owner: {assigned_by: salesforce, update: never}\n", LATE),
        ("owner: {update: never}\n", ""),
    ],
)
def test_nothing_is_told_where_the_owner_gets_there(tmp_path: Path, owner: str, first: str) -> None:
    assert told(tmp_path, owner, first) == []
