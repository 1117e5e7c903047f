"""`check` and `test`: everything that is wrong with the users' files, and the tests that stand in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.instants import to_iso
from core.problems import ConfigProblems, Place, Problem
from leadrelay.commands.options import Config, Json, check_readable, config_path
from leadrelay.commands.output import Exit, Output, answering, counted, give_up, refuse

if TYPE_CHECKING:
    from core.fields import Catalogue
    from core.routing.compiling import Team
    from leadrelay.commands.looking import Changed
    from leadrelay.configuration import Configuration
    from leadrelay.files import ConfigFile

Live = Annotated[
    bool,
    typer.Option("--live", help="Also hold the mappings against each CRM, log into mailboxes, and look into watched folders."),
]
Tested = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE...", help="Mapping or rule files. Default: all files of the configuration.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(check)
    app.command()(test)


# --- check ----------------------------------------------------------------------------------------------------------


def check(config: Config = None, live: Live = False, as_json: Json = False) -> None:
    """Find everything that is wrong with your configuration, all at once.

    Every problem is named with file, line and column, and with what to do about it. Nothing is written or sent.
    With --live your mappings are also held against what the CRMs look like now, and mailboxes and watched folders are tried as
    `leadrelay sources probe` does; status 3 when one of them does not answer.

    Example: leadrelay check --live
    """
    with answering(as_json) as out:
        from leadrelay.commands.looking import Live as Found
        from leadrelay.commands.looking import look
        from leadrelay.files import read_files

        path = config_path(config)
        built = load(path)
        found = look(built, read_files(path), path) if live else Found()
        warnings = [*built.warnings, *found.warnings]
        summary = _summary(built)
        document: dict[str, object] = {**summary, "problems": _as_json(found.problems), "warnings": _as_json(warnings)}
        out.document(
            {**document, "changes": [one.as_json() for one in found.changes], "looked_at": found.looked_at} if live else document
        )
        _show_changes(out, found.changes)
        out.problems(replace(one, message=f"warning: {one.message}") for one in warnings)
        out.problems(found.problems)
        looked = _looked_at(live, found.looked_at)
        if found.unreachable:
            give_up(f"Not reached: {', '.join(found.unreachable)}. What is told of the others is whole.{looked}")
        if found.problems:
            out.note(f"{counted(len(found.problems), 'problem')}.{looked}")
            raise typer.Exit(Exit.NO)
        parts = (counted(len(summary[part]), word) for part, word in (("sources", "source"), ("sinks", "sink")))
        mappings = counted(len(summary["mappings"]), "mapping")
        noted = f", {counted(len(warnings), 'warning')}" if warnings else ""
        out.say(f"All right: {', '.join(parts)}, {mappings}{noted}.{looked}")


def _looked_at(live: bool, names: Sequence[str]) -> str:
    """What a check has looked at beside the files, or could."""
    if not live:
        return " The files alone were read: --live also asks CRMs and mailboxes and looks into watched folders."
    return f" Looked at: {', '.join(names)}." if names else " There is no CRM, mailbox or watched folder to look at."


def _show_changes(out: Output, changes: Sequence[Changed]) -> None:
    """What has changed in the CRMs in the last days, newest first."""
    for one in changes:
        out.say(f"changed in `{one.sink}`, noticed {to_iso(one.at)[:16].replace('T', ' ')} UTC: {one.change.message}")


def load(path: Path) -> Configuration:
    """The checked configuration at a path; raises ConfigProblems with everything that is wrong."""
    from leadrelay.configuration import build, read_files

    return build(read_files(path), os.environ)


def _summary(built: Configuration) -> dict[str, list[str]]:
    return {
        "sources": sorted(built.settings.sources),
        "sinks": sorted(built.settings.sinks),
        "mappings": sorted([*built.inbound, *built.outbound]),
    }


def _as_json(problems: Sequence[Problem]) -> list[dict[str, object]]:
    return [problem.as_json() for problem in problems]


# --- test -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """One test of one file, as it went."""

    file: str
    name: str
    passed: bool
    message: str
    place: Place


def test(files: Tested = None, config: Config = None, as_json: Json = False) -> None:
    """Run the tests that stand inside your mapping and rule files.

    They need no passwords and no CRM. Each failure names its line, what was expected and what came; status 1.

    Example: leadrelay test mappings/demo-request.yaml
    """
    with answering(as_json) as out:
        chosen, catalogue, team = _chosen(config_path(config), files or [])
        results = _run(chosen, catalogue, team)
        _show_results(out, results)
        if any(not result.passed for result in results):
            raise typer.Exit(Exit.NO)


def _chosen(path: Path, wanted: Sequence[Path]) -> tuple[list[ConfigFile], Catalogue, Team]:
    """The files to test, the lead fields and the names of the team that they may use; files that are no part of the
    configuration are read as well."""
    from core.fields import STANDARD
    from core.routing.compiling import Team
    from leadrelay.custom_fields import read_fields
    from leadrelay.files import read_files
    from leadrelay.pools import names_of
    from leadrelay.team import read_team

    found = read_files(path)
    if found.problems and not (wanted and not path.exists()):
        raise ConfigProblems(found.problems)
    catalogue, problems = STANDARD, list[Problem]()
    for file in found.of_kind("fields"):
        catalogue, problems = read_fields(file.document)
    team = Team()
    for file in found.of_kind("team"):
        read, wrong = read_team(file.document)
        problems += wrong
        team = names_of(read)
    if problems:
        raise ConfigProblems(problems)
    known = {Path(file.path).resolve(): file for file in found.files if file.kind in ("mapping", "rules")}
    chosen = [known.get(one.resolve()) or _read(one) for one in wanted] if wanted else list(known.values())
    return chosen, catalogue, team


def _read(path: Path) -> ConfigFile:
    from leadrelay.files import ConfigFile

    check_readable(path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(f"{path}: this is no text in UTF-8. Save it so.")
    file = ConfigFile("mapping", str(path), text)
    is_mapping = file.document.plain_at(("mapping",)) is not None
    return file if is_mapping else ConfigFile("rules", str(path), text)


def _run(files: Sequence[ConfigFile], catalogue: Catalogue, team: Team) -> list[Ran]:
    """The tests of all files; raises ConfigProblems with everything that is wrong with any of them."""
    from core.mapping import SINKS, compile_mapping, run_mapping_tests
    from leadrelay.settings_reading import connectors_of

    sinks = tuple(dict.fromkeys((*SINKS, *connectors_of("sink"))))
    results: list[Ran] = []
    problems: list[Problem] = []
    for file in files:
        if file.kind == "mapping":
            mapping, found = compile_mapping(file.document, catalogue, sinks=sinks)
            problems += found
            ran = run_mapping_tests(mapping, catalogue) if mapping else []
            results += [Ran(file.path, one.name, one.passed, one.message, one.place) for one in ran]
    documents = [file.document for file in files if file.kind == "rules"]
    if documents:
        from core.rules import compile_rules, run_rule_tests

        rules, found = compile_rules(documents, catalogue, team)
        problems += found
        if not found:
            results += [
                Ran(one.place.file, one.name, one.passed, one.message, one.place) for one in run_rule_tests(rules, catalogue)
            ]
    if problems:
        raise ConfigProblems(problems)
    return results


def _show_results(out: Output, results: Sequence[Ran]) -> None:
    failed = [result for result in results if not result.passed]
    for file in sorted({result.file for result in results}):
        ran = [result for result in results if result.file == file]
        good = sum(one.passed for one in ran)
        out.say(f"{'ok    ' if good == len(ran) else 'FAILED'}  {file}: {good} of {counted(len(ran), 'test')} passed")
    for result in failed:
        out.say(f"\n{result.place}: {result.name}")
        out.say("\n".join(f"  {line}" for line in result.message.splitlines()))
    out.say(f"\n{len(results) - len(failed)} passed, {len(failed)} failed" if results else "There is no test in these files.")
    out.document(
        {
            "passed": len(results) - len(failed),
            "failed": len(failed),
            "tests": [
                {"file": one.file, "line": one.place.line, "name": one.name, "passed": one.passed, "message": one.message}
                for one in results
            ],
        }
    )
