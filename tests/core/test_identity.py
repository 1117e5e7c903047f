"""Who joins whom by exact keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.identity import (
    ExactMatcher,
    Incoming,
    Joins,
    KeyOwner,
    New,
    are_compatible,
    erase_hash,
    fold_name,
    make_key,
    match_keys,
    name_tokens,
    person_keys,
)
from core.lead import Value

Fields = Mapping[str, Value]


def person(first: str = "", last: str = "", email: str = "", phone: str = "", **more: Value) -> Fields:
    said: dict[str, Value] = {"person.first_name": first, "person.last_name": last, "person.email": email, "person.phone": phone}
    said |= {f"person.{name}": value for name, value in more.items()}
    return {path: value for path, value in said.items() if value != ""}


ANNA = person("Anna", "Weber", "anna@acme.de")
PETRA = person("Petra", "Weber", "anna@acme.de")
NOBODY = person(email="anna@acme.de")
SWITCHBOARD = "+493012345670"


def matched(*people: Fields, owners: Mapping[int, KeyOwner] | None = None) -> list[New | Joins]:
    batch = [Incoming(f"t{i}", match_keys(one), name_tokens(one), f"L{i}") for i, one in enumerate(people)]
    return ExactMatcher().match(batch, owners or {})


def leads(*people: Fields) -> list[str]:
    return [decision.lead for decision in matched(*people)]


def owned(lead: str, one: Fields) -> dict[int, KeyOwner]:
    return {key.hash: KeyOwner(lead, key.text, name_tokens(one)) for key in match_keys(one)}


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Anna Müller", "anna mueller", "MULLER, ANNA", "Müller, Anna", "Dr. Anna Müller", "Frau Anna  Müller",
        "Anna Mu\u0308ller", " Anna\tMüller ", "Anna-Müller", "Prof. Dr. Anna von Müller",
    ],
)  # fmt: skip
def test_a_name_is_the_same_whatever_its_spelling(name: str) -> None:
    assert fold_name(name) == ("anna", "muller")


@pytest.mark.parametrize("name", ["", "  ", "-", "test", "N/A", "asdf", "unknown"])
def test_what_is_no_name_has_no_tokens(name: str) -> None:
    assert fold_name(name) == ()


def test_names_of_every_script_have_tokens() -> None:
    assert all(fold_name(name) for name in ("Анна Иванова", "王伟", "Ζωή", "محمد", "O'Brien", "Ng", "Von", "Li"))
    assert fold_name("O’Brien") == fold_name("O'Brien") == fold_name("OBrien")


def test_first_and_last_name_may_stand_in_each_others_place() -> None:
    assert name_tokens(person("Weber", "Anna")) == name_tokens(person("Anna", "Weber"))


def test_a_full_name_serves_when_it_was_not_split() -> None:
    assert name_tokens({"person.full_name": "Weber, Anna"}) == ("anna", "weber")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Anna Weber", "Weber", True),
        ("Anna Weber", "Anna Maria Weber", True),
        ("A. Weber", "Anna Weber", True),
        ("A. W.", "Anna Weber", True),
        ("Anna Weber", "Petra Weber", False),
        ("P. Weber", "Anna Weber", False),
        ("Anna Weber", "Anna Schmidt", False),
        ("A. B. Weber", "Anna Weber", True),
        ("Anna A.", "Anna Carl Weber", False),
        ("A. B. Weber", "Anna Carla Weber", False),
    ],
)
def test_names_are_compatible_when_one_says_no_more_than_the_other(one: str, other: str, expected: bool) -> None:
    assert are_compatible(fold_name(one), fold_name(other)) is expected
    assert are_compatible(fold_name(other), fold_name(one)) is expected


# --- keys -----------------------------------------------------------------------------------------------------------


def test_keys_stand_in_the_order_of_their_strength() -> None:
    keys = match_keys(person("Anna", "Weber", "anna@acme.de", "+4930123456", emails=("anna@acme.de", "aw@gmail.com")))
    assert [(key.kind, key.text) for key in keys] == [
        ("email_name", "anna@acme.de anna weber"), ("email_name", "aw@gmail.com anna weber"),
        ("email", "anna@acme.de"), ("email", "aw@gmail.com"),
        ("phone_name", "+4930123456 anna weber"),
    ]  # fmt: skip


def test_a_key_is_a_signed_64_bit_number_that_never_changes() -> None:
    """Stored in every installation: a change needs a migration of the key table."""
    assert make_key("email", "anna@acme.de").hash == -2256562792197867131
    hashes = [make_key("email", str(number)).hash for number in range(200)]
    assert all(-(2**63) <= number < 2**63 for number in hashes)
    assert min(hashes) < 0 < max(hashes)
    assert make_key("email", "x").hash != make_key("crm_id", "x").hash


@pytest.mark.parametrize("email", ["info@acme.de", "none", "none@none.com", "test@test.de", "anna@", "@"])
def test_shared_and_senseless_addresses_give_no_key(email: str) -> None:
    assert match_keys(person("Anna", "Weber", email)) == ()


@pytest.mark.parametrize("phone", ["12345", "call me", "+490000000000", "+4911111111", "030 123456"])
def test_unreadable_and_placeholder_phones_give_no_key(phone: str) -> None:
    assert match_keys(person("Anna", "Weber", phone=phone)) == ()


def test_a_phone_without_a_name_gives_no_key() -> None:
    assert match_keys(person(phone="+493012345678")) == ()


def test_tags_and_dots_of_a_mailbox_do_not_make_another_person() -> None:
    assert match_keys(person(email="A.Weber+crm@gmail.com")) == match_keys(person(email="aweber@gmail.com"))


# --- joining --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        person("ANNA", "WEBER", "Anna@ACME.de"),
        person("Weber", "Anna", "anna+form@acme.de"),
        person("Anna Maria", "Weber", "anna@acme.de"),
        person("A.", "Weber", "anna@acme.de"),
        person("", "Weber", "anna@acme.de"),
        NOBODY,
        person("test", "", "anna@acme.de"),
    ],
)
def test_the_same_mailbox_with_a_name_that_fits_is_the_same_person(other: Fields) -> None:
    assert leads(ANNA, other) == ["L0", "L0"]
    assert leads(other, ANNA) == ["L0", "L0"]


def test_a_family_mailbox_is_several_people_who_may_be_the_same() -> None:
    anna, petra, again = matched(ANNA, PETRA, PETRA)
    assert isinstance(anna, New)
    assert isinstance(petra, New)
    assert petra.perhaps == ("L0",)
    assert [key.kind for key in petra.claims] == ["email_name"]
    assert again == Joins("L1", again.by, (), (), ("petra", "weber"))  # type: ignore[union-attr]
    assert again.by.kind == "email_name"  # type: ignore[union-attr]


def test_a_lead_without_a_name_takes_the_first_name_that_comes_and_no_second_one() -> None:
    first, anna, petra = matched(NOBODY, ANNA, PETRA)
    assert isinstance(first, New)
    assert isinstance(anna, Joins)
    assert (anna.lead, anna.by.kind, anna.is_renamed, anna.name) == ("L0", "email", True, ("anna", "weber"))
    assert isinstance(petra, New)


def test_a_fuller_name_is_kept_beside_the_keys() -> None:
    joined = matched(person("A.", "Weber", "anna@acme.de"), ANNA)[1]
    assert isinstance(joined, Joins)
    assert (joined.name, joined.is_renamed) == (("anna", "weber"), True)


def test_the_same_phone_joins_only_the_same_name() -> None:
    anna, petra = person("Anna", "Weber", phone=SWITCHBOARD), person("Petra", "Kunz", phone=SWITCHBOARD)
    assert leads(anna, petra, person("weber", "anna", phone=SWITCHBOARD), person(phone=SWITCHBOARD)) == ["L0", "L1", "L0", "L3"]


def test_another_address_of_the_same_person_is_learned_by_the_phone() -> None:
    both = person("Anna", "Weber", "anna@acme.de", SWITCHBOARD)
    other = person("Anna", "Weber", "anna@home.example.com", SWITCHBOARD)
    decisions = matched(both, other, person(email="anna@home.example.com"))
    assert [decision.lead for decision in decisions] == ["L0", "L0", "L0"]
    assert isinstance(decisions[1], Joins)
    assert decisions[1].by.kind == "phone_name"
    assert [key.kind for key in decisions[1].claims] == ["email_name", "email"]


def test_two_leads_that_are_hit_stay_two_and_the_stronger_key_decides() -> None:
    owners = owned("A", ANNA) | owned("B", person("Anna", "Weber", phone=SWITCHBOARD))
    (decision,) = matched(person("Anna", "Weber", "anna@acme.de", SWITCHBOARD), owners=owners)
    assert isinstance(decision, Joins)
    assert (decision.lead, decision.perhaps, decision.claims) == ("A", ("B",), ())


def mail(fields: Fields, own: str, *answered: str) -> Fields:
    return {**fields, "touch.message_id": own, "touch.in_reply_to": answered}


def test_a_reply_joins_the_lead_that_it_answers_from_whatever_address() -> None:
    asked = mail(ANNA, "1@acme.de")
    from_home = mail(person("Anna", "Weber", "aw@home.example.com"), "2@home.example.com", "9@sales.example", "1@acme.de")
    nameless = mail(person(email="anna.w@mobile.example"), "3@mobile.example", "9@sales.example")
    first, second, third = matched(asked, from_home, nameless)
    assert [decision.lead for decision in (first, second, third)] == ["L0", "L0", "L0"]
    assert isinstance(second, Joins)
    assert second.by.kind == "message"


def test_a_colleague_who_answers_stays_a_person_of_their_own_who_may_be_the_same() -> None:
    asked, answered = matched(mail(ANNA, "1@acme.de"), mail(PETRA | {"person.email": "petra@acme.de"}, "2@acme.de", "1@acme.de"))
    assert isinstance(answered, New)
    assert answered.perhaps == ("L0",)
    assert isinstance(asked, New)


def test_a_known_person_who_answers_somebody_elses_mail_stays_who_they_are() -> None:
    owners = owned("A", mail(person("", "", "anna@acme.de"), "1@acme.de")) | owned("B", PETRA | {"person.email": "petra@acme.de"})
    (decision,) = matched(mail(PETRA | {"person.email": "petra@acme.de"}, "2@acme.de", "1@acme.de"), owners=owners)
    assert isinstance(decision, Joins)
    assert (decision.lead, decision.perhaps) == ("B", ("A",))


def test_a_crm_id_is_stronger_than_an_address() -> None:
    crm = make_key("crm_id", "salesforce 00Q000000000001")
    owners = owned("A", ANNA) | {crm.hash: KeyOwner("C", crm.text, ("petra", "weber"))}
    incoming = Incoming("t", (*match_keys(ANNA), crm), name_tokens(ANNA), "new")
    (decision,) = ExactMatcher().match([incoming], owners)
    assert (decision.lead, decision.perhaps) == ("C", ("A",))


def test_a_hash_collision_is_never_a_hit_and_never_claimed() -> None:
    (key,) = match_keys(NOBODY)
    (decision,) = matched(NOBODY, owners={key.hash: KeyOwner("A", "somebody@else.de", ())})
    assert decision == New("L0", (), (), ())


def test_a_submission_without_keys_is_a_lead_of_its_own() -> None:
    assert matched({}, {}) == [New("L0", ()), New("L1", ())]


def test_a_name_that_is_stored_with_the_keys_is_the_one_that_counts() -> None:
    """The owner's name comes from the store, so a lead that got a name since then is no longer open to everybody."""
    (key,) = match_keys(NOBODY)
    (decision,) = matched(PETRA, owners={key.hash: KeyOwner("A", key.text, ("anna", "weber"))})
    assert isinstance(decision, New)
    assert decision.perhaps == ("A",)


def test_the_same_input_gives_the_same_decisions() -> None:
    people = [ANNA, PETRA, NOBODY, person("A.", "Weber", "anna@acme.de"), {}]
    assert matched(*people) == matched(*people)


# --- erasure --------------------------------------------------------------------------------------------------------


def test_an_erased_person_is_known_by_all_addresses_and_numbers_and_no_name() -> None:
    one = person("Anna", "Weber", "Anna+x@acme.de", "+4930123456", mobile="+4917012345", emails=("info@acme.de", "none"))
    assert person_keys(one) == (
        ("email", "anna@acme.de"), ("email", "info@acme.de"), ("phone", "+4930123456"), ("phone", "+4917012345"),
    )  # fmt: skip


def test_an_erased_value_can_not_be_found_without_the_secret() -> None:
    mine = erase_hash(b"secret", "email", "anna@acme.de")
    assert mine == erase_hash(b"secret", "email", "anna@acme.de")
    others = {
        erase_hash(b"other", "email", "anna@acme.de"),
        erase_hash(b"secret", "phone", "anna@acme.de"),
        erase_hash(b"s" * 500, "email", "a"),
    }
    assert mine not in others
    assert len(others) == 3
    assert "anna" not in mine


# --- properties -----------------------------------------------------------------------------------------------------

PEOPLE = st.builds(
    person,
    first=st.sampled_from(["", "Anna", "A.", "Petra", "Anna Maria"]),
    last=st.sampled_from(["", "Weber", "Müller", "Mueller"]),
    email=st.sampled_from(["", "anna@acme.de", "Anna+x@acme.de", "p@gmail.com", "info@acme.de"]),
    phone=st.sampled_from(["", SWITCHBOARD, "+4917012345678", "none"]),
)


def arrived(people: list[Fields], size: int) -> list[str]:
    """The leads that people join when the engine decides `size` of them at a time and writes claims and names between."""
    store: dict[int, KeyOwner] = {}
    joined: list[str] = []
    for start in range(0, len(people), size):
        batch = [
            Incoming(f"t{i}", match_keys(one), name_tokens(one), f"L{i}")
            for i, one in enumerate(people[start : start + size], start)
        ]
        for decision in ExactMatcher().match(batch, dict(store)):
            joined.append(decision.lead)
            for key in decision.claims:
                assert key.hash not in store
                store[key.hash] = KeyOwner(decision.lead, key.text, decision.name)
            if isinstance(decision, Joins) and decision.is_renamed:
                store = {h: replace(o, name=decision.name) if o.lead == decision.lead else o for h, o in store.items()}
    return joined


@settings(max_examples=100, deadline=None)
@given(st.lists(PEOPLE, max_size=8), st.integers(1, 8))
def test_how_arrivals_are_batched_changes_nothing(people: list[Fields], size: int) -> None:
    assert arrived(people, size) == arrived(people, max(1, len(people)))


@settings(max_examples=100, deadline=None)
@given(st.lists(PEOPLE, max_size=8))
def test_the_same_submission_twice_is_the_same_lead_whenever_it_has_a_key(people: list[Fields]) -> None:
    joined = arrived([*people, *people], 3)
    for number, one in enumerate(people):
        if match_keys(one):
            assert joined[len(people) + number] in joined[: len(people)]


@settings(max_examples=100, deadline=None)
@given(st.lists(PEOPLE, max_size=8))
def test_people_with_different_first_names_never_share_a_lead(people: list[Fields]) -> None:
    names: dict[str, set[str]] = {}
    for one, lead in zip(people, arrived(people, 2), strict=True):
        first = str(one.get("person.first_name", ""))
        if len(first) > 2:
            names.setdefault(lead, set()).add(first.split()[0])
    assert all(len(several) == 1 for several in names.values())
