"""`team`: who takes leads now and why the others do not, and days off."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.options import Config, Json, acting_user
from leadrelay.commands.output import answering, counted, deny, refuse
from leadrelay.commands.showing import opened_app, plain

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.engine.team_desk import Days, MemberNow

PersonName = Annotated[str, typer.Argument(metavar="PERSON", help="The person's e-mail address, as team.yaml has it.")]
DaysOff = Annotated[
    str,
    typer.Argument(
        metavar="FROM[/TO]",
        help="A day, a range of days, or `FROM/` until the person is back; days as 2026-12-22.",
        show_default=False,
    ),
]


Period = Annotated[
    str, typer.Argument(metavar="MONTH|FROM[/TO]", help="A month as 2026-10, or a day or range of days.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="Who takes leads: the people of team.yaml, and their days off.", no_args_is_help=True)
    group.command("list")(list_team)
    group.command("ledger")(show_ledger)
    group.command("away")(send_away)
    group.command("back")(bring_back)
    app.add_typer(group, name="team")


def list_team(config: Config = None, as_json: Json = False) -> None:
    """List who takes leads now and, of the others, why not: pool by pool, with what each one has already.

    Example: leadrelay team list
    """
    with answering(as_json) as out, opened_app(config) as app:
        found = app.team_desk.now()
        out.document(plain(found))
        out.table(
            ("pool", "person", "weight", "takes leads", "today", "open"),
            ((one.pool, one.person, one.weight, _takes(one), one.leads_today, one.open_leads) for one in found.members),
            empty="There is no pool in team.yaml.",
        )
        for days in found.absences:
            out.say(f"{days.person} is away {_range(days)} (told by {days.told_by}).")
        for person in found.in_no_pool:
            out.say(f"{person} is in no pool, and gets leads by name only.")


def _takes(one: MemberNow) -> str:
    if one.takes_leads:
        return "yes"
    opens = f" (opens {one.pool_opens_at[:16].replace('T', ' ')} UTC)" if one.pool_opens_at else ""
    return f"no: {'; '.join(one.reasons)}{opens}"


def _range(days: Days) -> str:
    if days.last is None:
        return f"from {days.first} until `leadrelay team back {days.person}`"
    return f"on {days.first}" if days.last == days.first else f"from {days.first} to {days.last}"


def show_ledger(days: Period, config: Config = None, as_json: Json = False) -> None:
    """Show who got how many leads on some days: the sum is every lead that was routed.

    `by weight alone` is what the weights would have given, had every member been able to take every lead.

    Example: leadrelay team ledger 2026-10
    """
    with answering(as_json) as out, opened_app(config) as app:
        found = app.team_desk.ledger(*_period(days))
        out.document(plain(found))
        out.table(
            ("pool", "to", "leads", "turns", "by weight alone", "moved on", "open"),
            (
                (one.pool or "", one.person or f"queue {one.queue}", one.leads, one.turns, "" if one.owed is None else one.owed,
                 one.moved_on, one.open)
                for one in found.shares
            ),
            empty="No lead was routed on these days.",
        )  # fmt: skip
        if any(one.owed is not None for one in found.shares):
            out.say(
                "By weight alone: what the weights of today would have made of the pool's turns, had every member been able to "
                "take every lead. Days off, hours, caps and territories are not counted, and nobody has to catch up on them."
            )
        moved = sum(one.moved_on for one in found.shares)
        since = f" {moved} of these went on to somebody else since." if moved else ""
        out.say(f"{counted(found.leads, 'lead')} routed from {found.first} to {found.last}.{since}")


def send_away(person: PersonName, days: DaysOff, config: Config = None, as_json: Json = False) -> None:
    """Give a person no leads on some days; the others of their pools take them. What the person has stays there.

    Example: leadrelay team away ben@acme.example 2026-12-22/2027-01-02
    """
    with answering(as_json) as out, opened_app(config) as app:
        first, last = _read(days)
        _known(app, person)
        is_new = app.team_desk.away(person, first, last, by=acting_user())
        out.document({"person": person, "first": str(first), "last": None if last == date.max else str(last), "changed": is_new})
        until = "until they are back" if last == date.max else f"to {last}"
        out.say(f"{person} takes no leads from {first} {until}." if is_new else f"{person} is away on these days already.")


def bring_back(person: PersonName, config: Config = None, as_json: Json = False) -> None:
    """Give a person leads again from now on. Days off that begin later, and those of team.yaml, stay.

    Example: leadrelay team back ben@acme.example
    """
    with answering(as_json) as out, opened_app(config) as app:
        _known(app, person)
        count = app.team_desk.back(person, by=acting_user())
        out.document({"person": person, "changed": count > 0})
        if count:
            out.say(f"{person} takes leads again.")
        else:
            out.say(f"No absence of {person} that was told by command holds today; those of team.yaml are ended there.")


def _known(app: App, person: str) -> None:
    from core.problems import did_you_mean

    if not app.team_desk.knows(person):
        known = app.configuration.team.people
        deny(f"`{person}` is nobody in team.yaml.{did_you_mean(person, known)} Add the person there, then `leadrelay reload`.")


def _period(text: str) -> tuple[date, date]:
    """The first and the last day of a month, a day, or a range of days."""
    year, dash, month = text.partition("-")
    if dash and year.isdigit() and month.isdigit() and len(year) == 4 and 1 <= int(month) <= 12:
        first = date(int(year), int(month), 1)
        return first, first.replace(day=monthrange(first.year, first.month)[1])
    return _read(text)


def _read(days: str) -> tuple[date, date]:
    first, slash, last = days.partition("/")
    try:
        found = date.fromisoformat(first), date.fromisoformat(last) if last else date.max if slash else date.fromisoformat(first)
    except ValueError:
        refuse(f"`{days}` is no day or range of days. Write such as 2026-12-22, 2026-12-22/2027-01-02, or 2026-12-22/.")
    if found[1] < found[0]:
        refuse(f"`{days}` ends before it begins. Swap the days.")
    return found
