"""Conditions as people write them in YAML, compiled once into those of core/conditions.py.

A condition is a mapping whose lines must all hold, the name of a check, or a list under `all`, `any` or `none`:

    {company.country: {in: [DE, AT]}, company.employees: {at_least: 250}}
    {any: [{has_touch: {kind: [demo_request], within: 90 days}}, interested], none: [in_time]}
    {expression: "company.employees >= 10 && person.email.endsWith('.de')"}

`compile_condition` is all that another kind of file needs: a `Scope` says which names may stand on the left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.condition_scope import EXPRESSION, GROUPS, HAS_TOUCH, Scope
from core.conditions import CheckIs, Condition, FieldIs, Group, HasTouch
from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.expression import compile_expression
from core.fields import Field
from core.mapping.reader import Reader
from core.operators import OPERATORS, compile_operator, duration
from core.other_words import meant
from core.problems import Place, did_you_mean
from core.unread import Unread


def compile_condition(reader: Reader, node: Node, scope: Scope) -> Condition:
    """The condition that a node says; what can not be read of it is complained of at its place, and stands there as Unread."""
    return _compiled(reader, node, scope) or Unread(node.place)


def _compiled(reader: Reader, node: Node, scope: Scope) -> Condition | None:
    if isinstance(node, ScalarNode):
        name = reader.text(node, "a condition")
        return None if name is None else _check(reader, name, node.place, scope)
    if isinstance(node, ListNode):
        reader.complain(
            "wrong_type", "a list is no condition by itself. Write `all: [...]`, `any: [...]` or `none: [...]`.", node.place
        )
        return None
    if not node.entries:
        reader.complain("empty", "the condition is empty. Write what must hold, or remove the line.", node.place)
        return None
    parts = [part for entry in node.entries for part in _line(reader, entry, scope)]
    return _together("all", parts, node.place)


def _together(kind: str, parts: Iterable[Condition | None], place: Place) -> Condition:
    whole = [part or Unread(place) for part in parts]
    return whole[0] if len(whole) == 1 and kind != "none" else Group(kind, tuple(whole), place)


def _line(reader: Reader, entry: Entry, scope: Scope) -> Iterator[Condition | None]:
    """One line of a condition: a group, `has_touch`, a check with its answer, or a field with its operators."""
    name = entry.key.text
    if name in GROUPS:
        yield _group(reader, entry, scope)
    elif name == HAS_TOUCH and scope.has_touches:
        yield _has_touch(reader, entry)
    elif name == EXPRESSION:
        yield compile_expression(reader, entry.value, scope)
    elif name in scope.checks:
        yield _check_with_answer(reader, entry)
    elif (found := scope.field(name)) is not None:
        yield from _operators(reader, found, entry)
    else:
        reader.complain("unknown_field", scope.unknown(name), entry.key.place, name)
        yield None


def _group(reader: Reader, entry: Entry, scope: Scope) -> Condition | None:
    node = entry.value
    items = node.items if isinstance(node, ListNode) else (node,)
    if not items or (isinstance(node, ScalarNode) and not node.text.strip()):
        reader.complain("empty", f"`{entry.key.text}` has no conditions. Name at least one.", entry.key.place, entry.key.text)
        return None
    return _together(entry.key.text, [compile_condition(reader, item, scope) for item in items], entry.key.place)


def _check(reader: Reader, name: str, place: Place, scope: Scope) -> Condition | None:
    if name in scope.checks:
        return CheckIs(name, place)
    if scope.field(name) is not None:
        message = f"`{name}` is a field: say what must hold of it, such as `{{{name}: {{known: true}}}}`."
        reader.complain("wrong_type", message, place, name)
    else:
        is_compared = any(sign in name for sign in "<>=&|")
        advice = (
            f" Write a comparison as `expression: {name}`."
            if is_compared
            else " Add it under `checks`, or name one that is there."
        )
        hint = did_you_mean(name, scope.checks) or advice
        reader.complain("unknown_check", f"there is no check `{name}`.{hint}", place, name)
    return None


def _check_with_answer(reader: Reader, entry: Entry) -> Condition | None:
    """`in_time: {is: false}`: a check as a line of its own."""
    name, node = entry.key.text, entry.value
    wanted = node.get("is") if isinstance(node, MapNode) and len(node.entries) == 1 else None
    if wanted is None:
        reader.complain("wrong_type", f"a check is asked as `{name}: {{is: true}}`, or by its name alone.", node.place, name)
        return None
    check = CheckIs(name, entry.key.place)
    return check if reader.truth(wanted, f"`is` of {name}") else Group("none", (check,), entry.key.place)


def _operators(reader: Reader, found: Field, entry: Entry) -> Iterator[Condition | None]:
    """Each operator of a field is a condition of its own; all must hold."""
    node, path = entry.value, found.path
    if not isinstance(node, MapNode) or not node.entries:
        short = node.text if isinstance(node, ScalarNode) and node.text else "..."
        reader.complain("wrong_type", f"say what must hold of {path}, such as `{path}: {{is: {short}}}`.", node.place, path)
        yield None
        return
    known = OPERATORS[found.type]
    for line in node.entries:
        operator = line.key.text
        text = f"{path} {operator.replace('_', ' ')} {_shown(line.value)}"
        if operator not in known:
            message = f"`{operator}` can not be asked of {path}, a field of type {found.type}.{meant(operator, known)}"
            reader.complain("unknown_operator", f"{message} Known are {', '.join(known)}.", line.key.place, operator)
            yield None
        elif operator == "known":
            wanted = reader.truth(line.value, f"`known` of {path}")
            yield None if wanted is None else FieldIs(path, text, line.key.place, None, wanted)
        else:
            ask = compile_operator(reader, found, operator, line.value)
            said = _operands(line.value)
            operands, places = tuple(said.values()), tuple(said)
            yield None if ask is None else FieldIs(path, text, line.key.place, ask, True, operator, operands, places)


def _has_touch(reader: Reader, entry: Entry) -> Condition | None:
    """`has_touch: {kind: [...], within: 90 days}`; kinds are the company's own words, so any is accepted."""
    lines = {line.key.text: line.value for line in reader.entries(entry.value, "`has_touch`", ("kind", "within"))}
    if "kind" not in lines:
        if isinstance(entry.value, MapNode):
            reader.complain(
                "missing_key", "`has_touch` needs `kind`: one kind of touch or a list of them.", entry.key.place, "kind"
            )
        return None
    kinds = reader.texts(lines["kind"], "`kind` of `has_touch`")
    within = duration(reader, lines["within"], "`within` of `has_touch`") if "within" in lines else None
    if within == 0:
        message = "`within` of `has_touch` is no time at all. Write one such as `90 days`, or remove it."
        reader.complain("wrong_value", message, lines["within"].place, "within")
    if not kinds or ("within" in lines and within is None):
        return None
    text = f"has touch {' or '.join(kinds)}" + (f" within {_shown(lines['within'])}" if within is not None else "")
    return HasTouch(kinds, within, text, entry.key.place, tuple(_operands(lines["kind"])))


def _operands(node: Node) -> dict[Place, str]:
    items = node.items if isinstance(node, ListNode) else (node,)
    return {item.place: item.text.strip() for item in items if isinstance(item, ScalarNode)}


def _shown(node: Node) -> str:
    if isinstance(node, ListNode):
        return ", ".join(_shown(item) for item in node.items)
    return node.text if isinstance(node, ScalarNode) else "..."
