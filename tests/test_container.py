"""The container, as far as it can be shown without an engine: its files are well formed, and its steps are done in a clean
folder by another user, who can write nothing but the data folder."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
OURS = ("app", "migrate", "worker")


def of(word: str, *, stage: int) -> list[str]:
    """What follows an instruction's word in the builder (0) or in the image (1)."""
    starts = [number for number, line in enumerate(INSTRUCTIONS) if line.startswith("FROM ")]
    part = INSTRUCTIONS[starts[stage] : starts[stage + 1] if stage + 1 < len(starts) else None]
    return [line.partition(" ")[2] for line in part if line.split(" ")[0] == word]


# --- the files -------------------------------------------------------------------------------------------------------


def test_the_linter_has_nothing_to_say() -> None:
    linter = BIN / "hadolint"
    if not linter.exists():
        pytest.skip("hadolint is not installed here; run `make setup`")
    found = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False, timeout=60)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_image_installs_only_what_is_locked_and_never_from_the_network_again() -> None:
    runs = " && ".join(of("RUN", stage=0))
    installs = re.findall(r"pip install (.*?)(?= && |$)", runs)
    assert all("--require-hashes" in one or "--no-deps --no-index" in one for one in installs)
    assert not of("RUN", stage=1)[0].count("apt-get")
    assert [line.split(" ")[0] for line in (*of("FROM", stage=0), *of("FROM", stage=1))] == ["python:3.11-slim-bookworm"] * 2


def test_the_image_runs_as_a_user_without_rights_and_gets_its_signals_itself() -> None:
    (user,) = of("USER", stage=1)
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user)
    for word in ("ENTRYPOINT", "CMD"):
        assert isinstance(json.loads(of(word, stage=1)[0]), list), f"{word} wants its exec form, else a shell eats SIGTERM"
    (check,) = of("HEALTHCHECK", stage=1)
    assert json.loads(check.partition("CMD ")[2]) == ["leadrelay", "health"]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out of the build: the last line that matches it, or a folder above it, decides."""
    verdict = False
    parts = path.split("/")
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.lstrip("!").removeprefix("**/")
        if not line or line.startswith("#"):
            continue
        is_anywhere = line.lstrip("!").startswith("**/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        if any(fnmatch.fnmatch(name, pattern) for name in (parts if is_anywhere else above)):
            verdict = not line.startswith("!")
    return verdict


@pytest.mark.parametrize("path", [
    ".git/config", ".env", "config/.env", "tests/conftest.py", ".venv/bin/python", "data/leadrelay.db", "docs/runbooks.md",
    "config/tls.key", "leadrelay/__pycache__/app.cpython-311.pyc", "benchmarks/__main__.py", "config/leadrelay.db-wal",
    "requirements/dev.txt", "demo-data/leadrelay.db", "somebody.csv",
])  # fmt: skip
def test_no_secret_history_test_or_data_gets_into_the_build(path: str) -> None:
    assert ignored(path)


def test_everything_that_is_copied_is_there_and_gets_into_the_build() -> None:
    for copied in of("COPY", stage=0):
        for name in copied.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert not ignored(name.rstrip("/")), name
    assert not ignored("leadrelay/app.py")
    assert not ignored("mappings/demo-request.yaml")


def test_compose_starts_one_container_by_default_and_four_services_under_postgres() -> None:
    services = COMPOSE["services"]
    assert [name for name, one in services.items() if not one.get("profiles")] == ["app"]
    assert {name for name, one in services.items() if "postgres" in one.get("profiles", ())} == {"postgres", "migrate", "worker"}
    assert services["app"]["command"] == ["${LEADRELAY_COMMAND:-run}"]
    assert services["worker"]["deploy"] == {"replicas": 2}
    assert services["worker"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_do_no_more_than_they_need(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "./config:/config:ro" in service["volumes"]
    assert service["logging"]["options"]["max-size"]
    assert service["mem_limit"]
    assert service["restart"]
    assert int(service["stop_grace_period"].removesuffix("s")) > 30, "`run` gives its children 30 s"


def test_compose_holds_no_secret_and_names_what_there_is() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r"PASSWORD: \"?(?!\$\{)\w+", text) == []
    volumes = {volume.split(":")[0] for one in COMPOSE["services"].values() for volume in one.get("volumes", ())}
    assert {name for name in volumes if not name.startswith(".")} == set(COMPOSE["volumes"])
    published = [port for one in COMPOSE["services"].values() for port in one.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


# --- the steps -------------------------------------------------------------------------------------------------------

SETTINGS = """\
store: sqlite:///../data/leadrelay.db
web: {port: PORT}
sources:
  website: {connector: webform, mapping: demo-request, token: "${WEBSITE_TOKEN}"}
"""
TOKEN = "t0ken-of-the-website"
NOBODY = 65534


OTHER_USER = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"]


def python_for_others() -> str | None:
    """A Python of this version that another user can run and that sees the requirements; None when there is none, or we are no
    root: the steps are then done by ourselves."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return None
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    seen = f"import sys; sys.path.append({sysconfig.get_paths()['purelib']!r}); import typer, sqlalchemy, pydantic"
    for found in (os.path.realpath(sys.executable), f"/usr/local/bin/{name}", f"/usr/bin/{name}"):
        tried = [*OTHER_USER, "sh", "-c", 'exec "$0" -c "$1"', found, seen]  # through a shell, which has no root's rights left
        if subprocess.run(tried, capture_output=True, check=False, cwd="/", timeout=30).returncode == 0:
            return found
    return None


class Image:
    """What the Dockerfile makes, in a folder: an environment with the wheel, /config, /data, and another user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.data = folder / "config", folder / "data"
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        self.data.mkdir()
        shutil.copytree(ROOT / "config", self.config)
        (self.config / "leadrelay.yaml").write_text(SETTINGS.replace("PORT", str(self.port)), encoding="utf-8")
        shutil.copytree(ROOT / "mappings", self.config / "mappings")
        python = python_for_others()
        self.is_other_user = python is not None
        self._install(python)
        folder.chmod(0o755)
        if self.is_other_user:
            os.chown(self.data, NOBODY, NOBODY)

    def _install(self, python: str | None) -> None:
        """The wheel, built of the build's files alone, in an environment that sees the locked requirements."""
        source = self.folder / "build"
        source.mkdir()
        for copied in of("COPY", stage=0):
            *names, target = copied.split()
            for name in names:
                into = source / target.rstrip("/") if target != "./" else source / name
                into.parent.mkdir(exist_ok=True, parents=True)
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, into, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    into = into / name.rpartition("/")[2] if target.endswith("/") and target != "./" else into
                    into.parent.mkdir(exist_ok=True, parents=True)
                    shutil.copyfile(ROOT / name, into)
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(self.folder / "dist")]
        subprocess.run(build, cwd=source, check=True, capture_output=True, timeout=120)
        self.env = self.folder / "opt"
        subprocess.run([python or sys.executable, "-m", "venv", "--without-pip", str(self.env)], check=True, timeout=60)
        site = next((self.env / "lib").glob("python*/site-packages"))
        (wheel,) = (self.folder / "dist").glob("*.whl")
        install = [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(self.env),
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--no-compile",
        ]
        subprocess.run([*install, "--disable-pip-version-check", str(wheel)], check=True, capture_output=True, timeout=60)
        seen = sysconfig.get_paths()["purelib"]
        (site / "zz_requirements.pth").write_text(f"import sys; sys.path.append({seen!r})\n", encoding="utf-8")
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(site)], check=True, timeout=60)
        shutil.rmtree(source)
        subprocess.run(["chmod", "-R", "a-w,a+rX", str(self.env), str(self.config)], check=True)

    def environment(self) -> dict[str, str]:
        """The image's ENV, with this folder in the place of the root, and no HOME."""
        found = {"LANG": "C.UTF-8", "WEBSITE_TOKEN": TOKEN, "PATH": f"{self.env}/bin:/usr/bin:/bin"}
        for line in of("ENV", stage=1):
            for name, value in re.findall(r"(\w+)=(\S+)", line):
                if name != "PATH":
                    found[name] = re.sub(r"^/(config|data)", lambda part: str(self.folder / part[1]), value)
        return found

    def command(self, *words: str) -> list[str]:
        (entry,) = of("ENTRYPOINT", stage=1)
        return [*(OTHER_USER if self.is_other_user else ()), *json.loads(entry), *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words), env=self.environment(), cwd="/", capture_output=True, text=True, check=False, timeout=60
        )

    def start(self) -> subprocess.Popen[bytes]:
        (words,) = of("CMD", stage=1)
        log = (self.folder / "log").open("ab")
        with log:
            return subprocess.Popen(self.command(*json.loads(words)), env=self.environment(), cwd="/", stdout=log, stderr=log)

    def until(self, is_so: Callable[[], bool], within_s: float = 30) -> None:
        end = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < end, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def post(self, address: str) -> int:
        url = f"http://127.0.0.1:{self.port}/in/website/{TOKEN}"
        return httpx.post(url, json={"E-Mail": address, "Name": "Pat Muster"}, trust_env=False).status_code


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    if shutil.which("hatchling", path=str(BIN)) is None:
        pytest.skip("hatchling is not installed here; run `make setup`")
    folder = Path(tempfile.mkdtemp(prefix="leadrelay-image-"))  # pytest's own folders are closed to another user
    try:
        yield Image(folder)
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
        shutil.rmtree(folder)


def test_the_installed_commands_work_for_a_user_without_home_who_can_write_nothing_else(image: Image) -> None:
    shown = image.run("--version")
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "leadrelay"), shown.stderr
    checked = image.run("check")
    assert (checked.returncode, "error" in checked.stderr) == (0, False), checked
    assert image.run("health").returncode == 1
    assert image.run("health", "--worker").returncode == 1
    assert "Traceback" not in image.run("health", "--worker").stderr


def test_run_is_ready_in_time_takes_a_post_stops_cleanly_and_finds_its_data_again(image: Image) -> None:
    for number in range(2):
        began = time.monotonic()
        running = image.start()
        try:
            image.until(image.is_ready)
            assert time.monotonic() - began < 20, "the start period of the health check"
            assert image.post(f"pat{number}@acme.example") == 200
            if number:
                assert image.run("drain", "--timeout", "20").returncode == 0
                assert [image.run("health", *words).returncode for words in ((), ("--worker",))] == [0, 0]
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    listed = image.run("leads", "list", "--json")
    assert len(json.loads(listed.stdout or "[]")) == 2, listed.stderr
    assert "Traceback" not in (image.folder / "log").read_text()
    assert {path.name.split(".")[0] for path in image.data.iterdir()} <= {"leadrelay", "secret", "suppressions", "spool", "key"}
