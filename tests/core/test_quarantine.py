"""Which submissions a line puts aside, what no line can ask, and real and invented people against the usual line."""

# ruff: noqa: E501 -- submissions of one line each are easier to compare; names of many scripts are the point

from __future__ import annotations

import pytest

from core.documents import read_document
from core.fields import STANDARD
from core.lead import Touch
from core.normalize import RawValue, normalize
from core.quarantine import put_aside
from core.realness import Traces, signs_of
from core.rule_files import compile_rules
from core.rules import Rules
from core.traces import traces_of
from tests.support.one_file import NOW, read, right

USUAL = "quarantine: {when: {person.verdict: {is: spam}}, reason: looks like spam}"


LINES = right(USUAL)


def touch(kind: str = "contact", **texts: str) -> Touch:
    raw = {path.replace("__", "."): RawValue((text,), path) for path, text in texts.items()}
    found = normalize(raw, STANDARD)
    return Touch("T1", "form", NOW, kind, dict(found.fields), tuple(found.problems))


def is_aside(one: Touch, traces: Traces = Traces(), by: Rules = LINES) -> bool:  # noqa: B008 - frozen
    return put_aside(by.quarantine, one, signs_of(one, traces), NOW, by.checks, STANDARD) is not None


# --- lines ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("quarantine: {when: {person.verdict: {is: spam}}}", "1:13", "needs `reason`"),
        ("quarantine: {reason: spam}", "1:13", "needs `when`"),
        ("quarantine: []", "1:13", "a line with `when` and `reason`"),
        ("quarantine: {when: {score.total: {at_most: 10}}, reason: x}", "1:35", "is worked out of leads"),
        ("checks: {low: {score.total: {at_most: 10}}}\nquarantine: {when: low, reason: x}", "2:20", "is worked out of leads"),
        ("quarantine: {when: {owner.email: {known: true}}, reason: x}", "1:35", "is told by CRMs"),
        ("quarantine: {when: {person.verdict: {is: span}}, reason: x}", "1:42", "span"),
        ("quarantine: {when: {touch.signs: {contains: trap}}, reason: x}", "1:21", "last_touch.signs"),
        ("quarantine: {when: {person.verdict: {is: spam}}, reason: x, otherwise: true}", "1:61", "otherwise"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_at_its_place(text: str, place: str, said: str) -> None:
    _, problems = read(text)
    (problem,) = problems
    assert str(problem.place) == f"r.yaml:{place}" and said in problem.message, str(problem)


def test_without_the_section_nothing_is_put_aside() -> None:
    assert not is_aside(
        touch(person__full_name="hjklhjkl", person__email="a@mailinator.com"), Traces(is_trapped=True), Rules.none()
    )


def test_lines_of_several_files_and_kinds_of_touches_are_asked_in_order() -> None:
    found, problems = compile_rules(
        [
            read_document("quarantine: [{when: {has_touch: {kind: guestbook}}, reason: nobody reads it}]", "a.yaml"),
            read_document(USUAL, "b.yaml"),
        ],
        STANDARD,
    )
    assert not problems
    assert is_aside(touch("guestbook", person__full_name="Anna Weber"), by=found)
    assert not is_aside(touch(person__full_name="Anna Weber"), by=found)


@pytest.mark.parametrize(
    ("names", "headers", "is_trapped", "is_without_browser"),
    [
        ({"_gotcha": "x"}, {}, True, False),
        ({"Bot-Field": "x"}, {}, True, False),
        ({"_gotcha": " "}, {}, False, False),
        ({"botcheck": "false"}, {}, False, False),
        ({"honeypot": "mapped"}, {}, False, False),
        ({}, {"content-type": "multipart/form-data; boundary=x"}, False, True),
        ({}, {"content-type": "application/x-www-form-urlencoded", "user-agent": "WordPress/6.9"}, False, False),
        ({}, {"content-type": "application/json"}, False, False),
    ],
)
def test_traps_and_missing_headers_are_traces(
    names: dict[str, str], headers: dict[str, str], is_trapped: bool, is_without_browser: bool
) -> None:
    mapped = {name for name, value in names.items() if value == "mapped"}
    assert traces_of(names, headers, mapped) == Traces(is_trapped, is_without_browser)


# --- people -----------------------------------------------------------------------------------------------------------

PEOPLE = """\
Null|Christopher Null|Jennifer Null|Test Johnson|Anna Test|Dr. Heinz Test|Li|Bo|Ng|O|Wu Yi|Y Z|JOHN SMITH|MARÍA JOSÉ GARCÍA|anna weber
山田太郎|李小龙|王伟|김철수|Nguyễn Thị Minh Khai|محمد عبد الله|فاطمة الزهراء|דוד כהן|Дмитрий Волков|Γιώργος Παπαδόπουλος|ญาดา ศรีสุข|अमित शर्मा
Sukarno|Pelé|Björk|John Smith III|Henry VIII Tudor|Jan 3rd Miller|Louis XIV|R2 Dawson|Sam 7|X Æ A-12|Mr T|J.R.R. Tolkien|Ö Ü
Krzysztof Szczepański|Grzegorz Brzęczyszczykiewicz|Vlk Strž|Hrvoje Krk|Srđan Brčko|Trnka Smrt|Prst Skrz|Ľudovít Štúr|Růžena Křížová
Gwyn Llwchwr|Ffion ap Rhys|Mhairi NicDhòmhnaill|Siobhán O'Dwyer|Rhys Pryce|Lynn Flynn|Cyd Lynch|D'Angelo Russell|Jean-Luc Le Goff
Nkwame Mbeki|Nnamdi Nwankwo|Ngozi Okonjo-Iweala|Mthunzi Ndlovu|Aung San|U Thant|Ko Ko Gyi|Zaw Zaw|Phyo Phyo|Htet Htet Aung|Sri Sri
Ylva Ståhl|Ægir Ørsted|Þór Jónsson|Haakon Skjold|Jørn Schjødt|Wolfgang Schwertfeger|Åsa Ödman|İbrahim Şahin|Gökçe Ağaoğlu
Zsa Zsa Gabor|Lala Popopo|Mimi Lele|Tutu Dede|Yo-Yo Ma|Kalanikalani Kealoha|Kealaulaokalani|Ahmad Haddad|Khadija Salah|Mehmet Ali
AnnaMariaVanDerBerg|DeLaCruzMendoza|MacKenzie McAllister|LaToya DeShawn|JeanClaude VanDamme|Ms. J. K. R.|Boutros Boutros-Ghali
Anna Anna|Thomas Thomas|Sexton Hardcastle|Dick Pound|Gay Cockburn|Kim Sexsmith|Casino Royale|Bitcoin Jack|Rob Banks|Wanda Pharmacy
Assaf Gitit|Fuk Yu|Phuc Dat Bich|Qwe Mensah|Asd Yilmaz|Tj Hlk|Xxx Xiong|Mmm Hanson|Zzz Top|Eee Lin|Bla Blazevic|Baz Luhrmann
Noname Fatimah|Nil Nilsson|None Nonnie|Na Li|N A Sharma|Unknown Ferreira|Fake Adeyemi|Dummy Hoare|Weber, Anna|Mr. and Mrs. Kowalski""".replace("\n", "|").split("|")  # fmt: skip

LONG = (
    "Dear team, we run a workshop with 25 people in Graz and look for a CRM by March. Our present shop is at "
    "https://www.acme-works.de/shop and what we would like to replace stands there. Could you call me next week? Best regards"
)
AS_PEOPLE_WRITE = [
    {}, {"touch__message": LONG}, {"touch__message": "Hi"}, {"touch__message": "call me pls"}, {"touch__message": "www.acme-works.at"},
    {"company__name": "booking.com", "person__phone": "0660 1234"}, {"touch__message": "test"},
]  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_no_person_is_put_aside_for_a_name(name: str) -> None:
    for email in ("a.b@gmail.com", "info@acme-works.de", "x1@qq.com", "a@mailinator.com"):
        for texts in AS_PEOPLE_WRITE:
            one = touch(person__full_name=name, person__email=email, **texts)
            assert not is_aside(one), (texts, [sign.code for sign in signs_of(one)])


SPAM = [
    {"person__full_name": "Visit https://bit.example/x now", "person__email": "x@gmail.com", "touch__message": "Great offer https://bit.example/x"},
    {"person__full_name": "test", "person__email": "test@test.com", "touch__message": "test"},
    {"person__full_name": "Test Test", "person__email": "test@test.com", "touch__message": "This is a test, please ignore"},
    {"person__full_name": "asdf asdf", "person__email": "asdf@asdf.com", "touch__message": "asdf"},
    {"person__full_name": "dfgdfg", "person__email": "sdf@sdf.de", "touch__message": "dfgdfg dfgdfg"},
    {"person__full_name": "uIbSEeXKyFCVGMzPBi", "person__email": "u.ib@gmail.com", "touch__message": "pLkQwErXzVbNmTrYu"},
    {"person__full_name": "RobertTaurf", "person__email": "r@mailinator.com", "touch__message": "Backlinks and guest posts, first page of Google, casino bonus https://x.example"},
    {"person__full_name": "Sandra Miller", "person__email": "s@rank.example.org", "touch__message": "We offer SEO services and rank your site on Google. Bitcoin taken. See https://rank.example and https://x.example"},
    {"person__full_name": "Jim", "person__email": "jim@gmail.com", "touch__message": "[url=https://a.example]x[/url] [url=https://b.example]y[/url] casino"},
    {"person__full_name": "Eric Jones", "person__email": "e@guerrillamail.com", "touch__message": "https://a.example https://b.example"},
    {"person__full_name": "http://win.example/", "person__email": "w@mail.ru", "touch__message": "http://win.example/"},
    {"person__full_name": "Вuy Viаgrа", "person__email": "a@gmail.com", "touch__message": "Вuy Viаgrа chеap tоday https://x.example"},
    {"person__first_name": "hjklhjkl", "person__last_name": "hjklhjkl", "person__email": "hj@hj.de", "company__name": "hjklhjkl"},
    {"person__full_name": "Lorem Ipsum", "person__email": "lorem@ipsum.com", "touch__message": "Lorem ipsum dolor sit amet"},
    {"person__full_name": "fdsfds", "person__email": "fds@gmail.com", "person__phone": "123456789"},
    {"person__full_name": "Mary", "person__email": "m@gmail.com", "touch__message": '<a href="https://pills.example">viagra</a> cheap'},
    {"person__full_name": "Alex", "person__email": "a@gmail.com", "touch__message": "https://a.example https://b.example https://c.example https://d.example best casino and forex and porn here"},
    {"person__full_name": "qwertz", "person__email": "q@yopmail.com", "touch__message": "asdasd"},
]  # fmt: skip


@pytest.mark.parametrize("texts", SPAM)
def test_spam_is_put_aside(texts: dict[str, str]) -> None:
    assert is_aside(touch(**texts)), [sign.code for sign in signs_of(touch(**texts))]


def test_robots_that_fill_a_trap_or_type_too_fast_with_another_sign_are_put_aside() -> None:
    one = touch(person__full_name="Anna Weber", person__email="anna@acme-works.de", touch__seconds_to_fill="1")
    assert not is_aside(one) and is_aside(one, Traces(is_trapped=True))
    assert is_aside(touch(person__full_name="hGtRfDeSwQxZ", person__email="a@gmail.com", touch__seconds_to_fill="0"))
