"""Mails arrive while workers are killed, the mail server falls over and loses its numbering: `python -m tests.crash.mail`."""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from leadrelay.store import tables
from leadrelay.store.database import Database
from tests.crash.chaos import Verdict
from tests.support.commands import Command, Commands
from tests.support.dovecot import PrivateDovecot
from tests.support.mailbox import make_mail, source_lines, write_mail_project
from tests.support.postgres import PrivatePostgres
from tests.support.project import ROOT


@dataclass(frozen=True)
class MailOrdeal:
    """How hard it is made: a share of the mails has no Message-ID, comes again, or another body under a Message-ID that was
    there before. The numbering is lost once."""

    mails: int
    kills: int
    restarts: int
    moves: bool = True
    workers: int = 2
    without_id: float = 0.02
    repeats: float = 0.05
    other_body: float = 0.01
    seed: int = 1


SHORT = MailOrdeal(mails=150, kills=4, restarts=1)
WHOLE = MailOrdeal(mails=3_000, kills=40, restarts=2)


class MailChaos:
    """One run of an ordeal, in a folder of its own; its processes begin at once where `commands` is given."""

    def __init__(self, folder: Path, store: str, ordeal: MailOrdeal, commands: Commands | None = None) -> None:
        self.folder = folder
        self.ordeal = ordeal
        self.rng = random.Random(ordeal.seed)
        self.server = PrivateDovecot(fsync=True)
        self.postgres = PrivatePostgres() if store == "postgres" else None
        self.commands = commands
        self.workers: list[subprocess.Popen[bytes] | Command] = []
        self.mails = self._made()
        self._fed = threading.Event()
        self._delivered = 0

    def run(self) -> Verdict:
        """Deliver, kill, restart, wait until all is quiet, count."""
        url = f"sqlite:///{self.folder / 'store.sqlite'}"
        if self.postgres is not None:
            self.postgres.start()
            url = self.postgres.create("crash")
        database = Database(url)
        try:
            with self.server:
                self._configure(url)
                self.workers = [self._worker(number) for number in range(self.ordeal.workers)]
                feeder = threading.Thread(target=self._feed, name="feeder")
                feeder.start()
                try:
                    self._torment(database)
                finally:
                    self._fed.set()
                    feeder.join()
                self._settle_down(database)
                return self._judge(database)
        finally:
            for worker in self.workers:
                worker.kill()
                worker.wait()
            database.close()
            if self.postgres is not None:
                self.postgres.remove()

    # --- mails ---

    def _made(self) -> list[bytes]:
        ordeal, found = self.ordeal, []
        for number in range(ordeal.mails):
            die = self.rng.random()
            if found and die < ordeal.repeats:
                found.append(self.rng.choice(found))
            elif found and die < ordeal.repeats + ordeal.other_body:
                other = self.rng.randrange(number)
                found.append(make_mail(number, message_id=f"m{other}@mail.example", text=f"One more thing, {number}."))
            else:
                is_without = self.rng.random() < ordeal.without_id
                found.append(make_mail(number, message_id=None if is_without else ""))
        return found

    def _feed(self) -> None:
        """Deliver all mails in about the time that the torment takes, in small bursts; the rest at once when it is over."""
        pause = self.ordeal.kills * 1.6 / max(1, len(self.mails))
        for raw in self.mails:
            self.server.deliver("leads", raw)
            self._delivered += 1
            if not self._fed.is_set() and self.rng.random() < 0.2:
                time.sleep(pause * 5)

    # --- processes ---

    def _configure(self, url: str) -> None:
        lines = source_lines(self.server, done_folder="Done" if self.ordeal.moves else None, every="2 s")
        self.config = write_mail_project(self.folder, {"mailbox": lines}, store=url, extra="worker:\n  lease: 1 s\n")
        self._command("migrate")

    def _command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        if self.commands is not None:
            return self.commands.run(*arguments, "--config", self.config)
        command = [sys.executable, "-m", "leadrelay.cli", *arguments, "--config", str(self.config)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    def _worker(self, number: int) -> subprocess.Popen[bytes] | Command:
        if self.commands is not None:
            with (self.folder / f"worker-{number}.log").open("ab") as log:
                return self.commands.start("worker", "--config", self.config, stdout=log, stderr=log)
        command = [sys.executable, "-m", "leadrelay.cli", "worker", "--config", str(self.config)]
        with (self.folder / f"worker-{number}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _torment(self, database: Database) -> None:
        """SIGKILL, half of the times right after a commit, when mails are about to be moved; the server falls over in between."""
        reset_at = self.ordeal.kills // 2
        restarts = {
            round(self.ordeal.kills * (number + 1) / (self.ordeal.restarts + 1)) for number in range(self.ordeal.restarts)
        }
        for number in range(self.ordeal.kills):
            if number % 2:
                self._await_commit(database)
                time.sleep(self.rng.uniform(0, 0.02))
            else:
                time.sleep(self.rng.uniform(0.3, 2.0))
            victim = self.rng.randrange(len(self.workers))
            self.workers[victim].send_signal(signal.SIGKILL)
            self.workers[victim].wait()
            if number in restarts:
                self.server.restart(hard=True, down_s=0.3)
            if number == reset_at:
                self.server.reset_uidvalidity("leads")
            self.workers[victim] = self._worker(victim)

    def _await_commit(self, database: Database) -> None:
        before, give_up_at = _count(database), time.monotonic() + 4
        while _count(database) == before and time.monotonic() < give_up_at:
            time.sleep(0.001)

    def _settle_down(self, database: Database) -> None:
        """Until every mail is known and decided, and the folder is empty where mails are moved."""
        wanted, give_up_at = len(set(self.mails)), time.monotonic() + 120
        while time.monotonic() < give_up_at:
            with database.read() as connection:
                states = [row.state for row in connection.execute(tables.submission.select())]
            is_read = len(states) - states.count("duplicate") >= wanted and "new" not in states
            if is_read and not (self.ordeal.moves and self.server.mails("leads")):
                break
            time.sleep(0.2)
        time.sleep(1.5)  # what would be doubled now is to be seen

    # --- counting ---

    def _judge(self, database: Database) -> Verdict:
        verdict = Verdict(counts={"delivered": self._delivered, "kills": self.ordeal.kills, "restarts": self.ordeal.restarts})
        with database.read() as connection:
            rows = list(connection.execute(tables.submission.select()))
            leads = len(list(connection.execute(tables.lead.select())))
        kept = Counter(bytes(row.body) for row in rows if row.state != "duplicate")
        told = Counter(mail for mail in set(self.mails))
        verdict.counts["states"] = dict(Counter(row.state for row in rows))
        verdict.expect("mails lost", sum((told - kept).values()), 0)
        verdict.expect("mails doubled", sum((kept - told).values()), 0)
        verdict.expect("mails not decided", sum(row.state not in ("processed", "duplicate") for row in rows), 0)
        verdict.expect("leads", leads, len({raw.split(b"\r\n", 1)[0] for raw in told}))
        if self.ordeal.moves:
            verdict.expect("mails left in the folder", len(self.server.mails("leads")), 0)
            # a Dovecot that is killed while it moves leaves some in both folders, and these are moved again
            done = [path.read_bytes() for path in self.server.mails("leads", "Done")]
            verdict.counts["mails in the done folder"] = len(done)
            verdict.expect("mails not in the done folder", len(told - Counter(done)), 0)
        else:
            verdict.expect("mails left in the folder", len(self.server.mails("leads")), len(self.mails))
        audit = self._command("audit", "--json")
        verdict.expect("unaccounted", json.loads(audit.stdout)["unaccounted"] if audit.stdout else audit.stderr, 0)
        return verdict


def _count(database: Database) -> Any:
    with database.read() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM submission").scalar_one()


def main() -> int:
    """Print what was counted; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.mail", description=__doc__)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--short", action="store_true", help="150 mails and 4 kills instead of 3,000 and 40")
    parser.add_argument("--stay", action="store_true", help="without a done folder: mails stay where they are")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    ordeal = replace(SHORT if given.short else WHOLE, seed=given.seed, moves=not given.stay)
    with tempfile.TemporaryDirectory(prefix="leadrelay-crash-") as folder:
        began = time.monotonic()
        verdict = MailChaos(Path(folder), given.store, ordeal).run()
        for log in Path(folder).glob("*.log"):
            if verdict.wrong:
                sys.stderr.write(log.read_text()[-3000:])
    print(json.dumps(verdict.counts, indent=2))
    took = time.monotonic() - began
    print(f"{took:.0f} s on {given.store}: {'; '.join(verdict.wrong) or 'no mail lost or doubled'}")
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
