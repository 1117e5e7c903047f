"""Mappings held against the CRMs themselves: what `check --live` and the schema watch ask, and what they conclude from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.crm_schema import ObjectSchema
from core.documents import Document, dotted, read_document
from core.instants import DAY, Instant
from core.mapping.live import Asked, Findings, check_actions, check_mapping, check_overlaps, missing_object
from core.mapping.outbound import COMPANY, OutboundMapping
from core.problems import Place, Problem
from core.schema_diff import SchemaChange, schema_changes

if TYPE_CHECKING:
    from connectors.base import Sink
    from leadrelay.configuration import Configuration
    from leadrelay.settings import SinkSettings

Schemas = Mapping[str, ObjectSchema | None]
"""Schemas by object; None for one that is not there for our user."""

CALLS_BESIDE = 4
"""About how many calls a look takes beside one for each object: who we are, and whose leads these are."""

ENDING_SOON, ENDING_NOW = 365 * DAY, 60 * DAY
"""How long before an API version ends `check --live` tells of it, and how long before it becomes an alert."""

_NATIVE = re.compile(r"(hs_)?salesforce(lead|contact|account|owner|opportunity)?(id|lastsynctime|deleted)")
"""HubSpot properties that its own Salesforce integration creates in a portal when it is installed."""

_PACKAGE = re.compile(r"HubSpot_Inc__\w+")
"""Salesforce fields of the package that the same integration installs in an org."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a CRM told in one look: what its user is missing, how its objects look, whom it does not know."""

    problems: tuple[Problem, ...] = ()
    schemas: Schemas = field(default_factory=dict)
    owners: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Papers:
    """The users' files beside the mappings, for the places of what stands in them."""

    settings: Document | None = None
    team: Document | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What follows for one sink: findings by their places, and what has changed since the CRM was last looked at."""

    findings: Findings
    changes: tuple[SchemaChange, ...] = ()


# --- asking ---------------------------------------------------------------------------------------------------------


def objects_of(sink: SinkSettings, built: Configuration) -> tuple[str, ...]:
    """The CRM objects that a sink's mappings need, those of its actions included."""
    mappings = list(_mappings(sink, built))
    wanted = [mapping.object for mapping, _ in mappings]
    for mapping, _ in mappings:
        if mapping.when_converted is not None:
            wanted.append(mapping.when_converted.object)
        wanted += [sink.spec.action_objects[kind] for kind in _kinds(mapping) if kind in sink.spec.action_objects]
    return tuple(dict.fromkeys(wanted))


def ask(crm: Sink, sink: SinkSettings, built: Configuration) -> Seen:
    """Look at a CRM without writing anything; raises Retry when it does not answer, and Stop when it does not let us in."""
    from connectors.base import KnowsOwners, KnowsSchema, Stop

    problems = list(crm.probe().problems)
    schemas: dict[str, ObjectSchema | None] = {}
    if isinstance(crm, KnowsSchema):
        for name in objects_of(sink, built):
            try:
                schemas[name] = crm.schema(name)
            except Stop as error:  # the probe got through, so this is about this object alone
                schemas[name] = None
                problems.append(replace(error.problem, field=name))
    owners: list[Problem] = []
    if isinstance(crm, KnowsOwners):
        emails, queues = _people(sink, built)
        try:
            owners = list(crm.owner_problems(emails, queues)) if emails or queues else []
        except Stop as error:
            problems.append(error.problem)
    return Seen(tuple(problems), schemas, tuple(owners))


def _mappings(sink: SinkSettings, built: Configuration) -> Iterator[tuple[OutboundMapping, bool]]:
    """The mappings of a sink, and those that a converted record is written by, each once and with whether it creates records."""
    own = [built.outbound[name] for name in sink.mappings]
    yield from ((mapping, True) for mapping in own)
    seen = {mapping.name for mapping in own}
    for mapping in own:
        if mapping.when_converted is not None and mapping.when_converted.mapping not in seen:
            seen.add(mapping.when_converted.mapping)
            yield built.outbound[mapping.when_converted.mapping], False


def _kinds(mapping: OutboundMapping) -> Iterator[str]:
    """The kinds of action that a mapping wants."""
    yield from (each.kind for each in mapping.each_touch)
    if mapping.company is not None:
        yield COMPANY


def _people(sink: SinkSettings, built: Configuration) -> tuple[list[str], list[str]]:
    """The people and queues of team.yaml that this sink may give leads to."""
    if all(built.outbound[name].owner.assigned_by != "leadrelay" for name in sink.mappings):
        return [], []
    queues = [named[sink.spec.name] for named in built.team.queues.values() if sink.spec.name in named]
    return list(built.team.people), list(dict.fromkeys(queues))


# --- judging --------------------------------------------------------------------------------------------------------


def judge(
    sink: SinkSettings, built: Configuration, seen: Seen, *, papers: Papers | None = None, before: Schemas | None = None
) -> Judged:
    """What is wrong between a sink's mappings and what was seen; `before` is what was seen the last time."""
    changes = tuple(
        change
        for name, schema in (before or {}).items()
        if schema is not None and name in seen.schemas
        for change in schema_changes(schema, seen.schemas[name])
    )
    found = Findings()
    for mapping, creates in _mappings(sink, built):
        renamed = {one.field: one.renamed_to for one in changes if one.object == mapping.object and one.renamed_to}
        found += _of_mapping(mapping, creates, sink, built, seen.schemas, renamed)
    found += check_overlaps([mapping for mapping, _ in _mappings(sink, built)])
    told = list(_of_probe(sink, built, seen, found))
    found += Findings(tuple(one for one in told if one.code not in _ENDS), tuple(one for one in told if one.code in _ENDS))
    found += _of_owners(seen.owners, built, sink, papers or Papers())
    return Judged(_told_once(sink.name, found), changes)


def _of_mapping(
    mapping: OutboundMapping,
    creates: bool,
    sink: SinkSettings,
    built: Configuration,
    schemas: Schemas,
    renamed: Mapping[str, str],
) -> Findings:
    document, place = _document(mapping, built), _place_of_object(mapping, built)
    found = Findings()
    external_id = str(getattr(sink.config, "external_id", ""))
    if mapping.object in schemas:
        schema = schemas[mapping.object]
        if schema is None:
            found += Findings((missing_object(mapping.object, place, sink.spec.objects),))
        else:
            found += check_mapping(mapping, schema, built.catalogue, document, Asked(creates, external_id, renamed))
    wanted = mapping.when_converted
    if wanted is not None and wanted.object in schemas and schemas[wanted.object] is None:
        at = document.place(("when_converted", "object")) if document is not None else wanted.place
        found += Findings((missing_object(wanted.object, at, sink.spec.objects),))
    made = {kind: sink.spec.action_objects.get(kind, "") for kind in _kinds(mapping)}
    by_kind = {kind: schemas[name] for kind, name in made.items() if name in schemas}
    return found + check_actions(mapping, by_kind, document, external_id)


def _document(mapping: OutboundMapping, built: Configuration) -> Document | None:
    text = built.texts.get(mapping.name)
    return None if text is None or mapping.place is None else read_document(text, mapping.place.file)


def _place_of_object(mapping: OutboundMapping, built: Configuration) -> Place | None:
    document = _document(mapping, built)
    return mapping.place if document is None else document.place(("object",))


def _of_probe(sink: SinkSettings, built: Configuration, seen: Seen, found: Findings) -> Iterator[Problem]:
    """What the CRM said its user is missing, at the mapping that needs it; what is told by the schema, or beside it, is left
    out here."""
    told = {(problem.code, problem.field) for problem in found.problems if problem.code in _OF_THE_OBJECT}
    places = {mapping.object: _place_of_object(mapping, built) for mapping, _ in reversed(list(_mappings(sink, built)))}
    for problem in seen.problems:
        if (problem.code, problem.field) not in told and problem.code not in _TOLD_BESIDE:
            yield replace(problem, place=problem.place or places.get(problem.field.partition(".")[0]))


_OF_THE_OBJECT = frozenset({"no_object", "no_permission", "no_external_id", "external_id_not_unique"})
_ENDS = frozenset({"version_ending"})
"""What works today and will not for ever: worth a look, and no reason to fail."""

_TOLD_BESIDE = frozenset({"native_sync"})
"""What one CRM can not judge, since it depends on whether both are written."""


def _of_owners(problems: Iterable[Problem], built: Configuration, sink: SinkSettings, papers: Papers) -> Findings:
    """Queues that are not there leave leads without an owner; a person who is not there is skipped, which is worth a look."""
    queues = {named[sink.spec.name]: name for name, named in built.team.queues.items() if sink.spec.name in named}
    wrong, worth_a_look = [], []
    for problem in problems:
        if problem.field in queues:
            loc: tuple[str, ...] = ("queues", queues[problem.field], sink.spec.name)
            wrong.append(replace(problem, field=dotted(loc), place=problem.place or _at(papers.team, loc)))
        else:
            loc = ("people", problem.field)
            worth_a_look.append(replace(problem, field="people", place=problem.place or _at(papers.team, loc, key=True)))
    return Findings(tuple(wrong), tuple(worth_a_look))


def _at(document: Document | None, loc: tuple[str, ...], *, key: bool = False) -> Place | None:
    return None if document is None else document.place(loc, key)


def _told_once(name: str, found: Findings) -> Findings:
    """Every finding once, in the order of the files; those without a place say which sink they are of."""

    def named(problems: Sequence[Problem]) -> tuple[Problem, ...]:
        told = [one if one.place is not None else of_sink(name, one) for one in problems]
        return tuple(sorted(dict.fromkeys(told), key=lambda one: one.place or Place("", 0, 0)))

    return Findings(named(found.problems), named(found.warnings))


def of_sink(name: str, problem: Problem) -> Problem:
    """A problem of a sink as a whole."""
    return Problem(problem.code, f"sink `{name}`: {problem.message}", problem.field or f"sinks.{name}", problem.place)


# --- beside the schema ----------------------------------------------------------------------------------------------


def ending(sinks: Iterable[SinkSettings], by: Instant, papers: Papers | None = None) -> list[Problem]:
    """What vendors have said will have stopped working by an instant, of what these sinks are set to."""
    found = []
    for sink in sinks:
        for problem in sink.spec.ending(sink.config, by) if sink.spec.ending is not None else ():
            place = None if papers is None else _at(papers.settings, ("sinks", sink.name, *problem.field.split(".")))
            found.append(of_sink(sink.name, replace(problem, field=f"sinks.{sink.name}.{problem.field}", place=place)))
    return found


def native_integration(sinks: Sequence[tuple[SinkSettings, Schemas]], papers: Papers | None = None) -> list[Problem]:
    """HubSpot's own Salesforce integration in one of the CRMs, where leadrelay writes both: every lead would arrive twice."""
    if not {"salesforce", "hubspot"} <= {sink.spec.name for sink, _ in sinks}:
        return []
    found = []
    for sink, schemas in sinks:
        where, named = _native_names(sink, schemas)
        if named:
            sentence = (
                f"HubSpot's own Salesforce integration is installed in this {where} ({named}), and leadrelay"
                " writes both CRMs: the same lead can be made twice, and the two overwrite each other. Turn its contact sync off,"
                " or write one of the two CRMs only"
            )
            place = None if papers is None else _at(papers.settings, ("sinks", sink.name), key=True)
            found.append(of_sink(sink.name, Problem("native_integration", sentence, f"sinks.{sink.name}", place)))
    return found


def _native_names(sink: SinkSettings, schemas: Schemas) -> tuple[str, str]:
    """What the CRM calls an account, and the first field by which the integration shows itself there; empty without one."""
    where, pattern = ("portal", _NATIVE) if sink.spec.name == "hubspot" else ("org", _PACKAGE)
    objects = ("contacts",) if sink.spec.name == "hubspot" else ("Lead", "Contact")
    for name in objects:
        schema = schemas.get(name)
        names = sorted(one for one in schema.fields if pattern.fullmatch(one)) if schema is not None else []
        if names:
            return where, f"{name} have `{names[0]}`" if where == "portal" else f"{name} has `{names[0]}`"
    return where, ""
