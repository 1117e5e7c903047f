"""Running the tests that stand in a mapping file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from core.fields import Catalogue
from core.lead import Lead, Names, Value, Won
from core.mapping.clauses import fold, plain_text
from core.mapping.inbound import InboundMapping
from core.mapping.outbound import ActionWanted, OutboundMapping
from core.mapping.reading import Held, read_touch
from core.mapping.reading_back import read_change
from core.mapping.testcases import Expected, ExpectedAction, MappingTest
from core.normalize import RawValue, normalize
from core.problems import Place, Problem
from core.rendering import Decided, decide_writes

TEST_ZONE, TEST_REGION = "UTC", ""
_NOON = 1_763_726_400_000


@dataclass(frozen=True, slots=True)
class TestResult:
    """How one test went; `message` says what was expected and what came, `place` where the failing line stands."""

    __test__ = False

    name: str
    passed: bool
    message: str
    place: Place


Failure = tuple[Place, str]


def run_mapping_tests(
    mapping: InboundMapping | OutboundMapping, catalogue: Catalogue, *, zone: str = TEST_ZONE, region: str = TEST_REGION
) -> list[TestResult]:
    """Run every test of a mapping, in the file's order."""
    if isinstance(mapping, InboundMapping):
        return [_result(test, _inbound_failures(mapping, test, catalogue, zone, region)) for test in mapping.tests]
    return [_result(test, _outbound_failures(mapping, test, catalogue, zone, region)) for test in mapping.tests]


def _result(test: MappingTest, failures: Iterable[Failure]) -> TestResult:
    found = list(failures)
    place = found[0][0] if found else test.place
    return TestResult(test.name, not found, "\n".join(f"{where}: {what}" for where, what in found), place)


def _inbound_failures(
    mapping: InboundMapping, test: MappingTest, catalogue: Catalogue, zone: str, region: str
) -> Iterable[Failure]:
    touch = read_touch(
        mapping, _names(test.given), uid="test", source="test", received_at=_NOON, submitted_at=None, is_test=False,
        catalogue=catalogue, zone=zone, region=region,
    )  # fmt: skip
    problems = touch.problems
    if test.expect.held is not None and test.expect.held != isinstance(touch, Held):
        came = "it is held: " + "; ".join(problem.message for problem in problems) if isinstance(touch, Held) else "it is not"
        yield test.place, f"expected the submission to be {'held' if test.expect.held else 'taken'}, and {came}"
    if isinstance(touch, Held):
        if test.expect.fields:
            why = "; ".join(problem.message for problem in problems)
            yield test.place, f"the submission is held, so no field can be compared: {why}"
    else:
        values = {path: cell.value for path, cell in touch.fields.items()}
        for expected in test.expect.fields:
            yield from _compare(expected, values.get(expected.name), _canonical(expected, catalogue, zone, region))
    if test.expect.problems is not None:
        yield from _problem_failures(test.expect.problems, problems, test.place)


def _names(given: Mapping[str, tuple[str, ...]]) -> Names:
    return {name: texts[0] if len(texts) == 1 else texts for name, texts in given.items()}


def _canonical(expected: Expected, catalogue: Catalogue, zone: str, region: str) -> Value | None:
    """What the core would make of the expected text, so that `25,0` and `25` are the same number."""
    return _normalized({expected.name: expected.texts}, catalogue, zone, region).get(expected.name)


def _normalized(given: Mapping[str, tuple[str, ...]], catalogue: Catalogue, zone: str, region: str) -> dict[str, Value]:
    """Values of an outbound test as a lead holds them; derived fields are taken as the type says."""
    raw = {path: RawValue(texts, path) for path, texts in given.items()}
    normalized = normalize(raw, catalogue, zone=zone, region=region)
    return {path: cell.value for path, cell in normalized.fields.items() if path in given}


def _compare(expected: Expected, came: Value | None, canonical: Value | None = None) -> Iterable[Failure]:
    wanted = "; ".join(expected.texts)
    if came is None:
        if wanted not in ("", "none"):
            yield expected.place, f"{expected.name}: expected `{wanted}`, got nothing"
        return
    same_list = isinstance(came, tuple) and sorted(came) == sorted(expected.texts)
    if not (same_list or plain_text(came) == wanted or (canonical is not None and came == canonical)):
        yield expected.place, f"{expected.name}: expected {_shown(wanted)}, got `{plain_text(came)}`"


def _shown(text: str) -> str:
    return f"`{text}`" if text else "nothing"


def _problem_failures(expected: Iterable[Expected], problems: Iterable[Problem], place: Place) -> Iterable[Failure]:
    """Each expected word is a problem's code or the name of what it is about; an empty list wants no problem."""
    wanted, came = list(expected), list(problems)
    known = {problem.code for problem in came} | {fold(problem.field) for problem in came}
    listed = ", ".join(f"{problem.code} ({problem.field})" if problem.field else problem.code for problem in came) or "none"
    if not wanted and came:
        yield place, f"expected no problem, got {listed}"
    for item in wanted:
        if item.name not in known and fold(item.name) not in known:
            yield item.place, f"expected the problem `{item.name}`, got {listed}"


def _outbound_failures(
    mapping: OutboundMapping, test: MappingTest, catalogue: Catalogue, zone: str, region: str
) -> Iterable[Failure]:
    given = _lead_values(test.given, catalogue, zone, region)
    lead = Lead("test", 1, {path: Won(value, _NOON, "test") for path, value in given.items() if not path.startswith("touch.")})
    rendered = mapping.render(lead)
    current: dict[str, Value | None] | None = None
    if test.in_crm is not None:
        current = {name: test.in_crm.get(name) for name in mapping.fields_written}
    decided = decide_writes(rendered.writes, current)
    expect = test.expect
    yield from _body_failures("create", expect.create, decided, test, is_there=current is None)
    yield from _body_failures("update", expect.update, decided, test, is_there=current is not None)
    yield from _sent_failures(test, decided)
    if expect.back is not None:
        yield from _back_failures(mapping, test, catalogue, zone, region)
    if expect.actions is not None:
        touch = {path: value for path, value in given.items() if path.startswith("touch.")}
        yield from _action_failures(expect.actions, mapping.touch_actions(lead, touch), test.place)
    if expect.problems is not None:
        yield from _problem_failures(expect.problems, rendered.problems, test.place)


def _lead_values(given: Mapping[str, tuple[str, ...]], catalogue: Catalogue, zone: str, region: str) -> dict[str, Value]:
    """The given texts as a lead holds them: read by their field's type, also those that the core derives."""
    values: dict[str, Value] = {}
    normalized = _normalized({path: texts for path, texts in given.items() if catalogue.is_input(path)}, catalogue, zone, region)
    for path, texts in given.items():
        kind = catalogue[path].type
        text = "; ".join(texts)
        if path in normalized:
            values[path] = normalized[path]
        elif kind == "list":
            values[path] = texts
        elif kind in _READ_AS and (read := _READ_AS[kind](text)) is not None:
            values[path] = read
        elif text:
            values[path] = text
    return values


def _whole_number(text: str) -> Value | None:
    return int(text) if text.lstrip("-").isdecimal() else None


def _truth(text: str) -> Value | None:
    return {"true": True, "false": False}.get(text.strip().lower())


_READ_AS: Mapping[str, Callable[[str], Value | None]] = {"integer": _whole_number, "boolean": _truth}


def _body_failures(
    word: str, expected: tuple[Expected, ...] | None, decided: Decided, test: MappingTest, *, is_there: bool
) -> Iterable[Failure]:
    """An empty `create` or `update` wants nothing sent; else each listed field must go out as written."""
    if expected is None:
        return
    if not is_there:
        how = (
            "the test gives `in_crm`, so the record exists"
            if word == "create"
            else "the test gives no `in_crm`, so there is no record yet"
        )
        yield test.place, f"expected `{word}`, and {how}"
        return
    if not expected and decided.body:
        yield test.place, f"{word}: expected nothing to be sent, got {', '.join(decided.body)}"
    for item in expected:
        if item.name in decided.body:
            yield from _compare(item, decided.body[item.name])
        elif "".join(item.texts):
            yield (
                item.place,
                f"{item.name}: expected `{'; '.join(item.texts)}`, and it is not sent: {_reason(item.name, decided)}",
            )


def _back_failures(
    mapping: OutboundMapping, test: MappingTest, catalogue: Catalogue, zone: str, region: str
) -> Iterable[Failure]:
    """What reading the record that is `in_crm` back makes of the lead; an empty `back` wants nothing."""
    expected = test.expect.back or ()
    if test.in_crm is None:
        yield test.place, "expected `back`, and the test gives no `in_crm`, so there is nothing to read back"
        return
    touch = read_change(
        mapping, test.in_crm, uid="test", source=mapping.to, at=_NOON, catalogue=catalogue, zone=zone, region=region, extra={}
    )
    values = {path: cell.value for path, cell in touch.fields.items()}
    if not expected and values:
        yield test.place, f"back: expected nothing to be read back, got {', '.join(values)}"
    for item in expected:
        canonical = _lead_values({item.name: item.texts}, catalogue, zone, region).get(item.name)
        yield from _compare(item, values.get(item.name), canonical)


def _reason(name: str, decided: Decided) -> str:
    return decided.not_sent.get(name, "the mapping has nothing for it")


def _sent_failures(test: MappingTest, decided: Decided) -> Iterable[Failure]:
    sent = test.expect.sent
    if sent is not None and not sent and decided.body:
        yield test.place, f"sent: expected nothing, got {', '.join(decided.body)}"
    for item in sent or ():
        if item.name not in decided.body:
            yield item.place, f"expected {item.name} to be sent, and it is not: {_reason(item.name, decided)}"
    for item in test.expect.not_sent:
        if item.name in decided.body:
            yield item.place, f"expected {item.name} not to be sent, and it goes out as `{plain_text(decided.body[item.name])}`"


def _action_failures(expected: tuple[ExpectedAction, ...], came: tuple[ActionWanted, ...], place: Place) -> Iterable[Failure]:
    """The expected kinds are all that may come; of each payload the listed fields are compared."""
    by_kind = {action.kind: action for action in came}
    for item in expected:
        action = by_kind.pop(item.kind, None)
        if action is None:
            yield item.place, f"expected the action {item.kind}, got {', '.join(action.kind for action in came) or 'none'}"
            continue
        for field in item.payload:
            yield from _compare(field, action.payload.get(field.name))
    for kind in by_kind:
        yield place, f"the action {kind} is wanted too, and the test does not expect it"
