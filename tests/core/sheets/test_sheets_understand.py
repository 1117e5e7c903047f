"""How a table is laid out, found from its text."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from core.sheets.layout import Layout, NotATable, PinnedLayout, from_words, in_words
from core.sheets.understand import understand


def _layout(text: str | bytes, pinned: PinnedLayout | None = None) -> Layout:
    return understand(text.encode() if isinstance(text, str) else text, is_whole=True, pinned=pinned)


@pytest.mark.parametrize(
    ("text", "delimiter", "width"),
    [
        ("a,b\n1,2\n", ",", 2),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", 2),
        ("name\temail\nDoe, Jane\tj@x.org\nRoe; Max\tm@x.org\n", "\t", 2),
        ("id|name|note\n1|A|x, y\n2|B|z\n", "|", 3),
        ("id^name^age\n1^Ann^31\n2^Bob^32\n", "^", 3),
        ("id~name~age\n1~Ann~31\n2~Bob~32\n", "~", 3),
        ("id:name:age\n1:Ann:31\n2:Bob:32\n", ":", 3),
        ("a b c\n1 2 3\n4 5 6\n", " ", 3),
        ("first last age\nAnn Roe 31\nBob Doe 32\n", " ", 3),
        ("id\x1fname\n1\x1fAnn\n2\x1fBob\n", "\x1f", 2),
        ("name,tags\nAnn,x; y; z\nBob,p; q; r\n", ",", 2),
        ("url,title\nhttp://a.example/?x=1;y=2,A\nhttp://b.example/?x=1;y=2,B\n", ",", 2),
        ("name;address\nAnn;1 High St, Leeds, UK\nBob;2 Low St, York, UK\n", ";", 2),
        ("when;who\n2024-01-01 10:00:00;Ann\n2024-01-02 11:00:00;Bob\n", ";", 2),
        ("name,email", ",", 2),
        ("email,tags\na@x.org,red;green\nb@x.org,red;blue\nc@x.org,up;down\n", ",", 2),
        ("item,\tamount\nA1,\t\t\t50\nB2,\t\t\t40\nC3,\t\t\t10\n", ",", 2),
        ("id,name,age\n7,Ann\n8,Bob,31,more\n", ",", 3),
        ("name;email;phone\n", ";", 3),
    ],
)
def test_the_delimiter_is_the_one_that_makes_a_regular_table(text: str, delimiter: str, width: int) -> None:
    layout = _layout(text)
    assert (layout.delimiter, layout.width) == (delimiter, width)


@pytest.mark.parametrize(
    "text",
    [
        "name\nJohn Smith\nJane Doe\n",
        "Main Street 5\nOak Avenue 7\nElm Road 9\n",
        "Name: Ann\nEmail: a@x.org\nPhone: 123456\n",
        "12:30\n12:45\n13:00\n",
        "email\na@x.org\nb@y.org\n",
        "remark\nHello, world\nfoo\nbar\n",
        "2024-01-01 10:00\n2024-01-02 11:00\n",
        "https://a.example:80/x\nhttps://b.example:81/y\n",
    ],
)
def test_a_single_column_stays_one(text: str) -> None:
    assert _layout(text).width == 1


@pytest.mark.parametrize(
    ("text", "quote", "escape"),
    [
        ('a,b\n"x, y",z\n', '"', ""),
        ("'a','b'\n'x, y','z'\n", "'", ""),
        ("name,city\nO'Brien,Dublin\nD'Arcy,Cork\n", '"', ""),
        ('a,b\n"x \\"q\\", y",1\n"z",2\n', '"', "\\"),
        ("a,b\nx\\,y,z\nu,v\n", '"', "\\"),
        ('size\tname\n"5 pipe\tA\n"6 pipe\tB\n"7 pipe\tC\n"8 pipe\tD\n', "", ""),
    ],
)
def test_the_quote_and_its_escape_are_found(text: str, quote: str, escape: str) -> None:
    layout = _layout(text)
    assert (layout.quote, layout.escape) == (quote, escape)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("a,b,c\n1,2,3\n", ("a", "b", "c")),
        ("a,b,c\nd,e,f\n", ("a", "b", "c")),
        ("name,email\nAnn,a@x.org\n", ("name", "email")),
        ("country,2019,2020\nDE,1,2\nFR,3,4\n", ("country", "2019", "2020")),
        ("Vorname;Nachname\nAnn;Roe\nBob;Doe\n", ("Vorname", "Nachname")),
        ("Ann,Leeds,TEST5\nBob,York,TEST5\n", ()),
        ("1,2,3\n4,5,6\n", ()),
        ("Ann,a@x.org\nBob,b@x.org\n", ()),
        ("Ann;2024-01-01\nBob;2024-01-02\n", ()),
        ("A1,B1\nA2,B2\nA3,B3\n", ()),
        ("Ann,Leeds,1.72\nBob,York,1.80\n", ()),
        ("123,TEST2,text1,value1\n345,TEST2,text2,value2\n", ()),
        (",,\n123,TEST3,text1\n345,TEST3,text2\n", ()),
        ("#,Name\n1,Ann\n2,Bob\n", ("#", "Name")),
        ("#id,name\n1,Ann\n2,Bob\n", ("#id", "name")),
        ("a@x.org\nb@x.org\n", ()),
        ("Ann,Leeds\n", ()),
        ("a,b\n1,2\na,b\n3,4\n", ("a", "b")),
    ],
)
def test_whether_there_is_a_header_is_told_by_what_stands_in_it_and_below(text: str, titles: tuple[str, ...]) -> None:
    assert _layout(text).titles == titles


@pytest.mark.parametrize(
    ("text", "skipped", "titles"),
    [
        ("sep=;\nname;email\nA;a@x.org\n", 1, ("name", "email")),
        ('"sep=,"\r\nName,Email\r\nA,a@x.org\r\n', 1, ("Name", "Email")),
        (
            "Lead report\nFrom 2024-01-01 on\n\nName,Email,Phone\nA,a@x.org,1234567\nB,b@x.org,2345678\n",
            3,
            ("Name", "Email", "Phone"),
        ),
        (
            "Lead report,,,\n,,,\nName,Email,Phone,City\nA,a@x.org,1234567,X\nB,b@x.org,2345678,Y\n",
            2,
            ("Name", "Email", "Phone", "City"),
        ),
        (
            "Report:,Leads\nDate:,today\n\nName,Email,Phone\nA,a@x.org,1234567\nB,b@x.org,2345678\nC,c@x.org,3\n",
            3,
            ("Name", "Email", "Phone"),
        ),
        ("# made by a tool, v1\n# twice\nid,name\n1,Ann\n2,Bob\n", 2, ("id", "name")),
        ("# made by a tool\nid,name\n1,Ann\n2,Bob\n", 1, ("id", "name")),
        ("\n\n\nid,name\n1,Ann\n", 3, ("id", "name")),
        ("Leads, of March, 2024, all teams\n\nName,Email\nA,a@x.org\nB,b@x.org\nC,c@x.org\n", 2, ("Name", "Email")),
        ("a,b\n1,2,3\n4,5,6\n7,8,9\n", 0, ("a", "b")),
    ],
)
def test_what_stands_above_the_header_is_left_out(text: str, skipped: int, titles: tuple[str, ...]) -> None:
    layout = _layout(text)
    assert (layout.skip_lines, layout.titles) == (skipped, titles)


@pytest.mark.parametrize(
    "above",
    [
        "Report,Leads,2026\nFilter,Status,Open\n\n",
        "This list was exported on Monday, June 1, by Sam.\nPlease, do not share, copy, or edit it.\n\n",
        "Topic,Date,Host\nSpring,2026-01-01,Sam\n\n\n",
    ],
)
def test_lines_above_a_named_header_that_stands_apart_are_no_rows_however_many_commas_they_have(above: str) -> None:
    layout = _layout(f"{above}Name,Email,City\nAnn Lee,ann@lee.example,Paris\nBob Ray,bob@ray.example,Rome\n")
    assert (layout.titles, layout.width) == (("Name", "Email", "City"), 3)


def test_names_of_groups_of_columns_above_the_header_are_no_header() -> None:
    text = "Person,,Contact\nFirst name,Last name,Email\nAnn,Lee,ann@lee.example\nBob,Ray,bob@ray.example\n"
    assert _layout(text).titles == ("First name", "Last name", "Email")


def test_rows_above_a_blank_line_stay_rows() -> None:
    layout = _layout("Name,Email,City\nAnn Lee,ann@lee.example,Paris\n\nName,Email,City\nBob Ray,bob@ray.example,Rome\n")
    assert layout.skip_lines == 0
    layout = _layout("Ann Lee,ann@lee.example,Paris\n\nBob Ray,bob@ray.example,Rome\nCid,c@d.example,Ulm\n")
    assert (layout.skip_lines, layout.has_header) == (0, False)


def test_comments_without_an_end_are_soon_judged() -> None:
    begun = time.perf_counter()
    understand(b"a,b\n" + b"1,2\n" * 10, is_whole=True)
    with suppress(NotATable):
        understand(b"<!--" + b"--><!--" * 8_000 + b"x", is_whole=True)
    assert time.perf_counter() - begun < 5


def test_no_row_is_taken_for_a_title_because_it_is_longer() -> None:
    assert _layout("ann;br;nl;1.72\nbob;nl\ncarl;de\n").skip_lines == 0


def test_ragged_rows_at_the_top_are_rows() -> None:
    layout = _layout("id,name,email,phone\n1,Ann,a@x.org\n2,Bob\n3,Cid,c@x.org,123456,extra\n4,Dan,d@x.org,234567\n")
    assert (layout.skip_lines, layout.titles) == (0, ("id", "name", "email", "phone"))


def test_each_column_has_a_name_of_its_own() -> None:
    layout = _layout("name,name,,email,name\nA,B,C,a@x.org,D\n")
    assert layout.header == ("name", "name (2)", "column 3", "email", "name (3)")
    assert any("numbered: name" in note for note in layout.notes)
    assert any("without a name: 3" in note for note in layout.notes)


def test_columns_without_a_header_are_counted() -> None:
    assert _layout("1,2\n3,4\n").header == ("column 1", "column 2")


def test_what_is_pinned_is_kept() -> None:
    text = "a;b,c\n1;2,3\n4;5,6\n"
    pinned = _layout(text, PinnedLayout(delimiter=",", has_header=False, skip_lines=1))
    assert (pinned.delimiter, pinned.has_header, pinned.skip_lines, pinned.width) == (",", False, 1, 2)
    assert _layout("Имя\nЖук\n".encode("koi8-r"), PinnedLayout(encoding="koi8-r")).titles == ("Имя",)


def test_an_unknown_encoding_is_refused_by_its_name() -> None:
    with pytest.raises(NotATable, match="utf-9"):
        _layout("a,b\n1,2\n", PinnedLayout(encoding="utf-9"))


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        ("<html><body>Log in, please</body></html>".encode("utf-16"), "web page"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\r\n ", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        (b"\x1f\x8b\x08\x00\x00\x00", "gzip"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "program"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"PK\x03\x04\x14\x00", "archive"),
        (b"  <!DOCTYPE html><html>", "HTML"),
        (b"<table><tr><td>1</td></tr></table>", "HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b'{"name": "Ann"}\n{"name": "Bob"}\n', "JSON"),
        (b'[{"name": "Ann"}]', "JSON"),
        (b"[1, 2, 3]", "JSON"),
        (b"{\\rtf1\\ansi", "RTF"),
        (b"<!-- one -->" * 500 + b"<html>", "HTML"),
        (b"list.csv".ljust(257, b"\x00") + b"ustar\x0000", "tar"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA5vv\n", "encrypted"),
        (bytes(range(256)) * 20, "not text"),
    ],
)
def test_what_is_no_table_is_refused_with_what_it_is(sample: bytes, says: str) -> None:
    with pytest.raises(NotATable, match=says):
        understand(sample, is_whole=True)


@pytest.mark.parametrize(
    "text", ["MZ,Name\n1,Ann\n", "PAR1,b\n1,2\n", "[x],b\n1,2\n", "<none>,b\n1,2\n", "RIFF;x\n1;2\n", "ID3,b\n1,2\n"]
)
def test_a_table_that_begins_like_something_else_is_read(text: str) -> None:
    assert _layout(text).width == 2


def test_a_layout_survives_its_json() -> None:
    layout = _layout("sep=\t\nname\tname\n1\t2\n")
    assert Layout.from_json(layout.as_json()) == layout
    with pytest.raises(ValueError, match="not how a file is read"):
        Layout.from_json("{}")


def test_a_layout_says_itself_in_words() -> None:
    layout = _layout("name\temail\r\nA\ta@x.org\r\n")
    assert dict(layout.facts())["delimiter"] == "tab"
    assert all(from_words(in_words(mark)) == mark for mark in (",", ";", "\t", "|", " ", ""))


def test_a_sample_that_ends_within_a_row_is_judged_by_its_whole_rows() -> None:
    text = "id,name,note\n" + "".join(f'{number},"Ann {number}","line\nline, {number}"\n' for number in range(2_000))
    for cut in range(30_000, 30_060):
        layout = understand(text.encode()[:cut], is_whole=False)
        assert (layout.delimiter, layout.width, layout.has_header) == (",", 3, True)


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("Ann Lee,Ulm\nBob Ray,Bern\nCid Fox,Rome\n", False),
        ("Ann Lee,Northwind GmbH\nBob Ray,Contoso\n", False),
        ("id,3001,3002\nx1,TRUE,FALSE\nx2,TRUE,TRUE\n", True),
        ("id,3001,3002\nx1,5,6\nx2,7,8\n", False),
        (";2001;2002;2003\nUlm;5;6;7\nBern;7;8;9\n", True),
        ("Contact Person,Town\nAnn Lee,Ulm\nBob Ray,Bern\n", True),
    ],
)
def test_names_of_people_and_firms_are_no_header_and_codes_over_other_values_are_one(text: str, has_header: bool) -> None:
    assert _layout(text).has_header is has_header
