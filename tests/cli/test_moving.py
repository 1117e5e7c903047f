"""An installation moved to another machine: `backup` here, a new folder with its configuration there, `restore`."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SETTINGS, Posted
from tests.conftest import new_postgres_database
from tests.support.commands import Commands

ANNA = {"Name": "Anna Weber", "E-Mail": "anna@acme.example", "Company": "Acme"}
BEN = {"Name": "Ben Carter", "E-Mail": "ben@brightside.example"}
LATE = {"Name": "Lena Spät", "E-Mail": "lena@late.example"}
OF_INIT = ("MAIL_PASSWORD", "SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "HUBSPOT_ACCESS_TOKEN")


class Machine:
    """A folder whose commands run as processes of their own, from inside it, and know no other one."""

    def __init__(self, commands: Commands, folder: Path, config: str) -> None:
        self.commands, self.folder = commands, folder
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("LEADRELAY_")}
        self.env |= {"LEADRELAY_CONFIG": config, "COLUMNS": "200", "SALESFORCE_URL": "https://acme.my.salesforce.com"}
        self.env |= {"WEBSITE_TOKEN": "t0ken-of-the-website", "CRM_SECRET": "s3cret-of-the-crm"} | dict.fromkeys(OF_INIT, "x")

    def run(self, *words: str) -> str:
        """What a command says; it must succeed."""
        ended = self.commands.run(*words, cwd=self.folder, env=self.env)
        assert ended.returncode == 0, f"{words}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def document(self, *words: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.run(*words, "--json"))


def copied(commands: Commands, there: Path, here: Path, store: str) -> Machine:
    """Another machine with the configuration files of this one, and its list of erasures and key, as the documentation says."""
    there.mkdir()
    shutil.copytree(here / "mappings", there / "mappings")
    text = SETTINGS.replace("store: sqlite:///data/leadrelay.db", f"store: {store}")
    (there / "leadrelay.yaml").write_text(text, encoding="utf-8")
    (there / "data").mkdir()
    for name in ("secret.key", "suppressions.jsonl"):
        shutil.copy(here / "data" / name, there / "data" / name)
    return Machine(commands, there, "leadrelay.yaml")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_everything_is_there_on_another_machine_with_either_kind_of_store(
    folder: Path,
    posted: Posted,
    commands: Commands,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
    kind: str,
) -> None:
    posted(ANNA, BEN, LATE)
    here = Machine(commands, folder, "leadrelay.yaml")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    file = elsewhere / "moved.zip"
    here.run("backup", str(file))
    here.run("privacy", "erase", LATE["E-Mail"], "--yes")  # after the backup: it must not come back there
    before = here.document("leads", "list")
    store = "sqlite:///data/new.db"
    if kind == "postgres":
        store = new_postgres_database(request.getfixturevalue("postgres_url"))
    there = copied(commands, elsewhere / "there", folder, store)
    there.run("migrate")
    there.run("sinks", "list")  # a look round before the restore keeps nothing out
    done = there.document("restore", str(file), "--yes")
    assert done["erased_again"] > 0
    assert there.document("leads", "list") == before
    assert {row["email"] for row in before} == {ANNA["E-Mail"], BEN["E-Mail"]}
    assert there.document("audit") == here.document("audit")
    there.run("sinks", "resume", "crm")
    assert there.document("sinks", "list")[0]["paused"] in (None, "")
    assert "Anna Weber" in there.run("leads", "why", ANNA["E-Mail"])


@pytest.mark.slow
def test_a_folder_that_init_has_just_made_takes_the_backup_of_another(
    folder: Path, posted: Posted, commands: Commands, tmp_path_factory: pytest.TempPathFactory
) -> None:
    posted(ANNA, BEN)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    file = elsewhere / "moved.zip"
    Machine(commands, folder, "leadrelay.yaml").run("backup", str(file))
    Machine(commands, elsewhere, "unused.yaml").run("init", "fresh")
    there = Machine(commands, elsewhere / "fresh", "config/leadrelay.yaml")
    there.run("check")
    done = there.document("restore", str(file), "--yes")
    assert done["replaced"] is None
    assert done["paused"] == ["crm", "hubspot", "salesforce"]
    assert {row["email"] for row in there.document("leads", "list")} == {ANNA["E-Mail"], BEN["E-Mail"]}
    there.run("audit")
    assert sorted(path.name for path in (elsewhere / "fresh/data").iterdir() if path.name.startswith(".")) == []
