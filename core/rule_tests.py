"""The tests in a rules file: a lead given by its fields and touches, and the verdict that is expected of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.fields import Catalogue
from core.golden import fold_all
from core.journeys import Stages
from core.lead import Cell, Lead, Touch, Value, Won
from core.mapping.reader import Reader
from core.mapping.running import TestResult
from core.normalize import RawValue, normalize
from core.operators import Truth, duration
from core.problems import Place, Problem, did_you_mean
from core.qualification import SET_PREFIX, RuleSet
from core.routing.choosing import Decision, Routing, Stays, ToOwner, ToPool, ToQueue, Waits
from core.scoring import GROUP_NAMES, Score, Scoring
from core.scoring.numbers import whole_number
from core.scoring.stages import BEFORE_ALL
from core.segments import Segments

if TYPE_CHECKING:
    from core.rules import Rules

NOON = 1_763_726_400_000
"""The `as_of` of every test: 2025-11-21T12:00:00Z."""

_TEST_KEYS = ("name", "given", "expect")
_EXPECT_KEYS = ("outcome", "reason", "rule", "checks", "ask")
_SCORES = ("score", "score.total", *(f"score.{group}" for group in GROUP_NAMES))
_EXPECT_OF_SCORING = (*_SCORES, "band", "grade", "lifecycle_stage")
_EXPECT_OF_ROUTING = ("owner", "pool", "queue", "route")
_EXPECT_OF_PLACES = {"segments": "segments", "persona": "personas", "journey_stage": "stages", "qualification": "qualification"}
"""What may be expected where a section is there, and that section."""
_NO_OUTCOME = "none"
_CONTENT = "touch.content_id"
_TRUTHS = tuple(one.value for one in Truth)


@dataclass(frozen=True, slots=True)
class GivenField:
    """One field of a test's lead, as texts."""

    path: str
    texts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class GivenTouch:
    """One touch of a test's lead: its kind, how long ago it was, in milliseconds, and its content, if any."""

    kind: str
    ago: int = 0
    content: str = ""


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


@dataclass(frozen=True, slots=True)
class Expectable:
    """What the tests of the rules may expect: answers of these checks, these outcomes, and what the scoring and routing give."""

    checks: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    scoring: Scoring | None = None
    routing: Routing | None = None
    segments: Segments = field(default_factory=Segments)
    stages: Stages = field(default_factory=Stages)
    sets: tuple[RuleSet, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """What may be expected of segments, personas, the journey and further verdicts."""
        there = (self.segments.segments, self.segments.personas, self.stages.journey, self.sets)
        return tuple(name for name, is_there in zip(_EXPECT_OF_PLACES, there, strict=True) if is_there)

    def words(self, name: str) -> tuple[str, ...]:
        """The words that may be expected of something; none when any text may."""
        if name == "outcome":
            return (*self.outcomes, _NO_OUTCOME)
        if name in _EXPECT_OF_ROUTING and self.routing is not None:
            return self._places(name, self.routing)
        if name in _EXPECT_OF_PLACES:
            words = {"segments": self.segments.names, "persona": self.segments.persona_names}
            return (*words.get(name, self.stages.tracks["journey_stage"].names), _NO_OUTCOME)
        if self.scoring is None:
            return ()
        marks = {"band": self.scoring.bands, "grade": self.scoring.grades}
        if name in marks:
            return tuple(mark.name for mark in marks[name])
        return (*(stage.name for stage in self.scoring.stages), *BEFORE_ALL[1:], _NO_OUTCOME) if name == "lifecycle_stage" else ()

    def _places(self, name: str, routing: Routing) -> tuple[str, ...]:
        """Where leads may go by name; an owner may be anybody."""
        if name == "owner":
            return ()
        if name == "route":
            return (*(line.name for line in routing.lines), _NO_OUTCOME)
        kind = ToPool if name == "pool" else ToQueue
        found = (
            line.to.pool if isinstance(line.to, ToPool) else line.to.queue
            for line in routing.lines
            if isinstance(line.to, ToPool | ToQueue) and isinstance(line.to, kind)
        )
        return (*dict.fromkeys(found), _NO_OUTCOME)


# --- reading --------------------------------------------------------------------------------------------------------


def read_tests(reader: Reader, node: Node | None, expectable: Expectable) -> list[RuleTest]:
    """The tests of one file; complaints go to the reader."""
    if node is None or (isinstance(node, ScalarNode) and node.is_empty):
        return []
    if not isinstance(node, ListNode):
        reader.complain("wrong_type", "`tests` is a list, each with `name`, `given` and `expect`.", node.place)
        return []
    return [_test(reader, item, number, expectable) for number, item in enumerate(node.items, 1)]


def _test(reader: Reader, item: Node, number: int, expectable: Expectable) -> RuleTest:
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
    for entry in _expectations(reader, entries.get("expect"), expectable):
        if entry.key.text == "ask":
            ask = tuple(_asked(reader, entry.value))
        elif entry.key.text == "checks":
            expected.extend(_checks(reader, entry.value, expectable.checks))
        elif entry.key.text == "segments":
            expected.extend(_segments(reader, entry.value, expectable))
        elif entry.key.text == "qualification":
            expected.extend(_verdicts(reader, entry.value, expectable))
        else:
            expected.extend(_plain(reader, entry, expectable))
    return RuleTest(name or f"test {number}", tuple(fields), tuple(touches), tuple(expected), ask, item.place)


def _expectations(reader: Reader, node: Node | None, expectable: Expectable) -> Iterator[Entry]:
    known = (
        *_EXPECT_KEYS,
        *(() if expectable.scoring is None else _EXPECT_OF_SCORING),
        *(() if expectable.routing is None else _EXPECT_OF_ROUTING),
        *expectable.places,
    )
    for entry in () if node is None else reader.entries(node, "`expect`"):
        key = entry.key.text
        if key in known:
            yield entry
        elif key in (*_EXPECT_OF_SCORING, *_EXPECT_OF_ROUTING):
            section = "scoring" if key in _EXPECT_OF_SCORING else "routing"
            message = f"`{key}` can not be expected without a section `{section}`. Write one, or remove it from the test."
            reader.complain("missing_section", message, entry.key.place, key)
        elif key in _EXPECT_OF_PLACES:
            section = _EXPECT_OF_PLACES[key]
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
            yield ExpectedText(name, word, entry.value.place)


def _segments(reader: Reader, node: Node, expectable: Expectable) -> Iterator[ExpectedText]:
    """All segments of the lead, in any order; an empty list or `none` for none."""
    if isinstance(node, ListNode) and not node.items:
        yield ExpectedText("segments", _NO_OUTCOME, node.place)
        return
    items = node.items if isinstance(node, ListNode) else (node,)
    names = [reader.choice(item, "`segments`", expectable.words("segments")) for item in items]
    if all(name is not None for name in names):
        yield ExpectedText("segments", _shown_names(name for name in names if name is not None), node.place)


def _shown_names(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or _NO_OUTCOME


def _verdicts(reader: Reader, node: Node, expectable: Expectable) -> Iterator[ExpectedText]:
    """`qualification: {pql: yes}`: the verdicts of named lists beside the outcome."""
    sets = {one.name: one for one in expectable.sets}
    for entry in reader.entries(node, "`qualification`", tuple(sets)):
        words = tuple(dict.fromkeys(line.outcome for line in sets[entry.key.text].lines))
        if (word := reader.choice(entry.value, f"the verdict of {entry.key.text}", words)) is not None:
            yield ExpectedText(SET_PREFIX + entry.key.text, word, entry.value.place)


def _plain(reader: Reader, entry: Entry, expectable: Expectable) -> Iterator[ExpectedText]:
    name, node = entry.key.text, entry.value
    if name in _SCORES:
        number = whole_number(reader, node, f"`{name}`")
        text = None if number is None else str(number)
    else:
        words = expectable.words(name)
        text = reader.choice(node, f"`{name}`", words) if words else reader.text(node, f"`{name}`")
    if text is not None:
        yield ExpectedText(name, text, node.place)


# --- running --------------------------------------------------------------------------------------------------------


def run_rule_tests(rules: Rules, catalogue: Catalogue) -> list[TestResult]:
    """Run every test of the rules, in the files' order."""
    return [_run(rules, test, catalogue) for test in rules.tests]


def covered_rules(rules: Rules, catalogue: Catalogue) -> frozenset[str]:
    """The names of the qualification's lines that decide at least one test, and of the scoring's that give points in one."""
    found: set[str] = set()
    for test in rules.tests:
        decided = rules.decide(_lead(test, catalogue)[0], NOON)
        found.update({decided.verdict.rule} - {""})
        if decided.score is not None:
            names = decided.score.scoring.line_names
            found.update(names[gave.number] for gave in decided.score.lines)
        found.update(f"{name}: {verdict.rule}" for name, verdict in decided.sets.items() if verdict.rule)
    return frozenset(found)


def _run(rules: Rules, test: RuleTest, catalogue: Catalogue) -> TestResult:
    lead, problems = _lead(test, catalogue)
    failures = [(_place(test, problem), f"{problem.field}: {problem.message}") for problem in problems]
    failures += _failures(rules, test, lead)
    message = "\n".join(f"{place}: {what}" for place, what in failures)
    return TestResult(test.name, not failures, message, failures[0][0] if failures else test.place)


def _place(test: RuleTest, problem: Problem) -> Place:
    return next((given.place for given in test.fields if given.path == problem.field), test.place)


def _failures(rules: Rules, test: RuleTest, lead: Lead) -> list[tuple[Place, str]]:
    decided = rules.decide(lead, NOON)
    verdict = decided.verdict
    came = {"outcome": verdict.outcome or _NO_OUTCOME, "reason": verdict.reason, "rule": verdict.rule}
    came |= {name: answer.value for name, answer in verdict.checks.items()}
    came["lifecycle_stage"] = decided.stage.stage or _NO_OUTCOME
    came |= {} if decided.score is None else _scored(decided.score)
    went = rules.route(decided.subject(lead), NOON)
    came |= {} if went is None else _routed(went)
    came |= {"segments": _shown_names(decided.placed.segments), "persona": decided.placed.persona or _NO_OUTCOME}
    came["journey_stage"] = decided.journey.stage or _NO_OUTCOME
    came |= {SET_PREFIX + name: verdict.outcome or _NO_OUTCOME for name, verdict in decided.sets.items()}
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


def _scored(score: Score) -> dict[str, str]:
    """What a score is, by the names that a test may expect."""
    groups = {f"score.{name}": str(score.groups.get(name, 0)) for name in GROUP_NAMES}
    total = str(score.total)
    return {"score": total, "score.total": total, **groups, "band": score.band, "grade": score.grade}


def _routed(went: Decision) -> dict[str, str]:
    """Where a lead goes, by the names that a test may expect. Who of a pool it will be is not known here, but somebody is."""
    found = dict.fromkeys(_EXPECT_OF_ROUTING, _NO_OUTCOME)
    if isinstance(went, Stays):
        return {**found, "owner": went.owner}
    if isinstance(went, Waits):
        return found
    found["route"] = went.line
    match went.to:
        case ToOwner(email):
            found["owner"] = email
        case ToPool(pool):
            found |= {"pool": pool, "owner": f"somebody of the pool {pool}"}
        case ToQueue(queue):
            found["queue"] = queue
    return found


def _why(item: ExpectedText, reason: str) -> str:
    return f" ({reason})" if item.name == "outcome" and reason else ""


def _lead(test: RuleTest, catalogue: Catalogue) -> tuple[Lead, tuple[Problem, ...]]:
    """The lead that a test gives, and what of it could not be read: fields that a form may fill go the way of a submission,
    derived ones are taken as they are."""
    inputs = {given.path: given for given in test.fields if catalogue.is_input(given.path)}
    normalized = normalize({path: RawValue(given.texts, path) for path, given in inputs.items()}, catalogue)
    cells: dict[str, Cell] = dict(normalized.fields)
    touches = [
        Touch(f"touch{number:04}", "test", NOON - given.ago, given.kind, {_CONTENT: Cell(given.content)} if given.content else {})
        for number, given in enumerate(test.touches)
    ]
    if touches:
        touches[-1] = replace(touches[-1], fields={**cells, **touches[-1].fields})
        lead = fold_all(touches, catalogue, "test")
    else:
        lead = replace(fold_all([Touch("touch", "test", NOON, "", cells)], catalogue, "test"), kinds={}, acts=())
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
