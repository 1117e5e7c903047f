"""Leads that a person merges, and merges that are taken back: nothing is lost, doubled, or left as it was not before."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.golden import fold_all
from core.lead_json import lead_from_json
from core.persons import judgement
from leadrelay.engine.erase import erase
from leadrelay.engine.merges import Busy, CanNotMerge, Merges
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.unmerging import Unmerges
from leadrelay.store import feedback, tables
from leadrelay.store.ids import from_uid, to_uid
from tests.engine.conftest import Bench

_BY = "test"


def merges(bench: Bench) -> Merges:
    return Merges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids)


def unmerges(bench: Bench) -> Unmerges:
    return Unmerges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids)


def come(bench: Bench, **names: str) -> str:
    """A post that is decided; the uid of the lead that it joined."""
    number = bench.post(**names)
    bench.clock.forward(1_000)
    bench.process()
    return next(to_uid(row.lead_id) for row in bench.rows(tables.submission) if row.id == number)


def two(bench: Bench) -> tuple[str, str]:
    anna = come(bench, first_name="Anna", last_name="Weber", email="anna@acme.example", company="Acme", message="hello")
    ana = come(bench, first_name="Ana", last_name="Weber-Kunz", email="ana@kunz.example", phone="030 1234567", need="a demo")
    assert anna != ana
    return anna, ana


def state(bench: Bench, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything that says who is who and what is wanted, without versions and times."""
    leads = {to_uid(row.id): (row.record, row.outcome, row.is_test, row.merged_into) for row in bench.rows(tables.lead)}
    return {
        "leads": leads,
        "touches": {to_uid(row.id): to_uid(row.lead_id) for row in bench.rows(tables.touch) if to_uid(row.id) not in but},
        "keys": {row.hash: (row.kind, row.text, row.name, row.lead_id) for row in bench.rows(tables.lead_key)},
        "links": {(row.sink, row.object, row.crm_id): row.lead_id for row in bench.rows(tables.crm_link)},
        "actions": {row.key: (row.lead_id, row.state) for row in bench.rows(tables.action)},
        "deliveries": {
            (row.sink, row.object, row.lead_id): (row.state, row.crm_id, row.sent_hash) for row in bench.rows(tables.delivery)
        },
        "submissions": {row.id: (row.state, row.lead_id) for row in bench.rows(tables.submission)},
    }


def is_whole(bench: Bench) -> bool:
    return bench.app.audit()["unaccounted"] == 0


def is_fold_of_its_touches(bench: Bench) -> bool:
    """Whether each living lead says what its own touches say, and what follows from that of the person."""
    catalogue = bench.app.process_plan().catalogue
    with bench.app.database.read() as connection:
        rows = [row for row in bench.rows(tables.lead) if row.merged_into is None and row.erased_at is None]
        touches = feedback.touches(connection, [row.id for row in rows])
    for row in rows:
        lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
        whole = fold_all(touches.get(row.id, []), catalogue, lead.uid)
        ours = {path: won for path, won in lead.fields.items() if not path.startswith("outcome")}
        newest = whole.fields["last_touch.kind"]
        judged = {path: newest._replace(value=value) for path, value in judgement(whole).items() if value is not None}
        if (ours, dict(lead.kinds), dict(lead.marks), lead.is_test) != (
            dict(whole.fields) | judged, dict(whole.kinds), dict(whole.marks), whole.is_test,
        ):  # fmt: skip
            return False
    return True


def test_a_merge_moves_everything_and_the_lead_that_stays_says_what_both_said(bench: Bench) -> None:
    anna, ana = two(bench)
    done = merges(bench).merge(anna, ana, by=_BY)
    (kept,) = [row for row in bench.rows(tables.lead) if row.merged_into is None]
    assert to_uid(kept.id) == anna
    assert bench.record(kept)["person.emails"] == ["anna@acme.example", "ana@kunz.example"]
    for table in (tables.touch, tables.lead_key, tables.action):
        assert {row.lead_id for row in bench.rows(table)} == {kept.id}
    assert {row.state for row in bench.rows(tables.delivery) if row.lead_id == from_uid(ana)} == {"merged"}
    assert {"person.first_name", "person.last_name"} <= {one.path for one in done.contests}
    assert [row.kind for row in bench.rows(tables.event)].count("merged") == 2
    assert is_whole(bench)
    assert is_fold_of_its_touches(bench)


def test_a_preview_writes_nothing(bench: Bench) -> None:
    anna, ana = two(bench)
    before = state(bench)
    found = merges(bench).preview(anna, ana)
    assert found.touches == 1
    assert state(bench) == before


def test_a_merge_taken_back_leaves_everything_as_it_was(bench: Bench) -> None:
    anna, ana = two(bench)
    before = state(bench)
    versions = {row.id: row.version for row in bench.rows(tables.lead)}
    merges(bench).merge(anna, ana, by=_BY)
    assert is_whole(bench)
    undone = unmerges(bench).unmerge(*unmerges(bench).find(anna), by=_BY)
    assert (undone.touches, undone.later, undone.stayed) == (1, 0, 0)
    assert state(bench) == before
    assert all(row.version > versions[row.id] for row in bench.rows(tables.lead))
    assert all(row.want == versions_now for row in bench.rows(tables.delivery) for versions_now in [_version(bench, row.lead_id)])
    assert is_whole(bench)
    assert is_fold_of_its_touches(bench)
    assert sorted(row.kind for row in bench.rows(tables.decision)) == ["merge", "split"]


def _version(bench: Bench, lead_id: int) -> int:
    return next(row.version for row in bench.rows(tables.lead) if row.id == lead_id)


def test_what_a_person_gave_up_before_the_merge_stays_given_up_after_it_was_taken_back(bench: Bench) -> None:
    anna, ana = two(bench)
    with bench.app.database.write() as connection:
        given_up = tables.delivery.update().where(tables.delivery.c.lead_id == from_uid(ana))
        connection.execute(given_up.values(state="discarded"))
    merges(bench).merge(anna, ana, by=_BY)
    unmerges(bench).unmerge(anna, ana, by=_BY)
    assert {row.state for row in bench.rows(tables.delivery) if row.lead_id == from_uid(ana)} == {"discarded"}


def test_what_came_after_the_merge_goes_with_whom_its_keys_name(bench: Bench) -> None:
    anna, ana = two(bench)
    merges(bench).merge(anna, ana, by=_BY)
    assert come(bench, first_name="Ana", last_name="Weber-Kunz", email="ana@kunz.example", company="Kunz KG") == anna
    assert come(bench, first_name="Anna", last_name="Weber", email="anna@acme.example", need="a quote") == anna
    undone = unmerges(bench).unmerge(anna, ana, by=_BY)
    assert (undone.touches, undone.later, undone.stayed) == (1, 1, 1)
    records = {to_uid(row.id): bench.record(row) for row in bench.rows(tables.lead)}
    assert records[ana]["company.name"] == "Kunz KG"
    assert records[anna]["company.name"] == "Acme"
    assert records[anna]["interest.need"] == "a quote"
    assert records[anna]["person.emails"] == ["anna@acme.example"]
    assert is_fold_of_its_touches(bench)
    assert is_whole(bench)
    by_lead = {row.id: to_uid(row.lead_id) for row in bench.rows(tables.submission)}
    touches = {row.id: to_uid(row.lead_id) for row in bench.rows(tables.touch)}
    assert sorted(touches.values()).count(ana) == 2
    assert {number: lead for number, lead in touches.items() if by_lead[number] != lead} == {}


def test_the_two_are_not_joined_again_by_what_comes_next(bench: Bench) -> None:
    anna, ana = two(bench)
    merges(bench).merge(anna, ana, by=_BY)
    come(bench, last_name="Weber", email="ana@kunz.example", phone="030 5555555")  # brings keys of its own
    unmerges(bench).unmerge(anna, ana, by=_BY)
    assert come(bench, first_name="Ana", last_name="Weber-Kunz", email="ana@kunz.example") == ana
    assert come(bench, first_name="Anna", last_name="Weber", email="anna@acme.example") == anna
    assert len([row for row in bench.rows(tables.lead) if row.merged_into is None]) == 2
    assert is_whole(bench)


def test_two_that_were_parted_can_be_merged_the_other_way_round(bench: Bench) -> None:
    anna, ana = two(bench)
    before = state(bench)
    merges(bench).merge(anna, ana, by=_BY)
    unmerges(bench).unmerge(anna, ana, by=_BY)
    merges(bench).merge(ana, anna, by=_BY)
    assert unmerges(bench).find(anna) == (ana, anna)
    unmerges(bench).unmerge(ana, anna, by=_BY)
    assert state(bench) == before


def test_of_three_that_became_one_each_comes_back_in_any_order(bench: Bench) -> None:
    anna, ana = two(bench)
    third = come(bench, first_name="A.", last_name="Kunz", email="a.kunz@other.example")
    before = state(bench)
    merges(bench).merge(ana, third, by=_BY)
    merges(bench).merge(anna, ana, by=_BY)
    with pytest.raises(CanNotMerge, match="take that merge back first"):
        unmerges(bench).unmerge(ana, third, by=_BY)
    unmerges(bench).unmerge(*unmerges(bench).find(anna), by=_BY)
    unmerges(bench).unmerge(*unmerges(bench).find(third), by=_BY)
    assert state(bench) == before
    for other in (ana, third):
        merges(bench).merge(anna, other, by=_BY)
    with pytest.raises(CanNotMerge, match="name one of them"):
        unmerges(bench).find(anna)
    for other in (ana, third):  # the first one first: what the second merge remembers of the winner holds no more
        unmerges(bench).unmerge(*unmerges(bench).find(anna, other), by=_BY)
    after = state(bench)
    assert {
        uid: json.loads(lead[0]) == json.loads(before["leads"][uid][0]) for uid, lead in after["leads"].items() if uid != anna
    }
    assert is_fold_of_its_touches(bench)
    assert {name: after[name] for name in ("touches", "keys", "links", "submissions")} == {
        name: before[name] for name in ("touches", "keys", "links", "submissions")
    }
    assert is_whole(bench)


def test_a_lead_that_is_being_sent_waits(bench: Bench) -> None:
    anna, ana = two(bench)
    with bench.app.database.write() as connection:
        sending = tables.delivery.update().where(tables.delivery.c.lead_id == from_uid(ana))
        connection.execute(sending.values(state="in_flight", token=7, leased_until=bench.clock() + 60_000))
    with pytest.raises(Busy):
        merges(bench).merge(anna, ana, by=_BY)
    assert not [row for row in bench.rows(tables.lead) if row.merged_into is not None]


SENDING = {"state": "in_flight", "token": 7}


def test_a_lead_whose_sending_begins_while_its_merge_is_taken_back_waits(bench: Bench) -> None:
    anna, ana = two(bench)
    merges(bench).merge(anna, ana, by=_BY)
    before = state(bench)
    claimed: list[bool] = []

    def plan_slowly() -> ProcessPlan:
        if claimed:
            return bench.app.process_plan()
        claimed.append(True)
        with bench.app.database.write() as connection:
            theirs = tables.delivery.update().where(tables.delivery.c.lead_id == from_uid(anna))
            connection.execute(theirs.values(**SENDING, leased_until=bench.clock() + 60_000))
        return bench.app.process_plan()

    late = Unmerges(bench.app.database, plan_slowly, bench.clock, bench.app.ids)
    with pytest.raises(Busy):
        late.unmerge(anna, ana, by=_BY)
    assert {**state(bench), "deliveries": None} == {**before, "deliveries": None}


@pytest.mark.parametrize("is_undone", [False, True])
def test_who_merges_waits_for_a_worker_that_is_just_claiming_one_of_the_leads(bench: Bench, is_undone: bool) -> None:
    """On PostgreSQL, where claiming and merging are under way at once."""
    if bench.app.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    anna, ana = two(bench)
    sent = ana
    if is_undone:
        merges(bench).merge(anna, ana, by=_BY)
        sent = anna
    ended: list[BaseException | None] = []

    def work() -> None:
        try:
            asked = unmerges(bench).unmerge if is_undone else merges(bench).merge
            asked(anna, ana, by=_BY)
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work)
    with bench.app.database.write() as connection:
        theirs = tables.delivery.update().where(tables.delivery.c.lead_id == from_uid(sent))
        connection.execute(theirs.values(**SENDING, leased_until=bench.clock() + 60_000))
        thread.start()
        wait_until_locked(bench)
    thread.join()
    assert isinstance(ended[0], Busy)
    assert {(row.state, row.token) for row in bench.rows(tables.delivery) if row.lead_id == from_uid(sent)} == {("in_flight", 7)}
    assert bool([row for row in bench.rows(tables.lead) if row.merged_into is not None]) == is_undone


def wait_until_locked(bench: Bench) -> None:
    for _ in range(200):
        with bench.app.database.read() as connection:
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            if connection.exec_driver_sql(waiting).scalar_one():
                return
        time.sleep(0.02)
    raise AssertionError("nobody waits for the claim")


@pytest.mark.parametrize("name", ["0000000000000", "itself", "gone"])
def test_what_can_not_be_merged_is_told_in_a_sentence(bench: Bench, name: str) -> None:
    anna, ana = two(bench)
    merges(bench).merge(anna, ana, by=_BY)
    other = {"itself": anna, "gone": ana}.get(name, name)
    with pytest.raises(CanNotMerge):
        merges(bench).merge(anna, other, by=_BY)


def test_erasing_one_who_was_merged_and_parted_leaves_nothing_of_them_in_what_merges_remember(bench: Bench) -> None:
    anna, ana = two(bench)
    third = come(bench, first_name="Otto", last_name="Other", email="otto@other.example")
    merges(bench).merge(anna, ana, by=_BY)
    merges(bench).merge(anna, third, by=_BY)
    come(bench, first_name="Ana", last_name="Weber-Kunz", email="ana@kunz.example", company="Kunz KG")
    unmerges(bench).unmerge(anna, ana, by=_BY)
    assert is_fold_of_its_touches(bench)
    erase(bench.app, "ana@kunz.example", by=_BY)
    for table in tables.metadata.sorted_tables:
        if table.name != "capture_key":
            assert "kunz" not in repr([tuple(row) for row in bench.rows(table)]).lower(), table.name
    unmerges(bench).unmerge(anna, third, by=_BY)
    assert is_fold_of_its_touches(bench)
    assert {row.name for row in bench.rows(tables.lead_key)} == {"anna weber", "other otto"}
    assert is_whole(bench)


# --- in the CRM ---------------------------------------------------------------------------------------------------------


def linked(bench: Bench, uid: str, crm_id: str) -> None:
    with bench.app.database.write() as connection:
        ours = tables.delivery.c.lead_id == from_uid(uid)
        connection.execute(tables.delivery.update().where(ours).values(state="in_sync", crm_id=crm_id, have=1, sent_hash=5))
        values = {
            "sink": "salesforce",
            "object": "Lead",
            "crm_id": crm_id,
            "lead_id": from_uid(uid),
            "linked_at": 1,
            "seen": "{}",
        }
        connection.execute(tables.crm_link.insert().values(values))


def test_two_records_of_one_person_are_asked_to_be_merged_in_the_crm(bench: Bench) -> None:
    anna, ana = two(bench)
    linked(bench, anna, "00Q000000000001AAA")
    linked(bench, ana, "00Q000000000002AAA")
    before = state(bench)
    (records,) = merges(bench).merge(anna, ana, by=_BY).records
    assert records.is_asked
    (alert,) = bench.rows(tables.alert)
    assert alert.resolved_at is None
    assert "00Q000000000001AAA" in alert.message
    assert "00Q000000000002AAA" in alert.message
    assert {row.lead_id for row in bench.rows(tables.crm_link)} == {from_uid(anna)}
    unmerges(bench).unmerge(anna, ana, by=_BY)
    (alert,) = bench.rows(tables.alert)
    assert alert.resolved_at is not None
    after = state(bench)
    assert after["links"] == before["links"]
    # both wait once more, since their versions have risen; each into its own record, which it was last in step with
    assert {key: row[1:] for key, row in after["deliveries"].items()} == {
        key: row[1:] for key, row in before["deliveries"].items()
    }


def test_a_lead_without_a_record_goes_on_with_the_other_ones_and_gives_it_back(bench: Bench) -> None:
    anna, ana = two(bench)
    linked(bench, ana, "00Q000000000002AAA")
    merges(bench).merge(anna, ana, by=_BY)
    (kept,) = [row for row in bench.rows(tables.delivery) if row.lead_id == from_uid(anna)]
    assert (kept.crm_id, kept.state) == ("00Q000000000002AAA", "waiting")
    assert bench.rows(tables.alert) == []
    unmerges(bench).unmerge(anna, ana, by=_BY)
    by_lead = {to_uid(row.lead_id): row for row in bench.rows(tables.delivery)}
    assert by_lead[anna].crm_id is None
    assert by_lead[ana].crm_id == "00Q000000000002AAA"
    assert by_lead[ana].sent_hash is None  # the other lead may have written into it


# --- at the same time -----------------------------------------------------------------------------------------------------


def test_touches_that_come_in_during_merges_are_never_lost(bench: Bench) -> None:
    anna, ana = two(bench)
    failed: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        try:
            worker = bench.app.processor(batch=3)
            while not stop.is_set():
                worker.run_once()
            while worker.run_once():
                pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        posts = 4
        for number in range(30):
            for one in range(posts):
                who = ("anna@acme.example", "Anna", "Weber") if one % 2 else ("ana@kunz.example", "Ana", "Weber-Kunz")
                bench.post(email=who[0], first_name=who[1], last_name=who[2], message=f"{number}.{one}")
            bench.clock.forward(1)
            if number % 2:
                unmerges(bench).unmerge(anna, ana, by=_BY)
            else:
                merges(bench).merge(anna, ana, by=_BY)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []
    assert {row.state for row in bench.rows(tables.submission)} == {"processed"}
    assert bench.count(tables.touch) == bench.count(tables.submission) == 122
    living = {row.id for row in bench.rows(tables.lead) if row.merged_into is None}
    assert {row.lead_id for row in bench.rows(tables.touch)} <= living
    assert {row.lead_id for row in bench.rows(tables.lead_key)} <= living
    assert is_fold_of_its_touches(bench)
    assert is_whole(bench)


# --- whatever comes -------------------------------------------------------------------------------------------------------

_PEOPLE = [
    {"first_name": "Anna", "last_name": "Weber", "email": "anna@acme.example"},
    {"first_name": "Ben", "last_name": "Okoro", "email": "ben@okoro.example", "phone": "030 7654321"},
    {"first_name": "Anna", "last_name": "Weber", "phone": "030 1111111"},
]
_MORE = st.fixed_dictionaries(
    {},
    optional={
        "company": st.sampled_from(["Acme", "Kunz KG", "Beispiel GmbH"]),
        "need": st.sampled_from(["a demo", "a quote", ""]),
        "message": st.text("abcdef", max_size=5),
        "phone": st.sampled_from(["030 1111111", "030 7654321", "none"]),
        "last_name": st.sampled_from(["Weber", "Okoro", "Kunz"]),
    },
)
_COMES = st.tuples(st.sampled_from([0, 1, 2]), _MORE)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(_COMES, min_size=2, max_size=6), since=st.lists(_COMES, max_size=4), later=st.lists(_COMES, max_size=2))
def test_any_merge_taken_back_gives_the_same_bytes_and_loses_nothing(
    bench: Bench, before: list[Any], since: list[Any], later: list[Any]
) -> None:
    _empty(bench)
    for who, more in ((0, {}), (1, {}), *before):
        come(bench, **{**_PEOPLE[who], **more})
    rows = sorted(bench.rows(tables.lead), key=lambda row: row.id)
    winner, loser = to_uid(rows[0].id), to_uid(rows[-1].id)
    kept = state(bench)
    merges(bench).merge(winner, loser, by=_BY)
    assert is_whole(bench)
    assert is_fold_of_its_touches(bench)
    unmerges(bench).unmerge(winner, loser, by=_BY)
    assert state(bench) == kept
    merges(bench).merge(winner, loser, by=_BY)
    for who, more in since:
        come(bench, **{**_PEOPLE[who], **more})
    assert is_fold_of_its_touches(bench)
    unmerges(bench).unmerge(winner, loser, by=_BY)
    assert is_fold_of_its_touches(bench)
    for who, more in later:
        come(bench, **{**_PEOPLE[who], **more})
    assert is_fold_of_its_touches(bench)
    assert is_whole(bench)
    assert bench.count(tables.touch) == 2 + len(before) + len(since) + len(later) - _repeats(bench)
    assert not [row for row in bench.rows(tables.lead) if row.merged_into is not None]


def _repeats(bench: Bench) -> int:
    return sum(row.state == "duplicate" for row in bench.rows(tables.submission))


def _empty(bench: Bench) -> None:
    with bench.app.database.write() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table.name not in ("config_version", "marker"):
                connection.execute(table.delete())
