"""What counts as a visit, when it was, and whom a mail's link was made for."""

from __future__ import annotations

from itertools import permutations

import pytest

from core.fields import STANDARD
from core.golden import fold, fold_all
from core.instants import DAY, to_iso
from core.lead import Cell, Touch
from core.mapping import InboundMapping, read_touch
from core.visits import is_visit, is_visit_named, linked_visitor, visit_moment, visitor_id

VISITOR = "0123456789abcdef"
SITE = "https://www.acme.example"
NOW = 1_790_000_000_000


def touch(**names: str) -> Touch:
    given = {"leadrelay_visit": "page_view", "leadrelay_visitor": VISITOR} | names
    found = read_touch(
        InboundMapping("form", ()), given, uid="T1", source="visits", received_at=NOW, submitted_at=None, is_test=False,
        catalogue=STANDARD, zone="UTC", region="",
    )  # fmt: skip
    assert isinstance(found, Touch)
    return found


def values(**names: str) -> dict[str, object]:
    return {path: cell.value for path, cell in touch(**names).fields.items()}


def test_a_visit_is_a_touch_that_names_nobody() -> None:
    found = touch(page_url=f"{SITE}/offer?utm_source=ads&gclid=c1", referrer="https://search.example/")
    assert (found.kind, found.problems) == ("page_view", ())
    assert is_visit(found.fields)
    said = {path: cell.value for path, cell in found.fields.items()}
    assert (said["touch.utm_source"], said["touch.gclid"], said["touch.referrer"]) == ("ads", "c1", "https://search.example/")


def test_the_campaign_is_read_from_the_referrer_where_the_page_has_none() -> None:
    assert values(page_url=f"{SITE}/two", referrer=f"{SITE}/offer?utm_source=ads")["touch.utm_source"] == "ads"


def test_what_names_somebody_is_no_visit() -> None:
    said = touch().fields
    assert not is_visit({**said, "person.email": "anna@acme.example"})
    assert not is_visit({path: cell for path, cell in said.items() if path != "touch.visitor_id"})


def test_a_visit_says_nothing_of_a_person_whatever_stands_beside_it() -> None:
    assert not [
        path for path in values(email="anna@acme.example", **{"person.email": "a@b.example"}) if not path.startswith("touch.")
    ]


@pytest.mark.parametrize(
    ("ago", "before"),
    [("0", 0), ("1500", 1500), ("99999999999999", DAY), ("-5", 0), ("1e3", 0), ("²", 0), ("", 0), ("9" * 5000, 0)],
)
def test_a_visit_was_as_long_ago_as_the_browser_says_and_never_in_the_future(ago: str, before: int) -> None:
    assert visit_moment({"leadrelay_ago": ago}, NOW) == NOW - before


@pytest.mark.parametrize(
    "given", ["", "short", "anna@acme.example", "x" * 65, "0123456789abcdef\n", "0123456789abcd ef", None, ("a",)]
)
def test_what_can_be_no_random_id_is_no_visitor(given: object) -> None:
    assert visitor_id(given) == ""


def test_only_the_kinds_of_visits_by_a_visitor_are_visits() -> None:
    assert is_visit_named({"leadrelay_visit": "cta_click", "leadrelay_visitor": VISITOR})
    assert not is_visit_named({"leadrelay_visit": "demo_request", "leadrelay_visitor": VISITOR})
    assert not is_visit_named({"leadrelay_visit": "page_view"})
    assert not is_visit_named({"leadrelay_visit": ("page_view", "page_view"), "leadrelay_visitor": VISITOR})


@pytest.mark.parametrize(
    ("page", "visitor"),
    [
        (f"{SITE}/news?leadrelay_visitor={VISITOR}", VISITOR),
        (f"{SITE}/news?a=1&leadrelay_visitor={VISITOR}#top", VISITOR),
        (f"{SITE}/news?leadrelay_visitor=anna", ""),
        (f"{SITE}/news/leadrelay_visitor", ""),
        ("https://[broken/?leadrelay_visitor=" + VISITOR, ""),
        (SITE, ""),
    ],
)
def test_a_mails_link_says_which_visitor_it_was_made_for(page: str, visitor: str) -> None:
    assert linked_visitor({"touch.page_url": page}) == visitor


def _said(uid: str, at: int, kind: str, *, is_test: bool = False, **fields: str) -> Touch:
    cells = {"touch.kind": Cell(kind)} | {path.replace("__", "."): Cell(value) for path, value in fields.items()}
    return Touch(uid, "website", at, kind, cells, is_test=is_test)


_HISTORY = (
    _said("T1", 100, "page_view", touch__visitor_id=VISITOR, touch__utm_source="ads"),
    _said("T2", 200, "cta_click", touch__visitor_id=VISITOR, touch__content_id="pricing"),
    _said("T3", 300, "demo_request", is_test=True, person__email="anna@acme.example", touch__campaign="autumn"),
    _said("T4", 400, "page_view", touch__visitor_id=VISITOR, touch__utm_source="mail"),
)


@pytest.mark.parametrize("order", list(permutations(_HISTORY)), ids=lambda order: "".join(touch.uid for touch in order))
def test_a_lead_with_visits_is_the_same_whatever_the_order_in_which_they_arrive(order: tuple[Touch, ...]) -> None:
    lead = None
    for one in order:
        lead = fold(lead, one, STANDARD, uid="L1")
    assert lead is not None
    whole = fold_all(order, STANDARD, "L1")
    assert (lead.fields, lead.acts, lead.is_test) == (whole.fields, whole.acts, whole.is_test)
    assert (lead.value("first_touch.kind"), lead.value("first_touch.utm_source")) == ("page_view", "ads")
    assert (lead.value("last_touch.kind"), lead.value("last_touch.campaign")) == ("demo_request", "autumn")
    assert lead.value("last_touch.utm_source") is None
    assert lead.value("lead.created_at") == to_iso(300)
    assert lead.is_test
    assert [act.kind for act in lead.acts] == ["page_view", "demo_request", "cta_click", "page_view"]
