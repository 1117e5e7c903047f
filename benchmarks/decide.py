"""What each step of a decision takes for one lead: no budget of its own, but the parts of the one for processing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from benchmarks import people
from benchmarks.project import opened, write_project
from benchmarks.report import Line, Run
from core.golden import fold
from core.identity import ExactMatcher, Incoming, match_keys, name_tokens
from core.lead import Touch
from core.lead_json import lead_from_json, lead_to_json
from core.mapping import read_touch
from leadrelay.engine.deciding import decide
from leadrelay.store.ids import to_uid

T, R = TypeVar("T"), TypeVar("R")
_AT = 1_790_000_000_000


def measure(run: Run) -> list[Line]:
    """Microseconds a lead, over people who have not been seen before."""
    count = run.pick(5_000, 2_000)
    app = opened(write_project(run.folder))
    plan = app.process_plan()
    source, sink = plan.sources["website"], plan.sinks[0]
    headers = {"content-type": "application/json"}
    lines: list[Line] = []

    def each(what: str, values: Sequence[T], step: Callable[[T], R]) -> list[R]:
        step(values[0])
        began = time.perf_counter()
        found = [step(value) for value in values]
        spent = time.perf_counter() - began
        lines.append(Line("decide", what, f"{spent / len(values) * 1e6:,.0f} us/lead"))
        return found

    def touch_of(numbered: tuple[int, object]) -> Touch:
        number, names = numbered
        touch = read_touch(
            source.mapping, names, uid=to_uid(number << 21), source="website", received_at=_AT, submitted_at=None,  # type: ignore[arg-type]
            is_test=False, catalogue=plan.catalogue, zone=source.zone, region=source.region,
        )  # fmt: skip
        assert isinstance(touch, Touch)
        return touch

    bodies = [people.body(number) for number in range(count)]
    names = each("body into names", bodies, lambda body: source.reader.names(headers, body))
    touches = each("map and normalize 11 inputs", list(enumerate(names)), touch_of)
    values = [{path: cell.value for path, cell in touch.fields.items()} for touch in touches]
    keys = each("keys and name", values, lambda fields: (match_keys(fields), name_tokens(fields)))
    incoming = [Incoming(touch.uid, *found, touch.uid) for touch, found in zip(touches, keys, strict=True)]
    each("match", [[one] for one in incoming], lambda batch: ExactMatcher().match(batch, {}))
    leads = each("fold into a lead", touches, lambda touch: fold(None, touch, plan.catalogue, uid=touch.uid))
    each("qualify", leads, lambda lead: plan.rules.qualify(lead, _AT))
    each("score", leads, lambda lead: plan.rules.score(lead, _AT))
    each("everything the rules decide", leads, lambda lead: decide(plan, lead, None, _AT))
    scored = [(lead, plan.rules.decide(lead, _AT)) for lead in leads]
    each("when to decide again", scored, lambda one: plan.rules.again_at(*one, _AT))
    texts = each("lead to JSON", leads, lambda lead: json.dumps(lead_to_json(lead)))
    each("lead from JSON", texts, lambda text: lead_from_json("lead", 1, json.loads(text)))
    each("render for Salesforce", leads, sink.mappings[0].render)
    app.close()
    return lines
