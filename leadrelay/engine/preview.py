"""What an import would do, without doing it: how rows become lead fields, and which would be rejected, held or known."""

from __future__ import annotations

from binascii import b2a_base64
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from connectors.sources import FileFeed, FileRecord, Ignored, Unreadable
from core.fields import Catalogue
from core.instants import Instant
from core.lead import Cell, Names, Touch
from core.mapping import Held, read_touch
from leadrelay.engine.occurrences import Occurrences
from leadrelay.engine.plan import SourcePlan

LOOKED_AT = 10_000
_SHOWN = 20
_MOST_NAMES = 1_000

Json = dict[str, object]
KnownKeys = Callable[[Sequence[str]], set[str]]


@dataclass
class FieldUse:
    """A lead field as the rows fill it: how often, and how often something was wrong with its text."""

    filled: int = 0
    wrong: int = 0


@dataclass
class Preview:
    """What was seen of a file: `is_whole` unless it goes on behind the records that were looked at. `columns` counts the filled
    cells of each input name, `held` and `ignored` the reasons, `rejected` names line and reason, `rows` the first leads."""

    facts: tuple[tuple[str, str], ...] = ()
    records: int = 0
    is_whole: bool = True
    accepted: int = 0
    known: int = 0
    blank: int = 0
    rejected_count: int = 0
    rejected: list[tuple[int, str]] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    fields: dict[str, FieldUse] = field(default_factory=dict)
    rows: list[tuple[int, dict[str, object]]] = field(default_factory=list)

    def as_json(self) -> Json:
        """The preview as plain JSON values."""
        return {
            "facts": dict(self.facts), "records": self.records, "is_whole": self.is_whole, "accepted": self.accepted,
            "known": self.known, "blank": self.blank, "rejected": self.rejected_count,
            "rejected_rows": [{"line": line, "reason": reason} for line, reason in self.rejected],
            "held": dict(self.held), "ignored": dict(self.ignored), "columns": dict(self.columns),
            "fields": {path: {"filled": use.filled, "wrong": use.wrong} for path, use in self.fields.items()},
            "rows": [{"line": line, "fields": fields} for line, fields in self.rows],
        }  # fmt: skip


def preview(
    feed: FileFeed, source: SourcePlan, catalogue: Catalogue, now: Instant, known_keys: KnownKeys, *, limit: int = LOOKED_AT
) -> Preview:
    """Look at a file's first records (`limit` of them) with the source's own mapping."""
    found = Preview()
    occurrences = Occurrences()
    keys: list[str] = []
    records = feed.records()
    for record in islice(records, limit):
        found.records += 1
        if record.is_blank:
            found.blank += 1
        elif record.reason:
            found.rejected_count += 1
            if len(found.rejected) < _SHOWN:
                found.rejected.append((record.line, record.reason))
        else:
            nth = 1 if record.lasting_key else occurrences.next(record.key)
            key = record.lasting_key or b2a_base64(record.key, newline=False).decode()
            keys.append(key if nth == 1 else f"{key}#{nth}")
            _look_at(found, record, feed.headers, source, catalogue, now)
    found.is_whole = next(records, None) is None
    different = list(dict.fromkeys(keys))
    found.accepted = len(different) - len(known_keys(different))
    found.known = len(keys) - found.accepted
    found.facts = feed.facts
    return found


def _look_at(
    found: Preview, record: FileRecord, headers: Mapping[str, str], source: SourcePlan, catalogue: Catalogue, now: Instant
) -> None:
    try:
        names = source.reader.names({**headers, **(record.headers or {})}, record.body)
        touch = read_touch(
            source.mapping, names, uid="", source=source.name, received_at=now, submitted_at=record.submitted_at, is_test=False,
            catalogue=catalogue, zone=source.zone, region=source.region,
        )  # fmt: skip
    except Unreadable as error:
        found.held[error.problem.message] += 1
        return
    except Ignored as no_lead:
        found.ignored[f"{no_lead.code}: {no_lead.reason}"] += 1
        return
    _count_names(found, names)
    if isinstance(touch, Held):
        found.held[touch.problems[0].message] += 1
        return
    said = {path: cell for path, cell in touch.fields.items() if cell.raw and catalogue.is_input(path)}
    _count_fields(found, said, touch)
    if len(found.rows) < _SHOWN:
        found.rows.append((record.line, {path: cell.value for path, cell in said.items()}))


def _count_names(found: Preview, names: Names) -> None:
    for name in names:
        if name in found.columns or len(found.columns) < _MOST_NAMES:
            found.columns[name] += 1


def _count_fields(found: Preview, said: Mapping[str, Cell], touch: Touch) -> None:
    for path in said:
        found.fields.setdefault(path, FieldUse()).filled += 1
    for path in {problem.field for problem in touch.problems if problem.code not in ("unmapped_name", "unmapped_names")}:
        if path:
            found.fields.setdefault(path, FieldUse()).wrong += 1
