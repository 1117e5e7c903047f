"""What a kept mail means: who asks and for what, or why it is no lead."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connectors.imap.config import ImapConfig
from connectors.sources import FileFeed, SourceContext, UnreadableFile
from core.lead import Names
from core.mail.message import MailOptions


class MailReader:
    """Reads what was fetched from one mailbox, or imported for it. What reads mails is imported with the first one: it is
    large, and the web process meets none."""

    def __init__(self, context: SourceContext, config: ImapConfig) -> None:
        self._options = mail_options(context, config)

    def names(self, headers: Mapping[str, str], body: bytes) -> Names:
        """The mail (or the card or document that was imported) as input names; raises Ignored for what is no lead, and
        Unreadable."""
        from connectors.documents import document_names

        return document_names(headers, body, self._options)

    def places(self, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        """Where in the mail each name stood."""
        from connectors.documents import document_places

        return document_places(headers, body, self._options)


def mail_options(context: SourceContext, config: ImapConfig) -> MailOptions:
    """What the settings say about mails. A user's name that is no address says nothing about senders."""
    own = {*config.own_addresses, *([config.user] if "@" in config.user else [])}
    return MailOptions(
        own_addresses=frozenset(address.strip().lower() for address in own),
        own_domains=frozenset(domain.strip().lower().removeprefix("@") for domain in config.own_domains),
        takes_lists=config.lists == "taken",
        region=context.region,
        forms=frozenset(sender.strip().lower().removeprefix("@") for sender in config.forms),
    )


def open_file(context: SourceContext, path: Path) -> FileFeed:
    """A file of mails as its records; raises UnreadableFile for any other."""
    from connectors.documents import open_document

    document = open_document(path, context)
    if document is None:
        message = (
            f"{path.name}: this is no mail, mbox, vCard or ADF document. Import tables through a source of the kind csvfile."
        )
        raise UnreadableFile(message)
    return document
