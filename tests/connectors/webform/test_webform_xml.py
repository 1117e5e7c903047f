"""XML bodies: ADF documents by their prospect, any other by its elements."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sources import Captured, Post, Refused, Unreadable
from connectors.webform.bodies import read_names
from connectors.webform.config import WebformConfig
from connectors.webform.source import WebformSource

XML, ADF = {"content-type": "application/xml"}, {"content-type": "application/x-adf+xml"}
PROSPECT = (
    '<?xml version="1.0"?><?ADF VERSION="1.0"?><adf><prospect><id sequence="1" source="Portal">L-7</id>'
    "<vehicle><make>Example</make><model>Roadster</model></vehicle><customer><contact><name part='full'>Jürgen Weiß</name>"
    "<email>j@acme.example</email></contact><comments>Best price?</comments></customer>"
    "<vendor><contact><email>sales@motors.example</email></contact></vendor></prospect></adf>"
)


def source() -> WebformSource:
    return WebformSource("demo", WebformConfig.model_validate({"auth": "public", "origins": ["*"]}))


@pytest.mark.parametrize("kind", ["application/x-adf+xml", "application/xml", "text/xml; charset=utf-8", "text/plain", ""])
def test_an_adf_documents_prospect_is_read_by_the_names_of_lead_fields(kind: str):
    names = read_names({"content-type": kind} if kind else {}, PROSPECT.encode())
    assert names["person.full_name"] == "Jürgen Weiß"
    assert names["person.email"] == "j@acme.example"
    assert names["touch.message"] == "Best price?"
    assert names["interest.product"] == "Example Roadster"
    assert names["adf.vendor.contact.email"] == "sales@motors.example"


def test_a_prospects_id_is_the_posts_identity():
    taken = source().receive(Post(PROSPECT.encode(), ADF), frozenset())
    assert isinstance(taken, Captured)
    assert (taken.key, taken.is_content_key) == ("id:Portal:L-7", False)


def test_a_broken_adf_document_is_read_as_far_as_it_goes():
    broken = PROSPECT.replace("</adf>", "").replace("</vendor>", "").replace("Best price?", "Best <b>price & more")
    assert read_names(ADF, broken.encode())["person.email"] == "j@acme.example"


def test_any_other_xml_is_flattened_to_dotted_names_and_repeated_ones_keep_all_values():
    body = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><!-- a --><l:lead xmlns:l="urn:l" source="fair"><Name>J\xfcrgen</Name>'
        '<l:contact type="work"><email>a@b.example</email><email>c@d.example</email></l:contact>'
        "<note><![CDATA[5 < 6 & <b>]]></note><empty/></l:lead>"
    )
    assert read_names(XML, body.encode("latin-1")) == {
        "source": "fair", "Name": "Jürgen", "contact.type": "work", "contact.email": ("a@b.example", "c@d.example"),
        "note": "5 < 6 & <b>",
    }  # fmt: skip


def test_the_charset_of_the_header_goes_before_that_of_the_document():
    body = '<?xml version="1.0" encoding="utf-8"?><a><b>J\xfcrgen</b></a>'.encode("latin-1")
    assert read_names({"content-type": "text/xml; charset=iso-8859-1"}, body) == {"b": "Jürgen"}


@pytest.mark.parametrize(
    "begin",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">',
        '<!DOCTYPE a PUBLIC "-//a" "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>',
        "<!DOCTYPE a " + " " * 2_000 + 'SYSTEM "file:///etc/passwd">',
        '<?x <!-- ?><!DOCTYPE a [<!ENTITY x "y">]><?x --> ?>',
        '<!doctype a [<!entity a "aaaaaaaaaa"><!entity b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_type_definitions_and_entities_are_refused_with_a_sentence_and_kept(begin: str):
    answer = source().receive(Post(f"{begin}<a><b>&x;</b></a>".encode(), XML), frozenset())
    assert isinstance(answer, Refused)
    assert (answer.status, answer.keep) == (400, "rejected")
    assert answer.problem.code == "type_definition" or begin.startswith("<!doctype")
    assert len(answer.problem.message) > 20


def test_an_adf_document_with_a_type_definition_is_refused_too():
    body = '<!DOCTYPE adf SYSTEM "http://127.0.0.1/adf.dtd">' + PROSPECT.partition("?>")[2]
    answer = source().receive(Post(body.encode(), ADF), frozenset())
    assert isinstance(answer, Refused)
    assert (answer.status, answer.problem.code) == (400, "type_definition")


def test_a_bare_doctype_and_one_that_is_only_text_do_no_harm():
    assert read_names(XML, b"<!DOCTYPE a><a><b>x</b></a>") == {"b": "x"}
    text = "<!DOCTYPE x [<!ENTITY y SYSTEM 'z'>]>"
    assert read_names(XML, f"<a><b><![CDATA[{text}]]></b></a>".encode()) == {"b": text}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<a><b></a>", "invalid_xml"),
        (b"<a>&nbsp;</a>", "invalid_xml"),
        (b"no xml", "invalid_xml"),
        (b"<a/>", "no_fields"),
        (b"<adf><prospect><vendor/></prospect></adf>", "no_prospect"),
        (b"<a>" * 100_000, "too_deep"),
        (b"<a>" + b"<b>x</b>" * 100_000 + b"</a>", "too_many_values"),
        (b"<a>" + b"".join(b"<b%d>x</b%d>" % (n, n) for n in range(5_000)) + b"</a>", "too_many_names"),
        (b"<!--" * 400_000, "invalid_xml"),
        (b"<!DOCTYPE " * 200_000, "invalid_xml"),
        (b"<![CDATA[" * 200_000, "invalid_xml"),
    ],
)
def test_what_can_not_be_read_is_refused_quickly_with_a_sentence(body: bytes, code: str):
    began = time.process_time()
    with pytest.raises(Unreadable) as refused:
        read_names(XML, body)
    assert time.process_time() - began < 2
    assert refused.value.problem.code == code
    assert len(refused.value.problem.message) > 20


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes):
    try:
        assert read_names(XML, b"<a>" + body)
    except Unreadable as refused:
        assert refused.problem.message
