"""Reading the tests of a rules file, with every complaint at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.mapping.reader import Reader
from core.operators import Truth, duration
from core.problems import did_you_mean
from core.qualification import SET_PREFIX
from core.rule_tests.model import (
    CHECKS,
    EXPECT_OF_PLACES,
    EXPECT_OF_ROUTING,
    EXPECT_OF_SCORING,
    NONE,
    QUARANTINE,
    SCORES,
    Expectable,
    ExpectedText,
    GivenField,
    GivenTouch,
    RuleTest,
)
from core.scoring.numbers import whole_number

_TEST_KEYS = ("name", "given", "expect")
_TRUTHS = tuple(one.value for one in Truth)


def read_tests(reader: Reader, node: Node | None, expectable: Expectable) -> list[RuleTest]:
    """The tests of one file; complaints go to the reader."""
    if node is None or (isinstance(node, ScalarNode) and node.is_empty):
        return []
    if not isinstance(node, ListNode):
        reader.complain("wrong_type", "`tests` is a list, each with `name`, `given` and `expect`.", node.place)
        return []
    return [_test(reader, item, number, expectable) for number, item in enumerate(node.items, 1)]


def _test(reader: Reader, item: Node, number: int, expectable: Expectable) -> RuleTest:
    before = len(reader.problems)
    entries = {entry.key.text: entry.value for entry in reader.entries(item, "a test", _TEST_KEYS)}
    name = reader.text(entries["name"], "`name`") if "name" in entries else None
    fields: list[GivenField] = []
    touches: list[GivenTouch] = []
    for entry in reader.entries(entries["given"], "`given`") if "given" in entries else ():
        if entry.key.text == "touches":
            touches = list(_touches(reader, entry.value))
        else:
            fields.extend(_given(reader, entry))
    expected: list[ExpectedText] = []
    ask: tuple[ExpectedText, ...] | None = None
    for entry in _expectations(reader, entries.get("expect"), expectable):
        if entry.key.text == "ask":
            ask = tuple(_asked(reader, entry.value))
        else:
            expected.extend(_expected(reader, entry, expectable))
    if not expected and ask is None and isinstance(item, MapNode) and len(reader.problems) == before:
        message = "a test needs `expect` with something in it, such as `expect: {outcome: undecided}`."
        reader.complain("missing_key", message, item.place, "expect")
    return RuleTest(name or f"test {number}", tuple(fields), tuple(touches), tuple(expected), ask, item.place)


def _expected(reader: Reader, entry: Entry, expectable: Expectable) -> Iterator[ExpectedText]:
    """What one key of `expect` says."""
    match entry.key.text:
        case "checks":
            yield from _checks(reader, entry.value, expectable.checks)
        case "segments":
            yield from _segments(reader, entry.value, expectable)
        case "qualification":
            yield from _verdicts(reader, entry.value, expectable)
        case "entered":
            yield from _entered(reader, entry.value, expectable)
        case _:
            yield from _plain(reader, entry, expectable)


def _expectations(reader: Reader, node: Node | None, expectable: Expectable) -> Iterator[Entry]:
    known = expectable.keys
    for entry in () if node is None else reader.entries(node, "`expect`"):
        key = entry.key.text
        if key in known:
            yield entry
        elif key in (*EXPECT_OF_SCORING, *EXPECT_OF_ROUTING):
            section = "scoring" if key in EXPECT_OF_SCORING else "routing"
            message = f"`{key}` can not be expected without a section `{section}`. Write one, or remove it from the test."
            reader.complain("missing_section", message, entry.key.place, key)
        elif key in EXPECT_OF_PLACES or key == QUARANTINE:
            section = EXPECT_OF_PLACES.get(key, key)
            message = f"`{key}` can not be expected without a section `{section}` for it. Write one, or remove it from the test."
            reader.complain("missing_section", message, entry.key.place, key)
        else:
            message = f"`{key}` can not be expected.{did_you_mean(key, known)} Known are {', '.join(known)}."
            reader.complain("unknown_key", message, entry.key.place, key)


def _given(reader: Reader, entry: Entry) -> Iterator[GivenField]:
    path, node = entry.key.text, entry.value
    if not reader.lead_field(path, entry.key.place):
        return
    if isinstance(node, ListNode):
        texts = reader.texts(node, path) if node.items else ()
    else:
        text = reader.text(node, path, may_be_blank=True)
        texts = (text,) if text else ()
    if texts:
        yield GivenField(path, texts, node.place)


def _touches(reader: Reader, node: Node) -> Iterator[GivenTouch]:
    """Kinds, the oldest first; `{kind: demo_request, ago: 100 days, content: ebook-7}` for one that is not of today, or is of
    some content. The same kind several times is as many touches."""
    for item in node.items if isinstance(node, ListNode) else (node,):
        if not isinstance(item, MapNode):
            kind = reader.text(item, "a touch")
            if kind is not None:
                yield GivenTouch(kind)
            continue
        entries = {entry.key.text: entry.value for entry in reader.entries(item, "a touch", ("kind", "ago", "content"))}
        kind = reader.text(entries["kind"], "`kind`") if "kind" in entries else None
        ago = duration(reader, entries["ago"], "`ago`") if "ago" in entries else 0
        content = reader.text(entries["content"], "`content`") if "content" in entries else ""
        if kind is None and "kind" not in entries:
            reader.complain("missing_key", "a touch needs its `kind`.", item.place, "kind")
        if kind is not None and ago is not None and content is not None:
            yield GivenTouch(kind, ago, content)


def _asked(reader: Reader, node: Node) -> Iterator[ExpectedText]:
    for item in node.items if isinstance(node, ListNode) else (node,):
        path = reader.text(item, "a field of `ask`")
        if path is not None and reader.lead_field(path, item.place):
            yield ExpectedText("ask", path, item.place)


def _checks(reader: Reader, node: Node, checks: tuple[str, ...]) -> Iterator[ExpectedText]:
    for entry in reader.entries(node, "`checks`"):
        name = entry.key.text
        if name not in checks:
            reader.complain("unknown_check", f"there is no check `{name}`.{did_you_mean(name, checks)}", entry.key.place, name)
        elif (word := reader.choice(entry.value, f"the check {name}", _TRUTHS)) is not None:
            yield ExpectedText(CHECKS + name, word, entry.value.place)


def _segments(reader: Reader, node: Node, expectable: Expectable) -> Iterator[ExpectedText]:
    """All segments of the lead, in any order; an empty list or `none` for none."""
    if isinstance(node, ListNode) and not node.items:
        yield ExpectedText("segments", NONE, node.place)
        return
    items = node.items if isinstance(node, ListNode) else (node,)
    names = [reader.choice(item, "`segments`", expectable.words("segments")) for item in items]
    if all(name is not None for name in names):
        yield ExpectedText("segments", shown_names(name for name in names if name is not None), node.place)


def _entered(reader: Reader, node: Node, expectable: Expectable) -> Iterator[ExpectedText]:
    """The lifecycle stages that the score made the lead enter, in their order, each as often as it was told."""
    items = node.items if isinstance(node, ListNode) else (node,)
    words = expectable.stage_names
    names = [reader.choice(item, "`entered`", words if isinstance(node, ListNode) else (*words, NONE)) for item in items]
    if all(name is not None for name in names):
        yield ExpectedText("entered", shown_moves(name for name in names if name and name != NONE), node.place)


def shown_moves(names: Iterable[str]) -> str:
    """The stages that were entered, as tests and messages show them."""
    return ", ".join(names) or NONE


def shown_names(names: Iterable[str]) -> str:
    """Names in an order that says nothing, as tests and messages show them."""
    return ", ".join(sorted(set(names))) or NONE


def _verdicts(reader: Reader, node: Node, expectable: Expectable) -> Iterator[ExpectedText]:
    """`qualification: {pql: yes}`: the verdicts of named lists beside the outcome."""
    sets = {one.name: one for one in expectable.sets}
    for entry in reader.entries(node, "`qualification`", tuple(sets)):
        words = tuple(dict.fromkeys(line.outcome for line in sets[entry.key.text].lines))
        if (word := reader.choice(entry.value, f"the verdict of {entry.key.text}", words)) is not None:
            yield ExpectedText(SET_PREFIX + entry.key.text, word, entry.value.place)


def _plain(reader: Reader, entry: Entry, expectable: Expectable) -> Iterator[ExpectedText]:
    name, node = entry.key.text, entry.value
    if name in SCORES:
        number = whole_number(reader, node, f"`{name}`")
        text = None if number is None else str(number)
    else:
        words = expectable.words(name)
        text = reader.choice(node, f"`{name}`", words) if words else reader.text(node, f"`{name}`")
    if text is not None:
        yield ExpectedText(name, text, node.place)
