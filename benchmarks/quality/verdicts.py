"""Which mails are taken for leads, file by file against their labels, and how exactly quotes are cut off."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.mail.message import MailOptions
from core.mail.parsing import parse_mail
from core.mail.quotes import own_text
from core.mail.verdict import judge_mail

MUST_STOP = frozenset({"auto_reply", "bounce", "report", "arf", "dsn_delay", "ooo", "read_receipt", "dsn"})
"""Kinds of the labels that may never pass."""


@dataclass(frozen=True)
class Judged:
    """A labelled mail with the verdict it got, or what was raised."""

    file: str
    wanted_kind: str
    is_wanted: bool | None
    kind: str
    is_lead: bool | None
    code: str

    @property
    def fault(self) -> str:
        """What is wrong with the verdict; empty when nothing is."""
        if self.is_lead is None:
            return "CRASH"
        if self.is_wanted and not self.is_lead:
            return "LEAD STOPPED"
        if self.is_wanted is False and self.is_lead:
            return "NOT STOPPED" if self.wanted_kind in MUST_STOP else "passed"
        return ""


def report(folder: Path) -> bool:
    """Print the verdicts and the quotes; False when a lead or a bounce went the wrong way, or something crashed."""
    judged = list(_judge_all(folder))
    table = Table("file", "wanted", "lead?", "given", "lead?", "code", "", title="verdicts", title_justify="left")
    for one in judged:
        table.add_row(one.file, one.wanted_kind, _word(one.is_wanted), one.kind, _word(one.is_lead), one.code, one.fault)
    console = Console(width=190)
    console.print(table)
    pairs = Counter((_word(one.is_wanted), _word(one.is_lead)) for one in judged)
    for (wanted, given), count in sorted(pairs.items()):
        console.print(f"wanted {wanted}, given {given}: {count}")
    exact, total = _exact_quotes(folder / "quotes", console)
    console.print(f"quotes: {exact} of {total} exact")
    return not any(one.fault in ("CRASH", "LEAD STOPPED", "NOT STOPPED") for one in judged)


def _judge_all(folder: Path) -> Iterator[Judged]:
    for labels in (folder / "labels.jsonl", folder / "enquiries" / "truth.jsonl"):
        if not labels.is_file():
            continue
        for line in labels.read_text(encoding="utf-8").splitlines():
            label = json.loads(line)
            path = labels.parent / label["file"]
            try:
                verdict = judge_mail(parse_mail(path.read_bytes()), MailOptions())
            except Exception as error:  # a crash is a result here, not the end of the report
                yield Judged(label["file"], label["kind"], label["is_lead"], type(error).__name__, None, "")
                continue
            yield Judged(label["file"], label["kind"], label["is_lead"], verdict.kind, verdict.is_lead, verdict.code)


def _exact_quotes(folder: Path, console: Console) -> tuple[int, int]:
    exact = total = 0
    for given in sorted(folder.glob("*.in.txt")):
        wanted = given.with_name(given.name.replace(".in.txt", ".reply.txt")).read_text(encoding="utf-8")
        total += 1
        if own_text(given.read_text(encoding="utf-8")).strip() == wanted.strip():
            exact += 1
        else:
            console.print(f"not exact: {given.name}")
    return exact, total


def _word(is_lead: bool | None) -> str:
    return {True: "yes", False: "no", None: "?"}[is_lead]
