"""`make connector`: what it makes passes the checks and its own tests, under any name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import new_connector  # noqa: E402


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the parts of the project that a new connector stands on."""
    for name in (
        "core",
        "connectors",
        "pyproject.toml",
        "tests/__init__.py",
        "tests/conformance.py",
        "tests/connectors/__init__.py",
    ):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def test_what_it_makes_passes_the_checks_and_its_own_tests(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = (("zeta_one", "sink"), ("a1", "source"))
    for name, kind in made:
        assert new_connector.main([name, kind], project) == 0
        assert f"connectors/{name}/{kind}.py" in capsys.readouterr().out
    code, tests = ([f"{folder}/{name}" for name, _ in made] for folder in ("connectors", "tests/connectors"))
    for command in (
        ["ruff", "format", "--check", *code, *tests],
        ["ruff", "check", *code, *tests],
        ["mypy", "--strict", *code],
        ["pytest", "-q", "-p", "no:cacheprovider", *tests],
    ):
        done = run(project, *command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_declares_the_connector_to_the_product_and_to_the_import_contract(project: Path) -> None:
    new_connector.main(["zeta", "sink"], project)
    found = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    assert found["project"]["entry-points"]["leadrelay.connectors"]["zeta"] == "connectors.zeta:SPEC"
    assert any("connectors.zeta" in contract.get("modules", ()) for contract in found["tool"]["importlinter"]["contracts"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "KIND is ``"),
        (["acme"], "KIND is ``"),
        (["acme", "pipe"], "KIND is `pipe`"),
        (["Acme!", "sink"], "NAME is `Acme!`"),
        (["webform", "source"], "exists already"),
        (["base", "source"], "exists already"),
    ],
)
def test_arguments_that_can_not_be_used_are_explained_and_make_nothing(
    project: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(project.rglob("*"))
    assert new_connector.main(arguments, project) == 2
    assert said in capsys.readouterr().err
    assert sorted(project.rglob("*")) == before
