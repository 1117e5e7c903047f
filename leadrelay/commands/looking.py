"""`check --live`: every sink's mappings held against its CRM and what has changed there since it was last looked at, and every
mailbox and watched folder tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.problems import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from connectors.sources import PullSource
    from core.instants import Instant
    from core.schema_diff import SchemaChange
    from leadrelay.configuration import Configuration
    from leadrelay.files import Files
    from leadrelay.live_check import Papers, Schemas, Seen
    from leadrelay.settings import SinkSettings, SourceSettings
    from leadrelay.store.database import Database


@dataclass(frozen=True, slots=True)
class Changed:
    """One change of a sink's CRM; `at` is when it was noticed."""

    sink: str
    at: Instant
    change: SchemaChange

    def as_json(self) -> dict[str, object]:
        """The change as plain JSON values."""
        from core.instants import to_iso

        return {"sink": self.sink, "noticed_at": to_iso(self.at), **self.change.as_json()}


@dataclass
class Live:
    """What CRMs, mailboxes and folders say: what is wrong, what is worth a look, what has changed, and who did not answer."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)


def look(built: Configuration, files: Files, path: Path) -> Live:
    """Hold the mappings of all sinks against their CRMs, and try the sources that are asked or watched. The store, where there
    is one, remembers what was seen."""
    from leadrelay.engine.clock import system_clock
    from leadrelay.live_check import ENDING_SOON, Papers, ending, native_integration

    found, now = Live(), system_clock()
    papers = Papers(files.settings, next((file.document for file in files.of_kind("team")), None))
    sinks = [sink for _, sink in sorted(built.settings.sinks.items())]
    with _store(built.settings.store) as store:
        has_store = store is not None
        seen = [(sink, _look_at(sink, built, papers, store, now, found)) for sink in sinks]
    found.looked_at = [f"the CRM of {sink.name}" for sink in sinks]
    for _, source in sorted(built.settings.sources.items()):
        _try(source, built, papers, path, found, has_store=has_store)
    beside = [*ending(sinks, now + ENDING_SOON, papers), *native_integration(seen, papers)]
    told = {one.message for one in beside}
    found.warnings = [*(one for one in found.warnings if one.message not in told), *beside]
    return found


def _look_at(
    sink: SinkSettings, built: Configuration, papers: Papers, store: Database | None, now: Instant, found: Live
) -> Schemas:
    """One sink; a CRM that does not answer is a problem of its own, and the others are looked at all the same."""
    from connectors.base import Retry, Stop
    from leadrelay.commands.crm import opened
    from leadrelay.engine.schema_watch import last_seen
    from leadrelay.live_check import ask, judge, of_sink

    try:
        with opened(sink, built) as crm:
            seen = ask(crm, sink, built)
    except Stop as error:
        found.problems.append(of_sink(sink.name, error.problem))
        return {}
    except Retry as error:
        found.unreachable.append(sink.name)
        found.problems.append(of_sink(sink.name, Problem("unreachable", f"{error.reason.rstrip('.')}. Try again later.")))
        return {}
    judged = judge(sink, built, seen, papers=papers, before=None if store is None else last_seen(store, sink.name))
    found.problems += judged.findings.problems
    found.warnings += judged.findings.warnings
    found.changes += _kept(store, sink, seen, judged.changes, now)
    return seen.schemas


def _try(source: SourceSettings, built: Configuration, papers: Papers, path: Path, found: Live, *, has_store: bool) -> None:
    """One source, as `sources probe` tries it; what is wrong with it is told at its place in the settings."""
    from connectors.base import Retry, Stop
    from leadrelay.commands.probing import is_looked_at, probed

    if not is_looked_at(source):
        return
    what = "the watched folder" if source.spec.open_pull is None else "the mailbox"
    found.looked_at.append(f"{what} of {source.name}")
    try:
        with _opening(source, path, has_store=has_store) as opening:
            _, problems = probed(source, built, path.parent, opening)
    except Stop as error:
        problems = [error.problem]
    except Retry as error:
        found.unreachable.append(source.name)
        problems = [Problem("unreachable", error.reason)]
    found.problems += [_of_source(source.name, one, papers) for one in problems]


@contextmanager
def _opening(source: SourceSettings, path: Path, *, has_store: bool) -> Iterator[Callable[[], PullSource]]:
    """What opens a mailbox. Where there is a store its access is shared with the workers: a provider may give a new refresh token
    for the old one, which must be kept. None is made for this."""
    from leadrelay.app import open_app
    from leadrelay.commands.crm import OwnTokens
    from leadrelay.plans import source_context
    from leadrelay.pullers import open_pull

    def alone() -> PullSource:
        assert source.spec.open_pull is not None  # noqa: S101 - asked only where the connector has one
        return source.spec.open_pull(source_context(source), source.config, OwnTokens())

    if source.spec.open_pull is None or not has_store:
        yield alone
        return
    app = open_app(path)
    try:
        yield lambda: open_pull(app, source)
    finally:
        app.close()


def _of_source(name: str, problem: Problem, papers: Papers) -> Problem:
    loc = ("sources", name, *filter(None, problem.field.split(".")))
    document = papers.settings
    place = None if document is None else document.place(loc, key=not problem.field)
    return Problem(problem.code, f"source `{name}`: {problem.message}", ".".join(loc), place)


def _kept(store: Database | None, sink: SinkSettings, seen: Seen, changes: Sequence[SchemaChange], now: Instant) -> list[Changed]:
    """The changes of the last days; what was seen is kept for the next look. A store that can not write hinders nothing."""
    from leadrelay.engine.schema_watch import note
    from leadrelay.store.database import StoreUnavailable

    found = [Changed(sink.name, now, change) for change in changes]
    if store is None:
        return found
    try:
        return [Changed(sink.name, one.at, one.change) for one in note(store, sink, seen, changes, now)]
    except StoreUnavailable:
        return found


@contextmanager
def _store(url: str) -> Iterator[Database | None]:
    """The store, if it is there with its tables; none is made for this."""
    from sqlalchemy.engine import make_url

    from leadrelay.store.database import Database

    parsed = make_url(url)
    is_missing = parsed.get_backend_name() == "sqlite" and not _is_file(parsed.database)
    database = None if is_missing else Database(url, pool_size=1, busy_timeout_s=5)
    try:
        yield database if database is not None and _has_tables(database) else None
    finally:
        if database is not None:
            database.close()


def _is_file(path: str | None) -> bool:
    from pathlib import Path

    return bool(path) and Path(str(path)).is_file()


def _has_tables(database: Database) -> bool:
    from leadrelay.engine.schema_watch import last_seen
    from leadrelay.store.database import StoreUnavailable

    try:
        last_seen(database, "")
    except StoreUnavailable:
        return False
    return True
