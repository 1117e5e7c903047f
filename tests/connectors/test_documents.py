"""Files of mails, business cards and ADF documents as records."""

import tracemalloc
from pathlib import Path

import pytest

from connectors.documents import ADF, CARD, MAIL, document_names, open_document
from connectors.sources import FileRecord, Ignored, SourceContext, Unreadable, UnreadableFile
from core.mail.keys import mail_key

CONTEXT = SourceContext("files", "DE", "Europe/Berlin")

MAIL_TEXT = b"""From: Anna Weber <anna@acme.example>
To: sales@widgets.example
Subject: A question
Message-ID: <q1@acme.example>
Date: Mon, 02 Nov 2026 10:00:00 +0100

How much are ten of them?
"""
REPLY_TEXT = MAIL_TEXT.replace(b"q1@", b"q2@").replace(b"Anna", b"Bert").replace(b"anna", b"bert")
CARD_TEXT = b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Weber;Anna;;;\r\nFN:Anna Weber\r\nEMAIL:anna@acme.example\r\nEND:VCARD\r\n"
PROSPECT = "<prospect><customer><contact><name part='full'>{}</name><email>{}</email></contact></customer></prospect>"


def written(folder: Path, name: str, contents: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
    return path


def records(path: Path) -> list[FileRecord]:
    feed = open_document(path, CONTEXT)
    assert feed is not None
    found = list(feed.records())
    assert feed.done_bytes() == feed.size
    feed.close()
    return found


def test_a_mail_file_is_one_record_under_the_type_of_a_mail(tmp_path: Path):
    path = written(tmp_path, "anna.eml", MAIL_TEXT)
    feed = open_document(path, CONTEXT)
    assert feed is not None
    assert feed.headers["content-type"] == MAIL
    assert [(one.number, one.line, one.body) for one in feed.records()] == [(1, 1, MAIL_TEXT)]
    assert document_names(feed.headers, MAIL_TEXT)["person.email"] == "anna@acme.example"


def test_what_is_in_a_file_goes_before_its_name(tmp_path: Path):
    assert [one.body for one in records(written(tmp_path, "mails.csv", MAIL_TEXT))] == [MAIL_TEXT]
    assert open_document(written(tmp_path, "table.eml", "Name,E-Mail\nAnna,anna@acme.example\n"), CONTEXT) is None


@pytest.mark.parametrize(
    "contents",
    [
        "Name;E-Mail\nAnna;anna@acme.example\n",
        "From,To,Subject\na@x.example,b@x.example,Hello\n",
        "From Date,To Date\n2026-01-01,2026-02-01\n",
        "<html><body>prospect</body></html>",
        "<contacts><contact/></contacts>",
        "PK\x03\x04 a workbook",
        "",
        "Subject;Date\n",
    ],
)
def test_other_files_are_none_of_these(tmp_path: Path, contents: str):
    assert open_document(written(tmp_path, "other.csv", contents), CONTEXT) is None


def test_an_mbox_is_a_record_for_each_mail_with_the_quoting_of_from_lines_undone(tmp_path: Path):
    body = b"\nFrom here it is far.\n\n>From the start we were two.\n>>From deeper.\n"
    mbox = (
        b"From anna@acme.example Mon Nov  2 10:00:00 2026\n" + MAIL_TEXT + body
        + b"\nFrom 1755@xxx Tue Nov 03 09:00:00 +0000 2026\n" + REPLY_TEXT
    )  # fmt: skip
    found = records(written(tmp_path, "all.mbox", mbox))
    assert [one.number for one in found] == [1, 2]
    assert b"\nFrom here it is far.\n\nFrom the start we were two.\n>From deeper.\n" in found[0].body
    assert found[1].body == REPLY_TEXT
    assert mbox.split(b"\n")[found[1].line - 1].startswith(b"From 1755@xxx")


def test_an_mbox_with_windows_line_endings_and_takeout_headers_is_read(tmp_path: Path):
    one = b"From 1@xxx Mon Nov 02 10:00:00 +0000 2026\r\nX-GM-THRID: 1\r\n" + MAIL_TEXT.replace(b"\n", b"\r\n") + b"\r\n"
    assert len(records(written(tmp_path, "takeout", one * 3))) == 3


def test_a_mail_is_kept_under_the_same_key_wherever_it_lies(tmp_path: Path):
    alone = records(written(tmp_path, "one.eml", MAIL_TEXT.replace(b"\n", b"\r\n")))[0]
    boxed = records(written(tmp_path, "one.mbox", b"From x@y.example Mon Nov  2 10:00:00 2026\n" + MAIL_TEXT + b"\n"))[0]
    other = records(written(tmp_path, "two.eml", REPLY_TEXT))[0]
    assert mail_key(alone.body) == mail_key(boxed.body)
    assert alone.key == boxed.key != other.key


def test_memory_does_not_grow_with_an_mbox(tmp_path: Path):
    path = tmp_path / "large.mbox"
    with path.open("wb") as file:
        for number in range(400):
            file.write(b"From x@y.example Mon Nov  2 10:00:00 2026\n" + MAIL_TEXT.replace(b"q1", b"q%d" % number))
            file.write(b"x" * 99 + b"\n" + b"0123456789" * 10_000 + b"\n\n")
    tracemalloc.start()
    feed = open_document(path, CONTEXT)
    assert feed is not None
    assert sum(1 for _ in feed.records()) == 400
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 40_000_000
    assert peak < 5_000_000


def test_a_mail_that_is_too_large_is_kept_in_its_beginning(tmp_path: Path):
    found = records(written(tmp_path, "huge.eml", MAIL_TEXT + b"x" * 26_000_000))[0]
    assert len(found.body) == 25_000_000
    assert found.headers is not None
    assert int(found.headers["x-leadrelay-oversize"]) > 26_000_000


def test_a_maildir_is_a_record_for_each_of_its_mails(tmp_path: Path):
    for part in ("cur", "new", "tmp"):
        (tmp_path / part).mkdir()
    written(tmp_path / "cur", "1:2,S", MAIL_TEXT)
    written(tmp_path / "new", "2", REPLY_TEXT)
    written(tmp_path / "tmp", "3", b"half of a ma")
    assert [one.body for one in records(tmp_path)] == [MAIL_TEXT, REPLY_TEXT]


def test_a_folder_that_is_no_maildir_is_none_of_these(tmp_path: Path):
    assert open_document(tmp_path, CONTEXT) is None


def test_each_card_of_a_file_is_a_record(tmp_path: Path):
    second = CARD_TEXT.replace(b"Anna", b"Bert").replace(b"anna", b"bert")
    found = records(written(tmp_path, "cards.vcf", CARD_TEXT + b"\r\n" + second))
    assert [document_names({"content-type": CARD}, one.body)["person.first_name"] for one in found] == ["Anna", "Bert"]
    assert [one.line for one in found] == [1, 8]


def test_cards_in_utf_16_are_read(tmp_path: Path):
    found = records(written(tmp_path, "cards.vcf", CARD_TEXT.decode().replace("Weber", "Müller").encode("utf-16")))
    assert document_names({"content-type": CARD}, found[0].body)["person.last_name"] == "Müller"


def test_a_card_in_the_middle_without_its_end_swallows_none_of_the_next(tmp_path: Path):
    cards = [f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Weber{number}\r\nEND:VCARD\r\n" for number in range(4)]
    cards[1] = cards[1].replace("END:VCARD\r\n", "")
    found = records(written(tmp_path, "cards.vcf", "".join(cards).encode()))
    assert [record.body.count(b"FN:") for record in found] == [1, 1, 1, 1]
    assert [record.line for record in found] == [1, 5, 8, 12]


def test_the_card_of_an_agent_belongs_to_the_card_that_it_stands_in(tmp_path: Path):
    agent = b"BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Ben Kurz\r\nEND:VCARD\r\n"
    for begin in (b"AGENT:\r\n" + agent, b"AGENT:" + agent, b"AGENT;TYPE=x:\r\n\r\n" + agent):
        text = b"BEGIN:VCARD\r\nVERSION:2.1\r\nFN:Anna Weber\r\n" + begin + b"END:VCARD\r\n"
        assert len(records(written(tmp_path, "cards.vcf", text))) == 1


def test_a_card_without_its_end_is_not_lost(tmp_path: Path):
    found = records(written(tmp_path, "cards.vcf", CARD_TEXT + CARD_TEXT.replace(b"END:VCARD\r\n", b"")))
    assert len(found) == 2


def test_each_prospect_of_an_adf_document_is_a_record(tmp_path: Path):
    text = "<?xml version='1.0'?>\n<?adf version='1.0'?>\n<adf>\n" + "\n".join(
        PROSPECT.format(name, f"{name}@acme.example") for name in ("anna", "bert", "carla")
    ).replace(
        "</prospect>\n<prospect><customer><contact><name part='full'>carla",
        "\n<prospect><customer><contact><name part='full'>carla",
    )
    found = records(written(tmp_path, "leads.xml", text + "</adf>"))
    assert [document_names({"content-type": ADF}, one.body)["person.email"] for one in found] == [
        "anna@acme.example", "bert@acme.example", "carla@acme.example",
    ]  # fmt: skip
    assert [one.line for one in found] == [4, 5, 6]


def test_one_prospect_is_kept_as_the_file_stands(tmp_path: Path):
    text = f"<?ADF VERSION='1.0'?><adf>{PROSPECT.format('Anna Weber', 'anna@acme.example')}</adf>"
    assert [one.body for one in records(written(tmp_path, "lead.adf", text))] == [text.encode()]


def test_a_mail_that_is_no_lead_is_ignored_with_a_code():
    mail = MAIL_TEXT.replace(b"Subject", b"Auto-Submitted: auto-replied\nSubject")
    with pytest.raises(Ignored) as told:
        document_names({"content-type": MAIL}, mail)
    assert told.value.code
    assert told.value.reason


@pytest.mark.parametrize(
    ("kind", "body"), [(CARD, b"BEGIN:VCARD\nEND:VCARD\n"), (ADF, b"<adf><prospect></prospect></adf>"), ("image/png", b"\x89PNG")]
)
def test_what_names_nobody_can_not_be_read(kind: str, body: bytes):
    with pytest.raises(Unreadable):
        document_names({"content-type": kind}, body)


def test_a_file_that_can_not_be_opened_is_said_so(tmp_path: Path):
    with pytest.raises(UnreadableFile, match=r"gone\.eml"):
        open_document(tmp_path / "gone.eml", CONTEXT)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"From anna@acme.example Mon Nov  2 10:00:00 2026", b"From bert@acme.example Tue Nov  3 10:00:00 2026"),
        (b"From - Mon Nov  2 10:00:00 2026", b"From - Tue Nov  3 10:00:00 2026"),
        (b"From anna@acme.example 2026-11-02T10:00:00Z", b"From bert@acme.example 2026-11-03T10:00:00Z"),
        (b"From nobody", b"From nobody"),
        (b"\xef\xbb\xbfFrom - Mon Nov  2 10:00:00 2026", b"From - Tue Nov  3 10:00:00 2026"),
        (b"\n\nFrom - Mon Nov  2 10:00:00 2026", b"From - Tue Nov  3 10:00:00 2026"),
    ],
)
@pytest.mark.parametrize("gap", [b"", b"\n", b"\n\n"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_no_mail_of_an_mbox_is_lost_whatever_stands_between_its_mails(
    tmp_path: Path, first: bytes, second: bytes, gap: bytes, end: bytes
):
    mbox = first + b"\n" + MAIL_TEXT + gap + second + b"\n" + REPLY_TEXT
    found = records(written(tmp_path, "all.mbox", mbox.replace(b"\n", end)))
    assert [mail_key(one.body)[0] for one in found] == [mail_key(MAIL_TEXT)[0], mail_key(REPLY_TEXT)[0]]


def test_words_of_a_mail_that_begin_with_from_split_no_mail(tmp_path: Path):
    body = b"""
From my side that is all.
Note: from Mon Nov 2 we are closed.

From Anna we heard this:
From: is a header, we know.
From Berlin with love
"""
    for first in (b"From anna@acme.example Mon Nov  2 10:00:00 2026\n", b"From nobody\n"):
        assert [one.body for one in records(written(tmp_path, "all.mbox", first + MAIL_TEXT + body))] == [MAIL_TEXT + body]


def test_an_mbox_that_ends_in_the_middle_of_a_mail_keeps_what_there_is(tmp_path: Path):
    whole = b"From - Mon Nov  2 10:00:00 2026\n" + MAIL_TEXT + b"\nFrom - Tue Nov  3 10:00:00 2026\n" + REPLY_TEXT
    found = records(written(tmp_path, "all.mbox", whole[: whole.rindex(b"Message-ID: ") + 9]))
    assert [document_names({"content-type": MAIL}, one.body)["person.email"] for one in found] == [
        "anna@acme.example",
        "bert@acme.example",
    ]


def test_a_note_that_speaks_of_cards_swallows_no_card(tmp_path: Path):
    other = CARD_TEXT.replace(b"FN:", b"NOTE:each card is between BEGIN:VCARD and END:VCARD\r\nNOTE:write BEGIN:VCARD\r\nFN:")
    found = records(written(tmp_path, "cards.vcf", other + CARD_TEXT.replace(b"Anna", b"Bert")))
    assert [document_names({"content-type": CARD}, one.body)["person.first_name"] for one in found] == ["Anna", "Bert"]


def test_cards_whose_lines_end_as_on_old_macs_are_read(tmp_path: Path):
    cards = (CARD_TEXT + CARD_TEXT.replace(b"Anna", b"Bert")).replace(b"\r\n", b"\r")
    found = records(written(tmp_path, "cards.vcf", cards))
    assert [document_names({"content-type": CARD}, one.body)["person.first_name"] for one in found] == ["Anna", "Bert"]
