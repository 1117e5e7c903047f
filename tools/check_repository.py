"""Hold the repository against its own rules, without network: lock files in step with pyproject.toml, no registry named."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^ ;\\]+)(?P<rest>.*)$")
REGISTRIES = ("py" + "pi", "python" + "hosted", "npm" + "js", "deb" + "ian")
REGISTRY = re.compile(r"https?://(?:[a-z0-9-]+\.)*(?:" + "|".join(REGISTRIES) + r")\.", re.IGNORECASE)


def read_pins(path: Path) -> dict[str, str]:
    """The pinned version of each package in a lock file."""
    found = (PIN.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {canonicalize_name(match["name"]): match["version"] for match in found if match}


def unhashed(path: Path) -> Iterator[str]:
    """A complaint for each pin that is not followed by a hash."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if PIN.match(line) and "--hash=sha256:" not in following:
            yield f"{path.name}: {line.split(' ')[0]} has no hash; run `make lock`"


def out_of_step(name: str, wanted: Iterable[str], pins: Mapping[str, str]) -> Iterator[str]:
    """A complaint for each requirement that its lock file does not pin, or pins to a version that is not allowed."""
    for requirement in map(Requirement, wanted):
        version = pins.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{name}: {requirement.name} is not locked; run `make lock`"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{name}: {requirement.name} is locked to {version}, but {requirement.specifier} is asked for; run `make lock`"


def disagreeing(pins: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """A complaint for each package that two lock files pin to different versions, as they share one environment."""
    for package in sorted(set().union(*pins.values())):
        versions = {name: found[package] for name, found in pins.items() if package in found}
        if len(set(versions.values())) > 1:
            yield f"{package} is locked differently: {', '.join(f'{name} {version}' for name, version in versions.items())}"


def lock_complaints(root: Path = ROOT) -> list[str]:
    """Everything that is wrong with requirements/*.txt."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    run, dev = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    tools = [line for line in (root / "requirements/tools.in").read_text(encoding="utf-8").splitlines() if line]
    pins = {name: read_pins(root / "requirements" / f"{name}.txt") for name in ("run", "dev", "tools")}
    found = [
        *out_of_step("run.txt", run, pins["run"]),
        *out_of_step("dev.txt", [*run, *dev], pins["dev"]),
        *out_of_step("tools.txt", [*tools, *project["build-system"]["requires"]], pins["tools"]),
        *disagreeing(pins),
    ]
    for name in pins:
        found += unhashed(root / "requirements" / f"{name}.txt")
    return found


def committed_files(root: Path = ROOT) -> list[Path]:
    """The files that git knows; none outside a work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607
    return [root / name for name in listed.stdout.split("\0") if name]


def registry_complaints(files: Iterable[Path], root: Path = ROOT) -> Iterator[str]:
    """A complaint for each line that names a package registry's host: installs go where the machine is set up to go."""
    for path in files:
        if not path.is_file():
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), start=1):
            if REGISTRY.search(line):
                yield f"{path.relative_to(root)}:{number}: names a package registry; leave that to the machine's settings"


def main() -> int:
    """Print every complaint; 1 when there is one."""
    complaints = [*lock_complaints(), *registry_complaints(committed_files())]
    if (ROOT / "uv.lock") in committed_files():
        complaints.append("uv.lock is committed; requirements/*.txt are the lock files, remove it")
    for complaint in complaints:
        sys.stderr.write(complaint + "\n")
    return 1 if complaints else 0


if __name__ == "__main__":
    raise SystemExit(main())
