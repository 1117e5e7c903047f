"""`deliveries list`, `show`, `retry` and `discard`: each lead's state towards each CRM object."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.completion import delivery_states, sink_names
from leadrelay.commands.options import Config, Json, Limit, Yes, acting_user
from leadrelay.commands.output import answering, change, counted, deny, refuse
from leadrelay.commands.showing import gathered, lead_uid, none_of, one_of, opened_app, plain, said, when

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.web.views import DeliveryFilter, DeliveryRow

Sink = Annotated[str | None, typer.Option("--sink", metavar="NAME", help="Only of this sink.", autocompletion=sink_names)]
Object = Annotated[str | None, typer.Option("--object", help="Only of this CRM object, such as Lead.")]
State = Annotated[
    str | None,
    typer.Option(
        "--state",
        help="Only in this state: waiting, in_flight, in_sync, failed, paused, suppressed, discarded, merged.",
        autocompletion=delivery_states,
    ),
]
OfLead = Annotated[str | None, typer.Option("--lead", help="Only of this lead: its id or e-mail address.")]
Id = Annotated[str, typer.Argument(metavar="DELIVERY", help="The delivery's id as lists show it.")]
MaybeId = Annotated[
    str | None, typer.Argument(metavar="DELIVERY", help="One delivery's id; or say --sink, --object, --lead or --state.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Each lead's state towards each CRM object.", no_args_is_help=True)
    group.command("list")(list_deliveries)
    group.command("show")(show_delivery)
    group.command("retry")(retry_deliveries)
    group.command("discard")(discard_deliveries)
    app.add_typer(group, name="deliveries")


def list_deliveries(
    sink: Sink = None,
    state: State = None,
    object: Object = None,  # noqa: A002 - the domain's word
    lead: OfLead = None,
    limit: Limit = 50,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """List how leads stand towards the CRMs, the last changed first.

    Example: leadrelay deliveries list --state failed
    """
    with answering(as_json) as out, opened_app(config) as app:
        only = _filter(app, None, sink, state, object, lead)
        rows = gathered(lambda after, count: app.views.deliveries(only, after, count), limit)
        out.document(plain(rows))
        out.table(
            ("delivery", "changed", "sink", "object", "lead", "state", "version there", "tries", "record", "problem"),
            (_cells(row) for row in rows),
            empty=none_of("delivery", "sink", sink, app.configuration.settings.sinks),
        )


def _cells(row: DeliveryRow) -> tuple[object, ...]:
    version = f"{row.have} of {row.want}"
    problem = said(row.problem)
    return (row.uid, when(row.updated_at), row.sink, row.object, row.lead, row.state, version, row.tries, row.crm_id, problem)


def show_delivery(delivery: Id, config: Config = None, as_json: Json = False) -> None:
    """Show how one lead stands towards one CRM, and where what was sent came from.

    Example: leadrelay deliveries show 0CB5X65X1M7Y6
    """
    with answering(as_json) as out, opened_app(config) as app:
        found = app.views.deliveries(_filter(app, delivery, None, None, None, None), None, 1).items
        if not found:
            deny(f"There is no delivery {delivery}.")
        row = found[0]
        why = app.views.why(row.lead, row.sink)
        out.document({"delivery": plain(row), "why": plain(why) if why else None})
        out.facts(
            [
                ("delivery", row.uid),
                ("sink", row.sink),
                ("object", row.object),
                ("lead", row.lead),
                ("state", row.state),
                ("wanted version", row.want),
                ("version there", row.have),
                ("record", row.crm_id),
                ("tries", row.tries),
                ("due", when(row.due)),
                ("problem", said(row.problem)),
            ]
        )
        out.say(f"\nHow it came about: leadrelay leads why {row.lead} {row.sink}")


def retry_deliveries(
    delivery: MaybeId = None,
    sink: Sink = None,
    object: Object = None,  # noqa: A002 - the domain's word
    lead: OfLead = None,
    state: State = None,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Send again what has failed, for instance after you have mended a mapping or the CRM.

    Says first how many they are.

    Example: leadrelay deliveries retry --sink salesforce
    """
    with answering(as_json) as out, opened_app(config) as app:
        if state not in (None, "failed"):
            refuse("Only failed deliveries can be sent again; the others go on by themselves.")
        only = _wanted(app, delivery, sink, object, lead, state)
        retry = partial(app.operations.retry_deliveries, only, by=acting_user())
        none = f"{delivery} is no failed delivery." if delivery else ""
        is_agreed = yes or delivery is not None
        done = change(out, lambda counts: retry(dry_run=counts), "failed delivery", is_agreed=is_agreed, none=none)
        out.document({"retried": done})
        out.say(f"{counted(done, 'delivery')} will be sent again.")


def discard_deliveries(
    delivery: MaybeId = None,
    sink: Sink = None,
    object: Object = None,  # noqa: A002 - the domain's word
    lead: OfLead = None,
    state: State = None,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Give up what waits or has failed, for good: these leads are not sent to that CRM any more.

    Says first how many they are.

    Example: leadrelay deliveries discard --sink hubspot --state failed
    """
    with answering(as_json) as out, opened_app(config) as app:
        if state not in (None, "waiting", "failed"):
            refuse("Only waiting and failed deliveries can be discarded.")
        only = _wanted(app, delivery, sink, object, lead, state)
        discard = partial(app.operations.discard_deliveries, only, by=acting_user())
        none = f"{delivery} is no waiting or failed delivery." if delivery else ""
        done = change(out, lambda counts: discard(dry_run=counts), "delivery", is_agreed=yes, none=none)
        out.document({"discarded": done})
        out.say(f"{counted(done, 'delivery')} discarded.")


def _wanted(
    app: App, delivery: str | None, sink: str | None, object_: str | None, lead: str | None, state: str | None
) -> DeliveryFilter:
    if not (delivery or sink or object_ or lead or state):
        refuse("Say which: an id, --sink, --object, --lead or --state.")
    return _filter(app, delivery, sink, state, object_, lead)


def _filter(
    app: App, delivery: str | None, sink: str | None, state: str | None, object_: str | None, lead: str | None
) -> DeliveryFilter:
    from leadrelay.web.views import DeliveryFilter, DeliveryState

    uid = delivery.strip().upper() if delivery else None
    of_lead = lead_uid(app.views, lead) if lead else None
    return DeliveryFilter(uid, sink, object_, one_of(state, DeliveryState, "state of a delivery"), of_lead)
