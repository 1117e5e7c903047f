"""A whole configuration: all files together, every problem at once, and captures that depend on their source alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.documents import read_document
from core.problems import ConfigProblems
from leadrelay.configuration import Configuration, Files, build, build_sources, read_files

ROOT = Path(__file__).parent.parent
ENV = {"WEBSITE_TOKEN": "t0ken-of-the-website", "SF_SECRET": "s3cret-of-salesforce"}
SETTINGS = """\
sources:
  website: {connector: webform, mapping: demo, token: "${WEBSITE_TOKEN}"}
sinks:
  salesforce:
    connector: salesforce
    mapping: crm-lead
    auth: {client_id: abc, client_secret: "${SF_SECRET}", login_url: http://127.0.0.1:1}
"""
DEMO = """\
mapping: demo
to: lead
fields:
  person.email: email
  custom.seats: seats
"""
CRM_LEAD = """\
mapping: crm-lead
to: salesforce
object: Lead
fields:
  Email: person.email
when_converted: {object: Contact, mapping: crm-contact}
"""
CRM_CONTACT = """\
mapping: crm-contact
to: salesforce
object: Contact
fields:
  Email: person.email
"""
FIELDS = "custom.seats: {type: integer, label: Seats, personal: no}\n"
TEAM = """\
hours: {business: {zone: Europe/Berlin, mon-fri: "09:00-17:30"}}
people: {anna@acme.example: {manager: true}}
pools: {dach: {members: [anna@acme.example], hours: business}}
"""
TEXTS = {
    "config/leadrelay.yaml": SETTINGS,
    "config/fields.yaml": FIELDS,
    "config/team.yaml": TEAM,
    "mappings/demo.yaml": DEMO,
    "mappings/crm-lead.yaml": CRM_LEAD,
    "mappings/crm-contact.yaml": CRM_CONTACT,
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    put(tmp_path, TEXTS)
    return tmp_path


def put(folder: Path, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


def read() -> Files:
    return read_files(Path("config/leadrelay.yaml"))


def built(env: dict[str, str] | None = None) -> Configuration:
    return build(read(), ENV if env is None else env)


def wrong(env: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        built(env)
    return [str(problem) for problem in caught.value.problems]


def places(said: list[str]) -> list[str]:
    return [line.split(": ")[0] for line in said]


def test_right_files_become_one_configuration(project: Path) -> None:
    configuration = built()
    assert set(configuration.inbound) == {"demo"}
    assert set(configuration.outbound) == {"crm-lead", "crm-contact"}
    assert configuration.catalogue["custom.seats"].type == "integer"
    assert configuration.catalogue["custom.seats"].personal is False
    assert configuration.settings.sources["website"].mapping == "demo"
    assert list(configuration.team.pools["dach"].members) == ["anna@acme.example"]
    assert configuration.hash == read().hash


def test_only_leadrelay_yaml_has_to_be_there(project: Path) -> None:
    shutil.rmtree(project / "mappings")
    for name in ("config/fields.yaml", "config/team.yaml"):
        (project / name).unlink()
    put(project, {"config/leadrelay.yaml": "web: {port: 1}\n"})
    assert built().settings.web.port == 1


def test_one_wrong_configuration_of_each_kind_gives_all_its_problems_at_once(project: Path) -> None:
    put(project, {
        "config/leadrelay.yaml": SETTINGS.replace("mapping: demo,", "mapping: dmo,")
        .replace("    mapping: crm-lead\n", "    mapping: crm-led\n    mode: lve\n    mod: live\n")
        + "web:\n  port: many\nweb: {port: 1}\n",
        "config/fields.yaml": "custom.seats: {type: integr, label: Seats}\nseats: {type: text, label: x}\n",
        "config/team.yaml": TEAM.replace("members: [anna", "members: [ana").replace("hours: business}", "hours: busines}"),
        "config/rules/broken.yaml": "checks:\n  a: [x\nb: c\n",
        "mappings/demo.yaml": DEMO.replace("person.email:", "person.emial:"),
        "mappings/twin.yaml": CRM_LEAD,
    })  # fmt: skip
    said = wrong({"SF_SECRET": "s3cret-of-salesforce"})
    expected = [
        ("config/fields.yaml:1:22", "Did you mean `integer`?"),
        ("config/fields.yaml:2:1", "Name it `custom.seats`"),
        ("config/leadrelay.yaml:2:42", "Did you mean `demo`?"),
        ("config/leadrelay.yaml:2:54", "the variable `WEBSITE_TOKEN` is not set"),
        ("config/leadrelay.yaml:6:14", "Did you mean `crm-lead`?"),
        ("config/leadrelay.yaml:7:11", "Did you mean `live`?"),
        ("config/leadrelay.yaml:8:5", "Did you mean `mode`?"),
        ("config/leadrelay.yaml:11:9", "a whole number"),
        ("config/leadrelay.yaml:12:1", "the first is in line 10"),
        ("config/rules/broken.yaml:3:2", "bracket of line 2"),
        ("config/team.yaml:3:26", "Did you mean `anna@acme.example`?"),
        ("config/team.yaml:3:52", "Did you mean `business`?"),
        ("mappings/demo.yaml:4:3", "Did you mean `person.email`?"),
        ("mappings/twin.yaml:1:10", "mappings/crm-lead.yaml"),
    ]
    assert places(said) == [place for place, _ in expected]
    assert [hint for (_, hint), line in zip(expected, said, strict=True) if hint not in line] == []
    assert "s3cret" not in "".join(said)


def test_a_mapping_that_is_not_there_is_named_with_the_nearest_one(project: Path) -> None:
    text = SETTINGS.replace("mapping: demo", "mapping: dmo").replace("crm-lead", "[crm-lead, crm-contcat]")
    put(project, {"config/leadrelay.yaml": text})
    assert wrong() == [
        "config/leadrelay.yaml:2:42: `dmo` is no mapping `to: lead`. Did you mean `demo`?",
        "config/leadrelay.yaml:6:25: `crm-contcat` is no mapping `to: salesforce`. Did you mean `crm-contact`?",
    ]


def test_a_mapping_that_is_not_there_and_resembles_none_is_told_with_how_to_add_it(project: Path) -> None:
    put(project, {"config/leadrelay.yaml": SETTINGS.replace("mapping: demo", "mapping: trade-fair")})
    (said,) = wrong()
    assert said.startswith("config/leadrelay.yaml:2:42: `trade-fair` is no mapping `to: lead`. There are: demo. Name one of them")
    assert said.endswith(", or add a file to mappings/ that begins with `mapping: trade-fair`.")


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff# all of it\n# is gone\n"])
def test_an_empty_configuration_is_a_mistake_and_closes_no_form(project: Path, text: str) -> None:
    put(project, {"config/leadrelay.yaml": text})
    assert [line.split(": ", 1)[1] for line in wrong()] == [
        "the file is empty. Bring back what stood in it; `leadrelay init FOLDER` makes one to begin with."
    ]
    assert build_sources(read_files("config/leadrelay.yaml"), {}).settings is None


def test_a_folder_in_the_place_of_the_configuration_is_told(project: Path) -> None:
    (project / "config/leadrelay.yaml").unlink()
    (project / "config/leadrelay.yaml").mkdir()
    assert "Is a directory" in wrong()[0]


def test_a_mapping_of_the_wrong_direction_is_refused(project: Path) -> None:
    text = SETTINGS.replace("    mapping: crm-lead\n", "    mapping: demo\n").replace("mapping: demo,", "mapping: crm-lead,")
    put(project, {"config/leadrelay.yaml": text})
    said = wrong()
    assert places(said) == ["config/leadrelay.yaml:2:42", "config/leadrelay.yaml:6:14"]
    assert "one `to: lead` is needed. Use one of: demo." in said[0]
    assert "one `to: salesforce` is needed. Use one of: crm-contact, crm-lead." in said[1]


def test_when_converted_must_name_a_mapping_for_its_object(project: Path) -> None:
    put(project, {"mappings/crm-lead.yaml": CRM_LEAD.replace("crm-contact", "crm-contacts")})
    said = wrong()
    assert places(said) == ["mappings/crm-lead.yaml:6:44"]
    assert "Did you mean `crm-contact`?" in said[0]
    put(project, {"mappings/crm-lead.yaml": CRM_LEAD, "mappings/crm-contact.yaml": CRM_CONTACT.replace("Contact", "Account")})
    assert places(wrong()) == ["mappings/crm-lead.yaml:6:44"]


def test_two_mappings_of_a_sink_may_not_write_the_same_object(project: Path) -> None:
    put(project, {
        "config/leadrelay.yaml": SETTINGS.replace("crm-lead", "[crm-lead, second]"),
        "mappings/second.yaml": CRM_CONTACT.replace("crm-contact", "second").replace("Contact", "Lead"),
    })  # fmt: skip
    assert places(wrong()) == ["config/leadrelay.yaml:6:25"]


@pytest.mark.parametrize(
    ("to", "given", "right"),
    [("salesforce", "lead", "Lead"), ("salesforce", "Contacts", "Contact"), ("hubspot", "contact", "contacts")],
)
def test_an_object_by_almost_its_name_is_told_before_any_crm_is_asked(project: Path, to: str, given: str, right: str) -> None:
    put(project, {"mappings/second.yaml": f"mapping: second\nto: {to}\nobject: {given}\nfields: {{email: person.email}}\n"})
    said = wrong()
    assert places(said) == ["mappings/second.yaml:3:9"]
    assert f"called `{right}` here" in said[0]


def test_a_broken_mapping_is_not_also_called_missing(project: Path) -> None:
    put(project, {"mappings/demo.yaml": DEMO + "tset: []\n"})
    assert places(wrong()) == ["mappings/demo.yaml:6:1"]


@pytest.mark.parametrize(
    ("line", "place", "hint"),
    [
        ("custom.a: {type: choice, label: A}", "1:1", "choices"),
        ("custom.a: {type: text, label: A, choices: [x]}", "1:1", "remove the choices"),
        ("custom.a: {type: text, label: A, rule: union}", "1:1", "`type: list` only"),
        ("custom.a: {type: text}", "1:1", "`label` is missing"),
        ("custom.a: {type: text, label: A, personal: perhaps}", "1:44", "`yes` or `no`"),
        ("custom.A b: {type: text, label: A}", "1:1", "`custom.a_b`"),
        ("person.email: {type: text, label: A}", "1:1", "Remove it"),
        ("- custom.a", "1:1", "custom.name"),
        ("custom.a: x", "1:11", "`key: value` lines"),
    ],
)
def test_wrong_fields_are_explained(project: Path, line: str, place: str, hint: str) -> None:
    text = line if line.startswith("-") else f"{FIELDS}{line}\n"
    put(project, {"config/fields.yaml": text})
    found = [said for said in wrong() if said.startswith("config/fields.yaml")]
    row = "1" if line.startswith("-") else "2"
    assert places(found) == [f"config/fields.yaml:{row}:{place.partition(':')[2]}"]
    assert hint in found[0]


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("hours: {x: {mon-fr: '09:00-17:00'}}", "1:13", "no day"),
        ("hours: {x: {mon: '9-17'}}", "1:13", "09:00-17:30"),
        ("hours: {x: {zone: Mars}}", "1:19", "time zone"),
        ("people: {anna: {}}", "1:10", "e-mail address"),
        ("people: {a@b.example: {away: [christmas]}}", "1:31", "2026-12-22/2027-01-02"),
        ("people: {a@b.example: {maneger: yes}}", "1:24", "Did you mean `manager`?"),
        ("pool: {}", "1:1", "Did you mean `pools`?"),
        ("people: {a@b.example: {}}\npools: {p: {members: {a@b.example: two}}}", "2:36", "whole number"),
        ("pools: {p: {members: {a@b.example: 1}}}", "1:23", "does not stand in `people`"),
    ],
)
def test_a_wrong_team_is_explained(project: Path, text: str, place: str, hint: str) -> None:
    put(project, {"config/team.yaml": text})
    said = wrong()
    assert places(said) == [f"config/team.yaml:{place}"]
    assert hint in said[0]


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_mapping_beside_the_configuration_wins_over_one_above(project: Path) -> None:
    put(project, {"config/mappings/demo.yaml": DEMO.replace("seats: seats", "seats: Sitze")})
    assert [file.path for file in read().of_kind("mapping")] == [
        "mappings/crm-contact.yaml", "mappings/crm-lead.yaml", "config/mappings/demo.yaml"
    ]  # fmt: skip
    assert "Sitze" in built().inbound["demo"].input_names


def test_a_missing_configuration_says_how_to_get_one(project: Path) -> None:
    (project / "config/leadrelay.yaml").unlink()
    said = wrong()
    assert len(said) == 1
    assert said[0].startswith("config/leadrelay.yaml:1:1: there is no such file. Go to the folder above `config/`")
    assert build_sources(read(), ENV).settings is None


def test_a_file_that_is_no_text_is_named_with_its_place(project: Path) -> None:
    (project / "mappings/demo.yaml").write_bytes(b"mapping: demo\nto: l\xe4d\n")
    assert "mappings/demo.yaml:2:6: this is no UTF-8 text. Save the file as UTF-8." in wrong()


def test_the_hash_follows_the_texts_and_not_the_place(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read().hash
    shutil.copytree(project / "config", project / "elsewhere/config")
    shutil.copytree(project / "mappings", project / "elsewhere/mappings")
    assert read_files(project / "elsewhere/config/leadrelay.yaml").hash == before
    put(project, {"mappings/demo.yaml": DEMO + "# changed\n"})
    assert read().hash != before


def test_files_survive_the_database_and_hold_no_secret(project: Path) -> None:
    put(project, {"config/fields.yaml": "\ufeff" + FIELDS.replace("\n", "\r\n")})
    files = read()
    stored = files.as_json()
    again = Files.from_json(stored)
    assert again.hash == files.hash
    assert again.files == files.files
    assert built().hash == build(again, ENV).hash
    assert [secret for secret in ENV.values() if secret in stored] == []


def test_a_configuration_never_prints_a_secret(project: Path) -> None:
    shown = repr(built()) + str(built()) + repr(build_sources(read(), ENV))
    assert [secret for secret in ENV.values() if secret in shown] == []


# --- captures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "broken",
    [
        {"mappings/demo.yaml": "mapping: [\n"},
        {"config/rules/a.yaml": "checks: [\n"},
        {"config/fields.yaml": "x: [\n"},
        {"config/team.yaml": "x: [\n"},
        {"config/leadrelay.yaml": SETTINGS.replace("connector: salesforce", "connector: salesfroce")},
        {"config/leadrelay.yaml": SETTINGS.replace("SF_SECRET", "NOT_SET")},
        {"config/leadrelay.yaml": SETTINGS + "retention: {events: soon}\nworkr: {}\n"},
        {"config/leadrelay.yaml": SETTINGS.replace("sinks:\n", "sinks: &anchor\n")},
    ],
)
def test_what_is_broken_elsewhere_never_closes_a_form(project: Path, broken: dict[str, str]) -> None:
    put(project, broken)
    with pytest.raises(ConfigProblems):
        built()
    sources = build_sources(read(), ENV)
    assert list(sources.sources) == ["website"]
    assert sources.closed == ()
    assert sources.settings is not None
    assert sources.settings.store.endswith("/config/data/leadrelay.db")


def test_a_broken_source_is_closed_alone_and_known_by_name(project: Path) -> None:
    more = '  second: {connector: webform, mapping: x, token: "${NOT_SET}"}\n  third: {connector: webfrm}\nsinks:'
    text = SETTINGS.replace("sinks:", more)
    put(project, {"config/leadrelay.yaml": text})
    sources = build_sources(read(), ENV)
    assert list(sources.sources) == ["website"]
    assert sources.closed == ("second", "third")
    assert places([str(problem) for problem in sources.problems]) == ["config/leadrelay.yaml:3:51", "config/leadrelay.yaml:4:22"]


@pytest.mark.parametrize(
    "text", ["store: [\n", "store: sqlite:///a.db\nstore: sqlite:///b.db\n", "store: mysql://x\n", "store: ${NOT_SET}\n"]
)
def test_without_a_sure_store_nothing_is_captured_into_another_one(project: Path, text: str) -> None:
    put(project, {"config/leadrelay.yaml": text})
    assert build_sources(read(), ENV).settings is None


# --- the example ----------------------------------------------------------------------------------------------------

EXAMPLE_ENV = {
    "WEBSITE_TOKEN": "a long random text",
    "SALESFORCE_URL": "https://example.my.salesforce.com",
    "SALESFORCE_CLIENT_ID": "consumer key",
    "SALESFORCE_CLIENT_SECRET": "consumer secret",
}


def test_the_example_configuration_is_right_and_careful() -> None:
    configuration = build(read_files(ROOT / "config/leadrelay.yaml"), EXAMPLE_ENV)
    assert configuration.warnings == ()
    assert configuration.settings.sinks["salesforce"].mode == "observe"
    assert configuration.settings.sources["website"].mapping == "demo-request"


def test_every_shipped_file_is_saved_byte_for_byte() -> None:
    found = [path for folder in ("config", "mappings") for path in (ROOT / folder).rglob("*.yaml")]
    assert found
    for path in found:
        text = path.read_bytes().decode()
        document = read_document(text, path.name)
        assert document.problems == ()
        assert document.save() == text
