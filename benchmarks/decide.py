"""What each step of a decision takes for one lead: deciding by all shipped rules has a budget, the other steps surround it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import mean
from typing import TypeVar

from benchmarks import people
from benchmarks.project import opened, write_project
from benchmarks.report import Line, Run, limit
from core.golden import fold, fold_all
from core.identity import ExactMatcher, Incoming, match_keys, name_tokens
from core.instants import DAY
from core.lead import CRM_CHANGE, Lead, Touch
from core.lead_json import lead_from_json, lead_to_json
from core.mapping import read_touch
from leadrelay.engine.deciding import decide
from leadrelay.engine.plan import ProcessPlan
from leadrelay.serving import tune_interpreter
from leadrelay.store.ids import to_uid

T, R = TypeVar("T"), TypeVar("R")
_AT = 1_790_000_000_000


def measure(run: Run) -> list[Line]:
    """Microseconds a lead, over people who have not been seen before."""
    count = run.pick(5_000, 2_000)
    app = opened(write_project(run.folder))
    plan = app.process_plan()
    tune_interpreter()  # as a worker process does
    source, sink = plan.sources["website"], plan.sinks[0]
    headers = {"content-type": "application/json"}
    lines: list[Line] = []

    def each(what: str, values: Sequence[T], step: Callable[[T], R], most: int | None = None) -> list[R]:
        step(values[0])
        began = time.perf_counter()
        found = [step(value) for value in values]
        spent = (time.perf_counter() - began) / len(values) * 1e6
        plain = Line("decide", what, f"{spent:,.0f} us/lead")
        lines.append(plain if most is None else limit("decide", what, spent, most, unit="us/lead"))
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
    each("score", leads, lambda lead: plan.rules.score(lead, _AT), _MOST_TO_SCORE)
    scored = [(lead, plan.rules.decide(lead, _AT)) for lead in leads]
    each("when to decide again", scored, lambda one: plan.rules.again_at(*one, _AT))
    lines += deciding(plan, touches[:_PEOPLE], run.pick(400, 100))
    texts = each("lead to JSON", leads, lambda lead: json.dumps(lead_to_json(lead)))
    each("lead from JSON", texts, lambda text: lead_from_json("lead", 1, json.loads(text)))
    each("render for Salesforce", leads, sink.mappings[0].render)
    app.close()
    return lines


def deciding(plan: ProcessPlan, touches: Sequence[Touch], rounds: int) -> list[Line]:
    """All that is decided of leads that did much or little, by all shipped rules: score, outcome, stages, segments, persona, and
    when to do so again. Of many rounds in turns the quickest counts: what else the machine does is left out."""
    leads = {count: [_active(plan, touch, count) for touch in touches] for count in _ACTS}
    quickest: dict[tuple[int, int], float] = {}
    for _ in range(rounds):
        for count, several in leads.items():
            for start in range(0, len(several), _AT_ONCE):
                part = several[start : start + _AT_ONCE]
                began = time.perf_counter()
                for lead in part:
                    decide(plan, lead, None, _AT)
                spent = (time.perf_counter() - began) / len(part) * 1e6
                quickest[count, start] = min(spent, quickest.get((count, start), spent))
    return [
        limit(
            "decide", f"everything the rules decide, a lead of {wanted} touches",
            mean(spent for (count, _), spent in quickest.items() if count == wanted), _MOST, unit="us/lead",
        )
        for wanted in _ACTS
    ]  # fmt: skip


_PEOPLE, _AT_ONCE = 40, 5
"""The fewer at once, the more often nothing comes between."""
_ACTS = (0, 3, 20, 200)
_MOST = 100
_MOST_TO_SCORE = 25
_KINDS = (
    "page_visit",
    "newsletter_signup",
    "content_download",
    "email_reply",
    "webinar_signup",
    "meeting_scheduled",
    "demo_request",
)
_SEEN = (24, 12, 8, 6, 4, 1, 2)
"""How often people do each, of all that they do."""


def _active(plan: ProcessPlan, touch: Touch, count: int) -> Lead:
    """A lead of so many touches over 300 days, the newest of which is the given one; without any it is one that a CRM told of."""
    if not count:
        return fold_all([replace(touch, kind=CRM_CHANGE)], plan.catalogue, touch.uid)
    drawn = random.Random(touch.uid)
    older = [
        replace(touch, uid=f"{touch.uid}{number}", at=touch.at - drawn.randrange(300 * DAY), kind=drawn.choices(_KINDS, _SEEN)[0])
        for number in range(count - 1)
    ]
    return fold_all([*older, touch], plan.catalogue, touch.uid)
