"""Which leads and submissions are an erased person's: the search that `erase` makes, and what counts as a personal value."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, or_, select

from core.fields import Catalogue
from core.identity import person_keys
from core.instants import Instant
from core.lead import Value
from core.lead_json import cells_from_json, lead_from_json
from leadrelay.engine.mentions import Key, Mentions, needles_of
from leadrelay.store import bulk, tables
from leadrelay.store.ids import taken_at, to_uid

_SLICE = 1000
_LEAD, _SUBMISSION, _KEY = tables.lead, tables.submission, tables.lead_key
_GONE = ("erased", "expired")
_MIN_VALUE = 4
_MIN_NATIONAL = 7


@dataclass
class Found:
    """What one look found of a person. `keys` are the addresses and numbers that are theirs alone or that they were named by."""

    leads: set[int] = field(default_factory=set)
    submissions: set[int] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.leads or self.submissions)


class Search:
    """Looks for persons in one store, as of one moment: what was captured later is nobody's of theirs."""

    def __init__(self, connection: Connection, mentions: Mentions, catalogue: Catalogue, until: Instant) -> None:
        self._connection = connection
        self._mentions = mentions
        self._catalogue = catalogue
        self._until = until

    # --- leads ---

    def family(self, number: int) -> set[int]:
        """A lead with those that were merged into it and the one that it went into."""
        found = {number}
        while True:
            query = select(_LEAD.c.id, _LEAD.c.merged_into).where(or_(_LEAD.c.id.in_(found), _LEAD.c.merged_into.in_(found)))
            rows = list(self._connection.execute(query))
            more = {row.id for row in rows} | {row.merged_into for row in rows if row.merged_into is not None}
            if more <= found:
                return found
            found |= more

    def carriers(self, keys: Iterable[Key]) -> dict[int, set[Key]]:
        """The leads that are not erased and carry one of these keys, each with its own."""
        wanted = set(keys)
        if not wanted:
            return {}
        found: dict[int, set[Key]] = {}
        query = select(_LEAD.c.id, _LEAD.c.version, _LEAD.c.record).where(
            _LEAD.c.erased_at.is_(None), or_(*(_LEAD.c.record.like(pattern, escape="\\") for pattern in _patterns(wanted)))
        )
        for row in self._connection.execute(query.execution_options(yield_per=_SLICE)):
            carried = wanted & set(person_keys(_values(row)))
            if carried:
                found[row.id] = carried
        for row in self._connection.execute(select(_KEY.c.lead_id, _KEY.c.kind, _KEY.c.text).where(_owned(wanted))):
            kind, text = row.kind.partition("_")[0], row.text.partition(" ")[0]
            if (kind, text) in wanted:
                found.setdefault(row.lead_id, set()).add((kind, text))
        return {number: carried for number, carried in found.items() if taken_at(number) <= self._until}

    def living(self) -> Iterator[tuple[int, dict[str, Value]]]:
        """Every lead that is not erased, with its values."""
        query = select(_LEAD.c.id, _LEAD.c.version, _LEAD.c.record).where(_LEAD.c.erased_at.is_(None))
        for row in self._connection.execute(query.execution_options(yield_per=_SLICE)):
            yield row.id, _values(row)

    def own(self, leads: Iterable[int]) -> tuple[set[Key], set[str]]:
        """The keys of these leads, and every personal text in their records and touches."""
        keys: set[Key] = set()
        values: set[str] = set()
        numbers = sorted(leads)
        for row in bulk.select_in(self._connection, "SELECT id, version, record FROM lead WHERE id {in}", numbers):
            fields = _values(row)
            keys.update(person_keys(fields))
            values.update(self._personal(fields))
        for row in bulk.select_in(self._connection, "SELECT fields FROM touch WHERE lead_id {in}", numbers):
            cells = cells_from_json(json.loads(row.fields))
            keys.update(person_keys({path: cell.value for path, cell in cells.items()}))
            values.update(self._personal({path: cell.value for path, cell in cells.items()}))
            values.update(self._personal({path: cell.raw for path, cell in cells.items()}))
        return keys, values

    def _personal(self, fields: Mapping[str, Value]) -> Iterator[str]:
        for path, value in fields.items():
            known = self._catalogue.get(path)
            if known is None or known.personal:
                yield from value if isinstance(value, tuple) else (str(value),)

    # --- submissions ---

    def linked(self, leads: Iterable[int]) -> set[int]:
        """The submissions of leads."""
        rows = bulk.select_in(self._connection, "SELECT id FROM submission WHERE lead_id {in}", sorted(leads))
        return {row.id for row in rows}

    def visits(self, leads: Iterable[int]) -> set[int]:
        """The visits that wait and were made in a browser on which one of these leads was known last."""
        sql = "SELECT visit.id FROM visit JOIN visitor ON visitor.id = visit.visitor WHERE visitor.lead_id {in}"
        return {row.id for row in bulk.select_in(self._connection, sql, sorted(leads))}

    def repeats(self, submissions: set[int]) -> set[int]:
        """What came again of these submissions."""
        if not submissions:
            return set()
        is_repeat = (_SUBMISSION.c.state == "duplicate") & _SUBMISSION.c.duplicate_of.is_not(None)
        query = select(_SUBMISSION.c.id, _SUBMISSION.c.duplicate_of).where(is_repeat)
        return {row.id for row in self._connection.execute(query.execution_options(yield_per=_SLICE)) if row[1] in submissions}

    def unlinked(self, needles: Collection[str] = ()) -> Iterator[tuple[int, Instant, set[Key], str]]:
        """Every submission that is no lead's and still holds something: id, time, the keys it mentions, its plain text.

        With `needles` only those in which one of them stands.
        """
        columns = (
            _SUBMISSION.c.id, _SUBMISSION.c.source, _SUBMISSION.c.key, _SUBMISSION.c.reason, _SUBMISSION.c.problems,
            _SUBMISSION.c.headers, _SUBMISSION.c.body, _SUBMISSION.c.received_at, _SUBMISSION.c.submitted_at,
            _SUBMISSION.c.is_test,
        )  # fmt: skip
        query = select(*columns).where(
            _SUBMISSION.c.lead_id.is_(None), _SUBMISSION.c.state.not_in(_GONE), _SUBMISSION.c.received_at <= self._until
        )
        for row in self._connection.execute(query.execution_options(yield_per=_SLICE)):
            if needles and not self._mentions.may_name(row, needles):
                continue
            text = "" if row.body is None else bytes(row.body).decode("utf-8", "replace")
            yield row.id, row.received_at, self._mentions.of_submission(row), text

    def unlinked_of(self, keys: set[Key]) -> set[int]:
        """The submissions that are no lead's and mention one of these keys."""
        if not keys:
            return set()
        nationals = [text[1:][-_MIN_NATIONAL - 1 :] for kind, text in keys if kind == "phone" and len(text) > _MIN_NATIONAL + 3]
        found = set()
        for number, _, mentioned, text in self.unlinked(needles_of(keys)):
            if mentioned & keys or any(digits in one for digits in nationals for one in _digit_runs(text)):
                found.add(number)
        return found


class Personal:
    """Whether a text holds a value of the person: one of their addresses or numbers, or another text of theirs."""

    def __init__(self, mentions: Mentions, keys: Iterable[Key], values: Iterable[str]) -> None:
        self._mentions = mentions
        self._keys = set(keys)
        folded = {value.strip().casefold() for value in values}
        self._parts = tuple(sorted(value for value in folded if len(value) >= _MIN_VALUE))
        self._words = frozenset(value for value in folded if 1 < len(value) < _MIN_VALUE)

    def __call__(self, text: str) -> bool:
        """Whether it does."""
        folded = text.casefold()
        if any(part in folded for part in self._parts) or self._words & set(re.split(r"\W+", folded)):
            return True
        return self.is_named_in(text)

    def is_named_in(self, text: str) -> bool:
        """Whether one of their addresses or numbers stands in it."""
        return bool(self._keys & self._mentions.of_text(text))


def _values(row: Any) -> dict[str, Value]:
    lead = lead_from_json(to_uid(row.id), row.version, json.loads(row.record))
    return {path: won.value for path, won in lead.fields.items()}


def _patterns(keys: Iterable[Key]) -> Iterator[str]:
    """What a record that carries a key looks like: tags and Gmail's dots may stand between the parts of an address."""
    for kind, text in sorted(keys):
        if kind == "phone":
            yield f'%"{_literal(text)}"%'
            continue
        local, _, domain = text.rpartition("@")
        if domain == "gmail.com":
            yield "%@gmail.com%"
            yield "%@googlemail.com%"
        else:
            yield f"%{_literal(local)}%@{_literal(domain)}%"


def _literal(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _owned(keys: Iterable[Key]) -> Any:
    """The lead keys made of these: an address alone, or an address or number with a name."""
    conditions = []
    for kind, text in sorted(keys):
        if kind == "email":
            conditions.append((_KEY.c.kind == "email") & (_KEY.c.text == text))
        conditions.append((_KEY.c.kind == f"{kind}_name") & _KEY.c.text.startswith(text + " ", autoescape=True))
    return or_(*conditions)


def _digit_runs(text: str) -> Iterator[str]:
    """The digits of a text as they stand together when what people put between them is taken out."""
    for run in re.findall(r"\d(?:(?:%20|\+|[\s()./\u00a0\u2010-\u2013-]){0,3}\d){6,}", text):
        yield re.sub(r"%20|\D", "", run)
