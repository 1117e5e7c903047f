"""What the shell offers after TAB: the names that stand in the configuration, read without anything heavy."""

from __future__ import annotations

from leadrelay.commands.options import config_path


def source_names(incomplete: str) -> list[str]:
    """The sources whose names begin so."""
    return _names("sources", incomplete)


def sink_names(incomplete: str) -> list[str]:
    """The sinks whose names begin so."""
    return _names("sinks", incomplete)


def _names(section: str, incomplete: str) -> list[str]:
    """The keys of a section of leadrelay.yaml; none where the file can not be read, since this is no place to complain."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(config_path(None).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return []
    found = document.get(section) if isinstance(document, dict) else None
    return sorted(str(name) for name in found if str(name).startswith(incomplete)) if isinstance(found, dict) else []
