"""The parts of a mapping file that read the same in both directions: `values`, `join`, `when`."""

from __future__ import annotations

from collections.abc import Callable

from core.documents import Entry, MapNode, Node
from core.mapping.clauses import CLAUSE_VERBS, Clause, fold
from core.mapping.reader import Reader
from core.mapping.translation import Translation


def translation(reader: Reader, verbs: MapNode, what: str) -> Translation | None:
    """The table under `values` with its `otherwise`; an `otherwise` alone is a complaint."""
    otherwise = verbs.entry("otherwise")
    replacement = None if otherwise is None else reader.text(otherwise.value, f"`otherwise` of {what}")
    table = verbs.get("values")
    if table is None:
        if otherwise is not None and verbs.get("ranges") is None:
            message = f"`otherwise` of {what} needs `values` beside it. Add them, or use `default` for what is not filled."
            reader.complain("otherwise_alone", message, otherwise.key.place, "otherwise")
        return None
    values: dict[str, str] = {}
    for entry in reader.entries(table, f"`values` of {what}"):
        text = reader.text(entry.value, f"the value for `{entry.key.text}`")
        if text is not None:
            values[entry.key.text] = text
    if not values:
        reader.complain("empty", f"`values` of {what} lists nothing. Write `values: {{their word: our word}}`.", table.place)
    return Translation(values, replacement)


def joiner(reader: Reader, verbs: MapNode, what: str) -> str | None:
    """The text under `join`; a backslash and an n in a text without quotes mean a new line too."""
    node = verbs.get("join")
    text = None if node is None else reader.text(node, f"`join` of {what}", may_be_blank=True)
    return None if text is None else text.replace("\\n", "\n")


def clauses(reader: Reader, node: Node, what: str, accepts: Callable[[Entry], bool] = lambda entry: True) -> tuple[Clause, ...]:
    """The conditions under `when`, all of which must hold; `accepts` complains of names that can not be asked."""
    found: list[Clause] = []
    for entry in reader.entries(node, f"`when` of {what}"):
        if not accepts(entry):
            continue
        name = entry.key.text
        if not isinstance(entry.value, MapNode):
            message = f"say what `{name}` is compared with, such as `{name}: {{in: [a, b]}}` or `{name}: {{known: true}}`."
            reader.complain("wrong_type", message, entry.value.place, name)
            continue
        found.extend(_conditions(reader, name, entry.value))
    if not found and not reader.problems:
        reader.complain("empty", f"`when` of {what} asks for nothing. Write a condition, or remove the line.", node.place)
    return tuple(found)


def _conditions(reader: Reader, name: str, node: MapNode) -> list[Clause]:
    found: list[Clause] = []
    if not node.entries:
        reader.complain("empty", f"the condition on `{name}` is empty. Use one of {', '.join(CLAUSE_VERBS)}.", node.place, name)
    for entry in reader.entries(node, f"the condition on `{name}`", CLAUSE_VERBS):
        verb = next(known for known in CLAUSE_VERBS if known == entry.key.text)
        what = f"`{verb}` of `{name}`"
        operands: tuple[str, ...]
        if verb == "known":
            operands = ("true",) if reader.truth(entry.value, what) else ("false",)
        elif verb in ("in", "not_in"):
            operands = reader.texts(entry.value, what)
        else:
            text = reader.text(entry.value, what)
            operands = () if text is None else (text,)
        found.append(Clause(name, verb, frozenset(fold(text) for text in operands), entry.key.place))
    return found
