"""Compiling a mapping to a CRM: the CRM's API names left, lead fields right."""

from __future__ import annotations

from collections.abc import Iterable

from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.lead import Value
from core.mapping import parts
from core.mapping.compile_actions import company, each_touch
from core.mapping.compile_back import compile_back
from core.mapping.compile_ranges import range_end, steps
from core.mapping.compile_tests import outbound_tests
from core.mapping.outbound import OPTED_OUT, Line, OutboundMapping, Owner, WhenConverted
from core.mapping.reader import Reader
from core.rendering import Update

OUTBOUND_KEYS = (
    "mapping", "to", "object", "update", "fields", "set", "from_crm", "owner", "company", "each_touch", "when_converted", "tests",
)  # fmt: skip
OUTBOUND_VERBS = ("from", "default", "update", "required", "values", "otherwise", "ranges", "range", "join")
SET_VERBS = ("value", "update")
POLICIES: dict[str, Update] = {"always": "always", "if_empty": "if_empty", "never": "never"}
OWNER_KEYS = ("assigned_by", "update")
ASSIGNERS = ("leadrelay",)

_LEAD_STATUS = ("status",)


def compile_outbound(reader: Reader, root: MapNode, name: str, to: str) -> OutboundMapping:
    """The mapping as far as it can be read; the reader holds what is wrong."""
    node = root.get("object")
    if node is None:
        reader.complain("missing_key", "`object:` is missing: the CRM's object, such as Lead or Contact.", root.place, "object")
    crm_object = reader.text(node, "`object`") if node is not None else None
    update = _update(reader, root.get("update"), "`update`") or "if_empty"
    fields = root.get("fields")
    if fields is None or (isinstance(fields, ScalarNode) and fields.is_empty):
        reader.complain("missing_key", "`fields:` is missing: the CRM's fields, each with the lead field it takes.", root.place)
    lines = list(_lines(reader, fields, update)) if fields is not None else []
    lines += _constants(reader, root.get("set"), update, {line.name: line for line in lines})
    _check_names(reader, lines)
    back = compile_back(reader, root.get("from_crm"), name, lines)
    names = frozenset(line.name for line in lines)
    tests = outbound_tests(reader, root.get("tests"), names, names | back.input_names)
    return OutboundMapping(
        name,
        to,
        crm_object or "",
        tuple(lines),
        _owner(reader, root.get("owner"), to),
        each_touch(reader, root.get("each_touch"), to),
        _when_converted(reader, root.get("when_converted")),
        tests,
        root.place,
        back,
        company(reader, root.entry("company"), to),
    )


def _update(reader: Reader, node: Node | None, what: str) -> Update | None:
    word = None if node is None else reader.choice(node, what, tuple(POLICIES))
    return None if word is None else POLICIES[word]


def _lines(reader: Reader, node: Node, update: Update) -> Iterable[Line]:
    for entry in reader.entries(node, "`fields`"):
        line = _line(reader, entry, update)
        if line is not None:
            yield line


def _line(reader: Reader, entry: Entry, update: Update) -> Line | None:
    name, node, place = entry.key.text, entry.value, entry.key.place
    what = f"`{name}`"
    if isinstance(node, ScalarNode | ListNode):
        paths = _paths(reader, node, what)
        return Line(name, paths, place, _policy_for(paths, None, update)) if paths else None
    verbs = {verb.key.text: verb.value for verb in reader.entries(node, f"the mapping of {what}", OUTBOUND_VERBS)}
    if "from" not in verbs:
        message = f"the mapping of {what} needs `from:`, the lead field it takes. For a constant use `set`."
        reader.complain("missing_key", message, node.place, name)
    paths = _paths(reader, verbs["from"], f"`from` of {what}") if "from" in verbs else ()
    own = _update(reader, verbs.get("update"), f"`update` of {what}")
    _check_together(reader, node, what, paths)
    default = reader.text(verbs["default"], f"`default` of {what}") if "default" in verbs else None
    is_required = reader.truth(verbs["required"], f"`required` of {what}") if "required" in verbs else None
    table = parts.translation(reader, node, what)
    ladder = steps(reader, verbs.get("ranges"), what, paths)
    otherwise = verbs.get("otherwise")
    return Line(
        name=name,
        paths=paths,
        place=place,
        update=_policy_for(paths, own, update),
        default=default,
        is_required=bool(is_required),
        translation=table,
        steps=ladder,
        otherwise=otherwise.text if ladder and isinstance(otherwise, ScalarNode) else None,
        range_end=range_end(reader, verbs.get("range"), what, paths),
        is_range=bool(paths) and all(reader.catalogue[path].type == "range" for path in paths),
        join=parts.joiner(reader, node, what),
    )


def _policy_for(paths: tuple[str, ...], own: Update | None, default: Update) -> Update:
    """The update policy: opt-outs have their own, and status belongs to sales unless the line says otherwise."""
    if any(path.endswith(OPTED_OUT) for path in paths):
        return "opt_out"
    if own is None and paths == _LEAD_STATUS:
        return "never"
    return own or default


def _paths(reader: Reader, node: Node, what: str) -> tuple[str, ...]:
    """The lead fields that a node names; each must be one that a lead has."""
    paths = reader.texts(node, what)
    places = [item.place for item in node.items] if isinstance(node, ListNode) else [node.place] * len(paths)
    found: list[str] = []
    for path, place in zip(paths, places, strict=False):
        if not reader.lead_field(path, place):
            continue
        if reader.catalogue[path].rule != "touch":
            found.append(path)
            continue
        message = f"`{path}` belongs to a touch, not to a lead.{_instead_of_touch(path)}"
        reader.complain("touch_field", message, place, path)
    if len(paths) > 1 and any(path.endswith(OPTED_OUT) for path in paths):
        reader.complain("opt_out", f"{what} takes an opt-out, which can not be mixed with other fields.", node.place)
    return tuple(found)


def _instead_of_touch(path: str) -> str:
    if path == "person.full_name":
        return ' Take `person.first_name` and `person.last_name`; for both in one field `{from: [...], join: " "}`.'
    name = path.removeprefix("touch.")
    return f" Take `last_touch.{name}` or `first_touch.{name}`, or use it under `each_touch`."


def _check_together(reader: Reader, node: MapNode, what: str, paths: tuple[str, ...]) -> None:
    """Complain of verbs that exclude each other."""
    shaping = [entry for entry in node.entries if entry.key.text in ("values", "ranges", "range", "join")]
    if any(path.endswith(OPTED_OUT) for path in paths):
        for entry in node.entries:
            if entry.key.text not in ("from", "update"):
                message = (
                    f"{what} takes an opt-out, which is always sent as it is and never taken back. Remove `{entry.key.text}`."
                )
                reader.complain("opt_out", message, entry.key.place, entry.key.text)
        return
    allowed = {"values", "join"}
    if len(shaping) > 1 and not {entry.key.text for entry in shaping} <= allowed:
        words = " and ".join(f"`{entry.key.text}`" for entry in shaping)
        reader.complain("excluding_verbs", f"{what} has {words}. Keep one of them.", shaping[1].key.place)


def _constants(reader: Reader, node: Node | None, update: Update, used: dict[str, Line]) -> Iterable[Line]:
    if node is None:
        return
    for entry in reader.entries(node, "`set`"):
        name, place = entry.key.text, entry.key.place
        if name in used:
            message = f"`{name}` is filled in line {used[name].place.line} already. Keep one of the two."
            reader.complain("duplicate_use", message, place, name)
            continue
        constant, own = _constant(reader, entry)
        if constant is not None:
            yield Line(name, (), place, own or update, constant=constant)


def _constant(reader: Reader, entry: Entry) -> tuple[Value | None, Update | None]:
    """A constant as one text, or as `{value, update}`."""
    what = f"`{entry.key.text}`"
    if not isinstance(entry.value, MapNode):
        return reader.text(entry.value, what), None
    verbs = {verb.key.text: verb.value for verb in reader.entries(entry.value, what, SET_VERBS)}
    if "value" not in verbs:
        reader.complain("missing_key", f"{what} needs `value:`, or just the text behind the name.", entry.value.place)
        return None, None
    return reader.text(verbs["value"], f"`value` of {what}"), _update(reader, verbs.get("update"), f"`update` of {what}")


def _check_names(reader: Reader, lines: Iterable[Line]) -> None:
    """Complain of CRM names that are the same but for case: a CRM takes them for one field."""
    seen: dict[str, Line] = {}
    for line in lines:
        if not line.name.strip():
            reader.complain("empty", "the CRM field's name is empty. Write its API name.", line.place)
            continue
        first = seen.setdefault(line.name.strip().lower(), line)
        if first is not line:
            message = f"`{line.name}` and `{first.name}` in line {first.place.line} are the same CRM field. Keep one of the two."
            reader.complain("duplicate_use", message, line.place, line.name)


def _owner(reader: Reader, node: Node | None, to: str) -> Owner:
    verbs = {entry.key.text: entry.value for entry in reader.entries(node, "`owner`", OWNER_KEYS)} if node is not None else {}
    assigned_by = reader.choice(verbs["assigned_by"], "`assigned_by`", (*ASSIGNERS, to)) if "assigned_by" in verbs else None
    return Owner(assigned_by or "leadrelay", _update(reader, verbs.get("update"), "`update` of `owner`") or "never")


def _when_converted(reader: Reader, node: Node | None) -> WhenConverted | None:
    if node is None:
        return None
    verbs = {entry.key.text: entry.value for entry in reader.entries(node, "`when_converted`", ("object", "mapping"))}
    texts: list[str] = []
    for key in ("object", "mapping"):
        if key not in verbs:
            reader.complain("missing_key", f"`when_converted` needs `{key}:`.", node.place, key)
        else:
            texts.append(reader.text(verbs[key], f"`{key}` of `when_converted`") or "")
    return WhenConverted(texts[0], texts[1], node.place) if len(texts) == 2 else None
