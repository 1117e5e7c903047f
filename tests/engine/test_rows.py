"""The rows that a decided batch becomes: keys of what is wanted once."""

from __future__ import annotations

from core.mapping import ActionWanted
from leadrelay.engine.rows import action_key

TASK, COMPANY = ActionWanted("task", {}), ActionWanted("company", {}, "0a1b")


def test_what_is_wanted_for_a_touch_has_a_key_of_that_touch() -> None:
    key = action_key("hubspot", "contacts", "T1", TASK, "L1")
    assert key == "hubspot-contacts-t1-task-0"
    assert key != action_key("hubspot", "contacts", "T2", TASK, "L1")


def test_what_is_wanted_once_for_a_lead_has_one_key_whatever_touch_asks_for_it() -> None:
    key = action_key("hubspot", "contacts", "T1", COMPANY, "L1")
    assert key == action_key("hubspot", "contacts", "T2", COMPANY, "L1") == "hubspot-contacts-l1-company-0a1b"
    assert key != action_key("hubspot", "contacts", "T1", COMPANY, "L2")
    assert key != action_key("hubspot", "contacts", "T1", ActionWanted("company", {}, "ffff"), "L1")
