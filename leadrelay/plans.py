"""From the configuration in force to what the engine works by: sources, rules and sinks, compiled once for each version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from connectors.sources import FileFeed, FileOptions, PushSource, Reader, SourceContext
from core.mapping import InboundMapping, OutboundMapping
from core.texts import RateLimit
from core.windows import Window
from leadrelay.configuration import Configuration
from leadrelay.engine import manual
from leadrelay.engine.plan import ProcessPlan, SinkPlan, SourcePlan
from leadrelay.pools import routing_plan
from leadrelay.settings import SinkSettings, SourceSettings
from leadrelay.web.entrances import Entrance, limits_of

_DEFAULT_BATCH = 100


def process_plan(configuration: Configuration) -> ProcessPlan:
    """What submissions are decided by. Sinks in observe mode are wanted too: their rows wait until the sink goes live."""
    sources = {
        name: SourcePlan(name, open_source(source), source_mapping(configuration, source), source.zone, source.region)
        for name, source in configuration.settings.sources.items()
    }
    own = manual.source(configuration.catalogue, configuration.settings.zone, configuration.settings.region)
    sources[own.name] = own
    sinks = tuple(sink_plan(configuration, sink) for sink in configuration.settings.sinks.values())
    routing = routing_plan(configuration.rules, configuration.team, takes_tests=any(sink.takes_tests for sink in sinks))
    return ProcessPlan(configuration.hash, configuration.catalogue, sources, sinks, configuration.rules, routing)


def sink_plan(configuration: Configuration, sink: SinkSettings) -> SinkPlan:
    """One sink with its mappings; the mapping that `when_converted` names is rendered beside the object's own."""
    mappings = tuple(configuration.outbound[name] for name in sink.mappings)
    converted = {
        mapping.when_converted.object: configuration.outbound[mapping.when_converted.mapping]
        for mapping in mappings
        if mapping.when_converted is not None
    }
    return SinkPlan(
        name=sink.name,
        mappings=mappings,
        converted=converted,
        is_live=sink.mode == "live",
        takes_tests=sink.test_leads,
        batch=int(getattr(sink.config, "batch", _DEFAULT_BATCH)),
        linger=sink.linger,
        lease=configuration.settings.worker.lease,
        rate=_rate(getattr(sink.config, "rate", None)),
        burst=None if sink.spec.burst is None else Window(sink.spec.burst.limit, sink.spec.burst.per_ms),
        daily_calls=sink.daily_calls,
        reserve=sink.reserve,
        connector=sink.spec.name,
        fingerprint=fingerprint(configuration, sink),
        queues=queues_of(configuration, sink),
        system_of_record=configuration.settings.system_of_record,
        read_back_every=sink.read_back_every,
        recreates=sink.on_deleted == "recreate",
        zone=sink.zone,
        region=sink.region,
        bulk_from=int(getattr(sink.config, "bulk_from", 0)),
    )


def _rate(given: object) -> Window | None:
    return Window(given.count, given.per_ms) if isinstance(given, RateLimit) else None


def queues_of(configuration: Configuration, sink: SinkSettings) -> dict[str, str]:
    """The team's queues with what stands for each in this sink's CRM; a sink's own name goes before its connector's."""
    found = {
        name: crm_names.get(sink.name) or crm_names.get(sink.spec.name, "")
        for name, crm_names in configuration.team.queues.items()
    }
    return {name: crm_name for name, crm_name in found.items() if crm_name}


def fingerprint(configuration: Configuration, sink: SinkSettings) -> str:
    """Equal as long as the sink's mappings are written the same, and whoever has the last word and the queues' names stay:
    what its leads were last wanted by."""
    names: Iterable[str] = sorted({*sink.mappings, *(other.name for other in _converted(configuration, sink))})
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0{configuration.texts[name]}\0".encode())
    for settled in (configuration.settings.system_of_record, queues_of(configuration, sink)):
        digest.update("".join(f"{key}\0{value}\0" for key, value in sorted(settled.items())).encode())
    return digest.hexdigest()[:16]


def _converted(configuration: Configuration, sink: SinkSettings) -> Iterable[OutboundMapping]:
    for name in sink.mappings:
        wanted = configuration.outbound[name].when_converted
        if wanted is not None:
            yield configuration.outbound[wanted.mapping]


def source_context(source: SourceSettings) -> SourceContext:
    """What a source's connector is told when it is opened."""
    return SourceContext(source.name, source.region, source.zone)


def source_mapping(configuration: Configuration, source: SourceSettings) -> InboundMapping:
    """What a source's names mean. Where its reader recognizes lead fields by itself, these need no line of the mapping, nor a
    mapping at all."""
    mapping = configuration.inbound[source.mapping] if source.mapping else InboundMapping("", ())
    if not source.spec.recognizes:
        return mapping
    return replace(mapping, recognized=frozenset(filter(configuration.catalogue.is_input, configuration.catalogue.fields)))


def open_source(source: SourceSettings) -> Reader:
    """The source's reader, as its connector makes it."""
    assert source.spec.open_source is not None  # noqa: S101 - the settings take only connectors that are sources
    return source.spec.open_source(source_context(source), source.config)


def file_options(configuration: Configuration, source: SourceSettings) -> FileOptions:
    """What a file of a source is opened with: the names that its mapping reads, and those of them that can say who it is."""
    if not source.mapping:
        return FileOptions()
    mapping = configuration.inbound[source.mapping]
    lines = [line for line in mapping.lines if line.path in mapping.who]
    names = None if any(line.default for line in lines) else frozenset(name for line in lines for name in line.inputs)
    return FileOptions(mapping.input_names, names)


def open_file(source: SourceSettings, path: Path, options: FileOptions) -> FileFeed:
    """A file of a source as its records; raises UnreadableFile."""
    assert source.spec.open_file is not None  # noqa: S101 - asked only of sources that read files
    return source.spec.open_file(source_context(source), source.config, path, options)


def entrances(sources: Mapping[str, SourceSettings], configuration: Configuration | None, max_body: int) -> list[Entrance]:
    """The doors of the web process; without a whole configuration they open all the same, mapping nothing yet."""
    found = []
    for name, source in sources.items():
        reader = open_source(source)
        if not isinstance(reader, PushSource):
            continue
        mapping = configuration.inbound.get(source.mapping) if configuration is not None else None
        names = mapping.input_names if mapping is not None else frozenset()
        found.append(Entrance(name, reader, names, limits_of(source.config, max_body)))
    return found
