"""How what happened to a lead is put into words."""

from __future__ import annotations

import pytest

from leadrelay.history import change_in_words, in_words


@pytest.mark.parametrize(
    ("kind", "touch", "said"),
    [
        ("lead", "demo_request", "the lead began with a demo_request from website"),
        ("lead", "email", "the lead began with an email from website"),
        ("touch", "import", "an import from website joined it"),
        ("touch", "webinar_signup", "a webinar_signup from website joined it"),
    ],
)
def test_a_touch_is_told_with_the_article_that_fits(kind: str, touch: str, said: str) -> None:
    assert in_words(kind, {"kind": touch, "source": "website"}) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"path": "person.phone", "from": "+491", "to": "+492"}, "person.phone from +491 to +492"),
        (
            {"path": "person.phone", "to": "+492", "kept": True},
            "person.phone to +492; a newer touch says otherwise, so the lead keeps what that says",
        ),
        (
            {"path": "person.phones", "from": ["+491"], "to": ["+492"], "added": ["+492"]},
            "person.phones, which gains +492, and keeps +491",
        ),
        (
            {"path": "person.phones", "from": ["+491"], "to": ["12"], "kept": True},
            "person.phones from +491 to 12; all that can be used are kept, so nothing is taken from the lead",
        ),
        (
            {"path": "consent.email_marketing", "from": "opted_out", "to": "given", "kept": True},
            "consent.email_marketing from opted_out to given; the most restrictive answer counts, and the lead keeps it",
        ),
        (
            {"path": "custom.first_shop", "from": "Bonn", "to": "Ulm", "kept": True, "rule": "first"},
            "custom.first_shop from Bonn to Ulm; the oldest answer counts, and the lead keeps it",
        ),
    ],
)
def test_what_a_crm_told_is_told_with_what_the_lead_makes_of_it(change: dict[str, object], said: str) -> None:
    assert change_in_words(change, {"object": "Lead"}) == said
