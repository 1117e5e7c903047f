"""`why`: the way of a value, an outcome or a CRM record from the raw bytes to the CRM call, told from what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from pydantic import JsonValue
from sqlalchemy import Connection, select

from connectors.sources import Reader, TellsPlaces
from core.checks import Explained
from core.golden import losing_values
from core.lead import CRM_CHANGE, Lead, Touch, Won
from core.lead_json import cells_from_json, lead_from_json
from core.mapping import explain_inbound
from core.rules import Decided
from core.scoring import explain as explain_score
from core.scoring.explaining import ExplainedLine
from leadrelay.engine.answers import call_in_words
from leadrelay.engine.deciding import SCORED_BY, told
from leadrelay.engine.plan import Outbound, SinkPlan
from leadrelay.history import change_in_words, family, in_words
from leadrelay.store import tables
from leadrelay.store.ids import to_uid
from leadrelay.views import find_lead
from leadrelay.web.views import Reason, Why
from leadrelay.why_owner import owner_reasons

if TYPE_CHECKING:
    from leadrelay.app import App

_ALL = ""
_VERDICT = ("outcome", "outcome_reason")
_SCORES = ("score.total", "score.fit", "score.behaviour", "score.engagement", "score.band", "score.grade")
_STAGES = {"status": ("status", "lifecycle_stage"), "lifecycle_stage": ("lifecycle_stage",)}
_OWNER, _OWNED = "owner", ("owner.email", "owner.queue")


def explain(app: App, uid: str, topic: str) -> Why | None:
    """Why a lead, a field of it, its outcome or its record in a sink is as it is; None when there is nothing to tell."""
    with app.database.read() as connection:
        row = find_lead(connection, uid)
        if row is None:
            return None
        lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
        story = _Story(app, connection, row.id, lead)
        reasons = list(story.tell(topic))
    return Why(lead.uid, topic, reasons) if reasons else None


class _Story:
    """One lead's lineage, read once."""

    def __init__(self, app: App, connection: Connection, number: int, lead: Lead) -> None:
        self._app = app
        self._connection = connection
        self._number = number
        self._lead = lead
        rows = connection.execute(select(tables.touch).where(tables.touch.c.lead_id == number).order_by(tables.touch.c.at))
        self._touches = [_touch(row) for row in rows]
        ids = [row.id for row in connection.execute(select(tables.touch.c.id).where(tables.touch.c.lead_id == number))]
        found = connection.execute(select(tables.submission).where(tables.submission.c.id.in_(ids)))
        self._submissions = {to_uid(row.id): row for row in found}

    def tell(self, topic: str) -> Iterator[Reason]:
        """The reasons for a topic; all of them when it is empty."""
        sinks = self._app.plans.sinks
        if topic == _ALL:
            for touch in self._touches:
                yield self._captured(touch.uid)
                if touch.kind != CRM_CHANGE:
                    yield self._linked(touch.uid)
            yield from self._score()
            yield from self._status(("lifecycle_stage",))
            yield from self._verdict()
            yield from owner_reasons(self._connection, self._number)
            for sink in sinks.values():
                yield from self._delivered(sink)
        elif topic in sinks:
            yield from self._delivered(sinks[topic])
        elif topic in _VERDICT:
            yield from self._verdict()
        elif topic == "score" or topic in _SCORES:
            yield from self._score()
        elif topic in _STAGES:
            yield from self._status(_STAGES[topic])
        elif topic == _OWNER:
            yield from self._owner()
        else:
            yield from self._value(topic)

    def _owner(self) -> Iterator[Reason]:
        """Who got the lead by which line and turn; and what a CRM told of its owner."""
        routed = list(owner_reasons(self._connection, self._number))
        yield from routed
        for path in _OWNED:
            if routed and path in self._lead.fields and not self._lead.told_by(path):
                continue  # no touch gave it: the ledger did
            yield from self._value(path)

    # --- values ---

    def _value(self, path: str) -> Iterator[Reason]:
        """A field: where each touch took it from, which one won and why, and where it goes."""
        won = self._lead.fields.get(path)
        losers = losing_values(path, self._touches, won)
        refused = list(self._not_taken(path))
        if won is None and not losers and not refused:
            return
        for uid in dict.fromkeys([one.touch for one in losers] + ([won.touch] if won else [])):
            if uid in self._told:
                yield self._told_by(uid, path)
            else:
                yield self._captured(uid)
                yield from self._mapped(uid, path)
        yield from refused
        yield self._decided(path, won, losers)
        yield from self._used(path)

    @cached_property
    def _told(self) -> dict[str, Touch]:
        """The touches that were read back from a CRM."""
        return {touch.uid: touch for touch in self._touches if touch.kind == CRM_CHANGE}

    def _events(self, *kinds: str) -> Iterator[tuple[Any, dict[str, Any]]]:
        event = tables.event
        mine = event.c.lead_id.in_(family(self._connection, self._number))
        query = select(event).where(mine, event.c.kind.like("crm_%")).order_by(event.c.id)
        for row in self._connection.execute(query):
            if row.data != "{}" and (not kinds or row.kind in kinds):
                yield row, json.loads(row.data)

    def _told_by(self, uid: str, path: str) -> Reason:
        """Which CRM told a value, when, from what to what, and by which line of the mapping."""
        touch = self._told[uid]
        for _, data in self._events():
            for change in data.get("changes", ()):
                if data.get("touch") == uid and change["path"] == path:
                    text = f"{data['sink']} {data['object']} {data['crm_id']}: {change_in_words(change, data)}"
                    return Reason(text, touch.at, {"touch": uid, **change})
        return Reason(f"{touch.source} told {path}", touch.at, {"touch": uid})

    def _not_taken(self, path: str) -> Iterator[Reason]:
        """What a CRM told that has not the last word on it."""
        for row, data in self._events("crm_refused"):
            for change in data.get("changes", ()):
                if change["path"] == path:
                    one = {**data, "changes": [change]}
                    yield Reason(in_words("crm_refused", one), data.get("told_at") or row.at, dict(change))

    def _captured(self, uid: str) -> Reason:
        if uid in self._told:
            told = self._told[uid]
            paths: list[JsonValue] = list(told.fields)
            return Reason(f"{told.source} told {', '.join(told.fields)}", told.at, {"touch": uid, "fields": paths})
        row = self._submissions.get(uid)
        if row is None:
            return Reason(f"submission {uid} is no longer kept", None, {"submission": uid})
        size = "its content is no longer kept" if row.body is None else f"{len(row.body)} bytes as they came"
        size = f"{_place_in_file(row)}{size}"
        details = {"submission": uid, "source": row.source, "key": row.key, "state": row.state}
        return Reason(f"submission {uid} was captured from {row.source}: {size}", row.received_at, details)

    def _mapped(self, uid: str, path: str) -> Iterator[Reason]:
        """The line of the mapping that read the value, as the mapping stands now."""
        row = self._submissions.get(uid)
        names = None if row is None else self._app.views.names(row)
        source = None if row is None else self._app.process_plan().sources.get(row.source)
        wanted = "touch." + path.split(".", 1)[1] if path.startswith(("first_touch.", "last_touch.")) else path
        if row is not None and names is not None and source is not None:
            places = _places(source.reader, row)
            explained = explain_inbound(
                source.mapping, names, catalogue=self._app.process_plan().catalogue, zone=source.zone, region=source.region
            )
            for one in explained:
                if one.path in (wanted, *_ORIGINS.get(wanted, ())):
                    where = f" by {one.place}" if one.place else ""
                    said = f"input `{one.input_name}`" if one.input_name else "a constant or a derived value"
                    said = places.get(one.input_name) or said
                    yield Reason(
                        f"{one.path} was read from {said}{where}: {one.raw!r} became {_shown(one.value)}",
                        None,
                        {
                            "path": one.path,
                            "input": one.input_name,
                            "raw": one.raw,
                            "mapping": str(one.place or ""),
                            "note": one.note,
                        },
                    )
            return
        touch = next((touch for touch in self._touches if touch.uid == uid), None)
        cell = None if touch is None else touch.fields.get(wanted)
        if cell is not None:
            yield Reason(f"{wanted} was read: {cell.raw!r} became {_shown(cell.value)}", None, {"path": wanted, "raw": cell.raw})

    def _decided(self, path: str, won: Won | None, losers: Iterable[Won]) -> Reason:
        field = self._app.process_plan().catalogue.get(path)
        rule = field.rule if field is not None else "latest"
        others: list[JsonValue] = [{"value": _shown(one.value), "touch": one.touch, "at": one.at} for one in losers]
        if won is None:
            return Reason(f"no touch gives {path} now", None, {"rule": rule, "others": others})
        text = f"{path} is {_shown(won.value)}: touch {won.touch} decides by the rule `{rule}`"
        return Reason(text, won.at, {"value": _shown(won.value), "touch": won.touch, "rule": rule, "others": others})

    def _used(self, path: str) -> Iterator[Reason]:
        for sink in self._app.plans.sinks.values():
            for mapping in sink.mappings:
                for write in sink.render(mapping, self._lead)[mapping.object].writes:
                    if write.source == path:
                        text = f"{sink.name} wants it in {mapping.object}.{write.name} (update: {write.update})"
                        yield Reason(text, None, {"sink": sink.name, "object": mapping.object, "field": write.name})

    # --- joining and qualifying ---

    def _linked(self, uid: str) -> Reason:
        query = select(tables.event).where(tables.event.c.lead_id == self._number, tables.event.c.kind.in_(("lead", "touch")))
        for row in self._connection.execute(query):
            if row.submission_id is not None and to_uid(row.submission_id) == uid and row.data != "{}":
                data = json.loads(row.data)
                by = data.get("joined_by")
                text = f"touch {uid} joined the lead by its {by} key" if by else f"touch {uid} began the lead"
                return Reason(text, row.at, data)
        return Reason(f"touch {uid} belongs to the lead", None, {"touch": uid})

    def _verdict(self) -> Iterator[Reason]:
        rules = self._app.configuration.rules
        if not rules.lines:
            return
        verdict = self._decision.verdict
        ask = f"; to know more, ask for {', '.join(verdict.ask)}" if verdict.ask else ""
        text = f"the outcome is {verdict.outcome} by the rule `{verdict.rule}`: {verdict.reason}{ask}"
        yield Reason(text, None, cast("dict[str, JsonValue]", verdict.as_json()))
        for line in verdict.explanation:
            yield from _conditions(line)

    # --- score and stages ---

    @cached_property
    def _decision(self) -> Decided:
        """What the rules in force make of the lead now."""
        return self._app.configuration.rules.decide(self._lead, self._app.clock(), told(self._lead))

    def _score(self) -> Iterator[Reason]:
        """The score now, as a waterfall: each group, its lines with what was true or which touches count, and the limits."""
        score = self._decision.score
        if score is None:
            return
        found = explain_score(score)
        named = ", ".join(one for one in (score.band, score.grade) if one)
        stored = self._lead.value("score.total")
        since = "" if stored in (None, score.total) else f"; {stored} when it was last decided"
        details = cast("dict[str, JsonValue]", {**score.as_json(), "explanation": found.as_json()})
        yield Reason(f"the score is {score.total}{f' ({named})' if named else ''}{since}", None, details)
        for group, points in score.groups.items():
            yield Reason(f"{group}: {points}", None, {"group": group, "points": points})
            for line in found.lines:
                if line.group == group:
                    yield from _scored_line(line)
        for step in found.steps:
            if step.what not in score.scoring.line_names:
                yield Reason(f"{step.points:+g} {step.what}", None, {"step": step.what, "points": step.points})
        mark = self._lead.marks.get(SCORED_BY)
        if mark is not None and mark[1] != score.rules_hash:
            text = "the stored score was made by other rules: `leadrelay rules rescore` brings all leads up to date"
            yield Reason(text, None, {"rules": mark[1], "in_force": score.rules_hash})

    def _status(self, paths: Iterable[str]) -> Iterator[Reason]:
        """The status and the stage as they are, and when each stage was entered and left."""
        for path in paths:
            yield from self._value(path)
        if "lifecycle_stage" in paths:
            yield from self._stages()

    def _stages(self) -> Iterator[Reason]:
        """Each stage that the lead was in, with when and why it was entered and left, by the rules or by sales."""
        moves = sorted(self._stage_moves(), key=lambda move: move[0])
        for number, (at, data) in enumerate(moves):
            left = moves[number + 1][0] if number + 1 < len(moves) else None
            entered = data | {"entered_at": at, "left_at": left}
            yield Reason(in_words("stage", data), at, cast("dict[str, JsonValue]", entered))
        stands: list[JsonValue] = [*sorted(told(self._lead))]
        if stands:
            text = f"told, and not told again until the score has left them: {', '.join(map(str, stands))}"
            yield Reason(text, None, {"told": stands})

    def _stage_moves(self) -> Iterator[tuple[int, dict[str, Any]]]:
        event = tables.event
        mine = event.c.lead_id.in_(family(self._connection, self._number))
        for row in self._connection.execute(select(event).where(mine, event.c.kind == "stage").order_by(event.c.id)):
            data = json.loads(row.data)
            if data and data.get("field", "lifecycle_stage") == "lifecycle_stage":
                yield row.at, data
        for row, data in self._events("crm_change"):
            for change in data.get("changes", ()):
                if change["path"] == "lifecycle_stage" and not change.get("kept"):
                    rule = f"{data['sink']} {data['object']} {data['crm_id']} says so"
                    move = {"from": change.get("from", ""), "to": change.get("to", ""), "skipped": [], "rule": rule}
                    yield data.get("told_at") or row.at, move

    # --- the CRM ---

    def _delivered(self, sink: SinkPlan) -> Iterator[Reason]:
        links = tables.crm_link
        query = select(links).where(links.c.lead_id == self._number, links.c.sink == sink.name).order_by(links.c.linked_at)
        for row in self._connection.execute(query):
            yield Reason(f"{row.object} {row.crm_id} in {sink.name} stands for this lead", row.linked_at, {"crm_id": row.crm_id})
        for row, data in self._events():
            if data.get("sink") == sink.name:
                at = data.get("told_at") or row.at
                yield Reason(in_words(row.kind, data), at, {name: value for name, value in data.items() if name != "told_at"})
        attempts = tables.attempt
        calls = select(attempts).where(attempts.c.lead_id == self._number, attempts.c.sink == sink.name).order_by(attempts.c.id)
        for row in self._connection.execute(calls):
            data = json.loads(row.data)
            yield Reason(call_in_words(sink.name, row.outcome, data, version=row.version), row.at, data)
        yield from self._state(sink)
        for mapping in sink.mappings:
            yield _wanted(sink, mapping, self._lead)

    def _state(self, sink: SinkPlan) -> Iterator[Reason]:
        for table in (tables.delivery, tables.action):
            rows = self._connection.execute(select(table).where(table.c.lead_id == self._number, table.c.sink == sink.name))
            for row in rows:
                what = row.object if table is tables.delivery else f"the {row.kind}"
                problem = json.loads(row.problem)[0]["message"] if row.problem else ""
                said = f": {problem}" if problem else ""
                yield Reason(
                    f"{what} in {sink.name} is {row.state}{said}", row.updated_at, {"state": row.state, "tries": row.tries}
                )


_ORIGINS = {
    "person.first_name": ("person.full_name",),
    "person.last_name": ("person.full_name",),
    "person.emails": ("person.email",),
    "person.phones": ("person.phone", "person.mobile"),
    "person.email_class": ("person.email",),
    "person.phone_extension": ("person.phone",),
}
"""Fields that the core makes of others: whose mapping line to show for them."""


def _wanted(sink: SinkPlan, mapping: Outbound, lead: Lead) -> Reason:
    """The call as the mapping wants it now."""
    rendered = sink.render(mapping, lead)[mapping.object]
    body = {write.name: _shown(write.value if write.value is not None else write.default) for write in rendered.writes}
    wanted = {name: value for name, value in body.items() if value is not None}
    owner = "" if rendered.owner is None else rendered.owner.email or f"the queue {rendered.owner.queue}"
    for_owner = f", owned by {owner}" if owner else ""
    text = f"the mapping {mapping.name} wants {len(wanted)} field(s) of {mapping.object} in {sink.name}{for_owner}"
    return Reason(text, None, {"object": mapping.object, "external_id": lead.uid, "fields": wanted, "owner": owner or None})


def _conditions(explained: Explained, depth: int = 0) -> Iterator[Reason]:
    """A condition with its answer, then those that it is made of, further in."""
    held = "" if explained.value is None else f" (it is {_shown(explained.value)})"
    details: dict[str, JsonValue] = {"rule": str(explained.place), "truth": explained.truth.value}
    if explained.touch:
        details["touch"] = explained.touch
    yield Reason(f"{'  ' * depth}{explained.text} is {explained.truth.value}{held}", explained.at, details)
    for part in explained.parts:
        yield from _conditions(part, depth + 1)


def _scored_line(line: ExplainedLine) -> Iterator[Reason]:
    """A line that gave points, or might have, with the touches that count and what time has left of them."""
    details: dict[str, JsonValue] = {"line": line.line, "group": line.group, "points": line.points, "rule": str(line.place)}
    yield Reason(f"  {line.points:+g} {line.line}", None, details)
    if line.condition is not None:
        yield from _conditions(line.condition, 2)
    for one in line.touches:
        content = f" of {one.content}" if one.content else ""
        left = "" if one.left == one.points else f", {one.left:g} left of it"
        yield Reason(f"    {one.kind}{content}: {one.points:+d}{left}", one.at, cast("dict[str, JsonValue]", one.as_json()))


def _touch(row: Any) -> Touch:
    return Touch(to_uid(row.id), row.source, row.at, row.kind, cells_from_json(json.loads(row.fields)), (), bool(row.is_test))


def _shown(value: object) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _places(reader: Reader, row: Any) -> Mapping[str, str]:
    """Where in a submission's body its reader found what it recognized, where it can tell."""
    if not isinstance(reader, TellsPlaces) or row.body is None:
        return {}
    return reader.places(json.loads(row.headers), bytes(row.body))


def _place_in_file(row: Any) -> str:
    """Where a submission stood in the file that it came from."""
    headers = json.loads(row.headers or "{}")
    file, line = headers.get("x-leadrelay-file"), headers.get("x-leadrelay-line")
    return f"{file}, line {line}: " if file and line else f"{file}: " if file else ""
