"""Compiling the section `stages` of rule files, with every problem at its place; what can never happen; and whether mappings send
back stages that are ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.condition_scope import Scope
from core.conditions import Condition
from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.journeys import LIFECYCLE_STAGE, STATUS, TRACKED, USUAL_ORDER, JourneyLine, Stages, Track
from core.mapping.inbound import FieldLine
from core.mapping.outbound import Line
from core.mapping.reader import Reader
from core.mapping.translation import LEAVE_OUT
from core.problems import Place, Problem, did_you_mean
from core.scoring.model import Scoring
from core.scoring.reach import Findings
from core.segment_rules import condition_of, refuse_asking, refuse_name
from core.segments import JOURNEY_STAGE

TRACK_KEYS = ("order", "aside", "jumps", "returns", "moves")
JOURNEY_KEYS = (*TRACK_KEYS, "rules")
RULE_KEYS = ("stage", "when", "otherwise")
_ITSELF = {JOURNEY_STAGE: "but the stage of the journey is worked out of this line: it would depend on itself"}


def compile_stages(reader: Reader, node: Node, scope: Scope, checks: Mapping[str, Condition], scoring: Scoring | None) -> Stages:
    """The stages that a section says, with the usual order where it says nothing; complaints go to the reader."""
    entries = {entry.key.text: entry for entry in reader.entries(node, "`stages`", TRACKED)}
    tracks = {path: Track(path, USUAL_ORDER[path]) for path in TRACKED}
    for path, entry in entries.items():
        tracks[path] = _track(reader, path, entry)
    if scoring is not None and LIFECYCLE_STAGE in entries:
        _hold_against(reader, tracks[LIFECYCLE_STAGE], scoring)
    journey = entries.get(JOURNEY_STAGE)
    rules = journey.value.entry("rules") if journey is not None and isinstance(journey.value, MapNode) else None
    lines = [] if rules is None else _rules(reader, rules.value, scope, checks, tracks[JOURNEY_STAGE])
    return Stages(tracks, tuple(lines))


def _track(reader: Reader, path: str, entry: Entry) -> Track:
    known = JOURNEY_KEYS if path == JOURNEY_STAGE else TRACK_KEYS
    lines = {line.key.text: line.value for line in reader.entries(entry.value, f"`{path}`", known)}
    order = _names(reader, lines["order"], f"`order` of {path}") if "order" in lines else USUAL_ORDER[path]
    aside = _names(reader, lines["aside"], f"`aside` of {path}") if "aside" in lines else ()
    places = {name: place for key in ("order", "aside") if key in lines for name, place in _placed(lines[key])}
    for name in aside:
        if name in order:
            message = f"`{name}` stands in `order` and in `aside` of {path}. Remove it from one of them."
            reader.complain("duplicate_name", message, places[name], name)
    jumps = reader.truth(lines["jumps"], "`jumps`") if "jumps" in lines else True
    returns = reader.truth(lines["returns"], "`returns`") if "returns" in lines else True
    moves = _moves(reader, lines["moves"], path, (*order, *aside)) if "moves" in lines else {}
    return Track(path, order, aside, jumps is not False, returns is not False, moves, entry.key.place, places)


def _placed(node: Node) -> Iterator[tuple[str, Place]]:
    """Each name of a list, and where it stands."""
    for item in node.items if isinstance(node, ListNode) else (node,):
        if isinstance(item, ScalarNode):
            yield item.text, item.place


def _names(reader: Reader, node: Node, what: str) -> tuple[str, ...]:
    names = reader.texts(node, what)
    for number, name in enumerate(names):
        place = node.items[number].place if isinstance(node, ListNode) and len(node.items) == len(names) else node.place
        refuse_name(reader, name, place, "a stage")
    return names


def _moves(reader: Reader, node: Node, path: str, known: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """`{FROM: [TO, ...]}`: the ways from some stages; an empty list is a stage that is the end."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in reader.entries(node, "`moves`"):
        name, value = entry.key.text, entry.value
        is_end = isinstance(value, ListNode) and not value.items
        to = () if is_end else reader.texts(value, f"the ways from `{name}`")
        places = (
            [item.place for item in value.items]
            if isinstance(value, ListNode) and len(value.items) == len(to)
            else [value.place] * len(to)
        )
        for word, place in ((name, entry.key.place), *zip(to, places, strict=True)):
            if word not in known:
                message = (
                    f"`{word}` is no stage of {path}.{did_you_mean(word, known)} Add it to `order` or `aside`, or correct it."
                )
                reader.complain("unknown_stage", message, place, word)
        if name in to:
            reader.complain("wrong_value", f"`{name}` is no way from itself. Remove it.", entry.key.place, name)
        found[name] = to
    return found


def _hold_against(reader: Reader, track: Track, scoring: Scoring) -> None:
    """The stages that the score decides must be stages, and go onwards in the same order."""
    last = -1
    for stage in scoring.stages:
        if stage.name not in track.order:
            message = (
                f"the score decides the stage `{stage.name}`, which is not in `order` of {LIFECYCLE_STAGE} ({track.place})."
                f"{did_you_mean(stage.name, track.order)} Add it there, or correct it here."
            )
            reader.complain("unknown_stage", message, stage.place, stage.name)
            continue
        if (at := track.order.index(stage.name)) < last:
            message = (
                f"`{stage.name}` comes after `{track.order[last]}` here and before it in `order` of {LIFECYCLE_STAGE} "
                f"({track.place}). Write both in the same order."
            )
            reader.complain("wrong_order", message, stage.place, stage.name)
        last = max(last, at)


# --- the journey ----------------------------------------------------------------------------------------------------


def _rules(reader: Reader, node: Node, scope: Scope, checks: Mapping[str, Condition], track: Track) -> list[JourneyLine]:
    if not isinstance(node, ListNode) or not node.items:
        message = "`rules` of journey_stage is a list of lines, each with `stage` and `when`."
        reader.complain("wrong_type", message, node.place, "rules")
        return []
    found: list[JourneyLine] = []
    for item in node.items:
        line, is_otherwise = _rule(reader, item, scope, track, is_last=item is node.items[-1])
        if item is node.items[-1] and isinstance(item, MapNode) and not is_otherwise and item.entry("otherwise") is None:
            message = "the last rule must be `otherwise: true` with a stage, so that every lead has one. Add it below."
            reader.complain("missing_otherwise", message, item.place, "otherwise")
        if line is not None:
            found.append(line)
            if line.when is not None:
                refuse_asking(reader, f"the rule of `{line.stage}`", line.when, checks, _ITSELF)
    return found


def _rule(reader: Reader, item: Node, scope: Scope, track: Track, *, is_last: bool) -> tuple[JourneyLine | None, bool]:
    entries = {entry.key.text: entry for entry in reader.entries(item, "a rule of journey_stage", RULE_KEYS)}
    if not isinstance(item, MapNode):
        return None, False
    stage = reader.choice(entries["stage"].value, "`stage`", track.names) if "stage" in entries else None
    if "stage" not in entries:
        reader.complain("missing_key", "a rule of journey_stage needs `stage`: where a lead stands.", item.place, "stage")
    is_otherwise, when = condition_of(reader, item, entries, scope, "`rules`", is_last=is_last)
    if stage is None or (when is None and not is_otherwise):
        return None, is_otherwise
    return JourneyLine(stage, when, item.place), is_otherwise


def lint_stages(stages: Stages) -> Findings:
    """Stages that no rule gives, and those that no way leads to."""
    return Findings((), (*_never_given(stages), *_closed_off(stages)))


def _closed_off(stages: Stages) -> Iterator[Problem]:
    """Stages but the first that are reached from nowhere, because each other stage has ways of its own and none to them."""
    for track in stages.tracks.values():
        for name in track.names[1:] if track.moves else ():
            others = [one for one in track.names if one != name]
            if all(one in track.moves and name not in track.moves[one] for one in others):
                message = (
                    f"no way leads to the stage `{name}` of {track.path}. Name it behind another stage of `moves`, or remove it."
                )
                yield Problem("never_given", message, name, track.places.get(name, track.place))


def _never_given(stages: Stages) -> Iterator[Problem]:
    given = {line.stage for line in stages.journey}
    track = stages.tracks[JOURNEY_STAGE]
    for name in track.names if stages.journey else ():
        if name not in given:
            message = f"no rule gives the stage `{name}` of journey_stage. Write one, or remove it from `order`."
            yield Problem("never_given", message, name, track.places.get(name, track.place))


# --- mappings -------------------------------------------------------------------------------------------------------


def check_stages(stages: Stages, sent: Iterable[Line] = (), told: Iterable[FieldLine] = ()) -> Findings:
    """Whether a sink mapping speaks of stages that are ours: `sent` are its lines to the CRM, `told` those that it reads back
    (`InboundMapping.lines` of `compile_back`).

    A table that gives a stage that is none of ours, or sends one, is wrong. A stage that a table does not send is a warning, and
    so is a lifecycle stage that is read back without a table, because a CRM has words of its own for it.
    """
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for line in told:
        track = stages.tracks.get(line.path)
        if track is not None and track.order:
            problems += _told_wrongly(track, line)
            if line.translation is None and line.path != STATUS:
                message = (
                    f"{line.path} is taken from the CRM in the CRM's own words. "
                    f"Write `values` that turn them into {', '.join(track.names)}."
                )
                warnings.append(Problem("untranslated", message, line.path, line.place))
    for one in sent:
        track = stages.tracks.get(one.paths[0]) if len(one.paths) == 1 else None
        if track is not None and track.order and one.translation is not None:
            wrong, silent = _sent(track, one)
            problems += wrong
            warnings += silent
    unique = {(problem.place, problem.field): problem for problem in reversed(problems)}
    return Findings(tuple(reversed(unique.values())), tuple(warnings))


def _told_wrongly(track: Track, line: FieldLine) -> Iterator[Problem]:
    table = line.translation
    words = [] if table is None else [*table.values.values(), *([] if table.otherwise is None else [table.otherwise])]
    for word in dict.fromkeys((*words, *([line.default] if line.default else []))):
        if word != LEAVE_OUT and word not in track.names:
            yield _no_stage(track, word, "reads back", line)


def _sent(track: Track, line: Line) -> tuple[list[Problem], list[Problem]]:
    table = line.translation
    values = {} if table is None else table.values
    wrong = [_no_stage(track, word, "sends", line) for word in values if word not in track.names]
    missing = [name for name in track.names if name not in values]
    if not missing or table is None or table.otherwise is not None or table.keeps_unlisted:
        return wrong, []
    message = (
        f"the line `{line.name}` says nothing of {', '.join(missing)}: leads in such a stage send no {track.path}. "
        "Add them to `values`, or write `otherwise: leave_out` when it is meant."
    )
    return wrong, [Problem("not_sent", message, track.path, line.place)]


def _no_stage(track: Track, word: str, verb: str, line: Line | FieldLine) -> Problem:
    message = (
        f"this line {verb} `{word}`, which is no stage of {track.path}.{did_you_mean(word, track.names)} "
        f"Known are {', '.join(track.names)}; add it under `stages` in the rules, or correct it here."
    )
    return Problem("unknown_stage", message, word, line.place)
