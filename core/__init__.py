"""The pure steps of leadrelay: values in, values out; no network, database, clock, randomness or framework.

    a lead      lead, fields            touches and leads, and the catalogue of what may be known of one
                golden, authority       touches folded to a lead, and who has the last word on a field
                identity, accounts      who it is, and of which company; persons (realness, reachability), visits, journeys
                instants, hours         points in time, and working hours
                quick_dataclass         values of which every lead makes several
    coming in   mail, sheets, labels    what a mail, a table and a form say, and what their fields are called
                mapping, normalize      input names to lead fields, texts to canonical values; out to CRMs as well
                traces, mashing         what a robot leaves behind
    asking      conditions, operators   conditions as values (answering: as functions), and what may be asked of each field
                condition_compiling     conditions from YAML, with condition_scope (what they may name) and check_section
                expression              conditions in CEL, with expression_names, expression_text, expression_words and
                                        expression_errors; costly_patterns
                subjects, unread        what else can be asked, and what could not be read
    deciding    rules, rule_files       all rules of a lead together, and the files that they are read from
                qualification, scoring  each section as values that answer; qualification_rules, segment_rules and journey_rules
                segments, criteria      read theirs from YAML; questions (what to ask next)
                quarantine, routing     what is put aside, and who gets a lead; territory
                sent_score, moments     when a number is told, and when time alone changes an answer
                rule_tests              the tests that stand in rule files
    doubting    rule_lint, segment_lint what can never happen: shadows, contradictions, possible (with possible_values),
                walking, seen_through   what conditions are made of, with seen_points and asked_totals
                known_words             slips: words that no field can hold, with written_codes and touch_kinds
    going out   rendering, crm_schema   what a CRM is to hold, and what it looks like there; schema_diff
                retry, windows, budget  when to try again, and how many calls may be made
    files       documents, nodes        YAML with every text at its place; edits, texts, validation
                problems, other_words   the one shape of a complaint, and what people call things elsewhere
                lead_json               leads as JSON for the store

What has several modules to itself is a package, which says first what it is for.
"""
