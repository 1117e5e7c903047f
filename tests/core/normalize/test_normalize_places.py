"""Countries, regions and languages."""

import pytest

from core.normalize.country_data import COUNTRIES
from core.normalize.places import read_country, read_language, read_region


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("Alemania", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("GER", "DE"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("England", "GB"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("Vereinigte Staaten", "US"),
        ("États-Unis", "US"),
        ("the Netherlands", "NL"),
        ("Holland", "NL"),
        ("Österreich", "AT"),
        ("Oesterreich", "AT"),
        ("Schweiz", "CH"),
        ("Côte d'Ivoire", "CI"),
        ("Cote d’Ivoire", "CI"),
        ("México", "MX"),
        ("NO", "NO"),
        ("Norge", "NO"),
        ("NA", "NA"),
        ("中国", "CN"),
        ("Germany (DE)", "DE"),
        ("DE - Germany", "DE"),
        ("Korea, Republic of", "KR"),
        ("Czech Republic", "CZ"),
        ("Россия", "RU"),
    ],
)
def test_a_country_becomes_its_code(text: str, code: str) -> None:
    assert read_country(text) == (code, "", "")


def test_an_unknown_country_is_left_out_with_a_problem() -> None:
    assert read_country("Atlantis")[:2] == (None, "country_unknown")
    assert read_country("Germany / France")[:2] == (None, "country_unknown")
    assert read_country("-") == (None, "", "")


def test_every_code_reads_as_itself() -> None:
    lines = COUNTRIES.strip().splitlines()
    assert len(lines) == 250  # the 249 of ISO 3166-1 and Kosovo
    for line in lines:
        alpha2, alpha3 = line.split(" ")[0].split("/")
        assert read_country(alpha2).value == alpha2
        assert read_country(alpha3).value == alpha2


def test_no_name_belongs_to_two_countries() -> None:
    for line in COUNTRIES.strip().splitlines():
        codes, _, names = line.partition(" ")
        for name in names.split(";"):
            assert read_country(name).value == codes[:2], name


@pytest.mark.parametrize(
    ("text", "country", "region"),
    [
        ("Bayern", "DE", "BY"),
        ("Bavaria", "DE", "BY"),
        ("Bayern", "", "BY"),
        ("California", "US", "CA"),
        ("ca", "US", "CA"),
        ("US-CA", "US", "CA"),
        ("Québec", "CA", "QC"),
        ("Wien", "AT", "9"),
        ("Zürich", "CH", "ZH"),
        ("Île-de-France", "FR", "Île-de-France"),
        ("CA", "", "CA"),
        ("somewhere", "DE", "somewhere"),
        ("California", "FR", "California"),
    ],
)
def test_a_region_becomes_its_code_only_where_that_is_sure(text: str, country: str, region: str) -> None:
    assert read_region(text, country) == (region, "", "")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("de", "de"), ("de-at", "de-AT"), ("German", "de"), ("Deutsch", "de"), ("français", "fr"), ("en_US.UTF-8", "en-US"),
        ("de-DE,de;q=0.9,en;q=0.8", "de-DE"), ("deu", "de"), ("日本語", "ja"),
    ],
)  # fmt: skip
def test_a_language_becomes_its_tag(text: str, language: str) -> None:
    assert read_language(text) == (language, "", "")


def test_an_unknown_language_is_left_out_with_a_problem() -> None:
    assert read_language("Klingon")[:2] == (None, "language_unknown")
