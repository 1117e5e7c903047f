"""What a source mapping makes of a submission's names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.fields import Catalogue
from core.lead import Touch
from core.mapping import Held, explain_inbound
from core.mapping.tracking import parameters_of

Compile = Callable[[str], Any]
Make = Callable[..., Any]

PLAIN = """
mapping: plain
to: lead
fields:
  person.email: [E-Mail, email]
"""


def with_lines(*lines: str) -> str:
    return PLAIN + "".join(f"  {line}\n" for line in lines)


def value(touch: Touch, path: str) -> Any:
    cell = touch.fields.get(path)
    return None if cell is None else cell.value


def codes(touch: Touch | Held) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in touch.problems]


@pytest.mark.parametrize(
    ("names", "email"),
    [
        ({"E-Mail": "a@acme.de", "email": "b@acme.de"}, "a@acme.de"),
        ({"E-Mail": "", "email": "b@acme.de"}, "b@acme.de"),
        ({"E-Mail": "  ", "email": "b@acme.de"}, "b@acme.de"),
        ({"e-mail": "c@acme.de"}, "c@acme.de"),
        ({" E-MAIL ": "c@acme.de"}, "c@acme.de"),
        ({"EMAIL": "", "Email": "d@acme.de"}, "d@acme.de"),
        ({"email": ("", "e@acme.de")}, "e@acme.de"),
    ],
)
def test_the_first_filled_name_counts_whatever_its_case_and_spacing(
    compiled: Compile, touch_of: Make, names: dict[str, Any], email: str
) -> None:
    assert value(touch_of(compiled(PLAIN), names), "person.email") == email


def test_a_name_spelled_exactly_is_not_taken_by_another_line(compiled: Compile, touch_of: Make) -> None:
    touch = touch_of(
        compiled(with_lines("company.name: NAME", "person.full_name: Name")), {"email": "ann@weber.de", "Name": "Anna Weber"}
    )
    assert value(touch, "company.name") is None
    assert value(touch, "person.last_name") == "Weber"


def test_names_that_nothing_reads_are_reported_once_each(compiled: Compile, touch_of: Make) -> None:
    touch = touch_of(
        compiled(PLAIN + "ignore: [_Wpnonce]\n"), {"email": "ann@weber.de", "shoe": "44", "hat": "", "_wpnonce": "x"}
    )
    assert codes(touch) == [("unmapped_name", "shoe"), ("unmapped_name", "hat")]


def test_a_second_spelling_of_a_name_that_was_read_is_reported_not_dropped(compiled: Compile, touch_of: Make) -> None:
    touch = touch_of(compiled(PLAIN), {"email": "ann@weber.de", "E-Mail": "ann@weber.de", "Email": "ina@weber.de"})
    assert codes(touch) == [("unmapped_name", "Email")]


def test_texts_are_joined_in_the_order_of_the_file_and_empty_ones_left_out(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(with_lines(r'touch.message: {from: [B, A, C], join: "\n"}'))
    touch = touch_of(mapping, {"email": "ann@weber.de", "A": "first", "B": "second", "C": " "})
    assert value(touch, "touch.message") == "second\nfirst"


def test_a_join_without_quotes_means_a_new_line_too(compiled: Compile, touch_of: Make) -> None:
    touch = touch_of(
        compiled(with_lines(r"touch.message: {from: [A, B], join: \n}")), {"email": "ann@weber.de", "A": "1", "B": "2"}
    )
    assert value(touch, "touch.message") == "1\n2"


def test_a_choice_of_several_stays_a_list(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(with_lines("custom.products: {from: products, values: {a: Alpha, b: Beta}}"))
    touch = touch_of(mapping, {"email": "ann@weber.de", "products": ("a", "b")})
    assert value(touch, "custom.products") == ("Alpha", "Beta")


@pytest.mark.parametrize(
    ("line", "sent", "expected", "found"),
    [
        ("{from: s, values: {Now: now}, otherwise: unknown}", "Now", "now", []),
        ("{from: s, values: {Now: now}, otherwise: unknown}", " NOW ", "now", []),
        ("{from: s, values: {Now: now}, otherwise: unknown}", "never", "unknown", []),
        ("{from: s, values: {Now: now}, otherwise: unknown}", "", None, []),
        ("{from: s, values: {Now: now}, otherwise: leave_out}", "never", None, []),
        ("{from: s, values: {Now: now}, default: later}", "", "later", []),
        ("{from: s, values: {Now: now}}", "later", "later", ["unlisted_value"]),
        ("{from: s, values: {Now: now}}", "soonish", None, ["choice_unknown", "unlisted_value"]),
    ],
)
def test_values_translate_and_otherwise_takes_what_is_not_listed(
    compiled: Compile, touch_of: Make, line: str, sent: str, expected: str | None, found: list[str]
) -> None:
    touch = touch_of(compiled(with_lines(f"interest.timeframe: {line}")), {"email": "ann@weber.de", "s": sent})
    assert value(touch, "interest.timeframe") == expected
    assert sorted(problem.code for problem in touch.problems) == found


def test_a_translated_field_keeps_the_text_that_was_sent(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(with_lines("interest.timeframe: {from: s, values: {Sofort: now}}"))
    assert touch_of(mapping, {"email": "ann@weber.de", "s": "Sofort"}).fields["interest.timeframe"].raw == "Sofort"


def test_a_region_reads_numbers_without_country_code(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(with_lines("person.phone: {from: tel, region: at}"))
    assert value(touch_of(mapping, {"email": "ann@weber.de", "tel": "01 5331234"}), "person.phone") == "+4315331234"


def test_constants_are_set_and_do_not_make_anybody(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(PLAIN + "set: {touch.kind: demo_request, company.name: Acme, company.country: Germany}\n")
    touch = touch_of(mapping, {"email": "ann@weber.de"})
    assert touch.kind == "demo_request"
    assert (value(touch, "company.name"), value(touch, "company.country")) == ("Acme", "DE")
    assert isinstance(touch_of(mapping, {"email": ""}), Held)


def test_a_touch_is_a_form_post_unless_the_mapping_says_otherwise(compiled: Compile, touch_of: Make) -> None:
    touch = touch_of(compiled(PLAIN), {"email": "ann@weber.de"})
    assert (touch.kind, value(touch, "touch.kind")) == ("form_post", "form_post")


CONSENT = PLAIN + "consent: {email_marketing: {when: {ok: {in: ['on', 'yes', 1]}, age: {is_not: minor}}, text: v3%s}}\n"


@pytest.mark.parametrize(
    ("names", "state"),
    [
        ({"ok": "on", "age": "adult"}, "given"),
        ({"ok": "YES ", "age": "adult"}, "given"),
        ({"OK": "1", "age": "adult"}, "given"),
        ({"ok": ("x", "on"), "age": "adult"}, "given"),
        ({"ok": "off", "age": "adult"}, "not_given"),
        ({"ok": "", "age": "adult"}, "not_given"),
        ({"ok": "on", "age": "minor"}, "not_given"),
        ({"ok": "on"}, "not_given"),
        ({"age": "adult"}, "not_given"),
        ({}, "not_given"),
    ],
)
@pytest.mark.parametrize("double", [False, True])
def test_consent_is_only_what_was_ticked(
    compiled: Compile, touch_of: Make, names: dict[str, Any], state: str, double: bool
) -> None:
    mapping = compiled(CONSENT % (", double_opt_in: true" if double else ""))
    expected = "pending" if double and state == "given" else state
    assert value(touch_of(mapping, {"email": "ann@weber.de"} | names), "consent.email_marketing") == expected
    assert mapping.consents[0].text == "v3"


def test_consent_keeps_its_evidence(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(CONSENT % "")
    given_cell = touch_of(mapping, {"email": "ann@weber.de", "OK": "on", "age": "adult"}).fields["consent.email_marketing"]
    assert given_cell.raw == "ok: on; age: adult; text: v3"
    refused = touch_of(mapping, {"email": "ann@weber.de", "ok": "off"}).fields["consent.email_marketing"]
    assert (refused.value, refused.raw) == ("not_given", "ok: off")


def test_an_unknown_answer_satisfies_no_condition_but_known_false(compiled: Compile, touch_of: Make) -> None:
    for condition, names, state in (
        ("{not_in: [no]}", {}, "not_given"),
        ("{not_in: [no]}", {"ok": "yes"}, "given"),
        ("{known: false}", {}, "given"),
        ("{known: true}", {"ok": "x"}, "given"),
        ("{known: true}", {"ok": " "}, "not_given"),
    ):
        mapping = compiled(PLAIN + f"consent: {{profiling: {{when: {{ok: {condition}}}}}}}\n")
        assert value(touch_of(mapping, {"email": "ann@weber.de"} | names), "consent.profiling") == state


def test_campaign_parameters_are_read_in_any_case_without_being_mapped(compiled: Compile, touch_of: Make) -> None:
    touch = touch_of(
        compiled(PLAIN), {"email": "ann@weber.de", "UTM_Source": "News", "gclid": "AbC", "Referrer": "https://x.example/"}
    )
    assert (value(touch, "touch.utm_source"), value(touch, "touch.gclid")) == ("News", "AbC")
    assert value(touch, "touch.referrer") == "https://x.example/"
    assert codes(touch) == []


def test_campaign_parameters_come_from_the_pages_query_when_no_input_gives_them(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(with_lines("touch.page_url: Seite"))
    names = {
        "email": "ann@weber.de",
        "Seite": "https://acme.example/demo?UTM_source=google&utm_campaign=Sp%C3%A4t+sale&fbclid=F&x=1",
        "utm_campaign": "own",
        "landing_page": "https://acme.example/?utm_source=bing&utm_medium=cpc",
    }
    touch = touch_of(mapping, names)
    assert value(touch, "touch.utm_campaign") == "own"
    assert value(touch, "touch.utm_source") == "bing"
    assert (value(touch, "touch.utm_medium"), value(touch, "touch.fbclid")) == ("cpc", "F")
    assert codes(touch) == []


def test_an_ignored_or_mapped_campaign_parameter_is_not_read_on_the_side(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(with_lines("touch.utm_source: Quelle") + "ignore: [GCLID]\n")
    names = {
        "email": "ann@weber.de",
        "gclid": "x",
        "utm_source": "y",
        "page_url": "https://a.example/?gclid=z&utm_source=w&utm_term=t",
    }
    touch = touch_of(mapping, names)
    assert value(touch, "touch.gclid") is None
    assert value(touch, "touch.utm_source") is None
    assert value(touch, "touch.utm_term") == "t"


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://a.example/?utm_source=x&utm_source=y", {"touch.utm_source": "x"}),
        ("https://a.example/#/demo?utm_source=x", {"touch.utm_source": "x"}),
        ("/demo?gclid=x", {"touch.gclid": "x"}),
        ("https://a.example/?utm_source=", {}),
        ("https://[broken/?utm_source=x", {"touch.utm_source": "x"}),
        ("https://a.example/?utm_source=%FF", {"touch.utm_source": "\ufffd"}),
        ("no address", {}),
    ],
)
def test_parameters_of_an_address(address: str, found: dict[str, str]) -> None:
    assert parameters_of(address) == found


@given(st.text(max_size=200))
def test_any_text_may_stand_where_an_address_should(text: str) -> None:
    parameters_of(text)
    parameters_of("https://a.example/?" + text + "=1")


def test_thousands_of_parameters_do_not_hide_the_first_ones() -> None:
    assert parameters_of("?utm_source=x&" + "&".join(f"p{i}=1" for i in range(900))) == {"touch.utm_source": "x"}


def test_a_submission_of_nobody_is_held_and_says_what_to_do(compiled: Compile, touch_of: Make) -> None:
    held = touch_of(compiled(PLAIN), {"Mail-Adresse": "ann@weber.de", "utm_source": "x"})
    assert isinstance(held, Held)
    nobody = held.problems[0]
    assert nobody.code == "nobody"
    assert "`E-Mail`" in nobody.message
    assert "`Mail-Adresse`" in nobody.message
    assert "ann@weber.de" not in nobody.message


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("person.full_name: n", {"n": "Anna Weber"}),
        ("company.name: n", {"n": "Acme"}),
        ("person.mobile: n", {"n": "+49 171 1234567"}),
        ("company.website: n", {"n": "acme.de"}),
    ],
)
def test_one_name_number_or_company_is_enough(compiled: Compile, touch_of: Make, line: str, names: dict[str, str]) -> None:
    assert isinstance(touch_of(compiled(with_lines(line)), names), Touch)


def test_the_submit_time_orders_the_history(compiled: Compile, touch_of: Make) -> None:
    mapping = compiled(with_lines("touch.submitted_at: when"))
    assert touch_of(mapping, {"email": "ann@weber.de"}).at == 1_000
    assert touch_of(mapping, {"email": "ann@weber.de"}, submitted_at=900).at == 900
    assert touch_of(mapping, {"email": "ann@weber.de"}, submitted_at=2_000).at == 1_000
    read = touch_of(
        mapping, {"email": "ann@weber.de", "when": "2026-11-21 10:30"}, received_at=1_800_000_000_000, submitted_at=900
    )
    assert read.at == 1_795_253_400_000
    assert value(touch_of(mapping, {"email": "ann@weber.de"}, submitted_at=900), "touch.submitted_at").startswith(
        "1970-01-01T00:00:00.9"
    )


def test_the_names_of_a_mapping_are_known_to_its_source(compiled: Compile) -> None:
    mapping = compiled(CONSENT % "" + "ignore: [nonce]\n")
    assert mapping.input_names == {"E-Mail", "email", "ok", "age", "nonce"}
    assert mapping.name == "plain"


def test_every_value_can_be_explained(compiled: Compile, catalogue: Catalogue) -> None:
    mapping = compiled(with_lines("person.full_name: Name", "company.employees: size") + "set: {touch.lead_source: Web}\n")
    names = {"EMAIL": "A@Acme.de", "Name": "Anna Weber", "size": "lots", "gclid": "G"}
    found = {one.path: one for one in explain_inbound(mapping, names, catalogue=catalogue, zone="UTC", region="DE")}
    email = found["person.email"]
    assert (email.input_name, email.raw, email.value) == ("EMAIL", "A@Acme.de", "a@acme.de")
    assert email.place is not None
    assert str(email.place) == "m.yaml:5:3"
    assert found["person.last_name"].note == "derived from other fields"
    assert found["company.employees"].value is None
    assert "company.employees" in found["company.employees"].note
    assert found["touch.lead_source"].note == "constant"
    assert (found["touch.gclid"].place, found["touch.gclid"].value) == (None, "G")
    assert found["touch.kind"].value == "form_post"


names_of_forms = st.dictionaries(
    st.sampled_from(["E-Mail", "email", "EMAIL", "Name", "x", "utm_source", "page_url", ""]) | st.text(max_size=5),
    st.text(max_size=20) | st.tuples(st.text(max_size=5), st.text(max_size=5)),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(names_of_forms)
def test_no_input_breaks_a_mapping_and_no_name_goes_unsaid(compiled: Compile, touch_of: Make, names: dict[str, Any]) -> None:
    mapping = compiled(with_lines("person.full_name: Name"))
    first, again = touch_of(mapping, names), touch_of(mapping, names)
    assert first == again
    reported = {problem.field for problem in first.problems if problem.code == "unmapped_name"}
    assert reported <= set(names)
    assert "x" not in names or "x" in reported


def test_what_a_source_reads_for_itself_is_no_drift(compiled: Compile, touch_of: Make) -> None:
    names = {"email": "ann@weber.de", "submission_id": "s1", "is_test": "false", "submitted_at": "x", "retURL": "y"}
    assert codes(touch_of(compiled(PLAIN), names)) == []


def test_thousands_of_unmapped_names_are_told_by_their_number(compiled: Compile, touch_of: Make) -> None:
    touch = touch_of(compiled(PLAIN), {"email": "ann@weber.de"} | {f"x{i}": "1" for i in range(1_500)})
    assert len(touch.problems) == 51
    assert "1450 more inputs" in touch.problems[-1].message
    assert isinstance(touch_of(compiled(PLAIN), {f"x{i}": "1" for i in range(1_500)}), Held)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.text(max_size=30) | st.dates().map(str) | st.datetimes().map(str) | st.integers().map(str))
def test_any_text_may_stand_where_a_submit_time_should(compiled: Compile, touch_of: Make, text: str) -> None:
    touch = touch_of(compiled(with_lines("touch.submitted_at: when")), {"email": "ann@weber.de", "when": text})
    assert isinstance(touch, Touch)
    assert touch.at <= 1_000
