"""The tests in a rules file: a lead given by its fields and touches, and the verdict that is expected of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.fields import Catalogue
from core.golden import fold_all
from core.lead import Cell, Lead, Touch, Value, Won
from core.mapping.reader import Reader
from core.mapping.running import TestResult
from core.normalize import RawValue, normalize
from core.operators import Truth, duration
from core.problems import Place, Problem, did_you_mean

if TYPE_CHECKING:
    from core.rules import Rules

NOON = 1_763_726_400_000
"""The `as_of` of every test: 2025-11-21T12:00:00Z."""

_TEST_KEYS = ("name", "given", "expect")
_EXPECT_KEYS = ("outcome", "reason", "rule", "checks", "ask")
_LATER = ("score", "score.total", "owner", "lifecycle_stage", "segment", "segments", "pool", "queue", "route")
_NO_OUTCOME = "none"
_TRUTHS = tuple(one.value for one in Truth)


@dataclass(frozen=True, slots=True)
class GivenField:
    """One field of a test's lead, as texts."""

    path: str
    texts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class GivenTouch:
    """One touch of a test's lead: its kind, and how long ago it was, in milliseconds."""

    kind: str
    ago: int = 0


@dataclass(frozen=True, slots=True)
class ExpectedText:
    """One thing that a test expects, and where it says so."""

    name: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One test. `ask` None: the test does not look at what is to be asked."""

    name: str
    fields: tuple[GivenField, ...]
    touches: tuple[GivenTouch, ...]
    expected: tuple[ExpectedText, ...]
    ask: tuple[ExpectedText, ...] | None
    place: Place


# --- reading --------------------------------------------------------------------------------------------------------


def read_tests(reader: Reader, node: Node | None, checks: Collection[str], outcomes: Collection[str]) -> list[RuleTest]:
    """The tests of one file; complaints go to the reader."""
    if node is None or (isinstance(node, ScalarNode) and node.is_empty):
        return []
    if not isinstance(node, ListNode):
        reader.complain("wrong_type", "`tests` is a list, each with `name`, `given` and `expect`.", node.place)
        return []
    return [_test(reader, item, number, checks, outcomes) for number, item in enumerate(node.items, 1)]


def _test(reader: Reader, item: Node, number: int, checks: Collection[str], outcomes: Collection[str]) -> RuleTest:
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
    if "expect" not in entries and isinstance(item, MapNode):
        reader.complain("missing_key", "a test needs `expect`, such as `expect: {outcome: undecided}`.", item.place, "expect")
    for entry in _expectations(reader, entries.get("expect")):
        if entry.key.text == "ask":
            ask = tuple(_asked(reader, entry.value))
        elif entry.key.text == "checks":
            expected.extend(_checks(reader, entry.value, checks))
        else:
            expected.extend(_plain(reader, entry, outcomes))
    return RuleTest(name or f"test {number}", tuple(fields), tuple(touches), tuple(expected), ask, item.place)


def _expectations(reader: Reader, node: Node | None) -> Iterator[Entry]:
    for entry in () if node is None else reader.entries(node, "`expect`"):
        key = entry.key.text
        if key in _EXPECT_KEYS:
            yield entry
        elif key in _LATER:
            message = f"this version does not evaluate `{key}` yet. Remove it from the test."
            reader.complain("not_yet", message, entry.key.place, key)
        else:
            message = f"`{key}` can not be expected.{did_you_mean(key, _EXPECT_KEYS)} Known are {', '.join(_EXPECT_KEYS)}."
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
    """Kinds, the oldest first; `{kind: demo_request, ago: 100 days}` for one that is not of today."""
    for item in node.items if isinstance(node, ListNode) else (node,):
        if not isinstance(item, MapNode):
            kind = reader.text(item, "a touch")
            if kind is not None:
                yield GivenTouch(kind)
            continue
        entries = {entry.key.text: entry.value for entry in reader.entries(item, "a touch", ("kind", "ago"))}
        kind = reader.text(entries["kind"], "`kind`") if "kind" in entries else None
        ago = duration(reader, entries["ago"], "`ago`") if "ago" in entries else 0
        if kind is None and "kind" not in entries:
            reader.complain("missing_key", "a touch needs its `kind`.", item.place, "kind")
        if kind is not None and ago is not None:
            yield GivenTouch(kind, ago)


def _asked(reader: Reader, node: Node) -> Iterator[ExpectedText]:
    for item in node.items if isinstance(node, ListNode) else (node,):
        path = reader.text(item, "a field of `ask`")
        if path is not None and reader.lead_field(path, item.place):
            yield ExpectedText("ask", path, item.place)


def _checks(reader: Reader, node: Node, checks: Collection[str]) -> Iterator[ExpectedText]:
    for entry in reader.entries(node, "`checks`"):
        name = entry.key.text
        if name not in checks:
            reader.complain("unknown_check", f"there is no check `{name}`.{did_you_mean(name, checks)}", entry.key.place, name)
        elif (word := reader.choice(entry.value, f"the check {name}", _TRUTHS)) is not None:
            yield ExpectedText(name, word, entry.value.place)


def _plain(reader: Reader, entry: Entry, outcomes: Collection[str]) -> Iterator[ExpectedText]:
    name, node = entry.key.text, entry.value
    text = reader.choice(node, "`outcome`", (*outcomes, _NO_OUTCOME)) if name == "outcome" else reader.text(node, f"`{name}`")
    if text is not None:
        yield ExpectedText(name, text, node.place)


# --- running --------------------------------------------------------------------------------------------------------


def run_rule_tests(rules: Rules, catalogue: Catalogue) -> list[TestResult]:
    """Run every test of the rules, in the files' order."""
    return [_run(rules, test, catalogue) for test in rules.tests]


def covered_rules(rules: Rules, catalogue: Catalogue) -> frozenset[str]:
    """The names of the qualification's lines that decide at least one test."""
    return frozenset(rules.qualify(_lead(test, catalogue)[0], NOON).rule for test in rules.tests)


def _run(rules: Rules, test: RuleTest, catalogue: Catalogue) -> TestResult:
    lead, problems = _lead(test, catalogue)
    failures = [(_place(test, problem), f"{problem.field}: {problem.message}") for problem in problems]
    failures += _failures(rules, test, lead)
    message = "\n".join(f"{place}: {what}" for place, what in failures)
    return TestResult(test.name, not failures, message, failures[0][0] if failures else test.place)


def _place(test: RuleTest, problem: Problem) -> Place:
    return next((given.place for given in test.fields if given.path == problem.field), test.place)


def _failures(rules: Rules, test: RuleTest, lead: Lead) -> list[tuple[Place, str]]:
    verdict = rules.qualify(lead, NOON)
    came = {"outcome": verdict.outcome or _NO_OUTCOME, "reason": verdict.reason, "rule": verdict.rule}
    came |= {name: answer.value for name, answer in verdict.checks.items()}
    found = [
        (item.place, f"{item.name}: expected `{item.text}`, got `{came[item.name]}`{_why(item, verdict.reason)}")
        for item in test.expected
        if came[item.name] != item.text
    ]
    if test.ask is not None:
        wanted = {item.text for item in test.ask}
        if wanted != set(verdict.ask):
            shown = ", ".join(verdict.ask) or "nothing"
            place = test.ask[0].place if test.ask else test.place
            found.append((place, f"ask: expected {', '.join(sorted(wanted)) or 'nothing'}, got {shown}"))
    return found


def _why(item: ExpectedText, reason: str) -> str:
    return f" ({reason})" if item.name == "outcome" and reason else ""


def _lead(test: RuleTest, catalogue: Catalogue) -> tuple[Lead, tuple[Problem, ...]]:
    """The lead that a test gives, and what of it could not be read: fields that a form may fill go the way of a submission,
    derived ones are taken as they are."""
    inputs = {given.path: given for given in test.fields if catalogue.is_input(given.path)}
    normalized = normalize({path: RawValue(given.texts, path) for path, given in inputs.items()}, catalogue)
    cells: dict[str, Cell] = dict(normalized.fields)
    touches = [Touch(f"touch{n}", "test", NOON - given.ago, given.kind, {}) for n, given in enumerate(test.touches)]
    if touches:
        touches[-1] = replace(touches[-1], fields=cells)
        lead = fold_all(touches, catalogue, "test")
    else:
        lead = replace(fold_all([Touch("touch", "test", NOON, "", cells)], catalogue, "test"), kinds={})
    derived = {
        given.path: Won(value, NOON, "test")
        for given in test.fields
        if given.path not in inputs and (value := _derived(catalogue, given)) is not None
    }
    unread = tuple(problem for problem in normalized.problems if problem.field not in cells)
    return replace(lead, fields={**lead.fields, **derived}), unread


def _derived(catalogue: Catalogue, given: GivenField) -> Value | None:
    text = given.texts[0]
    kind = catalogue[given.path].type
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower())
    if kind == "integer":
        return int(text) if text.lstrip("-").isdecimal() else None
    return given.texts if kind == "list" else text
