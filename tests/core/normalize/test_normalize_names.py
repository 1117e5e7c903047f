"""Names of people: case, parts, and what is no name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.normalize.names import read_name, split_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ANNA", "Anna"),
        ("anna", "Anna"),
        ("anna-lena", "Anna-Lena"),
        ("  Anna \n Weber ", "Anna Weber"),
        ("McDonald", "McDonald"),
        ("MCDONALD", "McDonald"),
        ("o'neil", "O'Neil"),
        ("VON DER LEYEN", "von der Leyen"),
        ("van", "Van"),
        ("MÜLLER-LÜDENSCHEIDT", "Müller-Lüdenscheidt"),
        ("iOS van Test", "iOS van Test"),
        ("JP", "JP"),
        ("j.r.", "J.R."),
        ("ΑΝΝΑ", "Αννα"),
        ("山田", "山田"),
        ("محمد", "محمد"),
        ("Null", "Null"),
        ("Jose\u0301", "José"),
    ],
)
def test_case_is_made_sensible_only_where_it_was_all_one(text: str, name: str) -> None:
    assert read_name(text) == (name, "", "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("anna@acme.de", "name_is_email"),
        ("https://spam.example/x", "name_is_url"),
        ("Win money www.spam.ru", "name_is_url"),
        ("12345", "name_unreadable"),
        ("test", "placeholder"),
        ("n/a", "placeholder"),
        ("-", "placeholder"),
        ("xxx", "placeholder"),
        ("ASDF", "placeholder"),
        ("null", "placeholder"),
        ("Unknown", "placeholder"),
        ("none", "placeholder"),
    ],
)
def test_what_is_no_name_is_left_out_with_a_problem(text: str, code: str) -> None:
    reading = read_name(text)
    assert (reading.value, reading.code) == (None, code)
    assert text not in reading.message


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Anna Weber", "|Anna||Weber|"),
        ("Weber, Anna", "|Anna||Weber|"),
        ("Weber,Anna", "|Anna||Weber|"),
        ("Dr. Anna Weber", "Dr.|Anna||Weber|"),
        ("Weber, Dr. Anna", "Dr.|Anna||Weber|"),
        ("Prof. Dr. med. Anna-Lena von der Leyen", "Prof. Dr. med.|Anna-Lena||von der Leyen|"),
        ("Dipl.-Ing. Max Müller", "Dipl.-Ing.|Max||Müller|"),
        ("Frau Dr. Weber", "Frau Dr.|||Weber|"),
        ("MR JOHN SMITH", "Mr|John||Smith|"),
        ("ANNA WEBER", "|Anna||Weber|"),
        ("anna van der berg", "|Anna||van der Berg|"),
        ("DUPONT Jean", "|Jean||Dupont|"),
        ("Jean DUPONT", "|Jean||Dupont|"),
        ("John Smith Jr.", "|John||Smith|Jr."),
        ("John Smith, Jr.", "|John||Smith|Jr."),
        ("Smith, John, PhD", "|John||Smith|PhD"),
        ("Anna Weber, MBA", "|Anna||Weber|MBA"),
        ("Martin Luther King III", "|Martin|Luther|King|III"),
        ("Ludwig van Beethoven", "|Ludwig||van Beethoven|"),
        ("Oscar de la Hoya", "|Oscar||de la Hoya|"),
        ("Bjorn van 't Houteveen", "|Bjorn||van 't Houteveen|"),
        ("de la Cruz", "|||de la Cruz|"),
        ("Van Morrison", "|Van||Morrison|"),
        ("Anna & Max Weber", "|Anna & Max||Weber|"),
        ("José Ortega y Gasset", "|José||Ortega y Gasset|"),
        ("Heather D. Spence", "|Heather|D.|Spence|"),
        ("山田 太郎", "|太郎||山田|"),
        ("山田太郎", "|||山田太郎|"),
        ("Иван Петров", "|Иван||Петров|"),
        ("Phil Collins", "|Phil||Collins|"),
        ("Madonna", "|||Madonna|"),
        ("Dr", "|||Dr|"),
    ],
)
def test_a_full_name_falls_into_its_parts(name: str, parts: str) -> None:
    found = split_name(str(read_name(name).value))
    assert "|".join((found.salutation, found.first_name, found.middle_name, found.last_name, found.suffix)) == parts


def test_two_family_names_where_people_have_two() -> None:
    assert split_name("María García López", "ES").last_name == "García López"
    assert split_name("María García López").last_name == "López"
    assert split_name("Virginia M. Cueto", "ES").last_name == "Cueto"


@given(st.text(max_size=40))
def test_reading_a_name_twice_changes_nothing(text: str) -> None:
    value = read_name(text).value
    if value is not None:
        assert read_name(str(value)).value == value


@given(
    st.lists(
        st.sampled_from(["Dr.", "Anna", "WEBER", ",", "van", "der", "Jr.", "y", "&", "Weber,", "山田", "x"]),
        min_size=1,
        max_size=6,
    )
)
def test_no_word_of_a_name_is_lost(words: list[str]) -> None:
    parts = split_name(" ".join(words))
    found = " ".join((parts.salutation, parts.first_name, parts.middle_name, parts.last_name, parts.suffix)).lower()
    assert parts.last_name
    assert all(word.strip(",").lower() in found for word in words)
