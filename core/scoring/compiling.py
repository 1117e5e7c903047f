"""Compiling the section `scoring`: its keys, groups, bands, grades and stages, with every problem at its place."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.condition_compiling import compile_condition
from core.condition_scope import Scope
from core.conditions import Condition
from core.documents import Entry, ListNode, MapNode, Node, ScalarNode, plain
from core.mapping.reader import Reader
from core.scoring.compiling_lines import compile_line, group_settings, kind_line, unread_line
from core.scoring.model import GROUP_NAMES, Group, Line, Mark, Scoring, Stage
from core.scoring.numbers import whole_number
from core.walking import checks_of

KEYS = ("limit", *GROUP_NAMES, "bands", "grades", "lifecycle_stage")
STAGE_KEYS = ("at_least", "until_below", "when")
GROUP_KEYS = ("limit", "half_life", "lines")
"""Keys of a group that are no kinds of touches; a kind with such a name is written as a line: `{touch: limit, points: 5}`."""

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def compile_scoring(
    reader: Reader, node: Node, scope: Scope, checks: Mapping[str, Condition], written: Mapping[str, Entry]
) -> Scoring | None:
    """The section as far as it can be read, with complaints; None when it is none at all. Its hash covers the checks that it
    asks, which are `written` somewhere."""
    before = len(reader.problems)
    if not isinstance(node, MapNode) or not node.entries:
        message = "`scoring` is a mapping of groups of points, such as `engagement: {newsletter_signup: 2}`."
        reader.complain("wrong_type", message, node.place, "scoring")
        return None
    entries = {entry.key.text: entry for entry in reader.entries(node, "`scoring`", KEYS)}
    limit = whole_number(reader, entries["limit"].value, "`limit`", lowest=1) if "limit" in entries else None
    groups = [_group(reader, entries[name], scope) for name in entries if name in GROUP_NAMES]
    groups += [
        Group(entry.key.text, (unread_line(entry.key.place),), None, entry.key.place)
        for entry in node.entries
        if entry.key.text not in KEYS
    ]
    if not groups and len(reader.problems) == before:
        message = f"`scoring` gives no points. Write at least one of the groups {', '.join(GROUP_NAMES)}."
        reader.complain("missing_key", message, node.place, "scoring")
    bands = _marks(reader, entries.get("bands"))
    grades = _marks(reader, entries.get("grades"))
    if grades and "fit" not in entries:
        reader.complain("missing_key", "`grades` grade the group `fit`, which is missing.", entries["grades"].key.place, "grades")
    stages = _stages(reader, entries.get("lifecycle_stage"), scope)
    conditions = [*(condition for group in groups for condition in _conditions(group)), *(one.when for one in stages if one.when)]
    asked = {name for condition in conditions for name in checks_of(condition, checks)}
    rules_hash = _hash(node, {name: written[name].value for name in asked})
    return Scoring(tuple(groups), limit, bands, grades, stages, rules_hash, node.place)


def _conditions(group: Group) -> Iterator[Condition]:
    return (condition for line in group.lines if (condition := getattr(line, "condition", None)) is not None)


# --- groups ---------------------------------------------------------------------------------------------------------


def _group(reader: Reader, entry: Entry, scope: Scope) -> Group:
    """A group: a list of lines, or a mapping of kinds of touches with the group's own settings."""
    name, node = entry.key.text, entry.value
    limit: int | None = None
    lines: list[Line] = []
    if isinstance(node, ListNode) and node.items:
        lines = [compile_line(reader, item, name, scope) for item in node.items]
    elif isinstance(node, MapNode) and node.entries:
        settings = {one.key.text: one.value for one in node.entries if one.key.text in GROUP_KEYS}
        limit, half_life = group_settings(reader, settings, name)
        for one in node.entries:
            if one.key.text == "lines":
                lines += _listed(reader, one.value, name, scope, half_life)
            elif one.key.text not in GROUP_KEYS:
                lines.append(kind_line(reader, one, name, half_life))
    else:
        message = f"`{name}` is a list of lines with `points`, or a mapping of kinds of touches to points."
        reader.complain("wrong_type", message, node.place, name)
    _refuse_repeated_names(reader, name, tuple(lines))
    return Group(name, tuple(lines), limit, entry.key.place)


def _listed(reader: Reader, node: Node, group: str, scope: Scope, half_life: int | None) -> list[Line]:
    if not isinstance(node, ListNode):
        reader.complain("wrong_type", f"`lines` of `{group}` is a list.", node.place, "lines")
        return []
    return [compile_line(reader, item, group, scope, half_life) for item in node.items]


def _refuse_repeated_names(reader: Reader, group: str, lines: tuple[Line, ...]) -> None:
    first: dict[str, Line] = {}
    for line in lines:
        if line.name in first:
            there = first[line.name].place
            message = f"two lines of `{group}` are called `{line.name}`; the first is in line {there.line}. Give one a `name:`."
            reader.complain("duplicate_name", message, line.place, line.name)
        first.setdefault(line.name, line)


# --- bands and grades -----------------------------------------------------------------------------------------------


def _marks(reader: Reader, entry: Entry | None) -> tuple[Mark, ...]:
    """Bands or grades, from the highest; the lowest one must begin at 0, so that every lead has one."""
    if entry is None:
        return ()
    what = entry.key.text
    found: dict[int, Mark] = {}
    for one in reader.entries(entry.value, f"`{what}`"):
        at_least = whole_number(reader, one.value, f"`{one.key.text}` of `{what}`", lowest=0)
        if at_least is not None and at_least in found:
            message = f"`{one.key.text}` and `{found[at_least].name}` of `{what}` both begin at {at_least}. Change one of them."
            reader.complain("duplicate", message, one.value.place, one.key.text)
        elif at_least is not None:
            found[at_least] = Mark(one.key.text, at_least, one.value.place)
    if 0 not in found:
        message = f"the lowest of `{what}` must begin at 0, so that every lead has one. Add it, such as `{_LOWEST[what]}: 0`."
        reader.complain("missing_lowest", message, entry.key.place, what)
    return tuple(found[at_least] for at_least in sorted(found, reverse=True))


_LOWEST = {"bands": "cold", "grades": "D"}


# --- lifecycle stages -----------------------------------------------------------------------------------------------


def _stages(reader: Reader, entry: Entry | None, scope: Scope) -> tuple[Stage, ...]:
    if entry is None:
        return ()
    if not isinstance(entry.value, MapNode) or not entry.value.entries:
        message = "`lifecycle_stage` is a mapping of stages, such as `sql: {at_least: 80, until_below: 70}`."
        reader.complain("wrong_type", message, entry.value.place, "lifecycle_stage")
        return ()
    found = [_stage(reader, one, scope) for one in entry.value.entries]
    return tuple(stage for stage in found if stage is not None)


@dataclass(frozen=True, slots=True)
class _Bounds:
    at_least: int | None
    until_below: int | None


def _stage(reader: Reader, entry: Entry, scope: Scope) -> Stage | None:
    name, what = entry.key.text, f"the stage `{entry.key.text}`"
    if not _NAME.match(name):
        message = f"`{name}` is no name for a stage: use small letters, digits and `_`, such as `sql`."
        reader.complain("wrong_name", message, entry.key.place, name)
        return None
    if not isinstance(entry.value, MapNode):
        message = f"say when {what} is entered, such as `{name}: {{at_least: {_shown(entry.value)}}}`."
        reader.complain("wrong_type", message, entry.value.place, name)
        return None
    nodes = {one.key.text: one.value for one in reader.entries(entry.value, what, STAGE_KEYS)}
    when = compile_condition(reader, nodes["when"], scope) if "when" in nodes else None
    bounds = _bounds(reader, nodes, entry, what)
    place = nodes["at_least"].place if "at_least" in nodes else entry.key.place
    return Stage(name, bounds.at_least, bounds.until_below, when, entry.key.place, place)


def _bounds(reader: Reader, nodes: Mapping[str, Node], entry: Entry, what: str) -> _Bounds:
    """The two numbers of a stage, which must make sense together."""
    numbers = {
        key: whole_number(reader, nodes[key], f"`{key}` of {what}", lowest=1)
        for key in ("at_least", "until_below") if key in nodes
    }  # fmt: skip
    at_least, until_below = numbers.get("at_least"), numbers.get("until_below")
    if "at_least" not in nodes and "when" not in nodes:
        message = f"{what} needs `at_least`, `when` or both: when it is entered."
        reader.complain("missing_key", message, entry.key.place, "at_least")
    elif "until_below" in nodes and "at_least" not in nodes:
        message = f"{what} has `until_below` without `at_least`, so it would be left and entered by different things. Add it."
        reader.complain("missing_key", message, nodes["until_below"].place, "at_least")
    elif at_least is not None and until_below is not None and until_below > at_least:
        message = (
            f"{what} is entered at {at_least} points and left below {until_below}, so a lead would go in and out of it "
            f"with every look. Set `until_below` to {at_least} or less."
        )
        reader.complain("wrong_order", message, nodes["until_below"].place, "until_below")
    return _Bounds(at_least, until_below)


def _shown(node: Node) -> str:
    return node.text if isinstance(node, ScalarNode) and node.text else "80"


# --- the hash -------------------------------------------------------------------------------------------------------


def _hash(node: MapNode, asked: Mapping[str, Node]) -> str:
    """What the section and the checks that it asks say; the order of keys counts for stages only."""
    stages = node.get("lifecycle_stage")
    order = [entry.key.text for entry in stages.entries] if isinstance(stages, MapNode) else []
    checks = {name: plain(check) for name, check in asked.items()}
    said = json.dumps([plain(node), order, checks], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
