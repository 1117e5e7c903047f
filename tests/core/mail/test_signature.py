"""Signatures of invented people in many languages: who they say that the author is, and what they do not say."""

# ruff: noqa: E501 -- signatures as they come

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.mail.employment import read_employment
from core.mail.signature import read_signature

CASES = {
    "german": (
        "Anna Weber",
        "anna.weber@muster-technik.de",
        "",
        """Guten Tag,

wir brauchen 25 Lizenzen ab dem 01.12.2026, bitte um ein Angebot.

Mit freundlichen Grüßen
Anna Weber
Leiterin Einkauf

Muster Technik GmbH & Co. KG
Hauptstraße 12
10115 Berlin
Telefon: 030 23125 014
Mobil: +49 171 1234567
Telefax: 030 23125 099
www.muster-technik.de
USt-ID: DE123456789, Amtsgericht Charlottenburg HRB 123456
Geschäftsführer: Max Muster""",
        {
            "phones": ["+493023125014", "+491711234567"],
            "title": "Leiterin Einkauf",
            "company": "Muster Technik GmbH & Co. KG",
            "website": "www.muster-technik.de",
            "city": "Berlin",
        },
    ),
    "english, title and company on one line": (
        "Jane Hartwell",
        "jane@client.example",
        "",
        """Hi,
please send a quote.

Best regards,
Jane Hartwell
Head of Purchasing, Client Corp
Phone: +1 415 555 2671 x23 | Fax: +1 415 555 2672""",
        {"phones": ["+14155552671 ext. 23"], "title": "Head of Purchasing", "company": "Client Corp"},
    ),
    "label after the number": (
        "Bob Stone",
        "bob@stonework.example",
        "",
        """Thanks!
--\x20
Bob Stone, Owner
(415) 555-2671 office
(415) 555-2672 cell
(415) 555-2673 fax""",
        {"phones": ["+14155552671", "+14155552672"], "mobile": "+14155552672", "title": "Owner"},
    ),
    "french": (
        "Élodie Lefèvre",
        "elodie@dupont-freres.fr",
        "",
        """Bonjour,

Pourriez-vous me rappeler ?

Cordialement,

Élodie Lefèvre
Responsable des achats
Dupont Frères SARL
12 rue de la Paix
75002 Paris
Tél. : 01 42 68 53 00
Télécopie : 01 42 68 53 01""",
        {"phones": ["+33142685300"], "title": "Responsable des achats", "company": "Dupont Frères SARL", "city": "Paris"},
    ),
    "spanish": (
        "José García López",
        "jgarcia@iberica-sl.es",
        "",
        """Un saludo,

José García López
Director Comercial
Ibérica de Suministros S.L.
Tfno: 91 123 45 67
Móvil: 612 345 678
Fax: 91 123 45 68""",
        {"phones": ["+34911234567", "+34612345678"], "title": "Director Comercial", "company": "Ibérica de Suministros S.L."},
    ),
    "italian": (
        "Giulia Rossi",
        "g.rossi@rossi-macchine.it",
        "",
        """Cordiali saluti

Giulia Rossi - Responsabile Acquisti - Rossi Macchine S.r.l.
Tel. 02 1234 5678 - Cell. 347 123 4567 - Fax 02 1234 5679""",
        {"phones": ["+390212345678", "+393471234567"], "title": "Responsabile Acquisti", "company": "Rossi Macchine S.r.l."},
    ),
    "dutch": (
        "Jan de Vries",
        "jan@devries-bouw.nl",
        "",
        """Met vriendelijke groet,

Jan de Vries
Projectleider
De Vries Bouw B.V.
T 020 123 4567
M 06 12345678
F 020 123 4568
KvK 12345678""",
        {"phones": ["+31201234567", "+31612345678"], "title": "Projectleider", "company": "De Vries Bouw B.V."},
    ),
    "polish": (
        "Katarzyna Nowak",
        "k.nowak@zabka-test.pl",
        "",
        """Z poważaniem

Katarzyna Nowak
Kierownik Działu Zakupów
Żabka Test Sp. z o.o.
tel. 22 123 45 67, kom. 601 234 567, faks 22 123 45 68
NIP 1234567890""",
        {"phones": ["+48221234567", "+48601234567"], "title": "Kierownik Działu Zakupów", "company": "Żabka Test Sp. z o.o."},
    ),
    "swedish": (
        "Lars Ek",
        "lars@ek-industri.se",
        "",
        """Med vänlig hälsning

Lars Ek
Inköpare
Ek Industri AB
Tfn: 08-123 456 78
Mobil: 070-123 45 67""",
        {"phones": ["+46812345678", "+46701234567"], "title": "Inköpare", "company": "Ek Industri AB"},
    ),
    "portuguese": (
        "João da Silva",
        "joao@silva.com.br",
        "BR",
        """Atenciosamente,
João da Silva
Gerente de Compras
Silva Comércio Ltda.
Tel.: (11) 3123-4567
Cel.: (11) 91234-5678""",
        {"phones": ["+551131234567", "+5511912345678"], "title": "Gerente de Compras", "company": "Silva Comércio Ltda."},
    ),
    "japanese": (
        "山田太郎",
        "yamada@tesuto.co.jp",
        "",
        """よろしくお願いいたします。

--------------------------
株式会社テスト
営業部長 山田太郎
TEL: 03-1234-5678
FAX: 03-1234-5679
--------------------------""",
        {"phones": ["+81312345678"], "company": "株式会社テスト"},
    ),
    "a box": (
        "Tom Patter",
        "tom.patter@nwcollege.ac.uk",
        "",
        """Thanks
--\x20
+------------------------------------+---------------------------------+
| Tom Patter                         |                                 |
| Software Developer                 | Tel  : +44 28 7127 6443         |
| North Western College              | Fax  : +44 28 7126 0520         |
| Derry                              | ICQ# : 113 069 081              |
+------------------------------------+---------------------------------+


--\x20
Some Users' Group: group@lists.example
http://lists.example/mailman/listinfo/group for (un)subscription information.""",
        {"phones": ["+442871276443"], "title": "Software Developer", "company": "North Western College"},
    ),
    "all on one line": (
        "Tim Gell",
        "tim@spark.example",
        "",
        """Cheers,
--\x20
         Tim Gell * tim@spark.example * +1-415-552-2557
Press Officer, Spark Foundation <http://www.spark.example>""",
        {
            "phones": ["+14155522557"],
            "title": "Press Officer",
            "company": "Spark Foundation",
            "website": "http://www.spark.example",
        },
    ),
    "the company is known by its domain": (
        "Chris Higg",
        "chris.higg@hts.horizont.ie",
        "",
        """--

Chris Higg
Horizont
e: chris.higg at hts.horizont.ie
tel: +353-1-6204900
fax: +353-1-6204901""",
        {"phones": ["+35316204900"], "company": "Horizont"},
    ),
    "title at company": (
        "Mia Chen",
        "mia@gmail.com",
        "",
        """Thanks,
Mia Chen
Senior Data Engineer @ Blue River
+44 7700 900461""",
        {"title": "Senior Data Engineer", "company": "Blue River", "phones": ["+447700900461"]},
    ),
    "below a quote": (
        "Chris Ooster",
        "chris@torrmarine.example",
        "",
        """Please see below.

At 12:26 PM 7/24/02 -0400, somebody wrote:
>We can talk: 212 555 0100
>--
>Head of Nothing, Other Ltd

--
Chris Ooster
Torr Marine, Inc.
231-759-8596""",
        {"phones": ["+12317598596"], "company": "Torr Marine, Inc."},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_signature_tells_who_its_author_is(case: str) -> None:
    name, email, region, text, wanted = CASES[case]
    read = read_signature(text, name, email, region)
    got = {
        "phones": [phone.text for phone in read.phones], "title": read.employment.title, "company": read.employment.company,
        "website": read.website, "city": read.postal.city,
        "mobile": next((phone.text for phone in read.phones if phone.is_mobile), ""),
    }  # fmt: skip
    assert {key: got[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    "text",
    [
        "Fax: +49 30 1234567",
        "+49 30 1234567 (Fax)",
        "Telefax 030 1234567",
        "IBAN: DE89 3704 0044 0532 0130 00",
        "USt-IdNr. DE123456789\nSteuernummer 27/123/45678",
        "https://example.com/orders/4915112345678",
        "PGP: 7A2E 0407 C9A6 CAF6 2B9F 8422 C063 5EBB FE1D 66D1",
        "Order #4471 of 2026-11-02, 20.11.2026 14:30",
        "ICQ# : 113 069 081",
        "HRB 123456, 10115 Berlin",
        "> Tel: +49 30 1234567",
        "our old number was 212-555-0100.",
        "call 000",
        "Kundennummer: 30 1234 5678",
    ],
)
def test_what_is_no_phone_of_the_author_gives_none(text: str) -> None:
    read = read_signature(f"Hello\n\nBest regards\nAnna Weber\n{text}", "Anna Weber", "anna@acme.de", "DE")
    assert read.phones == ()


def test_a_number_in_a_key_block_is_no_phone() -> None:
    text = "Hello\n-----BEGIN PGP SIGNATURE-----\niQEcBAEBAgAGBQJP+49301234567\n-----END PGP SIGNATURE-----\n"
    assert read_signature(text, "Anna", "a@acme.de", "DE").phones == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Please call me on 020 7946 0958 tomorrow.", "+442079460958"),
        ("Sie erreichen mich unter +49 171 1234567.", "+491711234567"),
        ("Vous pouvez me joindre au +33 1 42 68 53 00", "+33142685300"),
        ("Merci de me rappeler au +33 1 42 68 53 00.", "+33142685300"),
        ("Können Sie mich heute unter 020 7946 0958 zurückrufen?", "+442079460958"),
        ("Yes, Friday after 2pm on +49 171 1234567 please.", "+491711234567"),
        ("Our tender is long. " * 200 + "Please call me on 020 7946 0958.", "+442079460958"),
    ],
)
def test_the_number_to_call_is_found_in_the_text_itself(text: str, number: str) -> None:
    read = read_signature(f"Hello,\n\n{text}\n\nAnna", "Anna Weber", "anna@gmail.com", "GB")
    assert [phone.text for phone in read.phones] == [number]


def test_a_signature_in_one_line_is_taken_apart_at_its_commas() -> None:
    text = "Please send prices.\n\nRegards, Thandi Moya, Parts Manager, Moya Motors (Pty) Ltd, Tel +27 11 555 0142, www.moya.example\n"
    read = read_signature(text, "Thandi Moya", "thandi@moya.example", "")
    assert (read.employment.title, read.employment.company) == ("Parts Manager", "Moya Motors (Pty) Ltd")


def test_a_rule_below_the_name_does_not_end_the_signature_and_a_closing_may_come_twice() -> None:
    text = "Graag prijs.\n\nMet vriendelijke groet / Kind regards,\n\nJoris Maas\nTechnisch directeur\n__________\nMaas Liften B.V.\nT +31 40 555 0123"
    read = read_signature(text, "Joris", "joris@maasliften.example", "")
    assert (read.name, read.employment.title, read.employment.company) == (
        "Joris Maas",
        "Technisch directeur",
        "Maas Liften B.V.",
    )


def test_a_short_form_of_the_name_is_no_company_and_who_signs_for_somebody_is_named() -> None:
    text = "Is it there?\n\nThanks\nGill\n\nGillian Moss\nProgramme Manager\nSevern Valley NHS Trust\n"
    assert read_signature(text, "Gillian Moss", "g@moss.example", "").employment.company == "Severn Valley NHS Trust"
    assert (
        read_signature("Bitte um Rückruf.\n\nFreundliche Grüße\ni. A. Helga Bauer\n", "", "p@moss.example", "").name
        == "Helga Bauer"
    )


def test_a_number_without_a_known_country_stays_as_typed() -> None:
    read = read_signature("Hi\n\nBest\nBob\nTel: 020 7946 0958", "Bob Stone", "bob@gmail.com", "")
    assert [phone.text for phone in read.phones] == ["020 7946 0958"]


def test_below_an_original_message_nothing_is_the_authors() -> None:
    text = """Thanks, we take it.

-----Original Message-----
From: Carla Colleague [mailto:carla@widgets.example]
Sent: Monday, 2 November 2026 09:14
To: Bob Stone
Subject: Offer

Kind regards
Carla Colleague
Office Manager, Example Widgets Ltd
Tel +44 20 7946 0958"""
    read = read_signature(text, "Bob Stone", "bob@stone.example", "GB")
    assert (read.phones, read.employment.title, read.employment.company) == ((), "", "")


def test_a_plain_letter_tells_nothing_of_a_job() -> None:
    text = "Hello,\n\nour manager is the best director in the company and I am the owner.\nWe met at Example Group.\n\nBest\nBob"
    job = read_signature(text, "Bob Stone", "bob@gmail.com", "").employment
    assert (job.title, job.company) == ("", "")


def test_a_name_is_found_at_the_top_of_the_signature() -> None:
    text = "Hello,\nplease call.\n\nBest regards,\n\nAnna Weber\nAcme GmbH\n"
    assert read_signature(text, "", "aw71@acme.de", "").name == "Anna Weber"


def test_a_first_name_alone_is_completed_by_the_signature() -> None:
    text = "Hello,\nplease call.\n\nBest regards,\n\nAnna Weber\n"
    assert read_signature(text, "Anna", "aw@gmail.com", "").name == "Anna Weber"
    assert read_signature(text, "Bob", "bob@gmail.com", "").name == ""


@given(st.text(max_size=400), st.text(max_size=20), st.text(max_size=20))
def test_no_text_is_too_strange(text: str, name: str, email: str) -> None:
    read_signature(f"--\n{text}", name, email, "DE")


def test_a_long_text_of_digits_and_dashes_takes_no_long_time() -> None:
    for line in ("1 " * 20_000, "-" * 50_000, "a.b " * 10_000, "A " * 20_000, "(" * 20_000, "x@" * 10_000):
        began = time.thread_time()
        read_signature(f"Best regards\n{line}\n" * 3, "Anna Weber", "anna@acme.de", "DE")
        assert time.thread_time() - began < 3, line[:4]


LAYOUTS = (
    "-- \n{name}\n{title}, {company}\nTel {phone}",
    "-- \n{name}\n{title}\n{company}\nPhone: {phone}\nFax: 212-555-0199",
    "Best regards,\n{name}\n{title} | {company} | {phone}",
    "Kind regards\n{name}\n\n{company}\n{title}\nM: {phone}\nwww.client.example",
    "Best,\n{name} ({title}, {company})\nphone {phone}",
)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "company", ['Data "R" Us', "Smith, Jones & Partners LLP", "Café São Jorge", "3M-like Industries AG", "Acme"]
)
@pytest.mark.parametrize(
    ("name", "phone"), [("Jürgen Weiß", "030 23125 014"), ("Nguyễn Thị Minh Khai", "+84 24 3825 0000"), ("Bob", "212-555-0188")]
)
def test_every_usual_layout_gives_title_company_and_phone(layout: str, company: str, name: str, phone: str) -> None:
    text = "Hello,\n\nplease send the price list.\n\n" + layout.format(
        name=name, title="Head of Purchasing", company=company, phone=phone
    )
    read = read_signature(text, name, "jw@client.example", "")
    assert (read.employment.title, read.employment.company, len(read.phones)) == ("Head of Purchasing", company, 1)


@pytest.mark.parametrize(
    "line",
    [
        '"640K is enough." -- Bill Doors, CEO Macrosoft Corp',
        "-- Bill Doors, CEO, Macrosoft Inc",
        "Naas, Co. Kildare",
        "I own the Company",
        "Bill Doors, CEO Macrosoft",
        "We are a member of the Best Hotels Group",
        "Geschäftsführer: Max Muster",
    ],
)
def test_a_saying_or_a_small_print_is_nobodys_job(line: str) -> None:
    job = read_signature(f"Hi\n\nBest regards\nBob Stone\n{line}", "Bob Stone", "bob@gmail.com", "").employment
    assert (job.title, job.company) == ("", "")


@pytest.mark.parametrize(
    ("text", "title", "company"),
    [
        ("Hi I'm Dave Jones, CTO at Rocket Labs. We want 50 seats.", "CTO", "Rocket Labs"),
        ("I am Head of Sales at Acme and need widgets.", "Head of Sales", "Acme"),
        ("Ich bin Einkäufer bei der Muster GmbH und suche Kabel.", "Einkäufer", "Muster GmbH"),
        ("Je suis responsable achats chez Dupont SARL.", "responsable achats", "Dupont SARL"),
        ("We are Blue River Ltd and need widgets.", "", "Blue River Ltd"),
        ("I am the author of Foo and use a Dell.", "", ""),
        ("I'm a developer from Germany.", "", ""),
        ("I am at home.", "", ""),
    ],
)
def test_people_who_introduce_themselves_are_understood(text: str, title: str, company: str) -> None:
    job = read_signature(f"Hello,\n\n{text}\n\nThanks", "Dave", "dave@gmail.com", "").employment
    assert (job.title, job.company) == (title, company)


@pytest.mark.parametrize(
    "text",
    [
        "Here is the address I promised:\n\nMary Poppins\nDirector, Cherry Tree Ltd\nTel: +44 20 7946 0111\n\nBye\nJim",
        "Do you know whom to call at Dell? Their support is 0800 123 4567.\n\nJim Beam",
        "Call 1-800-555-0199 now!!! Limited offer by President Foo, Acme Inc.",
        "Yes I do.\n\nJim\n\nTom Jones wrote on 19.07.2002 12:33:\n\nCan you?\n\nTom Jones\nSales Manager, Foo Ltd\nTel 020 7946 0958",
        "Press text:\n\nACME Corp. said that John Smith, chief officer, leaves.\nContact: Mary, Vice President, News Inc., 212-555-0177\n\n---\nJim",
        "Thanks,\nJim Beam\n\n--\nThis email is confidential. Acme Ltd, No 0123 456 789. If you are not the intended recipient call +44 20 7946 0000.",
        "My order 0049 123 4567 890 of 2026-11-02, ISBN 978-3-16-148410-0, IP 192.168.100.200.\n\nJim Beam",
    ],
)
def test_what_belongs_to_others_in_a_mail_is_not_the_authors(text: str) -> None:
    read = read_signature(f"Hello,\n\n{text}\n", "Jim Beam", "jim@beam.example", "GB")
    assert (read.phones, read.employment.title, read.employment.company) == ((), "", "")


@pytest.mark.parametrize("link", ["http://localhost/x", "https://", "www.x", "http://acme", "http://[::1]/"])
def test_a_link_of_any_shape_is_no_stumbling_block(link: str) -> None:
    assert read_signature(f"Hi\n\nBest regards\nAnna Weber\n{link}", "Anna Weber", "anna@acme.de", "").website in ("", link)


@pytest.mark.parametrize(
    ("lines", "company"),
    [
        (["Anna Weber", "Green Field Farms", "Phone: 030 23125 014"], "Green Field Farms"),
        (["Anna Weber", "Stadtwerke Musterstadt", "Tel. 030 23125 014"], "Stadtwerke Musterstadt"),
        (["Anna Weber", "United Kingdom", "Tel. 030 23125 014"], ""),
        (["Anna Weber", "have a nice day", "Tel. 030 23125 014"], ""),
        (["Anna Weber", "Green Field Farms", "and more words"], ""),
        (["Иван Петров", "ООО Пример, Главная 12, 12345 Город", "Тел.: +7 495 123-45-67"], "ООО Пример"),
    ],
)
def test_a_line_between_name_and_number_is_the_company_where_it_reads_like_one(lines: list[str], company: str) -> None:
    assert read_employment(lines, lines[0], "info@mail.example.org").company == company


@pytest.mark.parametrize("title", ["Director General", "Director Comercial", "Managing Director"])
def test_a_title_of_two_words_is_no_heading_over_names(title: str) -> None:
    assert read_employment(["Carlos Ruiz", title, "Ruiz S.A."], "Carlos Ruiz", "c@ruiz.example").title == title


@pytest.mark.parametrize(("line", "name"), [("山田太郎", "山田太郎"), ("株式会社山田", ""), ("営業部", "")])
def test_a_name_without_a_gap_is_read_where_east_asia_writes_it_so(line: str, name: str) -> None:
    assert (
        read_signature(f"お世話になっております。\n\n-- \n{line}\nTEL: 03-5550-1234\n", "", "t@sample.example", "JP").name == name
    )
