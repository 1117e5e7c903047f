"""`test`: the tests that stand in the users' mapping and rule files, and the rules that no test shows at work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadrelay.commands.options import Config, Json, check_readable, config_path
from leadrelay.commands.output import Exit, Output, answering, counted, refuse

if TYPE_CHECKING:
    from leadrelay.file_tests import Ran, Tested
    from leadrelay.files import ConfigFile, Files

Named = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE...",
        help="Mapping or rule files, or folders of them. Default: all of the configuration.",
        show_default=False,
    ),
]
MinCoverage = Annotated[
    int,
    typer.Option(
        "--min-coverage", metavar="PERCENT", min=0, max=100, help="Status 1 also when tests show less of the rules at work."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(test)


def test(files: Named = None, min_coverage: MinCoverage = 0, config: Config = None, as_json: Json = False) -> None:
    """Run the tests that stand inside your mapping and rule files, and name the rules that none of them shows at work.

    They need no passwords and no CRM. Each failure names its line, what was expected, what came and which clause made the
    difference; status 1. A rule file outside of the configuration is tested by itself, with fields.yaml and team.yaml beside it.

    Example: leadrelay test config/examples
    """
    with answering(as_json) as out:
        from leadrelay.file_tests import run_file_tests

        found, wanted = _chosen(config_path(config), files or [])
        tested = run_file_tests(found, wanted)
        _show(out, tested.tests)
        _show_coverage(out, tested)
        out.document(_as_json(tested))
        if any(not one.passed for one in tested.tests):
            raise typer.Exit(Exit.NO)
        if tested.percent < min_coverage:
            out.note(f"{tested.percent} % of the rules are shown at work by a test, and {min_coverage} % are wanted.")
            raise typer.Exit(Exit.NO)


def _chosen(path: Path, named: Sequence[Path]) -> tuple[Files, list[ConfigFile]]:
    """The files of the configuration and those to test; files that are no part of it are read as well."""
    from core.problems import ConfigProblems
    from leadrelay.file_tests import NOT_TESTED, files_in
    from leadrelay.files import read_files

    found = read_files(path)
    if found.problems and not (named and not path.exists()):
        raise ConfigProblems(found.problems)
    for each in named:
        if not os.path.isdir(each):  # noqa: PTH112 - as in `check_readable`
            check_readable(each)
    known = {Path(file.path).resolve(): file for file in found.files if file.kind in ("mapping", "rules")}
    paths = [one for each in named for one in files_in(each) if one.stem not in NOT_TESTED]
    if named and not paths:
        refuse(f"{', '.join(map(str, named))}: there is no mapping or rule file.")
    return found, [known.get(one.resolve()) or _read(one) for one in paths]


def _read(path: Path) -> ConfigFile:
    from leadrelay.files import ConfigFile

    check_readable(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{path}: this is no text in UTF-8. Save it so.")
    file = ConfigFile("mapping", str(path), text)
    return file if file.document.plain_at(("mapping",)) else ConfigFile("rules", str(path), text)


def _show(out: Output, tests: Sequence[Ran]) -> None:
    failed = [one for one in tests if not one.passed]
    for file in sorted({one.file for one in tests}):
        ran = [one for one in tests if one.file == file]
        good = sum(one.passed for one in ran)
        out.say(f"{'ok    ' if good == len(ran) else 'FAILED'}  {file}: {good} of {counted(len(ran), 'test')} passed")
    for one in failed:
        out.say(f"\n{one.place}: {one.name}")
        out.say("\n".join(f"  {line}" for line in one.message.splitlines()))
    out.say(f"\n{len(tests) - len(failed)} passed, {len(failed)} failed" if tests else "There is no test in these files.")


def _show_coverage(out: Output, tested: Tested) -> None:
    if not tested.rules:
        return
    shown = len(tested.rules) - len(tested.uncovered)
    out.say(f"{shown} of {counted(len(tested.rules), 'rule')} shown at work by a test ({tested.percent} %)")
    for rule in tested.uncovered:
        out.say(f"  not yet: {rule} ({rule.place})")


def _as_json(tested: Tested) -> dict[str, object]:
    good = sum(one.passed for one in tested.tests)
    missing = [{"rule": str(rule), "file": rule.place.file, "line": rule.place.line} for rule in tested.uncovered]
    covered = len(tested.rules) - len(tested.uncovered)
    return {
        "passed": good,
        "failed": len(tested.tests) - good,
        "tests": [
            {"file": one.file, "line": one.place.line, "name": one.name, "passed": one.passed, "message": one.message}
            for one in tested.tests
        ],
        "coverage": {"rules": len(tested.rules), "covered": covered, "percent": tested.percent, "not_covered": missing},
    }
