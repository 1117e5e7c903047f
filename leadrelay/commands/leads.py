"""`leads list`, `show`, `why` and `history`: who there is, what is known, why it is so, and what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands import adding, merging
from leadrelay.commands.options import Config, Json, Limit, Since, instant_of
from leadrelay.commands.output import Output, answering, deny, shown
from leadrelay.commands.showing import gathered, lead_uid, opened_app, plain, said, when

if TYPE_CHECKING:
    from leadrelay.web.views import LeadView, Why

LeadName = Annotated[str, typer.Argument(metavar="LEAD", help="The lead's id as lists show it, or its e-mail address.")]
Topic = Annotated[
    str,
    typer.Argument(
        metavar="TOPIC",
        help="What to explain: a field such as person.phone, owner, score, status, outcome, a segment or a check by its name, or "
        "a sink's name.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Who your leads are, what is known of each, and why.", no_args_is_help=True)
    group.command("list")(list_leads)
    group.command("show")(show_lead)
    group.command("why")(explain_lead)
    group.command("history")(tell_history)
    adding.register(group)
    merging.register(group)
    app.add_typer(group, name="leads")


def list_leads(
    search: Annotated[str | None, typer.Option("--search", help="An e-mail address, or the start of a name or company.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="Only leads with this qualification outcome.")] = None,
    tests: Annotated[bool | None, typer.Option("--tests/--no-tests", help="Only test leads, or none of them.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only open leads that nobody has answered in time.")] = False,
    since: Since = None,
    limit: Limit = 50,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List leads, the last changed first.

    Example: leadrelay leads list --search acme --since "2 days"
    """
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.web.views import LeadFilter

        only = LeadFilter(search, outcome, instant_of(since), tests, overdue)
        rows = gathered(lambda after, count: app.views.leads(only, after, count), limit)
        out.document(plain(rows))
        out.table(
            ("lead", "changed", "name", "e-mail", "company", "outcome", "version"),
            (
                (
                    row.uid,
                    when(row.updated_at),
                    row.name,
                    row.email,
                    row.company,
                    row.outcome,
                    f"{row.version}{' test' * row.is_test}{f', part of {row.merged_into}' if row.merged_into else ''}",
                )
                for row in rows
            ),
            empty="No lead matches.",
        )


def show_lead(lead: LeadName, config: Config = None, as_json: Json = False) -> None:
    """Show all that is known of one lead, where each value came from, and how it stands in each CRM.

    Example: leadrelay leads show anna@acme.example
    """
    with answering(as_json) as out, opened_app(config) as app:
        found = app.views.lead(lead_uid(app.views, lead))
        if found is None:
            deny(f"There is no lead {lead}.")
        out.document(plain(found))
        if not as_json:
            _show(out, found)


def _show(out: Output, found: LeadView) -> None:
    lead = found.lead
    out.facts(
        [
            ("lead", lead.uid),
            ("version", lead.version),
            ("outcome", lead.outcome),
            ("created", when(lead.created_at)),
            ("changed", when(lead.updated_at)),
            ("went into", lead.merged_into),
            ("test", lead.is_test or None),
        ]
    )
    out.say()
    out.table(
        ("field", "value", "since", "from"),
        ((path, value.value, when(value.at), f"{value.source} {value.touch}") for path, value in sorted(found.fields.items())),
        empty="Nothing is known of this lead (any more).",
    )
    out.table(
        ("touch", "at", "source", "kind", "problems"),
        ((touch.uid, when(touch.at), touch.source, touch.kind, said(touch.problems)) for touch in found.touches),
        empty="No touch.",
    )
    out.table(
        ("sink", "object", "state", "version there", "record", "problem"),
        (
            (one.sink, one.object, one.state, f"{one.have} of {one.want}", one.crm_id, said(one.problem))
            for one in found.deliveries
        ),
        empty="No sink wants this lead.",
    )
    if found.records:
        out.table(
            ("sink", "object", "record", "since", "is"),
            (
                (one.sink, one.object, one.crm_id, when(one.linked_at), "gone" if one.is_gone else "there")
                for one in found.records
            ),
            empty="",
        )


def explain_lead(lead: LeadName, topic: Topic = "", config: Config = None, as_json: Json = False) -> None:
    """Explain why a lead, or one thing about it, is as it is: from the raw post to the call to the CRM.

    TOPIC is a field such as person.phone, `owner`, `score`, `status`, `outcome`, `persona`, `journey`, a segment or a check by
    its name, or a CRM's name in your configuration; without one there is an overview. `--json` gives each step with all its data.

    Example: leadrelay leads why anna@acme.example person.phone
    """
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.web.views import UnknownTopic

        try:
            found = app.views.why(lead_uid(app.views, lead), topic)
        except UnknownTopic as unknown:
            deny(str(unknown))
        if found is None:
            deny(f"There is no lead {lead}. `leadrelay leads list` shows those that there are.")
        out.document(plain(found))
        if not as_json:
            _show_reasons(out, found)


def tell_history(lead: LeadName, config: Config = None, as_json: Json = False) -> None:
    """Tell what happened to a lead, oldest first: what they did, what was sent, and what sales did in the CRM.

    Example: leadrelay leads history anna@acme.example
    """
    with answering(as_json) as out, opened_app(config) as app:
        found = app.views.history(lead_uid(app.views, lead))
        if found is None:
            deny(f"There is no lead {lead}.")
        out.document(plain(found))
        out.table(
            ("at", "by", "what"),
            ((when(one.at), one.by, one.what) for one in found.events),
            empty="Nothing is known of what happened to this lead (any more).",
        )


def _show_reasons(out: Output, found: Why) -> None:
    """The answer, then each step as far in as it belongs, with its time in front."""
    out.say(shown(found.answer))
    for reason in found.reasons:
        if reason.what != found.answer:
            out.say(f"{when(reason.at) or '-':19}  {'  ' * reason.depth}{shown(reason.what)}")
