"""One folder of a mailbox over one connection: what is in it, its mails within bounds, and where they are put."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from imapclient import DELETED
from imapclient.exceptions import IMAPClientReadOnlyError

from connectors.base import Retry, Stop, Tokens
from connectors.imap.config import ImapConfig, folder_key
from connectors.imap.idling import Idling
from connectors.imap.link import Client, Refusal, connect, hang_up, spoken
from core.instants import Instant, from_datetime
from core.problems import Problem, did_you_mean

KEYWORD = "LeadrelayDone"
"""The flag of a mail that is kept, where there is no folder to move it to."""

_KEPT_TEXT = 65_536
_KEPT_HEADERS = 262_144
_AT_ONCE = 4_000_000
"""How many bytes of mails are asked for in one command."""
_FOLDERS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a mail before it is fetched: its size in bytes, and when the server got it."""

    uid: int
    size: int
    arrived_at: Instant | None


class Mailbox:
    """A selected folder. Used by one thread; after any Retry it is of no use any more."""

    def __init__(self, config: ImapConfig, client: Client) -> None:
        self._config = config
        self._client = client
        self._is_closed = False
        self._names: dict[str, str] = {}
        self.idling = Idling(config, client, is_on=config.idle and client.has_capability("IDLE"))
        writes = config.done_folder is not None or config.failed_folder is not None
        self.is_writable = False
        selected = self._select(writes=writes)
        self.uidvalidity = int(selected.get(b"UIDVALIDITY", 0))
        self.next_uid = int(selected.get(b"UIDNEXT", 0))
        """The number that the next new mail would have had when the folder was opened; 0 where the server does not say."""
        self.is_fresh = True
        """Whether nothing that was fetched over this connection is committed yet."""
        self._flags = {bytes(flag).lower() for flag in selected.get(b"PERMANENTFLAGS", ())}

    def close(self) -> None:
        """Say goodbye, where the server listens, and hang up."""
        if not self._is_closed:
            self._is_closed = True
            with suppress(Exception):
                self._client.socket().settimeout(1.0)
                self.idling.end()
                self._client.logout()
            hang_up(self._client)

    def hang_up(self) -> None:
        """Close the connection without a word."""
        self._is_closed = True
        hang_up(self._client)

    def _select(self, *, writes: bool) -> Mapping[bytes, Any]:
        try:
            with spoken(self._config):
                try:
                    found = self._client.select_folder(self._config.folder, readonly=not writes)
                    self.is_writable = writes
                except IMAPClientReadOnlyError:
                    found = self._client.select_folder(self._config.folder, readonly=True)
        except Refusal as error:
            raise self._unselectable(error) from error
        return dict(found)

    def _unselectable(self, error: Refusal) -> Retry | Stop:
        names = self.folders()
        if folder_key(self._config.folder) in {folder_key(name) for name in names}:
            return Retry(f"the folder `{self._config.folder}` can not be opened for now ({error})", code="busy")
        listed = ", ".join(f"`{name}`" for name in names[:_FOLDERS_NAMED])
        sentence = f"There is no folder `{self._config.folder}` in the mailbox.{did_you_mean(self._config.folder, names)}"
        return Stop(Problem("no_folder", f"{sentence} There are: {listed or 'none'}", "folder"))

    def folders(self) -> list[str]:
        """The names of all folders."""
        with spoken(self._config):
            return sorted(str(name) for _, _, name in self._client.list_folders())

    def capabilities(self) -> list[str]:
        """What the server says that it can."""
        with spoken(self._config):
            return sorted({word.decode("ascii", "replace").upper() for word in self._client.capabilities()})

    def tls_version(self) -> str:
        """The version of TLS that is spoken; empty without TLS."""
        return str(getattr(self._client.socket(), "version", str)() or "")

    # --- what is there ---

    def uids(self, low: int, *, among: Collection[int] = ()) -> list[int]:
        """All mails from a UID on, read or not, and those of `among` that are still there; in order."""
        self.idling.end()
        with spoken(self._config):
            self._client.noop()  # else the server may search what it knew when it was last asked
            self.idling.forget()
            found = {uid for uid in self._client.search(["UID", f"{low}:*"]) if uid >= low}  # `*` is the last mail, however low
            older = sorted(uid for uid in among if uid < low)
            if older:
                found |= set(self._client.search(["UID", ",".join(map(str, older))])) & set(older)
        return sorted(found)

    def undeleted(self, uids: Sequence[int]) -> list[int]:
        """Those that are not about to be removed already."""
        return self._searched(uids, "UNDELETED")

    def still_there(self, uids: Sequence[int]) -> list[int]:
        """Those that have not gone meanwhile."""
        return self._searched(uids)

    def _searched(self, uids: Sequence[int], *which: str) -> list[int]:
        if not uids:
            return []
        with spoken(self._config):
            found = set(self._client.search(["UID", f"{min(uids)}:{max(uids)}", *which]))
        return [uid for uid in uids if uid in found]

    def envelopes(self, uids: Sequence[int]) -> list[Envelope]:
        """Size and arrival of those that are still there, in order."""
        with spoken(self._config):
            try:
                found = self._client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
            except ValueError:  # a date that is none
                found = self._client.fetch(uids, ["RFC822.SIZE"])
        return [
            Envelope(uid, size, _instant(found[uid].get(b"INTERNALDATE")))
            for uid in uids
            if isinstance(size := found.get(uid, {}).get(b"RFC822.SIZE"), int)
        ]

    # --- fetching: PEEK, so that a mail that nobody has read stays unread ---

    def together(self, envelopes: Sequence[Envelope]) -> Iterator[list[Envelope]]:
        """Mails in groups, each small enough for one command; one that is too large for any is alone."""
        group: list[Envelope] = []
        for one in envelopes:
            if group and (self.is_oversize(one) or sum(other.size for other in group) + one.size > _AT_ONCE):
                yield group
                group = []
            group.append(one)
            if self.is_oversize(one):
                yield group
                group = []
        if group:
            yield group

    def is_oversize(self, envelope: Envelope) -> bool:
        """Whether only a part of it is fetched."""
        return envelope.size > self._config.max_size

    def bodies(self, group: Sequence[Envelope]) -> dict[int, bytes]:
        """The mails of one group as they stand; raises Refusal when the server can not hand over one of them. Some servers say
        that a mail which they can not read is empty: such a one is left out."""
        if self.is_oversize(group[0]):
            return self._parts(group[0].uid, _KEPT_TEXT)
        with spoken(self._config):
            found = self._client.fetch([one.uid for one in group], ["BODY.PEEK[]"])
        had = {one.uid: found.get(one.uid, {}).get(b"BODY[]") for one in group}
        return {one.uid: raw for one in group if isinstance(raw := had[one.uid], bytes) and (raw or not one.size)}

    def headers(self, uid: int) -> bytes:
        """The headers of a mail that can not be had whole; empty when these can not be had either."""
        try:
            return self._parts(uid, 0).get(uid, b"")
        except Refusal:
            return b""

    def _parts(self, uid: int, text: int) -> dict[int, bytes]:
        wanted = [f"BODY.PEEK[HEADER]<0.{_KEPT_HEADERS}>", *([f"BODY.PEEK[TEXT]<0.{text}>"] if text else [])]
        with spoken(self._config):
            answer = self._client.fetch([uid], wanted).get(uid, {})
        head, rest = answer.get(b"BODY[HEADER]<0>"), answer.get(b"BODY[TEXT]<0>")
        if head is None:
            return {}
        end = b"" if head.endswith((b"\r\n\r\n", b"\n\n")) else b"\r\n\r\n"
        return {uid: head + end + (rest or b"")}

    # --- putting away ---

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move mails to a folder, which is made where it is missing; raises Refusal when they stay. Gone ones do no harm."""
        used = self._names.get(folder, folder)
        try:
            self._move(uids, used)
        except Refusal:
            there = self.own_name(folder, self.folders())
            if there == used:
                left = self.undeleted(uids)  # some servers move none of them when one is gone
                if len(left) == len(uids):
                    raise
                uids = left
            self._names[folder] = there or self._made(folder)
            if uids:
                self._move(uids, self._names[folder])

    def own_name(self, folder: str, names: Collection[str]) -> str | None:
        """Under which of these names a folder is there: some servers have all folders of a user under `INBOX.`."""
        there = {folder_key(name) for name in names}
        return next((name for name in (folder, self._prefix() + folder) if folder_key(name) in there), None)

    def _prefix(self) -> str:
        """With what the names of the user's own folders begin."""
        if not self._client.has_capability("NAMESPACE"):
            return ""
        with suppress(Refusal), spoken(self._config):
            return str((self._client.namespace().personal or (("", ""),))[0][0] or "")
        return ""

    def _made(self, folder: str) -> str:
        """Make a folder; returns its name."""
        try:
            with spoken(self._config):
                self._client.create_folder(folder)
        except Refusal:
            prefix = self._prefix()
            if not prefix or folder.startswith(prefix):
                raise
            folder = prefix + folder
            with spoken(self._config):
                self._client.create_folder(folder)
        with suppress(Exception):
            self._client.subscribe_folder(folder)
        return folder

    def _move(self, uids: Sequence[int], folder: str) -> None:
        with spoken(self._config):
            if self._client.has_capability("MOVE"):
                self._client.move(uids, folder)
                return
            self._client.copy(uids, folder)
            self._client.add_flags(uids, DELETED, silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge(uids)  # EXPUNGE alone would take what a person has marked too

    def flag(self, uids: Sequence[int]) -> bool:
        """Mark mails as kept; False where the server takes no flags of ours."""
        if not self.is_writable or not {b"\\*", KEYWORD.lower().encode()} & self._flags:
            return False
        try:
            with spoken(self._config):
                self._client.add_flags(uids, KEYWORD, silent=True)
        except Refusal:
            return False
        return True


def _instant(given: Any) -> Instant | None:
    try:
        return from_datetime(given)
    except (TypeError, ValueError, AttributeError, OverflowError):
        return None


def open_mailbox(config: ImapConfig, tokens: Tokens) -> Mailbox:
    """Connect, log in and select the folder; raises Retry and Stop."""
    client = connect(config, tokens)
    try:
        return Mailbox(config, client)
    except BaseException:
        hang_up(client)
        raise
