"""Visits of somebody unknown wait, and become the touches of the lead that the visitor turns out to be."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.sources import Captured, Post
from core.golden import fold_all
from core.identity import ExactMatcher, Incoming, Joins, KeyOwner, New
from core.instants import DAY, HOUR, MINUTE, to_iso
from core.lead import Touch
from core.lead_json import cells_from_json
from leadrelay.app import open_app
from leadrelay.engine import retention
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.erase import erase
from leadrelay.engine.merges import Merges
from leadrelay.engine.process import Processor
from leadrelay.engine.unmerging import Unmerges
from leadrelay.store import captures, tables
from leadrelay.store.captures import Numbered
from leadrelay.store.ids import to_uid
from tests.engine.conftest import START, Bench, Hand
from tests.support.project import write_project

VISITS_SOURCE = """\
  visits:
    connector: webform
    mapping: form
    auth: public
    origins: https://www.acme.example
    tracks: true
"""
PC, PHONE = "0123456789abcdef-pc", "0123456789abcdef-phone"
SITE = "https://www.acme.example"
LANDING = f"{SITE}/offer?utm_source=ads&utm_campaign=autumn&gclid=click-1"
ANNA = {"first_name": "Anna", "last_name": "Weber", "email": "anna@weber.example"}
BERND = {"first_name": "Bernd", "last_name": "Brot", "email": "bernd@brot.example"}


class VisitsBench(Bench):
    """A bench with a source that takes visits."""

    numbers = 0

    def visit(self, visitor: str = PC, kind: str = "page_view", *, ago: int = 0, **said: Any) -> None:
        """Capture one visit as the web process does."""
        self.numbers += 1
        said.setdefault("page_url", f"{SITE}/page/{self.numbers}")
        self.batch({"id": f"v{self.numbers}", "kind": kind, "ago": ago, **said}, visitor=visitor)

    def batch(self, *visits: dict[str, Any], visitor: str = PC) -> None:
        """Capture a batch."""
        body = json.dumps({"leadrelay_visits": visits, "visitor": visitor}, separators=(",", ":")).encode()
        found = self.app.process_plan().sources["visits"].reader.receive(Post(body, {"origin": SITE}), frozenset())
        assert isinstance(found, Captured), found
        with self.app.database.write() as connection:
            for part in found.parts:
                one = NewSubmission("visits", part.key, True, "new", "", found.headers, part.body, None, self.clock(), False, 1)
                captures.commit(connection, [Numbered(self.app.ids.one(self.clock()), one)])

    def states(self) -> dict[str, int]:
        """How many submissions of each state the visits' source has."""
        found: dict[str, int] = {}
        for row in self.rows(tables.submission):
            if row.source == "visits":
                found[row.state] = found.get(row.state, 0) + 1
        return found

    def kinds_of(self, lead: int) -> list[str]:
        """The kinds of a lead's touches, in the order of their times."""
        return [row.kind for row in sorted(self.rows(tables.touch), key=lambda row: (row.at, row.id)) if row.lead_id == lead]

    def lead_named(self, first_name: str) -> Any:
        """The lead of this first name."""
        (found,) = [row for row in self.rows(tables.lead) if self.record(row).get("person.first_name") == first_name]
        return found

    def unaccounted(self) -> int:
        """What the ledger misses of sources and actions; the CRM of this bench can not be reached."""
        found = self.app.audit()
        return int(found["unaccounted"])


@pytest.fixture
def bench(store_url: str, tmp_path: Path, clock: Hand) -> Iterator[VisitsBench]:
    path = write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:9", sources=VISITS_SOURCE)
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    yield VisitsBench(app, clock)
    app.close()


def test_visits_of_somebody_unknown_make_no_lead_and_wait(bench: VisitsBench) -> None:
    bench.visit()
    bench.visit(kind="cta_click", content_id="pricing")
    bench.process()
    assert bench.count(tables.lead) == bench.count(tables.touch) == bench.count(tables.delivery) == 0
    assert bench.states() == {"visit": 2}
    assert bench.unaccounted() == 0


def test_a_form_with_the_visitors_id_joins_the_earlier_and_the_later_visits_in_order(bench: VisitsBench) -> None:
    bench.visit(page_url=LANDING, landing_page=LANDING, referrer="https://search.example/")
    bench.clock.forward(MINUTE)
    bench.visit(kind="content_download", content_id="guide")
    bench.clock.forward(MINUTE)
    bench.process()
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.process()
    bench.clock.forward(MINUTE)
    bench.visit(kind="cta_click", content_id="call-me")
    bench.process()
    (lead,) = bench.rows(tables.lead)
    assert bench.kinds_of(lead.id) == ["page_view", "content_download", "demo_request", "cta_click"]
    assert bench.states() == {"processed": 3}
    assert bench.count(tables.visit) == 0
    assert bench.unaccounted() == 0
    acts = json.loads(lead.record)["acts"]
    assert "guide" in json.dumps(acts) and "call-me" in json.dumps(acts)


def test_the_first_visit_is_the_leads_first_touch_and_no_visit_is_the_last_one(bench: VisitsBench) -> None:
    bench.visit(page_url=LANDING, landing_page=LANDING, referrer="https://search.example/")
    bench.clock.forward(HOUR)
    bench.process()
    bench.post(**ANNA, leadrelay_visitor=PC, message="Please call")
    bench.process()
    bench.clock.forward(HOUR)
    bench.visit(page_url=f"{SITE}/thanks?utm_source=other")
    bench.process()
    record = bench.record(bench.rows(tables.lead)[0])
    wanted = ("kind", "utm_source", "utm_campaign", "gclid", "landing_page")
    assert {name: record.get(f"first_touch.{name}") for name in wanted} == {
        "kind": "page_view", "utm_source": "ads", "utm_campaign": "autumn", "gclid": "click-1", "landing_page": LANDING,
    }  # fmt: skip
    assert record["first_touch.referrer"] == "https://search.example/"
    assert record["first_touch.lead_source"] == "Website", "a source's lead source holds for visits as well"
    assert (record["last_touch.kind"], record["last_touch.message"]) == ("demo_request", "Please call")
    assert record["lead.created_at"] == to_iso(START + HOUR), "looking at a page is not coming in"


def test_a_lead_that_was_there_before_the_first_visit_keeps_its_first_touch(bench: VisitsBench) -> None:
    bench.post(**ANNA, page_url=f"{SITE}/?utm_source=fair")
    bench.process()
    bench.clock.forward(HOUR)
    bench.visit(page_url=LANDING)
    bench.process()
    bench.clock.forward(HOUR)
    bench.post(**ANNA, leadrelay_visitor=PC, message="again")
    bench.process()
    (lead,) = bench.rows(tables.lead)
    assert bench.kinds_of(lead.id) == ["demo_request", "page_view", "demo_request"]
    assert bench.record(lead)["first_touch.utm_source"] == "fair"


def test_whatever_the_order_of_arrival_the_lead_is_the_same(bench: VisitsBench) -> None:
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.process()
    bench.clock.forward(MINUTE)
    bench.visit(ago=HOUR, page_url=LANDING)  # a batch that was sent late
    bench.visit(kind="cta_click", content_id="call-me")
    bench.process()
    (lead,) = bench.rows(tables.lead)
    touches = [
        Touch(to_uid(row.id), row.source, row.at, row.kind, cells_from_json(json.loads(row.fields)))
        for row in bench.rows(tables.touch)
    ]
    again = fold_all(touches, bench.app.process_plan().catalogue, to_uid(lead.id))
    paths = ("first_touch.utm_source", "first_touch.kind", "last_touch.kind", "lead.created_at", "person.email")
    record = bench.record(lead)
    assert {path: record[path] for path in paths} == {path: again.value(path) for path in paths}
    assert record["first_touch.utm_source"] == "ads"


def test_two_people_on_one_computer_stay_two_leads_and_visits_join_the_one_known_last(bench: VisitsBench) -> None:
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.process()
    bench.visit(content_id="")
    bench.process()
    bench.clock.forward(MINUTE)
    bench.post(**BERND, leadrelay_visitor=PC)
    bench.process()
    bench.clock.forward(MINUTE)
    bench.visit()
    bench.process()
    assert bench.kinds_of(bench.lead_named("Anna").id) == ["demo_request", "page_view"]
    assert bench.kinds_of(bench.lead_named("Bernd").id) == ["demo_request", "page_view"]
    assert bench.count(tables.decision) == 0


def test_two_people_in_one_batch_on_one_computer_stay_two_leads(bench: VisitsBench) -> None:
    bench.visit()
    bench.clock.forward(MINUTE)
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.clock.forward(MINUTE)
    bench.post(**BERND, leadrelay_visitor=PC)
    bench.clock.forward(MINUTE)
    bench.visit()
    bench.process()
    assert bench.kinds_of(bench.lead_named("Anna").id) == ["demo_request"]
    assert bench.kinds_of(bench.lead_named("Bernd").id) == ["page_view", "demo_request", "page_view"]


def test_the_link_of_a_mail_makes_another_browser_known(bench: VisitsBench) -> None:
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.process()
    bench.clock.forward(MINUTE)
    bench.visit(PHONE)
    bench.process()
    assert bench.states() == {"visit": 1}
    bench.clock.forward(MINUTE)
    bench.visit(PHONE, page_url=f"{SITE}/news?leadrelay_visitor={PC}")
    bench.process()
    bench.clock.forward(MINUTE)
    bench.visit(PHONE)
    bench.process()
    (lead,) = bench.rows(tables.lead)
    assert bench.kinds_of(lead.id) == ["demo_request", "page_view", "page_view", "page_view"]


def test_a_link_with_an_unknown_visitor_makes_nobody_known(bench: VisitsBench) -> None:
    bench.visit(PHONE, page_url=f"{SITE}/news?leadrelay_visitor={PC}")
    bench.process()
    assert bench.states() == {"visit": 1}
    assert bench.count(tables.visitor) == 0


def test_the_same_visit_sent_again_counts_once(bench: VisitsBench) -> None:
    visit = {"id": "once", "kind": "page_view", "ago": 5, "page_url": SITE}
    bench.batch(visit)
    bench.batch(visit | {"ago": 900})
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.process()
    assert bench.states() == {"processed": 1, "duplicate": 1}
    assert bench.count(tables.touch) == 2


def test_visits_follow_a_lead_into_the_one_it_was_merged_into(bench: VisitsBench) -> None:
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.post(**BERND)
    bench.process()
    anna, bernd = bench.lead_named("Anna"), bench.lead_named("Bernd")
    merges = Merges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids)
    merges.merge(to_uid(bernd.id), to_uid(anna.id), by="test")
    bench.clock.forward(MINUTE)
    bench.visit()
    bench.process()
    assert sorted(bench.kinds_of(bernd.id)) == ["demo_request", "demo_request", "page_view"]


def test_visits_since_a_merge_go_back_to_the_lead_whose_browser_it_is(bench: VisitsBench) -> None:
    for names, visitor in ((ANNA, PC), (BERND, PHONE)):
        bench.post(**names, leadrelay_visitor=visitor)
    bench.process()
    anna, bernd = bench.lead_named("Anna"), bench.lead_named("Bernd")
    app = bench.app
    Merges(app.database, app.process_plan, bench.clock, app.ids).merge(to_uid(anna.id), to_uid(bernd.id), by="test")
    bench.visit(PC, content_id="of-anna")
    bench.visit(PHONE, content_id="of-bernd")
    bench.process()
    assert len(bench.kinds_of(anna.id)) == 4
    Unmerges(app.database, app.process_plan, bench.clock, app.ids).unmerge(to_uid(anna.id), to_uid(bernd.id), by="test")
    assert bench.kinds_of(anna.id) == bench.kinds_of(bernd.id) == ["demo_request", "page_view"]
    records = [json.dumps(json.loads(bench.lead_named(name).record)["acts"]) for name in ("Anna", "Bernd")]
    assert ["of-anna" in record for record in records] == [True, False]
    assert ["of-bernd" in record for record in records] == [False, True]
    assert bench.unaccounted() == 0


def test_visits_ask_for_no_task_in_the_crm(bench: VisitsBench) -> None:
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.process()
    wanted = bench.count(tables.action)
    bench.visit(kind="cta_click", content_id="call-me")
    bench.process()
    assert wanted == bench.count(tables.action) == 1


def test_visits_do_not_make_a_test_lead_a_real_one(bench: VisitsBench) -> None:
    bench.post(**ANNA, leadrelay_visitor=PC, is_test="true")
    bench.visit()
    bench.process()
    assert [row.is_test for row in bench.rows(tables.lead)] == [True]


def test_unknown_visits_expire_and_still_balance(bench: VisitsBench) -> None:
    bench.visit()
    bench.process()
    kept = bench.app.configuration.settings.retention.model_dump()
    assert retention.expire(bench.app.database, kept, bench.clock() + 89 * DAY)["visits"] == 0
    assert bench.count(tables.visit) == 1
    assert retention.expire(bench.app.database, kept, bench.clock() + 91 * DAY)["visits"] == 1
    assert (bench.states(), bench.count(tables.visit)) == ({"expired": 1}, 0)
    assert all(PC not in (row.key + row.headers) and row.body is None for row in bench.rows(tables.submission))
    assert bench.unaccounted() == 0


def test_who_was_known_on_a_browser_is_forgotten_when_it_does_not_come_again(bench: VisitsBench) -> None:
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.process()
    kept = bench.app.configuration.settings.retention.model_dump()
    retention.expire(bench.app.database, kept, bench.clock() + 91 * DAY)
    assert bench.count(tables.visitor) == 0


def test_erasing_takes_the_visits_with_it_also_those_that_have_not_joined_yet(bench: VisitsBench) -> None:
    bench.visit(page_url=f"{SITE}/secret-page")
    bench.visit(page_url=f"{SITE}/secret-page")
    bench.process()
    bench.post(**ANNA, leadrelay_visitor=PC)
    bench.processor.run_once()
    with bench.app.database.write() as connection:  # as long as the worker has not come to them
        held = tables.submission.update().where(tables.submission.c.state == "new").values(leased_until=bench.clock() + HOUR)
        connection.execute(held)
    bench.visit(page_url=f"{SITE}/secret-page")
    bench.process()
    erase(bench.app, "anna@weber.example", by="test")
    assert bench.count(tables.visitor) == bench.count(tables.visit) == 0
    for table, columns in tables.PERSONAL.items():
        for row in bench.rows(tables.metadata.tables[table]):
            for column in columns:
                said = getattr(row, column)
                text = bytes(said).decode() if isinstance(said, bytes | memoryview) else str(said)
                assert PC not in text and "secret-page" not in text, (table, column)
    assert bench.states() == {"erased": 3}
    bench.visit()
    bench.process()
    assert bench.states() == {"erased": 3, "visit": 1}


class _Interrupted(ExactMatcher):
    """A matcher before whose first answer something happens, in a thread of its own: on PostgreSQL it has to wait."""

    def __init__(self, happens: Callable[[], object]) -> None:
        self._thread: threading.Thread | None = threading.Thread(target=happens)
        self.started: list[threading.Thread] = []

    def match(self, batch: Sequence[Incoming], owners: Mapping[int, KeyOwner]) -> list[New | Joins]:
        if self._thread is not None:
            self.started.append(self._thread)
            self._thread.start()
            self._thread.join(1.0)
            self._thread = None
        return super().match(batch, owners)


def test_a_form_that_comes_while_a_visit_of_its_visitor_is_decided_misses_no_visit(bench: VisitsBench) -> None:
    """The visit was looked up as nobody's, and is about to be put aside."""
    bench.visit()

    def form() -> None:
        bench.post(**ANNA, leadrelay_visitor=PC)
        bench.processor.run_once()

    matcher = _Interrupted(form)
    slow = Processor(bench.app.database, bench.app.process_plan, clock=bench.clock, ids=bench.app.ids, matcher=matcher)
    slow.run_once()
    matcher.started[0].join(20)
    bench.process()
    assert sorted(row.kind for row in bench.rows(tables.touch)) == ["demo_request", "page_view"]
    assert bench.states() == {"processed": 1}
