"""leadrelay with a safeguard taken out, to show that the crash test notices: `python -m tests.crash --sabotage NAME`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any


def group_commit() -> None:
    """Answer posts before their commit."""
    from leadrelay.engine import intake
    from leadrelay.engine.captures import Accepted
    from leadrelay.store.ids import to_uid

    real = intake.Intake._settle

    def settle(self: Any, batch: Sequence[Any]) -> None:
        intake._answer(batch, [Accepted(to_uid(one.numbered.id), False, False) for one in batch])
        real(self, batch)

    intake.Intake._settle = settle  # type: ignore[method-assign]


def fencing() -> None:
    """Settle claimed rows whoever holds their lease by now."""
    from leadrelay.store import bulk, tables, work

    def still_ours(connection: Any, table: Any, _token: int, ids: Any) -> dict[int, int]:
        want = "want" if table is tables.delivery else "0"
        sql = f"SELECT id, {want} AS want FROM {table.name} WHERE id {{in}}"
        return {row.id: row.want for row in bulk.select_in(connection, sql, ids)}

    work.still_ours = still_ours


def read_back() -> None:
    """Never tell a sink that an earlier write may have happened."""
    from connectors.hubspot.sink import HubSpotSink
    from connectors.salesforce.sink import SalesforceSink

    sinks: tuple[type[Any], ...] = (SalesforceSink, HubSpotSink)
    for sink, name in product(sinks, ("upsert", "act")):
        real = getattr(sink, name)

        def blind(self: Any, batch: Sequence[Any], real: Callable[..., Any] = real) -> Any:
            return real(self, [replace(row, is_unsure=False) for row in batch])

        setattr(sink, name, blind)


SABOTAGES = {"group_commit": group_commit, "fencing": fencing, "read_back": read_back}


def main() -> None:
    """Take one safeguard out, then be the command line."""
    SABOTAGES[sys.argv.pop(1)]()
    from leadrelay.cli import main as real

    real()


if __name__ == "__main__":
    main()
