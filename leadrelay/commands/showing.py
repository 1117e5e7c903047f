"""What the commands that read the store share: opening it, whole lists out of pages, times and problems as people read them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from core.instants import Instant, to_iso
from leadrelay.commands.options import config_path
from leadrelay.commands.output import deny, refuse

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.configuration import Configuration
    from leadrelay.store.database import Database
    from leadrelay.web.views import Page, ProblemView, Views

Row = TypeVar("Row")

_PAGE = 500


@contextmanager
def opened_app(config: Path | None) -> Iterator[App]:
    """The parts around the configuration's store, under the configuration in force; closed at the end of the block."""
    from leadrelay import logs
    from leadrelay.app import open_app

    logs.configure(level=logging.WARNING)
    app = open_app(config_path(config))
    try:
        app.migrate()
        app.keeper.look()
        yield app
    finally:
        app.close()


@contextmanager
def existing_store(built: Configuration, table: str) -> Iterator[Database | None]:
    """The store, if there is one that has this table already: who only shows what would happen must not make it."""
    from sqlalchemy import inspect, make_url

    from leadrelay.store.database import Database

    url = make_url(built.settings.store)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        yield None
        return
    database = Database(built.settings.store)
    try:
        with database.read() as connection:
            is_there = inspect(connection).has_table(table)
        yield database if is_there else None
    finally:
        database.close()


def gathered(page: Callable[[str | None, int], Page[Row]], limit: int) -> list[Row]:
    """Up to `limit` rows, page after page."""
    rows: list[Row] = []
    after: str | None = None
    while len(rows) < limit:
        found = page(after, min(_PAGE, limit - len(rows)))
        rows += found.items
        after = found.next
        if after is None:
            break
    return rows


def plain(value: Any) -> Any:
    """A view, or a list of them, as JSON values; times as the API writes them."""
    from pydantic import TypeAdapter

    if isinstance(value, list):
        return [plain(item) for item in value]
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def one_of(given: str | None, known: Any, what: str) -> Any:
    """A word that must be one of a Literal's; anything else is refused with the list."""
    if given is not None and given not in get_args(known):
        refuse(f"`{given}` is no {what}: {', '.join(get_args(known))}.")
    return given


def none_of(what: str, kind: str, name: str | None, known: Iterable[str]) -> str:
    """What an empty list says; a name that nothing configured has may be mistyped, so those that there are stand beside it."""
    listed = sorted(known)
    if name is None or name in listed:
        return f"No {what} matches."
    return f"No {what} matches; `{name}` is no {kind} in force: {', '.join(listed) or 'there is none'}."


def when(instant: Instant | None) -> str:
    """A time as lists show it: UTC, to the second."""
    return "" if instant is None else to_iso(instant)[:19].replace("T", " ")


def said(problems: list[ProblemView] | ProblemView | None) -> str:
    """Problems as one text."""
    if problems is None:
        return ""
    found = problems if isinstance(problems, list) else [problems]
    return "; ".join(problem.message for problem in found)


def lead_uid(views: Views, text: str) -> str:
    """The uid of the lead that a person named by its id or e-mail address; anything but exactly one is a no."""
    from leadrelay.web.views import LeadFilter

    if "@" not in text:
        return text.strip().upper()
    found = views.leads(LeadFilter(text=text.strip()), None, 10).items
    if not found:
        deny(f"No lead has the address {text}.")
    if len(found) > 1:
        deny(f"Several leads have the address {text}: {', '.join(row.uid for row in found)}. Name one of them.")
    return found[0].uid
