"""Touches read again from what was captured, where the mapping or the settings of their source are others than then.

Whose touch it is does not change. Where the content is no longer kept, or nobody would be named any more, a touch stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy import Connection

from core.documents import Document, Plain
from core.identity import MatchKey, Name, match_keys, name_tokens
from core.lead import CRM_CHANGE, Touch
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.reading import read_submission
from leadrelay.files import Files
from leadrelay.store import replays
from leadrelay.store.ids import from_uid, to_uid
from leadrelay.store.replays import StoredTouch

_BODIES = 25
"""So many contents are in memory at once: one may be a mail with its attachments."""

State = Literal["same", "changed", "without_content", "held"]


@dataclass(frozen=True, slots=True)
class Reread:
    """A touch as it is stored and as it is read now; `new_keys` are match keys that it did not give before."""

    stored: Touch
    now: Touch
    state: State = "same"
    new_keys: tuple[MatchKey, ...] = ()
    name: Name = ()


class Rereading:
    """Reads touches again under a plan. `files` are those of its configuration."""

    def __init__(self, plan: ProcessPlan, files: Files) -> None:
        self._plan = plan
        self._files = files
        self._stale: frozenset[tuple[str, str]] = frozenset()

    def look(self, connection: Connection) -> None:
        """Find out which sources were read differently under which configuration; comes first."""
        read_under = replays.read_under(connection)
        self._stale = stale(connection, read_under, self._plan.config_hash, self._files, Readings)

    @property
    def is_any(self) -> bool:
        """Whether any touch has to be read again."""
        return bool(self._stale)

    def touches(self, connection: Connection, lead_ids: Collection[int]) -> dict[int, list[Reread]]:
        """All touches of those of these leads that have one to read again, oldest first."""
        stored = replays.touches(connection, lead_ids)
        stale = [one for one in stored if self._is_stale(one)]
        wanted = {one.lead_id for one in stale}
        again = self._read(connection, [from_uid(one.touch.uid) for one in stale])
        found: dict[int, list[Reread]] = {}
        for one in stored:
            if one.lead_id in wanted:
                found.setdefault(one.lead_id, []).append(_held_against(one, again, is_stale=self._is_stale(one)))
        return found

    def _is_stale(self, one: StoredTouch) -> bool:
        return one.touch.kind != CRM_CHANGE and (one.touch.source, one.config_hash) in self._stale

    def _read(self, connection: Connection, submission_ids: Sequence[int]) -> dict[str, Touch | None]:
        """The touches that these submissions make now, by uid; None where they make none."""
        found: dict[str, Touch | None] = {}
        for start in range(0, len(submission_ids), _BODIES):
            for submission in replays.bodies(connection, submission_ids[start : start + _BODIES]):
                found[to_uid(submission.id)] = read_submission(self._plan, submission).touch
        return found


def _held_against(one: StoredTouch, again: Mapping[str, Touch | None], *, is_stale: bool) -> Reread:
    touch = one.touch
    if not is_stale:
        return Reread(touch, touch)
    if touch.uid not in again:
        return Reread(touch, touch, "without_content")
    now = again[touch.uid]
    if now is None:
        return Reread(touch, touch, "held")
    if (now.kind, now.at, now.fields) == (touch.kind, touch.at, touch.fields):
        return Reread(touch, touch)
    before, after = _keys(touch), _keys(now)
    new = tuple(key for key in after if key not in before)
    return Reread(touch, now, "changed", new, _name(now) if new else ())


def _keys(touch: Touch) -> tuple[MatchKey, ...]:
    return match_keys({path: cell.value for path, cell in touch.fields.items()})


def _name(touch: Touch) -> Name:
    return name_tokens({path: cell.value for path, cell in touch.fields.items()})


# --- what a source is read by ---------------------------------------------------------------------------------------------


class DecidedBy(Protocol):
    """What decides something about submissions under one configuration."""

    def of(self, source: str) -> Sequence[Plain]:
        """Equal where it is decided alike of a source's submissions."""
        ...


def stale(
    connection: Connection,
    decided_under: Iterable[tuple[str, str]],
    config_hash: str,
    files: Files,
    decided_by: Callable[[Files], DecidedBy],
) -> frozenset[tuple[str, str]]:
    """Of sources with configurations, by their hashes, those under which it was decided otherwise than under these files."""
    now = decided_by(files)
    then: dict[str, DecidedBy | None] = {}
    found = set()
    for source, hash_ in decided_under:
        if hash_ == config_hash:
            continue
        if hash_ not in then:
            text = replays.files_of(connection, hash_)
            then[hash_] = None if text is None else decided_by(Files.from_json(text))
        before = then[hash_]
        if before is None or before.of(source) != now.of(source):
            found.add((source, hash_))
    return frozenset(found)


class Readings:
    """What each source's content is read by under one configuration, to be held against another one's."""

    def __init__(self, files: Files) -> None:
        self._settings: Document = files.settings
        self._own_fields = [file.text for file in files.of_kind("fields")]
        self._mappings = {_mapping_name(file.document): file.text for file in files.of_kind("mapping")}

    def of(self, source: str) -> Sequence[Plain]:
        """Equal where a source's content is read the same; a comment in its mapping makes another one, which harms nothing."""
        about = self._settings.plain_at(("sources", source))
        mapping = about.get("mapping", "") if isinstance(about, dict) else ""
        text = self._mappings.get(mapping, "") if isinstance(mapping, str) else ""
        places = [self._settings.plain_at((name,)) for name in ("zone", "region")]
        return [about, *places, *self._own_fields, text]


def _mapping_name(document: Document) -> str:
    name = document.plain_at(("mapping",))
    return name if isinstance(name, str) and name else Path(document.file).stem


def changed(touches: Iterable[Reread]) -> tuple[Reread, ...]:
    """Those that say something else now."""
    return tuple(one for one in touches if one.state == "changed")
