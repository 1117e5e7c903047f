"""Compiling a mapping to `lead`: lead fields left, the source's names right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.fields import CONSENT_PURPOSES
from core.mapping import parts
from core.mapping.compile_tests import inbound_tests
from core.mapping.constants import check_constant, is_region, region_meant
from core.mapping.inbound import ConsentRule, Constant, FieldLine, InboundMapping
from core.mapping.reader import Reader
from core.mapping.translation import LEAVE_OUT, Translation
from core.problems import Place

INBOUND_KEYS = ("mapping", "to", "fields", "set", "consent", "ignore", "tests")
INBOUND_VERBS = ("from", "region", "values", "otherwise", "join", "default")
FROM_CRM_VERBS = tuple(verb for verb in INBOUND_VERBS if verb != "default")
"""An empty CRM field says nothing, so there is no `default` for it."""
CONSENT_VERBS = ("when", "text", "double_opt_in")

PHONES = frozenset({"person.phone", "person.mobile", "person.phones"})


def compile_inbound(reader: Reader, root: MapNode, name: str) -> InboundMapping:
    """The mapping as far as it can be read; the reader holds what is wrong."""
    fields = root.get("fields")
    lines = tuple(_lines(reader, fields, "`fields`", _target, INBOUND_VERBS)) if fields is not None else ()
    if fields is None or (isinstance(fields, ScalarNode) and fields.is_empty):
        reader.complain("missing_key", "`fields:` is missing: lead fields, each with the name it is read from.", root.place)
    constants = tuple(_constants(reader, root.get("set"), {line.path: line.place for line in lines}))
    taken = {line.path: line.place for line in lines} | {constant.path: constant.place for constant in constants}
    consents = tuple(_consents(reader, root.get("consent"), taken))
    ignored = _ignored(reader, root.get("ignore"), lines, consents)
    tests = inbound_tests(reader, root.get("tests"))
    return InboundMapping(name, lines, constants, consents, ignored, tests, root.place)


def lines_back(reader: Reader, node: Node) -> tuple[FieldLine, ...]:
    """The lines under a sink mapping's `from_crm`: lead fields left, the CRM's names right."""
    return tuple(_lines(reader, node, "`from_crm`", _target_back, FROM_CRM_VERBS))


def _lines(
    reader: Reader, node: Node, section: str, accepts: Callable[[Reader, Entry], bool], known: Collection[str]
) -> Iterable[FieldLine]:
    for entry in reader.entries(node, section):
        if accepts(reader, entry):
            line = _line(reader, entry, known)
            if line is not None:
                yield line


def _target(reader: Reader, entry: Entry) -> bool:
    """Whether the entry's key is a lead field that a source may fill."""
    path, place = entry.key.text, entry.key.place
    if not reader.lead_field(path, place):
        return False
    if reader.catalogue.is_input(path):
        return True
    message = f"field `{path}` is computed by leadrelay and can not be mapped to.{_instead(path)}"
    reader.complain("derived_field", message, place, path)
    return False


def _target_back(reader: Reader, entry: Entry) -> bool:
    """Whether the entry's key is a lead field that a CRM may tell."""
    path, place = entry.key.text, entry.key.place
    if not reader.lead_field(path, place):
        return False
    if path.startswith("owner."):
        message = f"`{path}` is read back by itself, from whoever owns the record. Remove the line."
        reader.complain("read_back_already", message, place, path)
        return False
    if reader.catalogue.is_told(path):
        return True
    if reader.catalogue[path].rule == "touch":
        said = "belongs to one touch, and a CRM tells of the lead"
    else:
        said = "is computed by leadrelay and can not be read back"
    reader.complain("derived_field", f"field `{path}` {said}.{_instead_back(path)}", place, path)
    return False


def _instead_back(path: str) -> str:
    if path == "person.full_name":
        return " Read `person.first_name` and `person.last_name` back."
    return _instead(path) if path.endswith(".opted_out") else " Remove the line."


def _instead(path: str) -> str:
    if path.startswith(("owner.", "sales.")) or path in ("status", "lifecycle_stage"):
        return " It is told by a CRM that is read back; remove the line."
    if path.endswith(".opted_out"):
        field = path.removesuffix(".opted_out")
        return f" Map to `{field}` with `values: {{their word: opted_out}}`."
    if path.startswith(("first_touch.", "last_touch.")):
        return f" Map to `touch.{path.partition('.')[2]}`."
    return " Remove the line."


def _line(reader: Reader, entry: Entry, known: Collection[str]) -> FieldLine | None:
    path, node = entry.key.text, entry.value
    what = f"`{path}`"
    if isinstance(node, ScalarNode | ListNode):
        inputs = reader.texts(node, what)
        return FieldLine(path, inputs, entry.key.place) if inputs else None
    verbs = {verb.key.text: verb.value for verb in reader.entries(node, f"the mapping of {what}", known)}
    if "from" not in verbs:
        reader.complain("missing_key", f"the mapping of {what} needs `from:`, the name it is read from.", node.place, path)
    inputs = reader.texts(verbs["from"], f"`from` of {what}") if "from" in verbs else ()
    table = parts.translation(reader, node, what)
    default = reader.text(verbs["default"], f"`default` of {what}") if "default" in verbs else None
    _check_results(reader, path, node, table, default)
    return FieldLine(
        path,
        inputs,
        entry.key.place,
        _region(reader, path, verbs.get("region")),
        table,
        parts.joiner(reader, node, what),
        default or "",
    )


def _region(reader: Reader, path: str, node: Node | None) -> str:
    """The region for numbers without a country code, in capitals; empty when there is none."""
    if node is None:
        return ""
    text = reader.text(node, f"`region` of `{path}`") or ""
    if path not in PHONES:
        reader.complain("unknown_key", f"`region` is for phone numbers, and `{path}` is none. Remove it.", node.place, path)
    elif text and not is_region(text):
        message = f"`region` of `{path}` must be a country's two letters, such as DE, and here is `{text}`.{region_meant(text)}"
        reader.complain("bad_region", message, node.place, path)
    return text.strip().upper()


def _check_results(reader: Reader, path: str, node: MapNode, table: Translation | None, default: str | None) -> None:
    """Complain of constants of a line that the lead field can not hold."""
    if default is not None and (found := node.get("default")) is not None:
        check_constant(reader, path, default, found.place)
    if table is None:
        return
    listed = node.get("values")
    for entry in listed.entries if isinstance(listed, MapNode) else ():
        if entry.key.text in table.values:
            check_constant(reader, path, table.values[entry.key.text], entry.value.place)
    found = node.get("otherwise")
    if found is not None and table.otherwise not in (None, LEAVE_OUT):
        check_constant(reader, path, str(table.otherwise), found.place)


def _constants(reader: Reader, node: Node | None, mapped: dict[str, Place]) -> Iterable[Constant]:
    if node is None:
        return
    for entry in reader.entries(node, "`set`"):
        path = entry.key.text
        if not _target(reader, entry) or _is_used(reader, path, entry.key.place, mapped):
            continue
        text = reader.text(entry.value, f"`{path}`")
        if text is not None:
            check_constant(reader, path, text, entry.value.place)
            yield Constant(path, text, entry.key.place)


def _is_used(reader: Reader, path: str, place: Place, used: dict[str, Place]) -> bool:
    first = used.get(path)
    if first is not None:
        message = f"`{path}` is filled in line {first.line} already. Keep one of the two."
        reader.complain("duplicate_use", message, place, path)
    return first is not None


def _consents(reader: Reader, node: Node | None, used: dict[str, Place]) -> Iterable[ConsentRule]:
    if node is None:
        return
    for entry in reader.entries(node, "`consent`", CONSENT_PURPOSES):
        purpose = entry.key.text
        if _is_used(reader, f"consent.{purpose}", entry.key.place, used):
            continue
        verbs = {verb.key.text: verb.value for verb in reader.entries(entry.value, f"`{purpose}`", CONSENT_VERBS)}
        if "when" not in verbs:
            message = (
                f"`{purpose}` needs `when:`: what the form sends when a person agreed, such as `when: {{box: {{is: yes}}}}`."
            )
            reader.complain("missing_key", message, entry.value.place, purpose)
            continue
        text = reader.text(verbs["text"], f"`text` of `{purpose}`") if "text" in verbs else None
        is_double = reader.truth(verbs["double_opt_in"], f"`double_opt_in` of `{purpose}`") if "double_opt_in" in verbs else None
        clauses = parts.clauses(reader, verbs["when"], f"`{purpose}`")
        yield ConsentRule(purpose, clauses, text or "", bool(is_double), entry.key.place)


def _names_read(lines: Iterable[FieldLine], consents: Iterable[ConsentRule]) -> frozenset[str]:
    read = {name for line in lines for name in line.inputs}
    return frozenset(read | {clause.name for rule in consents for clause in rule.clauses})


def _ignored(reader: Reader, node: Node | None, lines: Iterable[FieldLine], consents: Iterable[ConsentRule]) -> frozenset[str]:
    if node is None or (isinstance(node, ListNode) and not node.items):
        return frozenset()
    read = _names_read(lines, consents)
    for item in node.items if isinstance(node, ListNode) else (node,):
        if isinstance(item, ScalarNode) and item.text in read:
            message = f"input `{item.text}` is both read and ignored. Remove one of the two."
            reader.complain("duplicate_use", message, item.place, item.text)
    return frozenset(reader.texts(node, "`ignore`"))
