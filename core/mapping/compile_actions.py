"""Compiling `each_touch`: what is made in the CRM once for every touch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from core.documents import Entry, ListNode, Node, ScalarNode
from core.mapping import parts
from core.mapping.outbound import EachTouch, Template
from core.mapping.reader import Reader

_DOTTED_WORDS = re.compile(r"[a-z_]+(\.[a-z_]+)+")


@dataclass(frozen=True, slots=True)
class ActionKind:
    """What one kind of action takes; without all of `needs` filled there is nothing to make. `fallback` stands in for a
    need that the touch does not fill."""

    fields: tuple[str, ...]
    needs: tuple[str, ...]
    fallback: str = ""


ACTION_KINDS = {
    "campaign_member": ActionKind(("campaign", "status"), ("campaign",)),
    "task": ActionKind(("subject", "description", "status", "priority", "type"), ("subject",), "touch.kind"),
}


def each_touch(reader: Reader, node: Node | None) -> tuple[EachTouch, ...]:
    """The actions in the file's order."""
    if node is None:
        return ()
    return tuple(_one(reader, entry) for entry in reader.entries(node, "`each_touch`", tuple(ACTION_KINDS)))


def _one(reader: Reader, entry: Entry) -> EachTouch:
    kind = ACTION_KINDS[entry.key.text]
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
