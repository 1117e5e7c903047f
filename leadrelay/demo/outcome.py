"""What has become of everything in the demo, counted on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadrelay.demo.running import Crms

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.web.views import LeadView

_MEANS = {
    "processed": "each became a touch of a lead; the same person twice is one lead",
    "duplicate": "the same thing once more: recognised, nothing new",
    "held": "nobody could be recognised; kept, with what to do",
    "ignored": "no lead (auto-replies, bounces, newsletters); kept, with the reason",
    "rejected": "rows that can not be read; kept, with line and reason, and in a file beside",
    "in_sync": "the CRM has what the mapping wants",
    "failed": "the CRM refuses it as it is; the problem says why",
}

_NAME = 40
"""Letters of a name in a table."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The table of what there is, what a person should look at, and how much is unaccounted for (must be 0)."""

    rows: tuple[tuple[str, int, str], ...]
    remarks: tuple[str, ...]
    unaccounted: int


def outcome(app: App, crms: Crms, posted: int) -> Outcome:
    """Count it."""

    unaccounted = app.audit()["unaccounted"]
    rows = [("form posts", posted, "as they were sent, repeats included"), *_states(app)]
    in_salesforce = [one for one in crms.salesforce.org.records("Lead") if one.get("Leadrelay_Id__c")]
    in_hubspot = [one for one in crms.hubspot.portal.records("contacts") if one.properties.get("leadrelay_id")]
    rows += [
        ("leads", _leads(app), "people, each once, whichever way they came"),
        ("in Salesforce", len(in_salesforce), "by external id; Sofía García stood there before, and was found"),
        ("in HubSpot", len(in_hubspot), "by external id; Sofía García was found here, too"),
        ("unaccounted", unaccounted, "what was received, counted on its own, against everything above"),
    ]
    return Outcome(tuple(rows), tuple(_remarks(app)), unaccounted)


def _states(app: App) -> Iterator[tuple[str, int, str]]:
    for source in app.views.sources():
        for state, count in sorted(source.states.items()):
            yield f"{source.name}: {state}", count, _MEANS.get(state, "")
    for sink in app.views.sinks():
        for state, count in sorted(sink.states.items()):
            yield f"{sink.name}: {state}", count, _MEANS.get(state, "")


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided of one lead: its points, its stage, its segments, and who has it."""

    name: str
    score: str
    stage: str
    segments: str
    owner: str


def standings(app: App) -> list[Standing]:
    """The leads by their points, the most first."""
    from leadrelay.web.views import LeadFilter

    found = [view for row in app.views.leads(LeadFilter(), None, 100).items if (view := app.views.lead(row.uid)) is not None]
    made = [_standing(view) for view in found]
    return sorted(made, key=lambda one: (-int(one.score or 0), one.name))


def _standing(view: LeadView) -> Standing:
    def text(path: str) -> str:
        value = view.fields[path].value if path in view.fields else None
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)

    owner = text("owner.email") or (f"the queue {text('owner.queue')}" if text("owner.queue") else "")
    return Standing(view.lead.name[:_NAME], text("score.total"), text("lifecycle_stage"), text("segments"), owner)


def _leads(app: App) -> int:
    from sqlalchemy import func, select

    from leadrelay.store import tables

    with app.database.read() as connection:
        return connection.execute(select(func.count()).select_from(tables.lead)).scalar_one()


def _remarks(app: App) -> Iterable[str]:
    """What was not taken or not sent as it came, with the reason."""
    from leadrelay.web.views import DeliveryFilter, SubmissionFilter

    for state in ("ignored", "held", "rejected"):
        for row in reversed(app.views.submissions(SubmissionFilter(state=state), None, 50).items):
            yield f"{state.capitalize()}, from {row.source}: {row.reason}"
    for one in app.views.deliveries(DeliveryFilter(), None, 500).items:
        if one.problem is not None:
            begin = "Delivered, but for one field" if one.state == "in_sync" else f"Not delivered ({one.state})"
            yield f"{begin}, to {one.sink}: {one.problem.message}"
