"""How a file would be understood: a table's dialect and columns, a mail's kind and fields, a post's names; with a mapping to
begin with."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from connectors.sources import FileOptions, Ignored, SourceContext, Unreadable, UnreadableFile

if TYPE_CHECKING:
    from connectors.csvfile.columns import Columns
    from connectors.csvfile.sheet import Sheet
    from connectors.sources import FileFeed
    from core.lead import Names
    from core.mail.message import MailOptions
    from leadrelay.settings import SourceSettings

MOST_RECORDS = 20
"""Of a file of many mails or cards, so many are shown; the next thousand is counted."""

_MOST_COUNTED = 1_000
_TABLES = frozenset({".csv", ".tsv", ".tab", ".xlsx", ".xls", ".xlsb", ".ods"})
"""Names of which a file is taken for a table although nothing in it says that it is one."""

_LARGEST_POST = 20_000_000
_BOUNDARY = re.compile(rb"--([!-~][ -~]{0,69})\r?\n[Cc]ontent-[Dd]isposition:")
_PAIRS = re.compile(rb"[^\s=&<>{}\[\]\",;]{1,500}=[^\s<>\"]*(?:&[^\s=&<>{}\[\]\",;]{1,500}=[^\s<>\"]*)*\s*")
_SAMPLE = 40

Kind = Literal["table", "documents", "post"]


@dataclass(frozen=True, slots=True)
class Read:
    """One record of a file of mails, cards or ADF documents: its names, and for a mail the verdict and where all was found."""

    number: int
    line: int
    type: str
    names: Names = field(default_factory=dict)
    verdict: Mapping[str, Any] = field(default_factory=dict)
    found: tuple[tuple[str, str, str, float], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is taken for. `mapping` is one to begin with, as YAML; empty where none is needed."""

    kind: Kind
    facts: tuple[tuple[str, str], ...] = ()
    columns: tuple[Mapping[str, Any], ...] = ()
    records: tuple[Read, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    mapping: str = ""
    layout: Mapping[str, Any] = field(default_factory=dict)


def inspect(path: Path, source: SourceSettings | None, mapped_names: frozenset[str] | None) -> Inspection:
    """How a file is understood, by a source's own settings where one is named. Raises UnreadableFile with a sentence."""
    beginning = b"" if path.is_dir() else _beginning(path)
    context = SourceContext("inspect") if source is None else SourceContext(source.name, source.region, source.zone)
    content_type = _posted_as(beginning)
    if content_type:
        return _post(path, content_type, mapped_names)
    from connectors.documents import open_document

    feed = open_document(path, context)
    if feed is not None:
        with closing(feed):
            return _documents(feed, context, source)
    if path.is_dir():
        raise UnreadableFile(f"{path}: this is a folder: name a file in it.")
    return _table(path, source, FileOptions(mapped_names=mapped_names))


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            found = file.read(65_536)
    except OSError as error:
        raise UnreadableFile(f"{path}: the file can not be read: {error.strerror}.") from error
    if not found.strip():
        raise UnreadableFile(f"{path}: the file is empty.")
    return found


# --- posts ----------------------------------------------------------------------------------------------------------------


def _posted_as(beginning: bytes) -> str:
    """The content type of a form post's raw body; empty for anything else."""
    text = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] in (b"{", b"["):
        return "application/json"
    boundary = _BOUNDARY.match(text)
    if boundary:
        return f'multipart/form-data; boundary="{boundary[1].decode("ascii")}"'
    is_form = len(beginning) < 65_536 and _PAIRS.fullmatch(text) is not None
    return "application/x-www-form-urlencoded" if is_form else ""


def _post(path: Path, content_type: str, mapped_names: frozenset[str] | None) -> Inspection:
    from connectors.csvfile.columns import Columns
    from connectors.webform.bodies import read_names

    if path.stat().st_size > _LARGEST_POST:
        raise UnreadableFile(f"{path}: this is too large for one post. Is it a table in JSON? Convert it to CSV first.")
    body = path.read_bytes()
    facts = [("read as", f"a post: {content_type.partition(';')[0]}")]
    if content_type == "application/json":
        body = _first_of(path, body, facts)
    try:
        names = read_names({"content-type": content_type}, body)
    except Unreadable as error:
        raise UnreadableFile(f"{path}: {error.problem.message}.") from error
    uses = _uses(names, mapped_names)
    suggestion = "" if mapped_names is not None else _suggested(path, Columns(uses))
    return Inspection("post", tuple(facts), tuple(map(_shown, uses)), mapping=suggestion)


def _first_of(path: Path, body: bytes, facts: list[tuple[str, str]]) -> bytes:
    """The first object of a list, or of a file with one in each line: forms post one at a time."""
    text = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    first = text.partition(b"\n")[0]
    if text[:1] == b"{":
        if not first.rstrip().endswith(b"}") or not text.partition(b"\n")[2].lstrip().startswith(b"{"):
            return body
        facts.append(("note", "one object in each line: the first one is shown"))
        return first
    try:
        listed = json.loads(text)
    except ValueError as error:
        raise UnreadableFile(f"{path}: this begins like JSON and is none: {error}.") from error
    if not listed or not isinstance(listed[0], dict):
        raise UnreadableFile(f"{path}: this JSON holds no object with fields.")
    facts.append(("note", f"a list of {len(listed)}: the first one is shown"))
    return json.dumps(listed[0], ensure_ascii=False).encode()


def _uses(names: Names, mapped_names: frozenset[str] | None) -> tuple[Any, ...]:
    from connectors.csvfile.columns import ColumnUse
    from core.labels.table import recognize_columns
    from core.mapping.inputs import Spellings

    listed = list(names)
    texts = {name: value if isinstance(value, tuple) else (value,) for name, value in names.items()}
    mapped = frozenset() if mapped_names is None else frozenset(Spellings(tuple(listed), mapped_names).of_all(mapped_names))
    found = []
    for one in recognize_columns(listed, [["; ".join(texts[name]) for name in listed]]):
        is_mapped = one.name in mapped
        samples = tuple(text[:_SAMPLE] for text in texts[one.name])
        why = "mapping" if is_mapped else one.why
        found.append(ColumnUse(one.name, one.name, one.path, () if is_mapped else tuple(one.choices), why, is_mapped, samples))
    return tuple(found)


def _mapping_name(path: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")
    return name or "form"


def _shown(use: Any) -> dict[str, Any]:
    return {
        "name": use.column, "field": use.path or None, "choices": list(use.choices), "why": use.why, "read": use.is_read,
        "samples": list(use.samples),
    }  # fmt: skip


# --- tables ---------------------------------------------------------------------------------------------------------------


def _table(path: Path, source: SourceSettings | None, options: FileOptions) -> Inspection:
    from connectors.csvfile.columns import survey
    from connectors.csvfile.config import CsvFileConfig
    from connectors.csvfile.sheet import open_sheet
    from connectors.csvfile.source import pinned_layout

    given = source.config if source is not None and isinstance(source.config, CsvFileConfig) else CsvFileConfig()
    sheet = open_sheet(path, pinned_layout(given, {}))
    try:
        columns: Columns = survey(sheet, given.columns, options)
        facts = sheet.layout.facts()
        layout = json.loads(sheet.layout.as_json())
        is_known = path.suffix.lower() in _TABLES or any(use.path or use.choices or use.is_read for use in columns.uses)
        is_known = is_known or _is_regular(sheet)
    finally:
        sheet.close()
    if not is_known:
        raise UnreadableFile(
            f"{path}: this is no table, mail, business card or form post that leadrelay knows. Of a table, say how it is read "
            "under `read:` of a csvfile source, then inspect it with --source."
        )
    suggestion = "" if options.mapped_names is not None else _suggested(path, columns)
    told = tuple(fact for fact in facts if fact[0] != "columns")
    return Inspection("table", told, tuple(map(_shown, columns.uses)), mapping=suggestion, layout=layout)


def _is_regular(sheet: Sheet) -> bool:
    """Whether it is a table although no column is known: several columns, and rows that fill them."""
    width = len(sheet.layout.header)
    rows = [row for row in islice(sheet.rows(), 100) if row.cells]
    return width > 1 and len(rows) > 0 and sum(len(row.cells) == width for row in rows) >= 0.9 * len(rows)


def _suggested(path: Path, columns: Columns) -> str:
    """A mapping to begin with. Where nothing is recognized it keeps everything as the message, so that it is one already."""
    from connectors.csvfile.columns import suggested_mapping

    text = suggested_mapping(_mapping_name(path), columns)
    if any(use.path for use in columns.uses):
        return text
    names = ", ".join(json.dumps(use.column, ensure_ascii=False) for use in columns.uses)
    line = f'  touch.message: {{from: [{names}], join: "\\n"}}   # nothing is recognized: say what is the address, the name ...\n'
    return text.replace("fields:\n", f"fields:\n{line}", 1)


# --- mails, cards, ADF ------------------------------------------------------------------------------------------------------


def _documents(feed: FileFeed, context: SourceContext, source: SourceSettings | None) -> Inspection:
    options = _mail_options(context, source)
    shown: list[Read] = []
    counts: Counter[str] = Counter()
    facts = list(feed.facts)
    for record in feed.records():
        if record.is_blank:
            continue
        read = _read(record, dict(feed.headers), options)
        counts[read.verdict.get("kind") or ("rejected" if read.problem else "lead")] += 1
        if len(shown) < MOST_RECORDS:
            shown.append(read)
        if counts.total() >= _MOST_COUNTED:
            facts.append(("note", f"only the first {_MOST_COUNTED} records were looked at"))
            break
    return Inspection("documents", tuple(facts), records=tuple(shown), counts=dict(counts))


def _mail_options(context: SourceContext, source: SourceSettings | None) -> MailOptions:
    from connectors.imap.config import ImapConfig
    from connectors.imap.reader import mail_options
    from core.mail.message import MailOptions

    if source is not None and isinstance(source.config, ImapConfig):
        return mail_options(context, source.config)
    return MailOptions(region=context.region)


def _read(record: Any, headers: dict[str, str], options: MailOptions) -> Read:
    from connectors.documents import document_names
    from core.mail.reading import explain, read_mail

    headers |= dict(record.headers or {})
    kind = headers.get("content-type", "message/rfc822").partition(";")[0]
    if record.reason:
        return Read(record.number, record.line, kind, problem=record.reason)
    if kind == "message/rfc822":
        reading = read_mail(record.body, options)
        told = reading.verdict
        verdict = {"kind": told.kind, "is_lead": told.is_lead, "code": told.code, "reason": told.reason}
        return Read(record.number, record.line, kind, reading.names, verdict, explain(reading))
    try:
        return Read(record.number, record.line, kind, document_names(headers, record.body))
    except Unreadable as error:
        return Read(record.number, record.line, kind, problem=error.problem.message)
    except Ignored as no_lead:
        return Read(record.number, record.line, kind, problem=f"{no_lead.code}: {no_lead.reason}")


def as_json(found: Inspection, file: str) -> dict[str, Any]:
    """The inspection as plain JSON values."""
    document: dict[str, Any] = {"file": file, "kind": found.kind, "facts": [list(fact) for fact in found.facts]}
    if found.kind == "documents":
        document["counts"] = dict(found.counts)
        document["records"] = [
            {
                "number": one.number, "line": one.line, "type": one.type, "verdict": dict(one.verdict) or None,
                "names": dict(one.names), "problem": one.problem or None,
                "found": [dict(zip(("name", "text", "where", "confidence"), told, strict=True)) for told in one.found],
            }
            for one in found.records
        ]  # fmt: skip
    else:
        document |= {"columns": [dict(column) for column in found.columns], "mapping": found.mapping or None}
    if found.layout:
        document["layout"] = dict(found.layout)
    return document
