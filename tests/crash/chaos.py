"""Starts everything, kills what it has started at random moments, and counts afterwards."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash import owners
from tests.crash.crms import Crm, hubspot, salesforce
from tests.crash.feeder import Plan, feed, make_plan
from tests.crash.mails import NO_MAIL, USER, Mailing, deliver, make_mailing, source
from tests.crash.rows import Listing, import_until_done, write_listing
from tests.support.commands import Command, Commands
from tests.support.dovecot import PrivateDovecot, has_dovecot
from tests.support.postgres import PrivatePostgres
from tests.support.project import ROOT, write_project


@dataclass(frozen=True)
class Ordeal:
    """How hard it is made. `batch` leads in a call, few enough that many calls are struck by a fault; `lease_s` is shorter
    than the slowest answers, so that leases are lost while a call is under way; `slow_times` is how often a CRM gives such an
    answer at most, since each is waited for."""

    posts: int
    kills: int
    batch: int
    mails: int = 0
    rows: int = 0
    import_kills: int = 2
    workers: int = 3
    redelivered: float = 0.05
    cut: float = 0.05
    refused: float = 0.02
    slow_refused: float = 0.01
    slow_times: int | None = None
    tokens_expire: float = 0.01
    lease_s: int = 8
    seed: int = 1
    drain_s: int = 240
    read_back: str = "1 s"
    sabotage: str = ""


SHORT = Ordeal(
    posts=180,
    kills=6,
    batch=8,
    mails=20,
    rows=50,
    import_kills=1,
    cut=0.1,
    slow_refused=0.12,
    slow_times=4,
    tokens_expire=0.02,
    lease_s=5,
)
WHOLE = Ordeal(posts=10_000, kills=50, batch=40, mails=1_000, rows=20_000, import_kills=6, drain_s=2400)


@dataclass
class Verdict:
    """What was counted; `wrong` is empty when nothing was lost, doubled or out of date."""

    wrong: list[str] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)

    def expect(self, what: str, found: Any, wanted: Any) -> None:
        """Note a count, and that it is wrong when it is not what was wanted."""
        self.counts[what] = found
        if found != wanted:
            self.wrong.append(f"{what}: {found}, not {wanted}")


class Chaos:
    """One run of an ordeal on one kind of store, in a folder of its own; processes begin at once where `commands` is given."""

    def __init__(self, folder: Path, store: str, ordeal: Ordeal, commands: Commands | None = None) -> None:
        self.folder = folder
        self.ordeal = ordeal
        self.rng = random.Random(ordeal.seed)
        self.postgres = PrivatePostgres() if store == "postgres" else None
        self.hubspot = hubspot()
        self.crms: tuple[Crm, ...] = (salesforce(), self.hubspot)
        self.commands = commands
        self.processes: dict[str, subprocess.Popen[bytes] | Command] = {}
        self.port = _free_port()
        self.kills: Counter[str] = Counter()
        self.dovecot = PrivateDovecot() if ordeal.mails and has_dovecot() else None
        self._fed = threading.Event()
        self._answered: dict[str, set[str]] = {}

    def run(self) -> Verdict:
        """Feed, kill, restart, wait until all is quiet, count."""
        try:
            for crm in self.crms:
                crm.server.start()
            if self.dovecot is not None:
                self.dovecot.start()
            self._configure()
            self._start_all()
            plan = make_plan(self.ordeal.posts, redelivered=self.ordeal.redelivered, rng=random.Random(self.ordeal.seed))
            mailing = make_mailing(self.ordeal.mails, plan.posting, random.Random(self.ordeal.seed)) if self.dovecot else NO_MAIL
            listing = write_listing(self.folder / "fair.csv", self.ordeal.rows, plan.posting, random.Random(self.ordeal.seed))
            plan.others = (mailing.emails | listing.emails) - set(plan.newest)
            others = [
                threading.Thread(target=self._deliver, args=(mailing,)),
                threading.Thread(target=self._import, args=(listing,)),
            ]
            killer = threading.Thread(target=self._kill, name="killer")
            for thread in (killer, *others):
                thread.start()
            try:
                url = f"http://127.0.0.1:{self.port}/in/website"
                asyncio.run(feed(plan, url, self._answered, random.Random(self.ordeal.seed)))
            finally:
                self._fed.set()
                for thread in (killer, *others):
                    thread.join()
            self._settle_down(mailing)
            return self._judge(plan, mailing, listing)
        finally:
            self._stop_all()

    # --- processes ---

    def _configure(self) -> None:
        if self.postgres is not None:
            self.postgres.start()
            store = self.postgres.create("crash")
        else:
            store = f"sqlite:///{self.folder / 'store.sqlite'}"
        extra = f"worker:\n  lease: {self.ordeal.lease_s} s\nsystem_of_record: {{status: salesforce}}\n"
        sink = f"    timeout: 14\n    batch: {self.ordeal.batch}\n    match_existing: off\n"
        sink += f"    read_back: {{every: {self.ordeal.read_back}}}\n"
        urls = {crm.name: crm.server.url for crm in self.crms}
        sources = "  fair: {connector: csvfile}\n" + (source(self.dovecot) if self.dovecot is not None else "")
        self.config = write_project(
            self.folder, store=store, port=self.port, extra=extra, sources=sources, sink=sink, hubspot_sink=sink, **urls
        )
        owners.write(self.config.parent)
        self._command("migrate")
        for crm in self.crms:
            owners.add_users(crm)
        for crm in self.crms:
            crm.set_faults(self.ordeal)

    def _start_all(self) -> None:
        webs = 2 if self.postgres is not None else 1
        for number in range(webs):
            self._start(f"web-{number}", "web", "--reuse-port")
        for number in range(self.ordeal.workers):
            self._start(f"worker-{number}", "worker")

    def _start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            if self.commands is not None and not self.ordeal.sabotage:
                self.processes[name] = self.commands.start(*arguments, "--config", self.config, stdout=log, stderr=log)
                return
            program = ["tests.crash.sabotage", self.ordeal.sabotage] if self.ordeal.sabotage else ["leadrelay.cli"]
            command = [sys.executable, "-m", *program, *arguments, "--config", str(self.config)]
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        if self.commands is not None:
            return self.commands.run(*arguments, "--config", self.config, timeout=self.ordeal.drain_s + 60)
        command = [sys.executable, "-m", "leadrelay.cli", *arguments, "--config", str(self.config)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    def _kill(self) -> None:
        """SIGKILL at random moments: half of them while posts come in, half while leads are delivered; PostgreSQL once."""
        while_fed = sorted(self.rng.randrange(self.ordeal.posts) for _ in range(self.ordeal.kills // 2))
        for number in range(self.ordeal.kills):
            if number < len(while_fed):
                while len(self._answered) < while_fed[number] and not self._fed.is_set():
                    time.sleep(0.002)
            else:
                time.sleep(self.rng.uniform(0.2, 1.5))
            if number % 2 == 0:  # with a wait that is asked for, and without, when the whole window has to pass
                self.hubspot.burst(waits=1 if number % 4 == 0 else None)
            self._kill_one("web" if number < len(while_fed) and self.rng.random() < 0.6 else "")
            if self.postgres is not None and number == self.ordeal.kills // 2:
                self.postgres.restart("immediate")

    def _kill_one(self, kind: str) -> None:
        """Kill one process, of this kind or any, and start it again at once."""
        name = self.rng.choice([name for name in sorted(self.processes) if name.startswith(kind)])
        victim = self.processes[name]
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.kills[name.split("-")[0]] += 1
        self._start(name, *(("web", "--reuse-port") if name.startswith("web") else ("worker",)))

    def _deliver(self, mailing: Mailing) -> None:
        """Let the mails come in while posts do."""
        if self.dovecot is not None:
            deliver(self.dovecot, mailing, self.ordeal.mails / 50, random.Random(self.ordeal.seed), self._fed)

    def _import(self, listing: Listing) -> None:
        """Import the file, killed now and then."""
        command = [sys.executable, "-m", "leadrelay.cli", "import", "fair", str(listing.path), "--config", str(self.config)]

        def start() -> subprocess.Popen[bytes]:  # never forked, or it would be done before it is killed
            with (self.folder / "import.log").open("ab") as log:
                return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        self.kills["import"], self._import_status = import_until_done(
            start, self.ordeal.import_kills, random.Random(self.ordeal.seed)
        )

    def _settle_down(self, mailing: Mailing) -> None:
        """Wait until the mailbox is empty and nothing is left to do."""
        give_up_at = time.monotonic() + 120
        while self.dovecot is not None and self.dovecot.mails(USER) and time.monotonic() < give_up_at:
            time.sleep(0.1)
        done = self._command("drain", "--timeout", str(self.ordeal.drain_s), "--json")
        if done.returncode != 0:
            raise AssertionError(f"drain ended with {done.returncode}: {done.stdout} {done.stderr[-2000:]}")

    def _stop_all(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        for crm in self.crms:
            crm.server.stop()
        if self.dovecot is not None:
            self.dovecot.stop()
        if self.postgres is not None:
            self.postgres.remove()

    # --- counting ---

    def _judge(self, plan: Plan, mailing: Mailing, listing: Listing) -> Verdict:
        verdict = Verdict(counts={"kills": dict(self.kills)})
        self._judge_capture(verdict, plan, mailing, listing)
        for crm in self.crms:
            crm.judge(verdict, plan)
        audit = self._command("audit", "--json")
        ledger = json.loads(audit.stdout) if audit.stdout else {"unaccounted": audit.stderr}
        verdict.expect("unaccounted", ledger["unaccounted"], 0)
        verdict.counts["ledger"] = ledger
        return verdict

    def _judge_capture(self, verdict: Verdict, plan: Plan, mailing: Mailing, listing: Listing) -> None:
        from leadrelay.store import tables
        from leadrelay.store.database import Database
        from leadrelay.store.ids import to_uid

        url = self.postgres.url_of("crash") if self.postgres is not None else f"sqlite:///{self.folder / 'store.sqlite'}"
        database = Database(url)
        with database.read() as connection:
            rows = list(connection.execute(tables.submission.select()))
            leads = len(list(connection.execute(tables.lead.select())))
            owners.judge(verdict, connection, plan.people)
            owned_by = owners.owners(connection)
        database.close()
        for crm in self.crms:
            crm.judge_owners(verdict, owned_by, owners.users_of)
        kept = {to_uid(row.id) for row in rows}
        lost = {uid for uids in self._answered.values() for uid in uids if uid not in kept}
        verdict.expect("acknowledged submissions lost", len(lost), 0)
        processed = Counter((row.source, row.key) for row in rows if row.state == "processed")
        verdict.expect("submissions processed twice", sum(count - 1 for count in processed.values()), 0)
        states = Counter((row.source, row.state) for row in rows)
        verdict.expect("posts processed", states["website", "processed"], len(plan.posts))
        verdict.expect("mails processed", states["mailbox", "processed"], mailing.leads)
        verdict.expect("mails ignored", states["mailbox", "ignored"], mailing.ignored)
        verdict.expect("mails left in the mailbox", len(self.dovecot.mails(USER)) if self.dovecot is not None else 0, 0)
        verdict.expect("status of the import", self._import_status, 0)
        verdict.expect("rows processed", states["fair", "processed"], listing.accepted)
        verdict.expect("rows rejected", states["fair", "rejected"], listing.rejected)
        verdict.expect("rows taken for duplicates", states["fair", "duplicate"], 0)
        verdict.expect("leads", leads, plan.people)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
