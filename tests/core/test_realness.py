"""Whether somebody real sent this, with few false alarms by construction; and how a person can be reached."""

# ruff: noqa: E501 -- submissions of one line each are easier to compare

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.fields import STANDARD
from core.golden import fold_all
from core.lead import Cell, Lead, Touch, Won
from core.normalize import RawValue, normalize
from core.normalize.mailboxes import FREE_DOMAINS
from core.reachability import reachability
from core.realness import Realness, is_mashed, judge_lead, judge_touch

NOW = 1_763_726_400_000


def touch(trapped: bool = False, **texts: str) -> Touch:
    """A submission of these texts, normalized as any other."""
    raw = {path.replace("__", "."): RawValue((text,), path) for path, text in texts.items()}
    found = normalize(raw, STANDARD)
    return Touch("T1", "form", NOW, "contact", dict(found.fields), tuple(found.problems))


def judged(**texts: str) -> Realness:
    return judge_touch(touch(**texts))


REAL = [
    {"person__full_name": "Anna Weber", "person__email": "anna.weber77@gmail.com"},
    {"person__full_name": "Li Na", "person__email": "lina@qq.com", "touch__message": "Call me"},
    {"person__full_name": "Krzysztof Szczepański", "person__email": "k@wp.pl", "touch__message": "Proszę o ofertę."},
    {"person__full_name": "Jürgen Knightsbridge-Goldschmidt", "person__email": "info@web.de"},
    {"person__full_name": "Siobhán O'Dwyer", "person__email": "s@outlook.com", "touch__message": "see www.acme.example please"},
    {"person__full_name": "Дмитрий Волков", "person__email": "dv@mail.ru", "touch__message": "Нужны iPhoneы и SMSки для офиса"},
    {"person__full_name": "DeLaCruzMendoza", "person__email": "d@yahoo.com"},
    {"person__full_name": "Ronald McDonald", "person__email": "r@gmx.de", "company__name": "booking.com"},
    {"person__full_name": "Gwyn Llwchwr", "person__email": "g@icloud.com", "touch__message": "SEO help for our shop, crypto is no topic"},
    {"person__full_name": "Jan Smrž", "person__phone": "+420601234567"},
    {"person__full_name": "山田太郎", "person__email": "taro@yahoo.co.jp", "touch__message": "資料をください"},
    {"person__email": "b@gmail.com"},
]  # fmt: skip


@pytest.mark.parametrize("texts", REAL)
def test_people_with_unusual_names_short_messages_and_free_mailboxes_are_real(texts: dict[str, str]) -> None:
    found = judged(**texts)
    assert found.verdict == "real", found.reasons


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({"person__full_name": "Anna Weber", "person__email": "anna@mailinator.com"}, "email_disposable"),
        ({"person__full_name": "Anna Weber", "person__email": "asdf@asdf.com"}, "email_placeholder"),
        ({"person__full_name": "Asdfgh Jklhj", "person__email": "a@gmail.com"}, "name_mashed"),
        ({"person__full_name": "hDkVjPqWLmZxTr", "person__email": "a@gmail.com"}, "name_mashed"),
        ({"person__full_name": "test", "person__email": "a@gmail.com"}, "name_placeholder"),
        ({"person__full_name": "Anna Wеber", "person__email": "a@gmail.com"}, "name_scripts"),
        ({"person__email": "a@gmail.com", "touch__message": "https://spam.example/x?y=1"}, "message_only_link"),
        ({"person__email": "a@gmail.com", "touch__message": "[url=https://spam.example]cheap[/url] offer for you all"}, "message_markup"),
    ],
)  # fmt: skip
def test_a_single_sign_makes_a_submission_doubtful_and_is_named(texts: dict[str, str], code: str) -> None:
    found = judged(**texts)
    assert found.verdict == "doubtful"
    assert code in [sign.code for sign in found.signs]


@pytest.mark.parametrize(
    "texts",
    [
        {"person__full_name": "Win $5000 now http://win.example", "person__email": "a@mailinator.com"},
        {"person__full_name": "hDkVjPqWLmZxTr", "person__email": "x@gmail.com", "touch__message": "qWxZpLkRtVbN"},
        {"person__full_name": "Visit www.casino.example", "touch__message": "best casino https://casino.example today friends"},
        {"person__full_name": "Bob Smith", "person__email": "b@gmail.com",
         "touch__message": "<a href='https://x.example'>backlinks</a> for everyone, cheap and fast"},
        {"person__full_name": "Mary", "person__email": "b@guerrillamail.com", "touch__message": "Вuy Вitсоin nоw and frее, gооd рriсеs"},
    ],
)  # fmt: skip
def test_a_strong_sign_with_another_one_is_spam(texts: dict[str, str]) -> None:
    found = judged(**texts)
    assert found.verdict == "spam", found.signs
    assert all(reason and reason[0].islower() for reason in found.reasons)


def test_a_filled_trap_is_spam_by_itself() -> None:
    one = touch(person__full_name="Anna Weber", person__email="anna@acme.example.org")
    assert judge_touch(one).verdict == "real"
    assert judge_touch(one, is_trapped=True).verdict == "spam"


NAMES = st.sampled_from(["Anna", "Bjørn", "Nguyễn", "José", "Ng", "Szymon", "Иван", "Ayşe", "Zoë", "Hans-Peter", "Brânduşa"])
PLAIN = st.text(alphabet=st.characters(categories=["Ll", "Zs"], max_codepoint=0xFF), max_size=60)


@given(
    first=NAMES,
    last=NAMES,
    local=st.sampled_from(["a", "info", "x.y", "anna77"]),
    domain=st.sampled_from(sorted(FREE_DOMAINS)),
    message=PLAIN,
)
def test_a_short_lead_with_a_free_mailbox_is_never_spam(first: str, last: str, local: str, domain: str, message: str) -> None:
    values = {"person.first_name": first, "person.last_name": last, "person.email": f"{local}@{domain}", "touch.message": message}
    found = judge_touch(Touch("T1", "form", NOW, "contact", {path: Cell(value) for path, value in values.items()}))
    assert found.verdict != "spam"


ANY = st.text(max_size=200) | st.from_regex(r"(https?://[a-z]{1,5}\.com/? ?){0,5}[a-zA-Z ]{0,20}", fullmatch=True)


@given(first=ANY, last=ANY, email=ANY, message=ANY)
def test_any_text_gets_a_verdict_that_follows_from_its_signs(first: str, last: str, email: str, message: str) -> None:
    values = {"person.first_name": first, "person.last_name": last, "person.email": email, "touch.message": message}
    found = judge_touch(Touch("T1", "form", NOW, "contact", {path: Cell(value) for path, value in values.items() if value}))
    total = sum(sign.points for sign in found.signs)
    assert (found.verdict == "real") == (total < 2)
    if found.verdict == "spam":
        assert len(found.signs) >= 2
    assert len({sign.code for sign in found.signs}) == len(found.signs)
    assert not any(first.strip() in reason for reason in found.reasons if len(first.strip()) > 12)


@pytest.mark.parametrize(
    "name", ["Doherty", "Schwertfeger", "Goldschmidt", "Angstschweiß", "Szczęsny", "MacDonald", "LaToya", "BMW", "Vlk", "Popopo"]
)
def test_names_of_people_and_firms_are_not_mashed(name: str) -> None:
    assert not is_mashed(name)


@pytest.mark.parametrize("name", ["asdfgh", "Fghjk", "qwertz", "Xkjhgfdp", "lalalala", "aaaaa", "aBcDkXyZqRt"])
def test_what_hands_throw_on_a_keyboard_is_mashed(name: str) -> None:
    assert is_mashed(name)


def test_who_was_reached_is_real_whatever_else_speaks_against_it() -> None:
    lead = Lead("L1", 1, {"person.first_name": Won("Asdfgh", NOW, "T1"), "person.email": Won("a@mailinator.com", NOW, "T1")})
    assert judge_lead(lead).verdict == "spam"
    reached = Lead("L1", 1, lead.fields, {"email_reply": NOW})
    assert judge_lead(reached).verdict == "real"
    assert "outweighs" in judge_lead(reached).reasons[0]


# --- reachability ---------------------------------------------------------------------------------------------------


def folded(kinds: dict[str, int] | None = None, **texts: str) -> Lead:
    one = touch(**texts)
    lead = fold_all([one], STANDARD, "L1")
    return Lead("L1", 1, lead.fields, {**lead.kinds, **(kinds or {})})


@pytest.mark.parametrize(
    ("texts", "kinds", "reached", "states"),
    [
        ({"person__last_name": "Weber"}, {}, "unknown", ("unknown", "unknown", "unknown")),
        ({"person__email": "anna@acme.de"}, {}, "yes", ("open", "unknown", "unknown")),
        ({"person__email": "anna@acme.de"}, {"email_reply": NOW}, "proved", ("open", "unknown", "unknown")),
        ({"person__email": "none@none.com"}, {}, "no", ("closed", "unknown", "unknown")),
        ({"person__email": "none@none.com", "person__phone": "+4930901820"}, {}, "yes", ("closed", "open", "unknown")),
        ({"person__phone": "call me"}, {}, "no", ("unknown", "closed", "unknown")),
        ({"person__email": "anna@acme.de"}, {"email_bounced": NOW + 1}, "no", ("closed", "unknown", "unknown")),
        ({"person__email": "anna@acme.de"}, {"email_bounced": NOW - 1}, "yes", ("open", "unknown", "unknown")),
        ({"person__email": "anna@acme.de", "consent__email_marketing": "opted_out"}, {}, "no", ("closed", "unknown", "unknown")),
        ({"person__mobile": "+4915112345678", "consent__phone_marketing": "opted_out"}, {}, "no", ("unknown", "unknown", "closed")),
    ],
)  # fmt: skip
def test_each_channel_is_open_closed_or_unknown(
    texts: dict[str, str], kinds: dict[str, int], reached: str, states: tuple[str, ...]
) -> None:
    found = reachability(folded(kinds, **texts))
    assert (found.reached, tuple(channel.state for channel in found.channels)) == (reached, states)
    assert all(channel.reason for channel in found.channels)
