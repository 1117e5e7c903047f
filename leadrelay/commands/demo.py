"""`demo`: forms, mails and a file into simulators of both CRMs, with what goes wrong in real life; nothing to configure."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.output import Output, answering, deny, give_up, refuse

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.demo.place import Place
    from leadrelay.demo.running import Crms

Folder = Annotated[Path, typer.Option("--dir", help="Where the demo keeps its configuration and store; made anew at each start.")]
Once = Annotated[bool, typer.Option("--once", help="End when all leads are delivered, instead of staying up until Ctrl-C.")]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="The port of the web process; a free one when it is taken, or 0.")
]

_SHOWN = 8
"""Leads that are shown with what was decided of them."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(demo)


def demo(folder: Folder = Path("demo-data"), once: Once = False, port: Port = 8080) -> None:
    """See it work: forms, mails and a file become leads in simulators of Salesforce and HubSpot, on your machine alone.

    Needs no account and no configuration, and sends nothing anywhere else. Stays up until Ctrl-C, so that you can try things.

    Example: leadrelay demo
    """
    from leadrelay.demo.place import NotADemo, Place, configure, make
    from leadrelay.demo.running import NotStarted, free_port, leadrelay, simulators

    # A signal that ends the demo ends its processes, too: they have a session of their own and would not hear of it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with answering() as out:
        place = Place(folder.absolute(), free_port(port))
        try:
            make(place)
            with simulators() as crms:
                configure(place, crms.salesforce.url, crms.hubspot.url)
                with leadrelay(place):
                    if port not in (0, place.port):
                        out.say(f"Port {port} is in use, so another one was taken (--port names one).")
                    _play(out, place, crms, once=once)
        except NotADemo as error:
            refuse(str(error))
        except NotStarted as error:
            give_up(str(error))


def _play(out: Output, place: Place, crms: Crms, *, once: bool) -> None:
    from leadrelay.commands.showing import opened_app
    from leadrelay.demo.play import NotQuiet, Play

    out.say(
        f"leadrelay runs at {place.address}, a Salesforce simulator at {crms.salesforce.url}, a HubSpot simulator at "
        f"{crms.hubspot.url}.\nNothing leaves this machine.\n"
    )
    with opened_app(place.config) as app:
        play = Play(out.say, place, crms, app)
        try:
            play.run()
        except NotQuiet as error:
            give_up(str(error))
        _show(out, app, crms, play.posted)
    if not once:
        out.say(_invitation(place, crms))
        _stay()


def _show(out: Output, app: App, crms: Crms, posted: int) -> None:
    from leadrelay.demo.outcome import outcome, standings

    out.say("\nWhat was decided, by the rules in rules/ and the people in team.yaml; the first of them:")
    rows = [(one.name, one.score, one.stage, one.segments, one.owner) for one in standings(app)[:_SHOWN]]
    out.table(("lead", "score", "stage", "segments", "who has it"), rows)
    found = outcome(app, crms, posted)
    out.say("\nWhat has become of everything:")
    out.table(("what", "how many", ""), found.rows)
    for remark in found.remarks:
        out.say(remark)
    if found.unaccounted:
        deny("Something is unaccounted for; that must not happen.")


def _invitation(place: Place, crms: Crms) -> str:
    """What to try while everything is up."""
    program = Path(sys.argv[0]).name if sys.argv else "leadrelay"
    shell = os.path.relpath(sys.argv[0]) if program == "leadrelay" else "leadrelay"
    config = f"--config {os.path.relpath(place.config)}"
    mapping = os.path.relpath(place.folder / "mappings/demo-request.yaml")
    files = os.path.relpath(place.files)
    return f"""
Try, in another terminal:

  Post a form of your own:
    curl {place.address}/in/website/{place.token} -d 'Name=Your Name' -d 'E-Mail=you@example.com' -d 'Telefon=030 1234567'
  Or drop a file or a mail of your own (CSV, Excel, vCard, .eml) and see how it is read:
    cp contacts.csv {files}/
    {shell} inspect contacts.csv {config}
  See the leads, and why one is as it is, from the raw post to the call to the CRM:
    {shell} leads list {config}
    {shell} leads why anna.weber@acme.example person.phone {config}
    {shell} leads why anna.weber@acme.example score {config}
    {shell} leads why anna.weber@acme.example owner {config}
    {shell} leads why anna.weber@acme.example hubspot {config}
  See who takes leads, and who does not and why:
    {shell} team list {config}
  See what was held, ignored or rejected, and why:
    {shell} submissions list --state held {config}
    {shell} submissions list --state ignored {config}
  See what is in the CRMs:
    {shell} deliveries list {config}
    curl '{crms.salesforce.url}/sandbox/state?object=Lead'
    curl '{crms.hubspot.url}/sandbox/state?object=contacts'
  Break a mapping (change a lead field's name in {mapping}), then:
    {shell} check {config}
    {shell} reload {config}        (refused; forms stay open under the last good version)
  Prove that nothing is missing:
    {shell} audit {config}

Ctrl-C ends the demo."""


def _stay() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        typer.echo("\nThe demo ends.", err=True)
