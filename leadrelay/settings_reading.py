"""Reading config/leadrelay.yaml: each part checked by its own model, a source or sink by its connector's too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, SecretStr, create_model

from connectors.base import Spec
from core.documents import Document, Loc, Plain, dotted, validate_tree
from core.problems import Place, Problem, did_you_mean
from core.texts import SHORTEST_TOKEN, TokenStr
from leadrelay.references import Tree, literal_secrets, read_tree
from leadrelay.registry import ConnectorBroken, connector_names, find_connector
from leadrelay.settings import DEFAULT_STORE, Settings, SettingsFile, SinkCommon, SinkSettings, SourceCommon, SourceSettings

RESERVED_SOURCES = frozenset({"manual"})
"""Sources that are always there; no configuration may give their names to others."""

_PASSWORD_IN_URL = re.compile(r"://[^:/@]*:[^@]+@")
_NAME = re.compile(r"[a-z0-9_]+")
_SQLITE, _POSTGRESQL = ("sqlite", "sqlite+pysqlite"), ("postgresql", "postgres", "postgresql+psycopg")
M = TypeVar("M", bound=BaseModel)
Kind = Literal["source", "sink"]


@dataclass(frozen=True)
class SettingsRead:
    """What came of reading leadrelay.yaml: the settings, or None with what is wrong; `warnings` stop nothing."""

    tree: Tree
    settings: Settings | None
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    sources: Mapping[str, SourceSettings]
    sinks: Mapping[str, SinkSettings]


def read_settings(document: Document, env: Mapping[str, str], folder: Path) -> SettingsRead:
    """The settings of leadrelay.yaml; `folder` is where it lies. Sources and sinks that are right are given in any case."""
    tree = read_tree(document, env, folder)
    problems = [*document.problems, *(problem for _, problem in tree.problems)]
    top, found = _validated(tree, SettingsFile, ())
    problems += found
    sources: dict[str, SourceSettings] = {}
    sinks: dict[str, SinkSettings] = {}
    for name in section_names(tree, "sources"):
        source, found = read_source(tree, name)
        problems += found
        if source is not None:
            sources[name] = source
    for name in section_names(tree, "sinks"):
        sink, found = read_sink(tree, name)
        problems += found
        if sink is not None:
            sinks[name] = sink
    store, data_dir, found = _places(tree, top, folder)
    problems += found
    settings = None
    if top is not None and not problems:
        settings = Settings(
            store, data_dir, _given_key(top, env), top.web, top.worker, top.retention, sources, sinks,
            top.system_of_record.model_dump(exclude_none=True), top.notify, top.region, top.zone,
        )  # fmt: skip
    warnings = tuple(_warnings(tree, top, sources, sinks))
    return SettingsRead(tree, settings, tuple(problems), warnings, sources, sinks)


_BASE = ("store", "data_dir", "secret_key", "region", "zone", "web")


def read_base(tree: Tree, env: Mapping[str, str], folder: Path) -> tuple[Settings | None, list[Problem]]:
    """The settings without which nothing can be captured (store, folders, web), whatever is wrong with the others."""
    given = tree.plain if isinstance(tree.plain, dict) else {}
    part = {key: given[key] for key in _BASE if key in given}
    top, problems = _checked(tree, part, SettingsFile, ())
    problems += [problem for loc, problem in tree.problems if loc[:1] and loc[0] in _BASE]
    store, data_dir, found = _places(tree, top, folder)
    problems += found
    doubled = any(problem.code == "duplicate_key" and problem.field in _BASE for problem in tree.document.problems)
    if top is None or problems or doubled or not tree.document.is_readable:
        return None, problems
    return Settings(store, data_dir, _given_key(top, env), top.web), []


def _given_key(top: SettingsFile, env: Mapping[str, str]) -> SecretStr | None:
    return top.secret_key or (SecretStr(env["LEADRELAY_SECRET_KEY"]) if env.get("LEADRELAY_SECRET_KEY") else None)


def section_names(tree: Tree, section: Literal["sources", "sinks"]) -> list[str]:
    """The names in a section whose value can be read as settings."""
    found = tree.at((section,))
    return [name for name, part in found.items() if isinstance(part, dict) or part == ""] if isinstance(found, dict) else []


def read_source(tree: Tree, name: str) -> tuple[SourceSettings | None, list[Problem]]:
    """One source's settings, from its own keys alone."""
    loc: Loc = ("sources", name)
    spec, problems = _connector(tree, loc, "source")
    if spec is None or spec.source_config is None:
        return None, problems
    config, found = _validated(tree, source_model(spec.source_config), loc)
    if not spec.recognizes and tree.at((*loc, "mapping")) in (None, ""):
        message = f"`mapping` is missing in `{dotted(loc)}`. Name a mapping that a file in mappings/ gives itself."
        found.append(Problem("missing_key", message, dotted((*loc, "mapping")), tree.place(loc, True)))
    if not isinstance(config, SourceCommon) or problems or found:
        return None, problems + found
    region, zone = (config.region or _default(tree, "region")), (config.zone or _default(tree, "zone"))
    return SourceSettings(name, spec, config.mapping, config, region, zone), []


def read_sink(tree: Tree, name: str) -> tuple[SinkSettings | None, list[Problem]]:
    """One sink's settings, from its own keys alone."""
    loc: Loc = ("sinks", name)
    spec, problems = _connector(tree, loc, "sink")
    if spec is None or spec.sink_config is None:
        return None, problems
    config, found = _validated(tree, sink_model(spec.sink_config), loc)
    if not isinstance(config, SinkCommon) or problems or found:
        return None, problems + found
    if config.mode == "live" and not getattr(config, "external_id", None):
        message = (
            f"`{dotted(loc)}` is live without `external_id`, so a repeated call could make a second record. Name a unique field "
            f"of the CRM in `external_id:` (`leadrelay sinks prepare {name}` makes one), or set `mode: observe`."
        )
        return None, [Problem("no_external_id", message, f"sinks.{name}.external_id", tree.place(loc, True))]
    sink = SinkSettings(
        name, spec, config.mapping, config.mode, config.linger, config.test_leads, config, config.daily_calls, config.reserve,
        None if config.read_back is None else config.read_back.every, config.on_deleted,
        getattr(config, "zone", None) or _default(tree, "zone"), _default(tree, "region"),
    )  # fmt: skip
    return sink, []


@cache
def source_model(config: type[BaseModel]) -> type[BaseModel]:
    """A source's whole model: the common keys and its connector's."""
    return create_model(f"{config.__name__}Source", __base__=(SourceCommon, config), __doc__=config.__doc__)


@cache
def sink_model(config: type[BaseModel]) -> type[BaseModel]:
    """A sink's whole model: the common keys and its connector's."""
    return create_model(f"{config.__name__}Sink", __base__=(SinkCommon, config), __doc__=config.__doc__)


def connectors_of(kind: Kind) -> list[str]:
    """The connectors that can be a source or a sink; one that can not be loaded counts as both."""
    found = []
    for name in connector_names():
        try:
            spec = find_connector(name)
        except ConnectorBroken:
            found.append(name)
            continue
        if spec is not None and config_of(spec, kind) is not None:
            found.append(name)
    return found


def config_of(spec: Spec, kind: Kind) -> type[BaseModel] | None:
    """The model of a connector's own settings as a source or a sink; None when it can not be one."""
    return spec.source_config if kind == "source" else spec.sink_config


def _connector(tree: Tree, loc: Loc, kind: Kind) -> tuple[Spec | None, list[Problem]]:
    """The connector that a section names, and what is wrong with the section's name and its connector."""
    name = str(loc[-1])
    problems: list[Problem] = []
    if not _NAME.fullmatch(name):
        fixed = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "website"
        message = f"`{name}` is no name for a {kind}: use a-z, 0-9 and _ only, such as `{fixed}`."
        problems.append(Problem("wrong_name", message, dotted(loc), tree.place(loc, True)))
    if kind == "source" and name in RESERVED_SOURCES:
        message = f"`{name}` is the source of leads that people add themselves: choose another name, such as `{name}_2`."
        problems.append(Problem("wrong_name", message, dotted(loc), tree.place(loc, True)))
    wanted = tree.at((*loc, "connector"))
    if not isinstance(wanted, str) or not wanted:
        message = f"`{dotted(loc)}` names no connector. Add `connector:` with one of: {', '.join(connectors_of(kind))}."
        return None, [*problems, Problem("missing_key", message, dotted((*loc, "connector")), tree.place(loc, True))]
    spec, said = _loaded(wanted, kind)
    if said:
        where = (*loc, "connector")
        problems.append(tree.masked(Problem("unknown_connector", said, dotted(where), tree.place(where))))
    return spec, problems


def _loaded(wanted: str, kind: Kind) -> tuple[Spec | None, str]:
    """A connector, or the sentence that says why it can not be used."""
    try:
        spec = find_connector(wanted)
    except ConnectorBroken as error:
        return None, f"{error}."
    known = connectors_of(kind)
    if spec is None:
        hint = did_you_mean(wanted, known) or f" There are: {', '.join(known)}."
        return None, f"`{wanted}` is no connector.{hint}"
    if config_of(spec, kind) is None:
        return None, f"the connector `{wanted}` can not be a {kind}. Use one of: {', '.join(known)}."
    return spec, ""


def _validated(tree: Tree, model: type[M], prefix: Loc) -> tuple[M | None, list[Problem]]:
    """A part of the tree as its model."""
    part = tree.at(prefix)
    return _checked(tree, "" if part is None else part, model, prefix)


def _checked(tree: Tree, part: Plain, model: type[M], prefix: Loc) -> tuple[M | None, list[Problem]]:
    """A value as its model; where a reference leads nowhere, that is complained of elsewhere and its value is not."""

    def place(loc: Loc, key: bool) -> Place:
        return tree.place(prefix + loc, key)

    made, problems = validate_tree(part, model, place, prefix=prefix, shown=lambda loc: tree.shown(prefix + loc))
    unresolved = {problem.place for _, problem in tree.problems}
    return made, [tree.masked(problem) for problem in problems if problem.place not in unresolved]


def _default(tree: Tree, key: Literal["region", "zone"]) -> str:
    """The file's default for all sources; a wrong one is complained of where it stands, not here."""
    given = tree.at((key,))
    made, _ = validate_tree({} if given is None else {key: given}, SettingsFile, lambda loc, is_key: Place("", 1, 1))
    return str(getattr(made or SettingsFile(), key))


def _places(tree: Tree, top: SettingsFile | None, folder: Path) -> tuple[str, Path, list[Problem]]:
    """The store's URL, the folder for data, and what is wrong with the store."""
    given = tree.at(("store",))
    given = given if isinstance(given, str) and given else DEFAULT_STORE
    scheme, separator, rest = given.partition("://")
    data_dir = folder / top.data_dir if top is not None and top.data_dir else None
    if scheme in _SQLITE and rest.startswith("/") and rest[1:] and ":memory:" not in rest:
        path = (folder / rest[1:].partition("?")[0]).resolve()
        return f"sqlite:///{path}", (data_dir or path.parent).resolve(), []
    if scheme in _POSTGRESQL and separator and rest:
        return f"postgresql+psycopg://{rest}", (data_dir or folder / "data").resolve(), []
    if tree.is_unresolved(("store",)):
        return "", folder, []
    message = "`store` wants `sqlite:///path/to/leadrelay.db` or `postgresql://user@host/database` (never in memory)."
    return "", folder, [Problem("wrong_value", message, "store", tree.place(("store",)))]


def _warnings(
    tree: Tree, top: SettingsFile | None, sources: Mapping[str, SourceSettings], sinks: Mapping[str, SinkSettings]
) -> Iterator[Problem]:
    parts: list[tuple[Loc, BaseModel]] = [(("web",), top.web), (("notify",), top.notify)] if top is not None else []
    parts += [(("sources", name), source.config) for name, source in sources.items()]
    parts += [(("sinks", name), sink.config) for name, sink in sinks.items()]
    locs = [loc for prefix, part in parts for loc in _secret_locs(part, prefix)]
    if top is not None and top.secret_key is not None:
        locs.append(("secret_key",))
    if _PASSWORD_IN_URL.search(tree.shown(("store",)) or ""):
        locs.append(("store",))
    yield from literal_secrets(tree, iter(locs))
    for loc in (loc for prefix, part in parts for loc in _secret_locs(part, prefix, _is_short)):
        name = dotted(loc)
        message = (
            f"the token at `{name}` is shorter than {SHORTEST_TOKEN} characters, so it may be found by trying. Make a long one: "
            "openssl rand -hex 24"
        )
        yield Problem("short_token", message, name, tree.place(loc if tree.document.node(loc) is not None else loc[:-1]))


def _is_short(secret: SecretStr) -> bool:
    return isinstance(secret, TokenStr) and secret.is_short


def _secret_locs(value: object, loc: Loc, fits: Callable[[SecretStr], bool] = lambda _: True) -> Iterator[Loc]:
    """Where the secrets of a part stand, of those that fit."""
    if isinstance(value, SecretStr):
        if fits(value):
            yield loc
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            yield from _secret_locs(getattr(value, name), (*loc, info.alias or name), fits)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _secret_locs(part, (*loc, str(name)), fits)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _secret_locs(part, (*loc, index), fits)
