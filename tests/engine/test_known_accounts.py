"""The next person of a company goes to whoever has the company already."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadrelay.app import open_app
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Bench, Hand
from tests.engine.test_who_gets_a_lead import MAPPING, TEAM, ledger, owners, told, write
from tests.support.project import write_project

RULES = """\
routing:
  to:
    - {name: known account, when: {account.owner: {known: true}}, owner: account.owner}
    - {name: everyone else, otherwise: true, pool: dach}
"""
ANNA, BEN, CEM = (f"{name}@acme.example" for name in ("anna", "ben", "cem"))


@pytest.fixture
def routing(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[Bench]:
    """A migrated store of each kind under rules with a line for known accounts."""
    path = write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:9", form=MAPPING)
    write(path, RULES, TEAM)
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    yield Bench(app, clock)
    app.close()


def come(bench: Bench, *emails: str) -> None:
    """Let people come in, one after the other."""
    for email in emails:
        bench.clock.forward(1000)
        first, _, last = email.partition("@")[0].partition(".")
        bench.post(first_name=first, last_name=last, email=email, kind="demo_request", at=str(bench.clock()))
        bench.process()


def lines(bench: Bench) -> list[str]:
    return [row.line for row in ledger(bench)]


def test_the_second_person_of_a_company_goes_to_whoever_has_the_first(routing: Bench) -> None:
    come(routing, "pat.lee@firm.example", "kim.doe@other.example", "sam.fox@mail.firm.example", "info@firm.example")
    assert owners(routing) == [ANNA, BEN, ANNA, ANNA]
    assert lines(routing) == ["everyone else", "everyone else", "known account", "known account"]
    first, *_ = sorted(row.id for row in routing.rows(tables.lead))
    assert told(routing, "account") == [{"owner": ANNA, "lead": to_uid(first)}] * 2
    assert {row.version for row in routing.rows(tables.lead)} == {1}
    assert len(routing.rows(tables.account)) == 2
