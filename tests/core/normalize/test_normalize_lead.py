"""A whole lead: every field by its type, the fields that follow from others, and promises that hold for any text."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fields import STANDARD, Field
from core.lead import Value
from core.normalize import Normalized, RawValue, is_e164, normalize

CATALOGUE = STANDARD.with_custom(
    [
        Field("custom.crm_users", "integer", "CRM users", False),
        Field("custom.price", "decimal", "Price", False),
        Field("custom.interests", "list", "Interests", False),
        Field("custom.fax", "phone", "Fax", True),
    ]
)
INPUTS = sorted(path for path in CATALOGUE.fields if CATALOGUE.is_input(path))


def _read(texts: Mapping[str, str | tuple[str, ...]], zone: str = "UTC", region: str = "") -> Normalized:
    values = {path: RawValue((text,) if isinstance(text, str) else text, "input") for path, text in texts.items()}
    return normalize(values, CATALOGUE, zone=zone, region=region)


def _values(found: Normalized) -> dict[str, Value]:
    return {path: cell.value for path, cell in found.fields.items()}


def _codes(found: Normalized) -> dict[str, str]:
    return {problem.field: problem.code for problem in found.problems}


def test_a_german_form_post() -> None:
    texts = {
        "person.full_name": "Anna Weber", "person.email": "ANNA@Acme.de", "person.phone": "030 1234567 ext. 12",
        "address.country": "Deutschland", "address.region": "Bayern", "company.name": "Acme GmbH", "company.employees": "11 – 50",
        "custom.crm_users": "25", "interest.timeframe": "Within 3 months", "consent.email_marketing": "given",
        "touch.message": "Hallo\r\nWelt ", "touch.submitted_at": "21.11.2026 09:30",
    }  # fmt: skip
    found = _read(texts, zone="Europe/Berlin")
    assert _values(found) == {
        "address.country": "DE", "address.region": "BY", "person.full_name": "Anna Weber", "person.first_name": "Anna",
        "person.last_name": "Weber", "person.email": "anna@acme.de", "person.emails": ("anna@acme.de",),
        "person.email_class": "business", "person.phone": "+49301234567", "person.phone_extension": "12",
        "person.phones": ("+49301234567",), "company.name": "Acme GmbH", "company.employees": "11-50", "custom.crm_users": 25,
        "interest.timeframe": "within_3_months", "consent.email_marketing": "given", "touch.message": "Hallo\nWelt",
        "touch.submitted_at": "2026-11-21T08:30:00Z",
    }  # fmt: skip
    assert found.problems == ()
    assert found.fields["person.email"].raw == "ANNA@Acme.de"
    assert found.fields["touch.message"].raw == "Hallo\r\nWelt "


def test_parts_of_the_name_that_were_given_stay() -> None:
    found = _values(_read({"person.full_name": "Dr. Anna Maria Weber", "person.last_name": "Weber-Schmidt"}))
    assert found["person.last_name"] == "Weber-Schmidt"
    assert found["person.first_name"] == "Anna"
    assert found["person.salutation"] == "Dr."
    both = _values(
        _read({"person.full_name": "Anna Maria Weber", "person.first_name": "Anna Maria", "person.last_name": "Weber"})
    )
    assert "person.middle_name" not in both


def test_an_invalid_email_is_kept_as_text_and_is_in_no_set() -> None:
    found = _read({"person.email": "anna(at)acme.de"})
    assert _values(found) == {"person.email": "anna(at)acme.de", "person.email_class": "invalid"}
    assert _codes(found) == {"person.email": "email_invalid"}


def test_a_placeholder_email_is_kept_but_is_in_no_set() -> None:
    assert _values(_read({"person.email": "test@test.com"})) == {
        "person.email": "test@test.com",
        "person.email_class": "placeholder",
    }


def test_several_emails_make_the_set_and_the_first_is_the_address() -> None:
    found = _values(_read({"person.email": "anna@acme.de; ben@acme.de", "person.emails": ("ben@acme.de", "c@acme.de")}))
    assert found["person.email"] == "anna@acme.de"
    assert found["person.emails"] == ("anna@acme.de", "ben@acme.de", "c@acme.de")
    assert _values(_read({"person.emails": ("BEN@acme.de",)}))["person.email"] == "ben@acme.de"


@pytest.mark.parametrize(
    ("value", "country", "default", "number"),
    [("CH", "AT", "DE", "+41301234567"), ("", "AT", "DE", "+43301234567"), ("", "", "DE", "+49301234567")],
)
def test_the_region_of_a_number_is_the_mappings_then_the_leads_then_the_sources(
    value: str, country: str, default: str, number: str
) -> None:
    values = {"person.phone": RawValue(("030 1234567",), "Tel", value)} | (
        {"address.country": RawValue((country,))} if country else {}
    )
    found = normalize(values, CATALOGUE, region=default).fields
    assert found["person.phone"].value == number


def test_an_unreadable_phone_is_kept_as_typed_and_is_in_no_set() -> None:
    found = _read({"person.phone": "ask for Anna"})
    assert _values(found) == {"person.phone": "ask for Anna"}
    assert _codes(found) == {"person.phone": "phone_unreadable"}


def test_phones_are_a_set_of_e164() -> None:
    found = _values(
        _read(
            {"person.phone": "030 1234567", "person.mobile": "0171 2345678", "person.phones": ("+49301234567", "x")}, region="DE"
        )
    )
    assert set(found["person.phones"]) == {"+49301234567", "+491712345678"}  # type: ignore[arg-type]


def test_what_can_not_be_read_is_left_out_with_a_problem_that_names_field_and_input() -> None:
    found = _read(
        {
            "custom.crm_users": "many",
            "interest.timeframe": "soon",
            "interest.decision_date": "03/04/2026",
            "person.last_name": "n/a",
        }
    )
    assert _values(found) == {}
    assert _codes(found) == {
        "custom.crm_users": "number_unreadable",
        "interest.timeframe": "choice_unknown",
        "interest.decision_date": "date_ambiguous",
        "person.last_name": "placeholder",
    }
    assert all("`input`" in problem.message for problem in found.problems)
    assert any("within_3_months" in problem.message for problem in found.problems)


def test_a_list_keeps_its_order_and_loses_its_repeats() -> None:
    assert _values(_read({"custom.interests": ("b", " a ", "b", "")})) == {"custom.interests": ("b", "a")}


def test_several_texts_of_a_text_field_are_all_kept() -> None:
    assert _values(_read({"interest.product": ("CRM", "ERP")})) == {"interest.product": "CRM; ERP"}


def test_a_path_that_is_no_field_is_a_problem() -> None:
    assert _codes(_read({"person.emial": "x"})) == {"person.emial": "unknown_field"}


def test_nothing_in_gives_nothing_out() -> None:
    assert _read({}) == Normalized({}, ())
    assert _read({"person.email": "", "person.phone": " ", "person.first_name": ()}) == Normalized({}, ())


_TEXTS = st.one_of(
    st.text(st.characters(), max_size=30),
    st.sampled_from(
        [
            "Anna Weber",
            "Weber, Dr. Anna",
            "a@b.de",
            "+49 30 1234567",
            "030 123",
            "DE",
            "Bayern",
            "11-50",
            "1.234",
            "3/4/2026",
            "x",
        ]
    ),
)
_LEADS = st.dictionaries(st.sampled_from(INPUTS), st.lists(_TEXTS, max_size=3).map(tuple), max_size=8)


@settings(deadline=None)
@given(_LEADS, st.sampled_from(["UTC", "Europe/Berlin", "nowhere"]), st.sampled_from(["", "DE", "us", "??"]))
def test_any_text_gives_a_storable_lead_and_its_raw_text(lead: dict[str, tuple[str, ...]], zone: str, region: str) -> None:
    found = _read(lead, zone, region)
    for path, cell in found.fields.items():
        assert path in CATALOGUE
        texts = cell.value if isinstance(cell.value, tuple) else (str(cell.value),)
        for text in (*texts, cell.raw):
            text.encode()
            assert "\x00" not in text
        given = "".join(lead.get(path, ()))  # where nothing was, a part of the full name may stand
        if given.strip() and not any("\ud800" <= char <= "\udfff" or char == "\x00" for char in given):
            assert cell.raw == "\n".join(lead[path])
    phones = found.fields.get("person.phones")
    assert phones is None or all(is_e164(number) for number in phones.value)  # type: ignore[union-attr]
    for problem in found.problems:
        problem.message.encode()


@settings(deadline=None)
@given(_LEADS, st.sampled_from(["UTC", "Europe/Berlin"]), st.sampled_from(["", "DE", "US"]))
def test_normalizing_twice_equals_once(lead: dict[str, tuple[str, ...]], zone: str, region: str) -> None:
    once = _values(_read(lead, zone, region))
    back = {path: value if isinstance(value, tuple) else str(value) for path, value in once.items() if CATALOGUE.is_input(path)}
    assert _values(_read(back, zone, region)) == once


@pytest.mark.parametrize("text", ["a" * 100_000, "a." * 50_000, "@" * 50_000, "1 " * 50_000, "1-" * 50_000, "(0)" * 30_000])
@pytest.mark.timeout(10)
def test_a_runaway_text_takes_no_runaway_time(text: str) -> None:
    for path in INPUTS:
        _read({path: text}, region="DE")
