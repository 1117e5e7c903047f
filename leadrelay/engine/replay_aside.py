"""What other `quarantine` lines would have made of what came in: the newest submission of each stored lead, and what lies in
quarantine. A replay tells it and changes none of it: no lead is taken back, and nothing that was put aside becomes one.

A submission is asked again where the lines, the checks or what its source is read by are others than when it was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from core.documents import Plain
from core.golden import fold_all
from core.instants import Instant
from core.lead import CRM_CHANGE, Touch
from core.realness import proof_of
from core.visits import is_visit
from leadrelay.engine.plan import ProcessPlan
from leadrelay.engine.reading import read_submission
from leadrelay.engine.rereading import Readings, stale
from leadrelay.engine.rows import Read
from leadrelay.files import Files
from leadrelay.store import replays
from leadrelay.store.ids import from_uid, to_uid

BATCH = 100
_BODIES = 25
"""So many contents are in memory at once."""


@dataclass(frozen=True, slots=True)
class PutAside:
    """The newest submission of a stored lead, which a line would have put aside: which line, why, and the signs that it saw."""

    submission: str
    line: str
    reason: str
    signs: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """It as plain JSON values."""
        return {"submission": self.submission, "line": self.line, "reason": self.reason, "signs": list(self.signs)}


@dataclass(frozen=True, slots=True)
class LetThrough:
    """A submission in quarantine that no line puts aside any more, and why it was."""

    submission: str
    source: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """It as plain JSON values."""
        return {"submission": self.submission, "source": self.source, "reason": self.reason}


class Aside:
    """Asks the `quarantine` lines of a plan, whose files are `files`, of submissions that were decided under others."""

    def __init__(self, plan: ProcessPlan, files: Files) -> None:
        self._plan = plan
        self._files = files
        self._taken: frozenset[tuple[str, str]] = frozenset()
        self._aside: frozenset[tuple[str, str]] = frozenset()

    def look(self, connection: Connection) -> None:
        """Find out which submissions have to be asked again; comes first."""
        hash_, files = self._plan.config_hash, self._files
        if self._plan.rules.quarantine:
            self._taken = stale(connection, replays.read_under(connection), hash_, files, _Lines)
        self._aside = stale(connection, replays.quarantined_under(connection, self._plan.sources), hash_, files, _Lines)

    def put_aside(self, connection: Connection, lead_ids: Sequence[int]) -> dict[int, PutAside]:
        """Those of these leads whose newest submission, as it came in, the lines would have put aside."""
        if not self._taken:
            return {}
        touches: dict[int, list[Touch]] = {}
        newest: dict[int, int] = {}
        for one in replays.touches(connection, lead_ids):
            touches.setdefault(one.lead_id, []).append(one.touch)
            if _is_submission(one.touch):
                newest[one.lead_id] = -1 if (one.touch.source, one.config_hash) not in self._taken else from_uid(one.touch.uid)
        leads = {number: lead_id for lead_id, number in newest.items() if number >= 0}
        found: dict[int, PutAside] = {}
        for read in self._read(connection, sorted(leads)):
            lead_id = leads[read.submission.id]
            if read.aside and not self._joined_somebody_real(touches[lead_id], read.submission.id):
                line, *signs = read.aside
                codes = tuple(sign.code for sign in signs)
                found[lead_id] = PutAside(to_uid(read.submission.id), str(line.place), line.message, codes)
        return found

    def _joined_somebody_real(self, touches: Iterable[Touch], number: int) -> bool:
        """Whether the lead was proved to be a real person by what it had before this submission."""
        before = [touch for touch in touches if from_uid(touch.uid) < number]
        return bool(before) and proof_of(fold_all(before, self._plan.catalogue, "")) != ""

    @property
    def quarantines(self) -> list[tuple[str, str]]:
        """What is to be asked again of what lies in quarantine: each source with the configuration that put it aside."""
        return sorted(self._aside)

    def let_through(
        self, connection: Connection, quarantine: tuple[str, str], after: int, since: Instant | None
    ) -> tuple[list[LetThrough], int | None]:
        """Of the next submissions there those that no line puts aside any more; with the last that was looked at, or None where
        there are no further ones."""
        stored = replays.quarantined(connection, *quarantine, after, since, BATCH)
        reasons = {one.id: one.reason for one in stored}
        found = [
            LetThrough(to_uid(read.submission.id), read.submission.source, reasons[read.submission.id])
            for read in self._read(connection, [one.id for one in stored])
            if read.touch is not None and not read.aside
        ]
        return found, stored[-1].id if len(stored) == BATCH else None

    def _read(self, connection: Connection, submission_ids: Sequence[int]) -> Iterator[Read]:
        """These submissions as they are read now; those whose content is no longer kept are left out."""
        for start in range(0, len(submission_ids), _BODIES):
            for submission in replays.bodies(connection, submission_ids[start : start + _BODIES]):
                yield read_submission(self._plan, submission)


def _is_submission(touch: Touch) -> bool:
    return touch.kind != CRM_CHANGE and not is_visit({path: cell.value for path, cell in touch.fields.items()})


class _Lines:
    """What decides under one configuration whether a submission is put aside, to be held against another one's."""

    def __init__(self, files: Files) -> None:
        self._readings = Readings(files)
        sections = [[file.document.plain_at((name,)) for name in ("quarantine", "checks")] for file in files.of_kind("rules")]
        self._sections: list[Plain] = [section for file in sections for section in file if section]

    def of(self, source: str) -> Sequence[Plain]:
        """Equal where a source's submissions are put aside alike."""
        return [*self._readings.of(source), *self._sections]
