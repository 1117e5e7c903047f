"""Which CRM fields may be written: the update policies as a table, and what holds for every one of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lead import Value
from core.rendering import FieldWrite, Update, decide_writes, is_empty, plainly_same

UNREAD = "unread"


def decide(write: FieldWrite, current: dict[str, Value | None] | None) -> tuple[Value | None, str]:
    decided = decide_writes([write], current)
    assert set(decided.body) | set(decided.not_sent) == {write.name}
    assert not set(decided.body) & set(decided.not_sent)
    return decided.body.get(write.name), decided.not_sent.get(write.name, "")


@pytest.mark.parametrize(
    ("update", "held", "sent"),
    [
        ("always", None, True),
        ("always", "", True),
        ("always", "other", True),
        ("always", "new", False),
        ("always", UNREAD, True),
        ("if_empty", None, True),
        ("if_empty", "", True),
        ("if_empty", "   ", True),
        ("if_empty", (), True),
        ("if_empty", "other", False),
        ("if_empty", "new", False),
        ("if_empty", False, False),
        ("if_empty", 0, False),
        ("if_empty", UNREAD, False),
        ("never", None, False),
        ("never", "other", False),
        ("never", UNREAD, False),
    ],
)
def test_an_existing_field_is_written_as_its_policy_says(update: Update, held: Value | None, sent: bool) -> None:
    current = {} if held == UNREAD else {"Phone": held}
    value, reason = decide(FieldWrite("Phone", "new", update), current)
    assert (value == "new", bool(reason)) == (sent, not sent)


@pytest.mark.parametrize("update", ["always", "if_empty", "never"])
def test_a_new_record_gets_every_known_value(update: Update) -> None:
    assert decide(FieldWrite("Phone", "new", update), None) == ("new", "")


@pytest.mark.parametrize("update", ["always", "if_empty", "never"])
@pytest.mark.parametrize("empty", [None, "", "  ", ()])
def test_an_empty_value_never_clears_a_field(update: Update, empty: Value | None) -> None:
    for current in ({"Phone": "held"}, {"Phone": None}, {}, None):
        assert decide(FieldWrite("Phone", empty, update), current)[0] is None


@pytest.mark.parametrize(
    ("value", "held", "sent"),
    [
        ("Acme", "Not provided", "Acme"),
        ("Acme", "Other GmbH", None),
        ("Acme", None, "Acme"),
        (None, "Other GmbH", None),
        (None, None, None),
        (None, "Not provided", None),
        ("Not provided", "Not provided", None),
    ],
)
def test_a_default_gives_way_to_the_first_real_value_and_is_never_written_over_anything(
    value: str | None, held: str | None, sent: str | None
) -> None:
    assert decide(FieldWrite("Company", value, "if_empty", "Not provided"), {"Company": held})[0] == sent


def test_a_default_stands_in_on_create_only() -> None:
    write = FieldWrite("Company", None, "always", "Not provided")
    assert decide(write, None)[0] == "Not provided"
    assert decide(write, {"Company": None})[0] is None


def test_a_default_that_may_never_be_updated_stays() -> None:
    assert decide(FieldWrite("Status", "Nurturing", "never", "Open"), {"Status": "Open"})[0] is None


@pytest.mark.parametrize(
    ("value", "current", "sent"),
    [
        (True, None, True),
        (True, {}, True),
        (True, {"OptOut": False}, True),
        (True, {"OptOut": None}, True),
        (True, {"OptOut": True}, None),
        (True, {"OptOut": "True"}, None),
        (False, None, None),
        (False, {"OptOut": True}, None),
        (None, {"OptOut": True}, None),
        (None, None, None),
        ("yes", {"OptOut": False}, None),
    ],
)
def test_an_opt_out_is_always_sent_and_never_taken_back(
    value: Value | None, current: dict[str, Value | None] | None, sent: bool | None
) -> None:
    assert decide(FieldWrite("OptOut", value, "opt_out"), current)[0] is sent


def test_a_box_that_is_not_ticked_is_sent_as_false_where_the_policy_lets_it() -> None:
    assert decide(FieldWrite("Box", False, "always"), {"Box": True}) == (False, "")
    assert decide(FieldWrite("Box", False), None) == (False, "")


def test_a_field_that_was_not_read_is_not_taken_for_an_empty_one() -> None:
    writes = [FieldWrite("Phone", "1"), FieldWrite("Email", "a@b.de"), FieldWrite("Rating", "Hot", "always")]
    decided = decide_writes(writes, {"Phone": None})
    assert dict(decided.body) == {"Phone": "1", "Rating": "Hot"}


def test_the_sinks_own_comparison_decides_what_is_the_same() -> None:
    def same(name: str, wanted: object, held: object) -> bool:
        return name == "Date" and str(held).startswith(str(wanted))

    write = FieldWrite("Date", "2026-11-21", "always")
    assert decide_writes([write], {"Date": "2026-11-21T00:00:00"}, same).body == {}
    assert decide_writes([write], {"Date": "2026-11-22"}, same).body == {"Date": "2026-11-21"}


@pytest.mark.parametrize(
    ("wanted", "held", "same"),
    [
        ("11", 11, True),
        (True, "true", True),
        (True, "True", True),
        (False, "false", True),
        (True, 1, False),
        ("Acme ", "Acme", True),
        ("Acme", "ACME", False),
        (("a", "b"), ["b", "a"], True),
        (("a", "b"), ("a",), False),
        (("a", "b"), "b; a", True),
        (("a", "b"), "a;c", False),
        ("a;b", "b;a", False),
        (0, False, False),
    ],
)
def test_plain_texts_are_compared(wanted: object, held: object, same: bool) -> None:
    assert plainly_same("F", wanted, held) is same
    assert plainly_same("F", held, wanted) is same


def test_every_reason_is_a_short_sentence_part_without_the_value() -> None:
    writes = [
        FieldWrite("A", "secret"),
        FieldWrite("B", "secret", "never"),
        FieldWrite("C", None),
        FieldWrite("D", False, "opt_out"),
    ]
    decided = decide_writes(writes, {"A": "other", "B": None, "C": "x", "D": None})
    assert set(decided.not_sent) == {"A", "B", "C", "D"}
    assert all(reason and "secret" not in reason and len(reason) < 80 for reason in decided.not_sent.values())


values = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", " ", "a", "b", "Not provided"])
policies = st.sampled_from(["always", "if_empty", "never", "opt_out"])


@given(values, policies, st.none() | st.just("Not provided"), values)
def test_what_is_sent_once_is_not_sent_again(
    value: Value | None, update: Update, default: str | None, held: Value | None
) -> None:
    write = FieldWrite("F", value, update, default)
    body = decide_writes([write], {"F": held}).body
    if body:
        assert decide_writes([write], dict(body)).body == {}
    created = decide_writes([write], None).body
    if created:
        assert decide_writes([write], dict(created)).body == {}


@given(values, policies, values)
def test_a_filled_field_is_overwritten_only_by_always_or_an_opt_out(
    value: Value | None, update: Update, held: Value | None
) -> None:
    body = decide_writes([FieldWrite("F", value, update)], {"F": held}).body
    if body and not is_empty(held):
        assert update == "always" or (update == "opt_out" and body["F"] is True)
    if update == "never":
        assert not body
