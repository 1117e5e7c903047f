"""Words that a field can hold because the rules themselves give them: a rule that asks for another one would never be true."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.conditions import Condition, FieldIs, Group
from core.expression import Expression
from core.journeys import TRACKED
from core.mapping.reader import Reader
from core.operators import folded
from core.problems import Place, did_you_mean
from core.qualification import SET_PREFIX
from core.scoring.stages import BEFORE_ALL
from core.segments import JOURNEY_STAGE, PERSONA, SEGMENTS

if TYPE_CHECKING:
    from core.rules import Rules


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one field. Where they are not `whole`, a CRM may tell others: only what is written much like one is wrong."""

    known: Collection[str]
    whole: bool = True


def known_words(rules: Rules) -> Mapping[str, Words]:
    """The words of each field that the rules fill, by its path; none of a section that is not there."""
    found = {SEGMENTS: rules.segments.names, PERSONA: rules.segments.persona_names, "outcome": rules.outcomes}
    found |= {SET_PREFIX + one.name: tuple(dict.fromkeys(line.outcome for line in one.lines)) for one in rules.sets}
    if rules.scoring is not None:
        found |= {"score.band": tuple(mark.name for mark in rules.scoring.bands)}
        found |= {"score.grade": tuple(mark.name for mark in rules.scoring.grades)}
    words = {path: Words(known) for path, known in found.items() if known}
    scored = () if rules.scoring is None else tuple(stage.name for stage in rules.scoring.stages)
    for path in TRACKED:
        track = rules.stages.tracks[path]
        is_ours = path == JOURNEY_STAGE
        more = (*BEFORE_ALL[1:], *scored) if path == "lifecycle_stage" and track.place is None else ()
        if track.names and (rules.stages.journey or not is_ours):
            words[path] = Words(tuple(dict.fromkeys((*track.names, *more))), whole=is_ours or track.place is not None)
    return words


def refuse_unknown_words(reader: Reader, conditions: Iterable[Condition], words: Mapping[str, Words]) -> None:
    """Complain where a condition asks whether a field is a word that it can never hold, such as a segment that is none."""
    told: set[tuple[Place, str]] = set()
    for path, word, place in _said(conditions):
        if path not in words or (place, word) in told:
            continue
        known = words[path].known
        hint = did_you_mean(word, known)
        if folded(word) not in {folded(one) for one in known} and (words[path].whole or hint):
            told.add((place, word))
            shown = hint or f" Known are {', '.join(known)}."
            reader.complain("unknown_name", f"{path} is never `{word}`.{shown}", place, word)


def _said(conditions: Iterable[Condition]) -> Iterator[tuple[str, str, Place]]:
    """The words that conditions compare fields with."""
    for one in singles(conditions):
        if isinstance(one, FieldIs) and one.operator in ("is", "is_not", "in", "not_in", "contains"):
            yield from ((one.path, word, place) for word, place in zip(one.operands, one.at, strict=True))
        elif isinstance(one, Expression):
            yield from one.said


def singles(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """The single questions that conditions are made of, in their order; checks are not looked into."""
    for one in conditions:
        if isinstance(one, Group):
            yield from singles(one.parts)
        else:
            yield one
