"""Compiling the sections `segments` and `personas` of rule files, with every problem at its place.

segments:
  dach_enterprise: {when: {company.country: {in: [DE, AT, CH]}, company.employees: {at_least: 250}}, label: DACH enterprise}
personas:
  - {persona: it_lead, when: {person.job_title: {matches: "(?i)cio|head of it"}}, points: 2}
  - {persona: it_lead, when: {segments: {contains: dach_enterprise}}}             # a line without points gives 1
  - {persona: other, otherwise: true}                                             # may be left out
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from core.condition_compiling import compile_condition
from core.condition_scope import Scope
from core.conditions import Condition
from core.documents import Entry, ListNode, MapNode, Node
from core.mapping.reader import Reader
from core.problems import Place
from core.scoring.numbers import whole_number
from core.segments import JOURNEY_STAGE, PERSONA, SEGMENTS, PersonaLine, Segment
from core.unread import Unread
from core.walking import asked_by

SEGMENT_KEYS = ("when", "label")
PERSONA_KEYS = ("persona", "when", "points", "otherwise")
NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")

AFTER_SEGMENTS: Mapping[str, str] = {
    SEGMENTS: "but which segments a lead is in is worked out of this line: it could depend on itself",
    PERSONA: "but the persona is worked out after the segments",
    JOURNEY_STAGE: "but the stage of the journey is worked out after the segments",
}
"""What a segment can not ask, and why."""
AFTER_PERSONAS: Mapping[str, str] = {
    PERSONA: "but the persona is worked out of this line: it would depend on itself",
    JOURNEY_STAGE: "but the stage of the journey is worked out after the persona",
}
"""What a persona can not ask, and why."""
BEFORE_SEGMENTS: Mapping[str, str] = {
    SEGMENTS: "but segments are worked out after it, because they may ask for the score, the outcome and the stage",
    PERSONA: "but the persona is worked out after it",
    JOURNEY_STAGE: "but the stage of the journey is worked out after it",
}
"""What scores, outcomes and lifecycle stages can not ask, and why."""


def compile_segments(reader: Reader, sections: Iterable[Entry], scope: Scope, checks: Mapping[str, Condition]) -> list[Segment]:
    """The segments of these sections `segments`, in their order; complaints go to the reader."""
    found: dict[str, Segment] = {}
    for section in sections:
        for entry in reader.entries(section.value, "`segments`"):
            segment = _segment(reader, entry, scope)
            if segment is None:
                continue
            if segment.name in found:
                message = f"the segment `{segment.name}` stands in {found[segment.name].place} already. Rename or remove one."
                reader.complain("duplicate_name", message, segment.place, segment.name)
            refuse_asking(reader, f"the segment `{segment.name}`", segment.when, checks, AFTER_SEGMENTS)
            found.setdefault(segment.name, segment)
    return list(found.values())


def _segment(reader: Reader, entry: Entry, scope: Scope) -> Segment | None:
    name, place = entry.key.text, entry.key.place
    refuse_name(reader, name, place, "a segment")
    what = f"the segment `{name}`"
    before = len(reader.problems)
    lines = {line.key.text: line.value for line in reader.entries(entry.value, what, SEGMENT_KEYS)}
    label = reader.text(lines["label"], "`label`") if "label" in lines else None
    if "when" not in lines:
        if len(reader.problems) == before:
            message = f"{what} needs `when`: which leads are in it, such as `{name}: {{when: {{company.country: {{is: DE}}}}}}`."
            reader.complain("missing_key", message, place, name)
        return None
    when = compile_condition(reader, lines["when"], scope)
    return None if when is None else Segment(name, label or name, when, place)


def refuse_name(reader: Reader, name: str, place: Place, what: str) -> None:
    """Complain of a name with other characters than names have."""
    if not NAME.match(name):
        message = f"`{name}` is no name for {what}: use small letters, digits, `_` and `-`, and begin with a letter."
        reader.complain("wrong_name", message, place, name)


# --- personas -------------------------------------------------------------------------------------------------------


def compile_personas(reader: Reader, node: Node, scope: Scope, checks: Mapping[str, Condition]) -> list[PersonaLine]:
    """The lines of a section `personas`; complaints go to the reader."""
    if not isinstance(node, ListNode) or not node.items:
        reader.complain("wrong_type", "`personas` is a list of lines, each with `persona` and `when`.", node.place, "personas")
        return []
    lines = [_persona_line(reader, item, scope, is_last=item is node.items[-1]) for item in node.items]
    whole = [line for line in lines if line is not None]
    for line in whole:
        if line.when is not None:
            refuse_asking(reader, f"the persona `{line.persona}`", line.when, checks, AFTER_PERSONAS)
    return whole


def _persona_line(reader: Reader, item: Node, scope: Scope, *, is_last: bool) -> PersonaLine | None:
    entries = {entry.key.text: entry for entry in reader.entries(item, "a line of `personas`", PERSONA_KEYS)}
    if not isinstance(item, MapNode):
        return None
    name = reader.text(entries["persona"].value, "`persona`") if "persona" in entries else None
    if "persona" not in entries:
        reader.complain("missing_key", "a line of `personas` needs `persona`: its name.", item.place, "persona")
    if name is not None:
        refuse_name(reader, name, entries["persona"].value.place, "a persona")
    points = whole_number(reader, entries["points"].value, "`points`", lowest=1) if "points" in entries else 1
    is_otherwise, when = condition_of(reader, item, entries, scope, "`personas`", is_last=is_last)
    if is_otherwise and "points" in entries:
        message = "`otherwise` counts only when no other line holds, so its points change nothing. Remove `points`."
        reader.complain("wrong_key", message, entries["points"].key.place, "points")
    if name is None or (when is None and not is_otherwise):
        return None
    if points is None:
        return PersonaLine(name, 1, Unread(item.place), item.place)
    return PersonaLine(name, points, when, item.place)


def condition_of(
    reader: Reader, item: MapNode, entries: Mapping[str, Entry], scope: Scope, section: str, *, is_last: bool
) -> tuple[bool, Condition | None]:
    """Whether a line is `otherwise`, which only the last one may be, or else its condition; None after complaints."""
    when, otherwise = entries.get("when"), entries.get("otherwise")
    if otherwise is None:
        if when is None:
            message = f"a line of {section} needs `when`: which leads it is about."
            reader.complain("missing_key", message, item.place, "when")
        return False, None if when is None else compile_condition(reader, when.value, scope)
    if not is_last:
        message = "`otherwise` holds for every lead, so nothing below it is ever reached. Move this line to the end."
        reader.complain("wrong_key", message, otherwise.key.place, "otherwise")
        return False, None
    if when is not None:
        message = "a line has `when` or `otherwise`, not both. Remove `when` from the last line."
        reader.complain("wrong_key", message, when.key.place, "when")
        return False, None
    if not reader.truth(otherwise.value, "`otherwise`"):
        reader.complain("wrong_value", "the last line wants `otherwise: true`.", otherwise.value.place, "otherwise")
    return True, None


# --- what rules ask of them -----------------------------------------------------------------------------------------


def refuse_asking(
    reader: Reader, who: str, condition: Condition, checks: Mapping[str, Condition], refused: Mapping[str, str]
) -> None:
    """Complain where a condition asks, itself or through checks, for a field that is worked out later."""
    for path, place, by in asked_by(condition, checks):
        if path in refused:
            asks = f"asks {path}" if by is None else f"asks the check `{by.name}`, which asks {path} ({place})"
            message = f"{who} {asks}, {refused[path]}. Ask for what the answer follows from instead, for instance by a check."
            reader.complain("circle", message, place if by is None else by.place, path)
