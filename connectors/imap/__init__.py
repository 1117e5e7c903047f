"""Mailboxes: mails that arrive by IMAP, and mail files that are imported as if they had."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from connectors.base import Spec, Tokens
from connectors.imap.config import ImapConfig
from connectors.sources import FileFeed, FileOptions, PullSource, Reader, SourceContext

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel


def _open(context: SourceContext, config: BaseModel) -> Reader:
    from connectors.imap.reader import MailReader

    return MailReader(context, cast("ImapConfig", config))


def _open_pull(_context: SourceContext, config: BaseModel, tokens: Tokens) -> PullSource:
    from connectors.imap.source import ImapSource

    return ImapSource(cast("ImapConfig", config), tokens)


def _open_file(context: SourceContext, _config: BaseModel, path: Path, _options: FileOptions) -> FileFeed:
    from connectors.imap.reader import open_file

    return open_file(context, path)


SPEC = Spec(
    name="imap",
    title="Mailbox (IMAP)",
    source_config=ImapConfig,
    open_source=_open,
    open_pull=_open_pull,
    open_file=_open_file,
    recognizes=True,
)
