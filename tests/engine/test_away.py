"""What a worker's log says of a store that is away."""

from __future__ import annotations

from structlog.testing import capture_logs

from leadrelay.engine.worker import Away


def test_a_store_that_is_away_is_told_at_once_then_each_minute_and_when_it_is_back() -> None:
    away = Away("process")
    with capture_logs() as logs:
        away.over()
        for second in range(150):
            away.tell("the disk is full", float(second))
        away.tell("the disk can not be read", 150.0)
        away.over()
        away.over()
    assert [(line["event"], line.get("reason")) for line in logs] == [
        *[("store_away", "the disk is full")] * 3,
        ("store_away", "the disk can not be read"),
        ("store_back", None),
    ]
