"""The golden record: what several touches say of one person, in whatever order they come."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fields import STANDARD, Field
from core.golden import (
    fold,
    fold_all,
    lead_from_json,
    lead_to_json,
    losing_values,
    touch_from_json,
    touch_to_json,
)
from core.lead import CRM_CHANGE, MOST_ACTS, TOLD, Act, Cell, Lead, Touch, Value, Won
from core.problems import Place, Problem

CATALOGUE = STANDARD.with_custom([Field("custom.first_product", "text", "First product", False, "first")])


def touch(at: int, uid: str = "", kind: str = "demo_request", is_test: bool = False, **fields: Value) -> Touch:
    """A touch; `__` in a name stands for a dot."""
    cells = {name.replace("__", "."): Cell(value, str(value)) for name, value in fields.items()}
    return Touch(uid or f"t{at}", "web", at, kind, cells, is_test=is_test)


def told(at: int, sink: str = "salesforce", uid: str = "", **fields: Value) -> Touch:
    """A touch that was read back from a CRM."""
    cells = {name.replace("__", "."): Cell(value, str(value)) for name, value in fields.items()}
    return Touch(uid or f"{sink}{at}", sink, at, CRM_CHANGE, cells)


def folded(*touches: Touch) -> Lead:
    """The lead after these touches, in this order."""
    lead: Lead | None = None
    for one in touches:
        lead = fold(lead, one, CATALOGUE, uid="lead1")
    assert lead is not None
    return lead


def values(lead: Lead, *paths: str) -> list[Value | None]:
    return [lead.value(path) for path in paths]


def test_the_newest_touch_wins_a_field_and_is_its_provenance() -> None:
    lead = folded(touch(2, company__industry="software"), touch(1, company__industry="banking"))
    assert lead.fields["company.industry"] == Won("software", 2, "t2")


def test_touches_of_the_same_instant_are_ordered_by_their_uid() -> None:
    one, other = touch(1, "a", person__language="de"), touch(1, "b", person__language="en")
    assert folded(one, other).value("person.language") == folded(other, one).value("person.language") == "en"


def test_a_first_field_keeps_the_oldest_value() -> None:
    lead = folded(
        touch(2, custom__first_product="crm"), touch(3, custom__first_product="erp"), touch(1, custom__first_product="bi")
    )
    assert lead.fields["custom.first_product"] == Won("bi", 1, "t1")


def test_an_empty_value_wins_nothing() -> None:
    assert folded(touch(1, company__industry="software"), touch(2, company__industry="")).value("company.industry") == "software"


def test_an_unusable_address_never_displaces_a_usable_one() -> None:
    good, bad = touch(1, person__email="anna@acme.de"), touch(2, person__email="none")
    for order in itertools.permutations((good, bad)):
        assert values(folded(*order), "person.email", "person.email_class") == ["anna@acme.de", "business"]


def test_an_unreadable_number_never_displaces_a_readable_one() -> None:
    touches = [
        touch(1, person__phone="ask me"),
        touch(2, person__phone="+493012345", person__phone_extension="7"),
        touch(3, person__phone="n. a."),
    ]
    for order in itertools.permutations(touches):
        assert values(folded(*order), "person.phone", "person.phone_extension") == ["+493012345", "7"]
    assert folded(touches[2], touches[0]).value("person.phone") == "n. a."


def test_the_class_of_the_address_follows_the_address() -> None:
    lead = folded(touch(1, person__email="anna@acme.de"), touch(2, person__email="anna.weber@gmail.com"))
    assert values(lead, "person.email", "person.email_class") == ["anna.weber@gmail.com", "free"]


def test_contact_points_are_a_set_in_the_order_they_were_first_seen() -> None:
    lead = folded(
        touch(3, person__email="c@acme.de"),
        touch(2, person__email="b@acme.de", person__phone="+4930123456", person__mobile="+4917012345"),
        touch(1, person__email="c@acme.de"),
        touch(4, person__emails=("b@acme.de", "a@acme.de")),
    )
    assert lead.fields["person.emails"] == Won(("c@acme.de", "b@acme.de", "a@acme.de"), 4, "t4")
    assert lead.value("person.phones") == ("+4917012345", "+4930123456")


def test_what_is_no_address_or_number_joins_no_set() -> None:
    lead = folded(touch(1, person__email="none", person__phone="call me"))
    assert values(lead, "person.emails", "person.phones") == [None, None]


@pytest.mark.parametrize(
    ("states", "wins"),
    [
        (["opted_out", "given"], "opted_out"),
        (["given", "opted_out"], "opted_out"),
        (["given", "not_given"], "given"),
        (["pending", "given"], "given"),
        (["not_given", "pending"], "pending"),
        (["not_given", "not_given"], "not_given"),
    ],
)
def test_the_most_restrictive_consent_wins_at_any_time(states: list[str], wins: str) -> None:
    touches = [touch(at, consent__email_marketing=state) for at, state in enumerate(states)]
    for order in itertools.permutations(touches):
        lead = folded(*order)
        assert lead.value("consent.email_marketing") == wins
        assert lead.value("consent.email_marketing.opted_out") is (wins == "opted_out")


def test_the_oldest_opt_out_stays_as_the_evidence() -> None:
    lead = folded(touch(5, consent__profiling="opted_out"), touch(2, consent__profiling="opted_out"))
    assert lead.fields["consent.profiling"].at == lead.fields["consent.profiling.opted_out"].at == 2


def test_a_new_address_takes_nothing_from_an_old_one() -> None:
    lead = folded(
        touch(1, address__street="Hauptstr. 5", address__city="Berlin", address__postcode="10115", address__country="DE"),
        touch(2, address__city="Hamburg"),
    )
    assert values(lead, "address.street", "address.city", "address.postcode", "address.country") == [None, "Hamburg", None, None]


def test_an_address_is_completed_while_nothing_contradicts() -> None:
    lead = folded(
        touch(1, address__street="Hauptstr. 5", address__city="BERLIN"), touch(2, address__city="Berlin", address__country="DE")
    )
    assert values(lead, "address.street", "address.city", "address.country") == ["Hauptstr. 5", "Berlin", "DE"]


def test_what_lies_behind_a_contradiction_never_comes_back() -> None:
    old, moved, back = (
        touch(1, address__city="Berlin", address__street="A 1"),
        touch(2, address__city="Bonn"),
        touch(3, address__city="Berlin"),
    )
    for order in itertools.permutations((old, moved, back)):
        assert values(folded(*order), "address.city", "address.street") == ["Berlin", None]


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        ({"person__last_name": "WEBER"}, ["Anna", "WEBER"]),
        ({"person__last_name": "Schmidt"}, [None, "Schmidt"]),
        ({"person__first_name": "Annika"}, ["Annika", "Weber"]),
        ({"person__first_name": "Petra", "person__last_name": "Weber"}, ["Petra", "Weber"]),
    ],
)
def test_a_partial_name_keeps_the_rest_of_the_same_family_name(newer: dict[str, Value], expected: list[Value]) -> None:
    older = touch(1, person__first_name="Anna", person__last_name="Weber")
    for order in itertools.permutations((older, touch(2, **newer))):
        assert values(folded(*order), "person.first_name", "person.last_name") == expected


def test_a_job_goes_with_its_company() -> None:
    older = touch(1, person__job_title="CTO", person__department="IT", company__name="Acme GmbH")
    promoted = folded(older, touch(2, person__job_title="CEO"))
    assert values(promoted, "person.job_title", "person.department", "company.name") == ["CEO", "IT", "Acme GmbH"]
    left = folded(older, touch(2, company__name="Beta AG"))
    assert values(left, "person.job_title", "person.department", "company.name") == [None, None, "Beta AG"]


def test_an_extension_goes_with_its_number() -> None:
    lead = folded(touch(1, person__phone="+493012345", person__phone_extension="12"), touch(2, person__phone="+498912345"))
    assert values(lead, "person.phone", "person.phone_extension") == ["+498912345", None]


def test_first_and_last_touch_carry_all_of_their_own_fields_and_no_others() -> None:
    first = touch(1, touch__campaign="spring", touch__message="Hi", kind="newsletter_signup")
    middle = touch(2, touch__utm_term="crm", kind="webinar_signup")
    last = touch(3, touch__campaign="autumn", kind="demo_request")
    for order in itertools.permutations((first, middle, last)):
        lead = folded(*order)
        names = ("kind", "campaign", "message", "utm_term")
        assert values(lead, *(f"first_touch.{name}" for name in names)) == ["newsletter_signup", "spring", "Hi", None]
        assert values(lead, *(f"last_touch.{name}" for name in names)) == ["demo_request", "autumn", None, None]


def test_fields_of_a_touch_are_not_the_leads() -> None:
    lead = folded(touch(1, touch__campaign="x", person__full_name="Anna Weber", touch__kind="other"))
    assert not [path for path in lead.fields if path.startswith("touch.") or path == "person.full_name"]


def test_a_lead_knows_its_uid_creation_status_and_kinds() -> None:
    lead = folded(touch(86_400_000), touch(1_000), touch(2_000, kind="contact"))
    assert values(lead, "lead.uid", "lead.created_at", "status") == ["lead1", "1970-01-01T00:00:01.000Z", "new"]
    assert lead.kinds == {"demo_request": 86_400_000, "contact": 2_000}


def test_fields_that_the_engine_has_set_outlive_a_touch() -> None:
    before = folded(touch(5))
    before = Lead(before.uid, before.version, {**before.fields, "status": Won("nurturing", 6, "crm")}, before.kinds)
    assert fold(before, touch(1), CATALOGUE, uid="x").value("status") == "nurturing"


def test_a_lead_is_a_test_lead_while_all_of_its_touches_are() -> None:
    probe, real = touch(1, is_test=True), touch(2)
    assert folded(probe).is_test
    assert not folded(probe, real).is_test
    assert not folded(real, probe).is_test


def test_the_version_rises_with_each_change_and_a_touch_folded_twice_changes_nothing() -> None:
    one, two = touch(1, person__email="a@acme.de"), touch(2, person__email="b@acme.de")
    lead = folded(one)
    assert lead.version == 1
    later = fold(lead, two, CATALOGUE, uid="other")
    assert (later.version, later.uid) == (2, "lead1")
    assert fold(later, one, CATALOGUE, uid="lead1") is later
    assert lead.value("person.email") == "a@acme.de"


def test_losing_values_are_the_other_values_newest_first() -> None:
    touches = [touch(at, company__name=name) for at, name in ((1, "Acme"), (3, "Gamma"), (2, "Beta"), (4, "Gamma"))]
    winner = folded(*touches).fields["company.name"]
    assert [won.value for won in losing_values("company.name", touches, winner)] == ["Beta", "Acme"]


# --- what CRMs tell -------------------------------------------------------------------------------------------------


def test_what_a_crm_tells_wins_by_time_and_says_who_told_it() -> None:
    own, change = touch(1, person__phone="+493012345", status="ignored"), told(2, person__phone="+498912345", status="working")
    for order in itertools.permutations((own, change)):
        lead = folded(*order)
        assert values(lead, "person.phone", "status") == ["+498912345", "working"]
        assert lead.fields["person.phone"] == Won("+498912345", 2, "salesforce2")
        assert [lead.told_by(path) for path in ("person.phone", "status", "lead.created_at", "x")] == ["salesforce"] * 2 + [
            ""
        ] * 2


def test_a_newer_touch_of_the_persons_own_wins_over_what_a_crm_told() -> None:
    lead = folded(told(1, person__phone="+498912345"), touch(2, person__phone="+493012345"))
    assert (lead.value("person.phone"), lead.told_by("person.phone")) == ("+493012345", "")


def test_a_source_can_not_fill_what_only_a_crm_tells() -> None:
    lead = folded(touch(1, status="won", owner__email="x@acme.de", lifecycle_stage="customer"))
    assert values(lead, "status", "owner.email", "lifecycle_stage") == ["new", None, None]


def test_the_newest_telling_counts_also_when_it_says_new_again() -> None:
    changes = (touch(5), told(2, status="working"), told(3, status="new"), touch(1))
    for order in itertools.permutations(changes):
        assert folded(*order).fields["status"] == Won("new", 3, "salesforce3")


def test_a_told_status_counts_although_the_person_came_later() -> None:
    for order in itertools.permutations((touch(5), told(2, status="working"))):
        assert folded(*order).value("status") == "working"


def test_of_the_first_activity_the_oldest_counts() -> None:
    early, late = "2026-11-20T08:00:00.000Z", "2026-11-21T08:00:00.000Z"
    for order in itertools.permutations(
        (touch(1), told(2, sales__first_activity_at=late), told(3, sales__first_activity_at=early))
    ):
        assert folded(*order).value("sales.first_activity_at") == early


def test_an_owner_is_a_person_or_a_queue_whatever_was_told_last() -> None:
    changes = (touch(1), told(2, owner__email="ben@acme.example"), told(3, "hubspot", owner__queue="unassigned"))
    for order in itertools.permutations(changes):
        lead = folded(*order)
        assert values(lead, "owner.email", "owner.queue") == [None, "unassigned"]
        assert lead.told_by("owner.queue") == "hubspot"


def test_what_was_read_back_is_neither_the_first_nor_the_last_touch_and_no_test() -> None:
    one, change = touch(5, touch__campaign="spring", is_test=True), told(1, touch__campaign="x", person__job_title="CTO")
    for order in itertools.permutations((one, change, told(9))):
        lead = folded(*order)
        assert values(lead, "first_touch.kind", "last_touch.kind", "first_touch.campaign") == ["demo_request"] * 2 + ["spring"]
        assert values(lead, "lead.created_at", "status") == ["1970-01-01T00:00:00.005Z", "new"]
        assert lead.kinds == {"demo_request": 5, CRM_CHANGE: 9}
        assert lead.is_test


def test_a_lead_of_which_only_a_crm_has_told_is_no_test_lead() -> None:
    assert not folded(told(1, status="working")).is_test
    assert folded(told(1, status="working"), touch(2, is_test=True)).is_test
    assert not folded(told(1, status="working"), touch(2)).is_test


def test_a_crms_opt_out_counts_like_any_other() -> None:
    lead = folded(touch(5, consent__email_marketing="given"), told(2, consent__email_marketing="opted_out"))
    assert lead.value("consent.email_marketing.opted_out") is True
    assert lead.told_by("consent.email_marketing") == "salesforce"


def test_read_backs_that_give_nothing_any_more_are_forgotten() -> None:
    lead = folded(touch(1), *(told(at, status=f"s{at}") for at in range(2, 40)))
    assert [mark for mark in lead.marks if mark.startswith(TOLD)] == [f"{TOLD}salesforce39"]


def test_a_change_folded_twice_changes_nothing() -> None:
    change = told(2, status="working", owner__email="ben@acme.example", person__email="anna@acme.de")
    lead = folded(touch(1), change)
    assert fold(lead, change, CATALOGUE, uid="lead1") is lead


# --- acts -----------------------------------------------------------------------------------------------------------


def test_a_persons_own_touches_are_acts_newest_first_and_what_a_crm_told_is_none() -> None:
    one, two = touch(1, touch__content_id="ebook-7"), touch(3, kind="webinar_signup")
    for order in itertools.permutations((one, two, told(2, status="working"))):
        assert folded(*order).acts == (Act(3, "webinar_signup", "", "t3"), Act(1, "demo_request", "ebook-7", "t1"))


def test_several_touches_of_one_kind_are_as_many_acts_and_each_is_a_change() -> None:
    once = folded(touch(5, "a"))
    twice = fold(once, touch(4, "b"), CATALOGUE, uid="lead1")
    assert [act.touch for act in twice.acts] == ["a", "b"]
    assert twice.version == once.version + 1
    assert fold(twice, touch(4, "b"), CATALOGUE, uid="lead1") is twice


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=MOST_ACTS - 3, max_size=MOST_ACTS + 40), st.randoms(use_true_random=False))
def test_the_newest_acts_are_kept_whatever_the_order_of_arrival(times: list[int], chance: object) -> None:
    touches = [touch(at, f"u{number}") for number, at in enumerate(times)]
    newest = sorted(((one.at, one.uid) for one in touches), reverse=True)[:MOST_ACTS]
    chance.shuffle(touches)  # type: ignore[attr-defined]
    lead = folded(*touches)
    assert [(act.at, act.touch) for act in lead.acts] == newest
    assert content(folded(*touches, *touches[:20])) == content(lead)


def test_a_touch_older_than_all_acts_of_a_full_memory_changes_nothing_by_itself() -> None:
    lead = folded(*(touch(at) for at in range(1, MOST_ACTS + 3)))
    assert fold(lead, touch(2, "late"), CATALOGUE, uid="lead1") is lead
    assert fold(lead, touch(3, "z"), CATALOGUE, uid="lead1").acts[-1].touch == "z"


def test_a_lead_written_before_acts_were_kept_has_none() -> None:
    data = json.loads(json.dumps(lead_to_json(folded(touch(1)))))
    assert len(data.pop("acts")) == 1
    assert lead_from_json("lead1", 1, data).acts == ()


# --- properties -----------------------------------------------------------------------------------------------------

SAID = {
    "person.first_name": ["Anna", "anna", "Petra"],
    "person.last_name": ["Weber", "WEBER", "Müller", "Mueller"],
    "person.middle_name": ["M"],
    "person.email": ["a@acme.de", "b@gmail.com", "none", "info@acme.de"],
    "person.phone": ["+493012345", "+4989123456", "ask me", "no"],
    "person.mobile": ["+493012345", "ask"],
    "person.phone_extension": ["1", "2"],
    "person.job_title": ["CTO", "CEO"],
    "company.name": ["Acme", "ACME", "Beta"],
    "address.street": ["A 1", "B 2"],
    "address.city": ["Berlin", "Bonn"],
    "address.country": ["DE", "AT"],
    "consent.email_marketing": ["not_given", "pending", "given", "opted_out"],
    "custom.first_product": ["x", "y"],
    "touch.campaign": ["c", "d"],
    "touch.message": ["m"],
    "interest.confirmed": [True, False],
    "person.emails": [("a@acme.de",), ("z@acme.de", "a@acme.de")],
}
TOLD_ONLY = {
    "status": ["new", "working"],
    "lifecycle_stage": ["customer", "opportunity"],
    "owner.email": ["ben@acme.example", "anna@acme.example"],
    "owner.queue": ["unassigned"],
    "sales.contact_id": ["c1", "c2"],
    "sales.first_activity_at": ["2026-11-20T08:00:00.000Z", "2026-11-21T08:00:00.000Z"],
}
"""Fields that only a CRM can tell; the touches of a person say them too, to no effect."""

CELLS = st.fixed_dictionaries(
    {}, optional={path: st.sampled_from(several).map(Cell) for path, several in {**SAID, **TOLD_ONLY}.items()}
)
KINDS = [("demo_request", "web"), ("contact", "web"), (CRM_CHANGE, "salesforce"), (CRM_CHANGE, "hubspot")]
TOUCHES = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(KINDS), CELLS, st.booleans()), min_size=1, max_size=6).map(
    lambda drawn: [Touch(f"u{i}", source, at, kind, cells, (), test) for i, (at, (kind, source), cells, test) in enumerate(drawn)]
)


def content(lead: Lead) -> tuple[object, ...]:
    """Everything but the version, which counts changes."""
    return lead.uid, dict(lead.fields), dict(lead.kinds), lead.is_test, dict(lead.marks), lead.acts


@settings(max_examples=150, deadline=None)
@given(TOUCHES, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_record(touches: list[Touch], chance: object) -> None:
    whole = fold_all(touches, CATALOGUE, "lead1")
    shuffled = list(touches)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert content(folded(*shuffled)) == content(whole)
    assert content(folded(*shuffled, *touches)) == content(whole)


@settings(max_examples=150, deadline=None)
@given(TOUCHES)
def test_a_group_is_what_the_newest_touches_agree_on(touches: list[Touch]) -> None:
    """The rule said plainly, from all touches at once: the incremental fold must find the same."""
    paths = ("address.street", "address.city", "address.country")
    expected: dict[str, Value] = {}
    for one in sorted(touches, key=lambda one: (one.at, one.uid), reverse=True):
        said = {path: one.fields[path].value for path in paths if path in one.fields}
        if any(expected.get(path, value) != value for path, value in said.items()):
            break
        expected |= {path: value for path, value in said.items() if path not in expected}
    lead = fold_all(touches, CATALOGUE, "lead1")
    assert {path: lead.value(path) for path in paths if lead.value(path) is not None} == expected


@settings(max_examples=150, deadline=None)
@given(TOUCHES)
def test_who_told_a_field_is_the_read_back_that_won_it(touches: list[Touch]) -> None:
    sinks = {one.uid: one.source for one in touches if one.kind == CRM_CHANGE}
    lead = fold_all(touches, CATALOGUE, "lead1")
    assert {path: lead.told_by(path) for path in lead.fields} == {
        path: sinks.get(won.touch, "") for path, won in lead.fields.items()
    }
    assert all(won.touch in sinks for path, won in lead.fields.items() if path in TOLD_ONLY and path != "status")
    assert not any(won.touch in sinks for path, won in lead.fields.items() if path.startswith(("first_touch.", "last_touch.")))


@settings(max_examples=100, deadline=None)
@given(TOUCHES)
def test_leads_and_touches_survive_json(touches: list[Touch]) -> None:
    lead = fold_all(touches, CATALOGUE, "lead1")
    again = lead_from_json(lead.uid, lead.version, json.loads(json.dumps(lead_to_json(lead))))
    assert again == lead
    assert [touch_from_json(json.loads(json.dumps(touch_to_json(one)))) for one in touches] == touches


def test_the_problems_of_a_touch_survive_json() -> None:
    problems = (Problem("bad_phone", "`x` is no number.", "person.phone"), Problem("p", "q", "", Place("m.yaml", 3, 4)))
    one = Touch("u", "web", 1, "contact", {"custom.n": Cell(5, "5")}, problems)
    assert touch_from_json(json.loads(json.dumps(touch_to_json(one)))) == one
