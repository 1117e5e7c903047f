"""Packs of criteria, such as BANT: of each criterion whether it is met, by which evidence, and what is missing. Pure.

    criteria:
      bant: [budget, authority, need, timing]        # names of checks

A criterion is a check. Its state is `yes`, `no` or `unknown`; the evidence are the values that it rests on, each with the time
and the touch that gave it, also where the answer is still open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.conditions import Case, Condition, Explained
from core.documents import Entry
from core.instants import Instant
from core.lead import Value
from core.mapping.reader import Reader
from core.operators import FALSE, TRUE
from core.problems import Place, did_you_mean
from core.qualification import asked_for
from core.segment_rules import refuse_name


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack: its criteria are names of checks."""

    name: str
    checks: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value that an answer rests on, what was asked of it, and the touch that gave it."""

    asked: str
    value: Value
    at: Instant | None
    touch: str

    def as_json(self) -> dict[str, object]:
        """The evidence as plain JSON values."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        found: dict[str, object] = {"asked": self.asked, "value": value}
        return found if self.at is None else {**found, "at": self.at, "touch": self.touch}


@dataclass(frozen=True, slots=True)
class Criterion:
    """The state of one criterion; `missing` are the fields that keep it unknown."""

    name: str
    state: str
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """The criterion as plain JSON values."""
        evidence = [one.as_json() for one in self.evidence]
        return {"state": self.state, "evidence": evidence, "missing": list(self.missing)}


def states_of(packs: Iterable[Pack], case: Case) -> dict[str, dict[str, Criterion]]:
    """The state of every criterion of every pack, by their names."""
    return {pack.name: {name: _criterion(name, case.checks[name], case) for name in pack.checks} for pack in packs}


def _criterion(name: str, check: Condition, case: Case) -> Criterion:
    answer = case.answer(name)
    state = "yes" if answer is TRUE else "no" if answer is FALSE else "unknown"
    evidence = tuple(dict.fromkeys(_evidence(check.explain(case))))
    return Criterion(name, state, evidence, tuple(dict.fromkeys(asked_for(path) for path in check.unknowns(case))))


def _evidence(explained: Explained) -> Iterator[Evidence]:
    if explained.value is not None:
        yield Evidence(explained.text, explained.value, explained.at, explained.touch)
    for part in explained.parts:
        yield from _evidence(part)


def compile_packs(reader: Reader, sections: Iterable[Entry], checks: Collection[str]) -> list[Pack]:
    """The packs of these sections `criteria`; complaints go to the reader."""
    found: dict[str, Pack] = {}
    for section in sections:
        for entry in reader.entries(section.value, "`criteria`"):
            name, place = entry.key.text, entry.key.place
            refuse_name(reader, name, place, "a pack of criteria")
            if name in found:
                message = f"the pack `{name}` stands in {found[name].place} already. Rename or remove one."
                reader.complain("duplicate_name", message, place, name)
                continue
            found[name] = Pack(name, _names(reader, entry, checks), place)
    return list(found.values())


def _names(reader: Reader, entry: Entry, checks: Collection[str]) -> tuple[str, ...]:
    names = reader.texts(entry.value, f"the pack `{entry.key.text}`")
    items: Mapping[str, Place] = {item.text: item.place for item in getattr(entry.value, "items", ()) if hasattr(item, "text")}
    for name in names:
        if name not in checks:
            message = f"a criterion is the name of a check, and there is no check `{name}`.{did_you_mean(name, checks)}"
            reader.complain("unknown_check", message, items.get(name, entry.value.place), name)
    return tuple(name for name in names if name in checks)
