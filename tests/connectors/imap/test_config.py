"""What the settings of a mailbox take, and what they refuse in which words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.imap.config import ImapConfig
from connectors.imap.reader import mail_options
from connectors.sources import SourceContext

GIVEN = {"host": "imap.example.com", "user": "leads@example.com", "password": "secret"}
OAUTH = {"provider": "google", "client_id": "app", "client_secret": "s", "refresh_token": "r"}


def _config(**more: Any) -> ImapConfig:
    return ImapConfig.model_validate({**GIVEN, **more})


@pytest.mark.parametrize(
    ("tls", "meant", "port"),
    [("true", "implicit", 993), ("implicit", "implicit", 993), ("SSL", "implicit", 993), (True, "implicit", 993),
     ("starttls", "starttls", 143), ("STARTTLS", "starttls", 143)],
)  # fmt: skip
def test_tls_is_written_in_several_ways(tls: object, meant: str, port: int) -> None:
    config = _config(tls=tls)
    assert (config.tls, config.own_port) == (meant, port)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
@pytest.mark.parametrize("tls", ["off", "false", "no", False])
def test_plain_text_is_for_this_machine_only(host: str, tls: object) -> None:
    assert _config(host=host, tls=tls).tls == "off"
    with pytest.raises(ValidationError, match="this machine only"):
        _config(tls=tls)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"password": None}, "wants either `password` or `oauth`"),
        ({"oauth": OAUTH}, "wants either `password` or `oauth`"),
        ({"done_folder": "inbox"}, "another folder in `done_folder`"),
        ({"folder": "Leads", "failed_folder": "Leads"}, "another folder in `failed_folder`"),
        ({"tls": "perhaps"}, "wants `implicit`"),
        ({"host": "https://imap.example.com"}, "the server's name alone"),
        ({"host": "imap.example.com:993"}, "the port in `port`"),
        ({"password": None, "oauth": {**OAUTH, "refresh_token": None}}, "wants `refresh_token`"),
        ({"password": None, "oauth": {**OAUTH, "provider": "custom"}}, "wants `token_url`"),
        ({"password": None, "oauth": {**OAUTH, "grant": "client_credentials"}}, "which has no other"),
        ({"password": None, "oauth": {**OAUTH, "provider": "microsoft", "grant": "client_credentials"}}, "wants `tenant`"),
        ({"password": None, "oauth": {**OAUTH, "token_url": "http://example.com/token"}}, "https://"),
    ],
)
def test_what_can_not_work_is_refused_with_the_way_out(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        _config(**more)


@pytest.mark.parametrize(
    ("oauth", "address", "scope"),
    [
        (OAUTH, "https://oauth2.googleapis.com/token", ""),
        ({**OAUTH, "provider": "microsoft", "tenant": "acme.example"},
         "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token",
         "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"),
        ({**OAUTH, "provider": "microsoft", "tenant": "t", "grant": "client_credentials"},
         "https://login.microsoftonline.com/t/oauth2/v2.0/token", "https://outlook.office365.com/.default"),
        ({**OAUTH, "token_url": "http://127.0.0.1:1/token", "scope": "mail"}, "http://127.0.0.1:1/token", "mail"),
    ],
)  # fmt: skip
def test_each_provider_has_its_address_and_scope(oauth: dict[str, Any], address: str, scope: str) -> None:
    config = _config(password=None, oauth=oauth)
    assert config.oauth is not None
    assert (config.oauth.address, config.oauth.asked_scope) == (address, scope)


def test_secrets_are_not_printed() -> None:
    assert "secret" not in repr(_config())


def test_own_addresses_and_domains_are_told_to_the_reader() -> None:
    config = _config(own_addresses=["Sales@Example.com"], own_domains="@Acme.example", lists="taken", forms=["wp@acme.example"])
    options = mail_options(SourceContext("mailbox", "DE"), config)
    assert options.own_addresses == {"leads@example.com", "sales@example.com"}
    assert options.own_domains == {"acme.example"}
    assert options.forms == {"wp@acme.example"}
    assert options.takes_lists
    assert options.region == "DE"
