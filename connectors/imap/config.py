"""The settings of an imap source, as they stand under `sources.NAME` beside `connector` and `mapping`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.documents import Port, Secret, Text


class ImapConfig(BaseModel):
    """Where the mailbox is, how to log in, and where mails go once they are kept."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Text = Field(description="The mail server.", examples=["imap.example.com"])
    port: Port | None = Field(default=None, description="Its port. Default: 993, with `tls: starttls` 143.")
    tls: Literal["implicit", "starttls", "off"] = Field(
        default="implicit", description="`implicit` TLS, `starttls`, or `off` (for a server on this machine only)."
    )
    ca_file: Text | None = Field(default=None, description="A file of certificates to trust instead of the system's.")
    user: Text = Field(description="The mailbox' user, usually its address.", examples=["leads@example.com"])
    password: Secret | None = Field(default=None, description="Its password.", examples=["${MAIL_PASSWORD}"])
    folder: Text = Field(default="INBOX", description="The folder that is read.")
    done_folder: Text | None = Field(
        default=None, description="Where mails are moved once they are kept. Without it they stay where they are."
    )
