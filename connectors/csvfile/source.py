"""Files as a source: any file as its records, and what a kept record means.

What reads mails and workbooks is imported when there is one to read: it is large, and most processes never meet any.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.csvfile.columns import understand
from connectors.csvfile.config import CsvFileConfig
from connectors.csvfile.feed import TableFeed
from connectors.csvfile.sheet import Sheet, open_sheet
from connectors.sources import FileFeed, FileOptions, SourceContext, Unreadable, UnreadableFile
from core.lead import Names
from core.problems import Problem
from core.sheets.layout import Layout, PinnedLayout, from_words

if TYPE_CHECKING:
    from core.mail.message import MailOptions

_KIND, IMPORT = "touch.kind", "import"
"""The kind of a touch that a row makes, unless a column or the mapping says another."""
_TABLE_ROW = "application/json"


class FileSource:
    """Reads what was kept of files: rows of tables, mails, business cards, ADF documents."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context

    def names(self, headers: Mapping[str, str], body: bytes) -> Names:
        """The record flattened to input names; raises Unreadable, and Ignored for a mail that is no lead."""
        if headers.get("content-type", _TABLE_ROW) != _TABLE_ROW:
            from connectors.documents import document_names

            return document_names(headers, body, self._mail_options())
        try:
            row = json.loads(body)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            message = "the kept row is no JSON object any more. Correct it, then retry the submission."
            raise Unreadable(Problem("not_a_row", message))
        names = {name: tuple(map(str, cell)) if isinstance(cell, list) else str(cell) for name, cell in row.items()}
        return {_KIND: IMPORT, **names}

    def places(self, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """Where in a mail each name stood; of a row, `columns` tells it."""
        if headers.get("content-type", _TABLE_ROW) == _TABLE_ROW:
            return {}
        from connectors.documents import document_places

        return document_places(headers, body, self._mail_options())

    def columns(self, reading: str) -> Mapping[str, str]:
        """The columns of each name in words, as the table was read."""
        try:
            columns = dict(json.loads(reading)["names"])
        except (ValueError, KeyError, TypeError):
            return {}
        kept: dict[str, list[str]] = {}
        for column, name in columns.items():
            kept.setdefault(name, []).append(f"`{column}`")
        return {name: f"column{'s' if len(found) > 1 else ''} {' and '.join(found)}" for name, found in kept.items()}

    def _mail_options(self) -> MailOptions:
        from core.mail.message import MailOptions

        return MailOptions(region=self._context.region)


def open_file(context: SourceContext, config: CsvFileConfig, path: Path, options: FileOptions) -> FileFeed:
    """A file as its records, read as it was read before or as the settings and its contents say.

    Raises UnreadableFile for what is no file of leads, and Doubtful where a person must say what a column is.
    """
    from connectors.documents import open_document

    document = open_document(path, context)
    if document is not None:
        return document
    if not options.reading:
        sheet = open_sheet(path, pinned_layout(config, options.pinned))
        try:
            return TableFeed(path, sheet, understand(path.name, sheet, config.columns, options))
        except BaseException:
            sheet.close()
            raise
    try:
        stored = json.loads(options.reading)
        sheet = open_sheet(path, Layout.from_json(json.dumps(stored["layout"])))
    except (ValueError, KeyError, TypeError) as error:
        message = f"{path.name}: how this file was read before can not be read any more. Import it with --again."
        raise UnreadableFile(message) from error
    return _resumed(path, sheet, stored["names"], options)


def _resumed(path: Path, sheet: Sheet, names: Mapping[str, str], options: FileOptions) -> FileFeed:
    try:
        return TableFeed(path, sheet, understand(path.name, sheet, names, options, is_settled=True))
    except BaseException:
        sheet.close()
        raise


def pinned_layout(config: CsvFileConfig, more: Mapping[str, str]) -> PinnedLayout:
    """What a person has said of how tables are read: the settings, and what was said when the file was opened."""
    read = config.read.model_copy(update=dict(more))

    def character(text: str | None) -> str | None:
        return None if text is None else from_words(text)

    return PinnedLayout(
        encoding=read.encoding,
        delimiter=character(read.delimiter),
        quote=character(read.quote),
        escape=character(read.escape),
        skip_lines=read.skip_lines,
        has_header=read.header,
        sheet=read.sheet,
        footer=read.footer,
    )
