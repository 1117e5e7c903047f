"""A condition as a lineage tells it: each clause with its answer, the field's value, and where that value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.conditions import Explained
from core.questions import sentence_of
from leadrelay.engine.known_accounts import ACCOUNT_OWNER
from leadrelay.lineage.story import Story, shown, step
from leadrelay.web.views import Reason

_GROUPS = {"all": "all of these", "any": "any of these", "none": "none of these"}
_UNKNOWN = "unknown"


def conditions(story: Story, explained: Explained | Mapping[str, Any], depth: int = 0) -> Iterator[Reason]:
    """A condition with its answer, then those that it is made of, further in. A stored one is its JSON."""
    one: Mapping[str, Any] = explained.as_json() if isinstance(explained, Explained) else explained
    yield _clause(story, one, depth)
    for part in one.get("parts", ()):
        yield from conditions(story, part, depth + 1)


def _clause(story: Story, one: Mapping[str, Any], depth: int) -> Reason:
    text, truth = str(one["text"]), str(one["truth"])
    path = text.split(" ", 1)[0]
    name = _GROUPS.get(text) or (f"the check `{text}`" if text in story.rules.checks else text)
    data: dict[str, Any] = {"condition": text, "truth": truth, "rule": one["place"], "value": one.get("value")}
    data |= {"reason": one.get("reason") or None}
    said = ""
    if "value" in one:
        uid = str(one.get("touch") or _touch_of(story, one))
        is_stored = uid in story.by_uid
        data |= {"path": path if path in story.lead.fields else None, "from": story.provenance(uid, path) if is_stored else None}
        came = f", by {story.who(uid)}" if is_stored and not _is_made(story, path) else ""
        it = shown(one["value"]) if text.startswith("has touch ") else f"it is {shown(one['value'])}"
        said = f" ({it}{came})"
    elif truth == _UNKNOWN and not one.get("parts"):
        field = story.catalogue.get(path)
        asks = f"; to ask: {sentence_of(field)}" if field is not None and field.rule not in ("derived", "crm") else ""
        said = f" (nobody has said it yet{asks})"
        data["ask"] = path if field is not None else None
    why = f": {one['reason']}" if one.get("reason") else ""
    return step("clause", f"{name} is {truth}{said}{why} [{one['place']}]", one.get("at"), depth, **data)


def _is_made(story: Story, path: str) -> bool:
    """Whether a field is worked out and was said by nobody."""
    field = story.catalogue.get(path)
    if path == ACCOUNT_OWNER:
        return not story.lead.told_by(path)
    return field is not None and field.rule == "derived" and not path.startswith(("first_touch.", "last_touch.", "person."))


def _touch_of(story: Story, one: Mapping[str, Any]) -> str:
    """The touch that answers `has touch`, which names its kind and time."""
    found = (touch.uid for touch in story.touches if touch.kind == one.get("value") and touch.at == one.get("at"))
    return next(found, "")


def still_open(story: Story, paths: tuple[str, ...]) -> list[str]:
    """The questions by which fields are asked for."""
    fields = [(path, story.catalogue.get(path)) for path in paths]
    return [f"{path}?" if field is None else sentence_of(field) for path, field in fields]
