"""What labels mean: words over columns and beside the fields of forms."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fields import STANDARD
from core.labels.context import NOT_FIELDS, SEVERAL
from core.labels.meaning import folded_words, recognize_label
from core.labels.table import recognize_columns
from core.labels.words import FIELD_WORDS, NAME

MEANT = {
    "person.full_name": """Name|Your name (required)|1. Name:|Ihr Name|Full name|full_name|your-name|Vor- und Nachname
        |Nachname, Vorname
        |Vorname Nachname|Nom et prénom|Nombre y apellidos|Nome e cognome|Imię i nazwisko|氏名（必須）|お名前|姓名|ФИО
        |Ansprechpartner
        |First & Last Name|Name / Nom|Contact Name|Person - Name|Volledige naam|Jméno a příjmení|성함""",
    "person.first_name": """First name|first_name|firstName|FirstName|FNAME|Given Name|Vorname*|Prénom|Voornaam|Imię
        |Förnamn|Fornavn
        |Name (First)|What's your first name?|q3_firstName|Křestní jméno""",
    "person.last_name": """Last name|LastName|LNAME|Surname|Nachname|Apellidos|Cognome|Achternaam|Sobrenome|Nazwisko
        |Efternamn|Příjmení|姓""",
    "person.email": """E-Mail|e-mail|EMAIL|E-Mail-Adresse *|Email Address|EMailAddress|your-email
        |Ihre E-Mail-Adresse (Pflichtfeld)|Courriel
        |Adresse e-mail|Correo electrónico*|Indirizzo email|E-mailadres|Adres e-mail|E-postadress|メールアドレス|邮箱
        |이메일|work_email
        |What is your work email?|E-mail 1 - Value|Person - Email - Work|Attendee Email|Email (work)|E-Mail / Email
        |Contact Email""",
    "person.phone": """Phone|phone_number|Telefon|Tel.|Tél.|Telefonnummer|Numéro de téléphone|Teléfono|Telefono
        |Telefoonnummer|Numer telefonu
        |電話番号|联系电话|Business Phone|Phone 1 - Value|Phone (optional)|contact_no|Phone/Mobile""",
    "person.mobile": """Mobile|MobilePhone|Cell phone|Handynummer|Téléphone portable|Móvil|Cellulare|Telefone celular
        |手机号码|携帯電話""",
    "company.name": """Company|company_name|Company (if applicable)|Firma|Unternehmen|Société|Empresa|Azienda
        |Bedrijfsnaam|Nazwa firmy|Företag
        |Organization 1 - Name|Name of your company|Account Name|会社名|公司名称|Organization - Name|Company / Account""",
    "person.job_title": """Job title|JobTitle|Position|Organization 1 - Title|Funktion|Fonction|Cargo|Ruolo|Functie
        |Stanowisko|役職|职位""",
    "touch.message": """Message|Your message|Comments|Message Body|Nachricht|Ihre Nachricht|Votre message|Mensaje
        |Messaggio|Bericht|Mensagem
        |Treść wiadomości|Meddelande|Besked|Zpráva|お問い合わせ内容|留言|How can we help you?|Wie können wir Ihnen helfen?""",
    "touch.subject": "Subject|Betreff|Objet|Asunto|Oggetto|Onderwerp|Assunto|件名",
    "address.postcode": """Zip|Zip/Postal Code|PLZ|Code postal|CAP|Postcode|Address (ZIP / Postal Code)
        |Mailing Zip/Postal Code""",
    "address.city": "City|Ort|Ville|Ciudad|Città|Plaats|Miasto|Address 1 - City|Business City",
    "address.region": "State/Province|Bundesland|Mailing State/Province",
    "address.country": "Country|Country/Region|Land|Pays|País|Paese|Country Code",
    "address.street": "Street|Straße, Nr.|Street Address|Rue|Address (Street Address)|Business Street",
    "company.employees": "Number of employees|NumberOfEmployees|Mitarbeiterzahl|Company size",
    "company.revenue": "Annual Revenue (USD)",
    "company.website": "Website|Company website|Webseite",
    "touch.campaign": "campaign_name",
    "touch.name": "form_name",
    "touch.page_url": "Page URL",
    "touch.utm_source": "utm_source|UTM Source",
    "touch.lead_source": "Lead Source",
}
OTHERS = """adset_name|ad_name|Contact owner|Lead Owner Email|Fax|Business Fax|Faxnummer|E-mail of referrer
        |Assistant's phone|Parent Name
    |User Agent|Remote IP|IP-Adresse|Date|Time|Datum|Username|Created Date|Email Opt Out|Phone 1 - Type|Record ID
        |Lead Status|Date of birth
    |Confirm email|Password|Sales rep|Emergency contact phone|氏名フリガナ"""


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split("|")]


@pytest.mark.parametrize(("path", "label"), [(path, label) for path, labels in MEANT.items() for label in words(labels)])
def test_a_label_means_its_field(path: str, label: str):
    found = recognize_label(label)
    assert found is not None
    assert found.path == path


@pytest.mark.parametrize("label", words(OTHERS))
def test_what_is_no_field_of_the_lead_is_known_to_be_none(label: str):
    found = recognize_label(label)
    assert found is not None
    assert (found.path, found.choices) == ("", ())
    assert found.why


@pytest.mark.parametrize(
    "label", ["Favourite colour", "adset", "Project name 2", "Question 1", "", "***", "xyz", "Nmae", "E-Mial", "Compny"]
)
def test_what_is_not_known_is_never_guessed_at(label: str):
    found = recognize_label(label)
    assert found is None or not found.path


@pytest.mark.parametrize(
    "label", ["Title", "Titel", "Phone 2", "Kontakt", "Address", "Adresse", "Source", "URL", "Customer name"]
)
def test_a_doubtful_label_gives_choices_and_the_reason(label: str):
    found = recognize_label(label)
    assert found is not None
    assert not found.path
    assert len(found.choices) > 1
    assert all(STANDARD.is_input(path) for path in found.choices)
    assert found.why


def test_a_fields_own_path_is_a_label_too():
    found = recognize_label("touch.message_id")
    assert found is not None
    assert found.path == "touch.message_id"


def test_no_word_means_two_things_and_every_path_can_be_filled():
    meanings: dict[str, str] = {}
    lists = [
        ("not", NOT_FIELDS),
        ("name", NAME),
        *FIELD_WORDS.items(),
        *((choices[0] + "?", text) for text, choices, _ in SEVERAL),
    ]
    for meaning, text in lists:
        for word in words(text.replace("\n", "|")):
            if word:
                assert meanings.setdefault("".join(folded_words(word)), meaning) == meaning, word
    assert all(STANDARD.is_input(path) for path in FIELD_WORDS)
    assert all(STANDARD.is_input(path) for _, choices, _ in SEVERAL for path in choices)


@given(st.text(max_size=300))
def test_any_text_is_read_without_complaint(label: str):
    found = recognize_label(label)
    assert found is None or not found.path or STANDARD.is_input(found.path)


# --- columns together -------------------------------------------------------------------------------------------------


def paths(headers: str, *rows: str) -> list[str]:
    columns = recognize_columns(headers.split("|"), [row.split("|") for row in rows])
    return [column.path or "/".join(column.choices) for column in columns]


def test_a_name_beside_the_first_name_is_the_last_name():
    assert paths("Vorname|Name|E-Mail") == ["person.first_name", "person.last_name", "person.email"]
    assert paths("Prénom|Nom") == ["person.first_name", "person.last_name"]


def test_a_name_beside_the_last_name_is_the_first_name():
    assert paths("Nombre|Apellidos") == ["person.first_name", "person.last_name"]
    assert paths("Nome|Cognome") == ["person.first_name", "person.last_name"]


def test_a_name_that_holds_the_first_name_is_the_whole_name():
    assert paths("Name|First Name|Email", "Anna Weber|Anna|a@b.example")[0] == "person.full_name"
    assert paths("Name|First Name|Last Name", "Anna Weber|Anna|Weber")[0] == "person.full_name"


def test_a_name_beside_both_halves_is_the_company_where_its_values_are_firms():
    assert paths("Name|First Name|Last Name", "Acme GmbH|Anna|Weber", "Foo Inc|Bob|Bee")[0] == "company.name"


def test_a_name_beside_both_halves_is_asked_about_where_nothing_tells():
    assert paths("Name|First Name|Last Name")[0] == "person.full_name/company.name"


def test_values_tell_what_a_title_is():
    assert paths("Title|Last Name", "Mr|Weber", "Mrs|Bee", "Dr.|Day")[0] == "person.salutation"
    assert paths("Title|Last Name", "Head of Sales|Weber", "CEO|Bee")[0] == "person.job_title"
    assert paths("Title|Last Name")[0] == "person.job_title/person.salutation"
    assert paths("Title|Job Title|Last Name", "Mr|CEO|Weber") == ["person.salutation", "person.job_title", "person.last_name"]


def test_values_tell_what_an_address_and_a_contact_are():
    assert paths("Address|Name", "anna@acme.example|Anna")[0] == "person.email"
    assert paths("Address|Name", "1 Main St|Anna")[0] == "address.street"
    assert paths("Kontakt|Firma", "030 1234567|Acme")[0] == "person.phone"
    assert paths("Kontakt|Firma", "Anna Weber|Acme")[0] == "person.full_name"


def test_several_addresses_and_numbers_fill_their_lists():
    assert paths("Email|Work Email|Phone|Home Phone|Mobile") == [
        "person.email", "person.emails", "person.phone", "person.phones", "person.mobile",
    ]  # fmt: skip
    assert paths("E-mail 2 Address|Name") == ["person.email", "person.full_name"]


def test_no_field_is_given_to_two_columns():
    headers = [word for text in MEANT.values() for word in words(text)]
    found = [column.path for column in recognize_columns(headers, []) if column.path]
    assert len(found) == len(set(found))


def test_parts_of_two_addresses_are_not_mixed():
    headers = "Business Street|Business City|Home Street|Home City|Last Name"
    assert paths(headers, "||Weg 1|Bonn|Weber")[:4] == ["", "", "address.street", "address.city"]
    assert paths(headers, "Ring 5|Ulm|Weg 1|Bonn|Weber")[:4] == ["address.street", "address.city", "", ""]


def test_values_that_can_not_be_of_a_field_keep_its_column_away():
    columns = recognize_columns(["Email", "First"], [["yes", "1"], ["no", "2"], ["yes", "3"]])
    assert [column.path for column in columns] == ["", ""]
    assert "values" in columns[0].why


def test_a_column_without_a_name_is_known_by_e_mail_addresses_alone():
    assert paths("||", "Anna Weber|anna@acme.example|030 123456") == ["", "person.email", ""]
    assert paths("Column1|Column2", "anna@acme.example|x") == ["person.email", ""]
    assert paths("Email|", "anna@acme.example|bert@acme.example") == ["person.email", ""]


def test_somebody_elses_addresses_are_never_the_leads():
    assert paths("Owner|Referrer email|Name", "a@b.example|c@d.example|Anna")[:2] == ["", ""]


EXPORTS: Sequence[tuple[str, str]] = (
    (
        "id|created_time|ad_id|ad_name|adset_name|campaign_name|form_id|form_name|is_organic|platform|full_name|phone_number|email",
        "|touch.submitted_at||||touch.campaign|touch.form_id|touch.name|||person.full_name|person.phone|person.email",
    ),
    (
        "First Name|Last Name|Title|Company / Account|Email|Phone|Lead Source|Street|Lead Owner|Lead Status|Created Date",
        "person.first_name|person.last_name|person.job_title|company.name|person.email|person.phone|touch.lead_source|address.street|||",
    ),
    (
        "Record ID|First Name|Last Name|Email|Phone Number|Contact owner|Lifecycle Stage|Associated Company|Create Date",
        "|person.first_name|person.last_name|person.email|person.phone|||company.name|",
    ),
    (
        "Given Name|Family Name|Yomi Name|E-mail 1 - Type|E-mail 1 - Value|Phone 1 - Type|Phone 1 - Value|Organization 1 - Title",
        "person.first_name|person.last_name|||person.email||person.phone|person.job_title",
    ),
    (
        "Email Address|First Name|Last Name|MEMBER_RATING|OPTIN_TIME|CONFIRM_IP|EUID|TAGS",
        "person.email|person.first_name|person.last_name|||||",
    ),
)
VALUES = {"Title": "CEO", "created_time": "2026-11-01T10:00:00-05:00", "Email": "a@b.example"}


@pytest.mark.parametrize(("headers", "expected"), EXPORTS)
def test_the_exports_of_well_known_programs_are_understood(headers: str, expected: str):
    row = "|".join(VALUES.get(header, "") for header in headers.split("|"))
    assert paths(headers, row) == expected.split("|")


@given(st.lists(st.text(max_size=20), max_size=8), st.lists(st.lists(st.text(max_size=20), max_size=9), max_size=4))
def test_any_table_is_looked_at_without_complaint(headers: list[str], rows: list[list[str]]):
    columns = recognize_columns(headers, rows)
    assert [column.name for column in columns] == headers
    taken = [column.path for column in columns if column.path]
    assert len(taken) == len(set(taken))


def test_a_buyers_or_users_address_is_not_the_leads_beside_the_leads_own():
    rows = [["ann@x.org", "bob@y.org"], ["cid@x.org", "dan@y.org"]]
    for headers in (["Email", "Buyer Email"], ["Attendee Email", "User Email"]):
        assert [one.path for one in recognize_columns(headers, rows)] == ["person.email", ""]
        assert [one.path for one in recognize_columns(headers[::-1], rows)] == ["", "person.email"]
    assert [one.path for one in recognize_columns(["User Email", "City"], [["ann@x.org", "Ulm"]])] == [
        "person.email",
        "address.city",
    ]
    two = ["Buyer Email", "Buyer Work Email"]
    assert sorted(one.path for one in recognize_columns(two, rows)) == ["person.email", "person.emails"]


def test_parts_of_a_shops_default_address_are_told_apart():
    headers = ["Default Address Company", "Default Address Address1", "Default Address City", "Default Address Country Code"]
    found = [one.path for one in recognize_columns(headers, [["Nord AG", "Weg 2", "Bern", "CH"]])]
    assert found == ["company.name", "address.street", "address.city", "address.country"]


def test_a_word_for_country_and_region_is_the_country_beside_a_region():
    found = [one.path for one in recognize_columns(["Email", "Województwo", "Kraj"], [["a@x.org", "opolskie", "Polska"]])]
    assert found == ["person.email", "address.region", "address.country"]


def test_a_source_is_the_lead_source_where_nothing_else_claims_it():
    headers, row = "Name|E-Mail|Quelle", "Anna Weber|anna@acme.example|Messe"
    assert paths(headers, row) == ["person.full_name", "person.email", "touch.lead_source"]
    assert paths(f"{headers}|Lead Source", f"{row}|Web")[2:] == ["", "touch.lead_source"]
    assert paths(f"{headers}|utm_source", f"{row}|google")[2:] == ["touch.lead_source", "touch.utm_source"]
    assert paths(f"{headers}|utm_medium", f"{row}|cpc")[2:] == ["touch.utm_source", "touch.utm_medium"]
    assert paths("Quelle|Wert", "Messe|5") == ["touch.lead_source/touch.utm_source", ""]


def test_the_only_addresses_under_an_unknown_word_are_the_peoples_where_they_are_all_different():
    rows = [["Anna", "anna@acme.example"], ["Bert", "bert@acme.example"], ["Cem", "cem@acme.example"]]
    assert [column.path for column in recognize_columns(["Name", "Gmejl"], rows)] == ["person.full_name", "person.email"]
    few = recognize_columns(["Name", "Gmejl"], rows[:2])
    assert (few[1].path, few[1].choices) == ("", ("person.email",))
    same = recognize_columns(["Name", "Gmejl"], [[row[0], "sam@our.example"] for row in rows])
    assert (same[1].path, same[1].choices) == ("", ("person.email",))
    owner = recognize_columns(["Name", "Owner email"], rows)
    assert (owner[1].path, owner[1].choices) == ("", ())


def test_a_referrer_is_a_page_or_somebody_else_by_its_values():
    assert paths("Email|Referrer", "a@b.example|https://news.example/") == ["person.email", "touch.referrer"]
    assert paths("Email|Referrer", "a@b.example|Tom Ray") == ["person.email", ""]


@pytest.mark.parametrize(
    ("headers", "first", "last"),
    [("ชื่อ|นามสกุล", 0, 1), ("שם משפחה|שם פרטי", 1, 0), ("الاسم الأول|اسم العائلة", 0, 1), ("Име|Фамилия", 0, 1)],
)
def test_first_and_last_names_are_told_apart_in_other_alphabets(headers: str, first: int, last: int):
    found = paths(headers)
    assert (found[first], found[last]) == ("person.first_name", "person.last_name")
