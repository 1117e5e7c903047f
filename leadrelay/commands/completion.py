"""What the shell offers after TAB: the names that stand in the configuration, read without anything heavy, and states."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from leadrelay.commands.options import config_path


def source_names(incomplete: str) -> list[str]:
    """The sources whose names begin so."""
    return [name for name in names_in(config_path(None), "sources") if name.startswith(incomplete)]


def sink_names(incomplete: str) -> list[str]:
    """The sinks whose names begin so."""
    return [name for name in names_in(config_path(None), "sinks") if name.startswith(incomplete)]


def submission_states(incomplete: str) -> list[str]:
    """The states of submissions that begin so."""
    from leadrelay.web.views import SubmissionState

    return [state for state in get_args(SubmissionState) if state.startswith(incomplete)]


def delivery_states(incomplete: str) -> list[str]:
    """The states of deliveries that begin so."""
    from leadrelay.web.views import DeliveryState

    return [state for state in get_args(DeliveryState) if state.startswith(incomplete)]


def names_in(path: Path, section: str) -> list[str]:
    """The names in a section of leadrelay.yaml; none where the file can not be read, since this is no place to complain."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError):
        return []
    found = document.get(section) if isinstance(document, dict) else None
    return sorted(map(str, found)) if isinstance(found, dict) else []
