"""The pages hold together: links lead somewhere, every page is reached from the README, commands that are shown can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from leadrelay.cli import build

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """Every page for people: the root's, docs/, the connectors' and the benchmarks'."""
    folders = (ROOT.glob("*.md"), (ROOT / "docs").rglob("*.md"), (ROOT / "connectors").glob("*/README.md"))
    return [*(page for folder in folders for page in sorted(folder)), ROOT / "benchmarks/README.md"]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[tuple[Path, str]]:
    """The files and anchors of the repository that a page links to."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(page))):
        if not target.startswith(("http://", "https://", "mailto:")):
            place, _, anchor = target.partition("#")
            found.append(((page.parent / place).resolve() if place else page, anchor))
    return found


def anchors(page: Path) -> set[str]:
    """What `#...` can name on a page: its own anchors, and its headings as the usual viewers spell them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    headings = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return headings | set(re.findall(r'<a id="([^"]+)">', prose(page)))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_and_headings_that_there_are(page: Path) -> None:
    dead = [
        f"{place.relative_to(ROOT)}#{anchor}"
        for place, anchor in links(page)
        if not place.exists() or (anchor and anchor not in anchors(place))
    ]
    assert dead == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    new = [ROOT / "README.md"]
    while new:
        page = new.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            new += [place for place, _ in links(page) if place.is_file()]
    assert [str(page.relative_to(ROOT)) for page in pages() if page not in reached] == []


def shown_commands() -> list[Any]:
    """Every command with its words that a page shows, in a block or in a sentence; the reference is written from the code."""
    found = set()
    for page in pages():
        if page.parent.name == "reference":
            continue
        blocks = [block for kind, block in _BLOCK.findall(page.read_text(encoding="utf-8")) if kind in ("", "sh", "console")]
        lines = [line for block in blocks for line in re.sub(r"\\\n\s*", " ", block).splitlines()]
        for line in lines + re.findall(r"`([^`]+)`", prose(page)):
            typed = re.match(r"(?:\$ )?(?:[^ ]*bin/|docker compose exec \w+ )?leadrelay ([a-z].*)", " ".join(line.split()))
            if typed:
                found.add((str(page.relative_to(ROOT)), typed[1]))
    return [pytest.param(words, id=f"{page}: {words}") for page, words in sorted(found)]


@pytest.mark.parametrize("line", shown_commands())
def test_commands_that_pages_show_can_be_typed(line: str) -> None:
    words = [word for word in shlex.split(line, comments=True) if word != "..."]
    name, command = "leadrelay", typer.main.get_command(build())
    while words and hasattr(command, "commands"):
        assert words[0] in command.commands, f"there is no `{name} {words[0]}`"
        name, command = f"{name} {words[0]}", command.commands[words.pop(0)]
    if words:  # one that is only named, as `leadrelay leads merge`, wants no words
        command.make_context(name, words).close()
