"""What can be asked of a lead, by which names, and what is told of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.problems import did_you_mean
from core.qualification import SET_PREFIX
from leadrelay.lineage import owners, persons, places, records, scores, values, verdicts
from leadrelay.lineage.overview import overview
from leadrelay.lineage.story import Story, Told
from leadrelay.web.views import UnknownTopic

SEGMENT_PREFIX = "segment:"
"""Before a segment's name, where something else has the same one."""

_NAMED: Mapping[str, Callable[[Story], Told]] = {
    "": overview,
    "owner": owners.owner,
    "owner.email": lambda story: owners.owner(story, "owner.email"),
    "owner.queue": lambda story: owners.owner(story, "owner.queue"),
    "response_due_at": owners.response_due,
    "account.owner": owners.account,
    "score": scores.score,
    "status": places.status,
    "stage": places.lifecycle_stage,
    "lifecycle_stage": places.lifecycle_stage,
    "outcome": verdicts.outcome,
    "qualification": verdicts.outcome,
    "outcome_reason": lambda story: verdicts.outcome(story, "outcome_reason"),
    "segment": places.segments,
    "segments": places.segments,
    "persona": places.persona,
    "journey": places.journey,
    "journey_stage": places.journey,
}
WORDS = ("owner", "score", "status", "outcome", "segments", "persona", "journey")
"""The topics beside fields, segments and sinks."""


def tell(story: Story, topic: str) -> Told:
    """What there is to tell of a topic; raises UnknownTopic with the nearest ones."""
    sinks = story.app.plans.sinks
    if topic in sinks:
        return records.record(story, sinks[topic])
    if topic in _NAMED:
        return _NAMED[topic](story)
    if topic in scores.PATHS:
        return scores.score(story, topic)
    if topic in persons.PATHS:
        return persons.person(story, topic)
    if topic.startswith(SET_PREFIX) and (topic in story.catalogue or topic in story.lead.fields):
        return verdicts.qualification(story, topic)
    if topic in story.lead.fields or _is_of_leads(story, topic):
        return values.value(story, topic)
    named = _by_name(story, topic)
    if named is None:
        raise UnknownTopic(_unknown(story, topic))
    return named


def _is_of_leads(story: Story, topic: str) -> bool:
    """Whether a lead may have a field of this name; those of a single touch stay with the touch."""
    field = story.catalogue.get(topic)
    return field is not None and field.rule != "touch"


def _by_name(story: Story, topic: str) -> Told | None:
    """What the rule files name: a segment, a pack of criteria, a list of the qualification, a check."""
    name = topic.removeprefix(SEGMENT_PREFIX).strip()
    if name in story.rules.segments.names:
        return places.segment(story, name)
    if topic in (pack.name for pack in story.rules.packs):
        return verdicts.pack(story, topic)
    if topic in (one.name for one in story.rules.sets):
        return verdicts.qualification(story, SET_PREFIX + topic)
    if topic in story.rules.checks:
        return verdicts.check(story, topic)
    return None


def _unknown(story: Story, topic: str) -> str:
    rules = story.rules
    if topic in story.catalogue:
        name = topic.removeprefix("touch.")
        instead = (
            f"ask for first_touch.{name} or last_touch.{name}"
            if name != topic
            else "ask for person.first_name or person.last_name"
        )
        return f"`{topic}` belongs to a single touch and not to the lead: {instead}."
    fields = [path for path, field in story.catalogue.fields.items() if field.rule != "touch"]
    near = [path for path in fields if path.rpartition(".")[2] == topic.casefold()]
    near += [path for path in fields if story.catalogue[path].label.casefold() == topic.casefold() and path not in near]
    named = (*rules.segments.names, *(pack.name for pack in rules.packs), *rules.checks)
    known = [*WORDS, *story.app.plans.sinks, *named, *story.lead.fields, *fields]
    hint = (
        f" Did you mean {' or '.join(f'`{path}`' for path in near[:4])}?" if near else did_you_mean(topic, dict.fromkeys(known))
    )
    ask = f"a field such as person.email, {', '.join(WORDS)}, a segment or a check by its name, or a sink"
    there = ", ".join(story.app.plans.sinks) or "none"
    return f"`{topic}` is nothing that can be explained of a lead.{hint} Ask for {ask} ({there})."
