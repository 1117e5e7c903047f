"""Faults on command or by rate: what makes a simulator fail the way a real service, or the network before it, does."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, get_args

Kind = Literal[
    "unavailable",
    "html",
    "unknown_exception",
    "cut_before",
    "cut_after_write",
    "truncate",
    "slow",
    "slow_unavailable",
    "expire_tokens",
    "too_many_requests",
    "concurrent_requests",
    "locked",
    "migrating",
    "record_error",
]
Where = Literal["any", "data", "read", "write", "login"]


@dataclass(slots=True)
class Fault:
    """One fault. It strikes matching calls `times` times (None: until cleared), each with probability `rate`.

    `on` says which calls: any, data (all but logins), read, write, login. `path` is a part of the address that must occur.
    `after` and `until` bound it by the clock. `record_error` strikes single records of a write: the `index`-th of a call (None:
    any), of one `object`, whose fields hold `match`. `then_edit` is what sales changes in every written record (of that
    `object`) right after `cut_after_write`. `seconds` belongs to `slow` and to `slow_unavailable`, which refuses with 503 (or,
    by its `status`, 429) after that time, having done nothing. `code` is what a struck record is refused with, or which limit
    `too_many_requests` names; `name` the property it is about; `status` another HTTP status than the usual one; `retry_after`
    a wait to tell the client.
    """

    kind: Kind
    times: int | None = 1
    rate: float = 1.0
    on: Where | None = None
    path: str = ""
    after: datetime | None = None
    until: datetime | None = None
    seconds: float = 1.0
    then_edit: Mapping[str, Any] = field(default_factory=dict)
    index: int | None = None
    object: str = ""
    match: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    message: str = ""
    name: str = ""
    status: int = 0
    retry_after: float | None = None
    id: int = 0
    struck: int = 0

    @property
    def where(self) -> Where:
        """The calls it strikes; cutting after a write concerns writes, everything else all data calls."""
        return self.on or ("write" if self.kind in ("cut_after_write", "record_error") else "data")

    def described(self) -> dict[str, Any]:
        """As the control API shows it."""
        body = asdict(self)
        body.update({name: body[name].isoformat() for name in ("after", "until") if body[name]})
        return body


class Faults:
    """The faults that are set; random ones draw from a seeded generator, so that a run can be repeated."""

    def __init__(self, clock: Callable[[], datetime], seed: int = 0) -> None:
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._faults: list[Fault] = []
        self._count = 0
        self.clearings = 0

    def add(self, fault: Fault | Mapping[str, Any]) -> Fault:
        """Set a fault; JSON is taken too. Raises ValueError with what is wrong."""
        made = fault if isinstance(fault, Fault) else _fault_from(fault)
        self._count += 1
        made.id = self._count
        self._faults.append(made)
        return made

    def clear(self, fault_id: int | None = None) -> None:
        """Take one fault away, or all; calls that all faults were taken from under are not answered any more."""
        self.clearings += fault_id is None
        self._faults = [fault for fault in self._faults if fault_id is not None and fault.id != fault_id]

    def seed(self, number: int) -> None:
        """Start the random sequence again."""
        self._random.seed(number)

    def listed(self) -> list[dict[str, Any]]:
        """All faults that are set, spent ones with their count."""
        return [fault.described() for fault in self._faults]

    def striking(self, kind: Where, path: str, *kinds: Kind) -> Iterator[Fault]:
        """The faults of these kinds that strike this call now; each one yielded is spent once."""
        for fault in list(self._faults):
            if fault.kind in kinds and self._is_due(fault, kind) and fault.path in path and self._draws(fault):
                yield fault

    def striking_record(self, name: str, index: int, values: Mapping[str, Any]) -> Fault | None:
        """The fault that strikes this record of a write, if any; it is spent once."""
        for fault in self._faults:
            if fault.kind != "record_error" or not self._is_due(fault, "write"):
                continue
            is_it = fault.index in (None, index) and fault.object in ("", name)
            if is_it and all(values.get(key) == value for key, value in fault.match.items()) and self._draws(fault):
                return fault
        return None

    def _is_due(self, fault: Fault, kind: Where) -> bool:
        if fault.times is not None and fault.struck >= fault.times:
            return False
        if fault.where != "any" and fault.where != kind and not (fault.where == "data" and kind in ("read", "write")):
            return False
        if fault.after is None and fault.until is None:
            return True
        now = self._clock()
        return (fault.after is None or now >= fault.after) and (fault.until is None or now < fault.until)

    def _draws(self, fault: Fault) -> bool:
        if fault.rate < 1.0 and self._random.random() >= fault.rate:
            return False
        fault.struck += 1
        return True


def _fault_from(body: Mapping[str, Any]) -> Fault:
    known = {one.name for one in fields(Fault)} - {"id", "struck"}
    unknown = sorted(set(body) - known)
    if unknown:
        raise ValueError(f"a fault has no {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    if body.get("kind") not in get_args(Kind):
        raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
    if body.get("on") not in (None, *get_args(Where)):
        raise ValueError(f"on must be one of {', '.join(get_args(Where))}")
    given = dict(body)
    for name in ("after", "until"):
        if given.get(name):
            given[name] = datetime.fromisoformat(given[name])
            if given[name].tzinfo is None:
                raise ValueError(f"{name} needs a time zone")
    if "times" not in given and (given.get("rate", 1.0) < 1.0 or given.get("until") or given.get("after")):
        given["times"] = None
    return Fault(**given)
