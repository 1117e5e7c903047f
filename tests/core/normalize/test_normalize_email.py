"""E-mail addresses: the value for the CRM, the form for matching, the class of the mailbox."""

import csv
from pathlib import Path

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from core.normalize import canonical_email, email_class, is_free_domain
from core.normalize.email import addresses_in, read_email

FIXTURE = Path(__file__).parents[4] / "shared/data/dedupe/fixtures/emails.csv"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" ANNA@Acme.DE ", "anna@acme.de"),
        ("<anna@acme.de>", "anna@acme.de"),
        ("Anna Weber <anna@acme.de>", "anna@acme.de"),
        ('"Weber, Anna" <anna@acme.de>', "anna@acme.de"),
        ("mailto:anna@acme.de?subject=Hi", "anna@acme.de"),
        ("MAILTO:anna@acme.de", "anna@acme.de"),
        ("anna@acme.de.", "anna@acme.de"),
        ("anna@acme.de;", "anna@acme.de"),
        ("'anna@acme.de'", "anna@acme.de"),
        ("anna @ acme.de", "anna@acme.de"),
        ("anna@acme.de\u200b", "anna@acme.de"),
        ("\ufeffanna@acme.de\x00", "anna@acme.de"),
        ("anna+fair@acme.de", "anna+fair@acme.de"),
        ("anna@müller.de", "anna@xn--mller-kva.de"),
        ("JÖRG@acme.de", "jörg@acme.de"),
        ("jeff@臺網中心.tw", "jeff@xn--fiqq24b10vi0d.tw"),
        ("anna@acme.test", "anna@acme.test"),
        ("anna@acme.example", "anna@acme.example"),
        ("anna@acme.invalid", "anna@acme.invalid"),
        ("anna@müller.test", "anna@xn--mller-kva.test"),
        ("anna@localhost", "anna@localhost"),
        ("o'brien@acme.ie", "o'brien@acme.ie"),
    ],
)
def test_an_address_is_freed_of_its_wrapping_and_written_in_lower_case(text: str, address: str) -> None:
    assert read_email(text) == (address, "", "")


@pytest.mark.parametrize(
    "text",
    [
        "anna", "anna@", "@acme.de", "anna@acme", "anna@acme,de", "anna@@acme.de", "anna..w@acme.de", "anna w@acme.de",
        "anna@-acme.de", "anna@acme..de", "anna(at)acme.de", "x" * 65 + "@acme.de", "anna＠acme.de",
    ],
)  # fmt: skip
def test_what_is_no_address_stays_as_text_with_a_problem(text: str) -> None:
    reading = read_email(text)
    assert (reading.value, reading.code) == (text, "email_invalid")
    assert email_class(text) == "invalid"
    assert text not in reading.message


@pytest.mark.parametrize(("wrong", "right"), [("gmial.com", "gmail.com"), ("gmail.con", "gmail.com"), ("acme.con", "acme.com")])
def test_a_suspected_typo_is_a_problem_and_is_never_corrected(wrong: str, right: str) -> None:
    reading = read_email(f"anna@{wrong}")
    assert (reading.value, reading.code) == (f"anna@{wrong}", "email_typo_suspected")
    assert right in reading.message
    assert "anna" not in reading.message


@pytest.mark.parametrize("text", ["", "   ", "-", "n/a", "null", "--"])
def test_a_text_that_means_nothing_gives_no_address(text: str) -> None:
    assert read_email(text).value is None


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("Anna.Weber+fair@GMail.com", "annaweber@gmail.com"),
        ("anna.weber@googlemail.com", "annaweber@gmail.com"),
        ("Anna.Weber+fair@acme.de", "anna.weber@acme.de"),
        ("+anna@acme.de", "+anna@acme.de"),
        ('"a+b c"@acme.de', '"a+b c"@acme.de'),
        ("no address", "no address"),
    ],
)
def test_canonical_form_drops_tags_and_what_gmail_ignores(address: str, canonical: str) -> None:
    assert canonical_email(address) == canonical


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("anna.weber@acme.de", "business"),
        ("anna@example.com", "business"),
        ("lead0001@example.org", "business"),
        ("anna@gmail.com", "free"),
        ("anna@mail.gmx.net", "free"),
        ("anna@t-online.de", "free"),
        ("anna@weber.name", "personal"),
        ("info@acme.de", "role"),
        ("INFO@acme.de", "role"),
        ("info+x@acme.de", "role"),
        ("sales-emea@acme.com", "role"),
        ("vertrieb2@acme.de", "role"),
        ("kontakt@acme.de", "role"),
        ("contacto@acme.es", "role"),
        ("office@gmail.com", "role"),
        ("info.weber@acme.de", "business"),
        ("salesman@acme.de", "business"),
        ("anna@mailinator.com", "disposable"),
        ("info@mailinator.com", "disposable"),
        ("test@test.com", "placeholder"),
        ("none@none.com", "placeholder"),
        ("a@a.a", "placeholder"),
        ("asdf@asdf.de", "placeholder"),
        ("test@example.com", "placeholder"),
        ("test123@acme.de", "placeholder"),
        ("anna@test.com", "placeholder"),
        ("xxxx@acme.de", "placeholder"),
        ("no-reply@acme.de", "placeholder"),
        ("Do.Not.Reply@acme.de", "placeholder"),
        ("max@max.de", "business"),
        ("anna@", "invalid"),
        ("", "invalid"),
    ],
)
def test_the_class_of_a_mailbox(address: str, expected: str) -> None:
    assert email_class(address) == expected


def test_free_and_disposable_domains_tell_nothing_of_a_company() -> None:
    assert is_free_domain("gmail.com")
    assert is_free_domain("mailinator.com")
    assert not is_free_domain("acme.de")


def test_several_addresses_in_one_text_are_told_apart() -> None:
    assert addresses_in("anna@acme.de; ben@acme.de") == ["anna@acme.de", "ben@acme.de"]
    assert addresses_in("anna@acme.de") == ["anna@acme.de"]
    assert addresses_in("anna@@acme.de") == ["anna@@acme.de"]


_ALPHABET = st.sampled_from("ab0.-_+@ xn'é")


@given(st.text(_ALPHABET, max_size=12), st.text(_ALPHABET, max_size=12))
def test_the_short_cut_accepts_only_what_the_library_accepts(local: str, head: str) -> None:
    address = f"{local}@{head}.de".lower()
    reading = read_email(address)
    if reading.value != address or reading.code == "email_invalid":
        return
    try:
        found = validate_email(address, check_deliverability=False, allow_quoted_local=True, strict=True)
    except EmailNotValidError as error:  # pragma: no cover - the failure this test is for
        pytest.fail(f"{address}: {error}")
    assert found.normalized == address or found.ascii_email == address


@example("0\xa0)")
@example(".\xa0.a@b.example\u2003)\xa0.")
@given(st.text(max_size=60))
def test_reading_an_address_twice_changes_nothing(text: str) -> None:
    value = read_email(text).value
    if value is not None:
        again = read_email(str(value))
        assert again.value == value
        assert canonical_email(canonical_email(str(value))) == canonical_email(str(value))


def _fixture_rows() -> list[dict[str, str]]:
    if not FIXTURE.exists():
        return []
    with FIXTURE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.skipif(not FIXTURE.exists(), reason="the shared data is not here")
def test_validity_agrees_with_the_shared_addresses() -> None:
    unwrapped = ("<", "\n")  # wrapping is taken off here; special-use names are accepted
    differing = []
    for row in _fixture_rows():
        text, is_valid = row["email"], row["verdict"] != "invalid"
        if not is_valid and (any(mark in text for mark in unwrapped) or text.endswith((".invalid", "localhost", ".test"))):
            continue
        reading = read_email(text)
        if (reading.value is not None and reading.code != "email_invalid") != is_valid and '"' not in text:
            differing.append(text)
    assert differing == []
