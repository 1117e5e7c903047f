"""Faults in the routing and in team.yaml and fields.yaml."""

# ruff: noqa: E501 -- a table of faults is read best with one text beside the other

from __future__ import annotations

from tests.lint.world import FIELDS, ROUTE, TEAM, Fault

LAST = "    - {name: everyone else,   otherwise: true, queue: unassigned}"
DAN = "    - {name: Dan's customer,  when: {company.name: {is: Globex}}, owner: dan@acme.example}"
DACH = "    - {name: DACH,            when: {segments: {contains: dach}}, pool: dach}"
BAVARIA = "    - {name: Bavaria,         when: {address.postcode: {between: [80000-87999, 90000-97999]}, address.country: {is: DE}}, pool: dach}"
WITHIN = "{minutes: 30, hours: business, warn: owner, then: manager}"
WORLD = "world:      {members: [cleo@acme.example, dan@acme.example], hours: night, open_leads: 60, fallback: unassigned}"
MEMBERS = "members: {anna@acme.example: 2, ben@acme.example: 1, cleo@acme.example: 1}"

ROUTING = [
    Fault("pool that is none", ROUTE, DACH, DACH.replace("pool: dach", "pool: ¦dahc"), "Did you mean `dach`?"),
    Fault("queue that is none", ROUTE, LAST, LAST.replace("queue: unassigned", "queue: ¦unasigned"), "Did you mean `unassigned`?"),
    Fault("pool named as queue", ROUTE, DACH, DACH.replace("pool: dach", "pool: ¦unassigned"), "Write `queue: unassigned`"),
    Fault("owner who is nobody", ROUTE, DAN, DAN.replace("dan@", "¦dana@"), "is nobody in team.yaml"),
    Fault("owner who is no person", ROUTE, DAN, DAN.replace("dan@acme.example", "¦dach"), "Write `pool: dach`"),
    Fault("owner's field", ROUTE, "owner: account.owner", "owner: ¦account.owners", "Did you mean `account.owner`?"),
    Fault("owner's field holds no address", ROUTE, "owner: account.owner", "owner: ¦company.name", "holds no e-mail address"),
    Fault("no target", ROUTE, DAN, "    - ¦{name: Dan's customer,  when: {company.name: {is: Globex}}}", "needs one of `owner`, `pool`"),
    Fault("two targets", ROUTE, DACH, DACH.replace("pool: dach", "pool: dach, ¦queue: partners"), "has one of `owner`, `pool` and `queue`"),
    Fault("no name", ROUTE, DACH, DACH.replace("{name: DACH,  ", "¦{"), "needs `name`"),
    Fault("name twice", ROUTE, DACH, DACH.replace("{name: DACH,", "¦{name: partners,"), "two lines are called `partners`"),
    Fault("no otherwise", ROUTE, LAST, "    - ¦{name: everyone else, when: {person.email: {known: true}}, queue: unassigned}",
          "the last line must be `otherwise: true`"),
    Fault("otherwise too early", ROUTE, DAN, DAN.replace("when: {company.name: {is: Globex}}", "¦otherwise: true"), "Move this line to the end"),
    Fault("two otherwise", ROUTE, LAST, LAST.replace("otherwise", "¦otherwise").replace("everyone else", "all") + "\n" + LAST,
          "Move this line to the end"),
    Fault("last line is one person", ROUTE, LAST, "    - ¦{name: everyone else, otherwise: true, owner: dan@acme.example}", "one person can be away"),
    Fault("line below a wider one", ROUTE, BAVARIA, BAVARIA + "\n    - ¦{name: Vienna, when: {company.country: {is: AT}, address.city: "
          "{is: Vienna}}, pool: dach}", "is never reached"),
    Fault("narrower range below", ROUTE, BAVARIA, BAVARIA + "\n    - ¦{name: Munich, when: {address.postcode: {between: 80000-80999}, "
          "address.country: {is: DE}}, pool: dach}", "is never reached: `Bavaria`"),
    Fault("line that can never hold", ROUTE, BAVARIA, BAVARIA + "\n    - ¦{name: never, when: {company.employees: {at_least: 250}, "
          "any: [{company.employees: {at_most: 10}}]}, pool: dach}", "can never hold"),
    Fault("reroute in other words", ROUTE, "reroute: when_overdue", "reroute: ¦when_overdo", "Did you mean `when_overdue`?"),
    Fault("key of routing", ROUTE, "  start_when:", "  ¦start_if:", "Did you mean `start_when`?"),
    Fault("key of a line", ROUTE, DACH, DACH.replace("pool: dach", "¦pol: dach"), "Did you mean `pool`?", follows=("needs one of",)),
    Fault("tier of a queue", ROUTE, LAST, LAST.replace("}", ", ¦tier: 1}"), "`tier` is asked of a pool's members"),
    Fault("tier that nobody takes", ROUTE, "tier: 1}", "tier: ¦3}", "nobody in the pool `enterprise` takes the tier `3`"),
    Fault("minutes in words", ROUTE, WITHIN, WITHIN.replace("30", "¦half an hour"), "a whole number from 1"),
    Fault("no minutes", ROUTE, "respond_within: " + WITHIN, "¦respond_within: {hours: business, warn: owner, then: manager}", "needs `minutes`"),
    Fault("hours that are none", ROUTE, WITHIN, WITHIN.replace("business", "¦busines"), "Did you mean `business`?"),
    Fault("who is warned", ROUTE, WITHIN, WITHIN.replace("warn: owner", "warn: ¦ownr"), "Did you mean `owner`?"),
    Fault("who is told", ROUTE, WITHIN, WITHIN.replace("then: manager", "then: ¦eva@acme.example"), "a person of team.yaml"),
    Fault("key of respond_within", ROUTE, WITHIN, WITHIN.replace("warn", "¦warns"), "Did you mean `warn`?"),
    Fault("pool of a test", ROUTE, "expect: {pool: enterprise", "expect: {pool: ¦enterprises", "Did you mean `enterprise`?"),
    Fault("line of a test", ROUTE, "line: DACH enterprise}", "line: ¦DACH enterprises}", "Did you mean `DACH enterprise`?"),
    Fault("owner of a test", ROUTE, "expect: {pool: enterprise,", "expect: {owner: ¦dana@acme.example,", "nobody in team.yaml"),
]  # fmt: skip

TEAM_FILE = [
    Fault("member who is nobody", TEAM, MEMBERS, MEMBERS.replace("ben@acme", "¦bern@acme"), "does not stand in `people`"),
    Fault("member in a list who is nobody", TEAM, "[cleo@acme.example, dan@acme.example]", "[cleo@acme.example, ¦dann@acme.example]",
          "Did you mean `dan@acme.example`?"),
    Fault("one member who is nobody", TEAM, "[cleo@acme.example, dan@acme.example]", "¦clio@acme.example", "Did you mean `cleo@acme.example`?",
          follows=("is in no pool",)),
    Fault("people misspelled", TEAM, "people:\n", "¦poeple:\n", "Did you mean `people`?"),
    Fault("member twice", TEAM, "[cleo@acme.example, dan@acme.example]", "[cleo@acme.example, dan@acme.example, ¦cleo@acme.example]",
          "stands twice"),
    Fault("weight in words", TEAM, MEMBERS, MEMBERS.replace("anna@acme.example: 2", "anna@acme.example: ¦two"), "a whole number"),
    Fault("weight below zero", TEAM, MEMBERS, MEMBERS.replace("anna@acme.example: 2", "anna@acme.example: ¦-2"), "a whole number"),
    Fault("weight 0", TEAM, MEMBERS, MEMBERS.replace("ben@acme.example: 1", "ben@acme.example: ¦0"), "never gets a lead", is_warning=True),
    Fault("all weights 0", TEAM, MEMBERS, "¦members: {anna@acme.example: 0, cleo@acme.example: 0}", "nobody in the pool `dach` ever gets a lead",
          follows=("`ben@acme.example` is in no pool",)),
    Fault("nobody in a pool", TEAM, "members: [anna@acme.example], hours", "¦members: [], hours", "has no members"),
    Fault("hours of a pool", TEAM, "hours: night", "hours: ¦nigth", "Did you mean `night`?"),
    Fault("fallback that is none", TEAM, "open_leads: 60, fallback: unassigned", "open_leads: 60, fallback: ¦unasigned", "Did you mean `unassigned`?"),
    Fault("fallback on itself", TEAM, "open_leads: 60, fallback: unassigned", "open_leads: 60, fallback: ¦world", "in a circle: world -> world"),
    Fault("only this pool has no fallback", TEAM, "  enterprise: {members: [anna@acme.example], hours: business, fallback: dach}",
          "  ¦enterprise: {members: [anna@acme.example], hours: business}", "has no `fallback`", is_warning=True),
    Fault("pool and queue of one name", TEAM, "queues:\n", "queues:\n  ¦dach: {salesforce: DACH, hubspot: dach@acme.example}\n",
          "is a pool and a queue"),
    Fault("cap of nothing", TEAM, "per_day: 20", "per_day: ¦0", "at least 1"),
    Fault("key of a pool", TEAM, "per_day: 20", "¦perday: 20", "Did you mean `per_day`?"),
    Fault("key of a person", TEAM, "    territories:", "    ¦teritories:", "Did you mean `territories`?"),
    Fault("section of the team", TEAM, "queues:\n", "¦ques:\n", "Did you mean `queues`?", follows=("unassigned", "partners")),
    Fault("away that ends before it begins", TEAM, "2026-12-22/2027-01-02", "¦2026-12-22/2026-01-02", "ends before it begins"),
    Fault("day that is none", TEAM, "2027-03-01]", "¦2027-02-30]", "wants days"),
    Fault("day in other writing", TEAM, "2027-03-01]", "¦01.03.2027]", "wants days"),
    Fault("territory that is none", TEAM, "[DE 80000-87999, AT, CH]", "[DE 80000-87999, ¦Austria, CH]", "such as `[AT, US-NY"),
    Fault("territory of no country", TEAM, "[DE 80000-87999, AT, CH]", "[DE 80000-87999, AT, ¦UK]", "Write `GB`"),
    Fault("language in words", TEAM, "languages: [de, en]", "languages: [de, ¦English]", "Write `en`"),
    Fault("address that is none", TEAM, "  dan@acme.example:  {}", "  dan@acme.example:  {}\n  ¦Eva Muster: {manager: yes}", "is no e-mail address"),
    Fault("address in other letters", TEAM, "  dan@acme.example:  {}", "  dan@acme.example:  {}\n  ¦Dan@acme.example: {}", "same person"),
    Fault("flag in other words", TEAM, "manager: yes", "manager: ¦ja", "wants `yes` or `no`"),
    Fault("zone that is none", TEAM, "zone: Europe/Berlin", "zone: ¦Europe/Berln", "Europe/Berlin"),
    Fault("hours that end first", TEAM, 'sat: "10:00-14:00"', '¦sat: "18:00-14:00"', "ends before it begins"),
    Fault("hours in other writing", TEAM, 'sat: "10:00-14:00"', '¦sat: "10-14"', "has wrong hours"),
    Fault("day of the week", TEAM, "mon-thu:", "¦mon-thr:", "is no day"),
    Fault("holidays of nowhere", TEAM, "holidays: DE-BE", "holidays: ¦DE-BER", "Did you mean `DE-BE`?"),
    Fault("never open", TEAM, 'night:    {zone: America/New_York, sat: "10:00-14:00"}', "¦night:    {zone: America/New_York}", "never be open"),
    Fault("queue of no CRM", TEAM, "{salesforce: Partner Leads, hubspot", "{¦salesfroce: Partner Leads, hubspot", "Did you mean `salesforce`?"),
    Fault("queue that misses a CRM", TEAM, "  partners:   {salesforce: Partner Leads, hubspot: partners@acme.example}",
          "  ¦partners:   {salesforce: Partner Leads}", "`hubspot`", is_warning=True),
    Fault("queue without any CRM", TEAM, "  partners:   {salesforce: Partner Leads, hubspot: partners@acme.example}",
          "  ¦partners:   {}", "stands for nothing", is_warning=True),
    Fault("queue that nothing leads to", TEAM, "queues:\n", "queues:\n  ¦rest: {salesforce: Rest, hubspot: rest@acme.example}\n", "leads to",
          is_warning=True),
    Fault("pool that nothing leads to", TEAM, "queues:\n", "  ¦spare: {members: [dan@acme.example], fallback: dach}\nqueues:\n",
          "leads to", is_warning=True),
    Fault("person who gets nothing", TEAM, "  dan@acme.example:  {}", "  dan@acme.example:  {}\n  ¦eva@acme.example: {}", "in no pool",
          is_warning=True),
]  # fmt: skip

FIELDS_FILE = [
    Fault("type that is none", FIELDS, "{type: integer, label: CRM", "{type: ¦integr, label: CRM", "Did you mean `integer`?"),
    Fault("choice without choices", FIELDS, "custom.priority:  {type: choice, choices: [high, middle, low],", "¦custom.priority:  {type: choice,",
          "wants `choices: [...]`", follows=("hihg",)),
    Fault("choice twice", FIELDS, "custom.priority:  {type: choice, choices: [high, middle, low]", "¦custom.priority:  {type: choice, choices: "
          "[high, middle, high]", "names a choice twice"),
    Fault("choices of a number", FIELDS, "custom.price:     {type: decimal,", "¦custom.price:     {type: decimal, choices: [1, 2],", "has `choices`"),
    Fault("no label", FIELDS, "custom.partner:   {type: boolean, label: Partner}", "¦custom.partner:   {type: boolean}", "`label` is missing"),
    Fault("name of a field", FIELDS, "custom.partner:   {type: boolean, label: Partner}",
          "custom.partner:   {type: boolean, label: Partner}\n¦partner2:   {type: boolean, label: Partner}", "Name it `custom.partner2`"),
    Fault("key of a field", FIELDS, "label: Price}", "¦lable: Price}", "Did you mean `label`?", follows=("`label` is missing",)),
    Fault("field twice", FIELDS, "custom.price:     {type", "¦custom.topics:     {type", "a second time"),
]  # fmt: skip
