"""How a notice gets to a target, and what can be said when it did not."""

from __future__ import annotations

import queue
import threading

from leadrelay.notify.messages import Message
from leadrelay.notify.settings import TargetSettings

_BEYOND_S = 0.5
WITHIN_S = 10.0
"""The longest that a target may take for one message as a whole."""


class NotSent(Exception):
    """The target did not take the message, in words for a person. `may_have_arrived`: it was on its way when the answer failed.
    `after` is the wait in seconds that the other side asked for."""

    def __init__(self, reason: str, *, may_have_arrived: bool = False, after: float | None = None) -> None:
        super().__init__(reason)
        self.may_have_arrived = may_have_arrived
        self.after = after
        self.until = None


def send(target: TargetSettings, message: Message, *, within_s: float = WITHIN_S) -> str:
    """Bring a message to a target and return what the server answered; raises NotSent.

    Time-outs of a connection begin anew with each byte, and looking a name up has none: a thread of its own does the work, so
    that nobody waits longer than he said, whatever the other side does.
    """
    ended: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            ended.put(_sent(target, message, within_s))
        except Exception as error:
            ended.put(error)

    threading.Thread(target=work, name="notice", daemon=True).start()
    try:
        answer = ended.get(timeout=within_s + _BEYOND_S)
    except queue.Empty:
        raise NotSent(f"no answer within {within_s:g} s", may_have_arrived=True) from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _sent(target: TargetSettings, message: Message, within_s: float) -> str:
    if target.smtp is not None:
        from leadrelay.notify.smtp import send_mail

        return send_mail(target.smtp, message, within_s=within_s)
    from leadrelay.notify.webhook import post

    assert target.webhook is not None  # noqa: S101 - the settings take targets with one of both
    return post(target.webhook, message, within_s=within_s)
