"""`team`: who takes leads now, and days off that are told by command."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Posted, Type

ANNA, BEN, CARA = "anna@acme.example", "ben@acme.example", "cara@acme.example"
TEAM = f"""
people: {{{ANNA}: {{}}, {BEN}: {{away: [2000-01-01/2100-01-01]}}, {CARA}: {{}}}}
pools: {{sales: {{members: {{{ANNA}: 2, {BEN}: 1}}, fallback: rest}}}}
queues: {{rest: {{}}}}
"""
ROUTED = "routing: {start_when: {person.email: {known: true}}, to: [{name: all, otherwise: true, pool: sales}]}\n"


@pytest.fixture
def team(folder: Path) -> Path:
    (folder / "team.yaml").write_text(TEAM, encoding="utf-8")
    return folder


def takes(leadrelay: Type) -> dict[str, tuple[bool, list[str]]]:
    found = leadrelay("team", "list", "--json").document
    return {one["person"]: (one["takes_leads"], one["reasons"]) for one in found["members"]}


def test_the_list_says_who_takes_leads_and_why_the_others_do_not(team: Path, leadrelay: Type) -> None:
    assert takes(leadrelay) == {ANNA: (True, []), BEN: (False, ["is away until 2100-01-01"])}
    shown = leadrelay("team", "list").out
    assert "no: is away until 2100-01-01" in shown
    assert f"{CARA} is in no pool" in shown


def test_who_is_sent_away_takes_no_leads_until_they_are_back(team: Path, leadrelay: Type) -> None:
    today = datetime.now(UTC).date()
    told = leadrelay("team", "away", ANNA, f"{today - timedelta(days=1)}/")
    assert "until they are back" in told.out
    assert takes(leadrelay)[ANNA] == (False, ["is away"])
    assert "is away on these days already" in leadrelay("team", "away", ANNA, f"{today - timedelta(days=1)}/").out
    assert leadrelay("team", "back", ANNA, "--json").document == {"person": ANNA, "changed": True}
    assert takes(leadrelay)[ANNA] == (True, [])
    assert "No absence" in leadrelay("team", "back", ANNA).out


def test_days_off_that_begin_later_change_nothing_today_and_stay_when_somebody_is_back(team: Path, leadrelay: Type) -> None:
    later = datetime.now(UTC).date() + timedelta(days=30)
    assert leadrelay("team", "away", ANNA, f"{later}/{later + timedelta(days=5)}").status == 0
    assert takes(leadrelay)[ANNA] == (True, [])
    leadrelay("team", "back", ANNA)
    (days,) = leadrelay("team", "list", "--json").document["absences"]
    assert (days["person"], days["first"], days["last"]) == (ANNA, str(later), str(later + timedelta(days=5)))
    assert "command line" in days["told_by"]


def test_the_ledger_of_a_month_is_empty_before_the_first_lead(team: Path, leadrelay: Type) -> None:
    assert leadrelay("team", "ledger", "2026-10", "--json").document == {
        "first": "2026-10-01", "last": "2026-10-31", "leads": 0, "shares": [],
    }  # fmt: skip
    assert "0 leads routed from 2026-10-01 to 2026-10-31." in leadrelay("team", "ledger", "2026-10-01/2026-10-31").out


def test_the_ledger_says_that_the_share_by_weight_counts_no_days_off(team: Path, leadrelay: Type, posted: Posted) -> None:
    (team / "rules").mkdir()
    (team / "rules/rules.yaml").write_text(ROUTED, encoding="utf-8")
    posted(*({"Name": f"Eva Lang{number}", "E-Mail": f"eva{number}@acme{number}.example"} for number in range(3)))
    day = datetime.now(UTC).date()
    days = f"{day - timedelta(days=1)}/{day + timedelta(days=1)}"
    (share,) = leadrelay("team", "ledger", days, "--json").document["shares"]
    assert (share["person"], share["turns"], share["owed"]) == (ANNA, 3, 2.0)
    shown = leadrelay("team", "ledger", days).out
    assert "by weight alone" in shown
    assert "Days off, hours, caps and territories are not counted" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["away", "ana@acme.example", "2026-12-22"], 1, f"Did you mean `{ANNA}`?"),
        (["back", "nobody@acme.example"], 1, "nobody in team.yaml"),
        (["away", ANNA, "tomorrow"], 2, "2026-12-22/2027-01-02"),
        (["away", ANNA, "2027-01-02/2026-12-22"], 2, "ends before it begins"),
    ],
)
def test_what_can_not_be_is_refused_with_what_to_write(
    team: Path, leadrelay: Type, arguments: list[str], code: int, words: str
) -> None:
    found = leadrelay("team", *arguments)
    assert found.status == code
    assert words in " ".join(found.out.split()) + " ".join(found.err.split())
