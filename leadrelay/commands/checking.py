"""`check` and `test`: everything that is wrong with the users' files, and the tests that stand in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.problems import ConfigProblems, Place, Problem
from leadrelay.commands.options import Config, Json, config_path
from leadrelay.commands.output import Exit, Output, answering, counted, refuse

if TYPE_CHECKING:
    from connectors.base import KnowsFields
    from core.fields import Catalogue
    from core.mapping.outbound import Line, OutboundMapping
    from leadrelay.configuration import Configuration
    from leadrelay.files import ConfigFile
    from leadrelay.settings import SinkSettings

Live = Annotated[
    bool, typer.Option("--live", help="Also hold the mappings against each CRM: credentials, permissions, fields, choices.")
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
    """Find everything that is wrong with configuration, mappings and rules, all at once.

    Every problem is named with file, line and column, and with what to do about it. Nothing is written or sent.
    """
    with answering(as_json) as out:
        built = load(config_path(config))
        problems = list(_live_problems(built)) if live else []
        summary = _summary(built)
        out.document({**summary, "problems": _as_json(problems), "warnings": _as_json(built.warnings)})
        out.problems(built.warnings)
        out.problems(problems)
        if problems:
            out.note(counted(len(problems), "problem"))
            raise typer.Exit(Exit.NO)
        parts = (counted(len(summary[part]), word) for part, word in (("sources", "source"), ("sinks", "sink")))
        mappings = counted(len(summary["mappings"]), "mapping")
        noted = f", {counted(len(built.warnings), 'warning')}" if built.warnings else ""
        out.say(f"All right: {', '.join(parts)}, {mappings}{noted}.")


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


def _live_problems(built: Configuration) -> Iterator[Problem]:
    """What each CRM says against the configuration; one that does not answer is a problem of its own."""
    from connectors.base import KnowsFields, Retry, Stop
    from leadrelay.commands.crm import opened

    for name, sink in sorted(built.settings.sinks.items()):
        try:
            with opened(sink, built) as crm:
                yield from (_of_sink(name, problem) for problem in crm.probe().problems)
                for mapping in _mappings(built, sink) if isinstance(crm, KnowsFields) else ():
                    yield from _field_problems(mapping, crm)  # type: ignore[arg-type]
        except Stop as error:
            yield _of_sink(name, error.problem)
        except Retry as error:
            yield Problem("unreachable", f"sink `{name}`: {error.reason}. Try again later.", f"sinks.{name}")


def _mappings(built: Configuration, sink: SinkSettings) -> list[OutboundMapping]:
    """The mappings of a sink, and those that a converted record is written by."""
    own = [built.outbound[name] for name in sink.mappings]
    return [*own, *(built.outbound[one.when_converted.mapping] for one in own if one.when_converted is not None)]


def _field_problems(mapping: OutboundMapping, crm: KnowsFields) -> Iterator[Problem]:
    """What the CRM's own schema says against a mapping's lines, each at its line."""
    places = {line.name: line.place for line in mapping.lines}
    texts = {line.name: _fixed_texts(line) for line in mapping.lines}
    for problem in crm.field_problems(mapping.object, texts):
        yield replace(problem, place=places.get(problem.field, mapping.place))


def _fixed_texts(line: Line) -> list[str]:
    """The texts that a line sends whatever a lead says: constants, defaults, translations and steps."""
    from core.mapping.translation import LEAVE_OUT

    found: list[object] = [line.constant, line.default, line.otherwise, *(step.text for step in line.steps)]
    if line.translation is not None:
        found += [line.translation.otherwise, *line.translation.values.values()]
    return list(dict.fromkeys(text for text in found if isinstance(text, str) and text != LEAVE_OUT))


def _of_sink(name: str, problem: Problem) -> Problem:
    return Problem(problem.code, f"sink `{name}`: {problem.message}", problem.field or f"sinks.{name}", problem.place)


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
    """Run the tests written inside mapping and rule files.

    They need no secrets, no store and no CRM. Each failure names its line, what was expected and what came; status 1.
    """
    with answering(as_json) as out:
        chosen, catalogue = _chosen(config_path(config), files or [])
        results = _run(chosen, catalogue)
        _show_results(out, results)
        if any(not result.passed for result in results):
            raise typer.Exit(Exit.NO)


def _chosen(path: Path, wanted: Sequence[Path]) -> tuple[list[ConfigFile], Catalogue]:
    """The files to test, and the lead fields they may name; files that are no part of the configuration are read as well."""
    from core.fields import STANDARD
    from leadrelay.custom_fields import read_fields
    from leadrelay.files import read_files

    found = read_files(path)
    if found.problems and not (wanted and not path.exists()):
        raise ConfigProblems(found.problems)
    catalogue, problems = STANDARD, list[Problem]()
    for file in found.of_kind("fields"):
        catalogue, problems = read_fields(file.document)
    if problems:
        raise ConfigProblems(problems)
    known = {Path(file.path).resolve(): file for file in found.files if file.kind in ("mapping", "rules")}
    chosen = [known.get(one.resolve()) or _read(one) for one in wanted] if wanted else list(known.values())
    return chosen, catalogue


def _read(path: Path) -> ConfigFile:
    from leadrelay.files import ConfigFile

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        refuse(f"{path}: the file can not be read: {error}")
    file = ConfigFile("mapping", str(path), text)
    is_mapping = file.document.plain_at(("mapping",)) is not None
    return file if is_mapping else ConfigFile("rules", str(path), text)


def _run(files: Sequence[ConfigFile], catalogue: Catalogue) -> list[Ran]:
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

        rules, found = compile_rules(documents, catalogue)
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
