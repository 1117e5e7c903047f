"""The users' YAML: texts stay texts, places are exact, what is wrong is said in one go, and a save changes nothing."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from core.documents import (
    Count,
    Document,
    Duration,
    Flag,
    LoopbackOrHttpsUrl,
    MapNode,
    OneOrMore,
    PositiveCount,
    Rate,
    RateLimit,
    ScalarNode,
    Secret,
    Size,
    Text,
    read_document,
    validate,
)
from core.problems import Place


def read(text: str) -> Document:
    return read_document(text, "file.yaml")


SURVIVORS = [
    "01067", "1.10", "0055e0000012345", "+493012345", "NO", "no", "on", "2026-11-21", "1_000", "0x1F", "1e3", "~", "null", "Null",
    "true", "12:30", ".5", "-", "=", "1:2", "a#b", "http://x/y?z=1&b=%20", "ß ü 漢字 🎉", "x: y"[:1],
]  # fmt: skip


@pytest.mark.parametrize("text", SURVIVORS)
def test_a_plain_scalar_is_exactly_the_text_that_was_written(text: str) -> None:
    if text != "-":
        assert read(f"key: {text}\n").plain() == {"key": text}
        assert read(f"key: [{text}, 'x']\n").plain() == {"key": [text, "x"]}
    assert read(f'key: "{text}"\n').plain() == {"key": text}
    assert read(f"key: '{text}'\n").plain() == {"key": text}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a: "x\\ty\\u00e9"\n', "x\tyé"),
        ("a: 'it''s'\n", "it's"),
        ("a: |\n  one\n  two\n", "one\ntwo\n"),
        ("a: |-\n  one\n\n  two\n", "one\n\ntwo"),
        ("a: >-\n  one\n  two\n", "one two"),
        ("a: one\n  two\n", "one two"),
        ("a: |\r\n  one\r\n  two\r\n", "one\ntwo\n"),
    ],
)
def test_quoted_and_block_texts_are_resolved_as_yaml_says(text: str, expected: str) -> None:
    assert read(text).plain() == {"a": expected}
    assert read(text).problems == ()


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "\ufeff", "\ufeff# x\r\n", "{}", "~x"[:0]])
def test_an_empty_file_is_an_empty_mapping(text: str) -> None:
    document = read(text)
    assert document.plain() == {}
    assert document.problems == ()
    assert isinstance(document.root, MapNode)
    assert document.save() == text


@pytest.mark.parametrize(
    ("text", "loc", "is_key", "line", "column"),
    [
        ("a: 1\nb:\n  c: x\n", ("b", "c"), False, 3, 6),
        ("a: 1\nb:\n  c: x\n", ("b", "c"), True, 3, 3),
        ("a: 1\r\nb:\r\n  c: x\r\n", ("b", "c"), False, 3, 6),
        ("a: 1\rb: 2\r", ("b",), False, 2, 4),
        ("\ufeffa: 1\n", ("a",), True, 1, 1),
        ("\ufeffa: 1\n", ("a",), False, 1, 4),
        ("a:  # nothing\nb: 2\n", ("a",), False, 1, 3),
        ("a: [x, {y: z}]\n", ("a", 1, "y"), False, 1, 12),
        ("a:\n  - x\n  -\n  - z\n", ("a", 1), False, 3, 4),
        ("ü: ß\nb: {ß: 1}\n", ("b", "ß"), False, 2, 8),
        ("'a b' : x\n", ("a b",), True, 1, 1),
        ("a:\u2028b: 1\nc: x\n", ("c",), False, 2, 4),
        ("a: {b: 1}\n", ("a", "missing", "deeper"), False, 1, 4),
        ("a: {b: 1}\n", ("a", "missing"), True, 1, 1),
        ("a: x\n", ("missing",), True, 1, 1),
        ("a: x\n", ("a", 0), False, 1, 4),
    ],
)
def test_places_are_exact(text: str, loc: tuple[str | int, ...], is_key: bool, line: int, column: int) -> None:
    assert read(text).place(loc, is_key) == Place("file.yaml", line, column)


def test_a_scalar_knows_where_it_stands_in_the_text() -> None:
    text = "a: 'x y'  # c\n"
    node = read(text).node(("a",))
    assert isinstance(node, ScalarNode)
    assert text[node.start : node.end] == "'x y'"
    assert node.is_quoted


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("a: b: c\n", 1, 5, "Quote"),
        ("a:\n\t- b\n", 2, 1, "tab"),
        ("a: 1\nb: 'x\nc: 2\n", 2, 4, "Close it"),
        ('a: "x\n', 1, 4, "Close it"),
        ("a: [1, 2\nb: c\n", 2, 2, "bracket of line 1"),
        ("a: {b: c\n", 2, 1, "bracket of line 1"),
        ("a: @x\n", 1, 4, "quotes"),
        ("a: `x`\n", 1, 4, "quotes"),
        ("a: %x\n", 1, 4, "quotes"),
        ("a: *\n", 1, 4, "quotes"),
        ("a: \\u0000\nb: \x00\n", 2, 4, "UTF-8"),
        ("- a\nb: c\n", 2, 1, "Indent"),
        (" a: 1\nb: 2\n", 2, 1, "Indent"),
        ("a:\n   b: 1\n  c: 2\n", 3, 3, "Indent"),
        ('a: "\\q"\n', 1, 6, "single quotes"),
        ("a: 'x' y\n", 1, 8, "one pair of quotes"),
        ("{a: b}}\n", 1, 7, "closes nothing"),
        ("sources\n  website: x\n", 2, 10, "missing above"),
        ('a: "\\ud800"\n', 1, 4, "half a character"),
        ("a: &x 1\n", 1, 4, "not supported"),
        ("a: !!int 1\n", 1, 4, "not supported"),
        ("a: !custom {b: c}\n", 1, 4, "not supported"),
        ("a: 1\n---\nb: 2\n", 2, 1, "one document"),
        ("? [a, b]\n: c\n", 1, 3, "can not be a key"),
        ("[" * 500, 1, 62, "nested deeper"),
    ],
)
def test_bad_yaml_is_explained_at_its_place(text: str, line: int, column: int, hint: str) -> None:
    document = read(text)
    problem = document.problems[0]
    assert problem.place == Place("file.yaml", line, column)
    assert document.is_readable == (problem.code == "unsupported_yaml")
    assert hint in problem.message
    assert problem.message.endswith(".")
    assert document.save() == text


def test_an_alias_is_refused_beside_its_anchor_and_never_expanded() -> None:
    problems = read("a: &big [x, x]\nb: [*big, *big]\n").problems
    assert [str(problem.place) for problem in problems] == ["file.yaml:1:4", "file.yaml:2:5", "file.yaml:2:11"]


def test_every_duplicate_key_is_named_with_its_first_line() -> None:
    document = read("a: 1\nb: {c: 1, c: 2}\na: 3\n'a': 4\n")
    assert [str(problem.place) for problem in document.problems] == ["file.yaml:2:11", "file.yaml:3:1", "file.yaml:4:1"]
    assert "line 2" in document.problems[0].message
    assert "line 1" in document.problems[2].message
    assert document.plain() == {"a": "1", "b": {"c": "1"}}


# --- saving ---------------------------------------------------------------------------------------------------------

KEYS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
LINES = st.sampled_from(
    ["a: 1", "b:", "  c: x  # why", "  - y", "", "# note", "\ta: b", "d: 'q'", 'e: "\\n"', "f: |", "    text", "g: [1, {h: 2}]",
     "a: 2",
     "ü: ß", "01067: NO", "---",
     "...", "k: *x", "l: &x y", "m: !t z", "? n", ": o", "p: {", "}", "- q", "'r", '"s'],
)  # fmt: skip


@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_reading_never_fails_and_saving_gives_every_byte_back(lines: list[str], end: str, bom: bool, closed: bool) -> None:
    text = ("\ufeff" if bom else "") + end.join(lines) + (end if closed else "")
    document = read(text)
    assert document.save() == text
    last = text.count("\n") + text.count("\r") + 1
    assert all(problem.place is not None and 1 <= problem.place.line <= last for problem in document.problems)


@given(st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_explained(text: str) -> None:
    document = read(text)
    assert document.save() == text
    assert document.plain() is not None


BASE = """\
# the head
mapping:   demo   # aligned
fields:
  person.email: [E-Mail, email]     # several
  company.name:  'Acme GmbH'
  note: |
    first
    second

  phone: {from: Telefon, region: DE}   # trailing
empty:
list:
  - one   # 1
  - two
"""


PLACES: list[tuple[str | int, ...]] = [
    ("mapping",), ("fields", "person.email", 1), ("fields", "company.name"), ("fields", "note"), ("fields", "phone", "region"),
    ("empty",), ("list", 0), ("list", 2), ("fields", "new"), ("fields", "phone", "new"), ("top",), ("empty", "a", "b"),
]  # fmt: skip


@given(st.text(max_size=20), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_text_can_be_set_anywhere_and_only_that_changes(new: str, end: str, bom: bool) -> None:
    assume(not any(0xD800 <= ord(letter) <= 0xDFFF for letter in new))
    document = read(("\ufeff" if bom else "") + BASE.replace("\n", end))
    for loc in PLACES:
        changed = document.with_value(loc, new)
        found = changed.node(loc)
        assert isinstance(found, ScalarNode)
        assert found.text == new
        assert changed.problems == ()
        for comment in ("# the head", "# aligned", "# several", "# trailing", "- one   # 1" if loc != ("list", 0) else "# 1"):
            assert comment in changed.save()
        assert changed.save().count("\n") == changed.save().count(end)


@pytest.mark.parametrize(
    ("text", "loc", "new", "expected"),
    [
        ("a: 1   # c\nb: x\n", ("a",), "2", "a: 2   # c\nb: x\n"),
        ("a: x\n", ("a",), "01067", 'a: "01067"\n'),
        ("a: x\n", ("a",), "NO", 'a: "NO"\n'),
        ("a: x\n", ("a",), "1.10", 'a: "1.10"\n'),
        ("a: x\n", ("a",), "0055e0000012345", 'a: "0055e0000012345"\n'),
        ("a: x\n", ("a",), "+493012345", 'a: "+493012345"\n'),
        ("a: x\n", ("a",), "2026-11-21", 'a: "2026-11-21"\n'),
        ("a: x\n", ("a",), "plain words", "a: plain words\n"),
        ("a: 'x'\n", ("a",), "it's", "a: 'it''s'\n"),
        ("a: x\n", ("a",), "a: b", 'a: "a: b"\n'),
        ("a: x\n", ("a",), "a #b", 'a: "a #b"\n'),
        ("a: x\n", ("a",), "", 'a: ""\n'),
        ("a: [x, y]\n", ("a", 0), "p, q", 'a: ["p, q", y]\n'),
        ("a: |\n  x\n  y\n# c\nb: 1\n", ("a",), "p\nq\n", "a: |\n  p\n  q\n# c\nb: 1\n"),
        ("a:   # c\nb: 1\n", ("a",), "x", "a: x   # c\nb: 1\n"),
        ("a: {b: c,}\n", ("a", "z"), "v", "a: {b: c, z: v,}\n"),
        ("a:\n  b: 1  # c\n\nd: 2", ("a", "x"), "v", "a:\n  b: 1  # c\n  x: v\n\nd: 2"),
        ("a: 1", ("b",), "x", "a: 1\nb: x\n"),
        ("", ("a", "b"), "x", "a:\n  b: x\n"),
        ("# c\r\n", ("a",), "x", "# c\r\na: x\r\n"),
        ("- a: 1\n- b: 2\n", (0, "c"), "x", "- a: 1\n  c: x\n- b: 2\n"),
        ("a: |+\n  x\n\n\n", ("b",), "v", "a: |+\n  x\n\n\nb: v\n"),
    ],
)
def test_a_changed_value_is_written_as_a_person_would(text: str, loc: tuple[str | int, ...], new: str, expected: str) -> None:
    assert read(text).with_value(loc, new).save() == expected


@pytest.mark.parametrize(
    ("text", "loc"), [("a: {b: 1}\n", ("a",)), ("a: x\n", ("a", "b")), ("a: [\n", ("a",)), ("a: [x]\n", ("a", 5))]
)
def test_what_can_not_be_set_to_one_text_is_refused_and_nothing_is_lost(text: str, loc: tuple[str | int, ...]) -> None:
    with pytest.raises(ValueError, match=r"file\.yaml"):
        read(text).with_value(loc, "new")


# --- checking -------------------------------------------------------------------------------------------------------


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["observe", "live"] = "observe"
    mapping: OneOrMore
    linger: Duration = 200
    rate: Rate | None = None
    secret: Secret | None = None


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    store: Text = "x"
    count: PositiveCount = 1
    is_on: Flag = False
    body: Size = 1
    base_url: LoopbackOrHttpsUrl = "https://example.com"
    parts: dict[str, Part] = {}
    names: tuple[Text, ...] = ()


WRONG = """\
stor: x
count: many
is_on: maybe
body: 5 lots
base_url: http://crm.example.com
parts:
  a: {mode: lve, mapping: [x, ""], linger: 200}
  b:
  c: {mapping: {x: y}, rate: fast, lingr: 1}
  d: nothing
names: one
"""


HTTPS = "`https://`: plain `http://` is accepted for this machine only (localhost, 127.0.0.1, ::1)."
DURATION = "a duration with its unit, such as `200 ms`, `30 s`, `10 minutes` or `90 days`."


def test_everything_wrong_is_said_at_once_at_its_place_in_plain_words() -> None:
    made, problems = validate(read(WRONG), Whole)
    assert made is None
    said = [str(problem) for problem in problems]
    assert said == [
        "file.yaml:1:1: `stor` is not a key of this file. Did you mean `store`?",
        "file.yaml:2:8: `many` is no value for `count`, which wants a whole number, such as `10`.",
        "file.yaml:3:8: `maybe` is no value for `is_on`, which wants `yes` or `no`.",
        "file.yaml:4:7: `5 lots` is no value for `body`, which wants a size, such as `500 KB` or `1 MB`.",
        "file.yaml:5:11: `http://crm.example.com` is no value for `base_url`, which wants " + HTTPS,
        "file.yaml:7:13: `lve` is no value for `parts.a.mode`, which wants one of: observe, live. Did you mean `live`?",
        "file.yaml:7:31: `parts.a.mapping[2]` is empty. Give it a value, or remove the line.",
        "file.yaml:7:44: `200` is no value for `parts.a.linger`, which wants " + DURATION,
        "file.yaml:8:3: `mapping` is missing in `parts.b`. Add the line `mapping: ...`.",
        "file.yaml:9:16: `parts.c.mapping` wants one text or a list of texts.",
        "file.yaml:9:30: `fast` is no value for `parts.c.rate`, which wants a rate, such as `90/10s` or `100/minute`.",
        "file.yaml:9:36: `lingr` is not a key of `parts.c`. Did you mean `linger`?",
        "file.yaml:10:6: `parts.d` wants `key: value` lines.",
        "file.yaml:11:8: `names` wants a list.",
    ]


def test_a_part_is_checked_with_the_places_and_names_of_the_whole() -> None:
    made, problems = validate(read("parts:\n  a: {mode: live}\n"), Part, at=("parts", "a"))
    assert made is None
    assert [str(problem) for problem in problems] == [
        "file.yaml:2:3: `mapping` is missing in `parts.a`. Add the line `mapping: ...`."
    ]


def test_right_texts_become_values() -> None:
    text = "parts:\n  a: {mapping: x, linger: 3 minutes, rate: 90/10s, secret: s3cret}\nnames: []\nis_on: Yes\nbody: 1.5 MB\n"
    made, problems = validate(read(text), Whole)
    assert problems == []
    assert made is not None
    part = made.parts["a"]
    assert (part.mapping, part.linger, part.rate) == (("x",), 180_000, RateLimit(90, 10_000))
    assert (made.is_on, made.body, made.names) == (True, 1_500_000, ())
    assert "s3cret" not in repr(made)


def test_nothing_written_is_an_empty_mapping_or_list_where_one_is_wanted() -> None:
    made, problems = validate(read("parts:\nnames:\n"), Whole)
    assert problems == []
    assert made == Whole()


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("200 ms", 200), ("30s", 30_000), ("30 s", 30_000), ("10 minutes", 600_000), ("1 min", 60_000), ("2 h", 7_200_000),
     ("90 days", 7_776_000_000), ("1 day", 86_400_000), ("1.5 hours", 5_400_000), ("2 weeks", 1_209_600_000), ("0 s", 0)],
)  # fmt: skip
def test_durations(text: str, milliseconds: int) -> None:
    assert Part(mapping=("x",), linger=text).linger == milliseconds  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["30", "s", "-1 s", "1 fortnight", "1 d 2 h", "one day", "٣ s5"])
def test_wrong_durations_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Part(mapping=("x",), linger=text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90/10s", RateLimit(90, 10_000)), ("100/s", RateLimit(100, 1000)), ("100 per minute", RateLimit(100, 60_000)),
     ("5 / 2 hours", RateLimit(5, 7_200_000)), ("10", RateLimit(10, 1000))],
)  # fmt: skip
def test_rates(text: str, expected: RateLimit) -> None:
    assert Part(mapping=("x",), rate=text).rate == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8080", "http://localhost/x/", "http://[::1]:9", "https://crm.example.com/"]
)
def test_addresses_that_may_be_spoken_to(address: str) -> None:
    assert Whole(base_url=address).base_url == address.rstrip("/")


@pytest.mark.parametrize(
    "address", ["http://crm.example.com", "http://127.0.0.1.example.com", "http://localhost@evil.example", "ftp://x", "x", "https://",
                "http://10.0.0.1", "https://a:99999"],
)  # fmt: skip
def test_addresses_that_may_not(address: str) -> None:
    with pytest.raises(ValidationError):
        Whole(base_url=address)


class Secretive(BaseModel):
    model_config = ConfigDict(extra="forbid")

    auth: Literal["token", "public"] = "token"
    api_key: Count = 0
    inner: Part | None = None


def test_a_value_that_may_be_a_secret_is_not_repeated() -> None:
    _, problems = validate(read("auth: hunter2hunter2\napi_key: hunter3\ninner: hunter4\n"), Secretive)
    assert len(problems) == 3
    assert "hunter" not in "".join(map(str, problems))
