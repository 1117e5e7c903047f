"""What people type: one module a subject, heavy imports inside the commands so that every command starts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add every command to the application, in the order in which the help shows them."""
    from leadrelay.commands import (
        checking,
        deliveries,
        demo,
        doctor,
        leads,
        ledger,
        notify,
        privacy,
        service,
        sinks,
        submissions,
        trying,
    )

    for module in (demo, service, checking, trying, leads, submissions, deliveries, sinks, ledger, privacy, notify, doctor):
        module.register(app)
