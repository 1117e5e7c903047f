"""The command line: every command of leadrelay, gathered from leadrelay/commands."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from leadrelay import commands
from leadrelay.commands.options import Config

HELP = """Carry leads from forms, mail and files into your CRM without losing or doubling one.

Have a look first: leadrelay demo (needs no account).

Your own: leadrelay init FOLDER, then leadrelay check, then leadrelay run.

What became of somebody: leadrelay leads why anna@acme.example"""


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        typer.echo(f"leadrelay {version('leadrelay')}")
        raise typer.Exit


def build() -> typer.Typer:
    """The whole command line as one application."""
    app = typer.Typer(
        name="leadrelay",
        help=HELP,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )

    @app.callback()
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
        ] = False,
        config: Config = None,
    ) -> None:
        if config is not None:
            os.environ["LEADRELAY_CONFIG"] = str(config)

    commands.register(app)
    return app


def main() -> None:
    """Run the command that was typed."""
    try:
        build()()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of a pipe (`| head`) has seen enough; Python would complain again when it closes standard output.
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
