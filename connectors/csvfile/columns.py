"""What the columns of a table are: read by a mapping, recognized by themselves, in doubt, or only kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from connectors.csvfile.sheet import Sheet
from connectors.sources import Doubtful, FileOptions, Question, UnreadableFile
from core.labels.table import recognize_columns
from core.mapping.clauses import fold
from core.mapping.inbound import WHO
from core.mapping.inputs import Spellings

_SAMPLED, _SEARCHED = 200, 20_000
"""From how many rows the columns' values are taken, and among how many records these are looked for."""
_SHOWN = 3
_LONGEST_SHOWN = 40
_EMPTY = "it is empty"


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """One column: `name` is what its cells are kept under, `path` the lead field that it fills or (where a mapping does not read
    it) seems to hold. With several `choices` and no path it is in doubt. `is_read`: something reads it."""

    column: str
    name: str
    path: str = ""
    choices: tuple[str, ...] = ()
    why: str = ""
    is_read: bool = False
    samples: tuple[str, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether a person must say what it holds."""
        return not self.path and len(self.choices) > 0


@dataclass(frozen=True, slots=True)
class Columns:
    """All columns, in order. `who` are those of which one must be filled, so that a row says something of somebody; None
    where any row is taken."""

    uses: tuple[ColumnUse, ...]
    who: frozenset[str] | None = None

    @property
    def names(self) -> dict[str, str]:
        """What each column's cells are kept under."""
        return {use.column: use.name for use in self.uses}

    @property
    def doubts(self) -> tuple[Question, ...]:
        """What a person must settle."""
        return tuple(Question(use.column, use.choices, use.samples) for use in self.uses if use.is_doubtful and not use.is_read)

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Which columns fill which lead fields, and which are only kept, for people."""
        filled = [f"{use.column} -> {use.path}" if use.path != use.column else use.path for use in self.uses if use.is_read]
        kept = [f"{use.column}{_hint(use)}" for use in self.uses if not use.is_read]
        return (("read", ", ".join(filled)), ("only kept", ", ".join(kept)))


def settled(names: Mapping[str, str]) -> dict[str, str]:
    """The columns of an earlier reading as answers: a lead field, or nothing for what is only kept."""
    return {column: "" if name == column else name for column, name in names.items()}


def understand(
    file_name: str, sheet: Sheet, answers: Mapping[str, str], options: FileOptions, *, is_settled: bool = False
) -> Columns:
    """The columns of an open table. `answers` go before what is recognized (a column's name to a path, or to nothing), and with
    `is_settled` nothing else is.

    Raises Doubtful where a person must say what a column holds, and UnreadableFile where no column names anybody.
    """
    columns = survey(sheet, {**answers, **options.answers}, options, is_settled=is_settled)
    if columns.doubts:
        raise Doubtful(_in_doubt(file_name, columns.doubts), columns.doubts)
    if columns.who is not None and not columns.who:
        raise UnreadableFile(_nobody(file_name, columns, options))
    return columns


def survey(sheet: Sheet, answers: Mapping[str, str], options: FileOptions, *, is_settled: bool = False) -> Columns:
    """The columns of an open table with all that is in doubt."""
    records = islice(sheet.rows(), _SEARCHED)
    rows = [row.cells for row in islice((row for row in records if row.cells and not row.problem), _SAMPLED)]
    told = {fold(column): path for column, path in answers.items()}
    mapped = None if options.mapped_names is None else _spelled(sheet.layout.header, options.mapped_names)
    uses = []
    for index, column in enumerate(recognize_columns(sheet.layout.header, rows)):
        shown = _shown(row[index] for row in rows if index < len(row))
        answer = told.get(fold(column.name))
        # What is empty is no question: nobody could tell from it what it holds, and nothing hangs on the answer.
        choices = tuple(column.choices) if shown else ()
        why = column.why if shown or not column.choices else _EMPTY
        if answer is not None:
            use = ColumnUse(column.name, answer or column.name, answer, (), "settings", bool(answer), shown)
        elif mapped is None and not is_settled:
            name = column.path or column.name
            use = ColumnUse(column.name, name, column.path, choices, why, bool(column.path), shown)
        else:
            use = ColumnUse(column.name, column.name, column.path, choices if is_settled else (), why, False, shown)
        if mapped is not None and column.name in mapped:
            use = ColumnUse(column.name, use.name, use.name, (), "mapping", True, shown)
        uses.append(use)
    return Columns(tuple(uses), _who(uses, sheet.layout.header, options))


def _hint(use: ColumnUse) -> str:
    """What there is to say of a column that nothing reads."""
    return f" (looks like {use.path})" if use.path else " (empty)" if use.why == _EMPTY else ""


def _shown(cells: Iterable[str]) -> tuple[str, ...]:
    """The first few of a column's cells, each once."""
    return tuple(islice(dict.fromkeys(cell[:_LONGEST_SHOWN] for cell in cells if cell.strip()), _SHOWN))


def _spelled(header: Sequence[str], names: frozenset[str]) -> frozenset[str]:
    """The columns that names of a mapping stand for."""
    return frozenset(Spellings(header, names).of_all(names))


def _who(uses: Sequence[ColumnUse], header: Sequence[str], options: FileOptions) -> frozenset[str] | None:
    recognized = {use.column for use in uses if use.is_read and use.name in WHO}
    if options.mapped_names is None:
        return frozenset(recognized)
    return None if options.who_names is None else _spelled(header, options.who_names) | recognized


def _in_doubt(file_name: str, doubts: Iterable[Question]) -> str:
    asked = list(doubts)
    listed = "; ".join(f"`{one.column}` could be {' or '.join(one.choices)}" for one in asked)
    example = ", ".join(f"{_scalar(one.column)}: {one.choices[0]}" for one in asked)
    return (
        f"{file_name}: what some columns hold is in doubt: {listed}. Say it in the source's settings, as in "
        f'`columns: {{{example}}}`; an empty text, as in `: ""`, keeps a column without reading it.'
    )


def _nobody(file_name: str, columns: Columns, options: FileOptions) -> str:
    listed = ", ".join(f"`{use.column}`" for use in columns.uses[:12])
    if options.mapped_names is not None:
        wanted = ", ".join(f"`{name}`" for name in sorted(options.who_names or ())[:8])
        return (
            f"{file_name}: the source's mapping looks for people and companies in {wanted}, and the file's columns are {listed}. "
            "Add them to the mapping, or import the file through another source."
        )
    return (
        f"{file_name}: no column was recognized that could name a person or a company: {listed}. If it is a list of leads, say "
        "in the source's settings what they hold, as in `columns: {Kontakt: person.full_name}`, or `read: {header: no}` where "
        "the first row is no header."
    )


# --- a mapping to begin with ------------------------------------------------------------------------------------------

_PLAIN = re.compile(r"[^\W_][\w .@/()+&'-]*")


def suggested_mapping(name: str, columns: Columns) -> str:
    """A mapping that reads what is recognized, as YAML; what is in doubt or not recognized stands in it as remarks."""
    by_path: dict[str, list[str]] = {}
    for use in columns.uses:
        if use.path:
            by_path.setdefault(use.path, []).append(use.column)
    width = max(map(len, by_path), default=0) + 1
    lines = [f"mapping: {_scalar(name)}", "to: lead", "fields:"]
    for path, found in by_path.items():
        inputs = _scalar(found[0]) if len(found) == 1 else f"[{', '.join(map(_scalar, found))}]"
        lines.append(f"  {path + ':':{width}} {inputs}")
    for use in columns.uses:
        if not use.path:
            hint = " or ".join(use.choices) or "a lead field"
            lines.append(f"  # {hint}: {_scalar(use.column)}")
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    """A text as YAML writes it, in quotes where it needs them."""
    is_plain = _PLAIN.fullmatch(text) and not text.endswith(" ") and ", " not in text
    return text if is_plain else json.dumps(text, ensure_ascii=False)
