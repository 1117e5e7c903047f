"""Several CRMs in one configuration: who has the last word, what stands for a queue in each, and what each is then told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from core.lead import CRM_CHANGE, TOLD, Lead, Value, Won
from core.problems import ConfigProblems
from core.rendering import OwnerWanted, Rendered
from leadrelay.configuration import Configuration, build, read_files
from leadrelay.engine.plan import SinkPlan
from leadrelay.plans import sink_plan

SINK = "{connector: salesforce, mapping: crm, auth: {client_id: a, client_secret: b, login_url: http://127.0.0.1:1}}"
SETTINGS = f"sinks:\n  first: {SINK}\n  second: {SINK}\n"
MAPPING = """\
mapping: crm
to: salesforce
object: Lead
fields:
  Email:  person.email
  Phone:  person.phone
  Rating: {from: score.total, ranges: {50: Hot, 0: Cold}, update: always}
  Status: {from: status, values: {new: Open, nurturing: Nurturing}}
  HasOptedOutOfEmail: consent.email_marketing.opted_out
from_crm:
  person.phone: Phone
"""
TEAM = "queues:\n  unassigned: {salesforce: Inbound Leads, second: The Rest}\n  partners: {first: Partners}\n"
SYSTEM = "system_of_record: {owner: first, status: first, contact: second}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    put({"config/leadrelay.yaml": SETTINGS + SYSTEM, "config/team.yaml": TEAM, "mappings/crm.yaml": MAPPING})
    return tmp_path


def put(texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def built() -> Configuration:
    return build(read_files(Path("config/leadrelay.yaml")), {})


def said() -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        built()
    return [str(problem) for problem in caught.value.problems]


def plan_of(name: str, configuration: Configuration | None = None) -> SinkPlan:
    configuration = configuration or built()
    return sink_plan(configuration, configuration.settings.sinks[name])


def lead_of(own: Mapping[str, Value], told: Mapping[str, tuple[str, Value]] | None = None) -> Lead:
    """A lead that knows some fields of its own, and others that a sink has told."""
    fields = {path: Won(value, 1, "t1") for path, value in own.items()}
    marks: dict[str, tuple[int, str]] = {}
    for at, (path, (sink, value)) in enumerate((told or {}).items()):
        fields[path] = Won(value, at + 5, f"{sink}-{at}")
        marks[f"{TOLD}{sink}-{at}"] = (at + 5, sink)
    return Lead("L1", 3, fields, {"contact": 1, CRM_CHANGE: 5}, marks=marks)


def rendered(sink: str, lead: Lead) -> Rendered:
    plan = plan_of(sink)
    return plan.render(plan.mappings[0], lead)["Lead"]


def updates(sink: str, lead: Lead) -> dict[str, str]:
    return {write.name: write.update for write in rendered(sink, lead).writes}


# --- the configuration ----------------------------------------------------------------------------------------------


def test_each_group_may_have_a_system_of_record(project: Path) -> None:
    assert built().settings.system_of_record == {"owner": "first", "status": "first", "contact": "second"}


def test_without_an_entry_there_is_none(project: Path) -> None:
    put({"config/leadrelay.yaml": SETTINGS})
    assert built().settings.system_of_record == {}


@pytest.mark.parametrize(
    ("line", "place", "hint"),
    [
        ("system_of_record: {owner: frist}", "4:27", "`frist` is no sink. Did you mean `first`?"),
        ("system_of_record:\n  status: zzz", "5:11", "There are: first, second."),
        ("system_of_record: {ownr: first}", "4:20", "Did you mean `owner`?"),
    ],
)
def test_a_system_of_record_must_be_a_sink(project: Path, line: str, place: str, hint: str) -> None:
    put({"config/leadrelay.yaml": f"{SETTINGS}{line}\n"})
    (problem,) = said()
    assert problem.startswith(f"config/leadrelay.yaml:{place}: ")
    assert hint in problem


def test_a_sink_that_reads_nothing_of_a_group_back_can_not_have_its_last_word(project: Path) -> None:
    put({"mappings/crm.yaml": MAPPING.partition("from_crm:")[0]})
    (problem,) = said()
    assert problem.startswith("config/leadrelay.yaml:4:58: the mappings of `second` read nothing of `contact` back")
    put({"mappings/crm.yaml": MAPPING.replace("  Status: {from: status, values: {new: Open, nurturing: Nurturing}}\n", "")})
    (problem,) = said()
    assert problem.startswith("config/leadrelay.yaml:4:42: the mappings of `first` read nothing of `status` back")


def test_a_queue_must_be_named_for_a_crm_that_is_there(project: Path) -> None:
    put({"config/team.yaml": "queues:\n  rest: {salesforce: A, salesfroce: B, secnd: C, nowhere: D}\n"})
    problems = said()
    assert [problem.split(": ")[0] for problem in problems] == [
        "config/team.yaml:2:25",
        "config/team.yaml:2:40",
        "config/team.yaml:2:50",
    ]
    assert "Did you mean `salesforce`?" in problems[0]
    assert "Did you mean `second`?" in problems[1]
    assert "There are: salesforce, first, second." in problems[2]


def test_a_queue_of_a_crm_that_no_sink_uses_is_told_and_stops_nothing(project: Path) -> None:
    put({"config/leadrelay.yaml": "web: {port: 8080}\n", "config/team.yaml": "queues: {rest: {salesforce: A}}\n"})
    (warning,) = built().warnings
    assert str(warning).startswith("config/team.yaml:1:17: no sink is a `salesforce`")


def test_the_names_of_queues_are_the_sinks_own_or_its_connectors(project: Path) -> None:
    assert plan_of("first").queues == {"unassigned": "Inbound Leads", "partners": "Partners"}
    assert plan_of("second").queues == {"unassigned": "The Rest"}


def test_leads_are_rendered_again_when_the_last_word_or_a_queue_changes(project: Path) -> None:
    before = plan_of("first").fingerprint
    put({"config/leadrelay.yaml": SETTINGS + SYSTEM.replace("owner: first", "owner: second")})
    other = plan_of("first").fingerprint
    put({"config/team.yaml": TEAM.replace("Partners", "Partner Desk")})
    assert len({before, other, plan_of("first").fingerprint}) == 3


# --- what each CRM is told ------------------------------------------------------------------------------------------


def test_what_the_system_of_record_told_replaces_what_the_others_hold(project: Path) -> None:
    lead = lead_of({"person.email": "a@acme.de"}, {"person.phone": ("second", "+4930123456"), "status": ("first", "nurturing")})
    assert updates("first", lead) == {
        "Email": "if_empty", "Phone": "always", "Rating": "always", "Status": "never", "HasOptedOutOfEmail": "opt_out",
    }  # fmt: skip
    assert updates("second", lead)["Status"] == "always"


def test_what_the_persons_own_touches_say_keeps_the_mappings_policy(project: Path) -> None:
    own = lead_of({"person.phone": "+4930123456"})
    assert updates("first", own)["Phone"] == "if_empty"
    elsewhere = lead_of({}, {"person.phone": ("third", "+4930123456")})
    assert updates("first", elsewhere)["Phone"] == "if_empty"


def test_the_system_of_record_is_filled_and_never_overwritten(project: Path) -> None:
    put({"mappings/crm.yaml": MAPPING.replace("Phone:  person.phone", "Phone:  {from: person.phone, update: always}")})
    lead = lead_of({"person.phone": "+4930123456", "score.total": 70})
    assert updates("second", lead) == {
        "Email": "if_empty", "Phone": "if_empty", "Rating": "always", "Status": "never", "HasOptedOutOfEmail": "opt_out",
    }  # fmt: skip
    assert updates("first", lead)["Phone"] == "always"


def test_another_policy_is_another_digest(project: Path) -> None:
    own = lead_of({"person.phone": "+4930123456"})
    told = lead_of({}, {"person.phone": ("second", "+4930123456")})
    assert rendered("first", own).digest != rendered("first", told).digest
    assert rendered("first", told).digest == rendered("first", told).digest


def test_without_systems_of_record_nothing_is_rendered_otherwise_than_the_mapping_says(project: Path) -> None:
    put({"config/leadrelay.yaml": SETTINGS})
    plan = plan_of("first")
    lead = lead_of({"person.email": "a@acme.de"}, {"person.phone": ("second", "+4930123456")})
    assert plan.render(plan.mappings[0], lead) == {"Lead": plan.mappings[0].render(lead)}


# --- the owner ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "first", "second"),
    [
        ({}, None, None),
        ({"owner.email": ("first", "ben@acme.example")}, None, OwnerWanted("ben@acme.example", "", "always")),
        ({"owner.email": ("second", "ben@acme.example")}, OwnerWanted("ben@acme.example", "", "never"), None),
        ({"owner.queue": ("first", "unassigned")}, None, OwnerWanted("", "The Rest", "always")),
        ({"owner.queue": ("first", "partners")}, None, None),
        (
            {"owner.email": ("third", "ben@acme.example"), "owner.queue": ("third", "unassigned")},
            OwnerWanted("", "Inbound Leads", "never"),
            OwnerWanted("", "The Rest", "never"),
        ),
    ],
)
def test_each_crm_is_told_the_owner_by_its_own_name_unless_it_told_it(
    project: Path, told: dict[str, tuple[str, Value]], first: OwnerWanted | None, second: OwnerWanted | None
) -> None:
    lead = lead_of({"person.email": "a@acme.de"}, told)
    assert (rendered("first", lead).owner, rendered("second", lead).owner) == (first, second)


def test_an_owner_of_ours_goes_to_every_crm_and_into_the_digest(project: Path) -> None:
    anna, ben = lead_of({"owner.email": "anna@acme.example"}), lead_of({"owner.email": "ben@acme.example"})
    assert rendered("first", anna).owner == rendered("second", anna).owner == OwnerWanted("anna@acme.example", "", "never")
    assert len({rendered("first", lead).digest for lead in (anna, ben, lead_of({}))}) == 3


def test_where_the_crm_assigns_no_owner_is_wanted(project: Path) -> None:
    put({"mappings/crm.yaml": MAPPING + "owner: {assigned_by: salesforce}\n"})
    assert rendered("first", lead_of({"owner.email": "anna@acme.example"})).owner is None


def test_the_update_policy_of_the_mapping_holds_for_the_owner(project: Path) -> None:
    put({"mappings/crm.yaml": MAPPING + "owner: {update: always}\n", "config/leadrelay.yaml": SETTINGS})
    assert rendered("first", lead_of({"owner.email": "anna@acme.example"})).owner == OwnerWanted(
        "anna@acme.example", "", "always"
    )


def test_a_crms_queue_is_known_by_the_teams_name(project: Path) -> None:
    plan = plan_of("first")
    assert [plan.team_queue(name) for name in ("Inbound Leads", " inbound leads ", "Other")] == [
        "unassigned",
        "unassigned",
        "Other",
    ]


def test_a_status_in_a_crms_own_words_is_no_problem_there_and_one_elsewhere(project: Path) -> None:
    lead = lead_of({"person.email": "a@acme.de"}, {"status": ("first", "Working - Contacted")})
    assert rendered("first", lead).problems == ()
    assert [problem.code for problem in rendered("second", lead).problems] == ["unlisted_value"]


def test_the_object_that_a_lead_was_converted_to_hears_of_the_systems_of_record_too(project: Path) -> None:
    plan = plan_of("first")
    mapping = plan.mappings[0]
    plan = replace(plan, converted={"Contact": mapping})
    lead = lead_of({}, {"person.phone": ("second", "+4930123456")})
    assert {write.update for write in plan.render(mapping, lead)["Contact"].writes if write.name == "Phone"} == {"always"}
