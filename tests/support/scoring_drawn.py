"""Rule sets and leads drawn at random, for properties that any scoring has."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hypothesis import strategies as st

from core.instants import DAY, HOUR
from core.lead import Act, Lead, Value
from tests.support.scoring import NOW, lead

KINDS = ("visit", "reply", "webinar", "meeting")
CONTENTS = ("", "prices", "jobs")
POINTS = st.integers(-12, 40).filter(bool)
TIMES = st.sampled_from(["2 hours", "1 day", "3 days", "10 days", "90 days"])

VALUES: Mapping[str, tuple[Value, ...]] = {
    "company.country": ("DE", "AT", "FR", "US"),
    "interest.authority": ("yes", "no", "influencer", "unknown"),
    "interest.confirmed": (True, False),
    "custom.crm_users": (0, 4, 5, 9, 10, 11, 50),
    "custom.discount": ("0", "2.5", "7", "100.25"),
    "company.employees": ("1-10", "11-50", "25", "250-", "-5"),
    "custom.trial_until": ("2025-11-01", "2025-11-20", "2025-11-21", "2025-12-24"),
    "custom.last_login": ("2025-11-01T08:00:00.000Z", "2025-11-21T10:00:00.000Z", "2025-11-21T12:00:00.000Z"),
    "custom.tags": (("a", "b"), ("b",)),
    "company.industry": ("software", "Software and banking", "farming"),
}
CLAUSES: tuple[tuple[str, object], ...] = (
    ("company.country", {"in": ["DE", "AT"]}), ("company.country", {"is": "FR"}), ("company.country", {"not_in": ["DE"]}),
    ("interest.authority", {"is": "yes"}), ("interest.authority", {"not_in": ["yes", "no"]}),
    ("interest.confirmed", {"is": True}),
    ("interest.confirmed", {"is_not": True}), ("custom.crm_users", {"at_least": 10}), ("custom.crm_users", {"at_most": 5}),
    ("custom.crm_users", {"at_least": 5, "at_most": 9}), ("custom.discount", {"at_least": 2.5}),
    ("custom.discount", {"at_most": 7}),
    ("company.employees", {"at_least": 25}), ("company.employees", {"at_most": 24}), ("custom.trial_until", {"within": "2 days"}),
    ("custom.trial_until", {"older_than": "10 days"}), ("custom.last_login", {"within": "3 hours"}),
    ("custom.last_login", {"older_than": "5 days"}), ("custom.tags", {"contains": "a"}), ("custom.tags", {"contains": "b"}),
    ("company.industry", {"is": "software"}), ("company.industry", {"contains": "bank"}),
    ("company.industry", {"matches": "^soft"}), ("company.industry", {"known": False}), ("custom.crm_users", {"known": True}),
    ("has_touch", {"kind": ["visit"], "within": "3 days"}), ("has_touch", {"kind": ["visit", "reply"]}),
)  # fmt: skip
_CLAUSE = st.sampled_from(CLAUSES).map(lambda drawn: {drawn[0]: drawn[1]})
CONDITIONS = st.recursive(
    _CLAUSE,
    lambda inner: st.tuples(st.sampled_from(["all", "any", "none"]), st.lists(inner, min_size=1, max_size=3)).map(
        lambda drawn: {drawn[0]: drawn[1]}
    ),
    max_leaves=4,
)
_COUNTING = st.fixed_dictionaries(
    {"points": POINTS},
    optional={
        "again": st.integers(-5, 20),
        "within": TIMES,
        "half_life": TIMES,
        "content": st.sampled_from([["prices"], ["jobs"]]),
    },
)
_CAPPED = st.tuples(_COUNTING, st.integers(1, 4), st.one_of(st.none(), TIMES)).map(
    lambda drawn: drawn[0] | {"at_most": drawn[1]} | ({} if drawn[2] is None else {"per": drawn[2]})
)
_ACTIVITY = st.tuples(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2, unique=True), st.one_of(_COUNTING, _CAPPED)).map(
    lambda drawn: {"touch": drawn[0], **drawn[1]}
)
_CONDITION_LINE = st.tuples(CONDITIONS, POINTS).map(lambda drawn: {"when": drawn[0], "points": drawn[1]})


def _group(lines: list[dict[str, object]], limit: int | None, half_life: str | None) -> dict[str, object]:
    named = [{"name": f"line {number}", **line} for number, line in enumerate(lines)]
    settings = {"limit": limit, "half_life": half_life}
    return {"lines": named} | {key: value for key, value in settings.items() if value is not None}


_GROUP = st.builds(
    _group,
    st.lists(st.one_of(_ACTIVITY, _CONDITION_LINE), min_size=1, max_size=4),
    st.one_of(st.none(), st.integers(1, 60)),
    st.one_of(st.none(), TIMES),
)
SCORINGS = st.tuples(
    st.dictionaries(st.sampled_from(["fit", "behaviour", "engagement"]), _GROUP, min_size=1),
    st.one_of(st.none(), st.integers(5, 100)),
).map(lambda drawn: json.dumps({"scoring": drawn[0] | ({} if drawn[1] is None else {"limit": drawn[1]})}))
"""A scoring as a text: JSON is YAML."""

AGES = st.one_of(st.integers(0, 30 * DAY), st.integers(0, 40).map(lambda count: count * 2 * HOUR))
ACTS = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(CONTENTS), AGES), max_size=12).map(
    lambda drawn: [Act(NOW - ago, kind, content, f"t{number}") for number, (kind, content, ago) in enumerate(drawn)]
)
FIELDS = st.fixed_dictionaries(
    {}, optional={path.replace(".", "__"): st.sampled_from(several) for path, several in VALUES.items()}
)


def _lead(acts: list[Act], fields: dict[str, Value]) -> Lead:
    return lead(acts, **fields)


LEADS = st.builds(_lead, ACTS, FIELDS)
