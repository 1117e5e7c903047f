"""Being told of new mail (IDLE), on a link that may die at any moment."""

from __future__ import annotations

import select
import time

from connectors.base import Retry
from connectors.imap.config import ImapConfig
from connectors.imap.link import Client, spoken

_RENEW_S = 9 * 60.0
"""RFC 2177 asks for less than 29 minutes; Exchange and many routers forget a silent connection after ten."""
_EARLY_S = 0.05


class Idling:
    """Waits on one connection, by IDLE where `is_on`, else by listening whether the link lives. Used by one thread."""

    def __init__(self, config: ImapConfig, client: Client, *, is_on: bool) -> None:
        self.is_on = is_on
        self._config = config
        self._client = client
        self._since: float | None = None

    def forget(self) -> None:
        """What was announced until now is going to be looked at."""
        self._client._imap.untagged_responses.pop("EXISTS", None)

    def wait(self, for_s: float) -> bool:
        """True as soon as new mail was announced since `forget`; False after so many seconds. Raises Retry on a dead link."""
        give_up_at = time.monotonic() + for_s
        while True:
            with spoken(self._config):
                if self._is_announced():
                    return True
                rest = give_up_at - time.monotonic()
                if rest <= 0:
                    return False
                if self.is_on:
                    self._begin()
                if self.is_on:
                    if self._is_announced() or self._listen(rest):
                        return True
                elif self._is_readable(rest):
                    self._client.noop()

    def end(self) -> None:
        """Leave IDLE, so that other commands may be given."""
        if self._since is not None:
            self._since = None
            with spoken(self._config):
                self._client.idle_done()

    def _is_announced(self) -> bool:
        """Whether the server has announced mails in the answer to any command, such as the search or the move."""
        return self._client._imap.untagged_responses.pop("EXISTS", None) is not None

    def _begin(self) -> None:
        """Enter IDLE, or enter it anew when it has lasted long. IMAPClient's own `idle` fails where the server announces
        something before it says that it is ready."""
        if self._since is not None and time.monotonic() - self._since < _RENEW_S:
            return
        self.end()
        imap = self._client._imap
        tag = self._client._idle_tag = imap._command("IDLE")
        while imap._get_response() is not None:
            if imap.tagged_commands.pop(tag, None):  # it says that it can, and does not
                self.is_on = False
                return
        self._since = time.monotonic()
        # What was announced right behind the server's `+` has been read into the buffer: the socket has nothing to tell of it.
        self._client.looks_into_buffer = True

    def _listen(self, for_s: float) -> bool:
        """Whether new mail is announced within this time.

        A link that was closed is told by IMAPClient as nothing at all, at once, for ever: an early nothing is a dead link.
        """
        began, is_first = time.monotonic(), self._client.looks_into_buffer
        told = self._client.idle_check(timeout=for_s)
        if not told and not is_first and time.monotonic() - began < for_s - _EARLY_S:
            raise Retry(f"the mail server {self._config.host} has closed the connection", code="link_lost")
        if any(one[0] == b"BYE" for one in told):
            raise Retry(f"the mail server {self._config.host} has ended the connection", code="link_lost")
        return any(len(one) > 1 and one[1] == b"EXISTS" for one in told)

    def _is_readable(self, for_s: float) -> bool:
        """Whether the server says something by itself: that it hangs up, most of the time."""
        poll = select.poll()
        poll.register(self._client.socket().fileno(), select.POLLIN)
        return bool(poll.poll(for_s * 1000))
