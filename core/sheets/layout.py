"""How a table in a file is laid out: what was understood of it, and what a person may pin of that."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

FileKind = Literal["text", "workbook"]
"""`text` is CSV, TSV and their kin; `workbook` is xlsx, xlsb, xls and ods."""

WORDS_FOR = {"\t": "tab", " ": "space", "\x1f": "unit separator", "\x01": "control-A", "": "none"}
"""What a character that can not be seen is called, in facts and in settings."""

_LINE_ENDS = {"\r\n": "Windows (CR LF)", "\n": "Unix (LF)", "\r": "old Mac (CR)", "mixed": "mixed"}


class NotATable(Exception):
    """The file holds no table that can be read; the message is a sentence that says what it is, and what to do."""


@dataclass(frozen=True, slots=True)
class PinnedLayout:
    """What a person has said about a file; None is found out. An empty `quote` or `escape` says that there is none.

    `skip_lines` are the lines before the header (or before the first row); `sheet` is a workbook's sheet by its name;
    `footer: False` reads the last lines as rows whatever they look like.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    skip_lines: int | None = None
    has_header: bool | None = None
    sheet: str | None = None
    footer: bool | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is read. `header` are the columns' names, each once, one for each of `width` columns, also where the file
    names none (`column 3`); `titles` are the cells of the header row as they stand, empty without one.

    `fallback` reads the lines that are not in `encoding`. `skip_lines` lie before the header or the first row. `comment`
    begins lines that are remarks. `looks_for_footer`: closing lines such as "Total: 5 rows" are no rows. `is_wrapped`:
    every line stands in quotes as a whole, and is read without them. `notes` are sentences on what was odd or guessed.
    """

    kind: FileKind
    width: int
    has_header: bool
    header: tuple[str, ...]
    titles: tuple[str, ...] = ()
    encoding: str = ""
    fallback: str = "cp1252"
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    skip_space: bool = False
    skip_lines: int = 0
    comment: str = ""
    looks_for_footer: bool = True
    is_wrapped: bool = False
    line_ends: str = "\n"
    sheet: str = ""
    notes: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Everything it takes to read the file the same way again."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Layout:
        """The layout that `as_json` wrote; raises ValueError for anything else."""
        try:
            values = json.loads(text)
            for name in ("header", "titles", "notes"):
                values[name] = tuple(values[name])
            return cls(**values)
        except (KeyError, TypeError) as error:
            raise ValueError("this is not how a file is read") from error

    def facts(self) -> tuple[tuple[str, str], ...]:
        """How the file is understood, as name and value, for people."""
        if self.kind == "workbook":
            facts = [("sheet", self.sheet)]
        else:
            facts = [
                ("encoding", self.encoding),
                ("delimiter", in_words(self.delimiter)),
                ("quote", in_words(self.quote) + (f", escaped by {self.escape}" if self.escape else "")),
                ("line ends", _LINE_ENDS.get(self.line_ends, self.line_ends)),
            ]
        if self.skip_lines:
            facts.append(("lines before the table", str(self.skip_lines)))
        if self.comment:
            facts.append(("remarks begin with", self.comment))
        facts.append(("header", "yes" if self.has_header else "no"))
        facts.append(("columns", ", ".join(self.header)))
        return (*facts, *(("note", note) for note in self.notes))


def in_words(character: str) -> str:
    """A delimiter or quote as it is written in settings and shown to people."""
    return WORDS_FOR.get(character, character)


def from_words(text: str) -> str:
    r"""The character that a person means by `tab`, `space`, `none`, `\t` or the character itself."""
    words = {word: character for character, word in WORDS_FOR.items()} | {
        "\\t": "\t",
        "comma": ",",
        "semicolon": ";",
        "pipe": "|",
    }
    return words.get(text.strip().lower() or text, text)
