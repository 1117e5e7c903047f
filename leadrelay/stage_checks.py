"""Whether the mappings into CRMs speak of the stages that the rules give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.documents import Document, MapNode, ScalarNode, mapping_at
from core.journey_rules import check_stages
from core.journeys import LIFECYCLE_STAGE, Stages
from core.mapping import OutboundMapping
from core.problems import Place, Problem
from core.rules import Rules
from core.scoring.reach import Findings
from core.scoring.stages import BEFORE_ALL


def check_mappings(rules: Rules, mappings: Iterable[tuple[Document, OutboundMapping]]) -> Findings:
    """Words of mappings that are no stage: wrong where `stages` names those of the field, else most likely a slip."""
    written = {path: track for path, track in rules.stages.tracks.items() if track.place is not None}
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for document, mapping in mappings:
        sure = check_stages(Stages(written), mapping.lines, mapping.from_crm.lines)
        problems += [_placed(document, one) for one in sure.problems]
        warnings += sure.warnings
        usual = check_stages(_usual(rules), mapping.lines, mapping.from_crm.lines)
        warnings += [_placed(document, one) for one in usual.problems if "Did you mean" in one.message]
    return Findings(tuple(problems), tuple(warnings))


def _usual(rules: Rules) -> Stages:
    """The stages of fields of which `stages` says nothing: the usual ones, and those that the score decides."""
    scored = () if rules.scoring is None else tuple(stage.name for stage in rules.scoring.stages)
    tracks = {path: track for path, track in rules.stages.tracks.items() if track.place is None}
    if LIFECYCLE_STAGE in tracks:
        order = (*BEFORE_ALL[1:], *tracks[LIFECYCLE_STAGE].order, *scored)
        tracks[LIFECYCLE_STAGE] = replace(tracks[LIFECYCLE_STAGE], order=tuple(dict.fromkeys(order)))
    return Stages(tracks)


def _placed(document: Document, problem: Problem) -> Problem:
    """A problem at the word that it is about, instead of at its line."""
    line = None if problem.place is None else mapping_at(document.root, problem.place, by_key=True)
    place = None if line is None else next(_places_of(line, problem.field), None)
    return problem if place is None else replace(problem, place=place)


def _places_of(line: MapNode, word: str) -> Iterator[Place]:
    table = line.get("values")
    for entry in table.entries if isinstance(table, MapNode) else ():
        if entry.key.text == word:
            yield entry.key.place
        elif isinstance(entry.value, ScalarNode) and entry.value.text == word:
            yield entry.value.place
