"""Compiling the section `qualification` of rule files: one list of lines, or several lists by name.

    qualification:                                  # one list is the outcome; several are written by name
      pql:  [{outcome: pql, when: uses_product, reason: uses the product}, {outcome: none, otherwise: true, reason: does not}]
      lead: [{outcome: convert, when: {qualification.pql: {is: pql}}, reason: ...}, ...]

The list called `lead`, or without it the first one, is the lead's outcome. Each other one gives a verdict of its own, which rules
may ask as `qualification.NAME`: those below it, `lead` wherever it stands, and all that comes after the outcome.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.condition_compiling import compile_condition
from core.condition_scope import GROUPS, Scope
from core.conditions import Condition
from core.documents import Document, Entry, ListNode, MapNode, Node
from core.fields import Catalogue, Field
from core.mapping.reader import Reader
from core.problems import Place
from core.qualification import LEAD_SET, SET_PREFIX, OutcomeLine, RuleSet
from core.segment_rules import BEFORE_SEGMENTS, refuse_asking

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


def set_names(roots: Iterable[MapNode]) -> tuple[str, ...]:
    """The names of the lists beside the one that is the outcome, in the order in which they are worked out."""
    for root in roots:
        node = root.get("qualification")
        if isinstance(node, MapNode):
            names = [entry.key.text for entry in node.entries]
            main = LEAD_SET if LEAD_SET in names else names[0] if names else ""
            return tuple(name for name in names if name != main)
    return ()


def with_sets(catalogue: Catalogue, names: Iterable[str]) -> Catalogue:
    """The catalogue with the verdicts of these lists as fields that rules may ask."""
    return catalogue.with_custom(
        Field(SET_PREFIX + name, "text", f"Verdict of {name}", personal=False, rule="derived") for name in names
    )


def with_verdicts(catalogue: Catalogue, documents: Iterable[Document]) -> Catalogue:
    """The catalogue with the verdicts of the named lists of these rule files: what mappings to CRMs may send. Files that can not
    be read name none; they are complained of where they are compiled."""
    return with_sets(catalogue, set_names(document.root for document in documents if isinstance(document.root, MapNode)))


def compile_sets(reader: Reader, node: Node, scope: Scope, checks: Mapping[str, Condition]) -> list[RuleSet]:
    """The lists of a section in the order in which they are worked out: the one that is the outcome comes last."""
    if not isinstance(node, MapNode) or not node.entries:
        return [_whole_set(reader, LEAD_SET, node, node.place, scope, checks, {})]
    entries = {entry.key.text: entry for entry in node.entries}
    main = LEAD_SET if LEAD_SET in entries else next(iter(entries))
    names = [*(name for name in entries if name != main), main]
    for name in names:
        if not _NAME.match(name):
            message = f"`{name}` is no name for a list of lines: use small letters, digits and `_`, such as `pql`."
            reader.complain("wrong_name", message, entries[name].key.place, name)
    found = []
    for number, name in enumerate(names):
        why = "but that verdict is worked out of this line, or after it"
        later = {SET_PREFIX + one: why for one in names[number:]}
        found.append(_whole_set(reader, name, entries[name].value, entries[name].key.place, scope, checks, later))
    return found


def _whole_set(
    reader: Reader,
    name: str,
    node: Node,
    place: Place,
    scope: Scope,
    checks: Mapping[str, Condition],
    later: Mapping[str, str],
) -> RuleSet:
    lines = list(_lines(reader, node, scope))
    _refuse_repeated_names(reader, lines)
    for line in lines:
        if line.condition is not None:
            who = f"the line `{line.name}` of `qualification`"
            refuse_asking(reader, who, line.condition, checks, {**BEFORE_SEGMENTS, **later})
    return RuleSet(name, tuple(lines), place)


def _lines(reader: Reader, node: Node, scope: Scope) -> Iterator[OutcomeLine]:
    if not isinstance(node, ListNode) or not node.items:
        message = "`qualification` is a list of lines, each with `outcome`, `when` and `reason`, or several such lists by name."
        reader.complain("wrong_type", message, node.place)
        return
    for item in node.items:
        line = _line(reader, item, scope, is_last=item is node.items[-1])
        if line is not None:
            yield line


_LINE_KEYS = ("name", "outcome", "when", "all", "any", "none", "reason", "otherwise")


def _line(reader: Reader, item: Node, scope: Scope, *, is_last: bool) -> OutcomeLine | None:
    entries = {entry.key.text: entry for entry in reader.entries(item, "a line of `qualification`", _LINE_KEYS)}
    outcome = _word(reader, item, entries, "outcome", "what a lead becomes, such as `nurture`")
    reason = _word(reader, item, entries, "reason", "why, in words that sales understands")
    name = reader.text(entries["name"].value, "`name`") if "name" in entries else outcome
    condition = _condition(reader, item, entries, scope, is_last=is_last)
    if outcome is not None and not _NAME.match(outcome):
        message = f"`{outcome}` is no outcome: use small letters, digits and `_`, such as `not_now`."
        reader.complain("wrong_name", message, entries["outcome"].value.place, "outcome")
    if outcome is None or reason is None or (condition is None and not is_last):
        return None
    return OutcomeLine(name or outcome, outcome, reason, condition, item.place)


def _word(reader: Reader, item: Node, entries: Mapping[str, Entry], key: str, meaning: str) -> str | None:
    if key in entries:
        return reader.text(entries[key].value, f"`{key}`")
    if isinstance(item, MapNode):
        reader.complain("missing_key", f"a line of `qualification` needs `{key}`: {meaning}.", item.place, key)
    return None


def _condition(reader: Reader, item: Node, entries: Mapping[str, Entry], scope: Scope, *, is_last: bool) -> Condition | None:
    """A line's condition; the last line has none but `otherwise: true`, and only that one."""
    when, otherwise = entries.get("when"), entries.get("otherwise")
    for key in GROUPS:
        if key in entries:
            message = f"write `when: {{{key}: [...]}}`: conditions stand under `when`."
            reader.complain("wrong_key", message, entries[key].key.place, key)
    if is_last:
        if otherwise is None and isinstance(item, MapNode):
            message = "the last line must be `otherwise: true` with an outcome and a reason, so that every lead gets one. Add it."
            reader.complain("missing_otherwise", message, item.place, "otherwise")
        elif otherwise is not None and not reader.truth(otherwise.value, "`otherwise`"):
            reader.complain("wrong_value", "the last line wants `otherwise: true`.", otherwise.value.place, "otherwise")
        if when is not None and otherwise is not None:
            message = "a line has `when` or `otherwise`, not both. Remove `when` from the last line."
            reader.complain("wrong_key", message, when.key.place, "when")
        elif when is not None:
            compile_condition(reader, when.value, scope)
        return None
    if otherwise is not None:
        message = "`otherwise` decides every lead, so nothing below it is ever reached. Move this line to the end."
        reader.complain("wrong_key", message, otherwise.key.place, "otherwise")
        return None
    if when is None:
        if isinstance(item, MapNode) and not any(key in entries for key in GROUPS):
            reader.complain(
                "missing_key", "a line of `qualification` needs `when`: the checks that must hold.", item.place, "when"
            )
        return None
    return compile_condition(reader, when.value, scope)


def _refuse_repeated_names(reader: Reader, lines: Sequence[OutcomeLine]) -> None:
    first: dict[str, OutcomeLine] = {}
    for line in lines:
        if line.name in first:
            message = (
                f"two lines are called `{line.name}`; the first is in line {first[line.name].place.line}. Give one a `name:`."
            )
            reader.complain("duplicate_name", message, line.place, line.name)
        first.setdefault(line.name, line)
