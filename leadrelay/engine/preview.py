"""What an import would do, without doing it: how rows become lead fields, and which would be rejected, held or known."""

from __future__ import annotations

from binascii import b2a_base64
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from connectors.sources import FileFeed, FileRecord, Ignored, Unreadable
from core.fields import Catalogue
from core.instants import Instant
from core.lead import Cell, Names, Touch
from core.mapping import Held, read_touch
from core.mapping.inbound import Taken, take
from core.mapping.inputs import filled
from core.mapping.reading import normalize_taken
from core.problems import Problem
from leadrelay.engine.occurrences import Occurrences
from leadrelay.engine.plan import SourcePlan

LOOKED_AT = 10_000
_SHOWN = 20
_MOST_NAMES = 1_000
_EXAMPLES = 3
_MOST_DOUBTS = 100

Json = dict[str, object]
KnownKeys = Callable[[Sequence[str]], set[str]]
NoLead = Literal["rejected", "held", "ignored"]


@dataclass
class FieldUse:
    """A lead field as the rows fill it: how often, and how often something was wrong with its text."""

    filled: int = 0
    wrong: int = 0


@dataclass
class ColumnSeen:
    """A column (an input name, where records have no columns) as the rows fill it: how many do, in how many the text was fully
    understood as each lead field that it fills, and its first few texts. Without lead fields it is only kept."""

    filled: int = 0
    understood: int = 0
    fields: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)


@dataclass
class Doubt:
    """Something that is wrong in a column: in how many rows, and in which lines first."""

    count: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass
class Preview:
    """What was seen of a file: `is_whole` unless it goes on behind the records that were looked at. `columns` counts the filled
    cells of each input name, `headers` tells what each column holds, `doubts` what was not understood by column and sentence,
    `held` and `ignored` count the reasons, `no_lead` names line, ending and reason, `rows` the first leads."""

    facts: tuple[tuple[str, str], ...] = ()
    records: int = 0
    is_whole: bool = True
    accepted: int = 0
    known: int = 0
    blank: int = 0
    rejected_count: int = 0
    no_lead: list[tuple[int, NoLead, str]] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    headers: dict[str, ColumnSeen] = field(default_factory=dict)
    doubts: dict[tuple[str, str], Doubt] = field(default_factory=dict)
    fields: dict[str, FieldUse] = field(default_factory=dict)
    rows: list[tuple[int, dict[str, object]]] = field(default_factory=list)

    def as_json(self) -> Json:
        """The preview as plain JSON values."""
        return {
            "facts": dict(self.facts), "records": self.records, "is_whole": self.is_whole, "accepted": self.accepted,
            "known": self.known, "blank": self.blank, "rejected": self.rejected_count,
            "rejected_rows": [{"line": line, "reason": reason} for line, ending, reason in self.no_lead if ending == "rejected"],
            "held_rows": [{"line": line, "reason": reason} for line, ending, reason in self.no_lead if ending == "held"],
            "held": dict(self.held), "ignored": dict(self.ignored), "columns": dict(self.columns),
            "headers": [
                {"column": name, "fields": seen.fields, "filled": seen.filled, "understood": seen.understood,
                 "examples": seen.examples} for name, seen in self.headers.items()
            ],
            "doubts": [
                {"column": column, "message": message, "rows": doubt.count, "lines": doubt.lines}
                for (column, message), doubt in self.doubts.items()
            ],
            "fields": {path: {"filled": use.filled, "wrong": use.wrong} for path, use in self.fields.items()},
            "rows": [{"line": line, "fields": fields} for line, fields in self.rows],
        }  # fmt: skip


def preview(
    feed: FileFeed, source: SourcePlan, catalogue: Catalogue, now: Instant, known_keys: KnownKeys, *, limit: int = LOOKED_AT
) -> Preview:
    """Look at a file's first records (`limit` of them) with the source's own mapping."""
    found = Preview(headers={column: ColumnSeen() for column in feed.columns})
    look = _Look(found, source, catalogue, now, {name: column for column, name in feed.kept_as.items()})
    occurrences = Occurrences()
    keys: list[str] = []
    records = feed.records()
    for record in islice(records, limit):
        found.records += 1
        if record.is_blank:
            found.blank += 1
        elif record.reason:
            found.rejected_count += 1
            look.tell(record.line, "rejected", record.reason)
        else:
            nth = 1 if record.lasting_key else occurrences.next(record.key)
            key = record.lasting_key or b2a_base64(record.key, newline=False).decode()
            keys.append(key if nth == 1 else f"{key}#{nth}")
            look.at(record, feed.headers)
    found.is_whole = next(records, None) is None
    different = list(dict.fromkeys(keys))
    found.accepted = len(different) - len(known_keys(different))
    found.known = len(keys) - found.accepted
    found.facts = feed.facts
    return found


class _Look:
    """One file's records as they are read one after the other; `columns` names the column of each input name."""

    def __init__(
        self, found: Preview, source: SourcePlan, catalogue: Catalogue, now: Instant, columns: Mapping[str, str]
    ) -> None:
        self._found = found
        self._source = source
        self._catalogue = catalogue
        self._now = now
        self._columns = columns
        self._told: Counter[NoLead] = Counter()

    def tell(self, line: int, ending: NoLead, reason: str) -> None:
        """Keep why a record makes no lead, for the first few of each ending."""
        self._told[ending] += 1
        if self._told[ending] <= _SHOWN:
            self._found.no_lead.append((line, ending, reason))

    def at(self, record: FileRecord, headers: Mapping[str, str]) -> None:
        """Read one record as its source would, and count what became of it."""
        found, source = self._found, self._source
        try:
            names = source.reader.names({**headers, **(record.headers or {})}, record.body)
        except Unreadable as error:
            self._hold(record, error.problem.message)
            return
        except Ignored as no_lead:
            reason = f"{no_lead.code}: {no_lead.reason}"
            found.ignored[reason] += 1
            self.tell(record.line, "ignored", reason)
            return
        touch = read_touch(
            source.mapping, names, uid="", source=source.name, received_at=self._now, submitted_at=record.submitted_at,
            is_test=False, catalogue=self._catalogue, zone=source.zone, region=source.region,
        )  # fmt: skip
        _count_names(found, names)
        self._count_columns(record, names, touch)
        if isinstance(touch, Held):
            self._hold(record, touch.problems[0].message)
            return
        said = {path: cell for path, cell in touch.fields.items() if cell.raw and self._catalogue.is_input(path)}
        _count_fields(found, said, touch)
        if len(found.rows) < _SHOWN:
            found.rows.append((record.line, {path: cell.value for path, cell in said.items()}))

    def _hold(self, record: FileRecord, reason: str) -> None:
        self._found.held[reason] += 1
        self.tell(record.line, "held", reason)

    def _count_columns(self, record: FileRecord, names: Names, touch: Touch | Held) -> None:
        """Which lead fields each filled column was taken for, and whether its text was understood as these."""
        taken = take(self._source.mapping.plan(names), names)
        cells = touch.fields if isinstance(touch, Touch) else self._normalized(taken)
        problems: dict[str, Problem] = {}
        for problem in touch.problems:
            problems.setdefault(problem.field, problem)
        by_name = _by_name(taken, names)
        for name in names:
            if not (texts := filled(names[name])) or (name not in self._columns and self._columns):
                continue  # what the reader adds of itself, such as the kind of touch, is no column
            seen = self._seen(self._columns.get(name, name))
            if seen is None:
                continue
            seen.filled += 1
            if len(seen.examples) < _EXAMPLES and texts[0] not in seen.examples:
                seen.examples.append(texts[0])
            paths = by_name.get(name, [])
            seen.fields += [path for path in paths if path not in seen.fields]
            doubtful = [path for path in paths if path not in cells or path in problems]
            seen.understood += not doubtful
            for path in doubtful:
                self._doubt(record.line, self._columns.get(name, name), _sentence(problems.get(path), taken[path]))

    def _normalized(self, taken: Mapping[str, Taken]) -> Mapping[str, Cell]:
        cells, _ = normalize_taken(taken, self._catalogue, zone=self._source.zone, region=self._source.region)
        return cells

    def _seen(self, column: str) -> ColumnSeen | None:
        headers = self._found.headers
        return headers.setdefault(column, ColumnSeen()) if column in headers or len(headers) < _MOST_NAMES else None

    def _doubt(self, line: int, column: str, sentence: str) -> None:
        doubts = self._found.doubts
        if (column, sentence) not in doubts and len(doubts) >= _MOST_DOUBTS:
            return
        doubt = doubts.setdefault((column, sentence), Doubt())
        doubt.count += 1
        if len(doubt.lines) < _EXAMPLES:
            doubt.lines.append(line)


def _by_name(taken: Mapping[str, Taken], names: Names) -> dict[str, list[str]]:
    """The lead fields that each input name is taken for; several that are joined are told in one text."""
    found: dict[str, list[str]] = {}
    for path, one in taken.items():
        for name in (one.name,) if one.name in names else one.name.split(", "):
            found.setdefault(name, []).append(path)
    return found


def _sentence(problem: Problem | None, taken: Taken) -> str:
    """What is wrong, without the place, which stands beside it."""
    if problem is None:
        return "it says nothing that could be read as this field, such as a dash or `n/a`"
    return problem.message.removeprefix(f"{taken.path} (from `{taken.name}`): ")


def _count_names(found: Preview, names: Iterable[str]) -> None:
    for name in names:
        if name in found.columns or len(found.columns) < _MOST_NAMES:
            found.columns[name] += 1


def _count_fields(found: Preview, said: Mapping[str, Cell], touch: Touch) -> None:
    for path in said:
        found.fields.setdefault(path, FieldUse()).filled += 1
    for path in {problem.field for problem in touch.problems if problem.code not in ("unmapped_name", "unmapped_names")}:
        if path:
            found.fields.setdefault(path, FieldUse()).wrong += 1
