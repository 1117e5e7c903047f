"""Where a value stood in what came in: the submission, the input, the text, the line of the mapping, and how it was read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.sources import Reader, TellsColumns, TellsPlaces
from core.mapping import Explained, explain_inbound
from leadrelay.engine.reading import ACCEPTED
from leadrelay.history import change_in_words, in_words
from leadrelay.lineage.story import Story, minute, plain, shown, step, wanted_of
from leadrelay.store import imports
from leadrelay.web.views import Reason

_FILE = "x-leadrelay-file"
_NAMES = ("person.full_name",)
MADE_OF: Mapping[str, tuple[str, ...]] = {
    "person.salutation": _NAMES,
    "person.first_name": _NAMES,
    "person.middle_name": _NAMES,
    "person.last_name": _NAMES,
    "person.name_suffix": _NAMES,
    "person.email": ("person.emails",),
    "person.emails": ("person.email",),
    "person.email_class": ("person.email", "person.emails"),
    "person.phones": ("person.phone", "person.mobile"),
    "person.phone_extension": ("person.phone",),
}
"""Fields that the core makes of others, where a submission does not say them itself."""


def origin(story: Story, uid: str, path: str, depth: int = 0) -> Iterator[Reason]:
    """The way of a field's value from the bytes of one touch to the touch's field."""
    if story.told(uid):
        yield told(story, uid, path, depth)
        return
    yield captured(story, uid, depth)
    yield from mapped(story, uid, path, depth)


def captured(story: Story, uid: str, depth: int = 0) -> Reason:
    """A touch as it came in: from which source, how much, at which lead, and by which merges it came to this one."""
    if story.told(uid):
        touch = story.by_uid[uid]
        what = f"{touch.source} told {', '.join(touch.fields)}"
        return step("told", what, touch.at, depth, touch=uid, sink=touch.source, fields=list(touch.fields), **_merged(story, uid))
    row = story.submissions.get(uid)
    if row is None:
        return step("captured", f"submission {uid} is no longer kept", None, depth, submission=uid)
    size = "its content is no longer kept" if row.body is None else f"{len(row.body)} bytes as they came"
    by = story.typed_by(uid)
    came = f"was typed in by {by}" if by else f"was captured from {row.source}"
    accepted = json.loads(row.headers or "{}").get(ACCEPTED)
    taken = f"; {accepted} accepted it as a lead" if accepted else ""
    place = _place_in_file(row)
    what = f"submission {uid} {came}: {place}{': ' if place else ''}{size}{taken}{_way(story, uid)}"
    details: dict[str, Any] = {"submission": uid, "source": row.source, "key": row.key, "state": row.state}
    details |= {"typed_by": by or None, "accepted_by": accepted, "bytes": None if row.body is None else len(row.body)}
    return step("captured", what, row.received_at, depth, **details, **_merged(story, uid))


def _merged(story: Story, uid: str) -> dict[str, Any]:
    return {"lead": story.first_lead(uid), "merges": [hop.as_json() for hop in story.hops(uid)] or None}


def _way(story: Story, uid: str) -> str:
    """Which other lead a touch came in at, and how it came to this one."""
    hops = story.hops(uid)
    if hops:
        way = ", then ".join(f"went into {hop.winner} on {minute(hop.at)}, as {_decider(hop.by)}" for hop in hops)
        return f"; it came in at lead {hops[0].loser}, which {way}"
    first = story.first_lead(uid)
    return "" if first == story.lead.uid else f"; it came in at lead {first}, and was given to this one when the two were parted"


def _decider(by: str) -> str:
    sink = by.removeprefix("crm:")
    return f"{by} decided" if sink == by else f"the two records were merged in {sink}"


def mapped(story: Story, uid: str, path: str, depth: int = 0) -> Iterator[Reason]:
    """The line of the mapping that reads the value, as the mapping stands now; without the content, what is kept of it."""
    wanted = wanted_of(path)
    touch = story.by_uid.get(uid)
    cell = None if touch is None else touch.fields.get(wanted)
    found = [one for one in _explained(story, uid) if one.path == wanted]
    if not any(one.input_name or one.place for one in found):
        made_of = [one for one in _explained(story, uid) if one.path in MADE_OF.get(wanted, ()) and one.value is not None]
        found = [*made_of, *found]
    places = _places(story, uid)
    for one in found:
        yield _read(story, uid, one, places, depth)
    if found and cell is not None and found[-1].value != cell.value and found[-1].path == wanted:
        what = f"when it came in, it was read as {shown(cell.value)}: the mapping has changed since"
        yield step("read_before", what, None, depth, path=wanted, raw=cell.raw, value=plain(cell.value))
    if not found and cell is not None:
        said = f"`{cell.raw}` became " if cell.raw else ""
        yield step(
            "mapped",
            f"{wanted} was read: {said}{shown(cell.value)}",
            None,
            depth,
            path=wanted,
            raw=cell.raw,
            value=plain(cell.value),
        )


def _read(story: Story, uid: str, one: Explained, places: Mapping[str, str], depth: int) -> Reason:
    where = f" by {one.place}" if one.place else ""
    said = places.get(one.input_name) or (f"input `{one.input_name}`" if one.input_name else "")
    if said:
        turned = f"which the mapping turns into {one.said!r}" if one.place else f"of which {one.said!r} is taken"
        verbs = f", {turned}," if one.said else ""
        became = shown(one.value) if one.value is not None else "nothing"
        read_as = f", read as {one.read_as}" if one.read_as else ""
        what = f"{one.path} was read from {said}{where}: {one.raw!r}{verbs} became {became}{read_as}"
    elif one.place:
        what = f"{one.path} is {shown(one.value)}: {one.place} sets it for every submission"
    else:
        what = f"{one.path} is {shown(one.value)}: {one.note}"
    noted = (
        ""
        if one.note in ("", "constant", "read without being mapped", "derived from other fields") or not said
        else f" ({one.note})"
    )
    touch = story.by_uid.get(uid)
    return step(
        "mapped", what + noted, None, depth, path=one.path, input=one.input_name, stood_in=places.get(one.input_name),
        raw=one.raw, said=one.said or None, read_as=one.read_as or None, value=plain(one.value), note=one.note,
        mapping=str(one.place or ""),
        touch=uid, source=None if touch is None else touch.source,
    )  # fmt: skip


def _explained(story: Story, uid: str) -> tuple[Explained, ...]:
    row = story.submissions.get(uid)
    source = None if row is None else story.plan.sources.get(row.source)
    names = None if row is None or source is None else story.app.views.names(row)
    if names is None or source is None:
        return ()
    return explain_inbound(source.mapping, names, catalogue=story.plan.catalogue, zone=source.zone, region=source.region)


def _places(story: Story, uid: str) -> Mapping[str, str]:
    """Where in a submission's body its reader found what it recognized, where it can tell."""
    row = story.submissions.get(uid)
    source = None if row is None else story.plan.sources.get(row.source)
    reader: Reader | None = None if source is None else source.reader
    if row is None or row.body is None or reader is None:
        return {}
    headers = json.loads(row.headers or "{}")
    places = reader.places(headers, bytes(row.body)) if isinstance(reader, TellsPlaces) else {}
    if places or not isinstance(reader, TellsColumns) or not _place_in_file(row):
        return places
    return {name: f"{column} of {_place_in_file(row)}" for name, column in _columns(story, reader, row, headers[_FILE]).items()}


def _columns(story: Story, reader: TellsColumns, row: Any, file: str) -> Mapping[str, str]:
    """The columns of the table that a row came from, as far as all imports say the same that may have brought it."""
    found = [
        reader.columns(str(json.loads(one.reading)["reading"]))
        for one in imports.of_row(story.connection, row.source, file, row.received_at)
        if one.reading
    ]
    return {name: column for name, column in found[0].items() if all(one.get(name) == column for one in found)} if found else {}


def _place_in_file(row: Any) -> str:
    """Where a submission stood in the file that it came from; empty for what came from none."""
    headers = json.loads(row.headers or "{}")
    file, line = headers.get(_FILE), headers.get("x-leadrelay-line")
    return f"{file}, line {line}" if file and line else str(file or "")


# --- read back from a CRM ---------------------------------------------------------------------------------------------


def told(story: Story, uid: str, path: str, depth: int = 0) -> Reason:
    """Which CRM told a value, when, from what to what, and by which line of the mapping."""
    touch = story.by_uid[uid]
    for _, data in story.events("crm_"):
        for change in data.get("changes", ()):
            if data.get("touch") == uid and change["path"] == path:
                what = f"{data['sink']} {data['object']} {data['crm_id']}: {change_in_words(change, data)}"
                record = {"sink": data["sink"], "object": data["object"], "crm_id": data["crm_id"]}
                return step("told", what, touch.at, depth, touch=uid, **record, **change, **_merged(story, uid))
    return step("told", f"{touch.source} told {path}", touch.at, depth, touch=uid, sink=touch.source, **_merged(story, uid))


def refused(story: Story, path: str) -> Iterator[Reason]:
    """What a CRM told that has not the last word on it."""
    for row, data in story.events("crm_refused"):
        for change in data.get("changes", ()):
            if change["path"] == path:
                said = in_words("crm_refused", {**data, "changes": [change]})
                yield step("refused", said, data.get("told_at") or row.at, sink=data.get("sink"), **change)
