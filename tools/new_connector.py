"""Start a connector from the template: `make connector NAME=acme KIND=sink` (or source)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = Path(__file__).resolve().parent / "connector_template"
KINDS = ("sink", "source")
USAGE = "Say it like this: make connector NAME=acme KIND=sink (or KIND=source)"


def complaint(name: str, kind: str, root: Path) -> str:
    """Why nothing can be made of these, or an empty text."""
    if kind not in KINDS:
        return f"KIND is `{kind}`, not one of: {', '.join(KINDS)}. {USAGE}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        return f"NAME is `{name}`: lower-case letters, digits and _, starting with a letter. {USAGE}"
    if (root / "connectors" / name).exists() or name == "base":
        return f"connectors/{name} exists already; choose another NAME or work on that one"
    return ""


def renamed(text: str, name: str) -> str:
    """The template's text with its name in the place of the template's."""
    camel = "".join(part.capitalize() for part in name.split("_"))
    for old, new in (("ACME", name.upper()), ("Acme", camel), ("acme", name)):
        text = text.replace(old, new)
    return text


def copy(template: Path, target: Path, name: str) -> list[Path]:
    """Copy one template folder under a new name; the files made."""
    made = []
    for source in sorted(path for path in template.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        path = target / renamed(str(source.relative_to(template)), name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(renamed(source.read_text(encoding="utf-8"), name), encoding="utf-8")
        made.append(path)
    return made


def declared(project: str, name: str) -> str:
    """pyproject.toml with the connector's entry point, and its module in the contract that keeps connectors apart."""
    heading = '[project.entry-points."leadrelay.connectors"]\n'
    project = project.replace(heading, f'{heading}{name} = "connectors.{name}:SPEC"\n', 1)
    return re.sub(r'(type = "independence"\nmodules = \[[^\]]*)"\]', rf'\1", "connectors.{name}"]', project, count=1)


def tidy(paths: list[Path], root: Path) -> None:
    """Sort imports and wrap lines again: both depend on the name."""
    for words in (["check", "--select", "I", "--fix"], ["format"]):
        subprocess.run([sys.executable, "-m", "ruff", *words, "--quiet", *map(str, paths)], cwd=root, check=True)  # noqa: S603


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Make the files and say what to do next; 2 when the arguments can not be used."""
    name, kind = [*arguments, "", ""][:2]
    wrong = complaint(name, kind, root)
    if wrong:
        sys.stderr.write(wrong + "\n")
        return 2
    made = copy(TEMPLATE / kind / "connector", root / "connectors" / name, name)
    made += copy(TEMPLATE / kind / "tests", root / "tests" / "connectors" / name, name)
    project = root / "pyproject.toml"
    project.write_text(declared(project.read_text(encoding="utf-8"), name), encoding="utf-8")
    tidy([path for path in made if path.suffix == ".py"], root)
    for path in [*made, project]:
        sys.stdout.write(f"{path.relative_to(root)}\n")
    sys.stdout.write(f"Next: edit connectors/{name}/config.py and {kind}.py, then: make docs check test\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
