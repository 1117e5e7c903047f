"""A whole configuration: every file read and checked, and every name in one file held against the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.authority import GROUPS, Group, group_of
from core.documents import Document, Loc, MapNode, dotted
from core.fields import CUSTOM_PREFIX, STANDARD, Catalogue
from core.mapping import SINKS, InboundMapping, OutboundMapping, compile_mapping
from core.problems import ConfigProblems, Place, Problem, did_you_mean
from core.qualification_rules import with_verdicts
from core.rule_files import SECTIONS, read_rules
from core.rules import Rules
from leadrelay.custom_fields import read_fields
from leadrelay.files import ConfigFile, Files, read_files
from leadrelay.owner_lint import lint_owners
from leadrelay.pools import names_in
from leadrelay.references import Tree, read_tree
from leadrelay.registry import connector_names, find_connector
from leadrelay.settings import Settings, SourceSettings
from leadrelay.settings_reading import connectors_of, read_base, read_settings, read_source, section_names
from leadrelay.shared_places import circles, shared
from leadrelay.stage_checks import check_mappings
from leadrelay.team import ReadTeam, TeamFile, read_team_parts
from leadrelay.team_lint import lint_team

__all__ = ["ConfigFile", "Configuration", "Files", "Sources", "build", "build_sources", "read_files"]

KIND = "touch.kind"
AnyMapping = InboundMapping | OutboundMapping


@dataclass(frozen=True)
class Configuration:
    """A configuration that is right as a whole: mappings by name in `inbound` and `outbound`, and the hash of its files.

    `texts` are the mapping files' texts by the mappings' names.
    """

    settings: Settings
    catalogue: Catalogue
    inbound: Mapping[str, InboundMapping]
    outbound: Mapping[str, OutboundMapping]
    rules: Rules
    team: TeamFile
    hash: str
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Sources:
    """What captures need, and nothing else: `closed` names sources that are configured but wrong, as `problems` says.

    `settings` hold the store, the folders and the web side (its `sources` and `sinks` are empty); None when these are wrong.
    """

    settings: Settings | None
    sources: Mapping[str, SourceSettings]
    closed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def build(files: Files, env: Mapping[str, str]) -> Configuration:
    """The configuration that the files and the environment make; raises ConfigProblems with all problems of all files."""
    read = read_settings(files.settings, env, files.folder)
    problems = [*files.problems, *read.problems]
    if not any(files.of_kind("settings")):
        problems = list(files.problems)
    catalogue, found = _catalogue(files)
    problems += found
    mappings, found = _mappings(files, with_verdicts(catalogue, (file.document for file in files.of_kind("rules"))))
    problems += found
    decided = _decided(files, catalogue, read.tree, mappings)
    problems += decided.problems
    problems += _cross_checks(read.tree, mappings)
    problems += _last_words(read.tree, mappings)
    unknown, unused = _queues(files, decided.team, read.tree)
    problems += unknown
    sources = {} if read.settings is None else read.settings.sources
    read_places = (sources, files.folder, lambda name: read.tree.place(("sources", name)))
    problems += circles(*read_places)
    warnings = _ordered([*read.warnings, *decided.warnings, *unused, *shared(*read_places)])
    if problems or read.settings is None:
        raise ConfigProblems(_ordered(problems), warnings)
    compiled = [mapping.compiled for mapping in mappings.values()]
    return Configuration(
        settings=read.settings,
        catalogue=catalogue,
        inbound={mapping.name: mapping for mapping in compiled if isinstance(mapping, InboundMapping)},
        outbound={mapping.name: mapping for mapping in compiled if isinstance(mapping, OutboundMapping)},
        rules=decided.rules,
        team=decided.team,
        hash=files.hash,
        texts={name: mapping.document.text for name, mapping in mappings.items()},
        warnings=tuple(warnings),
    )


def build_sources(files: Files, env: Mapping[str, str]) -> Sources:
    """The sources alone, each from its own keys: a broken mapping, rule, sink or other source never closes a form."""
    if not any(files.of_kind("settings")):
        return Sources(None, {}, (), files.problems)
    document = files.settings
    tree = read_tree(document, env, files.folder)
    settings, problems = read_base(tree, env, files.folder)
    problems = [*files.problems, *document.problems, *problems]
    sources: dict[str, SourceSettings] = {}
    closed: list[str] = []
    for name in section_names(tree, "sources"):
        source, found = read_source(tree, name)
        found += [problem for loc, problem in tree.problems if loc[:2] == ("sources", name)]
        if source is None or found:
            closed.append(name)
            problems += found
        else:
            sources[name] = source
    return Sources(settings, sources, tuple(closed), tuple(_ordered(problems)))


def _ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Each problem once, by file, line and column."""
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.place or Place("", 0, 0))


def _catalogue(files: Files) -> tuple[Catalogue, list[Problem]]:
    for file in files.of_kind("fields"):
        return read_fields(file.document)
    return STANDARD, []


@dataclass(frozen=True)
class _Decided:
    """The rules and the team, as far as they can be read, and what is wrong with them and between them."""

    rules: Rules
    team: TeamFile
    problems: Sequence[Problem]
    warnings: Sequence[Problem]


def _decided(files: Files, catalogue: Catalogue, tree: Tree, mappings: Mapping[str, _Mapping]) -> _Decided:
    documents = [file.document for file in files.of_kind("rules")]
    team = next((file.document for file in files.of_kind("team")), None)
    people = ReadTeam(TeamFile()) if team is None else read_team_parts(team)
    names = None if team is None else names_in(team, people)
    rules, found = read_rules(documents, catalogue, names)
    problems = [*people.problems, *_without_echoes(found, documents, files)]
    outbound = [(one.document, one.compiled) for one in mappings.values() if isinstance(one.compiled, OutboundMapping)]
    linted = [rules.lint(catalogue, names, _kinds(mappings)), check_mappings(rules, outbound)]
    if team is not None and people.is_whole:
        linted.append(lint_team(team, people.readable, rules.routing, _targets(tree, mappings), documents))
    problems += [problem for one in linted for problem in one.problems]
    warnings = [warning for one in linted for warning in one.warnings if not _is_meant(warning, problems)]
    used = {name for sink in section_names(tree, "sinks") for _, name in _named(tree, ("sinks", sink, "mapping"))}
    warnings += lint_owners(rules.routing, outbound, used)
    return _Decided(rules, people.readable, problems, warnings)


def _is_meant(warning: Problem, problems: Iterable[Problem]) -> bool:
    """Whether what nothing leads to is what a misspelled name was meant to be."""
    is_unused = warning.code in ("unused", "never_given")
    return is_unused and any(f"Did you mean `{warning.field}`" in one.message for one in problems)


def _without_echoes(problems: Iterable[Problem], documents: Sequence[Document], files: Files) -> Iterator[Problem]:
    """What is wrong with the rules, without what only follows from a file that is no YAML, or from a section that is misspelled:
    the names in them are not unknown."""
    echoes = {"unknown_check", "missing_section"} if _are_unread(documents) else set()
    roots = [document.root for document in documents if isinstance(document.root, MapNode)]
    is_misspelled = any(entry.key.text not in SECTIONS for root in roots for entry in root.entries)
    echoes |= {"missing_section"} if is_misspelled else set()
    is_unread = _are_unread(file.document for file in files.of_kind("fields"))
    for problem in problems:
        is_custom = problem.code == "unknown_field" and problem.field.startswith(CUSTOM_PREFIX)
        if problem.code not in echoes and not (is_unread and is_custom):
            yield problem


def _are_unread(documents: Iterable[Document]) -> bool:
    return any(problem.code == "yaml" for document in documents for problem in document.problems)


def _kinds(mappings: Mapping[str, _Mapping]) -> frozenset[str]:
    """The kinds of touches that the mappings of sources give by name."""
    found: set[str] = set()
    for mapping in mappings.values():
        given = mapping.document.plain_at(("set", KIND))
        found |= {given} if isinstance(given, str) else set()
        line = mapping.document.plain_at(("fields", KIND))
        table = line.get("values") if isinstance(line, dict) else None
        found |= {text for text in table.values() if isinstance(text, str)} if isinstance(table, dict) else set()
        last = line.get("otherwise") if isinstance(line, dict) else None
        found |= {last} if isinstance(last, str) else set()
    return frozenset(found)


def _targets(tree: Tree, mappings: Mapping[str, _Mapping]) -> dict[str, tuple[str, str]]:
    """The sinks into which leadrelay writes owners, each with the names by which queues may know it."""
    found: dict[str, tuple[str, str]] = {}
    for sink in section_names(tree, "sinks"):
        used = [mappings[name].compiled for _, name in _named(tree, ("sinks", sink, "mapping")) if name in mappings]
        if any(isinstance(one, OutboundMapping) and one.owner.assigned_by == "leadrelay" for one in used):
            found[sink] = (sink, str(tree.at(("sinks", sink, "connector"))))
    return found


@dataclass(frozen=True)
class _Mapping:
    """A mapping file by the name it gives itself; `compiled` is None when something is wrong with it."""

    document: Document
    compiled: AnyMapping | None


def _mappings(files: Files, catalogue: Catalogue) -> tuple[dict[str, _Mapping], list[Problem]]:
    """The mappings by name, and what is wrong with them; of two with one name the first counts."""
    known: dict[str, _Mapping] = {}
    problems: list[Problem] = []
    sinks = tuple(dict.fromkeys((*SINKS, *connectors_of("sink"))))
    for file in files.of_kind("mapping"):
        document = file.document
        compiled, found = compile_mapping(document, catalogue, sinks=sinks)
        problems += found
        name = document.plain_at(("mapping",))
        if not isinstance(name, str) or not name:
            name = Path(file.path).stem
        if name in known:
            first = known[name].document.file
            message = f"`{name}` is also the name of the mapping in {first}. Give one of the two another name."
            problems.append(Problem("duplicate_mapping", message, name, document.place(("mapping",))))
        else:
            known[name] = _Mapping(document, compiled)
    return known, problems


def _cross_checks(tree: Tree, mappings: Mapping[str, _Mapping]) -> Iterator[Problem]:
    """What is wrong with the mappings that sources and sinks name, also of those with other problems of their own."""
    for name in section_names(tree, "sources"):
        for at, wanted in _named(tree, ("sources", name, "mapping")):
            yield from _used(tree, at, wanted, mappings, "lead")
    for name in section_names(tree, "sinks"):
        to = tree.at(("sinks", name, "connector"))
        objects: dict[str, str] = {}
        for at, wanted in _named(tree, ("sinks", name, "mapping")) if to in connectors_of("sink") else ():
            yield from _used(tree, at, wanted, mappings, str(to))
            compiled = mappings[wanted].compiled if wanted in mappings else None
            if isinstance(compiled, OutboundMapping):
                yield from _same_object(tree, at, compiled, objects)
    for mapping in mappings.values():
        if isinstance(mapping.compiled, OutboundMapping):
            yield from _named_otherwise(mapping.document, mapping.compiled)
            if mapping.compiled.when_converted is not None:
                yield from _converted(mapping.document, mapping.compiled, mappings)


def _last_words(tree: Tree, mappings: Mapping[str, _Mapping]) -> Iterator[Problem]:
    """What is wrong with the sinks under `system_of_record`: they must be there and tell something of their group."""
    names = section_names(tree, "sinks")
    for group in GROUPS:
        at = ("system_of_record", group)
        name = tree.at(at)
        if not isinstance(name, str) or not name or tree.is_unresolved(at):
            continue
        if name not in names:
            hint = did_you_mean(name, names) or (f" There are: {', '.join(names)}." if names else " No sink is configured.")
            yield Problem("unknown_sink", tree.mask(f"`{name}` is no sink.{hint}"), dotted(at), tree.place(at))
        elif not _tells(tree, name, group, mappings):
            example = "status: Status" if group == "status" else "person.phone: Phone"
            message = (
                f"the mappings of `{name}` read nothing of `{group}` back, so it can have no last word on it. Name lead fields "
                f"under `from_crm:` in its mapping, such as `{example}`, or take the line out."
            )
            yield Problem("reads_nothing_back", message, dotted(at), tree.place(at))


def _tells(tree: Tree, sink: str, group: Group, mappings: Mapping[str, _Mapping]) -> bool:
    """Whether a sink's mappings read anything of a group back; the owner is read back by itself, and a mapping that is broken
    is complained of in its own file."""
    used = [mappings[name].compiled for _, name in _named(tree, ("sinks", sink, "mapping")) if name in mappings]
    outbound = [mapping for mapping in used if isinstance(mapping, OutboundMapping)]
    for mapping in list(outbound):
        after = mappings.get(mapping.when_converted.mapping) if mapping.when_converted is not None else None
        if after is not None and isinstance(after.compiled, OutboundMapping):
            outbound.append(after.compiled)
    told = {path for mapping in outbound for path in mapping.from_crm.targets}
    return group == "owner" or len(outbound) == 0 or None in used or any(group_of(path) == group for path in told)


def _queues(files: Files, team: TeamFile, tree: Tree) -> tuple[list[Problem], list[Problem]]:
    """Queues that name no CRM at all, and those that name only such as may still be connected."""
    unknown: list[Problem] = []
    unused: list[Problem] = []
    sinks = section_names(tree, "sinks")
    known = list(dict.fromkeys([*(str(tree.at(("sinks", sink, "connector"))) for sink in sinks), *sinks]))
    installed = connectors_of("sink")
    for file in files.of_kind("team"):
        for queue, crm_names in team.queues.items():
            is_used = any(name in known for name in crm_names)
            for name in (one for one in crm_names if one not in known):
                at = ("queues", queue, name)
                place = file.document.place(at, key=True)
                if name not in installed:
                    hint = did_you_mean(name, [*known, *installed]) or f" There are: {', '.join(known or installed)}."
                    unknown.append(Problem("unknown_name", f"`{name}` is no CRM that is connected.{hint}", dotted(at), place))
                elif not is_used:
                    message = f"no sink is a `{name}`, so the queue's name there is not used. Add the sink, or remove the name."
                    unused.append(Problem("unused_name", message, dotted(at), place))
    return unknown, unused


def _named(tree: Tree, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """The mapping names at a loc, each with where it stands; what is no name is complained of by the settings' model."""
    found = tree.at(loc)
    if isinstance(found, str) and found and not tree.is_unresolved(loc):
        yield loc, found
    elif isinstance(found, list) and loc[0] == "sinks":
        for index, name in enumerate(found):
            if isinstance(name, str) and name and not tree.is_unresolved((*loc, index)):
                yield (*loc, index), name


def _same_object(tree: Tree, at: Loc, mapping: OutboundMapping, objects: dict[str, str]) -> Iterator[Problem]:
    """Two mappings of one sink into the same object would write over each other."""
    first = objects.setdefault(mapping.object, mapping.name)
    if first != mapping.name:
        message = f"`{mapping.name}` and `{first}` both write {mapping.object}. Keep one of them in this sink."
        yield Problem("same_object", message, dotted(at), tree.place(at))


def _named_otherwise(document: Document, mapping: OutboundMapping) -> Iterator[Problem]:
    """An object goes by the connector's own name for it, though the CRM may answer to another case or number as well: else its
    records would be kept under two names."""
    spec = find_connector(mapping.to) if mapping.to in connector_names() else None
    known = {name.lower().rstrip("s"): name for name in spec.objects} if spec is not None else {}
    named = known.get(mapping.object.lower().rstrip("s"), mapping.object)
    if named != mapping.object:
        message = f"the object `{mapping.object}` is called `{named}` here. Write it so."
        yield Problem("no_object", message, "object", document.place(("object",)))


def _used(tree: Tree, at: Loc, name: str, mappings: Mapping[str, _Mapping], to: str) -> Iterator[Problem]:
    """What is wrong with naming this mapping for this direction; one that is broken itself is complained of in its own file."""
    place = tree.place(at)
    if name not in mappings:
        fitting = [known for known, mapping in mappings.items() if _direction(mapping) in ("", to)]
        there = f" There are: {', '.join(fitting)}. Name one of them, or add" if fitting else " Add"
        hint = did_you_mean(name, fitting) or f"{there} a file to mappings/ that begins with `mapping: {name}`."
        yield Problem("unknown_mapping", tree.mask(f"`{name}` is no mapping `to: {to}`.{hint}"), dotted(at), place)
    elif _direction(mappings[name]) not in ("", to):
        fitting = [known for known, mapping in mappings.items() if _direction(mapping) == to]
        hint = f" Use one of: {', '.join(fitting)}." if fitting else f" Write one that says `to: {to}`."
        message = f"the mapping `{name}` is `to: {_direction(mappings[name])}`, and here one `to: {to}` is needed.{hint}"
        yield Problem("wrong_mapping", message, dotted(at), place)


def _direction(mapping: _Mapping) -> str:
    """What a mapping says after `to:`; empty when it says nothing that can be read."""
    if mapping.compiled is not None:
        return mapping.compiled.to if isinstance(mapping.compiled, OutboundMapping) else "lead"
    found = mapping.document.plain_at(("to",))
    return found if isinstance(found, str) else ""


def _converted(document: Document, mapping: OutboundMapping, mappings: Mapping[str, _Mapping]) -> Iterator[Problem]:
    """What is wrong with the mapping that stands after `when_converted`."""
    wanted = mapping.when_converted
    if wanted is None:
        return
    at = ("when_converted", "mapping")
    fitting = [name for name, known in mappings.items() if _direction(known) in ("", mapping.to) and name != mapping.name]
    if wanted.mapping not in fitting:
        hint = did_you_mean(wanted.mapping, fitting) or " Add its file to mappings/."
        message = f"`{wanted.mapping}` is no other mapping `to: {mapping.to}`.{hint}"
        yield Problem("unknown_mapping", message, dotted(at), document.place(at))
        return
    compiled = mappings[wanted.mapping].compiled
    if isinstance(compiled, OutboundMapping) and compiled.object != wanted.object:
        message = f"the mapping `{wanted.mapping}` writes {compiled.object}, and here one for {wanted.object} is needed."
        yield Problem("wrong_mapping", f"{message} Correct `object:` or `mapping:`.", dotted(at), document.place(at))
