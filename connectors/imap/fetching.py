"""Fetching mails so that one that can not be had costs only itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from connectors.base import Retry
from connectors.imap.config import ImapConfig
from connectors.imap.link import Refusal
from connectors.imap.mailbox import Envelope, Mailbox
from connectors.imap.place import GIVEN_UP, Patience, Place
from connectors.sources import Fetched
from core.mail.keys import mail_key

T = TypeVar("T")

_BYTES_AT_ONCE = 8_000_000
"""A fetch ends with the mail that makes it longer than this: so much is held in memory until it is committed."""
_NOT_HANDED_OVER = "the mail server can not hand over this mail (UID {uid} of `{folder}`): look at it there"


class Fetching:
    """Fetches from a mailbox, over however many connections; `patience` is what it remembers of mails that it could not get."""

    def __init__(self, config: ImapConfig, clock: Callable[[], float]) -> None:
        self.patience = Patience()
        self._doubt: Refusal | None = None
        self._config = config
        self._clock = clock

    def passed_over(self, place: Place, uids: Sequence[int]) -> tuple[list[Fetched], Place, list[int]]:
        """Leave gaps for mails that are asked for later, since the link has died of them before: others go first. Those that are
        given up by now are kept as rejected."""
        items, given_up = [], []
        for uid in uids:
            tries = self.patience.tries(uid)
            if tries == GIVEN_UP != place.gaps.get(uid):
                items.append(self._rejected(place, uid))
                given_up.append(uid)
            place = place.with_gap(uid, tries)
        return items, place, given_up

    def items(self, mailbox: Mailbox, place: Place, uids: Sequence[int]) -> tuple[list[Fetched], Place, list[int]]:
        """The mails of these UIDs, the place after them, and which UIDs were gone through.

        Where the link dies midway, or the server has had enough, what came before it is returned: else a server that gives so
        much at a time would give the same for ever.
        """
        if not uids:
            return [], place, []
        envelopes, refused = self._envelopes(mailbox, uids)
        items: list[Fetched] = []
        missing = [Envelope(uid, 0, None) for uid in refused]
        size, last = 0, uids[-1]
        for group in self._groups(mailbox, envelopes):
            try:
                bodies = self._bodies(mailbox, group)
            except Retry:
                if not items:
                    raise
                last = group[0].uid - 1
                break
            for one in group:
                raw = bodies.get(one.uid)
                if raw is not None:
                    items.append(self._item(mailbox, one, raw))
                    place = place.without(one.uid)
                    self.patience.succeed(one.uid)
                    size += len(raw)
                else:
                    missing.append(one)
            if size > _BYTES_AT_ONCE and group[-1].uid != envelopes[-1].uid:
                last = group[-1].uid
                break
        if self._doubt is not None and not items:
            raise self._doubt.as_retry(self._config)  # it hands over nothing: that is no fault of these mails
        for one in missing:
            if one.uid <= last:
                place, failed = self._failed(mailbox, place, one)
                items += failed
        return items, place, [uid for uid in uids if uid <= last]

    def _groups(self, mailbox: Mailbox, envelopes: Sequence[Envelope]) -> list[list[Envelope]]:
        """What is asked for together; a mail that was asked for when the link died is asked for alone."""
        found: list[list[Envelope]] = []
        for group in mailbox.together(envelopes):
            if self.patience.alone.isdisjoint(one.uid for one in group):
                found.append(group)
            else:
                found += [[one] for one in group]
        return found

    def _envelopes(self, mailbox: Mailbox, uids: Sequence[int]) -> tuple[list[Envelope], list[int]]:
        """The envelopes of these mails, in order, and the mails whose envelopes can not be had. What the server passes over in
        its answer is among the latter: it may be gone, and if it is not, it must not be taken for one that is kept."""
        together = [uid for uid in uids if uid not in self.patience.alone]
        asked = [*([together] if together else []), *([uid] for uid in uids if uid in self.patience.alone)]
        found: list[Envelope] = []
        self._doubt = None
        while asked:
            part = asked.pop(0)
            got: list[Envelope] = []
            try:
                got = self._asked(part, lambda part=part: mailbox.envelopes(part))  # type: ignore[misc]
            except Refusal as error:
                self._note(error)
            found += got
            if len(part) > 1:  # what is not among the answers is asked for alone
                had = {one.uid for one in got}
                asked = [*([uid] for uid in mailbox.still_there([uid for uid in part if uid not in had])), *asked]
        known = {one.uid for one in found}
        return sorted(found, key=lambda one: one.uid), [uid for uid in uids if uid not in known]

    def _bodies(self, mailbox: Mailbox, group: Sequence[Envelope]) -> dict[int, bytes]:
        """What can be had of a group; one mail that the server can not hand over, or passes over, costs only itself."""
        had: dict[int, bytes] = {}
        try:
            had = self._asked([one.uid for one in group], lambda: mailbox.bodies(group))
        except Refusal as error:
            self._note(error)
        if len(group) > 1:
            there = mailbox.still_there([one.uid for one in group if one.uid not in had])
            for one in [one for one in group if one.uid in there]:
                had |= self._bodies(mailbox, [one])
        return had

    def _note(self, error: Refusal) -> None:
        """What a refusal says of the server rather than of the mail."""
        if error.is_busy:
            raise error.as_retry(self._config) from error
        if error.may_pass:
            self._doubt = error

    def _asked(self, uids: Sequence[int], ask: Callable[[], T]) -> T:
        """Ask for something of these mails. A link that dies of it is asked for each of them alone, and for the one that it
        dies of again, later: Dovecot cuts the connection where it can not read a mail."""
        try:
            return ask()
        except Retry as error:
            if len(uids) > 1 or uids[0] not in self.patience.alone:
                self.patience.alone |= set(uids)
            elif error.code == "busy":
                self.patience.put_off(uids[0], self._clock())
            else:
                self.patience.fail(uids[0], self.patience.tries(uids[0]), self._clock())
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
        tries = self.patience.fail(envelope.uid, before, self._clock())
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
