"""Mails are read within bounds, whatever their bytes are."""

# ruff: noqa: E501 -- mails are easier to read in one line each

from __future__ import annotations

import base64
import random
import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail.decoding import codec_of, decode_text, decode_transfer
from core.mail.headers import addresses, file_name, sent_at
from core.mail.message import Address, MailOptions, ParsedMail
from core.mail.parsing import parse_mail
from core.mail.reading import read_mail
from core.mail.text import html_to_text


def parsed(head: str, body: str = "Hello") -> ParsedMail:
    return parse_mail(f"{head}\n\n{body}".encode())


@pytest.mark.parametrize(("value", "wanted"), [
    ("Anna Beispiel <anna@example.org>", [("anna@example.org", "Anna Beispiel")]),
    ('"Beispiel, Anna" <anna@example.org>, bob@example.org', [("anna@example.org", "Beispiel, Anna"), ("bob@example.org", "")]),
    ("Beispiel, Anna <anna@example.org>", [("anna@example.org", "Beispiel, Anna")]),
    ("anna@example.org (Anna Beispiel)", [("anna@example.org", "Anna Beispiel")]),
    ("Team: a@example.org, b@example.org;, c@example.org", [("a@example.org", ""), ("b@example.org", ""), ("c@example.org", "")]),
    ("undisclosed-recipients:;", []), ("<@relay.example:mary@example.org>", [("mary@example.org", "")]),
    ("=?utf-8?Q?Weber=2C_J=C3=BCrgen?= <j@example.org>", [("j@example.org", "Weber, Jürgen")]),
    ("=?utf-8?B?SsO8cmdlbiA8akBleGFtcGxlLm9yZz4=?=", [("j@example.org", "Jürgen")]), ("Nobody", [("", "Nobody")]), ("", []),
    ("mailto:anna@example.org", [("anna@example.org", "")]), ('"a@example.org" <a@example.org>', [("a@example.org", "a@example.org")]),
    ('"Anna \\"Ann\\" B" <a@example.org>', [("a@example.org", 'Anna "Ann" B')]), ("Anna < anna @ example.org >", [("anna@example.org", "Anna")]),
])  # fmt: skip
def test_addresses_are_read_as_people_and_programs_write_them(value: str, wanted: list[tuple[str, str]]) -> None:
    assert addresses(value) == tuple(Address(email, name) for email, name in wanted)


@pytest.mark.parametrize(("value", "wanted"), [
    ("=?utf-8?Q?Caf=C3=A9?=", "Café"), ("=?UTF-8?B?5Y+W?= =?UTF-8?B?5b6X?=", "取得"), ("=?utf-8?Q?=E6=BC?= =?utf-8?Q?=A2?=", "漢"),
    ("Re: =?iso-8859-1?q?Gr=FC=DFe?= an alle", "Re: Grüße an alle"), ("=?iso-2022-jp?B?GyRCOCtALRsoQg==?=", "見性"), ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
    ("=?gb2312?B?xOO6ww==?=", "你好"), ("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"), ("=?no-such-set?Q?abc?=", "abc"), ("=?utf-8?B?!!!?=", "!!!"),
    ("=?utf-8?Q?broken", "=?utf-8?Q?broken"), ("=?utf-8?X?x?=", "=?utf-8?X?x?="), ("=?utf-8?Q?Really??=", "Really?"), ("=?utf-8?Q?a b?=", "a b"),
])  # fmt: skip
def test_encoded_words_are_decoded_and_broken_ones_left(value: str, wanted: str) -> None:
    assert parsed(f"Subject: {value}").subject == wanted


@pytest.mark.parametrize(("raw", "wanted"), [
    ("Grüße".encode(), "Grüße"), ("Grüße".encode("latin-1"), "Grüße"), ("見積".encode("iso2022_jp"), "見積"),
])  # fmt: skip
def test_raw_headers_are_read_as_utf_8_or_what_they_are(raw: bytes, wanted: str) -> None:
    assert parse_mail(b"Subject: " + raw + b"\n\nx").subject == wanted


def test_raw_header_in_the_set_of_the_body_is_read_in_it() -> None:
    raw = "Subject: 你好\nContent-Type: text/plain; charset=gb2312\n\n你好".encode("gbk")
    mail = parse_mail(raw)
    assert (mail.subject, mail.text) == ("你好", "你好")


@pytest.mark.parametrize(("charset", "text"), [
    ("gbk", "你好"), ("x-gbk", "你好"), ("iso-2022-jp", "見積もり"), ("koi8-r", "Привет"), ("windows-1251", "Привет"), ("ks_c_5601-1987", "스티해"), ("big5", "您好"),
    ("shift_jis", "見積"), ("utf-16", "Grüße"), ("utf-7", "Grüße"), ("iso-8859-15", "10 €"), ("macintosh", "Grüße"), ("utf-8", "😀"), ("tis-620", "สวัสดี"),
])  # fmt: skip
def test_text_is_read_in_the_character_set_that_it_names(charset: str, text: str) -> None:
    assert decode_text(text.encode(codec_of(charset)), charset) == text


def test_unknown_or_wrong_character_sets_do_their_best() -> None:
    assert decode_text("Grüße".encode(), "no-such-set") == "Grüße"
    assert decode_text("Grüße".encode("cp1252"), "utf-8") == "Grüße"
    assert decode_text("Grüße".encode(), "us-ascii") == "Grüße"
    assert decode_text(b"a\x00b\x01c\r\nd\re") == "abc\nd\ne"
    for name in ("zlib", "base64", "rot13", "idna", "undefined", "unicode_escape", "hex", "'; drop", "a" * 500):
        assert decode_text(b"\\u0041bc", name) == "\\u0041bc"


def test_broken_transfer_encodings_do_their_best() -> None:
    assert decode_transfer(b"SGVsbG8", "base64") == b"Hello"
    assert decode_transfer(b"SGVs\nbG8=\n\n--garbage", "base64; x").startswith(b"Hello")
    assert decode_transfer(b"This is no base64 at all, sorry for that", "base64") == b"This is no base64 at all, sorry for that"
    assert decode_transfer(b"Gr=C3=BC=\n=C3=9Fe =ZZ", "quoted printable") == "Grüße =ZZ".encode()
    assert decode_transfer(b"begin 644 x\n#86)C\n`\nend", "x-uuencode") == b"abc"
    assert decode_transfer(b"abc", "foobar") == b"abc"


MIXED = """MIME-Version: 1.0
From: Anna <anna@example.org>
Content-Type: multipart/mixed; boundary="o"

preamble
--o
Content-Type: multipart/alternative; boundary="i"

--i
Content-Type: text/plain; charset=utf-8

{plain}
--i
Content-Type: text/html; charset=utf-8

<p>The <b>real</b> text</p>
--i--
--o
Content-Type: application/pdf; name="=?utf-8?B?QW5nZWJvdC5wZGY=?="
Content-Disposition: attachment
Content-Transfer-Encoding: base64

JVBERg==
--o--
"""


@pytest.mark.parametrize(("plain", "wanted"), [
    ("Plain text", "Plain text"), ("", "The real text"), ("  \n ", "The real text"), ("Your mail client does not support HTML messages.", "The real text"),
    ("Ihr E-Mail-Programm kann keine HTML-Mails anzeigen.", "The real text"), ("This is a multi-part message in MIME format.", "The real text"),
])  # fmt: skip
def test_plain_text_is_preferred_unless_it_says_nothing(plain: str, wanted: str) -> None:
    mail = parse_mail(MIXED.replace("{plain}", plain).encode())
    assert mail.text == wanted
    assert mail.html == "<p>The <b>real</b> text</p>"
    assert [(one.name, one.media_type, one.size) for one in mail.attachments] == [("Angebot.pdf", "application/pdf", 4)]


@pytest.mark.parametrize("cut", range(0, 900, 7))
def test_mail_that_was_kept_only_in_part_is_read_as_far_as_it_goes(cut: int) -> None:
    whole = MIXED.replace("{plain}", "Plain text").encode()
    raw = whole[:cut]
    mail = parse_mail(raw)
    check(mail)
    assert mail.raw_size == len(raw)
    if cut > whole.index(b"anna@example.org>") + 20:
        assert mail.senders[0].email == "anna@example.org"
    if cut > whole.index(b"Plain text") + 10:
        assert mail.text.startswith("Plain text")


@pytest.mark.parametrize(("name", "wanted"), [
    ("../../etc/passwd", "passwd"), ("C:\\temp\\offer.pdf", "offer.pdf"), ("php://input", "input"), ("a\u202efdp.exe", "afdp.exe"), ("con.txt", "_con.txt"), ("NUL", "_NUL"),
    ("a\x00b\r\n.txt", "ab.txt"), ("..", "attachment"), ("", "attachment"), (".htaccess", "htaccess"), ("a<b>|c?.txt", "a_b__c_.txt"), ("Grüße 1.pdf", "Grüße 1.pdf"), ("lpt1", "_lpt1"),
])  # fmt: skip
def test_attachment_names_are_safe_as_file_names(name: str, wanted: str) -> None:
    assert file_name(name) == wanted


@given(st.text(max_size=400))
def test_file_name_is_always_one_short_component(name: str) -> None:
    safe = file_name(name)
    assert safe
    assert len(safe.encode()) <= 120
    assert not set(safe) & set('/\\<>:"|?*\x00\n')
    assert file_name(safe) == safe


def test_parameters_of_rfc_2231_are_put_together() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*1*=%C3%A4ge.pdf; filename*0*=utf-8'de'Auftr\n\nx\n--x--"
    assert parse_mail(raw).attachments[0].name == "Aufträge.pdf"


def test_enclosed_mails_cards_and_documents_are_kept() -> None:
    message = EmailMessage()
    message["From"] = "anna@example.org"
    message.set_content("See enclosed")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "Bob <bob@example.org>", "Quote"
    inner.set_content("Five chairs")
    message.add_attachment(inner)
    message.add_attachment("BEGIN:VCARD\nFN:Bob\nEND:VCARD\n", subtype="vcard", filename="bob.vcf")
    message.add_attachment(
        b"<?xml version='1.0' encoding='iso-8859-1'?><adf>Gr\xfc\xdfe</adf>",
        maintype="application",
        subtype="x-adf+xml",
        filename="lead.xml",
    )
    mail = parse_mail(message.as_bytes())
    assert mail.text == "See enclosed"
    assert [(one.subject, one.text, one.senders[0].email) for one in mail.embedded] == [
        ("Quote", "Five chairs", "bob@example.org")
    ]
    assert mail.cards[0].startswith("BEGIN:VCARD")
    assert "Grüße" in mail.documents[0]


def test_flowed_text_has_its_paragraphs_in_one_line() -> None:
    head = "Content-Type: text/plain; charset=utf-8; format=flowed"
    assert (
        parsed(head, "One long \nparagraph.\n\n> quoted \n> too\nEnd\n-- \nAnna").text
        == "One long paragraph.\n\n> quoted too\nEnd\n-- \nAnna"
    )
    assert parsed(head + "; delsp=yes", "自動 \n返信").text == "自動返信"


@pytest.mark.parametrize(("date", "wanted"), [
    ("Mon, 02 Nov 2026 09:14:00 +0100", 1_793_607_240_000), ("2 Nov 2026 08:14:00 GMT", 1_793_607_240_000), ("Mon, 2 Nov 2026 08:14:00 (comment)", 1_793_607_240_000),
    ("Mon, 2 Nov 2026 09:14:00 GMT+1", 1_793_607_240_000), ("2026-11-02T09:14:00+01:00", 1_793_607_240_000), ("Mon, 2 Nov 2026 08:14:00 Uhr", 1_793_607_240_000),
    ("yesterday", None), ("", None), ("Mon, 99 Nov 2026 99:99:99 +0000", None), ("Mon, 2 Nov 99999 08:14:00 +0000", None),
])  # fmt: skip
def test_dates_are_read_also_with_broken_zones(date: str, wanted: int | None) -> None:
    assert sent_at(date) == wanted


def test_ids_are_read_with_and_without_brackets_and_with_comments() -> None:
    mail = parsed(
        'Message-ID: abc@example.org\nIn-Reply-To: Your message of "Mon" <one@example.org>\nReferences: <zero@example.org>\n <one@example.org> (x)\n\t<two@example.org>'
    )
    assert mail.message_id == "abc@example.org"
    assert mail.in_reply_to == ("one@example.org", "two@example.org", "zero@example.org")


@pytest.mark.parametrize(
    "head",
    [
        "From anna@example.org Mon Nov  2 09:14:00 2026\nSubject: x",
        "\n\r\n  \nSubject: x",
        ">From anna Mon Nov\nSubject: x",
        "\ufeffSubject: x",
    ],
)
def test_lines_before_the_headers_are_passed_over(head: str) -> None:
    mail = parsed(head)
    assert (mail.subject, mail.text) == ("x", "Hello")


def test_text_without_any_header_is_text_and_a_missing_blank_line_is_found() -> None:
    assert parse_mail(b"just some words\nand more").text == "just some words\nand more"
    mail = parse_mail(b"Subject: x\nFrom: a@example.org\nHello there\nhow are you")
    assert (mail.subject, mail.text) == ("x", "Hello there\nhow are you")


def test_html_keeps_lines_and_cells_and_marks_quotes() -> None:
    html = "<style>p{}</style><p>Hi<br>you</p><table><tr><td>Name</td><td>A &amp; B</td></tr><tr><td>Mail</td><td>a@example.org</td></tr></table><script>x()</script><blockquote>old<br>text</blockquote><div>end <a href='https://example.org'>link</a></div>"
    assert html_to_text(html) == "Hi\nyou\n\nName\tA & B\nMail\ta@example.org\n> old\n> text\n>\nend link"


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (at, at) for at in range(5_000))
DEEP = b"From: a@b.example\n\n" + b"y\n" * 1_500_000
for _at in range(60):
    DEEP = b"Content-Type: multipart/mixed; boundary=q%d\n\n--q%d\n" % (_at, _at) + DEEP + b"\n--q%d--\n" % _at
HOSTILE = {
    "4,000 addresses": b"To: " + b", ".join(b"Some One <a%d@example.org>" % at for at in range(4_000)) + b"\n\nhi",
    "10,000 encoded words": b"Subject: " + b"\n ".join(b"=?utf-8?Q?w=C3=A9%d?=" % at for at in range(10_000)) + b"\n\nhi",
    "multiparts 5,000 deep": NESTED + b"\nhi", "mails 5,000 deep": b"Content-Type: message/rfc822\n\n" * 5_000, "3 MB nested": DEEP,
    "a line of megabytes": b"Subject: " + b"a " * 1_000_000 + b"\n\n" + b"x" * 4_000_000, "a header of many lines": b"Subject: " + b"\n a" * 1_000_000 + b"\n\nx",
    "a million headers": b"a:b\n" * 1_000_000 + b"\nx", "a million parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n" * 1_000_000,
    "div within div": b"Content-Type: text/html\n\n" + b"<div>" * 300_000, "fonts": b"Content-Type: text/html\n\n" + b"".join(b"<font color=%d>" % at for at in range(2_000)) + b"<p>x" * 100_000,
    "quotes": b"From: " + b'"(' * 100_000 + b"\n\nx", "references": b"References: " + b"a" * 100_000 + b"\n\nx", "words without end": b"Subject: " + b"=?u?q?" * 3_000 + b"\n\nx",
    "parameters": b"Content-Type: text/plain" + b'; a="b' * 10_000 + b"\n\nx",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_within_bounds(name: str) -> None:
    began = time.process_time()
    mail = parse_mail(HOSTILE[name])
    assert time.process_time() - began < 4
    assert len(mail.text) <= 2_000_000
    assert len(mail.to) <= 50
    assert sum(len(text) for texts in mail.headers.values() for text in texts) <= 210_000


def test_what_was_cut_off_is_said() -> None:
    assert "addresses" in parse_mail(HOSTILE["4,000 addresses"]).shortened
    assert "nesting" in parse_mail(HOSTILE["multiparts 5,000 deep"]).shortened
    assert "parts" in parse_mail(HOSTILE["a million parts"]).shortened
    assert "text" in parse_mail(HOSTILE["a line of megabytes"]).shortened
    assert parsed("Subject: x").shortened == ()


def check(mail: ParsedMail) -> None:
    for text in (mail.text, mail.html, mail.subject, mail.message_id, *mail.cards, *mail.documents):
        text.encode("utf-8")
        assert "\x00" not in text
    for texts in mail.headers.values():
        assert all("\n" not in text and "\x00" not in text for text in texts)
    for inner in mail.embedded:
        check(inner)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    check(parse_mail(raw))


PIECES = [
    b"=?utf-8?B?", b"?=", b"\x00", b"\r", b"\n", b"\n\n", b"--o", b"--i--", b"boundary=", b"charset=", b";", b'"', b"<", b">", b"\xff\xfe", b"Content-Type: multipart/mixed; boundary=a\n\n--a\n",
    b"\x1b$B", b"base64", b"utf-7", b"+2AA-", b"zlib", b"punycode", b"<div>", b"message/rfc822", b"From: ", b"Date: Mon, 99", base64.b64encode(b"x" * 99), b"application/xml", b"text/vcard",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_mutated_mails_are_read(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        raw = bytearray(MIXED.replace("{plain}", "Plain text").encode())
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(raw) + 1)
            match chance.randrange(3):
                case 0:
                    raw[at:at] = chance.choice(PIECES)
                case 1:
                    del raw[at : at + chance.randint(1, 60)]
                case _:
                    raw[at:at] = bytes([chance.randrange(256)])
        check(parse_mail(bytes(raw)))


def test_a_word_that_never_ends_is_cut_and_costs_no_time() -> None:
    raw = b"From: a@b.example\nSubject: hello\n\nPlease call me.\n" + b"x" * 500_000 + b"\nKim\n"
    began = time.perf_counter()
    mail = read_mail(raw, MailOptions()).mail
    assert mail is not None
    assert time.perf_counter() - began < 5
    assert mail.text.startswith("Please call me.")
    assert mail.text.endswith("Kim")
    assert len(mail.text) < 2_000


def test_a_text_signed_in_the_clear_is_read_as_it_was_written() -> None:
    armored = (
        b"From: a@b.example\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHow much?\n- -- \nZed\n"
        b"-----BEGIN PGP SIGNATURE-----\n\niQEzBAEB\n=abcd\n-----END PGP SIGNATURE-----\n"
    )
    assert parse_mail(armored).text.strip() == "How much?\n-- \nZed"
    assert "not closed" in parse_mail(armored[:60] + b"\n\nnot closed").text


def test_an_address_in_too_many_brackets_is_read() -> None:
    assert parse_mail(b"From: <<sue@tarn.example>>\n\nx").senders[0].email == "sue@tarn.example"
