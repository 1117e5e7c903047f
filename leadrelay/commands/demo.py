"""`demo`: form posts into the Salesforce simulator, with what goes wrong in real life; no account, nothing to configure."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.demo_posts import SamplePost, posts_before_the_outage, posts_during_the_outage
from leadrelay.commands.output import Output, answering, counted, deny, give_up, refuse

if TYPE_CHECKING:
    from leadrelay.app import App
    from leadrelay.sandbox.server import SandboxServer

Folder = Annotated[Path, typer.Option("--dir", help="Where the demo keeps its configuration and store; made anew at each start.")]
Once = Annotated[bool, typer.Option("--once", help="End when all leads are delivered, instead of staying up until Ctrl-C.")]
Port = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="The port of the web process; a free one when it is taken, or 0.")
]

_MARKER = ".leadrelay-demo"
_READY_WITHIN_S = 60.0
_OUTAGE_S = 3.0
_DRAINED_WITHIN_S = 120.0
_SETTINGS = """\
# The demo's configuration, made anew at each start of `leadrelay demo`.
store: sqlite:///leadrelay.db
web: {{port: {port}}}
sources:
  website:
    connector: webform
    mapping: demo-request
    token: ${{file:{folder}/token}}
sinks:
  salesforce:
    connector: salesforce
    mode: live
    mapping: salesforce-lead
    external_id: Leadrelay_Id__c
    base_url: {crm}
    auth:
      flow: client_credentials
      login_url: {crm}
      client_id: leadrelay
      client_secret: ${{file:{folder}/client_secret}}
"""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(demo)


def demo(folder: Folder = Path("demo-data"), once: Once = False, port: Port = 8080) -> None:
    """See it work: sample forms are posted and delivered to a Salesforce simulator on your machine.

    Needs no account and no configuration, and sends nothing anywhere else. Stays up until Ctrl-C, so that you can try things.
    """
    # A signal that ends the demo ends its processes, too: they have a session of their own and would not hear of it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with answering() as out:
        place = Place(folder.absolute(), _free_port(port))
        _make_folder(place)
        with _simulator() as crm:
            _configure(place, crm.url)
            with _running(place), _opened(place) as app:
                _play(out, place, crm, app)
                if not once:
                    _invite(out, place, crm)
                    _stay()


@dataclass(frozen=True, slots=True)
class Place:
    """Where this demo is: its folder and its web process' port."""

    folder: Path
    port: int

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.folder / "leadrelay.yaml"

    @property
    def address(self) -> str:
        """Its web process."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The source's token."""
        return (self.folder / "token").read_text(encoding="utf-8")


# --- making the place -----------------------------------------------------------------------------------------------


def _make_folder(place: Place) -> None:
    """An empty demo folder; one that is not a demo's is never touched."""
    folder = place.folder
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARKER).exists():
        refuse(f"{folder} holds something else than a demo; choose another folder with --dir.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _MARKER).touch()


def _configure(place: Place, crm: str) -> None:
    """The demo's files: the bundled mappings and rules, and settings that point at the simulator."""
    from leadrelay.sandbox.salesforce.org import Settings

    folder = place.folder
    for name, text in (("token", secrets.token_hex(12)), ("client_secret", Settings().client_secret)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text, encoding="utf-8")
    shutil.copytree(bundled("mappings"), folder / "mappings")
    config = bundled("config")
    for name in ("fields.yaml", "team.yaml"):
        if (config / name).exists():
            shutil.copy(config / name, folder / name)
    if (config / "rules").is_dir():
        shutil.copytree(config / "rules", folder / "rules")
    place.config.write_text(_SETTINGS.format(port=place.port, folder=folder, crm=crm), encoding="utf-8")


def bundled(name: str) -> Path:
    """A folder that ships with leadrelay: inside the installed package, else in the source tree."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "bundled" / name
    return inside if inside.is_dir() else package.parent / name


def _free_port(wanted: int) -> int:
    """The wanted port, or any free one when it is 0 or taken."""
    import socket

    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", wanted))
        except OSError:
            found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# --- running --------------------------------------------------------------------------------------------------------


@contextmanager
def _simulator() -> Iterator[SandboxServer]:
    from leadrelay.sandbox.server import SandboxServer

    with SandboxServer() as crm:
        crm.org.seed(
            "Lead",
            [
                {
                    "LastName": "García", "FirstName": "Sofía", "Company": "Sol y Mar", "Email": "sofia.garcia@sol.example",
                    "Phone": "+34 600 000 000", "Status": "Working - Contacted",
                }
            ],
        )  # fmt: skip
        yield crm


@contextmanager
def _running(place: Place) -> Iterator[None]:
    """`leadrelay run` on the demo's configuration, in processes of their own; their logs go to a file."""
    command = [sys.executable, "-m", "leadrelay.cli", "run", "--config", str(place.config)]
    with (place.folder / "leadrelay.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _wait_until_ready(place, process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(place: Place, process: subprocess.Popen[bytes]) -> None:
    import httpx

    give_up_at = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            if httpx.get(f"{place.address}/health/ready", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    give_up(
        f"leadrelay did not start; {place.folder}/leadrelay.log says why. Is port {place.port} taken? Choose one with --port."
    )


@contextmanager
def _opened(place: Place) -> Iterator[App]:
    from leadrelay.commands.showing import opened_app

    with opened_app(place.config) as app:
        yield app


# --- the play -------------------------------------------------------------------------------------------------------


def _play(out: Output, place: Place, crm: SandboxServer, app: App) -> None:
    out.say(f"leadrelay runs at {place.address}, a Salesforce simulator at {crm.url}. Nothing leaves this machine.\n")
    first = list(posts_before_the_outage())
    out.say(f"{counted(len(first), 'form post')} arrive:")
    _post(out, place, first)
    _wait_until_drained(app)
    fault = crm.faults.add({"kind": "unavailable", "times": None})
    during = list(posts_during_the_outage())
    out.say(f"\nSalesforce goes down. {counted(len(during), 'form post')} arrive meanwhile:")
    _post(out, place, during)
    time.sleep(_OUTAGE_S)
    crm.faults.clear(fault.id)
    out.say("\nSalesforce is back. Waiting until everything is delivered ...")
    _wait_until_drained(app)
    _show_outcome(out, crm, app, len(first) + len(during))


def _post(out: Output, place: Place, posts: Iterable[SamplePost]) -> None:
    import httpx

    quiet = 0
    headers = {"Authorization": f"Bearer {place.token}"}
    with httpx.Client(base_url=place.address, headers=headers, timeout=30) as client:
        for post in posts:
            answer = client.post("/in/website", json=dict(post.inputs))
            answer.raise_for_status()
            if post.story:
                out.say(f"  {answer.json()['id']}  {post.story}")
            else:
                quiet += 1
    if quiet:
        out.say(f"  and {quiet} ordinary ones")


def _wait_until_drained(app: App) -> None:
    from leadrelay.commands.ledger import drained, in_words

    state = drained(app, _DRAINED_WITHIN_S)
    if not state.is_nothing:
        give_up(f"Not everything was delivered in {_DRAINED_WITHIN_S:.0f} s: {in_words(state)} left")


def _show_outcome(out: Output, crm: SandboxServer, app: App, posted: int) -> None:
    from leadrelay.engine.audit import audit
    from leadrelay.web.views import DeliveryFilter

    (source,), (sink,) = app.views.sources(), app.views.sinks()
    records = [record for record in crm.org.records("Lead") if record.get("Leadrelay_Id__c")]
    rows: list[tuple[str, Any, str]] = [("posted", posted, "form posts, repeats included")]
    rows += [(f"submissions {state}", count, _MEANS.get(state, "")) for state, count in sorted(source.states.items())]
    rows += [(f"deliveries {state}", count, _MEANS.get(state, "")) for state, count in sorted(sink.states.items())]
    unaccounted = audit(app.database, app.spool, app.process_plan())["unaccounted"]
    rows.append(("unaccounted for", unaccounted, "received, counted on its own, against everything above"))
    rows.append(("leads in Salesforce", len(records), "linked by external id; one of them stood there before and was found"))
    out.say()
    out.table(("what", "how many", ""), rows)
    for row in app.views.deliveries(DeliveryFilter(), None, 500).items:
        if row.problem is not None:
            begin = "Delivered, but for one field" if row.state == "in_sync" else f"Not delivered ({row.state})"
            out.say(f"{begin}: lead {row.lead}: {row.problem.message}")
    if unaccounted:
        deny("Something is unaccounted for; that must not happen.")


_MEANS = {
    "processed": "each became a touch of a lead; the same person twice is one lead",
    "duplicate": "the same post again, answered with the first one's id",
    "held": "nobody could be recognised; kept, with what to do",
    "in_sync": "Salesforce has what the mapping wants",
    "failed": "Salesforce refuses it as it is; the problem says why",
}


def _invite(out: Output, place: Place, crm: SandboxServer) -> None:
    """What to try while everything is up."""
    program = Path(sys.argv[0]).name if sys.argv else "leadrelay"
    shell = os.path.relpath(sys.argv[0]) if program == "leadrelay" else "leadrelay"
    config = f"--config {os.path.relpath(place.config)}"
    mapping = os.path.relpath(place.folder / "mappings/demo-request.yaml")
    out.say(
        f"""
Try, in another terminal:

  Post a form of your own:
    curl {place.address}/in/website/{place.token} -d 'Name=Your Name' -d 'E-Mail=you@example.com' -d 'Telefon=030 1234567'
  See the leads, and why one is as it is:
    {shell} leads list {config}
    {shell} leads why anna.weber@acme.example person.phone {config}
  See what was held, and what is in Salesforce:
    {shell} submissions list --state held {config}
    {shell} deliveries list {config}
    curl '{crm.url}/sandbox/state?object=Lead'
  Break a mapping (change a lead field's name in {mapping}), then:
    {shell} check {config}
    {shell} reload {config}        (refused; forms stay open under the last good version)
  Prove that nothing is missing:
    {shell} audit {config}

Ctrl-C ends the demo."""
    )


def _stay() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        typer.echo("\nThe demo ends.", err=True)
