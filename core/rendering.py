"""What a lead should look like in a CRM, and which of it may be written now: values, not effects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from core.lead import Value
from core.problems import Problem

Update = Literal["always", "if_empty", "never", "opt_out"]
"""When an existing record's field may be written: `never` is only on create; `opt_out` sends True always and nothing else."""


@dataclass(frozen=True, slots=True)
class FieldWrite:
    """One CRM field that a mapping wants: `value` is the lead's (None: nothing known), `default` stands in on create only."""

    name: str
    value: Value | None
    update: Update = "if_empty"
    default: Value | None = None
    is_required: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class OwnerWanted:
    """Who shall own the record: a user by e-mail, else a queue by the CRM's name for it. `update` as for a field.

    Under `if_empty` those of `instead_of` give way: who owns the record because we gave it to them, and has it no longer.
    """

    email: str = ""
    queue: str = ""
    update: Update = "never"
    instead_of: tuple[OwnerWanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """One CRM object as a mapping wants it for one lead; `digest` is equal when nothing to send has changed, the owner
    included. `owner` None: nobody is wanted as owner, and the CRM decides."""

    object: str
    writes: tuple[FieldWrite, ...]
    digest: int
    problems: tuple[Problem, ...] = ()
    owner: OwnerWanted | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """Which fields go out now (`body`, CRM field to value) and why each other one stays (`not_sent`, CRM field to reason)."""

    body: Mapping[str, Value]
    not_sent: Mapping[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> tuple[str, ...]:
        """The CRM fields that hold another value, which stays."""
        return tuple(name for name, reason in self.not_sent.items() if reason == _FILLED)


def nothing_new(kept: Sequence[str], owner: str) -> str:
    """Why nothing was sent to a record, where `kept` hold another value that stays; `owner` is the field of who has it."""
    fields = ", ".join(name for name in kept if name != owner)
    said = f"{_SAME}{f', or holds another value, which stays (update: if_empty), in {fields}' if fields else ''}"
    return f"{said}; {_OWNER_STAYS}" if owner in kept else said


Same = Callable[[str, object, object], bool]
"""Whether a CRM field (first argument) already says what is wanted (second): the third is what the CRM holds."""

_NOTHING_KNOWN = "nothing is known for it"
_SAME = "the CRM already says the same"
_ONLY_ON_CREATE = "it is set only when the record is created (update: never)"
_FILLED = "the CRM already holds another value (update: if_empty)"
_OWNER_STAYS = "its owner there stays (owner: update: if_empty): change it there, or say `owner: {update: always}`"
_NOT_READ = "what the CRM holds is not known yet (update: if_empty)"
_NO_OPT_OUT = "only an opt-out is sent, and there is none"
_OPTED_OUT = "the CRM already says opted out"


def is_empty(value: object) -> bool:
    """Whether a value says nothing: None, an empty or blank text, an empty list. False and 0 say something."""
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return value == ()


def plainly_same(name: str, wanted: object, held: object) -> bool:
    """Whether two values read the same as plain text: a boolean however it is spelled, a list in any order and, as CRMs
    write several choices, in one text with `;` between them."""
    if isinstance(wanted, list | tuple) or isinstance(held, list | tuple):
        return _choices(wanted) == _choices(held)
    return _plain(wanted) == _plain(held)


def _choices(value: object) -> frozenset[str]:
    items = value if isinstance(value, list | tuple) else str(value).split(";")
    return frozenset(_plain(item) for item in items)


def _plain(value: object) -> str:
    text = str(value).strip()
    return text.lower() if text in ("True", "False", "TRUE", "FALSE") else text


def decide_writes(writes: Sequence[FieldWrite], current: Mapping[str, Value | None] | None, same: Same = plainly_same) -> Decided:
    """Which of the wanted fields go out now, and one short sentence for each that does not.

    `current` None: the record is to be created. Otherwise it is what the CRM holds, None for an empty field; a field that is
    missing in it (all of them in an empty mapping) was not read, so only `always` and opt-outs may go out. An empty value
    never clears anything.
    """
    if current is None:
        return _all_that_is_known(writes)
    body: dict[str, Value] = {}
    not_sent: dict[str, str] = {}
    for write in writes:
        reason = _reason_to_keep(write, current, same)
        if reason:
            not_sent[write.name] = reason
        elif write.value is not None:
            body[write.name] = write.value
    return Decided(body, not_sent)


def _all_that_is_known(writes: Sequence[FieldWrite]) -> Decided:
    """What a new record begins with."""
    body: dict[str, Value] = {}
    not_sent: dict[str, str] = {}
    for write in writes:
        value = write.default if is_empty(write.value) else write.value
        if write.update == "opt_out" and write.value is not True:
            not_sent[write.name] = _NO_OPT_OUT
        elif value is None or is_empty(value):
            not_sent[write.name] = _NOTHING_KNOWN
        else:
            body[write.name] = value
    return Decided(body, not_sent)


def _reason_to_keep(write: FieldWrite, current: Mapping[str, Value | None], same: Same) -> str:
    """Why this field of an existing record is not sent, or an empty text when it is."""
    if write.update == "opt_out":
        return _reason_against_opt_out(write, current, same)
    if write.update == "never":
        return _ONLY_ON_CREATE
    if is_empty(write.value):
        return _NOTHING_KNOWN
    if write.name not in current:
        return "" if write.update == "always" else _NOT_READ
    held = current[write.name]
    if is_empty(held):
        return ""
    if same(write.name, write.value, held):
        return _SAME
    if write.update == "always":
        return ""
    is_own_default = not is_empty(write.default) and same(write.name, write.default, held)
    return "" if is_own_default else _FILLED


def _reason_against_opt_out(write: FieldWrite, current: Mapping[str, Value | None], same: Same) -> str:
    if write.value is not True:
        return _NO_OPT_OUT
    held = current.get(write.name)
    return _OPTED_OUT if held is not None and same(write.name, True, held) else ""
