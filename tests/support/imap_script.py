"""A small IMAP server over a real socket for what no server on this machine does: it throttles, refuses, cuts and answers oddly.

Its folders are lists in memory. `odd` is asked before every command and may answer in its place; see `ScriptedImap`.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

CUT = b"(the connection is cut)"
"""What `odd` returns to have the connection cut without a word."""
PASSWORD = "secret"


@dataclass(slots=True)
class Kept:
    """One mail in a folder."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


Odd = Callable[[str, str], bytes | None]
"""Is given a command (`UID FETCH`) and its arguments; returns what to say instead of carrying it out: lines without the tag
where they begin with `*`, then `NO ...`, `BAD ...` or `OK ...`, or CUT. None: the server does as it should."""


class ScriptedImap:
    """The server. `commands` are all that it was given; `folders` what is in it; `prefix` begins the name of every folder of the
    user but INBOX, and `separator` stands between a folder and its parent."""

    host = "127.0.0.1"

    def __init__(
        self,
        odd: Odd = lambda command, arguments: None,
        *,
        capabilities: str = "IMAP4rev1 UIDPLUS MOVE NAMESPACE",
        prefix: str = "",
        separator: str = "/",
    ) -> None:
        self.odd = odd
        self.capabilities = capabilities
        self.prefix, self.separator = prefix, separator
        self.folders: dict[str, list[Kept]] = {"INBOX": []}
        self.uidvalidity = 7
        self.commands: list[str] = []
        self._next = 1
        self._lock = threading.Lock()
        self._listening = socket.create_server((self.host, 0))
        self.port = self._listening.getsockname()[1]
        self._links: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        for link in list(self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)

    def deliver(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into a folder."""
        with self._lock:
            for raw in mails:
                self.folders[folder].append(Kept(self._next, raw))
                self._next += 1

    def asked(self, command: str) -> list[str]:
        """The arguments of each of these commands until now."""
        return [one.removeprefix(f"{command} ") for one in self.commands if one.startswith(command)]

    # --- connections ---

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listening.accept()
                self._links.add(link)
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link: socket.socket) -> None:
        selected = ""
        with link, contextlib.suppress(OSError), link.makefile("rb") as lines:
            link.sendall(b"* OK ready\r\n")
            while line := lines.readline():
                tag, command, arguments = _parsed(line.decode().rstrip("\r\n"))
                self.commands.append(f"{command} {arguments}".rstrip())
                said = self.odd(command, arguments)
                if said == CUT:
                    return
                if said is None:
                    with self._lock:
                        said, selected = self._answer(command, arguments, selected)
                if said == b"+":  # IDLE until it is ended, and AUTHENTICATE until the secret is told
                    link.sendall(b"+ \r\n")
                    lines.readline()
                    said = b"OK done"
                *told, last = said.split(b"\r\n")
                link.sendall(b"".join(one + b"\r\n" for one in told) + tag.encode() + b" " + last + b"\r\n")
                if command == "LOGOUT" or any(one.startswith(b"* BYE") for one in told):
                    return

    # --- commands ---

    def _answer(self, command: str, arguments: str, selected: str) -> tuple[bytes, str]:
        """What is said to a command, and which folder is selected then."""
        if command in ("SELECT", "EXAMINE"):
            name = _name(arguments)
            return (self._selected(name), name) if name in self.folders else (b"NO [NONEXISTENT] no such folder", "")
        mails = self.folders.get(selected, [])
        answers: dict[str, Callable[[], bytes]] = {
            "CAPABILITY": lambda: b"* CAPABILITY " + self.capabilities.encode() + b"\r\nOK done",
            "LOGIN": lambda: b"OK in" if PASSWORD in arguments else b"NO [AUTHENTICATIONFAILED] no",
            "NAMESPACE": lambda: f'* NAMESPACE (("{self.prefix}" "{self.separator}")) NIL NIL\r\nOK done'.encode(),
            "LIST": self._listed,
            "CREATE": lambda: self._created(_name(arguments)),
            "IDLE": lambda: b"+",
            "NOOP": lambda: f"* {len(mails)} EXISTS\r\nOK done".encode(),
            "UID SEARCH": lambda: self._searched(mails, arguments),
            "UID FETCH": lambda: self._fetched(mails, arguments),
            "UID MOVE": lambda: self._moved(mails, arguments),
            "UID COPY": lambda: self._copied(mails, arguments),
            "UID STORE": lambda: self._stored(mails, arguments),
        }
        return answers.get(command, lambda: b"OK done")(), selected

    def _selected(self, name: str) -> bytes:
        told = [f"* {len(self.folders[name])} EXISTS", r"* FLAGS (\Seen \Deleted)", r"* OK [PERMANENTFLAGS (\Deleted \*)] kept"]
        told += [f"* OK [UIDVALIDITY {self.uidvalidity}] valid"] if self.uidvalidity else []
        return "\r\n".join([*told, f"* OK [UIDNEXT {self._next}] next", "OK [READ-WRITE] selected"]).encode()

    def _listed(self) -> bytes:
        told = [f'* LIST () "{self.separator}" "{name}"' for name in self.folders]
        return "\r\n".join([*told, "OK done"]).encode()

    def _created(self, name: str) -> bytes:
        if not name.startswith(self.prefix):
            return f"NO Invalid mailbox name: it must begin with {self.prefix}".encode()
        self.folders[name] = []
        return b"OK made"

    def _searched(self, mails: list[Kept], arguments: str) -> bytes:
        wanted = _numbers(arguments.split()[1], mails)
        found = [one.uid for one in mails if one.uid in wanted and not ("UNDELETED" in arguments and "\\Deleted" in one.flags)]
        return f"* SEARCH {' '.join(map(str, found))}\r\nOK done".encode()

    def _fetched(self, mails: list[Kept], arguments: str) -> bytes:
        uids, _, parts = arguments.partition(" ")
        wanted, told = _numbers(uids, mails), b""
        for number, one in enumerate(mails, 1):
            if one.uid in wanted:
                said = b"UID %d RFC822.SIZE %d" % (one.uid, len(one.raw))
                if "BODY.PEEK[]" in parts:
                    said += b" BODY[] {%d}\r\n%b" % (len(one.raw), one.raw)
                else:
                    said += b' INTERNALDATE "21-Nov-2026 10:00:00 +0000"'
                told += b"* %d FETCH (%b)\r\n" % (number, said)
        return told + b"OK done"

    def _moved(self, mails: list[Kept], arguments: str) -> bytes:
        said = self._copied(mails, arguments)
        if said.startswith(b"OK"):
            wanted = _numbers(arguments.split()[0], mails)
            mails[:] = [one for one in mails if one.uid not in wanted]
        return said

    def _copied(self, mails: list[Kept], arguments: str) -> bytes:
        uids, _, name = arguments.partition(" ")
        if _name(name) not in self.folders:
            return b"NO [TRYCREATE] no such folder"
        wanted = _numbers(uids, mails)
        for one in [one for one in mails if one.uid in wanted]:
            self.folders[_name(name)].append(Kept(self._next, one.raw))
            self._next += 1
        return b"OK done"

    def _stored(self, mails: list[Kept], arguments: str) -> bytes:
        wanted = _numbers(arguments.split()[0], mails)
        for one in mails:
            if one.uid in wanted:
                one.flags |= set(re.findall(r"[\\\w]+", arguments.partition("(")[2]))
        return b"OK done"


def _parsed(line: str) -> tuple[str, str, str]:
    """The tag, the command (`UID FETCH`) and its arguments."""
    tag, _, rest = line.partition(" ")
    command, _, arguments = rest.partition(" ")
    if command.upper() == "UID":
        second, _, arguments = arguments.partition(" ")
        command += f" {second}"
    return tag, command.upper(), arguments


def _name(given: str) -> str:
    return given.strip().strip('"')


def _numbers(given: str, mails: list[Kept]) -> set[int]:
    """The UIDs of `1,3:5,7:*`."""
    last = max((one.uid for one in mails), default=0)
    found: set[int] = set()
    for part in given.split(","):
        low, _, high = part.partition(":")
        first, end = int(low), last if high == "*" else int(high or low)
        found |= set(range(min(first, end), max(first, end) + 1))
    return found
