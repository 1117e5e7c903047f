"""How a notice gets to a target, and what can be said when it did not."""

from __future__ import annotations

from leadrelay.notify.messages import Message
from leadrelay.notify.settings import TargetSettings

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
    """Bring a message to a target and return what the server answered; raises NotSent."""
    if target.smtp is not None:
        from leadrelay.notify.smtp import send_mail

        return send_mail(target.smtp, message, within_s=within_s)
    from leadrelay.notify.webhook import post

    assert target.webhook is not None  # noqa: S101 - the settings take targets with one of both
    return post(target.webhook, message, within_s=within_s)
