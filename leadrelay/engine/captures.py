"""What passes between a source's edge and durable intake: the submission to commit, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from core.instants import Instant

CaptureState = Literal["new", "ignored", "rejected", "quarantined"]
"""The states a submission can be captured in; all but `new` are final until a person acts."""


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """One submission to commit before anyone is answered, with the raw body and the allowed headers only.

    `key` is its idempotency key within the source; `is_content_key` says it is only a hash, good for ten minutes.
    `reason` tells a person why the state is not `new`. `submitted_at` is the vendor's time when it gave one.
    """

    source: str
    key: str
    is_content_key: bool
    state: CaptureState
    reason: str
    headers: Mapping[str, str]
    body: bytes
    submitted_at: Instant | None
    received_at: Instant
    is_test: bool
    priority: int = 0
    """0 for what somebody waits for; 1 for what has waited already, such as a file's rows: fresh ones go first."""


def refused_key(state: str, code: str, digest: str) -> str:
    """The key of a post that was refused: apart from those of good posts, and beginning with why."""
    return f"{state}:{code}:{digest}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The submission is durable under this uid: the first one's when it is a duplicate, in the spool when the store is away."""

    uid: str
    is_duplicate: bool
    is_spooled: bool


class Unavailable(Exception):
    """Neither the store nor the spool can commit now; ask again after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"nothing can be stored right now, try again in {retry_after:g} seconds")
        self.retry_after = retry_after
