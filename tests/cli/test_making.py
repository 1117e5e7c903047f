"""`init`: a folder that is right as soon as its variables are set."""

from __future__ import annotations

import re
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

from tests.cli.conftest import Type
from tests.cli.test_service import PROGRAM

VALUES = {"SALESFORCE_URL": "https://acme.my.salesforce.com"}


def variables(folder: Path) -> dict[str, str]:
    names = re.findall(r"^([A-Z_]+)=", (folder / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    return {name: VALUES.get(name, f"a-long-enough-value-of-{name.lower()}") for name in names}


CHOICES = [
    tuple(word for option, names in (("--crm", crms), ("--source", sources)) if names for word in (option, ",".join(names)))
    for crms in ((), ("salesforce",), ("hubspot",))
    for count in range(4)
    for sources in combinations(("website", "mailbox", "files"), count)
]
"""Every choice that `init` offers; none said means all."""


@pytest.mark.parametrize("words", CHOICES, ids=lambda words: " ".join(words) or "everything")
def test_what_was_made_is_right_once_the_variables_are_set(tmp_path: Path, leadrelay: Type, words: tuple[str, ...]) -> None:
    made = tmp_path / "acme"
    done = leadrelay("init", str(made), *words, "--json").document
    assert len(done["next"]) == 3
    env = {"LEADRELAY_CONFIG": str(made / "config/leadrelay.yaml")}
    assert leadrelay("check", env=env).status == 2  # the variables are named
    env |= variables(made)
    ended = leadrelay("check", env=env)
    assert ended.status == 0, ended.err
    assert "warning" not in ended.out + ended.err
    assert leadrelay("test", env=env).status == 0
    settings = (made / "config/leadrelay.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r"^[^#\n]*?\$\{([A-Z_]+)\}", settings, re.MULTILINE))
    assert used <= set(variables(made)) == set(done["variables"])
    assert "mode: live" not in settings
    assert (made / "inbox").is_dir() == ("folder: ../inbox" in settings)
    assert ".env" in (made / ".gitignore").read_text(encoding="utf-8").split()


def test_only_what_was_asked_for_is_in_it(tmp_path: Path, leadrelay: Type) -> None:
    assert leadrelay("init", str(tmp_path / "a"), "--crm", "hubspot", "--source", "website").status == 0
    settings = (tmp_path / "a/config/leadrelay.yaml").read_text(encoding="utf-8")
    assert "HUBSPOT_ACCESS_TOKEN" in settings
    assert "SALESFORCE" not in settings
    assert "imap" not in settings
    assert "retention:" in settings
    assert leadrelay("init", str(tmp_path / "b"), "--crm", "pipedrive").status == 2


def test_nothing_is_overwritten(tmp_path: Path, leadrelay: Type) -> None:
    there = tmp_path / "there"
    there.mkdir()
    assert leadrelay("init", str(there)).status == 0
    (there / "config/leadrelay.yaml").write_text("mine", encoding="utf-8")
    ended = leadrelay("init", str(there))
    assert ended.status == 1
    assert "config" in ended.err
    assert (there / "config/leadrelay.yaml").read_text(encoding="utf-8") == "mine"
    assert leadrelay("init", str(there / "mappings/contact-form.yaml")).status == 1


def test_the_steps_that_are_told_work_as_they_are_typed(tmp_path: Path, leadrelay: Type) -> None:
    made = tmp_path / "my firm"
    leadrelay("init", str(made), "--crm", "salesforce", "--source", "website")
    shell = f"cd '{made}' && cp .env.example .env && " + " && ".join(
        f"sed -i 's|^{name}=$|{name}={value}|' .env" for name, value in variables(made).items()
    )
    shell += f" && set -a && . ./.env && set +a && '{PROGRAM[0]}' -m leadrelay.cli check"
    ended = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr


def test_an_environment_file_that_is_not_loaded_or_not_filled_in_is_named_with_the_command(
    tmp_path: Path, leadrelay: Type
) -> None:
    made = tmp_path / "acme"
    leadrelay("init", str(made), "--crm", "hubspot", "--source", "website")
    (made / ".env").write_text("WEBSITE_TOKEN=abc\nHUBSPOT_ACCESS_TOKEN=\n", encoding="utf-8")
    told = leadrelay("check", env={"LEADRELAY_CONFIG": str(made / "config/leadrelay.yaml")}).err
    assert f"`WEBSITE_TOKEN` is not set. {made}/.env sets it. Load that: set -a; . {made}/.env; set +a" in told
    assert f"`HUBSPOT_ACCESS_TOKEN` is not set. Fill it in in {made}/.env." in told
