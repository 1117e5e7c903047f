"""What a notice says: the same facts as a mail's text, for a chat, and as JSON for programs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from core.instants import Instant, to_iso
from leadrelay.notify.kinds import AlertKind
from leadrelay.notify.planning import REMINDER, RESOLVED

TEST = "test"
_BEGINNING = {RESOLVED: "Resolved: ", REMINDER: "Still open: ", TEST: "Test: "}
_MARK = {RESOLVED: ":white_check_mark:", REMINDER: ":hourglass:", TEST: ":wave:"}
_MOST_IN_CHAT = 10
_MOST_IN_TITLE = 10
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Item:
    """One alert in a message: its notice's id, key, clean sentence, and times."""

    uid: str
    key: str
    sentence: str
    since_at: Instant
    resolved_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message about one or several alerts of one kind; `event` is raised, reminder, resolved or test."""

    event: str
    kind: AlertKind
    items: tuple[Item, ...]
    installation: str
    docs: str

    @property
    def uid(self) -> str:
        """What makes a repeated message recognizable."""
        return self.items[0].uid

    @property
    def thread(self) -> str:
        """The same for every message about the same trouble."""
        return hashlib.blake2b(self.items[0].key.encode(), digest_size=8).hexdigest()

    @property
    def link(self) -> str:
        """The section of the runbooks about this kind of alert."""
        return self.docs if self.event == TEST else f"{self.docs}#{self.kind.name}"

    @property
    def names(self) -> tuple[str, ...]:
        """The sinks, sources, targets or leads that this is about."""
        found = dict.fromkeys(self.kind.subject(item.key) for item in self.items)
        return tuple(name for name in found if name)

    @property
    def command(self) -> str:
        """The command that helps."""
        command = self.kind.command
        if "NAME" in command and len(self.names) == 1:
            return command.replace("NAME", self.names[0])
        return command.replace(" --sink NAME", "").replace(" --source NAME", "").replace("why NAME", "why LEAD")

    @property
    def title(self) -> str:
        """What this is about, in a line."""
        count = f" ({len(self.items)} times)" if len(self.items) > 1 else ""
        names = f": {', '.join(self.names)}" if 0 < len(self.names) <= _MOST_IN_TITLE else ""
        return f"{_BEGINNING.get(self.event, '')}{self.kind.title}{names}{count}"


def as_text(message: Message) -> str:
    """The message for people, as plain text."""
    lines = [f"{message.title}\n"]
    for item in message.items:
        lines += [_named(message, item), f"  {_times(item)}\n"]
    if message.event not in (RESOLVED, TEST):
        lines += [f"What helps:  {message.command}", f"Read on:     {message.link}"]
    return "\n".join([*lines, "", f"-- \n{message.installation}, notice {message.uid}", ""])


def _named(message: Message, item: Item) -> str:
    """What is wrong, and with which of several sinks or sources where the sentence does not say so itself."""
    name = message.kind.subject(item.key)
    is_clear = len(message.names) < 2 or not name or f"`{name}`" in item.sentence
    return item.sentence if is_clear else f"{name}: {item.sentence}"


def _times(item: Item) -> str:
    since = f"since {_minute(item.since_at)}"
    return since if item.resolved_at is None else f"{since}, over at {_minute(item.resolved_at)}"


def _minute(at: Instant) -> str:
    return f"{to_iso(at)[:16].replace('T', ' ')} UTC"


def as_chat(message: Message) -> Json:
    """The message as Slack takes it: `text` for those that know no blocks, and blocks."""
    head = f"{_MARK.get(message.event, ':warning:')} *{_escaped(message.title)}*"
    shown = [f"{_escaped(_named(message, item))}\n_{_times(item)}_" for item in message.items[:_MOST_IN_CHAT]]
    if len(message.items) > _MOST_IN_CHAT:
        shown.append(f"and {len(message.items) - _MOST_IN_CHAT} more")
    if message.event not in (RESOLVED, TEST):
        shown.append(f"What helps: `{message.command}`\nRead on: {_escaped(message.link)}")
    foot = f"{_escaped(message.installation)}, notice {message.uid}"
    blocks: list[Json] = [{"type": "section", "text": {"type": "mrkdwn", "text": part[:2_900]}} for part in (head, *shown)]
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": foot}]})
    return {"text": "\n".join((head, *shown)), "blocks": blocks}


def _escaped(text: str) -> str:
    """As Slack's text wants it; a sentence can neither link nor call a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_json(message: Message) -> Json:
    """The message for programs; docs/operations.md describes it."""
    return {
        "notice": message.uid,
        "event": message.event,
        "kind": message.kind.name,
        "role": message.kind.role,
        "title": message.title,
        "installation": message.installation,
        "command": message.command,
        "docs": message.link,
        "alerts": [_item_as_json(message.kind, item) for item in message.items],
    }


def _item_as_json(kind: AlertKind, item: Item) -> Json:
    about: Mapping[str, str] = {kind.about: kind.subject(item.key)} if kind.subject(item.key) else {}
    return {
        "notice": item.uid, "key": item.key, "message": item.sentence, "since": to_iso(item.since_at),
        "resolved": None if item.resolved_at is None else to_iso(item.resolved_at), **about,
    }  # fmt: skip


def as_bytes(document: Json) -> bytes:
    """A JSON document as it is sent and signed."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
