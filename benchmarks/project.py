"""An installation to measure: the shipped mappings, fields and rules, one form and a sink for each CRM."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from connectors.sources import Captured, Post
from leadrelay.app import App, open_app
from leadrelay.engine.captures import NewSubmission
from leadrelay.engine.clock import Clock, system_clock
from leadrelay.store import captures
from leadrelay.store.captures import Numbered

ROOT = Path(__file__).resolve().parents[1]
TOKEN = "benchmark-token"
NOBODY = "http://127.0.0.1:9"
"""A CRM that nobody asks."""

_SETTINGS = """\
store: {store}
data_dir: {folder}/data
secret_key: key-of-the-benchmark
web: {{host: 127.0.0.1, port: {port}}}
sources:
  website: {{connector: webform, mapping: demo-request, token: {token}}}
sinks:
"""
_SINK = """\
  {sink}:
    connector: {sink}
    mode: {mode}
    base_url: {crm}
"""
_SINKS = {
    "salesforce": """\
    mapping: salesforce-lead
    external_id: Leadrelay_Id__c
    auth: {{flow: client_credentials, login_url: {crm}, client_id: leadrelay, client_secret: sandbox-secret}}
""",
    "hubspot": """\
    mapping: hubspot-contact
    auth: {{access_token: sandbox-token}}
""",
}
ONE_CRM: Mapping[str, str] = {"salesforce": NOBODY}


def write_project(
    folder: Path,
    *,
    store: str = "",
    crms: Mapping[str, str] = ONE_CRM,
    port: int = 0,
    mode: str = "live",
    more: Mapping[str, object] | None = None,
) -> Path:
    """Write a configuration folder with a sink for each of the CRMs (name to address), which also get the settings `more`;
    returns the path of its leadrelay.yaml."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "mappings", config / "mappings", dirs_exist_ok=True)
    write_rules(config)
    shutil.copy(ROOT / "config" / "team.yaml", config / "team.yaml")
    text = _SETTINGS.format(store=store or f"sqlite:///{folder}/store.db", folder=folder, port=port, token=TOKEN)
    for sink, crm in crms.items():
        text += (_SINK + _SINKS[sink]).format(sink=sink, mode=mode, crm=crm)
        text += "".join(f"    {name}: {value}\n" for name, value in (more or {}).items())
    path = config / "leadrelay.yaml"
    path.write_text(text)
    return path


def write_rules(config: Path) -> None:
    """All shipped rules that go together: those of a new installation with their routing, and beside them the packs of criteria,
    the personas and the stages of the examples."""
    examples = ROOT / "config" / "examples"
    shutil.copytree(ROOT / "config" / "rules", config / "rules", dirs_exist_ok=True)
    for name in ("bant", "champ", "gpct", "meddic"):
        shutil.copy(examples / f"{name}.yaml", config / "rules")
    taken = [line.split(":")[0] for path in sorted((ROOT / "config" / "rules").glob("*.yaml")) for line in _segments(path)]
    places = [line for line in (examples / "segments.yaml").read_text().splitlines() if line.split(":")[0] not in taken]
    (config / "rules" / "segments.yaml").write_text("\n".join(places) + "\n")
    fields = [(folder / "fields.yaml").read_text() for folder in (ROOT / "config", examples)]
    (config / "fields.yaml").write_text("\n".join(fields))


def _segments(path: Path) -> list[str]:
    """The lines of the segments of a rules file, one each."""
    _, _, after = path.read_text().partition("\nsegments:\n")
    return list(itertools.takewhile(lambda line: line.startswith("  "), after.splitlines()))


def working_hours() -> Clock:
    """A clock that goes on from a Wednesday, with every pool open: what routing costs differs by the day of the week."""
    ahead = _WEDNESDAY - system_clock()
    return lambda: system_clock() + ahead


_WEDNESDAY = 1_795_001_400_000
"""2026-11-18T11:30:00Z."""


def opened(path: Path, clock: Clock = system_clock) -> App:
    """The application, its store migrated and its configuration in force."""
    app = open_app(path, {}, clock=clock)
    app.migrate()
    app.keeper.start()
    return app


def capture(app: App, bodies: Iterable[bytes], *, at_once: int = 1_000) -> list[int]:
    """Commit posts as the web process does, without HTTP; returns their ids."""
    plan = app.process_plan().sources["website"]
    numbers: list[int] = []
    batch: list[Numbered] = []

    def commit() -> None:
        with app.database.write(is_durable=False) as connection:
            captures.commit(connection, batch)
        batch.clear()

    for body in bodies:
        now = app.clock()
        found = plan.reader.receive(Post(body, _HEADERS), plan.mapping.input_names)
        assert isinstance(found, Captured), found
        submission = NewSubmission(
            "website", found.key, found.is_content_key, found.state, found.reason, found.headers, body, found.submitted_at, now,
            found.is_test,
        )  # fmt: skip
        numbers.append(app.ids.one(now))
        batch.append(Numbered(numbers[-1], submission))
        if len(batch) == at_once:
            commit()
    if batch:
        commit()
    return numbers


_HEADERS = {
    "content-type": "application/json", "authorization": f"Bearer {TOKEN}", "user-agent": "benchmark", "host": "127.0.0.1",
}  # fmt: skip
