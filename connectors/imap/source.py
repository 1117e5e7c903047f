"""A mailbox as a source that is asked: what waits is fetched, committed by the engine, and only then put away."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from connectors.base import Retry, Stop, Tokens
from connectors.imap.config import ImapConfig
from connectors.imap.fetching import Fetching
from connectors.imap.link import Refusal
from connectors.imap.mailbox import KEYWORD, Mailbox, open_mailbox
from connectors.imap.place import GIVEN_UP, fingerprint, read_place
from connectors.sources import Fetch, SourceProbe
from core.instants import SECOND
from core.problems import Problem

_MOVED_AT_ONCE = 500
_TRY_AGAIN_S = 60.0
"""How long mails stay where they are after the server has refused to move them."""


@dataclass(frozen=True, slots=True)
class _PutAway:
    """What is done once a fetch is committed: mails that are kept, and those that can not be had."""

    validity: int
    kept: tuple[int, ...]
    failed: tuple[int, ...]
    has_stayed: bool
    """Whether mails that were moved are still there."""


class ImapSource:
    """One mailbox over one connection, which is made when it is first needed and made anew after every failure.

    Implements `connectors.sources.PullSource`; used by one thread.
    """

    def __init__(self, config: ImapConfig, tokens: Tokens, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._config = config
        self._tokens = tokens
        self._mailbox: Mailbox | None = None
        self._validity: int | None = None
        self._fetching = Fetching(config, clock)
        self._committed: set[int] = set()
        self._moved: set[int] = set()
        self._look_at = 0.0
        self._blocked_until = 0.0
        self._blocked = ""

    # --- what the engine asks for ---

    def fetch(self, position: str, limit: int) -> Fetch:
        """The mails that are not kept yet, at most `limit`, whether somebody has read them or not."""
        try:
            return self._fetch(self._opened(), position, limit)
        except (Retry, Stop, Refusal) as error:
            raise self._lost(error) from error

    def settle(self, fetch: Fetch) -> None:
        """Move what is committed out of the way. A Retry with the code `put_away` means that it stays where it is, that
        fetching goes on all the same, and that it is tried again later."""
        mailbox, away = self._mailbox, cast("_PutAway", fetch.handle)
        if mailbox is None:
            return
        mailbox.is_fresh = False
        if away.validity != mailbox.uidvalidity:
            return
        if self._moves(mailbox):
            self._committed.update(away.kept)
        if self._is_blocked():
            raise Retry(self._blocked, code="put_away")
        try:
            self._put_away(mailbox, away)
            if self._moves(mailbox):
                self._committed.difference_update(away.kept)
                self._moved.update(away.kept)
            self._blocked_until = 0.0
            if away.has_stayed:
                self._block(
                    f"mails that were moved to `{self._config.done_folder}` are still in `{self._config.folder}`, as in a folder "
                    "that shows the mails of all others: name one in `folder` that they can leave, or leave out `done_folder`"
                )
        except (Retry, Stop) as error:
            raise error if isinstance(error, Retry) and error.code == "put_away" else self._lost(error) from error

    def wait(self, for_s: float) -> bool:
        """Rest until a look is worth while; the server tells of new mail at once where it can."""
        rest = self._look_at - self._clock()
        if self._mailbox is None or rest <= 0:
            return True
        try:
            return self._mailbox.idling.wait(min(for_s, rest)) or self._clock() >= self._look_at
        except (Retry, Stop, Refusal) as error:
            raise self._lost(error) from error

    def probe(self) -> SourceProbe:
        """What the server, the login and the folders are like. Raises Retry while it can not be reached; what a person must
        mend is among the problems."""
        try:
            return self._probe(self._opened())
        except Stop as error:
            return SourceProbe(problems=(error.problem,))
        except Refusal as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Give the connection back."""
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            mailbox.close()

    # --- the connection ---

    def _opened(self) -> Mailbox:
        if self._mailbox is not None and self._blocked_until and not (self._mailbox.is_writable or self._is_blocked()):
            self.close()  # it may be written to by now, which the server tells when a folder is opened
        if self._mailbox is None:
            self._mailbox = open_mailbox(self._config, self._tokens)
        if self._validity != self._mailbox.uidvalidity:
            self._validity = self._mailbox.uidvalidity
            self._fetching.patience.forget()
        return self._mailbox

    def _lost(self, error: Exception) -> Exception:
        """Give the connection up; what a failure means to the engine."""
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            mailbox.hang_up()
        return error.as_retry(self._config) if isinstance(error, Refusal) else error

    # --- fetching ---

    def _fetch(self, mailbox: Mailbox, position: str, limit: int) -> Fetch:
        self._look_at = 0.0
        place = read_place(position, fingerprint(self._config), mailbox.uidvalidity)
        if mailbox.is_fresh:
            self._committed.clear()
            self._moved.clear()
            if 0 < mailbox.next_uid <= place.highest or not mailbox.uidvalidity:
                # Numbered anew under the old UIDVALIDITY, which RFC 3501 forbids, or by a server whose numbers do not last: what
                # was read is known by its key all the same.
                place = read_place("", fingerprint(self._config), mailbox.uidvalidity)
        found = mailbox.uids(1 if self._moves(mailbox) else place.highest + 1, among=place.gaps.keys())
        there = set(found)
        for gone in [uid for uid in place.gaps if uid not in there]:
            place = place.without(gone)
            self._fetching.patience.succeed(gone)
        left, doubtful, has_stayed = self._left_over(
            mailbox, [uid for uid in found if uid <= place.highest and uid not in place.gaps]
        )
        news = [uid for uid in found if uid > place.highest or uid in place.gaps]
        now = self._clock()
        waiting = sorted(uid for uid in (*news, *doubtful) if not self._fetching.patience.is_due(uid, now))
        items, place, failed = self._fetching.passed_over(place, waiting)
        fresh = [uid for uid in (*news, *doubtful) if self._fetching.patience.is_due(uid, now)]  # new ones first: they are leads
        fetched, place, taken = self._fetching.items(mailbox, place, sorted(fresh[:limit]))
        place = place.past(max((*news, *doubtful) if len(taken) == len(fresh) else taken, default=0))
        has_more = len(taken) < len(fresh) or (len(left) == _MOVED_AT_ONCE and not self._is_blocked())
        failed += [uid for uid in taken if place.gaps.get(uid) == GIVEN_UP]
        done = [*left, *(uid for uid in taken if uid not in place.gaps)]
        self._plan_next_look()
        away = _PutAway(mailbox.uidvalidity, tuple(done), tuple(failed), has_stayed)
        return Fetch((*items, *fetched), place.as_position(), has_more, away)

    def _plan_next_look(self) -> None:
        now = self._clock()
        due = self._fetching.patience.next_due()
        planned = now + self._config.every / SECOND
        self._look_at = planned if due is None else min(planned, max(due, now + 1.0))

    # --- putting away ---

    def _moves(self, mailbox: Mailbox) -> bool:
        return self._config.done_folder is not None and mailbox.is_writable

    def _is_blocked(self) -> bool:
        return self._clock() < self._blocked_until

    def _left_over(self, mailbox: Mailbox, below: Sequence[int]) -> tuple[list[int], list[int], bool]:
        """Of the mails below the position that should not be there any more: those to put away, which this process has
        committed; those to fetch once more; and whether there are some that it has moved. Of the second kind their worker was
        killed before it put them away, or there was no room, or a restored mailbox uses old numbers for new mails: their keys
        tell."""
        if not below or not self._moves(mailbox):
            return [], [], False
        there = mailbox.undeleted(below)
        self._moved.intersection_update(below)
        known = [] if self._is_blocked() else [uid for uid in there if uid in self._committed]
        doubtful = [uid for uid in there if uid not in self._committed and uid not in self._moved]
        return known[:_MOVED_AT_ONCE], doubtful, not self._moved.isdisjoint(there)

    def _put_away(self, mailbox: Mailbox, away: _PutAway) -> None:
        for uids, folder in ((away.kept, self._config.done_folder), (away.failed, self._config.failed_folder)):
            if folder is None or not (uids or self._blocked_until):
                continue
            if not mailbox.is_writable:
                self._block(f"the folder `{self._config.folder}` is read-only: mails stay there, and are not read again")
            try:
                if uids:
                    mailbox.move(uids, folder)
            except Refusal as error:
                marked = f", marked {KEYWORD}" if mailbox.flag(uids) else ""
                sentence = f"mails can not be moved to `{folder}` ({error}). Make room, or make the folder by hand"
                self._block(f"{sentence}. They are kept, and stay in `{self._config.folder}`{marked} until then")

    def _block(self, sentence: str) -> None:
        self._blocked, self._blocked_until = sentence, self._clock() + _TRY_AGAIN_S
        raise Retry(sentence, code="put_away")

    # --- probing ---

    def _probe(self, mailbox: Mailbox) -> SourceProbe:
        config, can = self._config, mailbox.capabilities()
        folders = mailbox.folders()
        facts = [
            ("server", f"{config.host}:{config.own_port}"),
            ("TLS", mailbox.tls_version() or "off"),
            ("user", config.user),
            ("login", "access token" if config.oauth else "password"),
            ("folder", config.folder),
            ("mails there", str(len(mailbox.uids(1)))),
            ("new mail", "told at once (IDLE)" if mailbox.idling.is_on else f"looked for every {config.every / SECOND:g} s"),
            ("moving", "MOVE" if "MOVE" in can else "COPY and UID EXPUNGE" if "UIDPLUS" in can else "COPY, marked as deleted"),
            ("folders", ", ".join(folders)),
            ("capabilities", " ".join(can)),
        ]
        for name in ("done_folder", "failed_folder"):
            folder = getattr(config, name)
            if folder is not None:
                facts.append((name, mailbox.own_name(folder, folders) or f"{folder} (will be made)"))
        problems = []
        if self._config.done_folder is not None and not mailbox.is_writable:
            sentence = (
                f"The folder `{config.folder}` is read-only for this user: mails can not be moved to `{config.done_folder}`"
            )
            problems.append(Problem("read_only", sentence, "done_folder"))
        return SourceProbe(tuple(facts), tuple(problems))
