"""`import`: files through a source, with what was understood, what was rejected and why, and what happens next."""

from __future__ import annotations

import glob
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.completion import source_names
from leadrelay.commands.options import Config, Json, check_readable
from leadrelay.commands.output import Exit, Output, answering, counted, refuse
from leadrelay.commands.showing import opened_app, when

if TYPE_CHECKING:
    from connectors.sources import FileFeed, FileOptions, Question
    from leadrelay.app import App
    from leadrelay.engine.importing import Imported, Progress
    from leadrelay.settings import SourceSettings
    from leadrelay.store.imports import Counts

SourceName = Annotated[
    str, typer.Argument(metavar="SOURCE", help="The source's name in the configuration.", autocompletion=source_names)
]
GivenFiles = Annotated[
    list[str],
    typer.Argument(metavar="FILE...", help="Files, or patterns such as 'inbox/*.csv': CSV, TSV, xlsx, vCard, .eml, mbox."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what an import would do, and write nothing.")]
YesToDoubts = Annotated[
    bool, typer.Option("--yes", "-y", help="Ask nothing: a column that leaves a doubt is kept, and fills no lead field.")
]
RejectsPlace = Annotated[
    Path | None,
    typer.Option(
        "--rejects", metavar="FILE", help="Where rejected rows go; for several files a folder. Default: beside each file."
    ),
]
Encoding = Annotated[str | None, typer.Option("--encoding", help="The encoding of text files, such as cp1252.")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="What stands between two cells: the character, or `tab`.")]
SheetName = Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook.")]
IsAgain = Annotated[
    bool, typer.Option("--again", help="Read a file once more that was imported before; what is known makes nothing new.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("import")(import_files)


def import_files(
    source: SourceName,
    files: GivenFiles,
    dry_run: DryRun = False,
    yes: YesToDoubts = False,
    rejects: RejectsPlace = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    sheet: SheetName = None,
    again: IsAgain = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Bring files of leads in: spreadsheets, business cards, saved mails.

    Every row is kept, and becomes a lead when a worker runs. The same rows again make nothing new, so a file may be imported
    as often as you like, and after an interruption the same command goes on. Rows that can not be taken go to a file of their
    own, with the reason. Look first with --dry-run.

    Example: leadrelay import files fair.csv --dry-run
    """
    with answering(as_json) as out:
        pinned = {name: text for name, text in (("encoding", encoding), ("delimiter", delimiter), ("sheet", sheet)) if text}
        paths = _found(files)
        _check_rejects(rejects, paths)
        if dry_run:
            from leadrelay.commands.import_preview import show_previews

            show_previews(out, config, source, paths, pinned, is_agreed=yes)
            return
        from leadrelay.serving import tune_interpreter

        with opened_app(config) as app:
            tune_interpreter()
            session = _Session(app, out, chosen_source(app.configuration.settings.sources, source), pinned, yes, again, rejects)
            with _stoppable(session.stopping):
                for path in paths:
                    session.bring(path)
            session.close()


def chosen_source(sources: Mapping[str, SourceSettings], name: str) -> SourceSettings:
    """The source of this name, if it reads files."""
    readers = [known for known, source in sorted(sources.items()) if source.spec.open_file is not None]
    if name in readers:
        return sources[name]
    what = f"The source `{name}` reads no files." if name in sources else f"There is no source `{name}`."
    new = "lists" if name in sources else name
    hint = f"Sources that do: {', '.join(readers)}." if readers else f"Add one under `sources:`: `{new}: {{connector: csvfile}}`."
    return refuse(f"{what} {hint} What was just added to the settings counts after `leadrelay reload`.")


def _found(given: Sequence[str]) -> list[Path]:
    """The files that were named, patterns written out; each once."""
    found: list[Path] = []
    for text in given:
        path = Path(text)
        is_there = os.path.lexists(path)  # does not raise where a name is too long
        matching = [path] if is_there else [Path(one) for one in sorted(glob.glob(text, recursive=True))]  # noqa: PTH207
        files = [one for one in matching if one.is_file()]
        for one in files or [path]:
            check_readable(one)
        found += files
    return list(dict.fromkeys(found))


def _check_rejects(rejects: Path | None, paths: Sequence[Path]) -> None:
    if rejects is None:
        return
    if len(paths) > 1 and not rejects.is_dir():
        refuse(f"{rejects}: for several files, name a folder that is there.")
    if not (rejects if rejects.is_dir() else rejects.parent).is_dir():
        refuse(f"{rejects}: the folder {rejects.parent} is not there.")
    if any(rejects.absolute() == path.absolute() for path in paths):
        refuse(f"{rejects}: this is one of the files to import.")


@contextmanager
def _stoppable(stopping: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the work after the records that are being committed; a second one ends it at once."""

    def stop(*_: object) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class _Session:
    """One run of the command: file after file, then the summary."""

    app: App
    out: Output
    source: SourceSettings
    pinned: Mapping[str, str]
    is_agreed: bool
    is_again: bool
    rejects: Path | None
    stopping: threading.Event = field(default_factory=threading.Event)
    rows: list[dict[str, Any]] = field(default_factory=list)
    status: Exit = Exit.DONE

    def bring(self, path: Path) -> None:
        """Import one file; what is wrong with it stops no other."""
        from connectors.sources import Doubtful, UnreadableFile
        from leadrelay.engine.importing import Busy, Changed, Interrupted

        if self.stopping.is_set():
            return
        try:
            self._tell(path, self._import(path))
        except Doubtful as error:
            self._refused(path, Exit.WRONG, str(error))
        except (UnreadableFile, Busy, Changed) as error:
            self._refused(path, Exit.NO, str(error))
        except OSError as error:
            self._refused(path, Exit.WRONG, f"{path}: {error.filename or 'the file'} can not be used: {error.strerror}.")
        except Interrupted as stopped:
            done = f"{stopped.counts.records:,} records are kept"
            self._refused(path, Exit.UNFINISHED, f"{path.name}: stopped. {done}; the same command goes on behind them.")

    def _import(self, path: Path) -> Imported:
        from leadrelay.engine.importing import Importer
        from leadrelay.plans import file_options

        options = replace(file_options(self.app.configuration, self.source), pinned=self.pinned)
        importer = Importer(self.app.database, clock=self.app.clock, ids=self.app.ids)
        rejects = (
            self.rejects / f"{path.stem}.rejected.csv" if self.rejects is not None and self.rejects.is_dir() else self.rejects
        )
        with _bar(path) as progress:
            return importer.run(
                self.source.name,
                path,
                lambda reading: opened(self.source, path, replace(options, reading=reading), self.out, is_agreed=self.is_agreed),
                rejects=rejects,
                is_test=bool(getattr(self.source.config, "test", False)),
                is_again=self.is_again,
                progress=progress,
                is_stopped=self.stopping.is_set,
            )

    def _tell(self, path: Path, done: Imported) -> None:
        from leadrelay.commands.output import as_json_value

        state = "known" if done.is_known else "imported"
        counts = as_json_value(done.counts)
        rejects = str(done.rejects) if done.rejects else None
        self.rows.append({"file": str(path), "state": state, **counts, "resumed_at": done.resumed_at, "rejects": rejects,
                          "read": dict(done.facts)})  # fmt: skip
        if done.is_known:
            self.out.note(f"{path.name}: imported on {when(done.at)} UTC, nothing new. --again reads it once more.")
        elif done.resumed_at:
            self.out.note(f"{path.name}: went on behind {done.resumed_at:,} records of an earlier run.")
        for name, fact in done.facts:
            if fact and name in ("read", "only kept", "note"):
                self.out.note(f"{path.name}: {name + ': ' if name != 'note' else ''}{fact}")

    def _refused(self, path: Path, status: Exit, message: str) -> None:
        self.rows.append({"file": str(path), "state": "stopped" if status == Exit.UNFINISHED else "refused", "problem": message})
        self.status = max(self.status, status)
        self.out.note(message)

    def close(self) -> None:
        """The summary, and what happens next."""
        waiting = _waiting(self.app, self.source.name)
        self.out.document({"source": self.source.name, "files": self.rows, "waiting": waiting})
        done = [row for row in self.rows if "records" in row]
        if done:
            self.out.table(
                ("file", "rows", "new", "known before", "rejected", "blank", "rejected rows are in"),
                [[Path(row["file"]).name, *_numbers(row), row["rejects"]] for row in done],
            )
        if waiting:
            self.out.say(
                f"{counted(waiting, 'submission')} of `{self.source.name}` to be decided: a running `leadrelay run` or "
                "`leadrelay worker` makes leads of them, and `leadrelay drain` waits for the end."
            )
        elif done:
            self.out.say(f"Nothing of `{self.source.name}` is left to decide.")
        if self.status is not Exit.DONE:
            raise typer.Exit(self.status)


def _numbers(row: Mapping[str, Any]) -> list[int]:
    if row["state"] == "known":
        return [row["records"], 0, row["records"] - row["rejected"] - row["blank"], row["rejected"], row["blank"]]
    return [row[name] for name in ("records", "accepted", "duplicates", "rejected", "blank")]


def _waiting(app: App, source: str) -> int:
    from leadrelay.store import bulk

    sql = "SELECT count(*) FROM submission WHERE source = ? AND state = 'new'"
    with app.database.read() as connection:
        return int(bulk.run(connection, sql, (source,)).scalar_one())


@contextmanager
def _bar(path: Path) -> Iterator[Progress]:
    """A progress bar by bytes on standard error, where that is a terminal; it begins behind all questions."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    rows = TextColumn("{task.fields[rows]:,} rows")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), rows, TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(path.name, total=None, rows=0)

    def move(counts: Counts, done: int, size: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=size, rows=counts.records)

    try:
        yield move
    finally:
        bar.stop()


# --- doubts -----------------------------------------------------------------------------------------------------------


def opened(source: SourceSettings, path: Path, options: FileOptions, out: Output, *, is_agreed: bool) -> FileFeed:
    """A file of a source. What its columns leave in doubt is asked at a terminal, left unread with `--yes`, or refused."""
    from connectors.sources import Doubtful
    from leadrelay.plans import open_file

    try:
        return open_file(source, path, options)
    except Doubtful as doubt:
        if is_agreed:
            answers = {one.column: "" for one in doubt.questions}
        elif sys.stdin.isatty() and sys.stderr.isatty():
            answers = _asked(path, doubt.questions, out)
        else:
            raise
    return open_file(source, path, replace(options, answers={**options.answers, **answers}))


def _asked(path: Path, questions: Sequence[Question], out: Output) -> dict[str, str]:
    answers: dict[str, str] = {}
    for one in questions:
        out.note(f"{path.name}: what does the column `{one.column}` hold? It begins with: {', '.join(one.samples) or 'nothing'}")
        for number, choice in enumerate(one.choices, start=1):
            out.note(f"  {number}  {choice}")
        out.note("  0  none of these: keep it, fill no lead field")
        number = -1
        while not 0 <= number <= len(one.choices):
            number = typer.prompt("Number", default=0, type=int, err=True)
        answers[one.column] = one.choices[number - 1] if number else ""
    said = ", ".join(f"{column}: {path or chr(34) * 2}" for column, path in answers.items())
    out.note(f"To be asked no more, add to the source's settings: columns: {{{said}}}")
    return answers
