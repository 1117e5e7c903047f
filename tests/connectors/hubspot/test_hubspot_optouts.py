"""Opt-outs and owners on the way to the simulated portal."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.base import Done, Retry, Stop
from connectors.hubspot.client import Refused
from connectors.hubspot.optouts import OptOut, tell_opt_outs
from core.problems import Problem
from core.rendering import FieldWrite, OwnerWanted
from tests.connectors.hubspot.support import World, ids, lead

OUT = FieldWrite("hs_email_optout", True, "opt_out")


@pytest.fixture
def read_only(world: World) -> World:
    world.portal.change_property("contacts", "hs_email_optout", {"read_only": True})
    return world


def test_an_opt_out_is_told_by_address_where_the_property_is_read_only(read_only: World) -> None:
    sink = read_only.sink()
    (new,) = sink.upsert([lead(1, OUT)])
    assert isinstance(new, Done)
    assert "hs_email_optout" in new.sent
    assert new.wrote["hs_email_optout"] == "true"
    assert "anna1@acme.example" in read_only.portal.consent.out
    (crm_id,) = ids(sink.upsert([lead(2)]))
    (known,) = sink.upsert([lead(2, OUT, crm_id=crm_id)])
    assert isinstance(known, Done)
    assert known.sent == ("hs_email_optout",)
    assert read_only.stored(crm_id)["hs_email_optout"] == "true"


def test_an_opt_out_is_told_once_and_never_taken_back(read_only: World) -> None:
    sink = read_only.sink()
    (crm_id,) = ids(sink.upsert([lead(1)]))
    sink.upsert([lead(1, OUT, crm_id=crm_id)])
    before = sink.calls
    sink.upsert([lead(1, OUT, crm_id=crm_id)])
    assert sink.calls - before == 1
    sink.upsert([lead(1, FieldWrite("hs_email_optout", False, "opt_out"), crm_id=crm_id)])
    assert "anna1@acme.example" in read_only.portal.consent.out


def test_a_writable_opt_out_property_is_simply_written(world: World) -> None:
    world.portal.change_property("contacts", "hs_email_optout", {"read_only": False})
    (crm_id,) = ids(world.sink().upsert([lead(1, OUT)]))
    assert world.stored(crm_id)["hs_email_optout"] == "true"
    assert not world.portal.consent.out


def test_an_opt_out_property_that_is_refused_all_the_same_is_told_by_address(world: World) -> None:
    from leadrelay.sandbox.hubspot.refusals import Invalid, invalid_values

    world.portal.change_property("contacts", "hs_email_optout", {"read_only": False})
    said = [Invalid("hs_email_optout", "READ_ONLY_VALUE", "read only")]
    world.portal.interfere = lambda _, __, given: invalid_values(said, 1) if given.get("hs_email_optout") else None
    (outcome,) = world.sink().upsert([lead(1, OUT)])
    assert isinstance(outcome, Done)
    assert outcome.left_out == ()
    assert world.portal.consent.out == {"anna1@acme.example"}


def test_without_the_scope_the_contact_is_written_and_the_opt_out_tried_again(read_only: World) -> None:
    settings = read_only.portal.settings
    scopes = settings.scopes
    settings.scopes = frozenset(scope for scope in scopes if not scope.startswith("communication"))
    sink = read_only.sink()
    (outcome,) = sink.upsert([lead(1, OUT)])
    assert isinstance(outcome, Retry)
    assert outcome.code == "opt_out_not_told"
    assert outcome.may_have_happened
    assert "communication_preferences" in outcome.reason
    assert len(read_only.contacts()) == 1
    settings.scopes = scopes
    (again,) = sink.upsert([lead(1, OUT, is_unsure=True)])
    assert isinstance(again, Done)
    assert len(read_only.contacts()) == 1
    assert "anna1@acme.example" in read_only.portal.consent.out


class Preferences:
    """The calls of the communication preferences, without a portal."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, Any, Any]] = []

    def call(self, method: str, path: str, body: Any = None, *, query: Any = None, writes: bool = False) -> Any:
        assert writes is (method == "POST")
        self.sent.append((path.removeprefix("/communication-preferences/v4/statuses/"), body, query))
        answer = self.answers.pop(0) if self.answers else {"results": [_about(one) for one in (body or {}).get("inputs", ())]}
        if isinstance(answer, Exception):
            raise answer
        return answer


def _about(entry: Any) -> dict[str, Any]:
    return {"subscriberIdString": entry if isinstance(entry, str) else entry["subscriberIdString"]}


def tell(client: Preferences, *addresses: str, name: str = "hs_email_optout") -> dict[int, Retry]:
    return tell_opt_outs(client, {n: [OptOut(name, (one,))] for n, one in enumerate(addresses)})  # type: ignore[arg-type]


def test_a_hundred_addresses_go_in_one_call() -> None:
    client = Preferences()
    assert tell(client, *(f"a{n}@x.example" for n in range(150))) == {}
    assert [(path, len(body["inputs"]), query) for path, body, query in client.sent] == [
        ("batch/unsubscribe-all", 100, {"channel": "EMAIL"}), ("batch/unsubscribe-all", 50, {"channel": "EMAIL"}),
    ]  # fmt: skip


def test_one_type_of_mail_is_ended_by_its_id() -> None:
    client = Preferences()
    assert tell(client, "a@x.example", name="hs_email_optout_42") == {}
    entry = {"subscriberIdString": "a@x.example", "subscriptionId": 42, "channel": "EMAIL", "statusState": "UNSUBSCRIBED"}
    assert client.sent == [("batch/write", {"inputs": [entry]}, None)]


def test_addresses_that_the_batch_names_as_refused_are_tried_again() -> None:
    error = {"message": "Invalid subscriber identifier.", "context": {"subscriberIdString": ["b@x.example"]}}
    done = {"message": "already unsubscribed", "context": {"subscriberIdString": ["c@x.example"]}}
    client = Preferences({"results": [_about("A@x.example")], "errors": [error, done]})
    assert list(tell(client, "a@x.example", "b@x.example", "c@x.example")) == [1]
    assert len(client.sent) == 1


@pytest.mark.parametrize(
    "answer", [None, {}, {"results": []}, {"results": [{"subscriberIdString": "batch"}]}, [], {"errors": "?"}]
)
def test_addresses_that_a_batched_answer_does_not_confirm_are_told_one_by_one(answer: Any) -> None:
    client = Preferences(answer)
    assert tell(client, "a@x.example", "b@x.example") == {}
    assert len(client.sent) == 3


@pytest.mark.parametrize("refusal", [Refused([], 404), Stop(Problem("not_found", "no such address"))])
def test_without_the_batched_call_each_address_has_its_own(refusal: Exception) -> None:
    client = Preferences(refusal, {"results": []}, Refused([], 400))
    assert list(tell(client, "a@x.example", "b@x.example")) == [1]
    assert [path for path, _, _ in client.sent[1:]] == ["a%40x.example/unsubscribe-all", "b%40x.example/unsubscribe-all"]


def test_without_a_call_for_all_types_each_type_is_ended() -> None:
    missing = Refused([], 404)
    listed = {"results": [{"subscriptionId": 101}, {"subscriptionId": "102"}, {"name": "?"}]}
    client = Preferences(missing, missing, listed)
    assert tell(client, "a@x.example") == {}
    ended = [body["subscriptionId"] for path, body, _ in client.sent if path == "a%40x.example" and body]
    assert sorted(ended) == [101, 102]
    nothing = Preferences(missing, missing, {"results": []})
    assert list(tell(nothing, "a@x.example")) == [0]


def test_a_lead_without_address_keeps_its_opt_out_open() -> None:
    failed = tell_opt_outs(Preferences(), {0: [OptOut("hs_email_optout", ())]})  # type: ignore[arg-type]
    assert failed[0].code == "opt_out_not_told"


def test_a_busy_hubspot_is_waited_for() -> None:
    failed = tell(Preferences(Retry("slow down", after=7, code="rate_limit")), "a@x.example")
    assert (failed[0].after, failed[0].code) == (7, "rate_limit")


# --- owners -------------------------------------------------------------------------------------------------------------


def test_an_owner_is_set_on_create_and_left_to_sales_afterwards(world: World) -> None:
    sink = world.sink()
    sally = world.portal.owners.named("sally@sandbox.example").id
    (crm_id,) = ids(sink.upsert([lead(1, owner=OwnerWanted("sally@sandbox.example"))]))
    assert world.stored(crm_id)["hubspot_owner_id"] == sally
    world.portal.edit("contacts", crm_id, {"hubspot_owner_id": ""})
    ids(sink.upsert([lead(1, owner=OwnerWanted("sally@sandbox.example"), phone="+4930", crm_id=crm_id)]))
    assert world.stored(crm_id)["hubspot_owner_id"] == ""
    ids(sink.upsert([lead(1, owner=OwnerWanted("sally@sandbox.example", update="if_empty"), crm_id=crm_id)]))
    assert world.stored(crm_id)["hubspot_owner_id"] == sally
    world.portal.owners.add("Front Desk", "desk@acme.example")
    notes = []
    for email in ("sally@sandbox.example", "desk@acme.example"):
        (told,) = world.sink().upsert([lead(1, owner=OwnerWanted(email, update="if_empty"), crm_id=crm_id)])
        notes.append(told.note if isinstance(told, Done) else str(told))
    assert notes[0] == "the CRM already says the same"
    assert "its owner there stays (owner: update: if_empty)" in notes[1]


@pytest.mark.parametrize("email", ["gone@sandbox.example", "nobody@sandbox.example"])
def test_a_contact_without_a_possible_owner_is_sent_with_a_problem(world: World, email: str) -> None:
    (outcome,) = world.sink().upsert([lead(1, owner=OwnerWanted(email))])
    assert isinstance(outcome, Done)
    assert [problem.code for problem in outcome.left_out] == ["owner_unknown"]
    assert email not in outcome.left_out[0].message


def test_a_queue_is_an_owner_too(world: World) -> None:
    desk = world.portal.owners.add("Front Desk", "desk@acme.example").id
    (crm_id,) = ids(world.sink().upsert([lead(1, owner=OwnerWanted(queue="desk@acme.example"))]))
    assert world.stored(crm_id)["hubspot_owner_id"] == desk


def test_a_mapping_may_fill_the_owner_property_with_an_address(world: World) -> None:
    (crm_id,) = ids(world.sink().upsert([lead(1, hubspot_owner_id="sally@sandbox.example")]))
    assert world.stored(crm_id)["hubspot_owner_id"] == world.portal.owners.named("sally@sandbox.example").id
