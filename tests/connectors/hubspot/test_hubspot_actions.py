"""Notes, tasks, list members and companies: each once, whatever becomes of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Act, Done, Link, Outcome, Reject, Retry, TooLarge
from connectors.hubspot.companies import plain_domain
from leadrelay.sandbox.hubspot.refusals import Refusal
from tests.connectors.hubspot.support import EXTERNAL_ID, World


def act(kind: str, contact: str, number: int = 1, *, is_unsure: bool = False, **payload: str) -> Act:
    links = (Link("contacts", contact),) if contact else ()
    return Act(f"key-{number}", kind, payload, links, is_unsure)


def done(outcomes: list[Outcome]) -> list[Done]:
    assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Done)]


def refusal(outcomes: list[Outcome]) -> str:
    (outcome,) = outcomes
    assert isinstance(outcome, Reject), outcome
    return outcome.problem.code


def texts(world: World, name: str, field: str) -> list[str]:
    return [record.get(field) for record in world.portal.records(name)]


def unique_on(world: World, *names: str) -> None:
    for name in names:
        world.portal.add_property(name, {"name": EXTERNAL_ID, "hasUniqueValue": True})


@pytest.fixture(params=["unique property", "marker"])
def marked(request: pytest.FixtureRequest, world: World) -> World:
    """Both ways in which an earlier try is known again."""
    if request.param == "unique property":
        unique_on(world, "notes", "tasks")
    return world


# --- notes and tasks --------------------------------------------------------------------------------------------------


def test_a_note_stands_at_its_contact_with_its_text_as_no_markup(marked: World) -> None:
    (contact,) = marked.seed({"email": "a@acme.example"})
    (outcome,) = done(marked.sink().act([act("note", contact, body="5 < 6 &\nmore <b>")]))
    assert outcome.created
    (text,) = texts(marked, "notes", "hs_note_body")
    assert text.startswith("5 &lt; 6 &amp;<br>more &lt;b&gt;")
    assert list(marked.portal.associations.of("notes", outcome.crm_id, "contacts")) == [contact]


def test_a_hundred_notes_are_one_write(marked: World) -> None:
    contacts = marked.seed(*({"email": f"a{number}@acme.example"} for number in range(100)))
    sink = marked.sink()
    outcomes = done(sink.act([act("note", contact, place, body=f"note {place}") for place, contact in enumerate(contacts)]))
    assert len({outcome.crm_id for outcome in outcomes}) == 100
    assert sink.calls <= 3
    for place, outcome in enumerate(outcomes):  # each outcome names its own note, in whatever order the answer was
        assert f"note {place}" in marked.stored(outcome.crm_id, "notes")["hs_note_body"]


@pytest.mark.parametrize("kind", ["note", "task"])
def test_a_lost_answer_makes_no_second_one(marked: World, kind: str) -> None:
    contacts = marked.seed({"email": "a@acme.example"}, {"email": "b@acme.example"})
    sink = marked.sink()
    acts = [act(kind, contact, place, body="Hello", subject="Call") for place, contact in enumerate(contacts)]
    marked.fail("cut_after_write", on="write")
    with pytest.raises(Retry) as raised:
        sink.act(acts)
    assert raised.value.may_have_happened
    again = [Act(one.key, one.kind, one.payload, one.links, True) for one in acts]
    done(sink.act(again))
    assert len(marked.portal.records(f"{kind}s")) == 2


def test_a_unique_property_stops_a_second_note_that_nobody_was_unsure_of(world: World) -> None:
    unique_on(world, "notes")
    contacts = world.seed({"email": "a@acme.example"}, {"email": "b@acme.example"})
    sink = world.sink()
    first = done(sink.act([act("note", contacts[0], 1, body="Hello")]))
    both = sink.act([act("note", contacts[0], 1, body="Hello"), act("note", contacts[1], 2, body="Hi")])
    while not all(isinstance(outcome, Done) for outcome in both):
        both = [*both[:1], *sink.act([act("note", contacts[1], 2, body="Hi")])]
    assert done(both)[0].crm_id == first[0].crm_id
    assert len(world.portal.records("notes")) == 2


def test_a_task_is_its_contacts_owners(marked: World) -> None:
    owner = marked.portal.owners.all[1].id
    owned, free = marked.seed({"email": "a@acme.example", "hubspot_owner_id": owner}, {"email": "b@acme.example"})
    sink = marked.sink()
    outcomes = done(sink.act([act("task", owned, 1, subject="Call\nher"), act("task", free, 2, subject="Call him")]))
    hers, his = (marked.stored(outcome.crm_id, "tasks") for outcome in outcomes)
    assert (hers["hubspot_owner_id"], his["hubspot_owner_id"]) == (owner, "")
    assert hers["hs_task_subject"] == "Call her"


def test_a_refused_action_stops_no_other(marked: World) -> None:
    good, gone = marked.seed({"email": "a@acme.example"}, {"email": "b@acme.example"})
    sink = marked.sink()
    marked.portal.tables["contacts"].erase(gone)
    outcomes = sink.act([act("note", good, 1, body="x"), act("note", gone, 2, body="y")])
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Reject)
    assert len(marked.portal.records("notes")) == 1


def test_where_rows_are_not_answered_for_themselves_a_bad_one_is_found_in_smaller_batches(marked: World) -> None:
    marked.untraced()
    good, gone = marked.seed({"email": "a@acme.example"}, {"email": "b@acme.example"})
    sink = marked.sink()
    marked.portal.tables["contacts"].erase(gone)
    acts = [act("note", good, 1, body="x"), act("note", gone, 2, body="y")]
    with pytest.raises(TooLarge):
        sink.act(acts)
    assert isinstance(sink.act(acts[:1])[0], Done)
    assert isinstance(sink.act(acts[1:])[0], Reject)
    assert len(marked.portal.records("notes")) == 1


@pytest.mark.parametrize("is_unsure", [True, False])
def test_without_row_answers_what_is_there_already_is_done_and_the_rest_comes_next(world: World, is_unsure: bool) -> None:
    unique_on(world, "notes")
    world.untraced()
    contacts = world.seed({"email": "a@acme.example"}, {"email": "b@acme.example"})
    sink = world.sink()
    (there,) = done(sink.act([act("note", contacts[0], 0, body="x")]))
    acts = [act("note", contact, place, body="x", is_unsure=is_unsure) for place, contact in enumerate(contacts)]
    first, second = sink.act(acts)
    assert isinstance(first, Done)
    assert first.crm_id == there.crm_id
    if not is_unsure:
        assert isinstance(second, Retry)
        (second,) = sink.act(acts[1:])
    assert isinstance(second, Done)
    assert len(world.portal.records("notes")) == 2


@pytest.mark.parametrize("text", ["&" * 70_000, "<b>\r\n" * 20_000, "x" * 70_000])
def test_a_text_that_is_too_long_is_cut_and_keeps_its_marker(world: World, text: str) -> None:
    (contact,) = world.seed({"email": "a@acme.example"})
    done(world.sink().act([act("note", contact, body=text)]))
    (kept,) = texts(world, "notes", "hs_note_body")
    assert 50_000 < len(kept) <= 65_536
    assert kept.endswith("[leadrelay key-1]")


def test_an_action_without_a_contact_is_refused_with_the_reason(world: World) -> None:
    assert refusal(world.sink().act([act("note", "", body="x")])) == "no_record"


def test_an_unknown_kind_names_those_that_there_are(world: World) -> None:
    (outcome,) = world.sink().act([act("campaign_member", "51")])
    assert isinstance(outcome, Reject)
    assert "list_membership" in outcome.problem.message


def test_what_the_app_may_not_do_stops_that_kind_only(world: World) -> None:
    (contact,) = world.seed({"email": "a@acme.example"})
    world.portal.settings.scopes -= {"crm.lists.read", "crm.lists.write"}
    outcomes = world.sink().act([act("list_membership", contact, 1, list="12"), act("note", contact, 2, body="x")])
    assert isinstance(outcomes[0], Reject)
    assert "crm.lists" in outcomes[0].problem.message
    assert isinstance(outcomes[1], Done)


def test_a_failure_later_in_a_batch_is_that_parts_own(world: World) -> None:
    (contact,) = world.seed({"email": "a@acme.example"})
    sink = world.sink()
    world.fail("unavailable", path="tasks/batch/create")
    outcomes = sink.act([act("note", contact, 1, body="x"), act("task", contact, 2, subject="y")])
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Retry)
    assert outcomes[1].may_have_happened


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "name"])
def test_contacts_become_members_of_a_list_in_one_call(world: World, by: str) -> None:
    listed = world.portal.lists.add("Spring fair, Berlin/Ost")
    contacts = world.seed(*({"email": f"a{number}@acme.example"} for number in range(3)))
    sink = world.sink()
    name = listed.id if by == "id" else listed.name
    for _ in range(2):  # again is as good as once
        done(sink.act([act("list_membership", contact, place, list=name) for place, contact in enumerate(contacts)]))
    assert set(listed.members) == set(contacts)
    assert sink.calls == 3  # the list is looked up once


@pytest.mark.parametrize(
    ("name", "code"), [("Active ones", "dynamic_list"), ("Companies of note", "no_list"), ("77777", "no_list"), ("", "no_list")]
)
def test_a_list_that_takes_no_contacts_is_refused_with_a_sentence(world: World, name: str, code: str) -> None:
    world.portal.lists.add("Active ones", "DYNAMIC")
    world.portal.lists.add("Companies of note", "MANUAL", "0-2")
    (contact,) = world.seed({"email": "a@acme.example"})
    assert refusal(world.sink().act([act("list_membership", contact, list=name)])) == code


def test_a_list_of_companies_named_by_id_is_refused(world: World) -> None:
    listed = world.portal.lists.add("Companies of note", "MANUAL", "0-2")
    (contact,) = world.seed({"email": "a@acme.example"})
    assert refusal(world.sink().act([act("list_membership", contact, list=listed.id)])) == "wrong_list"


def test_a_list_made_after_a_refusal_is_found(world: World) -> None:
    (contact,) = world.seed({"email": "a@acme.example"})
    sink = world.sink()
    assert refusal(sink.act([act("list_membership", contact, list="Fair")])) == "no_list"
    world.portal.lists.add("Fair")
    done(sink.act([act("list_membership", contact, list="Fair")]))


def test_a_contact_that_is_gone_is_no_member(world: World) -> None:
    world.portal.lists.add("Fair")
    here, gone = world.seed({"email": "a@acme.example"}, {"email": "b@acme.example"})
    world.portal.tables["contacts"].erase(gone)
    outcomes = world.sink().act([act("list_membership", one, place, list="Fair") for place, one in enumerate((here, gone))])
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Reject)


# --- companies --------------------------------------------------------------------------------------------------------


@pytest.fixture
def firms(world: World) -> World:
    """A portal prepared for companies, whose search is up to date."""
    unique_on(world, "companies")
    world.portal.settings.index_lag_for = 0
    return world


def company(contact: str, number: int = 1, domain: str = "acme.example", name: str = "Acme", **more: Any) -> Act:
    return act("company", contact, number, domain=domain, name=name, **more)


def test_contacts_of_one_domain_get_one_company(firms: World) -> None:
    contacts = firms.seed(*({"email": f"a{number}@acme.example"} for number in range(3)))
    outcomes = done(firms.sink().act([company(contact, place) for place, contact in enumerate(contacts)]))
    (made,) = firms.portal.records("companies")
    assert {outcome.crm_id for outcome in outcomes} == {made.id}
    assert (made.get("domain"), made.get("name"), made.get(EXTERNAL_ID)) == ("acme.example", "Acme", "acme.example")
    assert [firms.stored(contact)["associatedcompanyid"] for contact in contacts] == [made.id] * 3


def test_an_existing_company_is_taken_and_not_changed(firms: World) -> None:
    (existing,) = firms.portal.seed("companies", [{"domain": "acme.example", "name": "Acme Holding"}])
    (contact,) = firms.seed({"email": "a@acme.example"})
    (outcome,) = done(firms.sink().act([company(contact, domain="https://www.ACME.example/about")]))
    assert outcome.crm_id == existing
    assert firms.stored(existing, "companies")["name"] == "Acme Holding"
    assert firms.stored(contact)["associatedcompanyid"] == existing


def test_a_hundred_domains_cost_a_handful_of_calls(firms: World) -> None:
    contacts = firms.seed(*({"email": f"a@firm{number}.example"} for number in range(100)))
    sink = firms.sink()
    done(sink.act([company(one, place, f"firm{place}.example", f"Firm {place}") for place, one in enumerate(contacts)]))
    assert len(firms.portal.records("companies")) == 100
    assert sink.calls <= 7


def test_a_lost_answer_makes_no_second_company_though_search_is_late(firms: World) -> None:
    firms.portal.settings.index_lag_for = 3600
    (contact,) = firms.seed({"email": "a@acme.example"})
    sink = firms.sink()
    firms.fail("cut_after_write", on="write", path="companies/batch/create")
    with pytest.raises(Retry):
        sink.act([company(contact)])
    done(sink.act([company(contact, is_unsure=True)]))
    assert len(firms.portal.records("companies")) == 1


def test_two_workers_that_race_make_one_company(firms: World) -> None:
    """The other worker's company appears between our look and our write."""
    firms.portal.settings.index_lag_for = 3600
    contacts = firms.seed({"email": "a@acme.example"}, {"email": "b@acme.example"})
    mine, others = firms.sink(), firms.sink()
    mine.act([act("note", contacts[0], body="warm up")])
    client = mine._client
    look = client.read

    def read_then_lose_the_race(name: str, *told: Any, **more: Any) -> Any:
        found = look(name, *told, **more)
        if name == "companies":
            client.read = look  # type: ignore[method-assign]
            done(others.act([company(contacts[1], 2, name="Acme GmbH")]))
        return found

    client.read = read_then_lose_the_race  # type: ignore[method-assign]
    (outcome,) = done(mine.act([company(contacts[0])]))
    (made,) = firms.portal.records("companies")
    assert (outcome.crm_id, made.get("name")) == (made.id, "Acme GmbH")


def test_without_row_answers_another_workers_company_is_taken_too(firms: World) -> None:
    firms.untraced()
    firms.portal.settings.index_lag_for = 3600
    contacts = firms.seed(*({"email": f"a@firm{number}.example"} for number in range(3)))
    acts = [company(one, place, f"firm{place}.example", f"Firm {place}") for place, one in enumerate(contacts)]
    done(firms.sink().act(acts[:1]))
    done(firms.sink().act(acts))
    assert len(firms.portal.records("companies")) == 3


def test_a_company_that_is_refused_stops_no_other(firms: World) -> None:
    contacts = firms.seed(*({"email": f"a@firm{number}.example"} for number in range(3)))
    acts = [company(one, place, f"firm{place}.example", f"Firm {place}") for place, one in enumerate(contacts)]
    refused = Refusal(400, "VALIDATION_ERROR", "The admin does not like this one")
    firms.portal.interfere = lambda name, _, values: refused if values.get("domain") == "firm1.example" else None
    outcomes = firms.sink().act(acts)
    assert [type(outcome) for outcome in outcomes] == [Done, Reject, Done]


def test_a_main_company_that_sales_chose_stays(firms: World) -> None:
    (chosen,) = firms.portal.seed("companies", [{"domain": "holding.example", "name": "Holding"}])
    (contact,) = firms.seed({"email": "a@acme.example"})
    tables = firms.portal.tables
    firms.portal.associations.add(tables["contacts"], contact, tables["companies"], chosen)
    assert firms.stored(contact)["associatedcompanyid"] == chosen
    (outcome,) = done(firms.sink().act([company(contact)]))
    assert outcome.crm_id != chosen
    assert firms.stored(contact)["associatedcompanyid"] == chosen
    assert outcome.crm_id in firms.portal.associations.of("contacts", contact, "companies")


def test_a_company_that_hubspot_put_the_contact_at_is_enough(firms: World) -> None:
    firms.portal.settings.index_lag_for = 3600  # search does not show it yet
    (own,) = firms.portal.seed("companies", [{"domain": "acme.example", "name": "Acme"}])
    (contact,) = firms.seed({"email": "a@acme.example", "associatedcompanyid": own})
    (outcome,) = done(firms.sink().act([company(contact)]))
    assert outcome.crm_id == own
    assert len(firms.portal.records("companies")) == 1


@pytest.mark.parametrize("domain", ["gmail.com", "gmx.de", "WWW.Gmail.com"])
def test_a_mail_providers_domain_makes_no_company(firms: World, domain: str) -> None:
    (contact,) = firms.seed({"email": "a@gmail.com"})
    sink = firms.sink()
    done(sink.act([company(contact, domain=domain)]))
    assert not firms.portal.records("companies")
    assert sink.calls == 0


def test_without_our_property_no_company_is_made_but_existing_ones_are_found(world: World) -> None:
    world.portal.settings.index_lag_for = 0
    world.portal.seed("companies", [{"domain": "acme.example", "name": "Acme"}])
    contacts = world.seed({"email": "a@acme.example"}, {"email": "b@other.example"})
    outcomes = world.sink().act([company(contacts[0], 1), company(contacts[1], 2, "other.example", "Other")])
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Reject)
    assert "sinks prepare" in outcomes[1].problem.message


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        ("Acme.Example", "acme.example"), ("http://www.acme.example:80/x?y", "acme.example"), ("a@acme.example", "acme.example"),
        ("acme", ""), ("", ""), ("ac me.example", ""), ("acme.example.", "acme.example"),
    ],
)  # fmt: skip
def test_a_domain_is_read_however_it_is_written(told: str, plain: str) -> None:
    assert plain_domain(told) == plain
