"""`leads merge` and `leads unmerge`: two leads that a person says are one, and taking that back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from leadrelay.commands.options import Config, Json, Yes, acting_user
from leadrelay.commands.output import Output, answering, as_json_value, ask, counted, deny, give_up
from leadrelay.commands.showing import lead_uid, opened_app

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.engine.merges import Preview
    from leadrelay.engine.unmerging import Undone

T = TypeVar("T")
Stays = Annotated[
    str, typer.Argument(metavar="LEAD", help="The lead that stays: its id as lists show it, or its e-mail address.")
]
Goes = Annotated[str, typer.Argument(metavar="OTHER", help="The lead that goes into it.")]
Parted = Annotated[str, typer.Argument(metavar="LEAD", help="Either of the two leads that were merged.")]
Other = Annotated[str | None, typer.Argument(metavar="OTHER", help="The other one, where several leads went into LEAD.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")]

_PATIENCE_S = 15.0
_AGAIN_S = 0.25


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the leads."""
    group.command("merge")(merge)
    group.command("unmerge")(unmerge)


def merge(
    lead: Stays, other: Goes, dry_run: DryRun = False, yes: Yes = False, config: Config = None, as_json: Json = False
) -> None:
    """Make one lead of two that are the same person. It can be taken back: `leadrelay leads unmerge`.

    Shows first which values win and which CRM records are concerned, then asks. Records in a CRM stay two until somebody
    merges them there: you are told which.

    Example: leadrelay leads merge 0CB5X65X1M7Y6 0CB5X6201M7XR --dry-run
    """
    with answering(as_json) as out, opened_app(config) as app, _refusals():
        from leadrelay.engine.merges import Merges
        from leadrelay.engine.merges import as_json as plain

        merges = Merges(app.database, app.process_plan, app.clock, app.ids)
        winner, loser = _uid(app, lead), _uid(app, other)
        found = merges.preview(winner, loser)
        _show_merge(out, found)
        if not dry_run:
            ask(f"Merge lead {loser} into lead {winner}?", is_agreed=yes)
            found = _patient(lambda: merges.merge(winner, loser, by=acting_user()))
        out.document({**plain(found), "merged": not dry_run})
        if not dry_run:
            out.say(f"Lead {loser} is part of lead {winner} now. Taken back with: leadrelay leads unmerge {loser}")


def unmerge(
    lead: Parted,
    other: Other = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Take a merge back: both leads are again what they were, with their own records in the CRMs.

    What came in since the merge goes with the lead whose e-mail address or phone number it names.

    Example: leadrelay leads unmerge 0CB5X65X1M7Y6
    """
    with answering(as_json) as out, opened_app(config) as app, _refusals():
        from leadrelay.engine.unmerging import Unmerges

        unmerges = Unmerges(app.database, app.process_plan, app.clock, app.ids)
        first, second = _uid(app, lead), None if other is None else _uid(app, other)
        winner, loser = unmerges.find(first, None if second == first else second)  # by e-mail both are the merged lead
        found = unmerges.preview(winner, loser)
        _show_unmerge(out, found)
        if not dry_run:
            ask(f"Part lead {loser} from lead {winner} again?", is_agreed=yes)
            found = _patient(lambda: unmerges.unmerge(winner, loser, by=acting_user()))
        out.document({**as_json_value(found), "unmerged": not dry_run})
        if not dry_run:
            out.say(f"Leads {winner} and {loser} are two again.")


@contextmanager
def _refusals() -> Iterator[None]:
    """Why two leads can not be merged, or parted, is a no."""
    from leadrelay.engine.merges import CanNotMerge

    try:
        yield
    except CanNotMerge as reason:
        deny(str(reason))


def _uid(app: App, text: str) -> str:
    """The lead that was named; one that is part of another stays itself here."""
    from leadrelay.store.ids import from_uid, to_uid

    uid = lead_uid(app.views, text)
    try:
        return to_uid(from_uid(uid))
    except ValueError:
        deny(f"There is no lead {text}.")


def _patient(do: Callable[[], T]) -> T:
    """Do it as soon as no call to a CRM is under way for one of the leads."""
    from leadrelay.engine.merges import Busy

    give_up_at = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return do()
        except Busy as busy:
            if time.monotonic() >= give_up_at:
                give_up(f"One of the leads is being sent to {busy} just now: try again when that is answered.")
            time.sleep(_AGAIN_S)


def _show_merge(out: Output, found: Preview) -> None:
    out.table(
        ("field", f"{found.winner} (stays)", f"{found.loser} (goes)", "will be"),
        ((one.path, one.winner, one.loser, one.merged) for one in found.contests),
        empty="The lead that goes says nothing that the other does not say.",
    )
    moved = [counted(found.touches, "touch")]
    if found.actions:
        moved.append(f"{counted(found.actions, 'action')} still to be done")
    out.say(f"Goes over: {', '.join(moved)}.")
    for one in found.records:
        if one.is_asked:
            out.say(
                f"{one.sink}: {one.object} {one.winner} and {one.loser} stay two records until you merge them there; keep "
                f"{one.winner}, which leadrelay goes on writing."
            )
        elif one.winner is None:
            out.say(f"{one.sink}: the merged lead goes on with {one.object} {one.loser}.")
        elif one.loser is None:
            out.say(f"{one.sink}: {one.object} {one.winner} stays as it is.")


def _show_unmerge(out: Output, found: Undone) -> None:
    out.say(f"Back to lead {found.loser}: {counted(found.touches, 'touch')} from before the merge.")
    if found.later or found.stayed:
        out.say(f"Of what came since, {found.later} go to {found.loser} and {found.stayed} stay with {found.winner}.")
    for sink, object_name, crm_id in found.records:
        out.say(f"{sink}: {object_name} {crm_id} is the record of lead {found.loser} again.")
    for sink, crm_id in found.gone:
        out.say(f"{sink}: {crm_id} was merged away or deleted there; lead {found.loser} gets a new record.")
