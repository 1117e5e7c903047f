"""`submissions list`, `show` and `retry`: what was captured, byte for byte, and what became of it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from leadrelay.commands.completion import source_names, submission_states
from leadrelay.commands.options import Config, Json, Limit, Since, Yes, acting_user, instant_of
from leadrelay.commands.output import answering, change, counted, deny, refuse
from leadrelay.commands.showing import gathered, none_of, one_of, opened_app, plain, said, when

Source = Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only of this source.", autocompletion=source_names)]
State = Annotated[
    str | None,
    typer.Option(
        "--state",
        help="Only in this state: new, processed, duplicate, held, ignored, visit, rejected, quarantined, erased, expired.",
        autocompletion=submission_states,
    ),
]
Id = Annotated[str, typer.Argument(metavar="SUBMISSION", help="The submission's id as lists show it.")]
MaybeId = Annotated[str | None, typer.Argument(metavar="SUBMISSION", help="One submission's id; or say --source or --state.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="What was captured, as it came, and what became of it.", no_args_is_help=True)
    group.command("list")(list_submissions)
    group.command("show")(show_submission)
    group.command("retry")(retry_submissions)
    group.command("accept")(accept_submission)
    app.add_typer(group, name="submissions")


def list_submissions(
    source: Source = None,
    state: State = None,
    since: Since = None,
    limit: Limit = 50,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List what came in (posts, mails, rows of files), the newest first.

    Example: leadrelay submissions list --state held
    """
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.web.views import SubmissionFilter, SubmissionState

        only = SubmissionFilter(None, source, one_of(state, SubmissionState, "state of a submission"), instant_of(since))
        rows = gathered(lambda after, count: app.views.submissions(only, after, count), limit)
        out.document(plain(rows))
        out.table(
            ("submission", "received", "source", "state", "lead", "reason"),
            (
                (
                    row.uid,
                    when(row.received_at),
                    row.source,
                    row.state,
                    row.lead or row.duplicate_of,
                    row.reason or said(row.problems),
                )
                for row in rows
            ),
            empty=none_of("submission", "source", source, app.configuration.settings.sources),
        )


def show_submission(submission: Id, config: Config = None, as_json: Json = False) -> None:
    """Show one thing that came in, as it came, with the names that a mapping sees.

    Example: leadrelay submissions show 0CB5X65X1M7Y6
    """
    with answering(as_json) as out, opened_app(config) as app:
        found = app.views.submission(submission.strip().upper())
        if found is None:
            deny(f"There is no submission {submission}.")
        out.document(plain(found))
        row = found.submission
        out.facts(
            [
                ("submission", row.uid),
                ("source", row.source),
                ("state", row.state),
                ("reason", row.reason),
                ("received", when(row.received_at)),
                ("submitted", when(row.submitted_at)),
                ("lead", row.lead),
                ("duplicate of", row.duplicate_of),
                ("test", row.is_test or None),
            ]
        )
        for problem in row.problems:
            out.say(f"problem: {problem.message}")
        if found.names is not None:
            out.say()
            out.table(("name", "value"), found.names.items(), empty="It names nothing.")
        elif found.body is not None:
            out.say(f"\n{found.body}")


def retry_submissions(
    submission: MaybeId = None,
    source: Source = None,
    state: State = None,
    since: Since = None,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Work again what was held, rejected or put aside, for instance after you have mended a mapping.

    Says first how many they are. What the rules had put aside as no real person's becomes a lead: you say so, and it is kept that
    you did.

    Example: leadrelay submissions retry --source website
    """
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.web.views import SubmissionFilter, SubmissionState

        if not (submission or source or state or since):
            refuse("Say which: an id, --source, --state or --since.")
        uid = submission.strip().upper() if submission else None
        only = SubmissionFilter(uid, source, one_of(state, SubmissionState, "state of a submission"), instant_of(since))
        retry = partial(app.operations.retry_submissions, only, by=acting_user())
        none = f"{submission} is no held, rejected or quarantined submission." if submission else ""
        is_agreed = yes or submission is not None
        done = change(out, lambda counts: retry(dry_run=counts), "submission", is_agreed=is_agreed, none=none)
        out.document({"retried": done})
        out.say(f"{counted(done, 'submission')} will be worked again.")


def accept_submission(submission: Id, config: Config = None, as_json: Json = False) -> None:
    """Take a submission for a lead that was ignored, such as a mail that only looks like a newsletter.

    Example: leadrelay submissions accept 0DXK3V7M2A1BC
    """
    with answering(as_json) as out, opened_app(config) as app:
        uid = submission.strip().upper()
        if not app.operations.accept_submission(uid, by=acting_user()):
            deny(f"{submission} is no ignored submission whose content is still kept.")
        out.document({"accepted": uid})
        out.say(f"{uid} will be worked as a lead.")
