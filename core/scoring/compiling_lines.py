"""Compiling the lines of a group of points: those with a condition, and those that count touches."""

from __future__ import annotations

from collections.abc import Mapping

from core.condition_compiling import compile_condition
from core.condition_scope import Scope
from core.conditions import CheckIs, Condition, FieldIs, HasTouch
from core.conditions import Group as Several
from core.documents import Entry, MapNode, Node
from core.lead import MOST_ACTS
from core.mapping.reader import Reader
from core.operators import duration
from core.problems import Place
from core.scoring.model import ActivityLine, ConditionLine, Line
from core.scoring.numbers import MOST, whole_number
from core.unread import Unread

CONDITION_KEYS = ("name", "when", "points")
COUNTING_KEYS = ("points", "again", "at_most", "per", "within", "half_life")
ACTIVITY_KEYS = ("name", "touch", "content", *COUNTING_KEYS)
KIND_KEYS = ("name", "content", *COUNTING_KEYS)
LINE_KEYS = ("name", "when", "touch", "content", *COUNTING_KEYS)


Nodes = Mapping[str, Node]


def unread_line(place: Place) -> ConditionLine:
    """What stands for a line that could not be read: it may give any points."""
    unread = Unread(place)
    return ConditionLine(unread.text, MOST, unread, place)


def compile_line(reader: Reader, item: Node, group: str, scope: Scope, half_life: int | None = None) -> Line:
    """A line of a list: `when` with `points`, or `touch` with `points`; after complaints one of which nothing is known."""
    return _compiled_line(reader, item, group, scope, half_life) or unread_line(item.place)


def _compiled_line(reader: Reader, item: Node, group: str, scope: Scope, half_life: int | None) -> Line | None:
    what = f"a line of `{group}`"
    if not isinstance(item, MapNode) or not item.entries:
        reader.complain("wrong_type", f"{what} is a mapping, such as `{{when: big_enough, points: 30}}`.", item.place, group)
        return None
    if item.entry("when") is not None and item.entry("touch") is not None:
        message = f"{what} has `when` or `touch`, not both: make two lines of it, or ask `has_touch` under `when`."
        reader.complain("wrong_key", message, item.place, "touch")
        return None
    if item.entry("when") is None and item.entry("touch") is None:
        _complain_of_neither(reader, item, what)
        return None
    if item.entry("when") is not None:
        return _condition_line(reader, item, what, scope)
    nodes = {entry.key.text: entry.value for entry in reader.entries(item, what, ACTIVITY_KEYS)}
    kinds = reader.texts(nodes["touch"], f"`touch` of {what}")
    return _activity_line(reader, nodes, what, kinds, item.place, half_life)


def _complain_of_neither(reader: Reader, item: MapNode, what: str) -> None:
    list(reader.entries(item, what, LINE_KEYS))
    message = f"{what} needs `when` (a condition) or `touch` (a kind of touch): what the points are for."
    reader.complain("missing_key", message, item.place, "when")


def _condition_line(reader: Reader, item: MapNode, what: str, scope: Scope) -> ConditionLine | None:
    nodes = {entry.key.text: entry.value for entry in reader.entries(item, what, CONDITION_KEYS)}
    condition = compile_condition(reader, nodes["when"], scope)
    points = _points(reader, nodes, what, item.place)
    name = reader.text(nodes["name"], f"`name` of {what}") if "name" in nodes else None
    if points is None:
        return None
    return ConditionLine(name or _title(condition), points, condition, item.place)


def _title(condition: Condition) -> str:
    """What a line without a name is called: what it asks."""
    if isinstance(condition, CheckIs):
        return condition.name
    if isinstance(condition, FieldIs | HasTouch):
        return condition.text
    if isinstance(condition, Several):
        word = {"all": " and ", "any": " or ", "none": " or "}[condition.kind]
        inner = word.join(_title(part) for part in condition.parts)
        return f"not ({inner})" if condition.kind == "none" else inner
    return str(getattr(condition, "text", "a condition"))


# --- lines that count touches ---------------------------------------------------------------------------------------


def kind_line(reader: Reader, entry: Entry, group: str, half_life: int | None) -> Line:
    """`webinar_signup: {points: 8, at_most: 3, per: 30 days}` or `email_reply: 5`: the kind is the key."""
    return _compiled_kind(reader, entry, group, half_life) or unread_line(entry.key.place)


def _compiled_kind(reader: Reader, entry: Entry, group: str, half_life: int | None) -> ActivityLine | None:
    kind, node = entry.key.text, entry.value
    what = f"`{kind}` of `{group}`"
    if not isinstance(node, MapNode):
        points = _nonzero(reader, node, what)
        return None if points is None else ActivityLine(kind, (kind,), points, points, entry.key.place, half_life=half_life)
    nodes = {one.key.text: one.value for one in reader.entries(node, what, KIND_KEYS)}
    return _activity_line(reader, nodes, what, (kind,), entry.key.place, half_life)


def _activity_line(
    reader: Reader, nodes: Nodes, what: str, kinds: tuple[str, ...], place: Place, half_life: int | None
) -> ActivityLine | None:
    before = len(reader.problems)
    name = reader.text(nodes["name"], f"`name` of {what}") if "name" in nodes else None
    contents = reader.texts(nodes["content"], f"`content` of {what}") if "content" in nodes else ()
    points = _points(reader, nodes, what, place)
    again = whole_number(reader, nodes["again"], f"`again` of {what}") if "again" in nodes else points
    at_most = whole_number(reader, nodes["at_most"], f"`at_most` of {what}", lowest=1) if "at_most" in nodes else None
    per, within = (_time(reader, nodes, key, what) for key in ("per", "within"))
    half_life = _time(reader, nodes, "half_life", what) if "half_life" in nodes else half_life
    if "per" in nodes and "at_most" not in nodes:
        message = f"{what} has `per` without `at_most`: how many of them count in that time? Add `at_most`."
        reader.complain("missing_key", message, nodes["per"].place, "at_most")
    if len(reader.problems) > before or not kinds or points is None or again is None:
        return None
    title = " or ".join(kinds) + (f" ({', '.join(contents)})" if contents else "")
    at_most = None if at_most is None else min(at_most, MOST_ACTS)
    return ActivityLine(name or title, kinds, points, again, place, contents, at_most, per, within, half_life)


def _points(reader: Reader, nodes: Nodes, what: str, place: Place) -> int | None:
    if "points" in nodes:
        return _nonzero(reader, nodes["points"], f"`points` of {what}")
    reader.complain("missing_key", f"{what} needs `points`: what it gives.", place, "points")
    return None


def _nonzero(reader: Reader, node: Node, what: str) -> int | None:
    points = whole_number(reader, node, what)
    if points == 0:
        reader.complain(
            "wrong_value", f"{what} gives 0 points, which is nothing. Write the points, or remove the line.", node.place
        )
        return None
    return points


def _time(reader: Reader, nodes: Nodes, key: str, what: str) -> int | None:
    """A duration of more than nothing, in milliseconds."""
    if key not in nodes:
        return None
    found = duration(reader, nodes[key], f"`{key}` of {what}")
    if found == 0:
        message = f"`{key}` of {what} is no time at all. Write one such as `90 days`, or remove it."
        reader.complain("wrong_value", message, nodes[key].place, key)
    return found or None


# --- the settings of a group ----------------------------------------------------------------------------------------


def group_settings(reader: Reader, nodes: Nodes, group: str) -> tuple[int | None, int | None]:
    """`limit` and `half_life` of a group that is written as a mapping."""
    what = f"`{group}`"
    limit = whole_number(reader, nodes["limit"], f"`limit` of {what}", lowest=1) if "limit" in nodes else None
    return limit, _time(reader, nodes, "half_life", what)
