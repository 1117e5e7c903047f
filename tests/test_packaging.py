"""The project as it is handed over: its wheel, its import names, its lock files, its two commands and the claims of its pages."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import check_repository  # noqa: E402

IMPORT_NAMES = ("core", "connectors", "leadrelay")
TARGETS = ("help", "setup", "demo", "test", "check", "run", "bench", "crash", "docs", "connector", "lock")


@pytest.fixture(scope="session")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names inside the wheel, built without network by the pinned build tools."""
    if shutil.which("hatchling", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("hatchling is not installed here; run `make setup`")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize("name", IMPORT_NAMES)
def test_nobody_else_owns_our_import_names(name: str) -> None:
    owners = set(importlib.metadata.packages_distributions().get(name, ()))
    assert owners <= {"leadrelay"}, f"`import {name}` would also find {owners - {'leadrelay'}}"


@pytest.mark.parametrize("name", IMPORT_NAMES)
def test_our_import_names_come_from_this_work_tree(name: str) -> None:
    found = __import__(name).__file__
    assert found is not None
    assert Path(found).resolve().is_relative_to(ROOT)


@pytest.mark.parametrize("name", IMPORT_NAMES)
def test_the_wheel_holds_every_module_of_ours(wheel_names: set[str], name: str) -> None:
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / name).rglob("*.py")}
    assert sources <= wheel_names


@pytest.mark.parametrize("folder", ["mappings", "config"])
def test_the_wheel_holds_the_yaml_files_to_start_from(wheel_names: set[str], folder: str) -> None:
    sources = {f"leadrelay/bundled/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*.yaml")}
    assert sources, f"{folder}/ holds no YAML file"
    assert sources <= wheel_names


def test_the_wheel_holds_nothing_but_the_product(wheel_names: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(IMPORT_NAMES)


def test_lock_files_are_in_step_with_the_project() -> None:
    assert check_repository.lock_complaints() == []


def test_a_requirement_that_is_not_locked_is_told() -> None:
    found = list(check_repository.out_of_step("run.txt", ["httpx>=0.27", "nobody-knows>=1"], {"httpx": "0.26"}))
    assert [line.split(": ")[1].split(" ")[0] for line in found] == ["httpx", "nobody-knows"]


def test_no_committed_file_names_a_package_registry() -> None:
    assert list(check_repository.registry_complaints(check_repository.committed_files())) == []


def test_a_registry_in_a_file_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("fine\nhttps://files." + "python" + "hosted.org/x\n", encoding="utf-8")
    assert [line.split(":")[1] for line in check_repository.registry_complaints([page], tmp_path)] == ["2"]


@pytest.mark.parametrize("target", TARGETS)
def test_make_has_each_everyday_command_and_explains_it(target: str) -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^make {target}\s+\w", shown, re.MULTILINE)


def test_ci_runs_the_two_everyday_commands() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "make -k check" in script
    assert "make test" in script
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_every_entry_point_of_the_project_can_be_loaded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = [*project["scripts"].values(), *project["entry-points"]["leadrelay.connectors"].values()]
    for point in points:
        module, _, attribute = point.partition(":")
        assert hasattr(importlib.import_module(module), attribute), point


def pages() -> list[Path]:
    """The pages that people read."""
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "connectors").rglob("*.md")]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = [match for match in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) if "://" not in match]
    broken = [target for target in targets if not (page.parent / target).exists()]
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_project_files_that_pages_name_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:core|connectors|leadrelay|mappings|tests|docs|tools|benchmarks)/[\w./-]+)`", text)
    made_by_reader = {"connectors/acme/", "tests/connectors/acme/"}
    missing = [name for name in named if name not in made_by_reader and not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_that_pages_name_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))) <= known


def test_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs/decisions"
    found = sorted(path.name for path in folder.glob("[0-9]*.md"))
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert len({name[:4] for name in found}) == len(found)
    assert [name for name in found if name not in index] == []
