"""The section `routing` of a rules file, compiled with every problem at its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from core.condition_compiling import compile_condition
from core.condition_scope import Scope
from core.conditions import CheckIs, Condition, FieldIs, Group, HasTouch
from core.documents import Entry, ListNode, MapNode, Node
from core.expression import Expression
from core.instants import MINUTE
from core.mapping.reader import Reader
from core.problems import Place, did_you_mean
from core.routing.choosing import Line, LineTarget, Reroute, Response, Routing, ToField, ToOwner, ToPool, ToQueue
from core.unread import Unread

_KEYS = ("start_when", "reroute", "to", "respond_within")
_LINE_KEYS = ("name", "when", "owner", "pool", "queue", "tier", "otherwise")
_TARGETS = ("owner", "pool", "queue")
NOWHERE = ToField("")
"""The target of a line whose own one could not be read: it may have nobody."""
_LONGEST_RESPONSE = 60 * 24 * 90


@dataclass(frozen=True, slots=True)
class Team:
    """The names of team.yaml: people, who of them is a manager, pools with what they fall back on, queues and hours."""

    people: Collection[str] = ()
    managers: Collection[str] = ()
    pools: Mapping[str, str | None] = field(default_factory=dict)
    queues: Collection[str] = ()
    hours: Collection[str] = ()
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who takes turns in each pool."""
    is_unread: bool = False
    """Whether the file could not be read, so that any name may stand in it."""

    def ends_in_queue(self, name: str) -> bool:
        """Whether a pool falls back on a queue in the end."""
        seen: set[str] = set()
        now: str | None = name
        while now is not None and now not in self.queues and now not in seen:
            seen.add(now)
            now = self.pools.get(now)
        return now in self.queues


def compile_routing(reader: Reader, node: Node, scope: Scope, team: Team) -> Routing:
    """The routing that a section says, as far as it can be read; complaints go to the reader."""
    entries = {entry.key.text: entry for entry in reader.entries(node, "`routing`", _KEYS)}
    lines = _lines(reader, node, entries.get("to"), scope, team)
    start = compile_condition(reader, entries["start_when"].value, scope) if "start_when" in entries else None
    reroute = _reroute(reader, entries.get("reroute"))
    response = _response(reader, entries["respond_within"], team) if "respond_within" in entries else None
    if reroute == "when_overdue" and "respond_within" not in entries:
        message = "`reroute: when_overdue` needs `respond_within`: without it no lead is ever overdue. Add it, or write `never`."
        reader.complain("missing_key", message, entries["reroute"].value.place, "respond_within")
    _refuse_repeated_names(reader, lines)
    _refuse_limbo(reader, lines, team)
    return Routing(tuple(lines), start, reroute, response)


def _reroute(reader: Reader, entry: Entry | None) -> Reroute:
    given = None if entry is None else reader.choice(entry.value, "`reroute`", ("never", "when_overdue"))
    return "when_overdue" if given == "when_overdue" else "never"


# --- lines ----------------------------------------------------------------------------------------------------------


def _lines(reader: Reader, node: Node, entry: Entry | None, scope: Scope, team: Team) -> list[Line]:
    if entry is None:
        if isinstance(node, MapNode):
            message = "`routing` needs `to`: lines with `when` and a `pool`, `owner` or `queue`, and `otherwise` in the last one."
            reader.complain("missing_key", message, node.place, "to")
        return []
    if not isinstance(entry.value, ListNode) or not entry.value.items:
        reader.complain(
            "wrong_type", "`to` is a list of lines, each with `name`, `when` and where leads go.", entry.value.place, "to"
        )
        return []
    items = entry.value.items
    return [_line(reader, item, scope, team, is_last=item is items[-1]) for item in items]


def _line(reader: Reader, item: Node, scope: Scope, team: Team, *, is_last: bool) -> Line:
    entries = {entry.key.text: entry for entry in reader.entries(item, "a line of `to`", _LINE_KEYS)}
    unread = Unread(item.place)
    if not isinstance(item, MapNode):
        return Line(unread.text, unread, NOWHERE, unread.text, item.place)
    name = reader.text(entries["name"].value, "`name`") if "name" in entries else None
    if "name" not in entries:
        reader.complain("missing_key", "a line of `to` needs `name`: what `why` calls it.", item.place, "name")
    to = _target(reader, item, entries, scope, team)
    when = _when(reader, item, entries, scope, is_last=is_last)
    if when is None and "otherwise" not in entries:
        when = unread
    words = "no other line holds" if when is None else words_of(when)
    return Line(name or unread.text, when, to or NOWHERE, words, item.place)


def _when(reader: Reader, item: MapNode, entries: Mapping[str, Entry], scope: Scope, *, is_last: bool) -> Condition | None:
    when, otherwise = entries.get("when"), entries.get("otherwise")
    if otherwise is not None and not is_last:
        message = "`otherwise` takes every lead, so nothing below it is ever reached. Move this line to the end."
        reader.complain("wrong_key", message, otherwise.key.place, "otherwise")
        return Unread(otherwise.key.place)
    if otherwise is not None and when is not None:
        message = "a line has `when` or `otherwise`, not both. Remove `when` from the last line."
        reader.complain("wrong_key", message, when.key.place, "when")
        return None
    if otherwise is not None:
        if not reader.truth(otherwise.value, "`otherwise`"):
            reader.complain("wrong_value", "the last line wants `otherwise: true`.", otherwise.value.place, "otherwise")
        return None
    if is_last:
        message = "the last line must be `otherwise: true` with a queue, so that no lead is left with nobody. Add it below."
        reader.complain("missing_otherwise", message, item.place, "otherwise")
    if when is None:
        if not is_last:
            reader.complain("missing_key", "a line of `to` needs `when`: which leads it takes.", item.place, "when")
        return None
    return compile_condition(reader, when.value, scope)


def _target(reader: Reader, item: MapNode, entries: Mapping[str, Entry], scope: Scope, team: Team) -> LineTarget | None:
    """Where a line leads: exactly one of `owner`, `pool` and `queue`."""
    found = [entries[key] for key in _TARGETS if key in entries]
    if len(found) != 1:
        if not found:
            reader.complain(
                "missing_key", "a line of `to` needs one of `owner`, `pool` and `queue`: where leads go.", item.place, "to"
            )
        for entry in found[1:]:
            message = f"a line has one of `owner`, `pool` and `queue`. Remove `{entry.key.text}`, or give it a line of its own."
            reader.complain("wrong_key", message, entry.key.place, entry.key.text)
        return None
    kind, node = found[0].key.text, found[0].value
    if "tier" in entries and kind != "pool":
        reader.complain("wrong_key", "`tier` is asked of a pool's members. Remove it here.", entries["tier"].key.place, "tier")
    given = reader.text(node, f"`{kind}`")
    if given is None:
        return None
    if kind == "owner":
        return _owner(reader, given, node.place, scope, team)
    known: Collection[str] = team.pools if kind == "pool" else team.queues
    if given not in known and not team.is_unread:
        reader.complain("unknown_name", _unknown(given, kind, known, team), node.place, given)
    if kind == "queue":
        return ToQueue(given)
    return ToPool(given, reader.text(entries["tier"].value, "`tier`") if "tier" in entries else None)


def _unknown(given: str, kind: str, known: Collection[str], team: Team) -> str:
    others = {"pool": team.pools, "queue": team.queues, "owner": team.people}
    for other, names in others.items():
        if given in names:
            return f"`{given}` is no {kind}. Write `{other}: {given}`."
    return f"there is no {kind} `{given}` in team.yaml.{did_you_mean(given, known)} Add it there, or correct it here."


def _owner(reader: Reader, given: str, place: Place, scope: Scope, team: Team) -> LineTarget | None:
    """A person of the team by e-mail, or a field that holds one's e-mail."""
    if given in team.people:
        return ToOwner(given)
    known = scope.field(given)
    if known is not None and known.type == "email":
        return ToField(given)
    if known is not None:
        message = f"{given} holds no e-mail address, by which owners are known. Write such a field, or a person of team.yaml."
        reader.complain("wrong_type", message, place, given)
    elif given in team.pools or given in team.queues:
        reader.complain("unknown_name", _unknown(given, "owner", (), team), place, given)
    elif "@" in given and team.is_unread:
        return None
    elif "@" in given:
        message = f"`{given}` is nobody in team.yaml.{did_you_mean(given, team.people)} Add the person there, or correct it here."
        reader.complain("unknown_name", message, place, given)
    else:
        reader.complain("unknown_field", scope.unknown(given), place, given)
    return None


def words_of(condition: Condition) -> str:
    """A condition as a part of a sentence."""
    match condition:
        case FieldIs(path=path, ask=None):
            return f"{path} is {'known' if condition.wants_known else 'not known'}"
        case FieldIs() | HasTouch() | Expression() | Unread():
            return condition.text
        case CheckIs():
            return condition.name
        case Group():
            joined = (" and " if condition.kind == "all" else " or ").join(words_of(part) for part in condition.parts)
            return f"not ({joined})" if condition.kind == "none" else joined if condition.kind == "all" else f"({joined})"
    return "its condition holds"


# --- what holds between lines ---------------------------------------------------------------------------------------


def _refuse_repeated_names(reader: Reader, lines: Sequence[Line]) -> None:
    first: dict[str, Line] = {}
    for line in lines:
        if line.name in first:
            message = f"two lines are called `{line.name}`; the first is in line {first[line.name].place.line}. Rename one."
            reader.complain("duplicate_name", message, line.place, line.name)
        first.setdefault(line.name, line)


def _refuse_limbo(reader: Reader, lines: Sequence[Line], team: Team) -> None:
    """When nobody of a pool may take a lead, it must still go somewhere."""
    if not lines or team.is_unread or lines[-1].when is not None or lines[-1].to is NOWHERE or isinstance(lines[-1].to, ToQueue):
        return
    last = lines[-1]
    if isinstance(last.to, ToPool):
        if last.to.pool not in team.pools or team.ends_in_queue(last.to.pool):
            return
        message = (
            f"the pool `{last.to.pool}` has no `fallback` that ends in a queue. Give it one in team.yaml, or end with a queue."
        )
    else:
        message = "the last line must lead to a queue, or to a pool with a `fallback`: one person can be away."
    reader.complain("no_fallback", message, last.place, last.name)
    for line in lines[:-1]:
        if isinstance(line.to, ToPool) and line.to.pool in team.pools and not team.ends_in_queue(line.to.pool):
            message = f"the pool `{line.to.pool}` has no `fallback`, and the last line is no queue: give it one in team.yaml."
            reader.complain("no_fallback", message, line.place, line.name)


# --- response -------------------------------------------------------------------------------------------------------


def _response(reader: Reader, entry: Entry, team: Team) -> Response | None:
    """`{minutes: 30, hours: business, warn: owner, then: manager}`."""
    lines = {
        line.key.text: line.value
        for line in reader.entries(entry.value, "`respond_within`", ("minutes", "hours", "warn", "then"))
    }
    if not isinstance(entry.value, MapNode):
        return None
    if "minutes" not in lines:
        message = "`respond_within` needs `minutes`: how soon sales must answer, such as `minutes: 30`."
        reader.complain("missing_key", message, entry.key.place, "minutes")
    minutes = _minutes(reader, lines["minutes"]) if "minutes" in lines else None
    hours = reader.text(lines["hours"], "`hours`") if "hours" in lines else None
    if hours is not None and hours not in team.hours and not team.is_unread:
        message = (
            f"there are no hours `{hours}` in team.yaml.{did_you_mean(hours, team.hours)} Add them there, or correct it here."
        )
        reader.complain("unknown_name", message, lines["hours"].place, hours)
    told = {key: _told(reader, key, lines[key], team) for key in ("warn", "then") if key in lines}
    return None if minutes is None else Response(minutes * MINUTE, hours, told.get("warn"), told.get("then"))


def _minutes(reader: Reader, node: Node) -> int | None:
    text = reader.text(node, "`minutes`")
    if text is None:
        return None
    if text.isascii() and text.isdigit() and 0 < int(text) <= _LONGEST_RESPONSE:
        return int(text)
    reader.complain("wrong_value", f"`minutes` wants a whole number from 1 to {_LONGEST_RESPONSE}; here is `{text}`.", node.place)
    return None


def _told(reader: Reader, key: str, node: Node, team: Team) -> str | None:
    """Who is told: the owner, the managers, or one person."""
    given = reader.text(node, f"`{key}`")
    if given is None or given == "owner" or given in team.people or team.is_unread:
        return given
    if given == "manager":
        if not team.managers:
            message = "nobody in team.yaml is a manager. Write `manager: true` beside whoever is to be told."
            reader.complain("unknown_name", message, node.place, given)
        return given
    message = f"`{key}` wants `owner`, `manager` or a person of team.yaml; here is `{given}`."
    reader.complain("unknown_name", f"{message}{did_you_mean(given, ('owner', 'manager', *team.people))}", node.place, given)
    return None
