"""What the web process needs of intake: a durable answer, and to know whether one can be had."""

from __future__ import annotations

from typing import Protocol

from leadrelay.engine.captures import Accepted, NewSubmission


class Intake(Protocol):
    """Commits submissions in groups, or spools them while the store is away."""

    async def accept(self, submission: NewSubmission) -> Accepted:
        """Return once the submission is durable; raises Unavailable when neither store nor spool can commit."""

    def is_ready(self) -> bool:
        """Whether a submission handed in now would be committed somewhere durable."""

    def is_store_away(self) -> bool:
        """Whether submissions go to the spool at present."""

    def spooled(self) -> int:
        """How many submissions wait in this machine's spool."""
