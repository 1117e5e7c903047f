"""A form whose token went wrong is told of once, whatever strangers post beside it."""

from __future__ import annotations

from core.instants import DAY, HOUR, MINUTE
from leadrelay.engine import alerts, watchman
from leadrelay.engine.captures import NewSubmission, refused_key
from leadrelay.engine.watchman import Watched
from leadrelay.store import captures
from leadrelay.store.captures import Numbered
from leadrelay.web.views import SubmissionFilter
from tests.engine.conftest import Bench, Hand

ALL = Watched(("salesforce",), ("salesforce",), ("website",), 3)
TOLD = ["unauthorized:website"]


def look(bench: Bench, watched: Watched = ALL) -> list[str]:
    """The keys of the open alerts after a look."""
    watchman.look(bench.app.database, watched, bench.clock())
    return [str(one["key"]) for one in found(bench)]


def found(bench: Bench) -> list[dict[str, object]]:
    with bench.app.database.read() as connection:
        return alerts.open_alerts(connection)


def refuse(bench: Bench, code: str = "bad_token") -> None:
    """Keep one refused post apart, as the web process does."""
    now = bench.clock()
    kept = NewSubmission("website", refused_key("quarantined", code, "0"), True, "quarantined", code, {}, b"{}", None, now, False)
    with bench.app.database.write() as connection:
        captures.commit(connection, [Numbered(bench.app.ids.one(now), kept)])


def right(bench: Bench, clock: Hand) -> None:
    """A post with the right token, worked at once."""
    bench.post(last_name=f"Nr{clock()}", email=f"pat{clock()}@acme.example")
    bench.process()


def test_a_wrong_token_is_told_once_with_count_since_and_what_to_do(bench: Bench, clock: Hand) -> None:
    assert look(bench) == []
    for _ in range(3):
        refuse(bench)
        clock.forward(MINUTE)
        assert look(bench) == TOLD
    [alert] = found(bench)
    assert alert["kind"] == "source_unauthorized"
    for part in ("3 posts", "`website`", "UTC", "form tool", "leadrelay submissions list --state quarantined --source website"):
        assert part in str(alert["message"])


def test_it_is_over_with_the_first_right_post(bench: Bench, clock: Hand) -> None:
    refuse(bench)
    assert look(bench) == TOLD
    clock.forward(MINUTE)
    right(bench, clock)
    assert look(bench) == []


def test_it_is_over_when_none_was_refused_for_a_day(bench: Bench, clock: Hand) -> None:
    refuse(bench)
    clock.forward(DAY - MINUTE)
    assert look(bench) == TOLD
    clock.forward(2 * MINUTE)
    assert look(bench) == []


def test_it_is_over_when_the_refused_posts_are_worked_after_all(bench: Bench) -> None:
    refuse(bench)
    assert look(bench) == TOLD
    assert (
        bench.app.operations.retry_submissions(SubmissionFilter(None, "website", "quarantined", None), by="test", dry_run=False)
        == 1
    )
    assert look(bench) == []


def test_strangers_beside_a_form_that_works_are_told_of_once_a_day_at_most(bench: Bench, clock: Hand) -> None:
    opened = 0
    was_open = False
    for _ in range(2 * 3 * 24):
        refuse(bench)
        is_open = look(bench) == TOLD
        opened += is_open and not was_open
        clock.forward(5 * MINUTE)
        right(bench, clock)
        was_open = look(bench) == TOLD
        assert not was_open
        clock.forward(25 * MINUTE)
    assert 1 <= opened <= 3


def test_a_token_that_goes_wrong_again_the_same_day_is_told_within_the_hour(bench: Bench, clock: Hand) -> None:
    refuse(bench)
    assert look(bench) == TOLD
    clock.forward(MINUTE)
    right(bench, clock)
    assert look(bench) == []
    clock.forward(HOUR)
    refuse(bench)
    assert look(bench) == []
    clock.forward(HOUR)
    refuse(bench)
    assert look(bench) == TOLD


def test_a_post_from_a_foreign_website_is_no_matter_of_the_token(bench: Bench) -> None:
    refuse(bench, "foreign_origin")
    assert look(bench) == []


def test_a_source_that_was_removed_is_told_of_no_more(bench: Bench) -> None:
    refuse(bench)
    assert look(bench) == TOLD
    assert look(bench, Watched(("salesforce",), ("salesforce",), (), 3)) == []
