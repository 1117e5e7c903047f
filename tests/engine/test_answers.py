"""An attempt in words."""

from __future__ import annotations

import json

import pytest

from connectors.base import Done, Outcome, Reject
from core.problems import Problem
from leadrelay.engine.answers import attempt_of, call_in_words


@pytest.mark.parametrize(
    ("outcome", "version", "words"),
    [
        (Done("1", created=True, sent=("Email", "Phone")), 2, "crm was called with version 2, created: Email, Phone"),
        (Done("1", sent=("Phone",)), 0, "crm was called, updated: Phone"),
        (
            Done("1", note="it says so"),
            0,
            "crm was asked, and nothing had to be sent: it says so",
        ),
        (
            Done("1", left_out=(Problem("owner_inactive", "Nobody is active: add the user", "OwnerId"),), note="it says so"),
            4,
            "crm was asked with version 4, and nothing was sent: the owner could not be set: Nobody is active: add the user",
        ),
        (
            Done("1", True, ("Email",), (Problem("too_long", "Field `Fax` was left out: it is too long", "Fax"),)),
            0,
            "crm was called, created: Email; Field `Fax` was left out: it is too long",
        ),
        (
            Done("1", sent=("A",), left_out=(Problem("x", "it is odd", "B"),)),
            0,
            "crm was called, updated: A; B was left out: it is odd",
        ),
        (Done("1"), 3, "crm was asked with version 3, and nothing had to be sent"),
        (Reject(Problem("x", "Phone is too long")), 0, "crm was called, rejected: Phone is too long"),
    ],
)
def test_a_call_is_told_by_what_was_sent(outcome: Outcome, version: int, words: str) -> None:
    word, data = attempt_of(outcome)
    assert call_in_words("crm", word, json.loads(data), version=version) == words
