"""Why a person is taken for real or not, and how they can be reached: each sign and each channel, and which touch gave it."""

from __future__ import annotations

from collections.abc import Iterator

from core.persons import JUDGED, REACHABLE, REACHABLE_REASONS, VERDICT, judgement
from core.reachability import reachability
from core.realness import judge_lead
from leadrelay.lineage.records import wanted_in
from leadrelay.lineage.story import Story, Told, plain, shown, step
from leadrelay.web.views import Reason

PATHS = JUDGED
_CHANNELS = {"email": "person.email", "phone": "person.phone", "mobile": "person.mobile"}


def person(story: Story, path: str) -> Told:
    """One of the fields that are worked out of a person before any rule asks."""
    value = judgement(story.lead)[path]
    if path in (REACHABLE, REACHABLE_REASONS):
        steps, words = list(_channels(story)), "can be reached"
    else:
        steps, words = list(_signs(story)), "is real"
    stored = story.lead.value(path)
    since = "" if stored in (None, value) else f"; {shown(stored)} when it was last decided"
    is_open = "nothing speaks for or against it" if value is None else shown(value)
    answer = f"{path} is {is_open}: whether the person {words} is worked out of what is known{since}"
    return Told(answer, [*steps, *wanted_in(story, path)], plain(value))


def _channels(story: Story) -> Iterator[Reason]:
    found = reachability(story.lead)
    for one in found.channels:
        path = _CHANNELS[one.name]
        won = story.lead.fields.get(path)
        came = "" if won is None else f", by {story.who(won.touch)}"
        data = {**one.as_json(), "path": path, "value": None if won is None else plain(won.value)}
        source = None if won is None else story.provenance(won.touch, path)
        what = f"{path} is {one.state}: {one.reason}{came}"
        yield step("channel", what, None if won is None else won.at, 0, **{**data, "from": source})
    if found.proof:
        yield from _proof(story, found.proof)


def _signs(story: Story) -> Iterator[Reason]:
    found = judge_lead(story.lead)
    for one in found.signs:
        won = story.lead.fields.get(one.field) or story.lead.fields.get("last_touch.kind")
        came = "" if won is None else f", by {story.who(won.touch)}"
        source = None if won is None else story.provenance(won.touch, one.field)
        data = {"code": one.code, "points": one.points, "path": one.field or None, "from": source}
        yield step("sign", f"{one.reason} ({one.points} points against it){came}", None if won is None else won.at, 0, **data)
    if found.proof:
        yield from _proof(story, found.proof)
    if not found.signs:
        newest = story.lead.fields.get("last_touch.kind")
        source = None if newest is None else story.provenance(newest.touch)
        what = f"no sign speaks against the person being real: {VERDICT} is {found.verdict}"
        yield step("sign", what, None, 0, points=0, **{"from": source})


def _proof(story: Story, proof: str) -> Iterator[Reason]:
    """What proves it: a field, or the kind of a touch."""
    won = story.lead.fields.get(proof)
    uid = won.touch if won is not None else next((one.uid for one in reversed(story.touches) if one.kind == proof), "")
    came = f", by {story.who(uid)}" if uid in story.by_uid else ""
    yield step(
        "proof", f"{proof} proves it{came}", None, 0, proof=proof, **{"from": story.provenance(uid, proof) if uid else None}
    )
