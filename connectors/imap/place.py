"""How far a mailbox has been read, as the store keeps it, and how often a mail that can not be had is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.imap.config import ImapConfig, folder_key

GIVEN_UP = -1
"""In the place of the tries of a mail: it is recorded as one that can not be had."""

_MAX_TRIES = 4
_FIRST_WAIT_S, _TIMES = 10.0, 3
_LATER_S = 3600.0


@dataclass(frozen=True, slots=True)
class Place:
    """All mails up to `highest` are kept, except those of `gaps`, which could not be fetched so many times.

    It holds for one folder (`mailbox`) and one numbering of it (`validity`) alone.
    """

    mailbox: str
    validity: int
    highest: int = 0
    gaps: Mapping[int, int] = field(default_factory=dict)

    def as_position(self) -> str:
        """The place as it is stored."""
        gaps = {str(uid): tries for uid, tries in sorted(self.gaps.items())}
        document = {"mailbox": self.mailbox, "validity": self.validity, "highest": self.highest, "gaps": gaps}
        return json.dumps(document, separators=(",", ":"))

    def with_gap(self, uid: int, tries: int) -> Place:
        """The place with one more mail that could not be fetched."""
        return replace(self, gaps={**self.gaps, uid: tries})

    def without(self, uid: int) -> Place:
        """The place with one mail that was missing fetched, or gone."""
        return replace(self, gaps={other: tries for other, tries in self.gaps.items() if other != uid})

    def past(self, uid: int) -> Place:
        """The place with everything up to a mail looked at."""
        return replace(self, highest=max(self.highest, uid))


def fingerprint(config: ImapConfig) -> str:
    """What tells one folder from another: UIDVALIDITY alone does not, since servers begin it alike."""
    return hashlib.sha256("\n".join((config.host, config.user, folder_key(config.folder))).encode()).hexdigest()[:12]


def read_place(position: str, mailbox: str, validity: int) -> Place:
    """The stored place, where it is one of this folder under this numbering; else its beginning. Whatever was read before is
    then read again, and known by its key."""
    try:
        known = json.loads(position) if position else {}
        if known.get("mailbox") == mailbox and known.get("validity") == validity:
            gaps = {int(uid): int(tries) for uid, tries in known["gaps"].items()}
            return Place(mailbox, validity, int(known["highest"]), gaps)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Place(mailbox, validity)
    return Place(mailbox, validity)


class Patience:
    """When mails that could not be fetched are asked for again; `now` is a clock that only goes forward, in seconds."""

    def __init__(self) -> None:
        self._due: dict[int, float] = {}
        self._tries: dict[int, int] = {}
        self._handed_over = 0
        self._handed_over_at: dict[int, int] = {}
        self.alone: set[int] = set()

    def forget(self) -> None:
        """The numbers mean other mails now."""
        self._due.clear()
        self._tries.clear()
        self._handed_over_at.clear()
        self.alone.clear()

    def is_due(self, uid: int, now: float) -> bool:
        """Whether it may be asked for."""
        return self._due.get(uid, 0.0) <= now

    def next_due(self) -> float | None:
        """When the first one is due again."""
        return min(self._due.values(), default=None)

    def tries(self, uid: int) -> int:
        """How often it was asked for in vain, as far as this process knows, or GIVEN_UP."""
        return self._tries.get(uid, 0)

    def fail(self, uid: int, tries: int, now: float) -> int:
        """Note that it could not be had after so many tries before; returns the tries now, or GIVEN_UP."""
        known = max(tries, self.tries(uid))
        if GIVEN_UP in (tries, self.tries(uid)) or known + 1 >= _MAX_TRIES:
            self._tries[uid], self._due[uid] = GIVEN_UP, now + _LATER_S
        else:
            self._tries[uid], self._due[uid] = known + 1, now + _FIRST_WAIT_S * _TIMES**known
        return self._tries[uid]

    def put_off(self, uid: int, now: float) -> None:
        """Note that the server ended the connection, perhaps not for this mail's sake: others go first, and it counts as a try
        only where one of them was had since it was put off last."""
        if self._handed_over_at.get(uid, self._handed_over) != self._handed_over:
            self.fail(uid, 0, now)
        else:
            self._due[uid] = now + _FIRST_WAIT_S
        self._handed_over_at[uid] = self._handed_over

    def succeed(self, uid: int) -> None:
        """Note that it was had, or is gone."""
        self._handed_over += 1
        self._handed_over_at.pop(uid, None)
        self._due.pop(uid, None)
        self._tries.pop(uid, None)
        self.alone.discard(uid)
