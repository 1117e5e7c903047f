"""Every kind of alert, in one place: whom it concerns, what it is called, what its key names, and the command that helps.

docs/runbooks.md has a section for each, whose anchor is the kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["it", "marketing", "crm_admin", "sales"]
ROLES: tuple[Role, ...] = get_args(Role)
About = Literal["sink", "source", "target", "lead", ""]
"""What the second part of an alert's key names."""


@dataclass(frozen=True, slots=True)
class AlertKind:
    """One kind of alert. `command` may hold `NAME` for what the alert is about.

    One that `is_once` is told once, at once: nobody is reminded of it or told that it is over. By mail it goes to the people that
    the alert names, and to nobody else.
    """

    name: str
    role: Role
    title: str
    command: str
    about: About = ""
    is_once: bool = False

    def subject(self, key: str) -> str:
        """What an alert of this kind is about by its key: a sink's, source's or target's name, or empty."""
        return key.split(":")[1] if self.about and ":" in key else ""


FAILING = "notify_failing"
"""The kind of the alert that says that somebody can not be told."""

_TABLE = (
    AlertKind("sink_paused", "crm_admin", "A sink is paused", "leadrelay sinks probe NAME", "sink"),
    AlertKind("sink_unreachable", "it", "A CRM does not answer", "leadrelay sinks list", "sink"),
    AlertKind("mapping", "crm_admin", "A mapping does not fit its CRM", "leadrelay check --live", "sink"),
    AlertKind(
        "deliveries_failed", "crm_admin", "Deliveries fail", "leadrelay deliveries list --state failed --sink NAME", "sink"
    ),
    AlertKind("calls_forecast", "crm_admin", "The day's calls are not going to do", "leadrelay sinks list"),
    AlertKind("backlog_waits", "crm_admin", "A backlog waits for the day's calls", "leadrelay sinks list"),
    AlertKind("read_back_refused", "crm_admin", "A CRM can not be read back", "leadrelay sinks probe NAME", "sink"),
    AlertKind("read_back_behind", "it", "A CRM is read back late", "leadrelay sinks list", "sink"),
    AlertKind("source_paused", "it", "A source is paused", "leadrelay sources list", "source"),
    AlertKind("source_unreachable", "it", "A source can not be reached", "leadrelay sources list", "source"),
    AlertKind(
        "source_item_failed",
        "it",
        "A mail or file can not be read",
        "leadrelay submissions list --state rejected --source NAME",
        "source",
    ),
    AlertKind(
        "source_unauthorized",
        "it",
        "Posts are refused for their token",
        "leadrelay submissions list --state quarantined --source NAME",
        "source",
    ),
    AlertKind("source_not_put_away", "it", "Mails can not be put away", "leadrelay sources probe NAME", "source"),
    AlertKind("file_not_imported", "marketing", "A file was not imported", "leadrelay inspect FILE", "source"),
    AlertKind("folder_not_usable", "it", "A watched folder can not be used", "leadrelay sources probe NAME", "source"),
    AlertKind("merge_in_crm", "crm_admin", "Two records are one person", "leadrelay leads history LEAD", "sink"),
    AlertKind(
        "submissions_held", "marketing", "Submissions are held", "leadrelay submissions list --state held --source NAME", "source"
    ),
    AlertKind(
        "submissions_quarantined",
        "marketing",
        "Many submissions are put aside",
        "leadrelay submissions list --state quarantined --source NAME",
        "source",
    ),
    AlertKind("submissions_late", "it", "Submissions wait to be worked on", "leadrelay doctor"),
    AlertKind("configuration", "it", "The configuration is broken", "leadrelay check"),
    AlertKind("spool_waiting", "it", "The spool does not drain", "leadrelay doctor"),
    AlertKind("disk_full", "it", "A disk is nearly full", "leadrelay doctor"),
    AlertKind("unaccounted", "it", "The ledger does not add up", "leadrelay audit --json"),
    AlertKind("response_due", "sales", "An answer is due soon", "leadrelay leads why NAME owner", "lead", is_once=True),
    AlertKind("response_overdue", "sales", "An answer is overdue", "leadrelay leads why NAME owner", "lead", is_once=True),
    AlertKind(FAILING, "it", "A notice can not be sent", "leadrelay notify test NAME", "target"),
)
SOURCE_PAUSED = "source_paused"
SOURCE_FAILS = ("source_unreachable", "source_item_failed", "source_not_put_away", "file_not_imported", "folder_not_usable")
"""The kinds of alert that say that something of a source does not come in, or can not be put away."""

KINDS: dict[str, AlertKind] = {kind.name: kind for kind in _TABLE}


def kind_of(name: str) -> AlertKind:
    """The kind of this name; one that a newer version has raised concerns IT and bears its own name."""
    return KINDS.get(name) or AlertKind(name, "it", name.replace("_", " ").capitalize(), "leadrelay doctor")
