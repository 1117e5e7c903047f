"""A lead as a whole: what came in and how it was joined, what was decided of it, and how it stands in each CRM."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from leadrelay.history import in_words
from leadrelay.lineage import owners, places, records, scores, verdicts
from leadrelay.lineage.origins import captured
from leadrelay.lineage.story import Story, Told, step
from leadrelay.web.views import Reason


def overview(story: Story) -> Told:
    """Everything in short, with the topic to ask for more of each."""
    lead = story.lead
    own = [touch for touch in story.touches if not story.told(touch.uid)]
    sources = list(dict.fromkeys(touch.source for touch in own))
    name = " ".join(str(lead.value(path)) for path in ("person.first_name", "person.last_name") if lead.value(path))
    merged = f", made of {len(story.family)} leads" if len(story.family) > 1 else ""
    answer = (
        f"lead {lead.uid}{f' ({name})' if name else ''} came of {len(own)} touches from {', '.join(sources) or 'nowhere'}{merged}"
    )
    return Told(answer, [*_came(story), *_decided(story), *_sinks(story)])


def _came(story: Story) -> Iterator[Reason]:
    """Each touch as it came in, and how it was joined; the merges between them."""
    for touch in story.touches:
        yield captured(story, touch.uid)
        if not story.told(touch.uid):
            yield _linked(story, touch.uid)
    for row, data in story.events("merged", "unmerged", "perhaps_same"):
        if row.kind == "perhaps_same" or row.lead_id == story.number or data.get("winner") != story.lead.uid:
            yield step(row.kind, in_words(row.kind, data), data.get("told_at") or row.at, 0, **_without_time(data))


def _without_time(data: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in data.items() if name != "told_at"}


def _linked(story: Story, uid: str) -> Reason:
    found = story.joined.get(uid)
    if found is None:
        return step("joined", f"touch {uid} belongs to the lead", None, 1, touch=uid)
    row, data = found
    by = data.get("joined_by")
    lead = story.first_lead(uid)
    which = "the lead" if lead == story.lead.uid else f"lead {lead}"
    what = f"touch {uid} joined {which} by its {by} key" if by else f"touch {uid} began {which}"
    return step("joined", what, row.at, 1, touch=uid, lead=lead, **data)


_DECIDED: tuple[tuple[str, Callable[[Story], Told]], ...] = (
    ("score", scores.score),
    ("outcome", verdicts.outcome),
    ("lifecycle_stage", places.lifecycle_stage),
    ("segments", places.segments),
    ("persona", places.persona),
    ("journey_stage", places.journey),
    ("owner", owners.owner),
)


def _decided(story: Story) -> Iterator[Reason]:
    """What was decided, each in a sentence, with the steps that it takes to follow it."""
    for topic, tell in _DECIDED:
        told = tell(story)
        yield step("topic", told.answer, None, 0, topic=topic, value=told.value)
        kept = (one for one in told.steps if one.kind in _KEPT)
        yield from (Reason(one.what, one.at, one.details, one.kind, one.depth + 1) for one in kept)


_KEPT = ("group", "total", "moved", "ask", "stale", "assigned", "turn", "told", "set", "standing")
"""The steps that an overview shows too."""


def _sinks(story: Story) -> Iterator[Reason]:
    for sink in story.app.plans.sinks.values():
        told = records.record(story, sink)
        yield step("topic", told.answer, None, 0, topic=sink.name, value=None)
        short = (one for one in told.steps if one.kind not in ("wanted", "mapping"))
        yield from (Reason(one.what, one.at, one.details, one.kind, one.depth + 1) for one in short)
