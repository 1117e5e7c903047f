"""The next person of a company goes to whoever has the company already."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.instants import to_datetime
from leadrelay.commands.look_up import StoreLookUp
from leadrelay.commands.trial import Given, run_trial
from leadrelay.engine import erase
from leadrelay.engine.merges import Merges
from leadrelay.engine.process import Processor
from leadrelay.history import in_words
from leadrelay.lineage import explain
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.server import DEFAULT_EXTERNAL_ID, SandboxServer
from leadrelay.store import people, tables
from leadrelay.store.ids import to_uid
from tests.engine.conftest import Bench, Hand
from tests.engine.feedback import SF_LEAD, listening
from tests.engine.ruled import FORM, events, ledger, owners, ruled, write_rules
from tests.engine.test_who_gets_a_lead import TEAM
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
    with ruled(tmp_path, store_url, clock, RULES, TEAM) as made:
        yield made


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
    assert events(routing, "account") == [{"owner": ANNA, "lead": to_uid(first)}] * 2
    assert {row.version for row in routing.rows(tables.lead)} == {1}
    assert len(routing.rows(tables.account)) == 2


def test_whoever_comes_by_a_free_mailer_is_of_no_company(routing: Bench) -> None:
    come(routing, "pat.lee@gmail.com", "kim.doe@gmail.com", "sam.fox@t-online.de", "ann.poe@t-online.de")
    assert owners(routing) == [ANNA, BEN, CEM, ANNA]
    assert set(lines(routing)) == {"everyone else"}
    assert routing.rows(tables.account) == []


def test_a_lead_that_waits_goes_to_whoever_has_its_company_by_then(routing: Bench) -> None:
    waits = "  start_when: {has_touch: {kind: demo_request}}\n"
    write_rules(routing.app.path, RULES.replace("routing:\n", f"routing:\n{waits}"), TEAM)
    routing.app.keeper.reload()
    routing.post(first_name="Kim", last_name="Doe", email="kim.doe@firm.example", kind="webinar_signup")
    come(routing, "ann.poe@else.example", "pat.lee@firm.example", "kim.doe@firm.example")
    assert owners(routing) == [BEN, ANNA, BEN]
    assert lines(routing) == ["everyone else", "everyone else", "known account"]


def test_who_has_left_the_team_or_is_inactive_is_given_nobody_and_has_the_company_no_longer(routing: Bench) -> None:
    come(routing, "pat.lee@firm.example")
    with routing.app.database.write() as connection:
        people.set_inactive(connection, "salesforce", {ANNA}, routing.clock())
    come(routing, "kim.doe@firm.example")
    assert owners(routing) == [ANNA, BEN]
    write_rules(routing.app.path, RULES, TEAM.replace("ben@acme.example: {}, ", "").replace("ben@acme.example, ", ""))
    routing.app.keeper.reload()
    come(routing, "sam.fox@firm.example", "ann.poe@firm.example")
    assert owners(routing) == [ANNA, BEN, CEM, CEM]
    assert events(routing, "account") == [{"owner": CEM, "lead": uid(routing, 2)}]


def test_without_the_line_everybody_takes_turns(routing: Bench) -> None:
    write_rules(routing.app.path, RULES.replace("    - {name: known", "    # - {name: known"), TEAM)
    routing.app.keeper.reload()
    come(routing, "pat.lee@firm.example", "kim.doe@firm.example", "sam.fox@firm.example")
    assert owners(routing) == [ANNA, BEN, CEM]


def test_a_queue_has_no_company(routing: Bench) -> None:
    write_rules(routing.app.path, RULES.replace("pool: dach", "queue: unassigned"), TEAM)
    routing.app.keeper.reload()
    come(routing, "pat.lee@firm.example", "kim.doe@firm.example")
    assert owners(routing) == ["unassigned", "unassigned"]
    assert routing.rows(tables.account) == []


def test_an_erased_lead_leaves_nothing_known(routing: Bench) -> None:
    come(routing, "pat.lee@firm.example", "kim.doe@firm.example")
    erase.erase(routing.app, uid(routing, 0), by="dpo@acme.example")
    assert routing.rows(tables.account) == []
    come(routing, "sam.fox@firm.example")
    assert lines(routing)[-1] == "everyone else"


def test_one_lead_out_of_two_moves_nobody_and_its_company_stays_known(routing: Bench) -> None:
    come(routing, "kim.doe@else.example", "pat.lee@firm.example", "sam.fox@firm.example")
    Merges(routing.app.database, routing.app.process_plan, routing.clock, routing.app.ids).merge(
        uid(routing, 1), uid(routing, 2), by="ops@acme.example"
    )
    while routing.app.decide_again().run_once():
        pass
    assert owners(routing)[1] == BEN
    come(routing, "ann.poe@firm.example")
    assert (owners(routing)[-1], lines(routing)[-1]) == (BEN, "known account")


def test_an_account_known_by_a_lead_that_went_into_another_goes_with_that_one(routing: Bench) -> None:
    come(routing, "pat.lee@firm.example", "sam.fox@firm.example")
    Merges(routing.app.database, routing.app.process_plan, routing.clock, routing.app.ids).merge(
        uid(routing, 1), uid(routing, 0), by="ops@acme.example"
    )
    erase.erase(routing.app, uid(routing, 1), by="dpo@acme.example")
    assert routing.rows(tables.account) == []


def test_workers_beside_each_other_lose_no_account_and_no_turn(routing: Bench) -> None:
    come(routing, *(f"pat.lee@firm{number}.example" for number in range(4)))
    for number in range(24):
        routing.post(
            first_name="Kim", last_name=f"Nr{number}", email=f"kim.nr{number}@firm{number % 8}.example", kind="demo_request"
        )
    together(routing, 2)
    assert Counter(lines(routing))["known account"] >= 12
    assert routing.app.audit()["unaccounted"] == 0
    firsts = owners(routing)[:4]
    rows = sorted(routing.rows(tables.lead), key=lambda row: row.id)
    by_firm: dict[str, set[str]] = {}
    for record in map(routing.record, rows):
        by_firm.setdefault(record["person.email"].partition("@")[2], set()).add(record["owner.email"])
    assert [by_firm[f"firm{number}.example"] for number in range(4)] == [{owner} for owner in firsts]
    assert len(routing.rows(tables.account)) == 8


def test_why_and_the_history_tell_by_which_lead_a_company_is_known(routing: Bench) -> None:
    come(routing, "pat.lee@firm.example", "kim.doe@firm.example")
    first, second = uid(routing, 0), uid(routing, 1)
    sentence = f"{ANNA} has its company already, known by lead {first}"
    assert in_words("account", events(routing, "account")[0]) == sentence
    account = explain(routing.app, second, "account.owner")
    assert account is not None
    assert account.answer == f"account.owner is {ANNA}: they have the lead's company already, known by lead {first}"
    assert [one.what for one in account.reasons] == [sentence]
    owner = explain(routing.app, second, "owner")
    assert owner is not None
    said = [one.what for one in owner.reasons]
    assert sentence in said
    assert any(one.startswith(f"account.owner known true is true (it is {ANNA}) [") for one in said), said
    alone = explain(routing.app, first, "account.owner")
    assert alone is not None
    assert alone.answer == "nothing is known of account.owner"


# --- told by a CRM ------------------------------------------------------------------------------------------------------


def test_whom_sales_gives_a_lead_has_its_company_from_then_on(store_url: str, tmp_path: Path, clock: Hand) -> None:
    org = SalesforceOrg(lambda: to_datetime(clock()), external_id_fields=[DEFAULT_EXTERNAL_ID])
    team = TEAM.replace("people: {", "people: {sally@sandbox.example: {}, ")
    with SandboxServer(org) as crm:
        path = write_project(tmp_path, store=store_url, salesforce=crm.url, sink="    rate: 1000/1s\n", form=FORM, lead=SF_LEAD)
        write_rules(path, RULES, team)
        with listening(path, clock, ("salesforce",)) as bench:
            bench.listen()
            come(bench, "pat0@acme.example")
            bench.settle()
            org.edit("Lead", bench.crm_id(0), {"OwnerId": org.sales_user_id})
            bench.settle()
            come(bench, "pat1@acme.example")
            assert bench.lead(1)["owner.email"] == "sally@sandbox.example"
            (row,) = bench.rows(tables.account)
            assert (row.owner, row.is_told) == ("sally@sandbox.example", True)
            org.edit("Lead", bench.crm_id(0), {"OwnerId": org.queue_id})
            bench.settle()
            assert bench.rows(tables.account) == []


def uid(bench: Bench, number: int) -> str:
    """The lead that came so and so late, counted from 0."""
    return to_uid(sorted(row.id for row in bench.rows(tables.lead))[number])


def together(bench: Bench, count: int) -> None:
    """Let several processors decide at once what is new."""
    processors = [bench.app.processor() for _ in range(count)]

    def work(processor: Processor) -> None:
        while processor.run_once():
            pass

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(work, processors))


def test_try_foretells_that_the_company_is_known(routing: Bench) -> None:
    come(routing, "pat.lee@firm.example")
    body = json.dumps({"first_name": "Kim", "last_name": "Doe", "email": "kim.doe@firm.example", "kind": "demo_request"})
    given = Given("website", {"content-type": "application/json"}, body.encode())
    trial = run_trial(routing.app.process_plan(), given, routing.clock(), StoreLookUp(routing.app.database))
    assert trial.way is not None
    assert (trial.way.trace["line"], trial.way.trace["member"]) == ("known account", ANNA)
    assert len(routing.rows(tables.account)) == 1
