"""Compiling the `tests` of a mapping file."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.mapping.reader import Reader
from core.mapping.testcases import Expectation, Expected, ExpectedAction, MappingTest
from core.problems import did_you_mean

TEST_KEYS = ("name", "given", "expect")
IN_CRM = "in_crm"
OUTBOUND_EXPECT = ("create", "update", "sent", "not_sent", "back", "actions", "problems")
INBOUND_EXPECT = ("held", "problems")


def inbound_tests(reader: Reader, node: Node | None) -> tuple[MappingTest, ...]:
    """The tests of a source mapping: `given` names, expected lead fields."""

    def given(entry: Entry) -> tuple[str, ...]:
        return _texts(reader, entry.value, f"`{entry.key.text}`")

    return tuple(_test(reader, item, given, _inbound_expectation) for item in _items(reader, node))


def outbound_tests(reader: Reader, node: Node | None, written: frozenset[str], held: frozenset[str]) -> tuple[MappingTest, ...]:
    """The tests of a sink mapping: `given` lead fields by path and what is `in_crm`, expected CRM fields. `written` are the
    CRM fields that the mapping fills, `held` those and the ones that it reads back."""

    def given(entry: Entry) -> tuple[str, ...]:
        reader.lead_field(entry.key.text, entry.key.place)
        return _texts(reader, entry.value, f"`{entry.key.text}`")

    def expectation(reader: Reader, node: Node) -> Expectation:
        return _outbound_expectation(reader, node, written)

    return tuple(_test(reader, item, given, expectation, held) for item in _items(reader, node))


def _items(reader: Reader, node: Node | None) -> Iterable[MapNode]:
    if node is None or (isinstance(node, ScalarNode) and node.is_empty):
        return
    if not isinstance(node, ListNode):
        reader.complain("wrong_type", "`tests` must be a list; each test starts with `- name:`.", node.place)
        return
    for item in node.items:
        if isinstance(item, MapNode):
            yield item
        else:
            reader.complain("wrong_type", "a test has `name`, `given` and `expect`.", item.place)


def _test(
    reader: Reader,
    node: MapNode,
    given_texts: Callable[[Entry], tuple[str, ...]],
    expectation: Callable[[Reader, Node], Expectation],
    held: frozenset[str] | None = None,
) -> MappingTest:
    """One test. `held` are a sink mapping's CRM fields; without them `in_crm` is a name like any other."""
    parts = {entry.key.text: entry.value for entry in reader.entries(node, "a test", TEST_KEYS)}
    name = reader.text(parts["name"], "the test's name") or "" if "name" in parts else ""
    for key in TEST_KEYS:
        if key not in parts:
            reader.complain("missing_key", f"this test has no `{key}:`.", node.place, key)
    expect = expectation(reader, parts["expect"]) if "expect" in parts else Expectation()
    given: dict[str, tuple[str, ...]] = {}
    in_crm: dict[str, str] | None = None
    for entry in reader.entries(parts["given"], "`given`") if "given" in parts else ():
        if held is not None and entry.key.text == IN_CRM:
            in_crm = _in_crm(reader, entry.value, held)
            continue
        given[entry.key.text] = given_texts(entry)
    return MappingTest(name, given, expect, node.place, in_crm)


def _in_crm(reader: Reader, node: Node, held: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in reader.entries(node, "`in_crm`"):
        _crm_field(reader, entry.key, held, "neither writes nor reads")
        texts = _texts(reader, entry.value, f"`{entry.key.text}`")
        found[entry.key.text] = "; ".join(texts)
    return found


def _crm_field(reader: Reader, node: ScalarNode, written: frozenset[str], said: str = "does not write") -> None:
    if node.text not in written:
        message = f"this mapping {said} the CRM field `{node.text}`.{did_you_mean(node.text, written)}"
        reader.complain("unknown_field", message, node.place, node.text)


def _inbound_expectation(reader: Reader, node: Node) -> Expectation:
    fields: list[Expected] = []
    held: bool | None = None
    problems: tuple[Expected, ...] | None = None
    for entry in reader.entries(node, "`expect`"):
        key = entry.key.text
        if key == "held":
            held = reader.truth(entry.value, "`held`")
        elif key == "problems":
            problems = _names(reader, entry.value, "`problems`")
        elif key in reader.catalogue:
            fields.append(Expected(key, _texts(reader, entry.value, f"`{key}`"), entry.key.place))
        else:
            known = (*INBOUND_EXPECT, *reader.catalogue.fields)
            message = f"`{key}` can not be expected: it is no lead field.{did_you_mean(key, known)}"
            reader.complain("unknown_field", message, entry.key.place, key)
    return Expectation(fields=tuple(fields), held=held, problems=problems)


def _outbound_expectation(reader: Reader, node: Node, written: frozenset[str]) -> Expectation:
    parts = {entry.key.text: entry.value for entry in reader.entries(node, "`expect`", OUTBOUND_EXPECT)}
    bodies: dict[str, tuple[Expected, ...] | None] = {}
    for key in ("create", "update"):
        bodies[key] = _body(reader, parts[key], key, written) if key in parts else None
    for key in ("sent", "not_sent"):
        bodies[key] = _names(reader, parts[key], f"`{key}`", written) if key in parts else None
    return Expectation(
        create=bodies["create"],
        update=bodies["update"],
        sent=bodies["sent"],
        not_sent=bodies["not_sent"] or (),
        back=_back(reader, parts["back"]) if "back" in parts else None,
        actions=_actions(reader, parts["actions"]) if "actions" in parts else None,
        problems=_names(reader, parts["problems"], "`problems`") if "problems" in parts else None,
    )


def _body(reader: Reader, node: Node, key: str, written: frozenset[str]) -> tuple[Expected, ...]:
    found: list[Expected] = []
    for entry in reader.entries(node, f"`{key}`"):
        _crm_field(reader, entry.key, written)
        found.append(Expected(entry.key.text, _texts(reader, entry.value, f"`{entry.key.text}`"), entry.key.place))
    return tuple(found)


def _back(reader: Reader, node: Node) -> tuple[Expected, ...]:
    """Lead fields, with what reading the record back is to make of them."""
    found: list[Expected] = []
    for entry in reader.entries(node, "`back`"):
        reader.lead_field(entry.key.text, entry.key.place)
        found.append(Expected(entry.key.text, _texts(reader, entry.value, f"`{entry.key.text}`"), entry.key.place))
    return tuple(found)


def _names(reader: Reader, node: Node, what: str, written: frozenset[str] | None = None) -> tuple[Expected, ...]:
    """A list of names, each with its place."""
    if isinstance(node, ScalarNode) and node.is_empty:
        return ()
    items = node.items if isinstance(node, ListNode) else (node,)
    found: list[Expected] = []
    for item in items:
        text = reader.text(item, what)
        if text is None or not isinstance(item, ScalarNode):
            continue
        if written is not None:
            _crm_field(reader, item, written)
        found.append(Expected(text, (), item.place))
    return tuple(found)


def _actions(reader: Reader, node: Node) -> tuple[ExpectedAction, ...]:
    """Expected actions: a mapping of kinds to payload fields, or a list of kinds or such mappings."""
    items = node.items if isinstance(node, ListNode) else (node,)
    found: list[ExpectedAction] = []
    for item in items:
        if isinstance(item, ScalarNode):
            if not item.is_empty:
                found.append(ExpectedAction(item.text, (), item.place))
            continue
        for entry in reader.entries(item, "`actions`"):
            payload = tuple(
                Expected(part.key.text, _texts(reader, part.value, f"`{part.key.text}`"), part.key.place)
                for part in reader.entries(entry.value, f"`{entry.key.text}`")
            )
            found.append(ExpectedAction(entry.key.text, payload, entry.key.place))
    return tuple(found)


def _texts(reader: Reader, node: Node, what: str) -> tuple[str, ...]:
    """One text or several; nothing written is an empty text."""
    if isinstance(node, ListNode):
        return tuple(item.text for item in node.items if isinstance(item, ScalarNode))
    text = reader.text(node, what, may_be_blank=True)
    return () if text is None else (text,)
