"""Idempotency keys and counters."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from core.instants import MINUTE
from leadrelay.engine.captures import NewSubmission
from leadrelay.store import captures, tables
from leadrelay.store.captures import Numbered
from leadrelay.store.database import Database

NOW = 1_790_000_000_000
POST = NewSubmission("web", "k1", False, "new", "", {"content-type": "application/json"}, b"{}", None, NOW, False)


def commit(database: Database, *posts: Numbered, may_exist: bool = False) -> dict[int, int]:
    with database.write() as connection:
        return captures.commit(connection, posts, may_exist=may_exist)


def states(database: Database) -> dict[int, str]:
    with database.read() as connection:
        return {row.id: row.state for row in connection.execute(select(tables.submission))}


def counted(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return captures.received(connection)


def test_the_same_vendor_id_is_answered_with_the_first_submission(database: Database) -> None:
    commit(database, Numbered(1, POST))
    assert commit(database, Numbered(2, replace(POST, received_at=NOW + 100 * MINUTE))) == {2: 1}
    assert states(database) == {1: "new", 2: "duplicate"}
    assert counted(database) == {"web": 2}


def test_twins_within_one_batch_are_one_submission(database: Database) -> None:
    assert commit(database, Numbered(1, POST), Numbered(2, POST), Numbered(3, replace(POST, key="k2"))) == {1: 1, 2: 1, 3: 3}


def test_the_same_content_counts_again_ten_minutes_after_it_was_last_seen(database: Database) -> None:
    content = replace(POST, is_content_key=True)
    commit(database, Numbered(1, content))
    assert commit(database, Numbered(2, replace(content, received_at=NOW + 10 * MINUTE - 1))) == {2: 1}
    assert commit(database, Numbered(3, replace(content, received_at=NOW + 20 * MINUTE - 2))) == {3: 1}
    assert commit(database, Numbered(4, replace(content, received_at=NOW + 30 * MINUTE - 2))) == {4: 4}


def test_sources_do_not_share_keys(database: Database) -> None:
    assert commit(database, Numbered(1, POST), Numbered(2, replace(POST, source="other"))) == {1: 1, 2: 2}


def test_what_is_kept_apart_claims_no_key(database: Database) -> None:
    commit(database, Numbered(1, replace(POST, state="quarantined")))
    assert commit(database, Numbered(2, POST)) == {2: 2}


def test_a_repeated_commit_changes_and_counts_nothing(database: Database) -> None:
    commit(database, Numbered(1, POST), Numbered(2, POST))
    assert commit(database, Numbered(1, POST), Numbered(2, POST), Numbered(3, replace(POST, key="k3")), may_exist=True) == {
        1: 1,
        2: 1,
        3: 3,
    }
    assert counted(database) == {"web": 3}
