"""The sample form posts: what a week of a real form looks like, in one minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-" * 3


@dataclass(frozen=True, slots=True)
class SamplePost:
    """One post of the sample form: its inputs, and what is special about it for the one who watches."""

    inputs: Mapping[str, str]
    story: str = ""


_PEOPLE = (
    ("Anna Weber", "anna.weber@acme.example", "030 1234567", "Acme GmbH", "11-50", "Now", "25", "DE"),
    ("Jonas Keller", "j.keller@nordwind.example", "+49 40 9876543", "Nordwind AG", "51-200", "This year", "40", "DE"),
    ("Marie Dubois", "marie.dubois@lumiere.example", "+33 1 42 68 53 00", "Lumière SARL", "11-50", "Now", "12", "FR"),
    ("Paul O'Brien", "paul@obrien.example", "+353 1 679 7000", "O'Brien & Sons", "1-10", "Next year", "3", "IE"),
    ("Zoë Müller-Lüdenscheidt", "zoe@ml.example", "0221 998877", "ML Beratung", "11-50", "Now", "15", "DE"),
    ("Lars Nilsson", "lars.nilsson@fjord.example", "+46 8 123 456 78", "Fjord Teknik", "201-500", "This year", "120", "SE"),
    ("Giulia Rossi", "giulia.rossi@ponte.example", "+39 06 6982", "Ponte SpA", "51-200", "Now", "60", "IT"),
    ("Ben Carter", "ben.carter@brightside.example", "+44 20 7946 0958", "Brightside Ltd", "11-50", "This year", "18", "GB"),
    ("Sofía García", "sofia.garcia@sol.example", "+34 91 123 45 67", "Sol y Mar", "1-10", "Now", "8", "ES"),
    ("Tomasz Nowak", "t.nowak@wisla.example", "+48 22 555 01 23", "Wisła Logistyka", "201-500", "Next year", "200", "PL"),
    ("Emma de Vries", "emma@devries.example", "+31 20 555 1234", "De Vries BV", "11-50", "Now", "30", "NL"),
    ("Felix Baumann", "felix.baumann@alpina.example", "+43 1 5123456", "Alpina Software", "501-1000", "This year", "45", "AT"),
    ("Clara Schmidt", "clara.schmidt@hafen.example", "0431 445566", "Hafen Handel", "11-50", "Now", "11", "DE"),
    ("Noah Fischer", "noah@fischer.example", "089 223344", "Fischer Optik", "1-10", "This year", "5", "DE"),
    ("Ines Santos", "ines.santos@porto.example", "+351 21 123 4567", "Porto Digital", "11-50", "Now", "22", "PT"),
    ("Mikko Virtanen", "mikko@saimaa.example", "+358 9 1234 5678", "Saimaa Oy", "51-200", "Next year", "70", "FI"),
    ("Laura Brandt", "laura.brandt@elbe.example", "0351 778899", "Elbe Medien", "11-50", "Now", "16", "DE"),
    ("David Novák", "david.novak@vltava.example", "+420 221 234 567", "Vltava s.r.o.", "51-200", "This year", "33", "CZ"),
)


def _post(person: tuple[str, ...], number: int, **changed: str) -> dict[str, str]:
    name, email, phone, company, size, start, users, country = person
    inputs = {
        "submission_id": f"demo-{number:03d}",
        "Name": name,
        "E-Mail": email,
        "Telefon": phone,
        "Company": company,
        "Company size": size,
        "start": start,
        "Number of users": users,
        "Country": country,
        "Comments": "Please show us how it works.",
        "newsletter_ok": "on",
        "utm_source": "google",
        "utm_campaign": "autumn",
    }
    return {**inputs, **changed}


def posts_before_the_outage() -> Iterator[SamplePost]:
    """The first part: ordinary leads, and what goes wrong with forms every day."""
    for number, person in enumerate(_PEOPLE, start=1):
        yield SamplePost(_post(person, number))
    anna, jonas, marie = _PEOPLE[0], _PEOPLE[1], _PEOPLE[2]
    yield SamplePost(_post(anna, 1), "the form vendor sends Anna's post again: answered with the first one's id")
    yield SamplePost(_post(jonas, 2), "and Jonas' post, too")
    again = {"Comments": "Two more questions after the demo.", "Telefon": "+49 30 1234567"}
    yield SamplePost(_post(anna, 101, **again, **{"E-Mail": "ANNA.WEBER@acme.example"}), "Anna again: one lead, two touches")
    yield SamplePost(_post(marie, 102, Name="Dr. Marie Dubois", Company="Lumière Groupe"), "Marie again, from a new company")
    oskar = ("Oskar Lindqvist", "oskar@lindqvist.example", "call me!", "Lindqvist AB", "1-10", "Now", "4", "SE")
    yield SamplePost(_post(oskar, 103), "a phone number that is none: the lead goes on without it, with a problem")
    rosa = (f"Rosa {LONG_NAME}", "rosa@hansen.example", "0511 334455", "Hansen KG", "11-50", "Now", "14", "DE")
    yield SamplePost(_post(rosa, 104), "a name that is too long for Salesforce")
    nobody = ("", "", "", "", "", "Now", "", "")
    yield SamplePost(_post(nobody, 105), "a post without any name or address")
    no_company = ("Karla Winter", "karla.winter@winter.example", "0711 667788", "", "", "Now", "9", "")
    yield SamplePost(_post(no_company, 106), "no company: the mapping's default goes out, on create only")


def posts_during_the_outage() -> Iterator[SamplePost]:
    """The second part: posts that arrive while the CRM is down."""
    jonas = _PEOPLE[1]
    people = (
        ("Greta Holm", "greta.holm@holm.example", "+45 33 12 34 56", "Holm Design", "1-10", "Now", "6", "DK"),
        ("Samir Haddad", "samir@haddad.example", "+33 4 91 13 89 00", "Haddad Import", "11-50", "This year", "19", "FR"),
    )
    for number, person in enumerate(people, start=201):
        yield SamplePost(_post(person, number), "arrives while Salesforce is down: accepted, delivered later")
    for number in (203, 204, 205):
        changed = f"Change {number - 202} during the outage."
        yield SamplePost(_post(jonas, number, Comments=changed), "Jonas changes three times while Salesforce is down")
