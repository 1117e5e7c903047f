"""`why`: the way of a value, a decision or a CRM record from the raw bytes to the CRM call, told from what is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from leadrelay.lineage.story import Story, Told, step
from leadrelay.lineage.topics import tell
from leadrelay.store.ids import to_uid
from leadrelay.views import find_lead
from leadrelay.web.views import Reason, Why

if TYPE_CHECKING:
    from leadrelay.app import App

__all__ = ["explain"]


def explain(app: App, uid: str, topic: str) -> Why | None:
    """Why a lead, or what `topic` names of it, is as it is; None when there is no such lead. Raises UnknownTopic."""
    with app.database.read(is_snapshot=True) as connection:
        row = find_lead(connection, uid)
        if row is None:
            return None
        story = Story(app, connection, row)
        told = tell(story, topic.strip())
    short = _shortened(app.path.parent)
    steps = [replace(one, what=short(one.what)) for one in _with_merge(uid, to_uid(row.id), told)]
    return Why(story.lead.uid, topic, steps, short(told.answer), told.value)


def _shortened(folder: Path) -> Callable[[str], str]:
    """Sentences name the users' files as they lie beside the configuration; the data of a step has the whole path."""
    if not folder.is_absolute():
        return str
    return lambda text: text.replace(f"{folder}/", "").replace(f"{folder.parent}/", "")


def _with_merge(asked: str, uid: str, told: Told) -> list[Reason]:
    """The steps; of a lead that has gone into another one, that comes first."""
    if asked == uid:
        return told.steps
    return [
        step("merged", f"lead {asked} is part of lead {uid} now: this is told of that one", None, 0, asked=asked, lead=uid),
        *told.steps,
    ]
