"""How well the fields of a mail are read: name, e-mail, phone, company, title and message, against labelled mails."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from core.lead import Names
from core.mail.message import MailOptions
from core.mail.reading import read_mail
from core.normalize.text import fold

LEAST = {"e-mail": 0.95, "name": 0.95}
"""The F1 of a field below which the report fails."""

FIELDS = ("name", "e-mail", "phone", "company", "title", "message")
_DIGITS = re.compile(r"\D+")


@dataclass
class Tally:
    """One field: texts that were wanted, that were found, and that were right; and what was not."""

    wanted: int = 0
    found: int = 0
    right: int = 0
    misses: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """How much of what was found is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """How much of what was wanted was found."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        """Both together."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Judged:
    """One mail with what a person reads out of it; an empty tuple means that the field must stay empty. `not_phone` are
    numbers that must not be found."""

    file: Path
    wanted: Mapping[str, tuple[str, ...]]
    not_phone: tuple[str, ...] = ()


def report(folder: Path) -> bool:
    """Print how each field was read and every miss; false when e-mail or name are below .95, or a mail can not be read."""
    is_good = True
    for title, mails in (("labelled mails", _labelled(folder)), ("website enquiries", _enquiries(folder))):
        tallies = {name: Tally() for name in FIELDS}
        crashes = 0
        for mail in mails:
            try:
                names = read_mail(mail.file.read_bytes(), MailOptions(takes_lists=True)).names
            except Exception as error:
                crashes += 1
                Console().print(f"[red]{mail.file.name}: {error!r}[/red]")
                continue
            _judge(mail, names, tallies)
        _show(title, tallies)
        is_good &= crashes == 0 and all(tallies[name].f1 >= least for name, least in LEAST.items() if tallies[name].wanted)
    return is_good


def _labelled(folder: Path) -> Iterator[Judged]:
    for record in _records(folder / "labels.jsonl"):
        expect = record["expect"]
        wanted = {to: _several(expect[key]) for key, to in _KEYS.items() if key in expect}
        if "reply_text_contains" in record or "text_contains" in record:
            wanted["message"] = _several(record.get("reply_text_contains") or record.get("text_contains"))
        yield Judged(folder / record["file"], wanted, tuple(record.get("not_phone", ())))


_KEYS = {"name": "name", "email": "e-mail", "phone": "phone", "company": "company", "title": "title"}


def _enquiries(folder: Path) -> Iterator[Judged]:
    for record in _records(folder / "enquiries" / "truth.jsonl"):
        if not record["is_lead"]:
            continue
        wanted = {to: _several(record[key]) for key, to in _KEYS.items() if key in record}
        if record.get("phone_e164"):
            wanted["phone"] = (record["phone_e164"],)
        wanted["message"] = _several(record["message_contains"])
        yield Judged(folder / "enquiries" / record["file"], wanted)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def _several(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _judge(mail: Judged, names: Names, tallies: Mapping[str, Tally]) -> None:
    for name, wanted in mail.wanted.items():
        got = _got(name, names)
        tally = tallies[name]
        right = sum(any(_same(name, one, other) for other in got) for one in wanted)
        false = [other for other in got if not any(_same(name, one, other) for one in wanted)]
        if name == "message":
            false = []
        tally.wanted += len(wanted)
        tally.right += right
        tally.found += right + len(false)
        if right < len(wanted) or false:
            tally.misses.append((mail.file.name, " | ".join(wanted) or "(nothing)", " | ".join(got) or "(nothing)"))
    for number in mail.not_phone:
        if any(_same("phone", number, other) for other in _got("phone", names)) and "phone" not in mail.wanted:
            tallies["phone"].found += 1
            tallies["phone"].misses.append((mail.file.name, "(not this one)", number))


def _got(name: str, names: Names) -> tuple[str, ...]:
    if name == "name":
        whole = _texts(names, "person.full_name")
        parts = [text for part in ("first", "middle", "last") for text in _texts(names, f"person.{part}_name")]
        return (" ".join(parts),) if parts else tuple(whole[:1])
    if name == "phone":
        numbers = [text for path in ("phones", "phone", "mobile") for text in _texts(names, f"person.{path}")]
        return tuple({_DIGITS.sub("", one.partition(" ext")[0]): one for one in numbers}.values())
    path = {"e-mail": "person.email", "company": "company.name", "title": "person.job_title", "message": "touch.message"}[name]
    return tuple(_texts(names, path)[:1])


def _texts(names: Names, path: str) -> list[str]:
    found = names.get(path, ())
    return [found] if isinstance(found, str) else list(found)


def _same(name: str, wanted: str, got: str) -> bool:
    if name == "phone":
        numbers = sorted((_DIGITS.sub("", one.partition(" ext")[0]).lstrip("0") for one in (wanted, got)), key=len)
        return len(numbers[0]) >= 6 and numbers[1].endswith(numbers[0])
    if name == "message":
        return _words(wanted) in _words(got)
    if name == "name":
        return sorted(fold(wanted).split()) == sorted(fold(got).split())
    if name == "e-mail":
        return wanted.lower() == got.lower()
    return fold(wanted) == fold(got)


def _words(text: str) -> str:
    return " ".join(text.split())


def _show(title: str, tallies: Mapping[str, Tally]) -> None:
    table = Table(title=f"Fields of {title}")
    for column in ("field", "wanted", "found", "right", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column == "field" else "right")
    for name, tally in tallies.items():
        if tally.wanted or tally.found:
            counts = (str(count) for count in (tally.wanted, tally.found, tally.right))
            table.add_row(name, *counts, *(f"{share:.2f}" for share in (tally.precision, tally.recall, tally.f1)))
    Console().print(table)
    for name, file, wanted, got in _misses(tallies):
        Console().print(f"  {name}: {file}\n    wanted {wanted}\n    got    {got[:300]}", markup=False, highlight=False)


def _misses(tallies: Mapping[str, Tally]) -> Iterable[tuple[str, str, str, str]]:
    return ((name, *miss) for name, tally in tallies.items() for miss in tally.misses)
