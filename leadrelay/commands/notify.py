"""`notify`: whether people would be told, tried before it is needed."""

from __future__ import annotations

from typing import Annotated

import typer

from leadrelay.commands.options import Config, Json, config_path
from leadrelay.commands.output import Exit, answering, deny, refuse

Target = Annotated[
    str | None, typer.Argument(metavar="TARGET", help="A target's name in the configuration. Default: all of them.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    notify = typer.Typer(help="Who is told of alerts, and whether messages arrive.", no_args_is_help=True)
    notify.command("list")(list_targets)
    notify.command("test")(test_target)
    app.add_typer(notify, name="notify")


def list_targets(config: Config = None, as_json: Json = False) -> None:
    """List who is told of which alerts, when that last happened, and what keeps a message back.

    Example: leadrelay notify list
    """
    with answering(as_json) as out:
        from leadrelay.commands.showing import opened_app, when
        from leadrelay.notify.kinds import KINDS
        from leadrelay.notify.notifier import last_told

        with opened_app(config) as app:
            targets = app.configuration.settings.notify.targets
            told = last_told(app.database, list(targets))
        rows = [
            {
                "target": name,
                "by": "mail" if target.smtp is not None else "webhook",
                "alerts": [kind.name for kind in KINDS.values() if target.wants(kind.name, kind.role)],
                "last_told_at": told[name][0],
                "problem": told[name][1],
            }
            for name, target in targets.items()
        ]
        out.document(rows)
        out.table(
            ("target", "by", "alerts", "last told", "problem"),
            (
                (row["target"], row["by"], "all" if row["alerts"] == list(KINDS) else row["alerts"],
                 when(told[str(row["target"])][0]), row["problem"])
                for row in rows
            ),
            empty="Nobody is told of alerts: `notify:` in leadrelay.yaml names no target.",
        )  # fmt: skip


def test_target(target: Target = None, config: Config = None, as_json: Json = False) -> None:
    """Send a test message now and say what the server answered. The store is not needed.

    Status 1 when a target did not take it.

    Example: leadrelay notify test ops
    """
    with answering(as_json) as out:
        from leadrelay.commands.checking import load
        from leadrelay.notify.clean import without_secrets
        from leadrelay.notify.notifier import secrets_of, trial_message
        from leadrelay.notify.sending import NotSent, send

        settings = load(config_path(config)).settings
        targets = settings.notify.targets
        if not targets:
            deny("Nobody is told of alerts: `notify:` in leadrelay.yaml names no target.")
        if target is not None and target not in targets:
            refuse(f"`{target}` is no target of `notify:`. There are: {', '.join(targets)}.")
        answers: dict[str, dict[str, object]] = {}
        for name in [target] if target is not None else targets:
            try:
                answers[name] = {"sent": True, "answer": send(targets[name], trial_message(settings, name))}
            except NotSent as error:
                answers[name] = {"sent": False, "answer": str(error)}
            answers[name]["answer"] = without_secrets(str(answers[name]["answer"]), secrets_of(settings))
        out.document(answers)
        for name, answer in answers.items():
            out.say(f"{name}: {'sent' if answer['sent'] else 'NOT sent'}: {answer['answer']}")
        if not all(answer["sent"] for answer in answers.values()):
            raise typer.Exit(Exit.NO)
