"""How bodies become literal input names."""

from __future__ import annotations

import json
import time
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources import Unreadable
from connectors.webform.bodies import read_names
from connectors.webform.names import MAX_DEPTH, MAX_NAME_LENGTH, MAX_NAMES, NameGatherer, flat_names, form_name

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
TYPES = ["application/json", FORM["content-type"], "multipart/form-data; boundary=x", "text/plain", "application/xml", ""]
PAYLOADS = Path(__file__).parents[3].parent / "shared" / "data" / "payloads"


def multipart(*parts: tuple[str, bytes], boundary: str = "xyz") -> tuple[dict[str, str], bytes]:
    body = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary.encode(), head.encode(), content) for head, content in parts)
    return {"content-type": f"multipart/form-data; boundary={boundary}"}, body + b"--%b--\r\n" % boundary.encode()


def field(name: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"'


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"email": "a@b.example"}', {"email": "a@b.example"}),
        (b'{"a": {"b": {"c": "x"}}}', {"a.b.c": "x"}),
        (b'{"a": ["x", "y"]}', {"a": ("x", "y")}),
        (b'{"a": ["x"]}', {"a": "x"}),
        (b'{"a": [{"q": "1"}, {"q": "2"}]}', {"a.0.q": "1", "a.1.q": "2"}),
        (b'{"a": ["x", {"q": "2"}, ["y", "z"]]}', {"a": "x", "a.1.q": "2", "a.2": ("y", "z")}),
        (b'{"n": 1.10, "big": 12345678901234567890123, "e": 1E5, "neg": -0}', {"n": "1.10", "big": "12345678901234567890123",
                                                                            "e": "1E5", "neg": "-0"}),
        (b'{"t": true, "f": false, "n": null, "e": "", "o": {}, "l": [], "ln": [null]}', {"t": "true", "f": "false", "e": ""}),
        (b'\xef\xbb\xbf{"a": "x"}', {"a": "x"}),
        ('{"a": "ü"}'.encode("utf-16"), {"a": "ü"}),
        ('{"a": "ü"}'.encode("latin-1"), {"a": "ü"}),
        (b'{"a": "1", "a": "2"}', {"a": ("1", "2")}),
        (b'{"a.b": "1", "a": {"b": "2"}}', {"a.b": ("1", "2")}),
        (b'{"a": "\\ud800x", "b": "\\ud83d\\ude00"}', {"a": "\ufffdx", "b": "\U0001f600"}),
        (b'{"a\\u0000": "x\\u0000y"}', {"a": "xy"}),
        (b'{"a": "line\nline"}', {"a": "line\nline"}),
        (b'{"a": NaN}', {"a": "NaN"}),
    ],
)  # fmt: skip
def test_json_becomes_joined_names_with_literal_values(body, names):
    assert read_names(JSON, body) == names


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"a=1&b=two+words&c=%C3%BC", {"a": "1", "b": "two words", "c": "ü"}),
        (b"fields[email][value]=x&meta%5Bpage_url%5D%5Bvalue%5D=y", {"fields.email.value": "x", "meta.page_url.value": "y"}),
        (b"a[]=1&a[]=2", {"a": ("1", "2")}),
        (b"a=1&a=2&a=3", {"a": ("1", "2", "3")}),
        (b"a[0][b]=1&a[1][b]=2", {"a.0.b": "1", "a.1.b": "2"}),
        (b"a%5Bb=1&%5Ba%5D=2&a%5Bb%5Dc=3", {"a[b": "1", "[a]": "2", "a[b]c": "3"}),
        (b"name=M%FCller", {"name": "Müller"}),
        (b"name=M%81ller", {"name": "M\ufffdller"}),
        (b"_charset_=windows-1251&name=%CF%F0", {"_charset_": "windows-1251", "name": "Пр"}),
        (b"a=1=2&b&&c=", {"a": "1=2", "b": "", "c": ""}),
        (b"a=100%&b=%zz", {"a": "100%", "b": "%zz"}),
        (b"a=1\r\n", {"a": "1"}),
        (b"a=x%00y", {"a": "xy"}),
        (b'{"email": "x"}', {"email": "x"}),
    ],
)
def test_encoded_forms_become_the_same_names_as_json(body, names):
    assert read_names(FORM, body) == names


def test_the_declared_character_set_of_a_form_is_used():
    headers = {"content-type": "application/x-www-form-urlencoded; charset=ISO-8859-15"}
    assert read_names(headers, b"price=%A4") == {"price": "€"}


def test_an_unknown_character_set_falls_back_to_utf8():
    headers = {"content-type": 'application/x-www-form-urlencoded; charset="unicode_escape"'}
    assert read_names(headers, b"a=%5Cu0041") == {"a": "\\u0041"}


def test_multipart_fields_and_files_become_names():
    headers, body = multipart(
        (field("email"), b"a@b.example"),
        (field("fields[phone][value]"), b"030 1"),
        (field("cv") + '; filename="cv.pdf"\r\nContent-Type: application/pdf', b"%PDF-1.7 not kept"),
        (field("photo") + '; filename=""\r\nContent-Type: application/octet-stream', b""),
        (field("Gr\u00f6\u00dfe %22cm%22"), b"180"),
    )
    assert read_names(headers, body) == {
        "email": "a@b.example",
        "fields.phone.value": "030 1",
        "cv.filename": "cv.pdf",
        "cv.type": "application/pdf",
        "cv.size": "17",
        'Größe "cm"': "180",
    }


def test_multipart_of_a_real_client_is_read():
    request = httpx.Request("POST", "http://x", data={"a": ["1", "2"]}, files={"cv": ("ü.pdf", b"123", "application/pdf")})
    names = read_names(dict(request.headers), request.read())
    assert names == {"a": ("1", "2"), "cv.filename": "ü.pdf", "cv.type": "application/pdf", "cv.size": "3"}


@pytest.mark.parametrize(
    ("head", "content", "value"),
    [
        (field("n") + "\r\nContent-Transfer-Encoding: base64", b"TcO8bGxlcg==", "Müller"),
        (field("n") + "\r\nContent-Transfer-Encoding: quoted-printable", b"M=C3=BCller", "Müller"),
        (field("n") + "\r\nContent-Type: text/plain; charset=windows-1251", b"\xcf\xf0", "Пр"),
        (field("n"), b"M\xfcller", "Müller"),
    ],
)
def test_multipart_transfer_encodings_and_character_sets_are_undone(head, content, value):
    headers, body = multipart((head, content))
    assert read_names(headers, body) == {"n": value}


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        (JSON, b"", "empty_body"),
        (JSON, b" \n", "empty_body"),
        (JSON, b'{"a": ', "invalid_json"),
        (JSON, b'["a"]', "not_an_object"),
        (JSON, b'"a"', "not_an_object"),
        (JSON, b"{}", "no_fields"),
        (JSON, b'{"a": null}', "no_fields"),
        (FORM, b"&&", "no_fields"),
        (JSON, b"[" * 100_000, "too_deep"),
        (JSON, b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "too_deep"),
        (JSON, b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "too_deep"),
        (JSON, json.dumps({f"k{n}": n for n in range(100_000)}).encode(), "too_many_names"),
        (JSON, b'{"a":[' + b"1," * 100_000 + b"1]}", "too_many_values"),
        (JSON, b'{"a":[' + b"[]," * 600_000 + b"1]}", "too_many_values"),
        (JSON, b'{"%b": 1}' % (b"k" * (MAX_NAME_LENGTH + 1)), "name_too_long"),
        (JSON, b'{"%b": {%b "b": 1}}' % (b"k" * 500_000, b'"a": {},' * 100_000), "name_too_long"),
        (FORM, b"&".join(b"k%d=1" % n for n in range(5_000)), "too_many_names"),
        (FORM, b"a=1&" * 100_000, "too_many_values"),
        (FORM, b"a" + b"[b]" * 100 + b"=1", "too_deep"),
        (FORM, b"a" + b"[" * 900_000 + b"=1", "name_too_long"),
        ({"content-type": "text/html"}, b"<adf/>", "unsupported_type"),
        ({}, b"a=1", "unsupported_type"),
        ({"content-type": "application/json", "content-encoding": "gzip"}, b"\x1f\x8b", "unsupported_type"),
        ({"content-type": "multipart/form-data"}, b"--x--", "invalid_multipart"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"a=1", "invalid_multipart"),
        ({"content-type": "multipart/form-data; boundary=x"}, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nhal',
         "invalid_multipart"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x\r\nContent-Disposition: attachment\r\n\r\na\r\n--x--\r\n",
         "invalid_multipart"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x\r\n" + b"A: b\r\n" * 10_000 + b"\r\n\r\n--x--\r\n",
         "invalid_multipart"),
        ({"content-type": "multipart/form-data; boundary=x"},
         b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 20_000,
         "too_many_values"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_refused_quickly_with_a_sentence(headers, body, code):
    began = time.process_time()
    with pytest.raises(Unreadable) as refused:
        read_names(headers, body)
    assert time.process_time() - began < 2
    assert refused.value.problem.code == code
    assert len(refused.value.problem.message) > 20


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/vnd.x+json",
        "text/json",
        "text/plain",
        "",
        "text/plain;x",
    ],
)
def test_json_is_recognised_under_every_type_that_senders_give_it(content_type):
    assert read_names({"content-type": content_type}, b' {"a": "x"}') == {"a": "x"}


def test_a_form_as_large_as_allowed_is_still_read():
    names = {f"field_{number}": "x" for number in range(MAX_NAMES)}
    assert read_names(FORM, urlencode(names).encode()) == names
    assert read_names(JSON, json.dumps(names).encode()) == names


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=30), min_size=1, max_size=8))
def test_json_form_and_multipart_agree(names):
    names = {name.replace("\x00", "_"): value.replace("\x00", "_") for name, value in names.items()}
    expected = {form_name(name): value for name, value in names.items()}
    if len(expected) != len(names) or "_charset_" in names:
        return
    assert read_names(FORM, urlencode(names).encode()) == expected
    assert read_names(JSON, json.dumps(expected).encode()) == expected


def test_names_survive_a_multipart_round_trip_of_a_browserlike_client():
    names = {"E-Mail": "a@b.example", "Größe": "1,80 m", "Fragen & Wünsche": "zwei\r\nZeilen"}
    parts = [(field(name), value.encode()) for name, value in names.items()]
    assert read_names(*multipart(*parts)) == names


PIECES = st.text(st.sampled_from("ab\x00\ud83d\ude00ü"), max_size=4)


@given(st.lists(st.tuples(PIECES, st.one_of(PIECES, st.booleans(), st.none())), max_size=5).map(tuple))
def test_names_that_need_no_closer_look_are_those_that_the_closer_look_finds(pairs):
    gatherer = NameGatherer()
    for name, value in pairs:
        gatherer.add(name, value) if isinstance(value, str) else gatherer.step(name)
    flat = flat_names(pairs)
    assert flat is None or flat == gatherer.names()


@given(st.binary(max_size=400), st.sampled_from(TYPES))
def test_arbitrary_bytes_are_read_or_refused_and_always_storable(body, content_type):
    for sent in (body, b"--x\r\n" + body + b"\r\n--x--\r\n", b'{"a": "' + body + b'"}'):
        try:
            names = read_names({"content-type": content_type}, sent)
        except Unreadable:
            continue
        for name, value in names.items():
            text = name + "".join(value)
            assert "\x00" not in text
            text.encode("utf-8")


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the shared sample payloads are not here")
@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_payload_is_read(path):
    document = json.loads(path.read_bytes())
    if not isinstance(document, dict):
        document = {"samples": document}
    if "_fields" in document:
        fields = document["_fields"]
        names = read_names(FORM, urlencode(fields).encode())
        assert names == {form_name(name): value for name, value in fields.items()}
    elif "_parts" in document:
        names = read_names(*multipart(*[(field(name), value.encode()) for name, value in document["_parts"].items()]))
        assert names == document["_parts"]
    else:
        assert read_names(JSON, path.read_bytes() if isinstance(document, dict) else b"")
