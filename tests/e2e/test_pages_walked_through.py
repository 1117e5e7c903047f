"""The ways that the pages describe are gone as they stand there, with real processes and the bundled simulators."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Commands

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
pytestmark = pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="needs curl and bash")

MAIL = """From: Petra Lang <petra@lang.example>
To: leads@acme.example
Subject: Offer
Message-ID: <1@lang.example>
Date: Fri, 20 Nov 2026 10:00:00 +0100

Hello, please send an offer for 20 seats.

Petra Lang
Lang GmbH
+49 30 9876543
"""


@pytest.fixture
def simulators() -> Iterator[dict[str, str]]:
    """Both CRMs' simulators, each by its address."""
    with subprocess.Popen([str(BIN / "leadrelay"), "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def blocks(page: str, title: str) -> list[str]:
    """The shell blocks of one section of a page, those of its subsections included."""
    text = (ROOT / page).read_text(encoding="utf-8")
    level, rest = re.findall(rf"^(#+) {re.escape(title)}\n(.*)", text, re.DOTALL | re.MULTILINE)[0]
    section = re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```sh\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def walk(commands: Commands, folder: Path, script: list[str]) -> str:
    """Run blocks one after the other in one shell, as a reader types them, until one fails; returns what was said."""
    (folder / "repository").mkdir()
    (folder / "bin").mkdir()
    inherited = commands.shim(folder / "bin")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    text = "\n".join(["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", *script])
    text = text.replace('make setup && export PATH="$PWD/.venv/bin:$PATH"', ":").replace(
        'export PATH="$PWD/.venv/bin:$PATH"', ":"
    )
    ready = f"until curl -sf http://127.0.0.1:{port}/health/ready; do sleep 0.2; done"
    text = text.replace("leadrelay run\n", f"leadrelay run > run.log 2>&1 &\n{ready}\n").replace("8080", port)
    text = text.replace(
        "\nleadrelay leads why", "\nleadrelay drain --timeout 60 > /dev/null  # nobody types that fast\nleadrelay leads why"
    )
    environment = {"PATH": f"{folder / 'bin'}:{BIN}:{os.environ['PATH']}", "HOME": str(folder), "LEADRELAY__WEB__PORT": port}
    ended = subprocess.run(
        ["bash", "-c", text],
        cwd=folder / "repository",
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        pass_fds=[inherited],
    )
    assert ended.returncode == 0, f"{text}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


LIVE = "sed -i.before 's/mode: observe/mode: live/' config/leadrelay.yaml"


def here(simulators: dict[str, str]) -> list[str]:
    """What a reader fills in after `leadrelay init`: the secrets, and the simulators' addresses in the place of the CRMs'."""
    values = {
        "WEBSITE_TOKEN": "a-long-random-text", "SALESFORCE_URL": simulators["salesforce"], "SALESFORCE_CLIENT_ID": "leadrelay",
        "SALESFORCE_CLIENT_SECRET": "sandbox-secret", "HUBSPOT_ACCESS_TOKEN": "sandbox-token",
    }  # fmt: skip
    base_url = rf"s|^    auth: {{access_token|    base_url: {simulators['hubspot']}\n&|"
    return [*(f"sed -i.before 's|^{name}=$|{name}={value}|' .env" for name, value in values.items()),
            f"sed -i.before '{base_url}' config/leadrelay.yaml"]  # fmt: skip


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_the_ten_minutes_of_the_readme_end_with_a_record_in_the_crm(
    tmp_path: Path, commands: Commands, simulators: dict[str, str], crm: str
) -> None:
    begin, look, run, post, live = (block.replace("salesforce", crm) for block in blocks("README.md", "In Salesforce"))
    assert crm == "salesforce" or blocks("README.md", "In HubSpot")[0] in begin
    said = walk(commands, tmp_path, [begin, *here(simulators), look, run, post, LIVE, live])
    before, after = said.split("Nothing is left to do.")
    assert "All right: 1 source, 1 sink" in before
    assert "stands for this lead" not in before
    assert "stands for this lead" in after


def test_the_quick_start_ends_with_nothing_missing_in_both_crms(
    tmp_path: Path, commands: Commands, simulators: dict[str, str]
) -> None:
    init, sandbox, prepare, try_it, run, post, live, lists, mail, ask = blocks("docs/quick-start.md", "Your own")
    assert sandbox.startswith("leadrelay sandbox")
    salesforce = prepare.replace("http://127.0.0.1:8181", simulators["salesforce"])
    given = f"cat > enquiry.eml <<'END'\n{MAIL}END"
    said = walk(
        commands,
        tmp_path,
        [init, "touch .env", *here(simulators), salesforce, try_it, run, post, LIVE, live, lists, given, mail,
         "leadrelay drain --timeout 60", ask],
    )  # fmt: skip
    assert said.count("in_sync") >= 2
    assert "Nothing is missing." in said
    assert "compared=3" in said
