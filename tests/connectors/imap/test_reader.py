"""What a kept mail says to a mapping, why it is no lead, and mail files that are imported for a mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.imap import SPEC
from connectors.imap.config import ImapConfig
from connectors.sources import FileOptions, Ignored, Reader, SourceContext, UnreadableFile
from tests.support.mailbox import make_mail

HEADERS = {"content-type": "message/rfc822"}
CONTEXT = SourceContext("mailbox", "DE")


def _config(**more: object) -> ImapConfig:
    return ImapConfig.model_validate({"host": "imap.example.com", "user": "leads@acme.example", "password": "secret", **more})


def _reader(**more: object) -> Reader:
    assert SPEC.open_source is not None
    return SPEC.open_source(CONTEXT, _config(**more))


def test_a_mail_is_read_into_lead_fields() -> None:
    names = _reader().names(HEADERS, make_mail(7))
    assert names["person.email"] == "pat7@company7.example"
    assert "7 seats" in str(names["touch.message"])


def test_an_automatic_answer_is_ignored_with_its_reason() -> None:
    with pytest.raises(Ignored) as ignored:
        _reader().names(HEADERS, b"Auto-Submitted: auto-replied\r\n" + make_mail(7))
    assert ignored.value.code
    assert ignored.value.reason


@pytest.mark.parametrize("own", [{"own_domains": "company7.example"}, {"own_addresses": ["PAT7@company7.example"]}])
def test_what_colleagues_write_is_no_lead(own: dict[str, object]) -> None:
    with pytest.raises(Ignored):
        _reader(**own).names(HEADERS, make_mail(7))


def test_the_beginning_of_an_oversize_mail_is_a_lead() -> None:
    raw = make_mail(7, padding=200_000)[:66_000]
    assert _reader().names({**HEADERS, "x-leadrelay-oversize": "200300"}, raw)["person.email"] == "pat7@company7.example"


@pytest.mark.parametrize("kind", ["eml", "mbox"])
def test_mail_files_are_read_like_fetched_mails(tmp_path: Path, kind: str) -> None:
    mails = [make_mail(number) for number in range(1 if kind == "eml" else 3)]
    path = tmp_path / f"mails.{kind}"
    begin = b"From pat@x.example Sat Nov 21 10:00:00 2026\n"
    path.write_bytes(mails[0] if kind == "eml" else b"".join(begin + raw.replace(b"\r\n", b"\n") + b"\n" for raw in mails))
    assert SPEC.open_file is not None
    feed = SPEC.open_file(CONTEXT, _config(), path, FileOptions())
    records = [record for record in feed.records() if not record.is_blank]
    feed.close()
    assert len({record.key for record in records}) == len(mails)
    assert [_reader().names({**feed.headers, **(record.headers or {})}, record.body)["person.email"] for record in records] == [
        f"pat{number}@company{number}.example" for number in range(len(mails))
    ]


def test_a_table_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("name,email\nPat,pat@x.example\n")
    assert SPEC.open_file is not None
    with pytest.raises(UnreadableFile, match=r"people\.csv: .*csvfile"):
        SPEC.open_file(CONTEXT, _config(), path, FileOptions())
