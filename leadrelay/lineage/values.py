"""Why a field has its value: which touch gave it, which others said something else and why they lost, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from core.fields import FIRST_TOUCH, LAST_TOUCH, Field
from core.golden import ANCHORS, CONTACT_POINTS, UNUSABLE
from core.lead import Touch, Value, Won
from core.normalize.email import email_class
from core.normalize.phone import is_e164
from core.visits import is_visit
from leadrelay.lineage.origins import MADE_OF, mapped, origin, refused
from leadrelay.lineage.records import wanted_in
from leadrelay.lineage.story import Story, Told, plain, shown, step, wanted_of
from leadrelay.web.views import Reason

_OPTED_OUT = ".opted_out"
_RULES: Mapping[str, str] = {
    "latest": "the newest touch that says something counts",
    "first": "the oldest touch that says something counts",
    "union": "everything that was ever given is kept, in the order in which it was first seen",
    "restrictive": "the most restrictive answer counts, whenever it was given",
    "crm": "what sales says in the CRM counts, the newest word of it",
}


def value(story: Story, path: str) -> Told:
    """Why a field is as it is, or why nothing is known of it."""
    won = story.lead.fields.get(path)
    if won is None:
        return _nothing(story, path)
    special = _SPECIAL.get(path)
    if special is not None and not story.lead.told_by(path):
        steps = [*special(story, won), *refused(story, path), *wanted_in(story, path)]
    elif path.endswith(_OPTED_OUT):
        steps = _opted_out(story, path, won)
    elif path.startswith((FIRST_TOUCH, LAST_TOUCH)):
        steps = _of_touch(story, path, won)
    elif _is_worked_out(story, path):
        steps = _worked_out(story, path, won)
    else:
        steps = _settled(story, path, won)
    decided = next((one for one in steps if one.kind == "decided"), None)
    answer = decided.what if decided is not None else f"{path} is {shown(won.value)}"
    return Told(answer, [one for one in steps if one is not decided or one.details], plain(won.value))


def _settled(story: Story, path: str, won: Won) -> list[Reason]:
    """A field on which the touches agree by its rule."""
    said = _said(story, path)
    field = story.catalogue.get(path)
    steps: list[Reason] = []
    if field is not None and field.rule == "union":
        steps += _points(story, path, won)
    else:
        steps += origin(story, won.touch, path)
    others = [(touch, cell) for touch, cell in said if touch.uid != won.touch] if field is None or field.rule != "union" else []
    steps.append(_decided(story, path, won, field, others))
    for touch, other in others:
        steps.append(_other(story, path, won, field, touch, other))
        steps += origin(story, touch.uid, path, 1)
    return [*steps, *refused(story, path), *wanted_in(story, path)]


def _said(story: Story, path: str) -> list[tuple[Touch, Value]]:
    """What each touch says of a field, the newest first."""
    wanted = wanted_of(path)
    found = [(touch, touch.fields[wanted].value) for touch in story.touches if wanted in touch.fields]
    return sorted(found, key=lambda one: (one[0].at, one[0].uid), reverse=True)


def _decided(story: Story, path: str, won: Won, field: Field | None, others: list[tuple[Touch, Value]]) -> Reason:
    rule = "latest" if field is None else field.rule
    words = _RULES.get(rule, "it follows from the touch")
    if path == "person.email_class":
        words = "it follows from the e-mail address"
    elif field is not None and field.group and rule == "latest":
        words += f", and {_group(story, field.group)} travel together"
    by = "every touch that gave one" if rule == "union" else story.who(won.touch)
    what = f"{path} is {shown(won.value)}, by {by}: {words}"
    losing = [{"value": plain(value), **story.provenance(touch.uid, path)} for touch, value in others if value != won.value]
    return step(
        "decided", what, won.at, path=path, value=plain(won.value), rule=rule, others=losing, **story.provenance(won.touch, path)
    )


def _group(story: Story, group: str) -> str:
    labels = [story.catalogue[path].label.lower() for path in story.catalogue.groups.get(group, ())]
    return f"{', '.join(labels[:-1])} and {labels[-1]}" if len(labels) > 1 else "".join(labels)


def _other(story: Story, path: str, won: Won, field: Field | None, touch: Touch, said: Value) -> Reason:
    """What another touch said, and why that is not what counts."""
    who = story.who(touch.uid)
    data = {"path": path, "value": plain(said), **story.provenance(touch.uid, path)}
    if said == won.value:
        return step("same", f"{who} said the same", touch.at, 0, **data)
    because = lost_because(story, path, won, field, touch, said)
    return step("lost", f"{who} said {shown(said)}, which does not count: {because}", touch.at, 0, because=because, **data)


def lost_because(story: Story, path: str, won: Won | None, field: Field | None, touch: Touch, said: Value) -> str:
    """Why what a touch said of a field is not its value."""
    key = (touch.at, touch.uid)
    rule = "latest" if field is None else field.rule
    if (
        path in ("person.email", "person.email_class")
        and email_class(str(touch.fields["person.email"].value if "person.email" in touch.fields else said)) in UNUSABLE
    ):
        return "nobody can be reached at such an address"
    if path in CONTACT_POINTS and path != "person.email" and not is_e164(said):
        return "it is no number that can be called"
    cut = story.lead.marks.get(field.group) if field is not None and field.group else None
    anchors = () if field is None else ANCHORS.get(field.group) or story.catalogue.groups.get(field.group, ())
    if cut is not None and key <= cut and path not in anchors:
        return f"a newer touch names another {_labels(story, anchors)}, and what belongs together is not mixed"
    if rule == "restrictive":
        return "the other answer is more restrictive" if won is not None else "it says less"
    if rule == "first":
        return "an older touch said something else, and the oldest counts"
    if won is not None and key < (won.at, won.touch):
        return "it was said earlier, and the newest word counts"
    if won is not None and story.lead.told_by(path):
        return f"{story.lead.told_by(path)} has told it since"
    return "something else has taken its place since"


def _labels(story: Story, paths: Iterable[str]) -> str:
    return " or ".join(story.catalogue[path].label.lower() for path in paths)


def _points(story: Story, path: str, won: Won) -> Iterator[Reason]:
    """Each e-mail address or number of a set, and who gave it first."""
    values = won.value if isinstance(won.value, tuple) else (str(won.value),)
    shown_uids: set[str] = set()
    for text in values:
        at, uid = story.lead.marks.get(f"{path} {text}", (won.at, won.touch))
        yield step("point", f"{text} was first given by {story.who(uid)}", at, 0, value=text, **story.provenance(uid, path))
        if uid not in shown_uids:
            shown_uids.add(uid)
            yield from origin(story, uid, path, 1)


# --- fields that are made in their own way ------------------------------------------------------------------------------


def _opted_out(story: Story, path: str, won: Won) -> list[Reason]:
    """Whether somebody opted out follows from the consent that it belongs to."""
    base = path.removesuffix(_OPTED_OUT)
    found = story.lead.fields.get(base)
    what = f"{path} is {shown(won.value)}, since {base} is {'not known' if found is None else shown(found.value)}"
    follows = step(
        "decided", what, won.at, path=path, value=plain(won.value), follows_from=base, **story.provenance(won.touch, base)
    )
    steps = [] if found is None else [one for one in _settled(story, base, found) if one.kind != "wanted"]
    return [follows, *steps, *wanted_in(story, path)]


def _of_touch(story: Story, path: str, won: Won) -> list[Reason]:
    """A field of the first or of the last touch: whichever that is, all of its fields count and no other's."""
    is_first = path.startswith(FIRST_TOUCH)
    own = [touch for touch in story.touches if not story.told(touch.uid)]
    counted = own if is_first else [touch for touch in own if not is_visit(touch.fields)]
    which = "oldest" if is_first else "newest"
    beside = "" if is_first or len(own) == len(counted) else " that is no mere visit"
    what = f"{path} is {shown(won.value)}, by {story.who(won.touch)}: it was the {which} touch{beside} of {len(counted)}"
    decided = step("decided", what, won.at, path=path, value=plain(won.value), rule=which, **story.provenance(won.touch, path))
    steps = [*origin(story, won.touch, path), decided]
    for touch, said in _said(story, path):
        if touch.uid != won.touch and not story.told(touch.uid):
            because = "the visit is no first contact by itself" if touch not in counted else f"that touch was not the {which} one"
            words = f"{story.who(touch.uid)} said {shown(said)}: {because}"
            steps.append(
                step("lost", words, touch.at, 0, value=plain(said), because=because, **story.provenance(touch.uid, path))
            )
    return [*steps, *wanted_in(story, path)]


def _is_worked_out(story: Story, path: str) -> bool:
    """Whether no touch says a field: leadrelay works it out of what all of them say."""
    field = story.catalogue.get(path)
    return field is not None and field.rule == "derived" and not _said(story, path)


def _worked_out(story: Story, path: str, won: Won) -> list[Reason]:
    """A field that is worked out, with the field beside it that says why, where there is one."""
    because = story.lead.value(f"{path}_reasons")
    why = f", because of {shown(because)}" if because is not None else ""
    what = f"{path} is {shown(won.value)}{why}: worked out of what all {len(story.touches)} touches say"
    about = [one for one in (f"{path}_reasons", path.removesuffix("_reasons")) if one != path and one in story.lead.fields]
    decided = step("decided", what, won.at, path=path, value=plain(won.value), rule="derived", beside=about or None)
    return [decided, *wanted_in(story, path)]


def _uid(story: Story, won: Won) -> Iterator[Reason]:
    # A lead is named as the touch that began it, which is not its oldest one any more after a merge with an older lead.
    touch = str(won.value) if str(won.value) in story.by_uid else won.touch
    what = f"lead.uid is {won.value}: leadrelay names a lead when its first touch comes in, by {story.who(touch)}"
    yield from origin(story, touch, "lead.uid")
    yield step("decided", what, won.at, path="lead.uid", value=plain(won.value), **story.provenance(touch))


def _created_at(story: Story, won: Won) -> Iterator[Reason]:
    what = f"lead.created_at is {won.value}: the time of the oldest touch, by {story.who(won.touch)}"
    yield from origin(story, won.touch, "touch.submitted_at")
    yield step("decided", what, won.at, path="lead.created_at", value=plain(won.value), **story.provenance(won.touch))


def _status(story: Story, won: Won) -> Iterator[Reason]:
    what = f"status is {shown(won.value)}: every lead begins so, here with {story.who(won.touch)}; sales moves it in the CRM"
    yield from origin(story, won.touch, "status")
    yield step("decided", what, won.at, path="status", value=plain(won.value), rule="crm", **story.provenance(won.touch))


_SPECIAL: Mapping[str, Callable[[Story, Won], Iterator[Reason]]] = {
    "lead.uid": _uid,
    "lead.created_at": _created_at,
    "status": _status,
}


# --- fields of which nothing is known -----------------------------------------------------------------------------------


def _nothing(story: Story, path: str) -> Told:
    """What was said of a field without counting, and which lines would have read it."""
    field = story.catalogue.get(path)
    steps: list[Reason] = []
    for touch, said in _said(story, path):
        because = lost_because(story, path, None, field, touch, said)
        what = f"{story.who(touch.uid)} said {shown(said)}, which does not count: {because}"
        steps.append(step("lost", what, touch.at, 0, value=plain(said), because=because, **story.provenance(touch.uid, path)))
        steps += origin(story, touch.uid, path, 1)
    for touch in story.touches:
        if wanted_of(path) not in touch.fields:
            steps += (one for one in mapped(story, touch.uid, path) if one.details.get("input"))
    steps += refused(story, path)
    steps += _readers(story, path, field)
    return Told(f"nothing is known of {path}", steps)


def _readers(story: Story, path: str, field: Field | None) -> Iterator[Reason]:
    """Which lines of which mappings would fill a field."""
    wanted = (wanted_of(path), *MADE_OF.get(path, ()))
    for source in story.plan.sources.values():
        for line in source.mapping.lines:
            if line.path in wanted:
                what = f"{source.name} reads {line.path} from {', '.join(f'`{name}`' for name in line.inputs)} by {line.place}"
                yield step("reader", what, None, 0, source=source.name, mapping=str(line.place), inputs=list(line.inputs))
    for sink in story.plan.sinks:
        for mapping in sink.mappings:
            for line in mapping.from_crm.lines:
                if line.path == path:
                    what = f"{sink.name} tells {path} from {mapping.object}.{', '.join(line.inputs)} by {line.place}"
                    yield step("reader", what, None, 0, sink=sink.name, mapping=str(line.place), inputs=list(line.inputs))
    if field is not None and field.rule == "crm":
        yield step("reader", f"{path} is told by the CRM alone: no source can fill it")
