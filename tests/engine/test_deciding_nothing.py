"""What becomes of a lead when the rules that decided it are there no more."""

from __future__ import annotations

from core.fields import STANDARD
from core.instants import DAY
from core.lead import Lead, Won
from leadrelay.engine.deciding import decide
from leadrelay.engine.plan import ProcessPlan

NOW = 1_763_726_400_000
NOTHING = ProcessPlan("hash", STANDARD, {})


def lead(**fields: str | tuple[str, ...]) -> Lead:
    said = {path.replace("__", "."): Won(value, NOW - DAY, "t1") for path, value in fields.items()}
    return Lead("L", 1, {"last_touch.kind": Won("demo_request", NOW - DAY, "t1"), **said}, {"demo_request": NOW - DAY})


def test_places_and_verdicts_go_with_the_rules_that_gave_them() -> None:
    stored = lead(person__email="anna@acme.de", segments=("dach",), persona="manager", qualification__pql="trial")
    found = decide(NOTHING, stored, stored, NOW)
    assert not {"segments", "persona", "qualification.pql"} & set(found.lead.fields)
    assert found.lead.value("person.email") == "anna@acme.de"
    assert [kind for kind, _ in found.events] == ["segment"]


def test_a_lead_of_which_nothing_was_decided_is_left_alone() -> None:
    stored = decide(NOTHING, lead(person__email="anna@acme.de"), None, NOW).lead
    found = decide(NOTHING, stored, stored, NOW)
    assert found.lead is stored
    assert (found.events, found.again_at) == ((), None)
