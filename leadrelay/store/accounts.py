"""Who has which company: the owner that one of its leads has, kept by a hash of the company's domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from core.instants import Instant
from leadrelay.store import bulk, tables


class Account(NamedTuple):
    """Whose an account is, by which lead that is known, since when, and whether a CRM told so."""

    owner: str
    lead: int
    known_at: Instant
    is_told: bool


def known(connection: Connection, hashes: Iterable[int]) -> dict[int, Account]:
    """What is known of these accounts."""
    sql = "SELECT hash, owner, lead_id, known_at, is_told FROM account WHERE hash {in}"
    rows = bulk.select_in(connection, sql, sorted(set(hashes)))
    return {row.hash: Account(row.owner, row.lead_id, row.known_at, bool(row.is_told)) for row in rows}


def counts_more(new: Account, old: Account) -> bool:
    """Whether an account is somebody else's now: a lead's own word is replaced by its next one; of two leads' words one that a
    CRM told goes before one that we assigned, else the newer one counts."""
    return new.lead == old.lead or (new.is_told, new.known_at) > (old.is_told, old.known_at)


_UNLESS_OLDER = (
    "ON CONFLICT (hash) DO UPDATE SET owner = excluded.owner, lead_id = excluded.lead_id, known_at = excluded.known_at, "
    "is_told = excluded.is_told WHERE account.lead_id = excluded.lead_id OR (excluded.is_told AND NOT account.is_told) "
    "OR (excluded.is_told = account.is_told AND excluded.known_at > account.known_at)"
)


def remember(connection: Connection, found: Mapping[int, Account]) -> None:
    """Keep whose these accounts are, unless somebody has written meanwhile what counts more."""
    rows = [(number, *one) for number, one in sorted(found.items())]
    columns = ("hash", "owner", "lead_id", "known_at", "is_told")
    bulk.insert(connection, tables.account, columns, rows, conflict=_UNLESS_OLDER)


def forget(connection: Connection, gone: Sequence[tuple[int, int]]) -> None:
    """These accounts, (hash, lead), were known by a lead that nobody has any more."""
    for number, lead in gone:
        bulk.run(connection, "DELETE FROM account WHERE hash = ? AND lead_id = ?", (number, lead))


def give_way(connection: Connection, stale: Sequence[tuple[int, str]]) -> None:
    """These accounts' owners, (hash, owner), may have nobody any more: whoever has one of its leads now counts before them."""
    rows = [(False, 0, number, owner) for number, owner in sorted(stale)]
    bulk.update(connection, tables.account, ("is_told", "known_at"), ("hash", "owner"), rows)
