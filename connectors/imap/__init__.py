"""Mailboxes: mails that arrive by IMAP."""

from __future__ import annotations

from connectors.base import Spec
from connectors.imap.config import ImapConfig

SPEC = Spec(name="imap", title="Mailbox (IMAP)", source_config=ImapConfig, recognizes=True)
