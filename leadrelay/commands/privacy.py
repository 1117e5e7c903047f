"""`privacy erase`: take a person out of everything, with a receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.options import Config, Json, Yes, acting_user
from leadrelay.commands.output import Output, answering, counted, deny, refuse
from leadrelay.commands.showing import opened_app, when

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.engine.erase import Receipt

PersonName = Annotated[
    str, typer.Argument(metavar="PERSON", help="An e-mail address, a phone number with its country code, or a lead's id.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = typer.Typer(help="What the law asks for: erasing a person, with a receipt.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("erase")(erase_person)
    app.add_typer(group, name="privacy")


def erase_person(person: PersonName, yes: Yes = False, config: Config = None, as_json: Json = False) -> None:
    """Erase a person everywhere, for good: posts, leads, history, the spool, and their records in the CRMs.

    Ids, times and counts stay, so that the ledger stays whole. A keyed hash is remembered, so that a restored backup does not
    bring the person back. The receipt holds no personal data.

    Example: leadrelay privacy erase anna@acme.example
    """
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.engine.erase import NobodyNamed, erase, read_person

        try:
            read_person(app, person)
            _ask(out, app, person, is_agreed=yes)
            receipt = erase(app, person, by=acting_user())
        except NobodyNamed as error:
            refuse(f"`{person}`: {error}")
        out.document(receipt.as_json())
        _show(out, receipt)


def _ask(out: Output, app: App, person: str, *, is_agreed: bool) -> None:
    """Say what is known by this name and, at a terminal, ask; a script that names a person has said enough."""
    import sys

    from leadrelay.web.views import LeadFilter

    found = app.views.leads(LeadFilter(text=person), None, 500).items if "@" in person else []
    known = f" It means {counted(len(found), 'lead')} and everything captured of them." if found else ""
    out.note(f"This erases the person for good; it can not be taken back.{known}")
    if is_agreed or not sys.stdin.isatty():
        return
    if not typer.confirm("Go ahead?", err=True):
        deny("Nothing was erased.")


def _show(out: Output, receipt: Receipt) -> None:
    out.facts(
        [
            ("receipt", receipt.uid),
            ("erased at", when(receipt.erased_at)),
            ("by", receipt.by),
            ("leads", list(receipt.leads)),
            ("blanked", dict(receipt.counts)),
            ("to be deleted in CRMs", dict(receipt.crm_deletes)),
        ]
    )
    if not any(receipt.counts.values()):
        out.say("Nothing of this person was here. They are remembered, so that no backup brings them back.")
    for left in receipt.left:
        out.note(f"Left: {left}")
