"""A mailbox as a source that is asked: what waits is fetched, committed by the engine, and only then put away."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from connectors.base import Retry, Stop, Tokens
from connectors.imap.config import ImapConfig
from connectors.imap.link import Refusal
from connectors.imap.mailbox import KEYWORD, Envelope, Mailbox, open_mailbox
from connectors.imap.place import GIVEN_UP, Patience, Place, fingerprint, read_place
from connectors.sources import Fetch, Fetched, SourceProbe
from core.instants import SECOND
from core.mail.keys import mail_key
from core.problems import Problem

T = TypeVar("T")

_MOVED_AT_ONCE = 500
_BYTES_AT_ONCE = 8_000_000
"""A fetch ends with the mail that makes it longer than this: so much is held in memory until it is committed."""
_TRY_AGAIN_S = 60.0
"""How long mails stay where they are after the server has refused to move them."""
_NOT_HANDED_OVER = "the mail server can not hand over this mail (UID {uid} of `{folder}`): look at it there"


@dataclass(frozen=True, slots=True)
class _PutAway:
    """What is done once a fetch is committed: mails that are kept, and those that can not be had."""

    validity: int
    kept: tuple[int, ...]
    failed: tuple[int, ...]


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
        self._patience = Patience()
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
        if mailbox is None or away.validity != mailbox.uidvalidity or not (away.kept or away.failed):
            return
        if self._clock() < self._blocked_until:
            raise Retry(self._blocked, code="put_away")
        try:
            self._put_away(mailbox, away)
            self._blocked_until = 0.0
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
        if self._mailbox is None:
            self._mailbox = open_mailbox(self._config, self._tokens)
        if self._validity != self._mailbox.uidvalidity:
            self._validity = self._mailbox.uidvalidity
            self._patience.forget()
        return self._mailbox

    def _lost(self, error: Exception) -> Exception:
        """Give the connection up; what a failure means to the engine."""
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            mailbox.hang_up()
        if isinstance(error, Refusal):
            return Retry(f"the mail server {self._config.host} refuses a command: {error}", code="refused")
        return error

    # --- fetching ---

    def _fetch(self, mailbox: Mailbox, position: str, limit: int) -> Fetch:
        self._look_at = 0.0
        place = read_place(position, fingerprint(self._config), mailbox.uidvalidity)
        found = mailbox.uids(1 if self._moves(mailbox) else place.highest + 1, among=place.gaps.keys())
        there = set(found)
        for gone in [uid for uid in place.gaps if uid not in there]:
            place = place.without(gone)
            self._patience.succeed(gone)
        kept = [uid for uid in found if uid <= place.highest and uid not in place.gaps] if self._moves(mailbox) else []
        wanted = [uid for uid in found if uid > place.highest or uid in place.gaps]
        now = self._clock()
        fresh = [uid for uid in wanted if self._patience.is_due(uid, now)]
        items, place, failed = self._passed_over(place, [uid for uid in wanted if not self._patience.is_due(uid, now)])
        fetched, place, taken = self._items(mailbox, place, fresh[:limit])
        place = place.past(max(wanted if len(taken) == len(fresh) else taken, default=0))
        left = self._left_over(mailbox, kept)
        has_more = len(taken) < len(fresh) or (len(left) == _MOVED_AT_ONCE and not self._is_blocked())
        failed += [uid for uid in taken if place.gaps.get(uid) == GIVEN_UP]
        done = [*left, *(uid for uid in taken if uid not in place.gaps)]
        self._plan_next_look()
        return Fetch((*items, *fetched), place.as_position(), has_more, _PutAway(mailbox.uidvalidity, tuple(done), tuple(failed)))

    def _passed_over(self, place: Place, uids: Sequence[int]) -> tuple[list[Fetched], Place, list[int]]:
        """Leave gaps for mails that are asked for later, since the link has died of them before: others go first. Those that are
        given up by now are kept as rejected."""
        items, given_up = [], []
        for uid in uids:
            tries = self._patience.tries(uid)
            if tries == GIVEN_UP != place.gaps.get(uid):
                items.append(self._rejected(place, uid))
                given_up.append(uid)
            place = place.with_gap(uid, tries)
        return items, place, given_up

    def _items(self, mailbox: Mailbox, place: Place, uids: Sequence[int]) -> tuple[list[Fetched], Place, list[int]]:
        """The mails of these UIDs, the place after them, and which UIDs were gone through."""
        if not uids:
            return [], place, []
        envelopes, refused = self._envelopes(mailbox, uids)
        items: list[Fetched] = []
        for uid in refused:
            place, failed = self._failed(mailbox, place, Envelope(uid, 0, None))
            items += failed
        size, last = 0, uids[-1]
        for group in self._groups(mailbox, envelopes):
            bodies = self._bodies(mailbox, group)
            for one in group:
                raw = bodies.get(one.uid)
                if raw is not None:
                    items.append(self._item(mailbox, one, raw))
                    place = place.without(one.uid)
                    self._patience.succeed(one.uid)
                    size += len(raw)
                else:
                    place, failed = self._failed(mailbox, place, one)
                    items += failed
            if size > _BYTES_AT_ONCE and group[-1].uid != envelopes[-1].uid:
                last = group[-1].uid
                break
        return items, place, [uid for uid in uids if uid <= last]

    def _groups(self, mailbox: Mailbox, envelopes: Sequence[Envelope]) -> list[list[Envelope]]:
        """What is asked for together; a mail that was asked for when the link died is asked for alone."""
        found: list[list[Envelope]] = []
        for group in mailbox.together(envelopes):
            if self._patience.alone.isdisjoint(one.uid for one in group):
                found.append(group)
            else:
                found += [[one] for one in group]
        return found

    def _envelopes(self, mailbox: Mailbox, uids: Sequence[int]) -> tuple[list[Envelope], list[int]]:
        """The envelopes of these mails, in order, and the mails whose envelopes can not be had. What the server passes over in
        its answer is among the latter: it may be gone, and if it is not, it must not be taken for one that is kept."""
        together = [uid for uid in uids if uid not in self._patience.alone]
        asked = [*([together] if together else []), *([uid] for uid in uids if uid in self._patience.alone)]
        found: list[Envelope] = []
        while asked:
            part = asked.pop(0)
            try:
                found += self._asked(part, lambda part=part: mailbox.envelopes(part))  # type: ignore[misc]
            except Refusal:
                asked = ([[uid] for uid in part] if len(part) > 1 else []) + asked
        had = {one.uid for one in found}
        return sorted(found, key=lambda one: one.uid), [uid for uid in uids if uid not in had]

    def _bodies(self, mailbox: Mailbox, group: Sequence[Envelope]) -> dict[int, bytes]:
        """What can be had of a group; one mail that the server can not hand over costs only itself."""
        try:
            return self._asked([one.uid for one in group], lambda: mailbox.bodies(group))
        except Refusal:
            return {} if len(group) == 1 else {uid: raw for one in group for uid, raw in self._bodies(mailbox, [one]).items()}

    def _asked(self, uids: Sequence[int], ask: Callable[[], T]) -> T:
        """Ask for something of these mails. A link that dies of it is asked for each of them alone, and for the one that it
        dies of again, later: Dovecot cuts the connection where it can not read a mail."""
        try:
            return ask()
        except Retry:
            if len(uids) > 1 or uids[0] not in self._patience.alone:
                self._patience.alone |= set(uids)
            else:
                self._patience.fail(uids[0], self._patience.tries(uids[0]), self._clock())
            raise

    def _item(self, mailbox: Mailbox, envelope: Envelope, raw: bytes) -> Fetched:
        key, begin = mail_key(raw)
        headers = {"content-type": "message/rfc822"}
        if mailbox.is_oversize(envelope):
            headers["x-leadrelay-oversize"] = str(envelope.size)
        return Fetched(key, raw, headers, envelope.arrived_at, repeats=begin)

    def _failed(self, mailbox: Mailbox, place: Place, envelope: Envelope) -> tuple[Place, list[Fetched]]:
        """Leave a gap for a mail that could not be had; the last time it is kept as rejected, with its headers if they can be
        had."""
        before = place.gaps.get(envelope.uid, 0)
        tries = self._patience.fail(envelope.uid, before, self._clock())
        items = []
        if tries == GIVEN_UP != before:
            rejected = self._rejected(place, envelope.uid)
            items.append(replace(rejected, body=mailbox.headers(envelope.uid), submitted_at=envelope.arrived_at))
        return place.with_gap(envelope.uid, tries), items

    def _rejected(self, place: Place, uid: int) -> Fetched:
        """What is kept of a mail that can not be had."""
        key = f"uid:{place.mailbox}:{place.validity}:{uid}"
        reason = _NOT_HANDED_OVER.format(uid=uid, folder=self._config.folder)
        return Fetched(key, b"", {"content-type": "message/rfc822"}, state="rejected", reason=reason)

    def _plan_next_look(self) -> None:
        now = self._clock()
        due = self._patience.next_due()
        planned = now + self._config.every / SECOND
        self._look_at = planned if due is None else min(planned, max(due, now + 1.0))

    # --- putting away ---

    def _moves(self, mailbox: Mailbox) -> bool:
        return self._config.done_folder is not None and mailbox.is_writable

    def _is_blocked(self) -> bool:
        return self._clock() < self._blocked_until

    def _left_over(self, mailbox: Mailbox, kept: Sequence[int]) -> list[int]:
        """Mails that were committed, but not put away: their worker was killed in between, or there was no room."""
        if not kept or self._is_blocked():
            return []
        return mailbox.undeleted(kept)[:_MOVED_AT_ONCE]

    def _put_away(self, mailbox: Mailbox, away: _PutAway) -> None:
        for uids, folder in ((away.kept, self._config.done_folder), (away.failed, self._config.failed_folder)):
            if not uids or folder is None:
                continue
            if not mailbox.is_writable:
                self._block(f"the folder `{self._config.folder}` is read-only: mails stay there, and are not read again")
            try:
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
                facts.append((name, folder if folder in folders else f"{folder} (will be made)"))
        problems = []
        if self._config.done_folder is not None and not mailbox.is_writable:
            sentence = (
                f"The folder `{config.folder}` is read-only for this user: mails can not be moved to `{config.done_folder}`"
            )
            problems.append(Problem("read_only", sentence, "done_folder"))
        return SourceProbe(tuple(facts), tuple(problems))
