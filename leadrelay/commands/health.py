"""`health`: whether this machine's process lives, for the health check of a container or a supervisor; cheap enough for each
half minute."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from leadrelay.commands.options import Config, config_path
from leadrelay.commands.output import answering, deny

_WITHIN_S = 5.0
_HOST, _PORT = "127.0.0.1", 8080
"""As leadrelay.settings.WebSettings has them; importing that costs more than asking."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(health)


def health(
    config: Config = None,
    worker: Annotated[
        bool, typer.Option("--worker", help="Ask for the worker of this machine instead of the web process.")
    ] = False,
) -> None:
    """Say whether the web process answers, or with --worker whether the worker moves. Status 1 when not.

    Example: leadrelay health --worker
    """
    with answering() as out:
        out.say(_worker(config_path(config)) if worker else _web(config_path(config)))


def _web(path: Path) -> str:
    from http.client import HTTPConnection, HTTPException

    host, port = _listening(path)
    asked = HTTPConnection(host, port, timeout=_WITHIN_S)
    try:
        asked.request("GET", "/health/live")
        status = asked.getresponse().status
    except (OSError, HTTPException) as error:
        deny(f"{host}:{port} does not answer: {error}.")
    finally:
        asked.close()
    if status != 200:
        deny(f"{host}:{port} answers {status}.")
    return f"{host}:{port} answers."


def _listening(path: Path) -> tuple[str, int]:
    """Where the web process of this configuration is reached from this machine; read without all the rest."""
    from core.documents import read_document
    from leadrelay.references import read_tree

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        deny(f"{path} can not be read: {error.strerror}.")
    tree = read_tree(read_document(text, str(path)), os.environ, path.parent)
    host, port = tree.at(("web", "host")), tree.at(("web", "port"))
    named = host if isinstance(host, str) and host else _HOST
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(named, named)  # noqa: S104 - a place to listen, not to ask
    return address, int(port) if isinstance(port, str) and port.isdecimal() else _PORT


def _worker(path: Path) -> str:
    from leadrelay.app import open_app
    from leadrelay.heartbeat import TOO_OLD_S, age_s

    found = open_app(path)
    age = age_s(found.settings.data_dir)
    found.close()
    if age is None:
        deny("No worker of this machine runs.")
    if age > TOO_OLD_S:
        deny(f"The worker has not moved for {age:.0f} s.")
    return f"The worker moved {age:.0f} s ago."
