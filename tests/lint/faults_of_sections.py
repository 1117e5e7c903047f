"""Faults in the sections of rule files: qualification, scoring, segments, personas, stages and tests."""

# ruff: noqa: E501 -- a table of faults is read best with one text beside the other

from __future__ import annotations

from tests.lint.world import CONTACT, DECIDE, LEAD, PLACES, ROUTE, Fault

LATER = "    - {name: later,     outcome: nurture, when: {all: [real_person, interested], none: [in_time]}, reason: later than 3 months}"
LAST = "    - {outcome: undecided, otherwise: true, reason: unknown or mixed}"
PARTNERS = "{name: partners,  outcome: nurture, when: {custom.partner: {is: true}}, reason: a partner}"
MANY = "    - {name: many topics, when: {custom.topics: {contains: crm}}, points: 5}"
SQL = "sql: {at_least: 60, until_below: 50}"
MARKETER = "  - {persona: marketer, when: {person.job_title: {contains: marketing}}}"
OTHER = "  - {persona: other,    otherwise: true}"
SMALL = "small_firm: {when: {company.employees: {at_most: 49}}}"
CONSIDERATION = "      - {stage: consideration, when: {has_touch: {kind: [webinar_signup, content_download], within: 90 days}}}"
AWARENESS = "      - {stage: awareness,     otherwise: true}"
EXPECT = "expect: {outcome: convert, score: 30, checks: {big_enough: true}, ask: []}"

QUALIFICATION = [
    Fault("no otherwise in the last line", DECIDE, LAST, "    - ¦{outcome: undecided, when: german, reason: unknown or mixed}",
          "the last line must be `otherwise: true`"),
    Fault("otherwise above the last line", DECIDE, "outcome: nurture, when: {custom.partner: {is: true}}, reason: a partner",
          "outcome: nurture, ¦otherwise: true, reason: a partner", "Move this line to the end"),
    Fault("two otherwise", DECIDE, LAST, LAST.replace("otherwise", "¦otherwise").replace("undecided", "open") + "\n" + LAST,
          "Move this line to the end"),
    Fault("otherwise: no", DECIDE, LAST, LAST.replace("true", "¦no"), "the last line wants `otherwise: true`"),
    Fault("when and otherwise", DECIDE, LAST, LAST.replace("otherwise", "¦when: german, otherwise"), "not both"),
    Fault("no reason at all", DECIDE, PARTNERS, "¦" + PARTNERS.replace(", reason: a partner", ""), "needs `reason`"),
    Fault("no outcome", DECIDE, PARTNERS, "¦" + PARTNERS.replace("outcome: nurture, ", ""), "needs `outcome`"),
    Fault("no condition", DECIDE, PARTNERS, "¦{name: partners, outcome: nurture, reason: a partner}", "needs `when`"),
    Fault("outcome in two words", DECIDE, "outcome: nurture, when: {custom", "outcome: ¦not now, when: {custom", "is no outcome"),
    Fault("groups beside when", DECIDE, "outcome: convert, when: {all: [real_person, interested, in_time, big_enough]}",
          "outcome: convert, ¦all: [real_person, interested, in_time, big_enough]", "conditions stand under `when`"),
    Fault("key of a line", DECIDE, PARTNERS, PARTNERS.replace("reason", "¦reasons"), "Did you mean `reason`?", follows=("needs `reason`",)),
    Fault("name twice", DECIDE, LATER, LATER.replace("- {name: later", "- ¦{name: criteria"), "two lines are called `criteria`"),
    Fault("same condition twice", DECIDE, LATER, LATER + "\n    - ¦{name: again, outcome: convert, when: {all: [in_time, interested, "
          "real_person], custom.crm_users: {at_least: 12}}, reason: x}", "is never reached: `criteria` in line"),
    Fault("narrower line below a wider one", DECIDE, LATER, LATER + "\n    - ¦{name: partner users, outcome: convert, when: "
          "{custom.partner: {is: true}, qualification.pql: {is: pql}}, reason: x}", "is never reached: `partners` in line"),
    Fault("several lines take all of its leads", DECIDE, LATER, LATER + "\n    - {name: few, outcome: nurture, when: {custom.crm_users: "
          "{at_most: 4}}, reason: few}\n    - {name: some, outcome: nurture, when: {custom.crm_users: {at_least: 5}}, reason: some}\n    - "
          "¦{name: three, outcome: convert, when: {custom.crm_users: {at_least: 3}}, reason: three}", "is never reached"),
    Fault("line that contradicts itself", DECIDE, LATER, LATER + "\n    - ¦{name: never, outcome: nurture, when: {custom.crm_users: "
          "{at_least: 10, at_most: 5}}, reason: x}", "can never hold"),
    Fault("touch of a month and none of a quarter", DECIDE, LATER, LATER + "\n    - ¦{name: never, outcome: nurture, when: {all: [{has_touch: "
          "{kind: email_reply, within: 30 days}}], none: [{has_touch: {kind: [email_reply, contact], within: 90 days}}]}, reason: x}",
          "can never hold"),
    Fault("check and its contrary", DECIDE, LATER, LATER + "\n    - ¦{name: never, outcome: nurture, when: {all: [german], none: "
          "[german]}, reason: x}", "can never hold"),
    Fault("line that asks for two things at once", DECIDE, LATER, LATER + "\n    - ¦{name: never, outcome: nurture, when: {all: "
          "[{custom.priority: {is: high}}, {custom.priority: {is: low}}]}, reason: x}", "can never hold"),
    Fault("check that contradicts itself", DECIDE, "important:   {all: [big_enough, {custom.priority: {is: high}}]}",
          "¦important:   {all: [big_enough, {custom.crm_users: {at_most: 9}}]}", "can never be true"),
    Fault("part that can never be true", DECIDE, LATER, LATER + "\n    - {name: odd, outcome: nurture, when: {any: [old_friend, "
          "{¦all: [{custom.priority: {is: high}}, {custom.priority: {is: low}}]}]}, reason: x}", "can never be true", is_warning=True),
    Fault("asks what comes later", DECIDE, PARTNERS, PARTNERS.replace("custom.partner: {is: true}", "segments: {¦contains: dach}"),
          "worked out after it"),
    Fault("asks for its own verdict", DECIDE, "when: {custom.crm_users: {at_least: 3}, has_touch", "when: {qualification.pql: {¦is: pql}, has_touch",
          "worked out of this line"),
]  # fmt: skip

SCORING = [
    Fault("no lead gets so many", DECIDE, SQL, "sql: {at_least: ¦121, until_below: 50}", "no lead can get more than"),
    Fault("only by repeating", DECIDE, SQL, "sql: {at_least: ¦110, until_below: 50}", "unless activities repeat", is_warning=True),
    Fault("band out of reach", DECIDE, "hot: 80", "hot: ¦125", "the band `hot` needs 125 points"),
    Fault("grade out of reach", DECIDE, "{A: 60", "{A: ¦75", "the grade `A` needs 75 points"),
    Fault("left above where it is entered", DECIDE, "until_below: 50", "until_below: ¦70", "Set `until_below` to 60 or less"),
    Fault("left without entering", DECIDE, "sql: {at_least: 60, until_below: 50}", "¦sql: {until_below: 50}", "needs `at_least`"),
    Fault("mql above sql", DECIDE, "mql: {at_least: 25}, sql: {at_least: 60,", "mql: {at_least: 65}, sql: {at_least: ¦60,",
          "goes to `sql` at once"),
    Fault("left where it is entered", DECIDE, SQL, "sql: {at_least: ¦60, until_below: 60}", "sways around it", is_warning=True),
    Fault("stages in another order", DECIDE, "mql: {at_least: 25}, " + SQL, "sql: {at_least: 25, until_below: 20}, ¦mql: {at_least: 60}",
          "Write both in the same order"),
    Fault("stage that is none", DECIDE, "mql: {at_least: 25}", "¦mqll: {at_least: 25}", "Did you mean `mql`?"),
    Fault("stage without bounds", DECIDE, "mql: {at_least: 25}", "¦mql: {}", "needs `at_least`, `when` or both"),
    Fault("number alone", DECIDE, "mql: {at_least: 25}", "mql: ¦25", "{at_least: 25}"),
    Fault("key of a stage", DECIDE, "until_below", "¦untill_below", "Did you mean `until_below`?"),
    Fault("no points", DECIDE, MANY, "    - ¦{name: many topics, when: {custom.topics: {contains: crm}}}", "needs `points`"),
    Fault("0 points", DECIDE, "email_reply: 5", "email_reply: ¦0", "gives 0 points, which is nothing"),
    Fault("points in words", DECIDE, "email_reply: 5", "email_reply: ¦five", "wants a whole number"),
    Fault("half points", DECIDE, "email_reply: 5", "email_reply: ¦2.5", "wants a whole number"),
    Fault("unit of a window", DECIDE, "per: 30 days", "per: ¦30 dayz", "duration with its unit"),
    Fault("per without at_most", DECIDE, "{points: 8, at_most: 3, per: 30 days}", "{points: 8, per: ¦30 days}", "without `at_most`"),
    Fault("at_most of 0", DECIDE, "at_most: 3, per", "at_most: ¦0, per", "of 1 or more"),
    Fault("no half life", DECIDE, "half_life: 90 days", "half_life: ¦0 days", "no time at all"),
    Fault("unit of a half life", DECIDE, "half_life: 90 days", "half_life: ¦90", "duration with its unit"),
    Fault("limit of nothing", DECIDE, "limit: 120", "limit: ¦0", "of 1 or more"),
    Fault("limit below zero", DECIDE, "limit: 20", "limit: ¦-20", "of 1 or more"),
    Fault("key of scoring", DECIDE, "behaviour:", "¦behavior:", "Did you mean `behaviour`?"),
    Fault("key of a line that counts", DECIDE, "{points: 8, at_most: 3, per", "{points: 8, ¦atmost: 3, per", "Did you mean `at_most`?",
          follows=("without `at_most`",)),
    Fault("when and touch", DECIDE, MANY, "    - ¦{name: many topics, when: german, touch: page_view, points: 5}", "not both"),
    Fault("neither when nor touch", DECIDE, MANY, "    - ¦{name: many topics, points: 5}", "needs `when` (a condition) or `touch`"),
    Fault("name twice", DECIDE, MANY, "    - ¦{name: DACH, when: {custom.topics: {contains: crm}}, points: 5}", "are called `DACH`"),
    Fault("no lowest band", DECIDE, "bands:  {hot: 80, warm: 40, cold: 0}", "¦bands:  {hot: 80, warm: 40, cold: 10}", "must begin at 0"),
    Fault("two bands at one number", DECIDE, "warm: 40", "warm: ¦80", "both begin at 80"),
    Fault("bands in disorder", DECIDE, "{hot: 80, warm: 40, cold: 0}", "{hot: 70, warm: ¦75, cold: 0}", "above the one written before it",
          is_warning=True),
    Fault("line that can never give its points", DECIDE, MANY, MANY + "\n    - ¦{name: never, when: {company.country: {in: [DE]}, "
          "any: [{company.country: {is: AT}}]}, points: 5}", "can never give its points"),
    Fault("same line twice", DECIDE, MANY, MANY + "\n    - ¦{name: again, when: {company.country: {in: [CH, AT, DE]}}, points: 5}",
          "asks the same as `DACH`", is_warning=True),
    Fault("score of the score", DECIDE, "{custom.topics: {contains: crm}}, points", "{score.total: {¦at_least: 5}}, points",
          "it would depend on itself"),
    Fault("score that is never reached", PLACES, "{company.employees: {at_least: 250}}}", "{score.total: {at_least: ¦130}}}",
          "score.total is never more than 120"),
]  # fmt: skip

PLACES_OF_LEADS = [
    Fault("segment twice", PLACES, "  " + SMALL, "  " + SMALL + "\n  ¦dach: {when: {company.country: {in: [FR]}}}", "a second time"),
    Fault("segment twice in two files", ROUTE, "routing:\n  start", "segments:\n  ¦dach: {when: {company.country: {is: FR}}}\nrouting:\n  start",
          "stands in rules/places.yaml"),
    Fault("segment without condition", PLACES, SMALL, "¦small_firm: {label: small}", "needs `when`"),
    Fault("segment's condition alone", PLACES, SMALL, "small_firm: {¦company.employees: {at_most: 49}}", "is not known in the segment"),
    Fault("segment of itself", PLACES, SMALL, "small_firm: {when: {segments: {¦contains: dach}}}", "could depend on itself"),
    Fault("segment that nobody is in", PLACES, SMALL, "¦small_firm: {when: {company.employees: {at_most: 49, at_least: 50}}}",
          "no lead can ever be in the segment"),
    Fault("name of a segment", PLACES, SMALL, "¦Small firm: {when: {company.employees: {at_most: 49}}}", "is no name for a segment"),
    Fault("two segments that are one", PLACES, SMALL, SMALL + "\n  ¦home: {when: {company.country: {in: [CH, DE, AT]}}}",
          "asks the same as `dach`", is_warning=True),
    Fault("personas that overlap", PLACES, OTHER, "  - ¦{persona: seller, when: {person.job_title: {contains: sales}}}\n" + OTHER,
          "a lead can be `marketer`", is_warning=True),
    Fault("persona that another one hides", PLACES, OTHER, "  - ¦{persona: cmo, when: {person.job_title: {contains: marketing director}}}\n"
          + OTHER, "no lead ever becomes `cmo`"),
    Fault("persona that contradicts itself", PLACES, MARKETER,
          "  - ¦{persona: marketer, when: {all: [{segments: {contains: enterprise}}, {segments: {contains: small_firm}}]}}", "can never hold"),
    Fault("persona of a segment that is none", PLACES, "segments: {contains: enterprise}}, points", "segments: {contains: ¦enterprize}}, points",
          "Did you mean `enterprise`?"),
    Fault("otherwise above the last persona", PLACES, MARKETER, "  - {persona: marketer, ¦otherwise: true}", "Move this line to the end"),
    Fault("points of the last persona", PLACES, OTHER, "  - {persona: other, otherwise: true, ¦points: 3}", "Remove `points`"),
    Fault("persona of no points", PLACES, "contains: enterprise}}, points: 2", "contains: enterprise}}, points: ¦0", "of 1 or more"),
    Fault("rule of the journey without otherwise", PLACES, AWARENESS, "      - ¦{stage: awareness, when: german}",
          "the last rule must be `otherwise: true`"),
    Fault("stage of a rule", PLACES, AWARENESS, "      - {stage: ¦awarness, otherwise: true}", "Did you mean `awareness`?"),
    Fault("stage that no rule gives", PLACES, "order: [awareness, consideration, decision]", "order: [awareness, consideration, decision, ¦loyalty]",
          "no rule gives the stage `loyalty`", is_warning=True),
    Fault("rule below one that holds wherever it does", PLACES, AWARENESS,
          "      - ¦{stage: decision, when: {has_touch: {kind: [webinar_signup], within: 30 days}}}\n" + AWARENESS, "is never reached"),
    Fault("move to a stage that is none", PLACES, "moves: {qualified: [working]}", "moves: {qualified: [¦workin]}", "Did you mean `working`?"),
    Fault("move from a stage that is none", PLACES, "moves: {qualified: [working]}", "moves: {¦qualifed: [working]}", "Did you mean `qualified`?"),
    Fault("move to itself", PLACES, "moves: {qualified: [working]}", "moves: {¦qualified: [qualified]}", "is no way from itself"),
    Fault("stage without a way in", PLACES, "aside: [unqualified], moves: {qualified: [working]}", "aside: [¦unqualified], moves: {new: "
          "[working], working: [nurturing, qualified], nurturing: [working], qualified: [working]}", "no way leads to", is_warning=True),
    Fault("stage twice", PLACES, "order: [new, working, nurturing, qualified]", "order: [new, working, nurturing, qualified, ¦working]",
          "stands twice"),
    Fault("stage in order and aside", PLACES, "aside: [unqualified]", "aside: [¦new]", "in `order` and in `aside`"),
    Fault("field that has no stages", PLACES, "  journey_stage:\n", "  ¦journey_stages:\n", "Did you mean `journey_stage`?",
          follows=("journey_stage` can not be expected",)),
    Fault("jumps in other words", PLACES, "    order: [awareness, consideration, decision]",
          "    order: [awareness, consideration, decision]\n    jumps: ¦never", "must be true or false"),
    Fault("mapping sends a stage that is none", LEAD, "values: {new: Open, working: Working", "values: {new: Open, ¦workin: Working",
          "Did you mean `working`?"),
    Fault("mapping reads a stage that is none", LEAD, "{Open: new, Working: working}", "{Open: new, Working: ¦workin}",
          "Did you mean `working`?"),
    Fault("mapping sends a lifecycle stage that is none", CONTACT, "{mql: marketing", "{¦mqll: marketing", "Did you mean `mql`?"),
]  # fmt: skip

TESTS = [
    Fault("outcome of a test", DECIDE, EXPECT, EXPECT.replace("convert", "¦converted"), "Did you mean `convert`?"),
    Fault("check of a test", DECIDE, EXPECT, EXPECT.replace("big_enough", "¦big_enuf"), "there is no check `big_enuf`"),
    Fault("answer of a test", DECIDE, EXPECT, EXPECT.replace("big_enough: true", "big_enough: ¦yes"), "Known are true, false, unknown"),
    Fault("field of a test", DECIDE, "given:  {person.email: anna@acme.de,", "given:  {¦person.mail: anna@acme.de,", "Did you mean"),
    Fault("score of a test", DECIDE, EXPECT, EXPECT.replace("score: 30", "score: ¦thirty"), "wants a whole number"),
    Fault("no expectation", DECIDE, EXPECT, EXPECT.replace("expect", "¦expects"), "Did you mean `expect`?", follows=("a test needs `expect`",)),
    Fault("expectation that is none", DECIDE, EXPECT, EXPECT.replace("outcome", "¦outcomes"), "Did you mean `outcome`?"),
    Fault("question of a test", DECIDE, EXPECT, EXPECT.replace("[]", "[¦custom.crm_user]"), "Did you mean `custom.crm_users`?"),
    Fault("segment of a test", PLACES, "expect: {segments: [dach, enterprise]", "expect: {segments: [dach, ¦enterprises]", "Did you mean"),
    Fault("persona of a test", PLACES, "persona: director, journey", "persona: ¦directors, journey", "Did you mean `director`?"),
]  # fmt: skip
