"""`why`, of a lead that came of three submissions from two sources, was merged, sent to a CRM and edited by sales there.

Whatever the lead holds can be explained, from the bytes of the submission that said it to the CRM's answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from core.fields import STANDARD, Field
from core.golden import fold_all
from core.instants import DAY, MINUTE, from_datetime, to_datetime
from core.lead import CRM_CHANGE, Cell, Lead, Touch, Value
from core.lead_json import cells_to_json, lead_to_json
from leadrelay.app import App, open_app
from leadrelay.engine import manual
from leadrelay.engine.deciding import decide
from leadrelay.engine.importing import Importer
from leadrelay.engine.merges import Merges
from leadrelay.engine.unmerging import Unmerges
from leadrelay.plans import file_options, open_file
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.server import DEFAULT_EXTERNAL_ID, SandboxServer
from leadrelay.store import bulk, captures, leads, tables
from leadrelay.store.captures import Numbered
from leadrelay.store.ids import from_uid, to_uid
from leadrelay.web.views import UnknownTopic, Why
from tests.engine.conftest import Hand
from tests.engine.feedback import SF_CONTACT, Crm, FeedbackBench
from tests.support.project import write_project

FORM = """\
mapping: form
to: lead
fields:
  person.full_name:    Name
  person.email:        E-Mail
  person.phone:        {from: Telefon, region: DE}
  person.job_title:    Position
  company.name:        Firma
  company.country:     Land
  company.employees:   Company size
  interest.timeframe:  {from: start, values: {Now: within_3_months, Later: later}, otherwise: unknown}
  interest.need:       Need
  custom.crm_users:    Users
  touch.message:       Comments
set:
  touch.kind: demo_request
  touch.lead_source: Website
consent:
  email_marketing: {when: {newsletter: {in: [yes]}}, text: privacy-v3}
"""
LEAD = """\
mapping: lead
to: salesforce
object: Lead
fields:
  LastName:    {from: person.last_name, default: Not provided}
  FirstName:   person.first_name
  Company:     {from: company.name, default: Not provided}
  Email:       person.email
  Phone:       {from: person.phone, update: always}
  MobilePhone: person.mobile
  Title:       person.job_title
  LeadSource:  {from: first_touch.lead_source, update: never}
  Rating:      {from: score.total, ranges: {80: Hot, 40: Warm, 0: Cold}, update: always}
  Status:      {from: status, values: {new: Open - Not Contacted, working: Working - Contacted}, update: never}
  HasOptedOutOfEmail: consent.email_marketing.opted_out
from_crm:
  person.phone: Phone
  interest.need: Title
"""
RULES = """\
checks:
  budget: {interest.budget: {at_least: 1000}}
  needs: {interest.need: {known: true}}
  in_time: {interest.timeframe: {is: within_3_months}}
  big_enough: {custom.crm_users: {at_least: 10}}
  asked: {has_touch: {kind: [demo_request], within: 90 days}}
criteria:
  bant: [budget, needs, in_time]
qualification:
  lead:
    - {name: ready, outcome: convert, when: {all: [asked, in_time, big_enough, budget]}, reason: all criteria met}
    - {name: the rest, outcome: undecided, otherwise: true, reason: unknown or mixed}
  partner:
    - {name: agency, outcome: yes_please, when: {person.job_title: {contains: Agency}}, reason: an agency}
    - {name: no agency, outcome: no_thanks, otherwise: true, reason: not one}
scoring:
  limit: 100
  fit: [{name: DACH, when: {company.country: {in: [DE, AT, CH]}}, points: 20}, {name: big, when: big_enough, points: 30},
    {name: agency, when: {person.job_title: {contains: Agency}}, points: 20}]
  engagement: {demo_request: {points: 30, at_most: 1, per: 30 days}, email: 5, half_life: 90 days, limit: 32}
  bands: {hot: 80, warm: 40, cold: 0}
  grades: {A: 50, B: 20, C: 0}
  lifecycle_stage: {mql: {at_least: 25}, sql: {at_least: 90, until_below: 50}}
stages:
  journey_stage:
    rules:
      - {stage: decision, when: {has_touch: {kind: [demo_request]}}}
      - {stage: awareness, otherwise: true}
segments:
  dach: {label: German speaking, when: {company.country: {in: [DE, AT, CH]}}}
  rich: {when: {interest.budget: {at_least: 1000}}}
personas:
  - {persona: boss, points: 5, when: {person.job_title: {contains: Head}}}
  - {persona: other, otherwise: true}
routing:
  start_when: {lifecycle_stage: {is: mql}}
  to:
    - {name: known account, when: {account.owner: {known: true}}, owner: account.owner}
    - {name: Germany, when: {company.country: {is: DE}}, pool: sales}
    - {name: everyone else, otherwise: true, queue: rest}
  respond_within: {minutes: 30}
"""
TEAM = """\
people:
  ben@ours.example: {}
  cara@ours.example: {away: [2020-01-01/2099-12-31]}
pools:
  sales: {members: [ben@ours.example, cara@ours.example], fallback: rest}
queues: {rest: {}}
"""
FIELDS = "custom.crm_users: {type: integer, label: CRM users, personal: false}\n"
FIRST = {
    "Name": "Dr. Anna Weber", "E-Mail": "ANNA@Acme.example", "Telefon": "030 1234567", "Position": "Head of Sales",
    "Firma": "Acme", "Land": "Germany", "Company size": "11-50", "start": "Now", "Users": "25", "newsletter": "yes",
    "Comments": "Call me", "utm_source": "google", "utm_campaign": "spring", "gclid": "abc-1",
}  # fmt: skip
MAIL = b"""\
From: Anna Weber <anna.weber@home.example>
To: sales@ours.example
Subject: Offer
Message-ID: <1@home.example>

Please send me an offer for 30 people.

Kind regards
Anna Weber
Director
Weber Ltd
Tel. +44 20 7946 0321
"""
THIRD = {
    "Name": "Anna Weber", "E-Mail": "anna.weber@home.example", "Firma": "Weber Ltd", "Land": "Austria", "start": "Later",
    "Need": "A CRM", "newsletter": "", "landing_page": "https://www.ours.example/?utm_source=bing&msclkid=m-2",
}  # fmt: skip


@dataclass
class Merged:
    """The lead, and everything it came of."""

    bench: FeedbackBench
    winner: str
    loser: str
    submissions: list[str]

    def why(self, topic: str, lead: str = "") -> Why:
        found = self.bench.app.views.why(lead or self.winner, topic)
        assert found is not None, topic
        return found

    def said(self, topic: str) -> str:
        found = self.why(topic)
        return "\n".join([found.answer, *(one.what for one in found.reasons)])

    @property
    def fields(self) -> dict[str, Any]:
        found = self.bench.app.views.lead(self.winner)
        assert found is not None
        return dict(found.fields)


def mailed(bench: FeedbackBench, folder: Path) -> None:
    app = bench.app
    source = app.configuration.settings.sources["lists"]
    path = folder / "mail.eml"
    path.write_bytes(MAIL)
    options = file_options(app.configuration, source)
    Importer(app.database, clock=bench.clock, ids=app.ids).run("lists", path, lambda _: open_file(source, path, options))
    bench.process()


def opened(folder: Path, clock: Hand, url: str) -> App:
    sources = "  lists: {connector: csvfile}\n"
    path = write_project(
        folder,
        store=f"sqlite:///{folder}/why.db",
        salesforce=url,
        sources=sources,
        form=FORM,
        lead=LEAD,
        sink="    rate: 1000/1s",
    )
    config = folder / "config"
    (config / "rules").mkdir()
    (config / "rules" / "all.yaml").write_text(RULES)
    (config / "team.yaml").write_text(TEAM)
    (config / "fields.yaml").write_text(FIELDS)
    (config / "mappings" / "sf-contact.yaml").write_text(SF_CONTACT)
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    return app


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merged]:
    folder = tmp_path_factory.mktemp("why")
    clock = Hand()
    clock.now = from_datetime(datetime.now(UTC))
    org = SalesforceOrg(lambda: to_datetime(clock()), external_id_fields=[DEFAULT_EXTERNAL_ID])
    with SandboxServer(org) as salesforce:
        app = opened(folder, clock, salesforce.url)
        bench = FeedbackBench(app, clock)
        bench.org, bench.crms = org, {"salesforce": Crm(app, "salesforce")}
        bench.listen()
        first = bench.post(**FIRST)
        bench.settle()
        clock.forward(MINUTE)
        mailed(bench, folder)
        clock.forward(MINUTE)
        third = bench.post(**THIRD)
        bench.settle()
        winner, loser = (lead_of(bench, number) for number in (first, third))
        assert winner != loser
        Merges(app.database, app.process_plan, clock, app.ids).merge(winner, loser, by="maria")
        bench.settle()
        record = next(row["Id"] for row in org.records("Lead") if row[DEFAULT_EXTERNAL_ID] == winner)
        org.edit("Lead", record, {"Status": "Working - Contacted", "Phone": "+49 30 7654321"})
        bench.settle()
        mail = next(to_uid(row.id) for row in bench.rows(_submission()) if row.source == "lists")
        yield Merged(bench, winner, loser, [to_uid(first), mail, to_uid(third)])
        bench.crms["salesforce"].close()
        app.close()


def _submission() -> Any:
    return tables.submission


def lead_of(bench: FeedbackBench, submission: int) -> str:
    (row,) = (row for row in bench.rows(_submission()) if row.id == submission)
    return to_uid(row.lead_id)


# --- every field ------------------------------------------------------------------------------------------------------


def test_every_field_that_the_lead_has_can_be_explained_with_its_provenance(merged: Merged) -> None:
    paths = merged.fields
    assert len(paths) > 45
    for expected in (
        "person.first_name", "person.emails", "person.email_class", "company.name", "first_touch.utm_source", "first_touch.gclid",
        "last_touch.msclkid", "consent.email_marketing", "consent.email_marketing.opted_out", "custom.crm_users", "score.total",
        "score.grade", "outcome", "outcome_reason", "lifecycle_stage", "segments", "persona", "journey_stage", "owner.email",
        "qualification.partner", "response_due_at", "status", "lead.uid", "lead.created_at",
    ):  # fmt: skip
        assert expected in paths, expected
    for path, field in paths.items():
        found = merged.why(path)
        assert found.answer and found.reasons, path
        assert str(path) in found.answer or found.reasons[0].kind, path
        assert found.value == field.value, path
        document = json.dumps([reason.details for reason in found.reasons])
        known = [*merged.submissions, "Lead", "rules/all.yaml"]
        assert any(origin in document for origin in known), f"{path}: nothing says where it came from"


def test_no_field_of_the_catalogue_makes_why_fail(merged: Merged) -> None:
    asked = 0
    for path, field in STANDARD.fields.items():
        if field.rule == "touch":
            with pytest.raises(UnknownTopic, match="belongs to a single touch"):
                merged.why(path)
        else:
            assert merged.why(path).answer, path
            asked += 1
    assert asked > 80


@pytest.mark.parametrize(
    "topic",
    ["", "score", "owner", "status", "outcome", "qualification", "segment", "segments", "dach", "rich", "segment:dach", "persona",
     "journey", "lifecycle_stage", "salesforce", "bant", "partner", "big_enough"],
)  # fmt: skip
def test_every_other_topic_is_answered_and_each_step_is_data_as_well(merged: Merged, topic: str) -> None:
    found = merged.why(topic)
    assert found.answer and found.reasons
    assert all(one.kind and one.what == one.what.strip() for one in found.reasons)
    json.dumps([one.details for one in found.reasons])


@pytest.mark.parametrize(
    ("topic", "suggested"),
    [("person.emial", "`person.email`"), ("phone", "`person.phone`"), ("touch.message", "first_touch.message"),
     ("dahc", "`dach`"), ("salesfroce", "`salesforce`"), ("CRM users", "`custom.crm_users`")],
)  # fmt: skip
def test_what_can_not_be_explained_is_said_with_a_suggestion(merged: Merged, topic: str, suggested: str) -> None:
    with pytest.raises(UnknownTopic) as refused:
        merged.why(topic)
    assert suggested in str(refused.value)


def _value_of(field: Field) -> st.SearchStrategy[Value]:
    """Canonical values as touches hold them."""
    listed: Mapping[str, list[Value]] = {
        "email": ["anna@acme.example", "info@acme.example", "none@none.com", "no address"], "phone": ["+49301234567", "n/a"],
        "integer": [0, 25], "boolean": [True, False], "list": [("a@acme.example",), ("+49301234567", "x")],
        "date": ["2026-01-31"], "datetime": ["2026-01-31T09:30:00Z"], "decimal": ["12.50"], "range": ["11-50", "250-"],
    }  # fmt: skip
    return st.sampled_from(listed.get(field.type) or list(field.choices) or ["Acme", "DE", "Ünïcode; text"])


_SAID = {
    path: _value_of(field)
    for path, field in STANDARD.fields.items()
    if field.rule != "derived" and not path.startswith("touch.k")
}
_TOUCHES = st.lists(
    st.tuples(
        st.sampled_from(["demo_request", "email", "page_view", CRM_CHANGE]),
        st.integers(0, 3 * DAY),
        st.dictionaries(st.sampled_from(sorted(_SAID)), st.none(), min_size=1, max_size=12).flatmap(
            lambda paths: st.fixed_dictionaries({path: _SAID[path] for path in paths})
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(_TOUCHES)
@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_whatever_touches_say_every_field_of_the_lead_is_explained(
    merged: Merged, told: list[tuple[str, int, dict[str, Value]]]
) -> None:
    app = merged.bench.app
    numbers = app.ids.take(len(told) + 1, app.clock())
    touches = [
        Touch(to_uid(number), "website", app.clock() - ago, kind, {path: Cell(value, str(value)) for path, value in said.items()})
        for number, (kind, ago, said) in zip(numbers, told, strict=False)
    ]
    lead = decide(app.process_plan(), fold_all(touches, STANDARD, to_uid(numbers[-1])), None, app.clock()).lead
    _write(app, lead, touches)
    for path, won in lead.fields.items():
        found = merged.why(path, lead.uid)
        assert found.answer and found.reasons, path
        assert path.startswith(("score.", "person.reach")) or found.value == (
            list(won.value) if isinstance(won.value, tuple) else won.value
        ), path
    assert merged.why("", lead.uid).reasons


def _write(app: App, lead: Lead, touches: list[Touch]) -> None:
    with app.database.write() as connection:
        rows = [(from_uid(lead.uid), lead.version, json.dumps(lead_to_json(lead)), app.clock(), app.clock())]
        bulk.insert(connection, tables.lead, ("id", "version", "record", "created_at", "updated_at"), rows)
        said = [
            (
                from_uid(one.uid),
                from_uid(lead.uid),
                one.source,
                one.kind,
                one.at,
                json.dumps(cells_to_json(one.fields)),
                None,
                "",
                False,
            )
            for one in touches
        ]
        leads.write_touches(connection, said)


# --- what is said -----------------------------------------------------------------------------------------------------


def test_a_value_is_told_from_the_text_to_the_crm_field(merged: Merged) -> None:
    first = merged.submissions[0]
    said = merged.said("custom.crm_users")
    assert f"submission {first} was captured from website" in said
    assert "custom.crm_users was read from input `Users` by " in said and "form.yaml:13" in said
    assert "'25' became 25, read as a whole number" in said
    said = merged.said("person.first_name")
    assert "lead.yaml:6" in said and "salesforce wants Anna in Lead.FirstName" in said and ": sent on " in said


def test_the_other_submissions_are_named_with_why_they_lost_and_which_lead_they_came_in_at(merged: Merged) -> None:
    found = merged.why("company.country")
    (lost,) = (one for one in found.reasons if one.kind == "lost")
    assert found.value == "AT" and lost.details["value"] == "DE"
    assert lost.details["submission"] == merged.submissions[0] and lost.details["raw"] == "Germany"
    assert "it was said earlier, and the newest word counts" in lost.what
    captured = [one for one in found.reasons if one.kind == "captured"]
    assert [one.details["lead"] for one in captured] == [merged.loser, merged.winner]
    assert f"it came in at lead {merged.loser}, which went into {merged.winner} on" in captured[0].what
    assert "as maria decided" in captured[0].what
    assert captured[0].details["merges"][0]["by"] == "maria"  # type: ignore[index,call-overload]


def test_what_belongs_together_is_not_mixed_and_why_says_so(merged: Merged) -> None:
    assert merged.why("company.name").value == "Weber Ltd"
    (lost,) = (
        one for one in merged.why("person.job_title").reasons if one.kind == "lost" and one.details["value"] == "Head of Sales"
    )
    assert "a newer touch names another company" in lost.what


def test_an_address_that_was_only_given_once_is_told_with_who_gave_it(merged: Merged) -> None:
    points = {
        one.details["value"]: one.details["submission"] for one in merged.why("person.emails").reasons if one.kind == "point"
    }
    assert points == {"anna@acme.example": merged.submissions[0], "anna.weber@home.example": merged.submissions[1]}


def test_what_sales_typed_in_the_crm_is_told_by_record_field_and_line(merged: Merged) -> None:
    for path, field in (("person.phone", "Lead.Phone"), ("status", "Lead")):
        said = merged.said(path)
        assert "salesforce Lead 00Q" in said and field in said and "told" in {one.kind for one in merged.why(path).reasons}
    assert "by salesforce on " in merged.why("person.phone").answer


def test_a_score_is_a_waterfall_that_sums_to_its_total(merged: Merged) -> None:
    found = merged.why("score")
    (total,) = (one for one in found.reasons if one.kind == "total")
    steps: Any = total.details["steps"]
    assert sum(one["points"] for one in steps) == total.details["total"] == found.value
    said = merged.said("score")
    assert "limit of engagement: 32" in said and "at most 1 count in 30 days" in said
    missing = 90 - int(str(found.value))
    assert f"the stage sql begins at 90 and is left below 50: {missing} more points are missing" in said
    assert "the stage mql begins at 25: reached" in said and "the grade A begins at 50 of fit: reached" in said
    assert "company.country in DE, AT, CH is true (it is AT, by website on " in said


def test_an_outcome_names_each_clause_the_criteria_and_what_to_ask(merged: Merged) -> None:
    said = merged.said("outcome")
    assert "outcome is undecided by the rule `the rest`" in said and "rules/all.yaml:" in said
    assert "the check `in_time` is false" in said and "the check `budget` is " in said
    assert "qualification.partner is no_thanks by the rule `no agency`" in said
    bant = {one.details["criterion"]: one.details["state"] for one in merged.why("bant").reasons if one.kind == "criterion"}
    assert bant == {"budget": "unknown", "needs": "yes", "in_time": "no"}
    (evidence,) = (one for one in merged.why("bant").reasons if one.kind == "evidence" and "need" in one.what)
    source: Any = evidence.details["from"]
    assert source["raw"] == "A CRM" and source["submission"] == merged.submissions[2]


def test_a_segment_tells_each_clause_and_when_the_lead_entered_it(merged: Merged) -> None:
    found = merged.why("dach")
    assert found.value is True and "is in the segment dach (German speaking)" in found.answer
    assert any("entered dach" in one.what for one in found.reasons if one.kind == "membership")
    open_one = merged.why("rich")
    assert open_one.value is False and "interest.budget" in open_one.answer
    assert any(one.details.get("ask") == "interest.budget" for one in open_one.reasons)


def test_an_owner_is_told_by_line_candidates_turn_and_deadline(merged: Merged) -> None:
    said = merged.said("owner")
    assert "ben@ours.example" in merged.why("owner").answer
    for words in (
        "the line `known account` was passed over", "the line `Germany` was taken", "company.country is DE is true",
        "cara@ours.example of the pool sales was ruled out: is away", "it was the turn of ben@ours.example",
        "the answer is due by",
    ):  # fmt: skip
        assert words in said, words
    (turn, *_) = (one for one in merged.why("owner").reasons if one.kind == "turn")
    assert turn.details["turn"] == 1 and set(turn.details["owed_before"]) == {"ben@ours.example", "cara@ours.example"}  # type: ignore[arg-type]
    assert merged.why("response_due_at").value == merged.fields["response_due_at"].value
    assigned = {
        one.details["of_lead"]: one
        for one in merged.why("owner").reasons
        if one.kind == "assigned" and one.details.get("of_lead")
    }
    assert "no longer: its own owner stays" in assigned[merged.loser].what
    assert "by the line `Germany`" in merged.why("owner").answer and "counted from" in merged.why("response_due_at").answer


def test_a_sink_tells_each_field_with_its_line_and_why_it_was_not_sent(merged: Merged) -> None:
    wanted = {one.details["field"]: one for one in merged.why("salesforce").reasons if one.kind == "wanted"}
    assert wanted["LastName"].details["is_sent"] is True and wanted["LastName"].details["mapping"]
    assert wanted["MobilePhone"].details["because"] == "nothing is known for it"
    assert "lead.yaml:" in wanted["MobilePhone"].what
    title = wanted["Title"].details
    assert title["value"] == "Director" and title["is_sent"] is False, "what was sent is the first submission's"
    assert title["because"] == "the record keeps what it holds (update: if_empty)"
    assert "salesforce itself" in str(wanted["Status"].details["because"])
    assert wanted["Rating"].details["is_sent"] is True
    assert wanted["Title"].details["version"] == 1, "the other record's calls are not this one's"
    assert wanted["HasOptedOutOfEmail"].details["is_sent"] is False
    kinds = {one.kind for one in merged.why("salesforce").reasons}
    assert {"record", "call", "state", "mapping", "wanted", "crm_change"} <= kinds
    assert f"Lead of lead {merged.loser} in salesforce is merged" in merged.said("salesforce")


def test_the_loser_of_a_merge_is_answered_by_the_lead_that_it_went_into(merged: Merged) -> None:
    found = merged.why("company.name", merged.loser)
    assert found.lead == merged.winner and f"lead {merged.loser} is part of lead {merged.winner} now" in found.reasons[0].what


# --- later: this changes the lead, so it stands last --------------------------------------------------------------------


def test_after_an_unmerge_each_lead_is_explained_by_its_own_submissions(merged: Merged) -> None:
    bench = merged.bench
    bench.clock.forward(DAY)
    later = to_uid(bench.post(**{**THIRD, "Comments": "Still there?"}))
    typed = manual.submission(
        {"person.email": "anna@acme.example", "person.mobile": "+49 170 1234567"}, by="paul", now=bench.clock()
    )
    with bench.app.database.write() as connection:
        captures.commit(connection, [Numbered(bench.app.ids.one(bench.clock()), typed)])
    bench.settle()
    assert "typed in by paul" in merged.said("person.mobile") and "by paul, who typed it in on" in merged.said("person.mobile")
    Unmerges(bench.app.database, bench.app.process_plan, bench.clock, bench.app.ids).unmerge(
        merged.winner, merged.loser, by="maria"
    )
    bench.settle()
    first, mail, third = merged.submissions
    for lead, mine, theirs in ((merged.winner, {first}, {mail, third, later}), (merged.loser, {mail, third, later}, {first})):
        found = bench.app.views.lead(lead)
        assert found is not None
        told: dict[str, str] = {}
        for path in found.fields:
            why = bench.app.views.why(lead, path)
            assert why is not None and why.answer and why.reasons
            told[path] = json.dumps([one.details for one in why.reasons])
        assert all(any(f'"submission": "{uid}"' in said for said in told.values()) for uid in mine)
        assert not {path for path, said in told.items() if any(f'"submission": "{uid}"' in said for uid in theirs)}
    (asked,) = (one for one in merged.why("outcome").reasons if one.kind == "ask")
    assert asked.details["field"] == "interest.budget" and asked.details["outcomes"] == ["convert"]
    overview = merged.why("", merged.loser)
    _told_of_visits(merged)
    _told_without_content(merged)
    joined = {one.details["touch"]: one.details["lead"] for one in overview.reasons if one.kind == "joined"}
    assert joined == {mail: merged.loser, third: merged.loser, later: merged.winner}
    assert "and was given to this one when the two were parted" in "\n".join(one.what for one in overview.reasons)


def _told_of_visits(merged: Merged) -> None:
    """What somebody looked at before they were known is the first touch, and is told by what visits mean."""
    bench, visitor = merged.bench, "visitor-0123456789abcdef"
    visit = bench.post(
        leadrelay_visit="page_view", leadrelay_visitor=visitor, page_url="https://www.ours.example/?utm_source=news&gclid=g-9"
    )
    bench.settle()
    bench.clock.forward(MINUTE)
    form = bench.post(
        **{**FIRST, "Name": "Eva Lang", "E-Mail": "eva@visits.example", "leadrelay_visitor": visitor, "utm_source": ""}
    )
    bench.settle()
    lead = lead_of(bench, form)
    found = merged.why("first_touch.utm_source", lead)
    assert found.value == "news" and "it was the oldest touch of 2" in found.answer
    (read,) = (one for one in found.reasons if one.kind == "mapped")
    assert read.details["input"] == "page_url" and read.details["touch"] == to_uid(visit)
    assert "2 touches from website" in merged.why("", lead).answer
    assert merged.why("last_touch.kind", lead).value == "demo_request"


def _told_without_content(merged: Merged) -> None:
    """Past their retention, the submissions' contents are gone; what was read of them is still told."""
    with merged.bench.app.database.write() as connection:
        connection.execute(_submission().update().values(body=None, headers="{}"))
    for lead in (merged.winner, merged.loser):
        found = merged.bench.app.views.lead(lead)
        assert found is not None
        for path in found.fields:
            assert merged.why(path, lead).reasons, path
    said = merged.said("custom.crm_users")
    assert "its content is no longer kept" in said and "custom.crm_users was read: `25` became 25" in said
