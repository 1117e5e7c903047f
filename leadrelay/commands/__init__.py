"""What people type: one module a subject, heavy imports inside the commands so that every command starts at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

PANELS = {
    "Begin": ("demo", "init", "inspect"),
    "Check before it counts": ("check", "test", "try", "replay"),
    "Run": ("run", "web", "worker", "reload", "migrate", "sandbox"),
    "Leads": ("leads", "import", "submissions", "deliveries", "rules", "report"),
    "Connections": ("sources", "sinks", "team", "notify"),
    "Prove and protect": ("audit", "drain", "doctor", "health", "backup", "restore", "privacy"),
}
"""The groups of the main help, by what people want to do, in the order in which they meet it."""


def register(app: typer.Typer) -> None:
    """Add every command to the application, in the order in which the help shows them."""
    from leadrelay.commands import (
        backups,
        checking,
        deliveries,
        demo,
        doctor,
        health,
        importing,
        inspecting,
        leads,
        ledger,
        making,
        notify,
        privacy,
        replay,
        rules,
        service,
        sinks,
        sources,
        submissions,
        team,
        testing,
        trying,
    )

    first = (demo, making, inspecting, service, checking, testing, trying, replay, importing)
    for module in (
        *first,
        leads,
        submissions,
        deliveries,
        rules,
        sources,
        sinks,
        team,
        ledger,
        privacy,
        notify,
        backups,
        doctor,
        health,
    ):
        module.register(app)
    _arrange(app)


def _arrange(app: typer.Typer) -> None:
    """Put each command under its heading."""
    order = [name for names in PANELS.values() for name in names]
    panel_of = {name: panel for panel, names in PANELS.items() for name in names}

    def place(name: str | None) -> int:
        return order.index(name) if name in order else len(order)

    for command in app.registered_commands:
        command.name = command.name or (command.callback.__name__ if command.callback else None)
        command.rich_help_panel = panel_of.get(command.name or "")
    for group in app.registered_groups:
        group.rich_help_panel = panel_of.get(group.name or "")
    app.registered_commands.sort(key=lambda one: place(one.name))
    app.registered_groups.sort(key=lambda one: place(one.name))
