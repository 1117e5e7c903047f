"""Under which key a mail is kept."""

import hashlib
import time

from hypothesis import given
from hypothesis import strategies as st

from core.mail.keys import mail_key

MAIL = b"From: anna@acme.example\r\nMessage-ID: <one@acme.example>\r\nSubject: Hello\r\n\r\nA question\r\nof mine\r\n"


def test_the_key_is_the_message_id_and_a_hash_of_the_body():
    key, repeats = mail_key(MAIL)
    assert repeats == "mid:one@acme.example:"
    assert key == repeats + hashlib.sha256(b"A question\nof mine").hexdigest()[:16]


def test_another_body_under_one_message_id_has_another_key_with_the_same_beginning():
    (first, begin), (second, other_begin) = mail_key(MAIL), mail_key(MAIL.replace(b"mine", b"yours"))
    assert first != second
    assert begin == other_begin
    assert second.startswith(begin)


def test_other_headers_do_not_change_the_key():
    assert mail_key(b"Received: from elsewhere\r\n" + MAIL) == mail_key(MAIL)


def test_line_endings_and_blank_lines_at_the_end_do_not_change_the_key():
    assert mail_key(MAIL.replace(b"\r\n", b"\n") + b"\n\n") == mail_key(MAIL)
    bare = MAIL.replace(b"Message-ID: <one@acme.example>\r\n", b"")
    assert mail_key(bare.replace(b"\r\n", b"\n") + b"\n") == mail_key(bare)


def test_a_mail_without_message_id_is_known_by_all_of_it():
    bare = MAIL.replace(b"Message-ID: <one@acme.example>\r\n", b"")
    key, repeats = mail_key(bare)
    assert key.startswith("sha256:")
    assert repeats == ""
    assert mail_key(b"X-Mark: 1\r\n" + bare)[0] != key


def test_a_message_id_in_the_body_is_none():
    assert mail_key(b"Subject: x\n\nMessage-ID: <quoted@acme.example>\n")[1] == ""


def test_a_folded_message_id_is_read_whole():
    assert mail_key(b"Message-Id:\r\n <folded@acme.example>\r\n\r\nx")[1] == "mid:folded@acme.example:"


def test_a_message_id_without_angle_brackets_is_taken_as_it_stands():
    assert mail_key(b"Message-Id: bare@acme.example\n\nx")[1] == "mid:bare@acme.example:"


def test_hostile_message_ids_give_short_plain_keys():
    for hostile in (b"<" + b"a" * 10_000 + b"@x>", b"<a:b@x>", b"<\xff\xfe@x>", b"<a\x00b@x>"):
        key, begin = mail_key(b"Message-ID: " + hostile + b"\n\nx")
        assert len(key) < 120
        assert key.isprintable()
        assert begin.count(":") == 2


def test_an_empty_message_id_counts_as_none():
    assert mail_key(b"Message-ID: <>\n\nx")[1] == ""
    assert mail_key(b"Message-ID:\nSubject: x\n\nx")[1] == ""


def test_megabytes_of_headers_do_not_take_long():
    started = time.perf_counter()
    mail_key(b"Message-ID:\n " * 400_000)
    mail_key(b"Message-ID" * 400_000)
    assert time.perf_counter() - started < 2


@given(st.binary(max_size=400))
def test_any_bytes_have_a_key(raw):
    key, begin = mail_key(raw)
    assert key.startswith(begin or "sha256:")
