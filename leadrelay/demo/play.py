"""What happens in the demo: forms, mails and a file arrive, Salesforce goes down and comes back, sales works on a lead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from leadrelay.demo.mails import sample_mails
from leadrelay.demo.place import Place
from leadrelay.demo.posts import SamplePost, posts_before_the_outage, posts_during_the_outage
from leadrelay.demo.running import Crms
from leadrelay.demo.tables import NAME, STORIES, sample_table

if TYPE_CHECKING:
    from leadrelay.app import App

OUTAGE_S = 4.0
_QUIET_WITHIN_S = 120.0
_TOLD_WITHIN_S = 60.0
_ANNA = "anna.weber@acme.example"
_STATUS = "Working - Contacted"

Say = Callable[[str], None]


class NotQuiet(Exception):
    """Not everything was delivered in time; the message says what is left."""


class Play:
    """One run of the demo's story, told through `say`."""

    def __init__(self, say: Say, place: Place, crms: Crms, app: App) -> None:
        self._say = say
        self._place = place
        self._crms = crms
        self._app = app
        self.posted = 0

    def run(self) -> None:
        """Everything up to where a person takes over; raises NotQuiet."""
        self._say("Form posts arrive:")
        self._post(posts_before_the_outage())
        self._say("\nMails arrive, and somebody drops a file:")
        self._drop_mails_and_file()
        self.wait_until_quiet()
        self._outage()
        self._sales()

    def _post(self, posts: Iterable[SamplePost]) -> None:
        import httpx

        quiet = 0
        headers = {"Authorization": f"Bearer {self._place.token}"}
        with httpx.Client(base_url=self._place.address, headers=headers, timeout=30) as client:
            for post in posts:
                answer = client.post("/in/website", json=dict(post.inputs))
                answer.raise_for_status()
                self.posted += 1
                if post.story:
                    self._say(f"  {answer.json()['id']}  {post.story}")
                else:
                    quiet += 1
        if quiet:
            self._say(f"  and {quiet} ordinary ones")

    def _drop_mails_and_file(self) -> None:
        for mail in sample_mails():
            _drop(self._place.mail / mail.name, mail.raw)
            self._say(f"  {mail.name:24} {mail.story}")
        _drop(self._place.files / NAME, sample_table())
        for number, story in enumerate(STORIES):
            self._say(f"  {NAME if number == 0 else '':24} {story}")

    def _outage(self) -> None:
        """Salesforce refuses everything for a while, and HubSpot goes on."""
        faults = self._crms.salesforce.faults
        fault = faults.add({"kind": "unavailable", "times": None})
        self._say("\nSalesforce goes down. Form posts go on arriving:")
        self._post(posts_during_the_outage())
        for _ in range(round(OUTAGE_S)):
            time.sleep(1)
            self._say(f"  {self._standing()}")
        faults.clear(fault.id)
        self._say("Salesforce is back; what waits goes out by itself:")
        self.wait_until_quiet(tell=True)

    def _sales(self) -> None:
        """Sales works on a lead in Salesforce: the lead knows, and so does HubSpot."""
        from leadrelay.web.views import LeadFilter

        org = self._crms.salesforce.org
        (record,) = (one for one in org.records("Lead") if one.get("Email") == _ANNA)
        org.update("Lead", str(record["Id"]), {"Status": _STATUS})
        self._say(f"\nSales sets Anna Weber's status to `{_STATUS}` in Salesforce.")
        (lead,) = self._app.views.leads(LeadFilter(text=_ANNA), None, 1).items
        give_up_at = time.monotonic() + _TOLD_WITHIN_S
        while time.monotonic() < give_up_at:
            found = self._app.views.lead(lead.uid)
            told = None if found is None else found.fields.get("status")
            if told is not None and told.value == _STATUS:
                self._say("  The lead knows it: `leads why` says who told it and when. Nothing that we send overwrites it.")
                self.wait_until_quiet()
                return
            time.sleep(0.2)
        raise NotQuiet(f"what sales did was not heard of in {_TOLD_WITHIN_S:.0f} s")

    def wait_until_quiet(self, *, tell: bool = False) -> None:
        """Return when every mail and file is read, every submission decided, every call made; raises NotQuiet."""
        from leadrelay.engine.drain import drained

        give_up_at = time.monotonic() + _QUIET_WITHIN_S
        while self._waiting_files():
            if time.monotonic() > give_up_at:
                raise NotQuiet(f"Not every file was read in {_QUIET_WITHIN_S:.0f} s: {', '.join(self._waiting_files())} left")
            time.sleep(0.1)
        state = drained(self._app.left, _QUIET_WITHIN_S)
        if not state.is_nothing:
            raise NotQuiet(f"Not everything was delivered in {_QUIET_WITHIN_S:.0f} s: {state.in_words()} left")
        if tell:
            self._say(f"  {self._standing()}")

    def _waiting_files(self) -> list[str]:
        return [path.name for folder in (self._place.mail, self._place.files) for path in folder.iterdir() if path.is_file()]

    def _standing(self) -> str:
        """How many deliveries of each CRM are in which state, in one line."""
        parts = []
        for sink in self._app.views.sinks():
            states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(sink.states.items()))
            parts.append(f"{sink.name}: {states or 'nothing yet'}")
        return "   ".join(parts)


def _drop(path: Path, content: bytes) -> None:
    """Put a whole file into a watched folder."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.rename(path)
