"""`leads add`, `leads merge`, `leads unmerge`: what people do with leads themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadrelay.app import open_app
from tests.cli.conftest import SETTINGS, Posted, Type
from tests.support.commands import Commands

ANNA = ("--email", "anna@acme.example", "--name", "Anna Weber", "--company", "Acme")


def decided(folder: Path) -> None:
    app = open_app(folder / "leadrelay.yaml")
    try:
        app.migrate()
        app.keeper.start()
        while app.processor().run_once():
            pass
    finally:
        app.close()


def added(leadrelay: Type, *words: str) -> str:
    return str(leadrelay("leads", "add", *words, "--wait", "0", "--json").document["id"])


def test_an_added_lead_goes_the_way_of_every_other_one(folder: Path, leadrelay: Type) -> None:
    ended = leadrelay("leads", "add", *ANNA, "--field", "interest.need=a demo", "--wait", "0")
    assert ended.status == 0
    assert "as soon as a worker runs" in ended.out
    decided(folder)
    (lead,) = leadrelay("leads", "list", "--json").document
    assert lead["email"] == "anna@acme.example"
    shown = leadrelay("leads", "show", lead["uid"], "--json").document
    assert shown["fields"]["interest.need"]["value"] == "a demo"
    assert shown["fields"]["person.last_name"]["value"] == "Weber"
    assert [touch["kind"] for touch in shown["touches"]] == ["manual"]
    assert [one["state"] for one in shown["deliveries"]] == ["waiting"]
    report = leadrelay("audit", "--json").document
    assert report["sources"]["manual"]["received"] == 1
    assert report["unaccounted"] == 0


def test_the_same_typed_twice_is_one_unless_it_is_said_again(folder: Path, leadrelay: Type) -> None:
    first = added(leadrelay, *ANNA)
    assert added(leadrelay, *ANNA) == first
    assert added(leadrelay, *ANNA, "--again") != first
    decided(folder)
    assert len(leadrelay("leads", "list", "--json").document) == 1
    assert leadrelay("audit").status == 0


def test_the_trace_tells_every_step(folder: Path, leadrelay: Type) -> None:
    found = leadrelay("leads", "add", *ANNA, "--wait", "0", "--json").document
    assert [one["step"] for one in found["trace"]] == ["capture", "map", "normalize", "match", "qualify", "deliver"]
    assert found["trace"][-1]["calls"][0]["body"]["LastName"] == "Weber"


def test_a_wrong_field_is_told_with_the_right_one_and_nothing_is_kept(folder: Path, leadrelay: Type) -> None:
    ended = leadrelay("leads", "add", *ANNA, "--field", "interest.ned=x")
    assert ended.status == 2
    assert "interest.need" in ended.err
    assert leadrelay("leads", "add", *ANNA, "--field", "score.total=7").status == 2
    assert leadrelay("leads", "add", *ANNA, "--field", "nothing").status == 2
    assert leadrelay("submissions", "list", "--json").document == []


@pytest.mark.parametrize("words", [("--email", "no address"), ("--email", "anna@"), ("--name", "Anna", "--phone", "call me")])
def test_a_wrong_value_is_told_before_anything_is_kept(folder: Path, leadrelay: Type, words: tuple[str, ...]) -> None:
    ended = leadrelay("leads", "add", *words)
    assert ended.status == 1
    assert ended.err.strip()
    assert leadrelay("submissions", "list", "--json").document == []


def test_somebody_must_be_named(folder: Path, leadrelay: Type) -> None:
    assert leadrelay("leads", "add").status == 2
    assert leadrelay("leads", "add", "--message", "hello").status == 1
    assert leadrelay("submissions", "list", "--json").document == []


def test_several_leads_come_from_a_file(folder: Path, leadrelay: Type) -> None:
    file = folder / "leads.json"
    people = [{"person": {"email": "a@acme.example"}, "custom.none": None}, {"person.email": "b@acme.example"}]
    file.write_text(json.dumps(people), encoding="utf-8")
    found = leadrelay("leads", "add", str(file), "--wait", "0", "--json").document
    assert len({one["id"] for one in found}) == 2
    file.write_text(json.dumps([{"person.email": "a@acme.example"}, {"person.emial": "b@acme.example"}]), encoding="utf-8")
    ended = leadrelay("leads", "add", str(file), "--wait", "0")
    assert ended.status == 2
    assert "lead 2" in ended.err
    file.write_text("{", encoding="utf-8")
    assert leadrelay("leads", "add", str(file)).status == 2


def test_no_configured_source_may_take_the_name(folder: Path, leadrelay: Type) -> None:
    (folder / "leadrelay.yaml").write_text(SETTINGS.replace("  website:", "  manual:"), encoding="utf-8")
    ended = leadrelay("check")
    assert ended.status == 2
    assert "manual" in ended.err


def test_a_running_worker_makes_a_lead_of_it_while_we_wait(folder: Path, commands: Commands, leadrelay: Type) -> None:
    with (folder / "log").open("wb") as log, commands.start("worker", stdout=log, stderr=log) as process:
        try:
            ended = leadrelay("leads", "add", *ANNA, "--wait", "30", "--json").document
            assert ended["lead"]
            again = leadrelay("leads", "add", *ANNA, "--message", "once more", "--wait", "30")
            assert f"It is lead {ended['lead']} (known before" in again.out
        finally:
            process.terminate()
        assert process.wait(timeout=60) == 0


def test_two_leads_are_merged_and_parted_by_hand(posted: Posted, leadrelay: Type) -> None:
    posted({"Name": "Anna Weber", "E-Mail": "anna@acme.example"}, {"Name": "Ana Weber-Kunz", "E-Mail": "ana@kunz.example"})
    by_email = {row["email"]: row["uid"] for row in leadrelay("leads", "list", "--json").document}
    words = ("leads", "merge", "anna@acme.example", by_email["ana@kunz.example"])
    shown = leadrelay(*words, "--dry-run")
    assert shown.status == 0
    assert "Weber-Kunz" in shown.out
    assert leadrelay(*words).status == 2  # no terminal to ask at
    done = leadrelay(*words, "--yes", "--json").document
    assert done["merged"]
    assert done["fields"]["person.email"]["merged"] == "ana@kunz.example"
    assert leadrelay("audit").status == 0
    assert leadrelay(*words, "--yes").status == 1
    history = leadrelay("leads", "history", "anna@acme.example").out
    assert "went into lead" in history
    parted = leadrelay("leads", "unmerge", by_email["ana@kunz.example"], "--yes", "--json").document
    assert parted["unmerged"]
    assert leadrelay("leads", "unmerge", "anna@acme.example", "--yes").status == 1
    assert "taken back" in leadrelay("leads", "history", by_email["ana@kunz.example"]).out
    assert leadrelay("audit").status == 0
    assert leadrelay(*words, "--yes").status == 0
    by_both_addresses = ("leads", "unmerge", "anna@acme.example", "ana@kunz.example", "--yes", "--json")
    assert leadrelay(*by_both_addresses).document["unmerged"]
    assert leadrelay("leads", "merge", "anna@acme.example", "nobody@acme.example", "--yes").status == 1
    assert leadrelay("leads", "merge", "anna@acme.example", "X", "--yes").status == 1
