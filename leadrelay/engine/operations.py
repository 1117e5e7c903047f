"""What a person may change of the work: retry, discard, pause and resume; each leaves an event that names who asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Literal

from sqlalchemy import ColumnElement, Connection, Table, func, select

from core.problems import Problem
from leadrelay.engine import alerts
from leadrelay.engine.aside import is_put_aside
from leadrelay.engine.clock import Clock
from leadrelay.engine.reading import ACCEPTED
from leadrelay.store import bulk, cursors, gates, markers, tables
from leadrelay.store.database import Database
from leadrelay.store.ids import Ids
from leadrelay.views import delivery_conditions, submission_conditions, uid_number
from leadrelay.web.views import DeliveryFilter, SubmissionFilter

_SUBMISSION, _DELIVERY, _ACTION = tables.submission, tables.delivery, tables.action
_RETRYABLE = ("held", "rejected", "quarantined")
_AGAIN = {"state": "new", "reason": "", "problems": None, "lease": None, "leased_until": 0, "tries": 0}
_OPEN = ("waiting", "failed")
Kind = Literal["source", "sink"]


class StoreOperations:
    """Implements `leadrelay.web.views.Operations` on one store. `names` tells the configured sources and sinks."""

    def __init__(self, database: Database, names: Callable[[], Mapping[Kind, Collection[str]]], clock: Clock, ids: Ids) -> None:
        self._database = database
        self._names = names
        self._clock = clock
        self._ids = ids

    def retry_submissions(self, only: SubmissionFilter, *, by: str, dry_run: bool) -> int:
        """Have held, rejected or quarantined submissions worked on again; how many these are. What the rules had put aside is a
        lead from now on, since a person says so."""
        conditions = [*submission_conditions(only), _SUBMISSION.c.state.in_(_RETRYABLE), _SUBMISSION.c.body.is_not(None)]
        if dry_run:
            return self._change(_SUBMISSION, conditions, _AGAIN, "submissions_retried", by, dry_run)
        return self._database.repeat(lambda: self._retried(conditions, by))

    def _retried(self, conditions: list[ColumnElement[bool]], by: str) -> int:
        aside = [*conditions, _SUBMISSION.c.state == "quarantined", is_put_aside()]
        with self._database.write() as connection:
            found = select(_SUBMISSION.c.id, _SUBMISSION.c.headers).where(*aside)
            if not self._database.is_sqlite:
                found = found.with_for_update()
            rows = [(json.dumps({**json.loads(row.headers), ACCEPTED: by}), row.id) for row in connection.execute(found)]
            bulk.update(connection, _SUBMISSION, ("headers",), ("id",), rows)
            count = connection.execute(_SUBMISSION.update().where(*conditions).values(**_AGAIN)).rowcount
            if count:
                self._note(connection, "submissions_retried", {"count": count, "by": by, "accepted": len(rows)})
        return count

    def accept_submission(self, uid: str, *, by: str) -> bool:
        """Have an ignored submission worked on as the lead that it is, whatever its reader takes it for; False when it is none,
        or its body is no longer kept."""
        which = (
            (_SUBMISSION.c.id == (uid_number(uid) or -1)) & (_SUBMISSION.c.state == "ignored") & _SUBMISSION.c.body.is_not(None)
        )
        with self._database.write() as connection:
            row = connection.execute(select(_SUBMISSION.c.headers).where(which)).one_or_none()
            if row is None:
                return False
            headers = {**json.loads(row.headers), ACCEPTED: by}
            connection.execute(_SUBMISSION.update().where(which).values(**_AGAIN, headers=json.dumps(headers)))
            self._note(connection, "submission_accepted", {"submission": uid, "by": by})
        return True

    def retry_deliveries(self, only: DeliveryFilter, *, by: str, dry_run: bool) -> int:
        """Have failed deliveries sent again, and failed actions where no object or single delivery is asked for; how many."""
        conditions = [*delivery_conditions(only), _DELIVERY.c.state == "failed"]
        count = self._change(_DELIVERY, conditions, self._due_now(), "deliveries_retried", by, dry_run)
        if only.uid is not None or only.object is not None:
            return count
        return count + self._change(_ACTION, _failed_actions(only), self._due_now(), "actions_retried", by, dry_run)

    def discard_deliveries(self, only: DeliveryFilter, *, by: str, dry_run: bool) -> int:
        """Give up waiting and failed deliveries for good: not even a newer version is sent; how many these are."""
        conditions = [*delivery_conditions(only), _DELIVERY.c.state.in_(_OPEN)]
        values = {"state": "discarded", "updated_at": self._clock()}
        return self._change(_DELIVERY, conditions, values, "deliveries_discarded", by, dry_run)

    def pause(self, kind: Kind, name: str, reason: str, *, by: str) -> bool:
        """Stop working on a source or sink, its captures and queue kept; False when there is none of this name."""
        if name not in self._names()[kind]:
            return False
        now = self._clock()
        with self._database.write() as connection:
            if kind == "source":
                markers.pause_source(connection, name, reason, now)
            else:
                said = reason or f"paused by {by}"
                gates.pause(connection, name, Problem("paused", f"{said}; `leadrelay sinks resume {name}` goes on", name))
            self._note(connection, f"{kind}_paused", {"name": name, "reason": reason, "by": by})
        return True

    def resume(self, kind: Kind, name: str, *, by: str) -> bool:
        """Go on with a paused source or sink; False when there is none of this name."""
        if name not in self._names()[kind]:
            return False
        with self._database.write() as connection:
            if kind == "source":
                markers.resume_source(connection, name)
                cursors.resume(connection, name)
                for key in (f"source:{name}", f"source:{name}:failed"):
                    alerts.resolve(connection, key, self._clock())
            else:
                gates.resume(connection, name)
                alerts.resolve(connection, f"sink:{name}", self._clock())
            self._note(connection, f"{kind}_resumed", {"name": name, "by": by})
        return True

    def _due_now(self) -> dict[str, object]:
        now = self._clock()
        return {"state": "waiting", "due": now, "tries": 0, "strikes": 0, "problem": None, "updated_at": now}

    def _change(
        self, table: Table, conditions: list[ColumnElement[bool]], values: Mapping[str, object], kind: str, by: str, dry_run: bool
    ) -> int:
        if dry_run:
            with self._database.read() as connection:
                return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
        return self._database.repeat(lambda: self._changed(table, conditions, values, kind, by))

    def _changed(
        self, table: Table, conditions: list[ColumnElement[bool]], values: Mapping[str, object], kind: str, by: str
    ) -> int:
        with self._database.write() as connection:
            count = connection.execute(table.update().where(*conditions).values(**values)).rowcount
            if count:
                self._note(connection, kind, {"count": count, "by": by})
        return count

    def _note(self, connection: Connection, kind: str, data: Mapping[str, object]) -> None:
        now = self._clock()
        connection.execute(tables.event.insert().values(id=self._ids.one(now), at=now, kind=kind, data=json.dumps(dict(data))))


def _failed_actions(only: DeliveryFilter) -> list[ColumnElement[bool]]:
    """The filter of deliveries, as far as it says something of actions."""
    found: list[ColumnElement[bool]] = [_ACTION.c.state == "failed"]
    if only.sink is not None:
        found.append(_ACTION.c.sink == only.sink)
    if only.lead is not None:
        found.append(_ACTION.c.lead_id == (uid_number(only.lead) or -1))
    return found
