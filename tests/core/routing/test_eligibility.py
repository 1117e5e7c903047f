"""Who of a pool may take a lead now: every member is listed, with all that rules them out, in words."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from core.hours import make_calendar
from core.instants import Instant, from_datetime
from core.routing.eligibility import Candidates, Limits, Load, Member, Needs, Now, candidates
from core.territory import Location, Territory, lies_in, read_range, read_territory

BUSINESS = make_calendar("Europe/Berlin", {"mon-fri": ["09:00-17:30"]}, "DE-BE")


def at(text: str) -> Instant:
    return from_datetime(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")))


FRIDAY = at("2026-11-20 10:00")


def reasons(member: Member, limits: Limits = Limits(), needs: Needs = Needs(), now: Now = Now(FRIDAY)) -> list[tuple[str, str]]:  # noqa: B008
    found = candidates([member], limits, needs, now)
    return [(reason.code, reason.words) for reason in found.all[0].reasons]


def territories(*texts: str) -> tuple[Territory, ...]:
    found = tuple(map(read_territory, texts))
    assert None not in found
    return tuple(each for each in found if each is not None)


def test_nothing_that_is_not_said_rules_anybody_out() -> None:
    needs = Needs("fr", "crm", None, Location("US", "NY", "10001"))
    assert reasons(Member("a@x.example"), Limits(), needs) == []
    full = Member("a@x.example", languages=("de",), products=("erp",), territories=territories("DE"))
    assert reasons(full, Limits(), Needs(location=Location())) == []


@pytest.mark.parametrize(
    ("member", "limits", "needs", "now", "code", "words"),
    [
        (Member("a", 0), Limits(), Needs(), Now(FRIDAY), "weight", "has the weight 0 in this pool"),
        (Member("a"), Limits(), Needs(), Now(FRIDAY, {}, {"a": "Salesforce"}), "inactive", "is no active user in Salesforce"),
        (
            Member("a", away=((date(2026, 11, 20), date(2026, 11, 27)),)),
            Limits(), Needs(), Now(FRIDAY), "away", "is away until 2026-11-27",
        ),
        (Member("a", away=((date(2026, 11, 20),) * 2,)), Limits(), Needs(), Now(FRIDAY), "away", "is away on 2026-11-20"),
        (
            Member("a"), Limits(per_day=20), Needs(), Now(FRIDAY, {"a": Load(today=20)}),
            "per_day", "has 20 leads today, and 20 is the most a day",
        ),
        (
            Member("a"), Limits(per_day=1), Needs(), Now(FRIDAY, {"a": Load(today=1)}),
            "per_day", "has 1 lead today, and 1 is the most a day",
        ),
        (
            Member("a", open_leads=40), Limits(open_leads=50), Needs(), Now(FRIDAY, {"a": Load(open=41)}),
            "open_leads", "has 41 open leads, and 40 is the most",
        ),
        (
            Member("a"), Limits(BUSINESS, "business"), Needs(), Now(at("2026-11-20 18:00")),
            "outside_hours", "it is outside of the hours `business`",
        ),
        (
            Member("a"), Limits(BUSINESS, "business"), Needs(), Now(at("2026-04-03 10:00")),
            "holiday", "today is Good Friday, a holiday of the hours `business`",
        ),
        (Member("a", languages=("de", "en")), Limits(), Needs("fr"), Now(FRIDAY), "language", "speaks de, en, and the lead fr"),
        (Member("a", products=("CRM",)), Limits(), Needs(product="x"), Now(FRIDAY), "product", "sells CRM, and the lead wants x"),
        (
            Member("a", tiers=("2", "3")), Limits(), Needs(tier="1"), Now(FRIDAY),
            "tier", "takes leads of tier 2, 3, and this one is of tier 1",
        ),
        (
            Member("a"), Limits(), Needs(tier="1"), Now(FRIDAY),
            "tier", "takes leads without a tier only, and this one is of tier 1",
        ),
        (
            Member("a", territories=territories("AT", "DE 80000-87999")), Limits(), Needs(location=Location("DE", None, "10115")),
            Now(FRIDAY), "territory", "has the territory AT, DE 80000-87999",
        ),
    ],
)  # fmt: skip
def test_each_reason_is_said_in_words(member: Member, limits: Limits, needs: Needs, now: Now, code: str, words: str) -> None:
    assert reasons(member, limits, needs, now) == [(code, words)]


def test_every_reason_is_said_and_every_member_listed() -> None:
    members = [
        Member("a@x.example", 1, languages=("en",), away=((date(2026, 11, 1), date(2026, 11, 30)),)),
        Member("b@x.example", 2, languages=("de-AT",)),
    ]
    found = candidates(members, Limits(per_day=1), Needs("de"), Now(FRIDAY, {"a@x.example": Load(today=3)}))
    assert found.eligible == ("b@x.example",)
    assert found.opens_at is None
    assert found.listed == [
        {
            "email": "a@x.example", "weight": 1, "may_take": False,
            "reasons": [
                {"code": "away", "words": "is away until 2026-11-30"},
                {"code": "per_day", "words": "has 3 leads today, and 1 is the most a day"},
                {"code": "language", "words": "speaks en, and the lead de"},
            ],
        },
        {"email": "b@x.example", "weight": 2, "may_take": True},
    ]  # fmt: skip


def test_a_pool_that_is_closed_says_when_somebody_could_take_the_lead() -> None:
    evening, limits = Now(at("2026-11-20 18:00")), Limits(BUSINESS, "business")
    away = Member("a", away=((date(2026, 11, 1), date(2026, 11, 30)),))
    assert candidates([away, Member("b")], limits, Needs(), evening).opens_at == at("2026-11-23 09:00")
    assert candidates([away], limits, Needs(), evening).opens_at is None
    assert candidates([], limits, Needs(), evening) == Candidates()


def test_a_day_off_is_one_by_the_clock_of_the_hours() -> None:
    tokyo = make_calendar("Asia/Tokyo", {"mon-sun": ["00:00-24:00"]})
    member = Member("a", away=((date(2026, 11, 21),) * 2,))
    late = Now(at("2026-11-20 17:00"))  # 01:00 on the 21st in Tokyo
    assert candidates([member], Limits(tokyo, "tokyo"), Needs(), late).eligible == ()
    assert candidates([member], Limits(), Needs(), late).eligible == ("a",)


@pytest.mark.parametrize(
    ("text", "location", "expected"),
    [
        ("DE", Location("DE"), True),
        ("DE", Location("AT"), False),
        ("DE", Location(), None),
        ("US-NY", Location("US", "NY"), True),
        ("US-NY", Location("US", "US-NY"), True),
        ("US-NY", Location("US", "CA"), False),
        ("US-NY", Location("US"), None),
        ("US-NY", Location("CA"), False),
        ("DE 10000-19999", Location("DE", None, "10115"), True),
        ("DE 00000-09999", Location("DE", None, "01067"), True),
        ("DE 10000-19999", Location("DE", None, "20095"), False),
        ("DE 10000-19999", Location("DE", None, "1011"), False),
        ("US 10000-19999", Location("US", None, "10001-1234"), True),
        ("SE 10000-19999", Location("SE", None, "114 55"), True),
        ("DE 10000-19999", Location("DE"), None),
        ("GB SW1*", Location("GB", None, "sw1a 1aa"), True),
        ("GB EC1-EC4", Location("GB", None, "EC2V 7HH"), True),
        ("GB EC1-EC4", Location("GB", None, "SW1A 1AA"), False),
    ],
)
def test_a_place_lies_in_a_territory_or_not_or_it_is_not_known(text: str, location: Location, expected: bool | None) -> None:
    assert lies_in(location, territories(text)[0]) is expected


@pytest.mark.parametrize("text", ["Germany", "de", "DE-", "DE 1-22", "DE 9-1", "DE *", "DE 10-1A", "DE-BAYERN", ""])
def test_what_is_no_territory_is_refused(text: str) -> None:
    assert read_territory(text) is None


def test_a_range_needs_two_ends_that_fit() -> None:
    assert read_range("10000-19999") is not None
    assert [read_range(text) for text in ("10000", "10000-", "2-1", "10-100", "a-1")] == [None] * 5
