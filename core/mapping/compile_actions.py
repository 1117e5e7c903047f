"""Compiling `each_touch`: what is made in the CRM once for every touch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from core.documents import Entry, ListNode, Node, ScalarNode
from core.mapping import parts
from core.mapping.outbound import Company, EachTouch, Template
from core.mapping.reader import Reader

_DOTTED_WORDS = re.compile(r"[a-z_]+(\.[a-z_]+)+")


@dataclass(frozen=True, slots=True)
class ActionKind:
    """What one kind of action takes; without all of `needs` filled there is nothing to make. `fallback` stands in for a
    need that the touch does not fill."""

    fields: tuple[str, ...]
    needs: tuple[str, ...]
    fallback: str = ""


ACTION_KINDS: Mapping[str, Mapping[str, ActionKind]] = {
    "salesforce": {
        "campaign_member": ActionKind(("campaign", "status"), ("campaign",)),
        "task": ActionKind(("subject", "description", "status", "priority", "type"), ("subject",), "touch.kind"),
    },
    "hubspot": {
        "note": ActionKind(("body", "timestamp"), ("body",)),
        "task": ActionKind(("subject", "description", "body", "timestamp"), ("subject",), "touch.kind"),
        "list_membership": ActionKind(("list",), ("list",)),
    },
}
"""The kinds of action that each CRM knows, by what a mapping says after `to:`."""

HAS_COMPANIES = ("hubspot",)
"""CRMs in which a person's record is associated with a company's record."""

COMPANY_KEYS = ("domain", "name")


def kinds_of(to: str) -> Mapping[str, ActionKind]:
    """What may stand under `each_touch` for a CRM; of one that is not known here, whatever any CRM knows."""
    if to in ACTION_KINDS:
        return ACTION_KINDS[to]
    return {name: kind for kinds in ACTION_KINDS.values() for name, kind in kinds.items()}


def each_touch(reader: Reader, node: Node | None, to: str) -> tuple[EachTouch, ...]:
    """The actions in the file's order."""
    if node is None:
        return ()
    kinds = kinds_of(to)
    entries = reader.entries(node, f"`each_touch` of a mapping to {to}", tuple(kinds))
    return tuple(_one(reader, entry, kinds[entry.key.text]) for entry in entries)


def company(reader: Reader, entry: Entry | None, to: str) -> Company | None:
    """The lines under `company`: which lead fields say the domain and the name of the company to associate with."""
    if entry is None:
        return None
    if to not in HAS_COMPANIES:
        message = f"`company` is not known in a mapping to {to}: it is for {' and '.join(HAS_COMPANIES)}. Remove it."
        reader.complain("unknown_key", message, entry.key.place, "company")
        return None
    verbs = {verb.key.text: verb.value for verb in reader.entries(entry.value, "`company`", COMPANY_KEYS)}
    if "domain" not in verbs:
        message = "`company` needs `domain:`, the lead field by which the company is found, such as `company.domain`."
        reader.complain("missing_key", message, entry.value.place, "domain")
    paths = {key: _lead_fields(reader, verbs[key], f"`{key}` of `company`") if key in verbs else () for key in COMPANY_KEYS}
    return Company(paths["domain"], paths["name"], entry.key.place)


def _lead_fields(reader: Reader, node: Node, what: str) -> tuple[str, ...]:
    """Fields of a lead, of which the first filled one counts."""
    found = []
    places = {item.text: item.place for item in node.items if isinstance(item, ScalarNode)} if isinstance(node, ListNode) else {}
    for path in reader.texts(node, what):
        place = places.get(path, node.place)
        if not reader.lead_field(path, place):
            continue
        if reader.catalogue[path].rule == "touch":
            reader.complain("touch_field", f"`{path}` belongs to a touch, and {what} is asked of the lead.", place, path)
        else:
            found.append(path)
    return tuple(found)


def _one(reader: Reader, entry: Entry, kind: ActionKind) -> EachTouch:
    what = f"`{entry.key.text}`"
    verbs = {verb.key.text: verb for verb in reader.entries(entry.value, what, (*kind.fields, "when"))}
    for need in kind.needs:
        if need not in verbs:
            reader.complain("missing_key", f"{what} needs `{need}:`.", entry.value.place, need)
    when = verbs.pop("when", None)
    clauses = (
        parts.clauses(reader, when.value, what, lambda asked: reader.lead_field(asked.key.text, asked.key.place)) if when else ()
    )
    templates = tuple(_template(reader, verb, kind) for verb in verbs.values())
    return EachTouch(entry.key.text, templates, clauses, kind.needs, entry.key.place)


def _template(reader: Reader, entry: Entry, kind: ActionKind) -> Template:
    """A list names lead or touch fields, of which the first filled one counts; a single text may be a constant."""
    name, node = entry.key.text, entry.value
    fallback = (kind.fallback,) if kind.fallback and name in kind.needs else ()
    if isinstance(node, ListNode):
        places = {item.text: item.place for item in node.items if isinstance(item, ScalarNode)}
        paths = tuple(path for path in reader.texts(node, f"`{name}`") if reader.lead_field(path, places[path]))
        return Template(name, paths + fallback)
    text = reader.text(node, f"`{name}`") or ""
    if text in reader.catalogue:
        return Template(name, (text, *fallback))
    if _looks_like_field(reader, text):
        reader.lead_field(text, node.place)
    return Template(name, (), text)


def _looks_like_field(reader: Reader, text: str) -> bool:
    """Whether a text that is no lead field was surely meant to be one: dotted small words, near or under a known group."""
    if not _DOTTED_WORDS.fullmatch(text):
        return False
    group = text.partition(".")[0] + "."
    is_in_group = any(path.startswith(group) for path in reader.catalogue.fields)
    return is_in_group or bool(get_close_matches(text, reader.catalogue.fields, n=1, cutoff=0.85))
