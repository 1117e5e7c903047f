"""A score counts the newest touches of a lead: `leads why` says how many older ones it leaves out."""

from __future__ import annotations

from pathlib import Path

from core.lead import MOST_ACTS
from leadrelay.app import open_app
from leadrelay.web.views import LeadFilter
from tests.engine.conftest import Bench, Hand
from tests.support.project import write_project


def test_why_says_how_many_touches_are_too_old_to_be_remembered(store_url: str, tmp_path: Path, clock: Hand) -> None:
    path = write_project(tmp_path, store=store_url, salesforce="http://127.0.0.1:1")
    rules = path.parent / "rules"
    rules.mkdir()
    (rules / "rules.yaml").write_text("scoring: {limit: 1000, engagement: {demo_request: 1}}\n", encoding="utf-8")
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    bench = Bench(app, clock)
    for number in range(MOST_ACTS + 3):
        clock.forward(1000)
        bench.post(email="anna@acme.example", need=f"no. {number}")
    bench.process()
    (lead,) = app.views.leads(LeadFilter(text="anna@acme.example"), None, 1).items
    found = app.views.why(lead.uid, "score")
    assert found is not None and found.value == MOST_ACTS
    said = [one.what for one in found.reasons if one.kind == "forgotten"]
    assert said == [f"3 older touches of demo_request: 0, since a lead remembers its newest {MOST_ACTS} touches for its score"]
    app.close()
