"""How what happened to a lead is put into words."""

from __future__ import annotations

import pytest

from leadrelay.history import in_words


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
