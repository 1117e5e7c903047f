"""leadrelay.yaml: overrides, references to secrets, connectors' own settings, and secrets that are never printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from core.documents import read_document
from core.problems import Problem
from leadrelay.registry import connector_names, find_connector
from leadrelay.schemas import SCHEMA_KINDS, json_schema
from leadrelay.settings import Settings, SettingsFile, SinkCommon, SourceCommon
from leadrelay.settings_reading import SettingsRead, config_of, connectors_of, read_settings

FOLDER = Path("/srv/app/config")
ENV = {"WEBSITE_TOKEN": "t0ken-of-the-website", "SF_SECRET": "s3cret-of-salesforce", "API_TOKEN": "4pi-token-of-reports"}
RIGHT = """\
store: sqlite:///../data/leads.db
region: de
zone: Europe/Berlin
web:
  port: 9000
  tokens: {reports: {token: "${API_TOKEN}", role: reader}}
sources:
  website:
    connector: webform
    mapping: demo-request
    token: ${WEBSITE_TOKEN}
  swiss: {connector: webform, mapping: demo-request, auth: public, region: CH, zone: Europe/Zurich}
sinks:
  salesforce:
    connector: salesforce
    mapping: [salesforce-lead, salesforce-contact]
    linger: 1 s
    auth:
      client_id: abc
      client_secret: ${SF_SECRET}
      login_url: http://127.0.0.1:9999
retention: {submissions: 90 days, events: forever}
"""


def read(text: str, env: dict[str, str] | None = None, folder: Path = FOLDER) -> SettingsRead:
    return read_settings(read_document(text, "config/leadrelay.yaml"), ENV if env is None else env, folder)


def right(text: str, env: dict[str, str] | None = None, folder: Path = FOLDER) -> Settings:
    found = read(text, env, folder)
    assert [str(problem) for problem in found.problems] == []
    assert found.settings is not None
    return found.settings


def wrong(text: str, env: dict[str, str] | None = None) -> list[str]:
    found = read(text, env)
    assert found.settings is None
    return [str(problem) for problem in sorted(found.problems, key=lambda problem: problem.place)]  # type: ignore[arg-type,return-value]


def test_a_right_file_becomes_settings() -> None:
    settings = right(RIGHT)
    assert settings.store == "sqlite:////srv/app/data/leads.db"
    assert settings.data_dir == Path("/srv/app/data")
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 9000)
    assert settings.web.tokens["reports"].token.get_secret_value() == ENV["API_TOKEN"]
    website, swiss = settings.sources["website"], settings.sources["swiss"]
    assert (website.mapping, website.region, website.zone) == ("demo-request", "DE", "Europe/Berlin")
    assert (swiss.region, swiss.zone) == ("CH", "Europe/Zurich")
    sink = settings.sinks["salesforce"]
    assert (sink.mappings, sink.mode, sink.linger, sink.test_leads) == (
        ("salesforce-lead", "salesforce-contact"), "observe", 1000, False
    )  # fmt: skip
    assert (settings.retention.submissions, settings.retention.events) == (90 * 86_400_000, None)


def test_a_connector_gets_its_own_model_with_the_secrets_in_place() -> None:
    settings = right(RIGHT)
    source, sink = settings.sources["website"], settings.sinks["salesforce"]
    assert source.spec.source_config is not None
    assert sink.spec.sink_config is not None
    assert isinstance(source.config, source.spec.source_config)
    assert isinstance(sink.config, sink.spec.sink_config)
    assert sink.config.auth.client_secret.get_secret_value() == ENV["SF_SECRET"]  # type: ignore[attr-defined]


def test_an_empty_file_is_right_and_everything_has_a_default() -> None:
    settings = right("")
    assert settings.store == "sqlite:////srv/app/config/data/leadrelay.db"
    assert (dict(settings.sources), dict(settings.sinks)) == ({}, {})


@pytest.mark.parametrize(
    ("store", "url"),
    [
        ("sqlite:////var/lib/leads.db", "sqlite:////var/lib/leads.db"),
        ("sqlite:///leads.db", "sqlite:////srv/app/config/leads.db"),
        ("postgresql://me:pw@db/leads", "postgresql+psycopg://me:pw@db/leads"),
        ("postgres://db/leads", "postgresql+psycopg://db/leads"),
        ("postgresql+psycopg://db/leads?x=1", "postgresql+psycopg://db/leads?x=1"),
    ],
)
def test_stores(store: str, url: str) -> None:
    assert right(f"store: {store}\n").store == url


@pytest.mark.parametrize("store", ["mysql://x", "sqlite://", "'sqlite:///:memory:'", "leads.db", "postgresql://", "{a: b}", "''"])
def test_a_store_that_can_not_keep_leads_is_refused(store: str) -> None:
    assert any(said.startswith("config/leadrelay.yaml:1:8: `store` ") for said in wrong(f"store: {store}\n"))


# --- the environment ------------------------------------------------------------------------------------------------


def test_any_key_can_be_overridden_from_the_environment() -> None:
    overrides = {
        "LEADRELAY__STORE": "postgresql://db/leads",
        "LEADRELAY__WEB__PORT": "7000",
        "LEADRELAY__WORKER__BATCH": "7",
        "LEADRELAY__SINKS__SALESFORCE__MODE": "live",
        "LEADRELAY__SINKS__SALESFORCE__AUTH__CLIENT_ID": "other",
        "LEADRELAY__SINKS__SALESFORCE__MAPPING": "[salesforce-lead]",
        "LEADRELAY__SOURCES__EXTRA__CONNECTOR": "webform",
        "LEADRELAY__SOURCES__EXTRA__MAPPING": "demo-request",
        "LEADRELAY__SOURCES__EXTRA__TOKEN": "${WEBSITE_TOKEN}",
    }
    settings = right(RIGHT, ENV | overrides)
    assert settings.store == "postgresql+psycopg://db/leads"
    assert (settings.web.port, settings.worker.batch) == (7000, 7)
    sink = settings.sinks["salesforce"]
    assert (sink.mode, sink.mappings) == ("live", ("salesforce-lead",))
    assert sink.config.auth.client_id == "other"  # type: ignore[attr-defined]
    assert settings.sources["extra"].config.token[0].get_secret_value() == ENV["WEBSITE_TOKEN"]  # type: ignore[attr-defined]


def test_an_override_finds_a_name_that_holds_two_underscores() -> None:
    text = RIGHT.replace("  website:", "  web__site:")
    assert right(text, ENV | {"LEADRELAY__SOURCES__WEB__SITE__MAPPING": "other"}).sources["web__site"].mapping == "other"


def test_a_wrong_override_is_placed_at_its_variable() -> None:
    env = ENV | {"LEADRELAY__WEB__PORT": "many", "LEADRELAY__STOER": "x", "LEADRELAY__SINKS__HUB__MODE": "live"}
    assert wrong(RIGHT, env) == [
        "LEADRELAY__SINKS__HUB__MODE:1:1: `sinks.hub` names no connector. Add `connector:` with one of: hubspot, salesforce.",
        "LEADRELAY__STOER:1:1: `stoer` is not a key of this file. Did you mean `store`?",
        "LEADRELAY__WEB__PORT:1:1: `many` is no value for `web.port`, which wants a whole number, such as `10`.",
    ]


# --- secrets --------------------------------------------------------------------------------------------------------


ADVICE = "Set it in the environment of leadrelay."


def test_a_missing_variable_is_named_where_it_is_wanted() -> None:
    said = wrong(RIGHT, {"WEBSITE_TOKEM": "x", "API_TOKEN": "", "SF_SECRET": "x"})
    assert said == [
        "config/leadrelay.yaml:6:29: the variable `API_TOKEN` is not set. " + ADVICE,
        f"config/leadrelay.yaml:11:12: the variable `WEBSITE_TOKEN` is not set. {ADVICE} Did you mean `WEBSITE_TOKEM`?",
    ]


def test_another_services_token_is_not_suggested_for_a_missing_one() -> None:
    said = wrong(RIGHT, {"HUBSPOT_ACCESS_TOKEN": "x", "API_TOKEN": "x", "SF_SECRET": "x"})
    assert said == [f"config/leadrelay.yaml:11:12: the variable `WEBSITE_TOKEN` is not set. {ADVICE}"]


def test_a_secret_may_stand_in_a_file_and_within_a_text(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("p4ssword\n", "utf-8")
    settings = right(f"store: postgresql://me:${{file:{tmp_path}/db}}@${{HOST}}/leads\n", {"HOST": "db.internal"})
    assert settings.store == "postgresql+psycopg://me:p4ssword@db.internal/leads"
    assert "p4ssword" not in repr(settings)


def test_a_secret_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("", "utf-8")
    said = wrong(f"web: {{host: '${{file:{tmp_path}/none}}'}}\ndata_dir: ${{file:{tmp_path}/empty}}\nregion: ${{a b}}\n", {})
    assert said[0].startswith(f"config/leadrelay.yaml:1:13: the secret file `{tmp_path}/none` can not be read")
    assert said[1].startswith(f"config/leadrelay.yaml:2:11: the secret file `{tmp_path}/empty` is empty")
    assert said[2].startswith("config/leadrelay.yaml:3:9: `${a b}` is no reference")
    assert len(said) == 3


def test_two_dollars_stand_for_the_text_itself() -> None:
    assert right("data_dir: /x/$${NAME}/$HOME\n").data_dir == Path("/x/${NAME}/$HOME")


def test_no_secret_is_ever_printed() -> None:
    secrets = list(ENV.values())
    found = read(RIGHT + "  batch: x\n")
    shown = repr(found) + str(found.settings) + repr(right(RIGHT)) + repr(found.tree)
    text = RIGHT.replace(
        "mapping: demo-request\n", "mapping: demo-request\n    thank_you: ${WEBSITE_TOKEN}\n    rate: ${SF_SECRET}\n"
    )
    text = text.replace("linger: 1 s", "linger: ${SF_SECRET}").replace("port: 9000", "port: '${API_TOKEN}'")
    text = text.replace("connector: salesforce", "connector: ${SF_SECRET}\n    mode: ${API_TOKEN}")
    problems = read(text).problems
    assert len(problems) >= 4
    shown += "".join(f"{problem!r}{problem}{problem.as_json()}" for problem in problems)
    assert [secret for secret in secrets if secret in shown] == []


def test_a_secret_written_into_the_file_is_accepted_with_a_warning() -> None:
    text = RIGHT.replace("${SF_SECRET}", "hunter2hunter2").replace(
        "${WEBSITE_TOKEN}", "[hunter3-hunter3-hunter3, hunter4-hunter4-hunter4]"
    )
    found = read(text)
    assert found.settings is not None
    assert [str(warning.place) for warning in found.warnings] == [
        "config/leadrelay.yaml:11:13", "config/leadrelay.yaml:11:38", "config/leadrelay.yaml:20:22"
    ]  # fmt: skip
    assert "hunter" not in "".join(map(repr, found.warnings)) + repr(found.settings)
    assert read(RIGHT).warnings == ()


def test_a_token_that_may_be_found_by_trying_is_warned_about_wherever_it_is_written() -> None:
    text = RIGHT.replace("${WEBSITE_TOKEN}", "[fifteen-letters, sixteen--letters]")
    found = read(text, {**ENV, "API_TOKEN": "abc"})
    assert found.settings is not None
    short = {warning.field: warning for warning in found.warnings if warning.code == "short_token"}
    assert list(short) == ["web.tokens.reports.token", "sources.website.token[1]"]
    assert [str(warning.place) for warning in short.values()] == ["config/leadrelay.yaml:6:29", "config/leadrelay.yaml:11:13"]
    assert all("openssl rand -hex 24" in warning.message for warning in short.values())
    assert not any(secret in "".join(map(repr, short.values())) for secret in ("fifteen", "abc"))


def test_what_others_have_given_us_may_be_short() -> None:
    assert read(RIGHT, {**ENV, "SF_SECRET": "abc"}).warnings == ()


def test_a_password_in_the_stores_address_is_warned_about() -> None:
    warnings = read("store: postgresql://me:hunter2@db/leads\n").warnings
    assert [str(warning.place) for warning in warnings] == ["config/leadrelay.yaml:1:8"]
    assert "hunter2" not in str(warnings)
    assert read("store: postgresql://me:${SF_SECRET}@db/leads\n").warnings == ()


# --- what is wrong --------------------------------------------------------------------------------------------------


def test_everything_wrong_in_sources_and_sinks_is_said_at_once() -> None:
    text = """\
sources:
  Web-Site: {connector: webform, mapping: x, auth: public}
  a: {connector: webfrom, mapping: x}
  b: {mapping: x}
  c: {connector: salesforce, mapping: x}
  d: {connector: webform, auth: public, honypot: x}
  e: text
sinks:
  f: {connector: webform, mapping: x}
  g:
    connector: salesforce
    mapping: x
    mode: lve
    linger: soon
    auth: {flow: client_credential, client_id: x, client_secret: "${SF_SECRET}"}
    base_url: http://crm.example.com
"""
    said = wrong(text)
    expected = [
        ("2:3", "`web_site`"),
        ("3:18", "Did you mean `webform`?"),
        ("4:3", "Add `connector:` with one of: csvfile, imap, webform."),
        ("5:18", "can not be a source"),
        ("6:3", "`mapping` is missing in `sources.d`"),
        ("6:41", "Did you mean `honeypot`?"),
        ("7:6", "`key: value` lines"),
        ("9:18", "can not be a sink"),
        ("13:11", "Did you mean `live`?"),
        ("14:13", "a duration with its unit"),
        ("15:18", "Did you mean `client_credentials`?"),
        ("16:15", "https://"),
    ]
    assert [line.split(": ")[0] for line in said] == [f"config/leadrelay.yaml:{place}" for place, _ in expected]
    assert [hint for (_, hint), line in zip(expected, said, strict=True) if hint not in line] == []


def test_a_live_sink_without_external_id_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(BaseModel):
        external_id: str | None = None

    spec = find_connector("salesforce")
    assert spec is not None
    bare = type(spec)(name="salesforce", title="x", sink_config=Bare)
    monkeypatch.setattr("leadrelay.settings_reading.find_connector", lambda name: bare)
    said = wrong("sinks:\n  crm: {connector: salesforce, mapping: x, mode: live}\n")
    assert said[0].startswith("config/leadrelay.yaml:2:3: `sinks.crm` is live without `external_id`")
    assert "leadrelay sinks prepare crm" in said[0]
    assert right("sinks:\n  crm: {connector: salesforce, mapping: x}\n").sinks["crm"].mode == "observe"


def test_a_problem_with_one_source_leaves_the_others_readable() -> None:
    found = read(RIGHT.replace("auth: public, ", "auth: pubic, "))
    assert found.settings is None
    assert list(found.sources) == ["website"]
    assert list(found.sinks) == ["salesforce"]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("web: {port: 65536}", "port number"),
        ("web: {trusted_proxies: [10.0.0.0/33]}", "IP addresses"),
        ("web: {max_body: 0 MB}", "more than 0"),
        ("worker: {batch: 0}", "at least 1"),
        ("region: UK", "two letters"),
        ("zone: Europe/Berlni", "time zone"),
        ("retention: {events: 90}", "unit"),
    ],
)
def test_values_out_of_range_are_explained(line: str, hint: str) -> None:
    assert hint in wrong(line + "\n")[0]


# --- docs and schemas -----------------------------------------------------------------------------------------------


def models(model: type[BaseModel]) -> set[type[BaseModel]]:
    found = {model}
    for info in model.model_fields.values():
        for part in (info.annotation, *getattr(info.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= models(part)
    return found


def test_every_setting_is_described() -> None:
    found = models(SettingsFile) | models(SourceCommon) | models(SinkCommon)
    for name in connector_names():
        spec = find_connector(name)
        assert spec is not None
        for config in (config_of(spec, "source"), config_of(spec, "sink")):
            found |= models(config) if config is not None else set()
    bare = [f"{model.__name__}.{name}" for model in found for name, info in model.model_fields.items() if not info.description]
    assert bare == []


def test_each_kind_of_file_has_a_schema() -> None:
    for kind in SCHEMA_KINDS:
        schema = json_schema(kind)
        assert schema["$schema"].endswith("2020-12/schema")
        assert schema["type"] == "object"


def test_the_settings_schema_knows_the_connectors_keys_and_leaks_no_default_secret() -> None:
    schema = json_schema("leadrelay")
    sink = schema["properties"]["sinks"]["additionalProperties"]
    assert sink["properties"]["connector"]["enum"] == connectors_of("sink")
    case = sink["allOf"][connectors_of("sink").index("salesforce")]
    definition = schema["$defs"][case["then"]["$ref"].rpartition("/")[2]]
    assert {"connector", "mapping", "mode", "auth", "external_id"} <= set(definition["properties"])
    assert definition["additionalProperties"] is False
    assert schema["$defs"]["Retention"]["properties"]["attempts"]["default"] == "90 days"
    assert "default" not in schema["properties"]["store"]


def test_problems_are_values_for_programs_too() -> None:
    problem = read("stor: x\n").problems[0]
    assert isinstance(problem, Problem)
    assert (problem.code, problem.field) == ("unknown_key", "stor")
