"""The mails of forms: labels and values wherever they stand, and what was pasted into the message."""

# ruff: noqa: E501 -- mails are easier to read in one line each

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail.forms import FormReading, form_reading
from core.mail.message import Address, MailOptions, ParsedMail
from core.mail.parsing import parse_mail
from core.mail.reading import read_mail
from core.mail.text import html_to_text

PASTED = "I saw your talk.\n\nEmail: attacker@evil.example\nPhone: 000\n(Text copied from another form)"
PASTED_HTML = PASTED.replace("\n", "<br>")
ANNA = {"person.full_name": "Anna Weber", "person.email": "anna@acme.example"}
ENQUIRIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "mail" / "enquiries"


def mail(text: str = "", html: str = "", subject: str = "", reply_to: str = "") -> ParsedMail:
    return ParsedMail(
        headers={},
        subject=subject,
        senders=(Address("site@widgets.example"),),
        reply_to=(Address(reply_to),) if reply_to else (),
        text=text or html_to_text(html),
        html=html,
    )


def read(text: str = "", html: str = "", subject: str = "", reply_to: str = "") -> FormReading:
    found = form_reading(mail(text, html, subject, reply_to), "DE")
    assert found is not None
    return found


def fields(reading: FormReading) -> dict[str, str]:
    return {path: texts[0] for path, texts in reading.fields.items()}


def rows(*pairs: tuple[str, str]) -> str:
    return "<table>" + "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in pairs) + "</table>"


def stacked(*pairs: tuple[str, str]) -> str:
    cells = (f"<tr><td><strong>{label}</strong></td></tr><tr><td>{value}</td></tr>" for label, value in pairs)
    return "<table>" + "".join(cells) + "</table>"


THREE = (("Name", "Anna Weber"), ("Email", "anna@acme.example"), ("Message", PASTED_HTML))
LAYOUTS = {
    "dashes": {
        "text": f"--- Name ---\n\nAnna Weber\n\n--- Email ---\n\nanna@acme.example\n\n--- Comment or Message ---\n\n{PASTED}\n"
    },
    "headings": {"text": f"Name:\nAnna Weber\n\nEmail:\nanna@acme.example\n\nBody:\n{PASTED}\n"},
    "stars": {"text": f"*Name:* Anna Weber\n*Email:* anna@acme.example\n*Message:* {PASTED}\n"},
    "markdown": {"text": f"**Name**: Anna Weber\n**Email**: anna@acme.example\n**Message**: {PASTED}\n"},
    "labels": {"text": f"Name: Anna Weber\nEmail: anna@acme.example\nMessage: {PASTED}\n"},
    "spaced labels": {"text": f"Name: Anna Weber\n\nEmail: anna@acme.example\n\nMessage: {PASTED}\n\nMarketing consent: Yes\n"},
    "equals": {"text": f"name = Anna Weber\nemail = anna@acme.example\nmessage = {PASTED}\n"},
    "tabs": {"text": f"Name\tAnna Weber\nEmail\tanna@acme.example\nMessage\t{PASTED}\n"},
    "numbered": {"text": f"1. Name: Anna Weber\n2. Email: anna@acme.example\n3. Message: {PASTED}\n"},
    "table": {"html": rows(*THREE)},
    "stacked rows": {"html": stacked(*THREE)},
    "definition list": {"html": "<dl>" + "".join(f"<dt>{label}</dt><dd>{value}</dd>" for label, value in THREE) + "</dl>"},
    "bold": {"html": "".join(f"<p><b>{label}:</b> {value}</p>" for label, value in THREE)},
    "bold over value": {"html": "".join(f"<p><strong>{label}</strong><br>{value}</p>" for label, value in THREE)},
    "paragraphs": {"html": "".join(f"<p>{label}</p><p>{value}</p>" for label, value in (("Company", "Acme"), *THREE))},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_form_is_read_in_every_layout_and_what_was_pasted_stays_message(layout: str):
    reading = read(**LAYOUTS[layout])
    assert {path: fields(reading).get(path) for path in ANNA} == ANNA
    assert "person.phone" not in reading.fields
    assert reading.message == PASTED
    assert reading.is_certain


def test_contact_form_7_names_its_sender_in_a_from_line():
    reading = read(
        "From: Anna Weber <anna@acme.example>\nSubject: Enquiry\n\nMessage Body:\nName: see above.\nPlease call.\n\n-- \n"
        "This e-mail was sent from a contact form on Widgets (https://widgets.example)\n"
    )
    assert fields(reading) == {**ANNA, "touch.subject": "Enquiry", "touch.message": "Name: see above.\nPlease call."}
    assert reading.format == "contact_form_7"


def test_elementors_lines_about_the_visit_are_no_fields():
    reading = read(
        "Name: Anna Weber\nEmail: anna@acme.example\nMessage: -- \nTwo\n\nlines\n\n---\n\nDate: November 3, 2026\nTime: 6:21 pm\n"
        "Page URL: https://widgets.example/contact\nUser Agent: Mozilla/5.0\nRemote IP: 198.51.100.7\nPowered by: Elementor\n"
    )
    assert fields(reading) == {**ANNA, "touch.message": "-- \nTwo\n\nlines", "touch.page_url": "https://widgets.example/contact"}
    assert set(reading.labels) == {"Date", "Time", "User Agent", "Remote IP", "Powered by"}
    assert reading.format == "elementor"


def test_the_rows_of_gravity_forms_are_label_over_value():
    row = '<tr bgcolor="#EAF2FA"><td colspan="2"><font><strong>{}</strong></font></td></tr>'
    row += '<tr bgcolor="#FFFFFF"><td width="20">&nbsp;</td><td><font>{}</font></td></tr>'
    cells = (("Your Name *", "Anna Weber"), ("Company", ""), ("E-mail *", "anna@acme.example"), ("Comments", PASTED_HTML))
    inner = "".join(row.format(*cell) for cell in cells)
    reading = read(html=f"<table><tr><td><table>{inner}</table></td></tr></table>")
    assert fields(reading) == {**ANNA, "touch.message": PASTED}
    assert reading.format == "gravity"


def test_a_row_of_labels_over_a_row_of_values_is_read_across():
    head = "<tr><th>Name</th><th>Email</th><th>Colour</th></tr>"
    html = f"<table>{head}<tr><td>Anna Weber</td><td>anna@acme.example</td><td>Red</td></tr></table>"
    reading = read(html=html, subject="New form submission")
    assert fields(reading) == ANNA
    assert reading.labels == {"Colour": ("Red",)}


@pytest.mark.parametrize(
    ("name", "mail_word", "phone", "message"),
    [
        ("Ihr Name", "E-Mail-Adresse", "Telefonnummer", "Ihre Nachricht"),
        ("Nom et prénom", "Adresse e-mail", "Téléphone", "Votre message"),
        ("Nombre completo", "Correo electrónico", "Teléfono", "Mensaje"),
        ("Nome e cognome", "Indirizzo email", "Telefono", "Messaggio"),
        ("Volledige naam", "E-mailadres", "Telefoonnummer", "Bericht"),
        ("Imię i nazwisko", "Adres e-mail", "Numer telefonu", "Treść wiadomości"),
        ("Nome completo", "E-mail", "Telefone", "Mensagem"),
        ("Namn", "E-postadress", "Telefonnummer", "Meddelande"),
        ("お名前", "メールアドレス", "電話番号", "お問い合わせ内容"),
        ("姓名", "邮箱", "联系电话", "留言"),
    ],
)
def test_labels_are_understood_in_many_languages(name: str, mail_word: str, phone: str, message: str):
    colon = "：" if name in ("お名前", "姓名") else ":"
    lines = f"{name}{colon} Anna Weber\n{mail_word}{colon} anna@acme.example\n"
    lines += f"{phone}{colon} 030 23125 014\n{message}{colon} Eins\nzwei\n"
    assert fields(read(lines)) == {**ANNA, "person.phone": "030 23125 014", "touch.message": "Eins\nzwei"}


def test_first_and_last_name_under_words_for_a_whole_name_are_told_apart():
    reading = read("Prénom: Élodie\nNom: Lefèvre\nAdresse e-mail: e@acme.example\nMessage: Bonjour\n")
    assert fields(reading)["person.first_name"] == "Élodie"
    assert fields(reading)["person.last_name"] == "Lefèvre"


def test_labels_go_on_after_the_message_where_nothing_else_follows():
    reading = read("Message: Hello\nthere\nName: Anna Weber\nEmail: anna@acme.example\n")
    assert fields(reading) == {**ANNA, "touch.message": "Hello\nthere"}


def test_the_address_that_can_be_replied_to_goes_before_a_pasted_one():
    text = "Message: Hello\nEmail: attacker@evil.example\nand more\nName: Anna Weber\nEmail: anna@acme.example\n"
    assert fields(read(text, reply_to="Anna@acme.example"))["person.email"] == "anna@acme.example"


def test_unknown_labels_are_kept_by_their_own_name_and_the_longest_text_is_the_message():
    long = "We would like to equip three of our plants with your valves before spring."
    reading = read(
        html=rows(("Angebot-Nr", "12"), ("E-Mail", "bob@acme.example"), ("Ihr Vorhaben", long)), subject="Neue Anfrage"
    )
    assert fields(reading) == {"person.email": "bob@acme.example", "touch.message": long}
    assert reading.labels == {"Angebot-Nr": ("12",), "Ihr Vorhaben": (long,)}


@pytest.mark.parametrize("word", ["Yes", "on", "1", "Checked", "Ja", "Oui"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_box_that_was_ticked_below_the_message_is_a_label_whatever_it_says(word: str, gap: str):
    lines = ("Name: Anna Weber", "Email: anna@acme.example", "Message: Hello", f"I have read how you keep data: {word}")
    reading = read(gap.join(lines) + "\n", subject="New form submission")
    assert reading.message == "Hello"
    assert reading.labels == {"I have read how you keep data": (word,)}


@pytest.mark.parametrize(
    "tail",
    [
        "\n---\nTime: 9:14 am\nIP Address: 192.0.2.7\nSource URL: https://widgets.example/\n",
        "\nip: 192.0.2.7\nuser_agent: Mozilla/5.0\nreferrer: https://widgets.example/\n",
        "\n\nUser Information\nIP Address: 192.0.2.7\nUser-Agent (Browser/OS): Firefox\n",
        "\nThis form submission was on the following page: https://widgets.example/contact\n",
        "\nSent from Example Widgets\n",
    ],
)
@pytest.mark.parametrize("form", ["Name: Anna Weber\nEmail: anna@acme.example\nMessage: Hello\n", "bold"])
def test_what_tells_of_the_visit_below_the_message_is_no_message(form: str, tail: str):
    labels = "<b>Name:</b> Anna Weber<br><b>Email:</b> anna@acme.example<br><b>Message:</b> Hello<br>"
    reading = read(html=labels + tail.replace("\n", "<br>")) if form == "bold" else read(form + tail)
    assert reading.message == "Hello"


def test_the_heads_of_a_table_are_no_field():
    assert read(html=rows(("Question", "Answer"), *THREE)).message == PASTED


def test_words_with_a_colon_in_a_message_below_its_label_stay_message():
    message = "Please call :\n- at noon\n\nour form said:\nName: Bob\n\nBye"
    assert read(f"Name:\nAnna Weber\n\nEmail:\nanna@acme.example\n\nMessage:\n{message}\n").message == message


def test_questions_and_the_lines_below_them_are_labels_and_values():
    text = "What's your name?\nAnna Weber\n\nWhat's your email address?\nanna@acme.example\n\nHow many seats do you need?\n40\n\n"
    reading = read(text + "How can we help?\nSend an offer.\n", subject="New response to your typeform")
    assert fields(reading) == {**ANNA, "touch.message": "Send an offer."}
    assert reading.labels == {"How many seats do you need?": ("40",)}


def test_what_programs_add_below_is_not_the_message():
    text = (
        "Sent via form submission from Widgets\n\nName: Anna Weber\n\nEmail: anna@acme.example\n\nMessage: Hello\n\nBest,\nme\n\n"
    )
    reading = read(text + "Does this submission look like spam? Report it here.\n")
    assert reading.message == "Hello\n\nBest,\nme"
    assert reading.format == "squarespace"


@pytest.mark.parametrize(
    "text",
    [
        "Hi,\nthree things: one, two.\nNote: this is urgent\nThanks\n",
        "Thanks!\n\n> Name: Anna Weber\n> Email: anna@acme.example\n> Message: Hello\n",
        "See below.\n\nFrom: Anna Weber <anna@acme.example>\nSent: Monday\nTo: sales@widgets.example\nSubject: Hi\n\nHello\n",
        "",
    ],
)
def test_other_mails_are_no_forms(text: str):
    assert form_reading(mail(text)) is None


def test_the_labels_of_a_signature_are_not_taken_for_a_form_for_certain():
    text = "Please send an offer.\n\nBest,\nAnna Weber\nTel: 030 12345\nEmail: anna@acme.example\nWeb: acme.example\n"
    found = form_reading(mail(text))
    assert found is None or not found.is_certain


@pytest.mark.parametrize(
    "contents",
    [
        {"text": (" " * 1_990 + "x\n") * 100},
        {"text": "".join(f"label {number}: value\n" for number in range(3_000))},
        {"text": "*" * 200_000},
        {"text": "Email: " + "a@" * 50_000},
        {"html": "<table><tr><td>" * 3_000 + "x"},
        {"html": "<b>Name</b>" * 5_000},
    ],
)
def test_hostile_mails_take_no_long_time(contents: dict[str, str]):
    hostile = mail(**contents)
    started = time.perf_counter()
    form_reading(hostile)
    assert time.perf_counter() - started < 3


@given(st.text(alphabet="NameEmail:@.-=* \n\tx", max_size=300))
def test_any_text_is_read_without_complaint(text: str):
    form_reading(mail(text))


@pytest.mark.skipif(not ENQUIRIES.is_dir(), reason="the sample enquiries are not here")
def test_the_sample_enquiries_of_forms_are_read():
    truths = [json.loads(line) for line in (ENQUIRIES / "truth.jsonl").read_text("utf-8").splitlines()]
    for truth in truths:
        if truth["kind"] != "form":
            continue
        found = form_reading(parse_mail((ENQUIRIES / truth["file"]).read_bytes()))
        assert found is not None, truth["file"]
        told = fields(found)
        name = told.get("person.full_name") or f"{told['person.first_name']} {told['person.last_name']}"
        assert (name, told["person.email"].lower()) == (truth["name"], truth["email"]), truth["file"]
        assert (told.get("person.phone"), told.get("company.name")) == (truth["phone"], truth["company"]), truth["file"]
        assert truth["message_contains"] in found.message, truth["file"]


def test_labels_in_brackets_are_read_as_japanese_forms_write_them():
    text = "フォームから送信\n\n【お名前】 森 あかり\n【メールアドレス】 akari@mori.example\n【電話番号】 03-5550-0123\n【お問い合わせ内容】\n資料をください。\n至急です。"
    found = fields(read(text, subject="お問い合わせ"))
    assert (found["person.full_name"], found["person.email"]) == ("森 あかり", "akari@mori.example")
    assert found["touch.message"] == "資料をください。\n至急です。"
    marked = fields(read("■お名前：森 あかり\n■メールアドレス：akari@mori.example\n■お問い合わせ内容：資料をください。"))
    assert marked["person.email"] == "akari@mori.example"


def test_a_heading_over_the_labels_is_no_message():
    text = "Contact us\n\nEntry Details\n\nName\nOla Nes\n\nEmail\nola@nes.example\n\nPhone\n+47 22 55 01 23\n\nMessage\nCall after three."
    found = fields(read(text, subject="New entry"))
    assert found["person.full_name"] == "Ola Nes"
    assert found["touch.message"] == "Call after three."


def test_a_cell_may_hold_a_label_over_its_value():
    cells = (("Your name *", "Ola Nes"), ("Email *", "ola@nes.example"), ("What is it about? *", "A workshop for twenty"))
    html = "<table>" + "".join(f"<tr><td><div>{label}</div><div>{value}</div></td></tr>" for label, value in cells) + "</table>"
    reading = read(html=html, subject="New response: Workshop")
    assert fields(reading)["person.full_name"] == "Ola Nes"
    assert reading.labels == {"What is it about? *": ("A workshop for twenty",)}


def test_a_question_that_goes_on_from_the_one_before_is_a_label():
    found = fields(read("What's your first name?\nOla\n\nAnd your last name?\nNes\n\nWhat's your email?\nola@nes.example"))
    assert (found["person.first_name"], found["person.last_name"]) == ("Ola", "Nes")


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("This is an enquiry email via https://widgets.example/ from:\nOla Nes <ola@nes.example>\n\nHow much is it?\n", "ola@nes.example"),
        ("Ola Nes (https://widgets.example/user/0) sent a message using the contact form at\nhttps://widgets.example/contact.\n\nHow much is it?", None),
        ("Below is the result of your feedback form. It was submitted by\nOla Nes (ola@nes.example) on Monday\n-----------\n\nmessage: How much is it?\n\n-----------", "ola@nes.example"),
    ],
)  # fmt: skip
def test_a_site_that_says_in_a_sentence_who_wrote_names_them(text: str, email: str | None):
    reading = read(text, subject="Widgets")
    assert fields(reading)["person.full_name"] == "Ola Nes"
    assert fields(reading).get("person.email") == email
    assert reading.message == "How much is it?"


@pytest.mark.parametrize("sender", ["messages@minders.example", "autoresponder@homes.example"])
@pytest.mark.parametrize(
    "above",
    ["You have received an enquiry from Homes", "wir haben folgenden Anruf für Sie entgegengenommen:", "You have a new lead!"],
)
def test_a_service_that_announces_an_enquiry_sends_a_form(sender: str, above: str):
    text = f"{above}\n\nCaller: Ola Nes\nEmail: ola@nes.example\nTelephone: 07700 900123\nComments: Saturday?\n"
    found = read_mail(
        f"From: {sender}\nTo: a@widgets.example\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode(), MailOptions()
    )
    assert (found.verdict.kind, found.names["person.email"]) == ("form", "ola@nes.example")
    assert found.names["person.full_name"] == "Ola Nes"
