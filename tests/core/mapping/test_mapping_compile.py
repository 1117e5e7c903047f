"""Every mistake in a mapping file is named at its exact place, all of them at once."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.documents import read_document
from core.fields import Catalogue
from core.mapping import compile_mapping, run_mapping_tests
from core.mapping.compile_inbound import INBOUND_KEYS, INBOUND_VERBS
from core.mapping.compile_outbound import OUTBOUND_KEYS, OUTBOUND_VERBS
from core.problems import Problem

Problems = Callable[[str], list[Problem]]

INBOUND = "mapping: m\nto: lead\n"
OUTBOUND = "mapping: m\nto: salesforce\nobject: Lead\n"
READS = INBOUND + "fields:\n  person.email: email\n"
WRITES = OUTBOUND + "fields:\n  Email: person.email\n"


def the_only(problems: list[Problem]) -> tuple[str, str, str]:
    assert len(problems) == 1, "\n".join(map(str, problems))
    [problem] = problems
    assert problem.place is not None
    return f"{problem.place.line}:{problem.place.column}", problem.code, problem.message


@pytest.mark.parametrize(
    ("line", "place", "code", "says"),
    [
        ("  person.emial: email", "4:3", "unknown_field", "Did you mean `person.email`?"),
        ("  person.email_class: x", "4:3", "derived_field", "Remove the line."),
        ("  first_touch.campaign: x", "4:3", "derived_field", "`touch.campaign`"),
        ("  consent.profiling.opted_out: x", "4:3", "derived_field", "`consent.profiling` with `values"),
        ("  person.phone: {from: t, regoin: DE}", "4:27", "unknown_key", "Did you mean `region`?"),
        ("  person.phone: {from: t, region: Germany}", "4:35", "bad_region", "Did you mean `DE`?"),
        ("  person.phone: {from: t, region: XX}", "4:35", "bad_region", "`XX`"),
        ("  person.email: {from: t, region: DE}", "4:35", "unknown_key", "phone numbers"),
        ("  person.email: {region: DE}", None, "missing_key", "`from:`"),
        ("  person.email: []", "4:17", "empty", "empty list"),
        ("  person.email:", "4:16", "empty", "is empty"),
        ("  person.email: [a, [b]]", "4:21", "wrong_type", "here is a list"),
        ("  person.email: [a, a]", "4:21", "duplicate", "stands twice"),
        ("  person.email: {from: {a: b}}", "4:24", "wrong_type", "here is a mapping"),
        ("  company.name: {from: a, otherwise: b}", "4:27", "otherwise_alone", "`values`"),
        ("  company.name: {from: a, values: {}}", "4:35", "empty", "lists nothing"),
        ("  company.name: {from: a, values: [b]}", None, "wrong_type", "mapping of names"),
        ("  company.name: {from: a, values: {b: [c]}}", None, "wrong_type", "here is a list"),
        ("  interest.timeframe: {from: a, values: {b: nowe}}", "4:45", "unknown_value", "Did you mean `now`?"),
        ("  interest.timeframe: {from: a, default: soonish}", "4:42", "unknown_value", "Known are now"),
        ("  custom.crm_users: {from: a, values: {b: 1}, otherwise: many}", "4:58", "wrong_type", "`many` is no value"),
        ("  company.country: {from: a, default: Germny}", "4:39", "wrong_type", "`Germny` is no value"),
    ],
)
def test_a_wrong_line_of_a_source_mapping(problems_of: Problems, line: str, place: str | None, code: str, says: str) -> None:
    problems = problems_of(INBOUND + "fields:\n" + line + "\n")
    assert any(problem.code == code and says in problem.message for problem in problems), "\n".join(map(str, problems))
    if place is not None:
        assert the_only(problems)[:2] == (place, code)


@pytest.mark.parametrize(
    ("part", "place", "code", "says"),
    [
        ("set: {person.email: a@acme.de}", "5:7", "duplicate_use", "line 4"),
        ("set: {touch.kind: [a]}", "5:19", "wrong_type", "one text"),
        ("set: {score.total: 5}", "5:7", "derived_field", "computed"),
        ("set: {custom.crm_users: many}", "5:25", "wrong_type", "no value"),
        ("consent: {emial_marketing: {when: {a: {is: b}}}}", "5:11", "unknown_key", "Did you mean `email_marketing`?"),
        ("consent: {profiling: {text: v3}}", "5:22", "missing_key", "`when:`"),
        ("consent: {profiling: {when: {a: {on: b}}}}", "5:34", "unknown_key", "Known are is"),
        ("consent: {profiling: {when: {a: b}}}", "5:33", "wrong_type", "`a: {in: [a, b]}`"),
        ("consent: {profiling: {when: {}}}", "5:29", "empty", "asks for nothing"),
        ("consent: {profiling: {when: {a: {is: b}}, double_opt_in: perhaps}}", "5:58", "wrong_type", "true or false"),
        ("ignore: [nonce, email]", "5:17", "duplicate_use", "both read and ignored"),
        ("ignroe: [nonce]", "5:1", "unknown_key", "Did you mean `ignore`?"),
        ("object: Lead", "5:1", "unknown_key", "mapping to lead"),
        ("tests: {name: a}", "5:8", "wrong_type", "list"),
        ("tests: [{name: a, given: {}, expct: {}}]", None, "unknown_key", "Did you mean `expect`?"),
        ("tests: [{name: a, given: {}, expect: {person.nmae: x}}]", "5:39", "unknown_field", "no lead field"),
        ("tests: [{name: a, expect: {}}]", "5:9", "missing_key", "`given:`"),
        ("tests: [{name: a, given: {}, expect: {held: maybe}}]", "5:45", "wrong_type", "true or false"),
    ],
)
def test_a_wrong_part_of_a_source_mapping(problems_of: Problems, part: str, place: str | None, code: str, says: str) -> None:
    problems = problems_of(READS + part + "\n")
    assert any(problem.code == code and says in problem.message for problem in problems), "\n".join(map(str, problems))
    if place is not None:
        assert the_only(problems)[:2] == (place, code)


@pytest.mark.parametrize(
    ("line", "place", "code", "says"),
    [
        ("  A: person.emial", "5:6", "unknown_field", "Did you mean `person.email`?"),
        ("  A: [person.email, person.emial]", "5:21", "unknown_field", "Did you mean"),
        ("  A: touch.campaign", "5:6", "touch_field", "`last_touch.campaign`"),
        ("  A: person.full_name", "5:6", "touch_field", "`person.first_name`"),
        ("  A: {from: person.email, updat: never}", "5:27", "unknown_key", "Did you mean `update`?"),
        ("  A: {from: person.email, update: nevr}", "5:35", "unknown_value", "Did you mean `never`?"),
        ("  A: {from: person.email, required: maybe}", "5:37", "wrong_type", "true or false"),
        ("  A: {default: x}", "5:6", "missing_key", "For a constant use `set`"),
        ("  A: {from: person.email, otherwise: x}", "5:27", "otherwise_alone", "`values`"),
        ("  A: {from: score.total, ranges: {40: Warm, 80: Hot}}", "5:45", "unreachable_range", "highest down"),
        ("  A: {from: score.total, ranges: {40: Warm, 40.0: Hot}}", "5:45", "unreachable_range", "can never be reached"),
        ("  A: {from: score.total, ranges: {hot: Hot}}", "5:35", "wrong_type", "no number"),
        ("  A: {from: score.total, ranges: {nan: Hot}}", "5:35", "wrong_type", "no number"),
        ("  A: {from: score.total, ranges: {}}", "5:34", "empty", "lists nothing"),
        ("  A: {from: person.email, ranges: {1: x}}", "5:35", "wrong_type", "of type email"),
        ("  A: {from: company.employees, range: smallest}", "5:39", "unknown_value", "Known are lowest"),
        ("  A: {from: person.email, range: lowest}", "5:34", "wrong_type", "of type email"),
        ("  A: {from: company.employees, range: lowest, ranges: {1: x}}", "5:47", "excluding_verbs", "Keep one"),
        ("  A: {from: consent.profiling.opted_out, values: {true: Yes}}", "5:42", "opt_out", "Remove `values`"),
        ("  A: [consent.profiling.opted_out, person.email]", "5:6", "opt_out", "mixed"),
        ("  A: person.email\n  a: person.phone", "6:3", "duplicate_use", "the same CRM field"),
        ("  A: person.email\n  A: person.phone", "6:3", "duplicate_key", "second time"),
    ],
)
def test_a_wrong_line_of_a_sink_mapping(problems_of: Problems, line: str, place: str, code: str, says: str) -> None:
    found = the_only(problems_of(OUTBOUND + "fields:\n" + line + "\n"))
    assert found[:2] == (place, code)
    assert says in found[2]


@pytest.mark.parametrize(
    ("part", "place", "code", "says"),
    [
        ("update: sometimes", "6:9", "unknown_value", "Known are always"),
        ("set: {Email: x}", "6:7", "duplicate_use", "line 5"),
        ("set: {A: {value: x, updat: never}}", "6:21", "unknown_key", "Did you mean `update`?"),
        ("set: {A: {update: never}}", "6:10", "missing_key", "`value:`"),
        ("owner: {assigned_by: hubspot}", "6:22", "unknown_value", "salesforce"),
        ("owner: {assignd_by: leadrelay}", "6:9", "unknown_key", "Did you mean `assigned_by`?"),
        ("each_touch: {campain_member: {campaign: touch.campaign}}", "6:14", "unknown_key", "Did you mean `campaign_member`?"),
        ("each_touch: {note: {body: touch.message}}", "6:14", "unknown_key", "Known are campaign_member, task."),
        ("company: {domain: company.domain}", "6:1", "unknown_key", "`company` is not known in a mapping to salesforce"),
        ("compny: {domain: company.domain}", "6:1", "unknown_key", "Did you mean `company`?"),
        ("each_touch: {campaign_member: {status: Responded}}", "6:31", "missing_key", "`campaign:`"),
        ("each_touch: {campaign_member: {campaign: touch.campain}}", "6:42", "unknown_field", "Did you mean `touch.campaign`?"),
        ("each_touch: {campaign_member: {campaign: tuch.campaign}}", "6:42", "unknown_field", "Did you mean `touch.campaign`?"),
        ("each_touch: {task: {subject: x, subjct: y}}", "6:33", "unknown_key", "Did you mean `subject`?"),
        ("each_touch: {task: {subject: x, when: {touch.knd: {is: a}}}}", "6:40", "unknown_field", "Did you mean `touch.kind`?"),
        ("when_converted: {object: Contact}", "6:17", "missing_key", "`mapping:`"),
        ("when_converted: {object: Contact, mapping: m, x: y}", "6:47", "unknown_key", "`x`"),
        ("consent: {}", "6:1", "unknown_key", "mapping to salesforce"),
        ("tests: [{name: a, given: {person.emial: x}, expect: {}}]", "6:27", "unknown_field", "Did you mean"),
        ("tests: [{name: a, given: {in_crm: {Emial: x}}, expect: {}}]", "6:36", "unknown_field", "Did you mean `Email`?"),
        ("tests: [{name: a, given: {}, expect: {creat: {}}}]", "6:39", "unknown_key", "Did you mean `create`?"),
        ("tests: [{name: a, given: {}, expect: {create: {Emial: x}}}]", "6:48", "unknown_field", "Did you mean `Email`?"),
        ("tests: [{name: a, given: {}, expect: {not_sent: [Email, Emial]}}]", "6:57", "unknown_field", "Did you mean `Email`?"),
    ],
)
def test_a_wrong_part_of_a_sink_mapping(problems_of: Problems, part: str, place: str, code: str, says: str) -> None:
    found = the_only(problems_of(WRITES + part + "\n"))
    assert found[:2] == (place, code)
    assert says in found[2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["`mapping:` is missing", "`to:` is missing"]),
        ("# nothing but a comment\n", ["`mapping:` is missing", "`to:` is missing"]),
        ("- a\n", ["must be a mapping"]),
        ("mapping: m\nto: salesfroce\n", ["Did you mean `salesforce`?"]),
        ("mapping: m\nto: lead\n", ["`fields:` is missing"]),
        ("mapping: m\nto: lead\nfields:\n", ["`fields:` is missing"]),
        ("mapping: m\nto: salesforce\nfields: {A: person.email}\n", ["`object:` is missing"]),
        ("mapping: m\nto: lead\nfields: [a\n", ["not valid YAML"]),
    ],
)
def test_a_file_that_is_no_mapping_says_what_is_missing(problems_of: Problems, text: str, says: list[str]) -> None:
    problems = problems_of(text)
    assert len(problems) == len(says)
    assert all(part in problem.message for part, problem in zip(says, problems, strict=True))


def test_all_problems_come_at_once_in_the_order_of_the_file(problems_of: Problems) -> None:
    problems = problems_of(
        """\
        mapping: m
        to: lead
        fields:
          person.emial: email
          person.phone: {from: t, regoin: DE}
        sett: {}
        tests:
          - {name: a, given: {}, expct: {}}
        """
    )
    places = [problem.place for problem in problems if problem.place]
    assert len(places) == len(problems) >= 4
    assert places == sorted(places)
    assert {"unknown_field", "unknown_key"} <= {problem.code for problem in problems}


def test_a_sink_by_another_name_may_be_allowed(catalogue: Catalogue) -> None:
    document = read_document("mapping: m\nto: pipedrive\nobject: Person\nfields: {email: person.email}\n", "m.yaml")
    assert compile_mapping(document, catalogue)[0] is None
    assert compile_mapping(document, catalogue, sinks=("pipedrive",))[0] is not None


NAMES = """
    lead person.email score.total company.employees touch.campaign consent.profiling.opted_out campaign_member task when is in
    known 80 given expect in_crm create sent actions held problems profiling leave_out
"""
words = st.sampled_from([*INBOUND_KEYS, *OUTBOUND_KEYS, *INBOUND_VERBS, *OUTBOUND_VERBS, *NAMES.split(), ""])
trees = st.recursive(words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=25)
inbound_lines = st.dictionaries(
    st.sampled_from(["person.email", "company.employees", "touch.message"]),
    words | st.dictionaries(st.sampled_from(INBOUND_VERBS), trees),
)
outbound_lines = st.dictionaries(words, words | st.dictionaries(st.sampled_from(OUTBOUND_VERBS), trees))
files = st.fixed_dictionaries(
    {"mapping": st.just("m"), "to": st.just("lead"), "fields": inbound_lines | trees},
    optional=dict.fromkeys(INBOUND_KEYS[3:], trees),
) | st.fixed_dictionaries(
    {"mapping": st.just("m"), "to": st.just("salesforce"), "object": st.just("Lead"), "fields": outbound_lines | trees},
    optional=dict.fromkeys(sorted(set(OUTBOUND_KEYS) - {"mapping", "to", "object", "fields"}), trees),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(files)
def test_no_file_breaks_the_compiler_and_every_problem_has_a_place(catalogue: Catalogue, tree: dict[str, object]) -> None:
    mapping, problems = compile_mapping(read_document(json.dumps(tree), "m.yaml"), catalogue)
    assert (mapping is None) == bool(problems)
    assert all(problem.place and problem.place.line >= 1 and problem.message.endswith((".", "?")) for problem in problems)
    if mapping is not None:
        run_mapping_tests(mapping, catalogue)
