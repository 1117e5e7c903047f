"""`replay`: what other rules or mappings would have made of the leads that are there, and doing just that."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.options import Config, Json, Since, Yes, acting_user, config_path, instant_of
from leadrelay.commands.output import Exit, Output, answering, ask, counted, deny, refuse
from leadrelay.commands.showing import existing_store, opened_app, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from core.instants import Instant
    from leadrelay.app import App
    from leadrelay.configuration import Configuration
    from leadrelay.engine.replay_applying import Applied, Applying
    from leadrelay.engine.replay_aside import LetThrough
    from leadrelay.engine.replaying import Replayed, Replaying
    from leadrelay.files import Files
    from leadrelay.store.replays import Preview

Rules = Annotated[
    Path | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        help="A folder with the files that you have changed, rules or mappings: each stands for its namesake. Without it "
        "the configuration on the disk counts.",
    ),
]
Owners = Annotated[bool, typer.Option("--owners", help="Also say where leads that have an owner would have gone; they stay.")]
Apply = Annotated[bool, typer.Option("--apply", help="Change the leads as the preview shows, after asking.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=0, help="Show at most this many leads (50; with --json all). All are counted.")
]

_SHOWN = 50
_IN_WORDS = {
    "score": "score", "outcome": "outcome", "stage": "lifecycle stage", "segment": "segments", "persona": "persona",
    "journey_stage": "journey stage", "fields": "lead fields", "touches": "touches", "crm": "CRM values",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("replay")(replay)


def replay(
    since: Since = None,
    rules: Rules = None,
    owners: Owners = False,
    limit: Limit = None,
    apply: Apply = False,
    yes: Yes = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show which leads would change under changed rules or mappings, and in what. Nothing is changed without --apply.

    --apply does what the preview shows, at the same instant, and refuses where leads have changed since. It may be
    interrupted and run again. No lead moves to another owner, no deadline begins anew, and nobody is told.

    Example: leadrelay replay --rules changed-rules
    """
    with answering(as_json) as out, ExitStack() as held:
        from leadrelay.engine.replaying import Replaying
        from leadrelay.plans import process_plan

        files, built = _configured(config_path(config), rules)
        _refuse_without_store(built)
        app = held.enter_context(opened_app(config))
        replaying = Replaying(process_plan(built), files, app.process_plan(), is_owners=owners)
        from_then = instant_of(since, app.clock())
        shown = _Shown(limit if limit is not None else None if as_json else _SHOWN)
        preview = _stored(app, built, since) if apply else None
        if preview is None:
            preview = _made(app, replaying, shown, from_then, since)
            shown.tell(out, preview)
        else:
            out.say(f"The preview of {when(preview.as_of)} UTC is still to be applied.")
        _tell_counts(out, preview.counts)
        hint = _hint(app, from_then, since) if not preview.counts["leads"] else ""
        if hint:
            out.note(hint)
        document = {**_about(preview, app), **shown.as_json(), **({"hint": hint} if hint else {})}
        if apply:
            document |= _applied(out, app, replaying, preview, document, is_agreed=yes, is_on_disk=rules is None)
        elif preview.config_hash != app.configuration.hash:
            out.note("These files are not in force." + (" `--apply` changes the leads." if preview.counts["changed"] else ""))
        out.document(document)
        if document.get("changed_since"):
            raise typer.Exit(Exit.NO)


# --- the preview ------------------------------------------------------------------------------------------------------


def _configured(path: Path, folder: Path | None) -> tuple[Files, Configuration]:
    """The configuration to replay under: what lies on the disk, with the files of a folder in the place of their like."""
    from leadrelay.configuration import build, read_files
    from leadrelay.files import with_changed

    files = read_files(path)
    if folder is not None:
        if not folder.is_dir():
            refuse(f"{folder}: there is no such folder. Name the one with the rules and mappings that you have changed.")
        changed = with_changed(files, folder)
        if changed == files:
            refuse(f"{folder}: there is no YAML file in it, nor in rules/ or mappings/ below it.")
        files = changed
    return files, build(files, os.environ)


def _refuse_without_store(built: Configuration) -> None:
    """End the command where there is nothing to replay yet: who only looks must not make a store."""
    with existing_store(built, "lead") as store:
        if store is None:
            refuse(
                f"There is no store at {_url(built)} yet, and so no leads to replay. `leadrelay run` makes it; "
                "where leads are kept elsewhere, correct `store:` in leadrelay.yaml."
            )


def _url(built: Configuration) -> str:
    from sqlalchemy import make_url

    return make_url(built.settings.store).render_as_string(hide_password=True)


def _hint(app: App, from_then: Instant | None, since: str | None) -> str:
    """Why no lead was looked at, and what to do."""
    from leadrelay.store import replays

    with app.database.read() as connection:
        count, newest = replays.count_leads(connection, None), replays.newest_touch(connection)
    if not count:
        return (
            f"There are no leads in the store {_url(app.configuration)}. Submissions become leads where `leadrelay run` runs "
            "(`leadrelay submissions list` shows what waits); where leads are kept elsewhere, correct `store:` in leadrelay.yaml."
        )
    if from_then is not None and from_then > app.clock():
        now = when(app.clock())
        return f'`--since {since}` lies ahead: it is {now} UTC. Name a time that has passed, such as `--since "30 days"`.'
    last = "" if newest is None else f"; the newest one was on {when(newest)} UTC"
    all_of_them = f"Name an earlier time, or leave --since out for all {counted(count, 'lead')}."
    return f"No lead has a touch since {when(from_then)} UTC{last}. {all_of_them}"


def _stored(app: App, built: Configuration, since: str | None) -> Preview | None:
    """The preview of this configuration and these leads that was shown before, or that an interrupted run had begun to apply."""
    from leadrelay.store import replays

    with app.database.read() as connection:
        return replays.find(connection, built.hash, since or "")


def _made(app: App, replaying: Replaying, shown: _Shown, from_then: Instant | None, since: str | None) -> Preview:
    from leadrelay.commands.progress import progress
    from leadrelay.engine.replay_previews import Previewing, Superseded

    with progress("previewing") as advance:
        try:
            previewing = Previewing(app.database, app.clock, app.ids)
            return previewing.make(
                replaying, advance, shown.see, seen_aside=shown.see_aside, since=from_then, asked_since=since or ""
            )
        except Superseded as error:
            deny(str(error))


class _Shown:
    """Those leads of a preview that are shown: as many as are wanted, all others are only counted."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._leads: list[dict[str, Any]] = []
        self._joins_others: list[str] = []
        self._aside: list[dict[str, Any]] = []
        self._through: list[dict[str, Any]] = []

    def see(self, one: Replayed) -> None:
        """Keep what is to be shown of a lead."""
        if one.joins_others:
            self._joins_others.append(one.lead.uid)
        if one.aside is not None and self._has_room(self._aside):
            self._aside.append({"lead": one.lead.uid, **one.aside.as_json()})
        if (one.changes or one.way) and self._has_room(self._leads):
            found: dict[str, Any] = {"lead": one.lead.uid, "changes": [change.as_json() for change in one.changes]}
            self._leads.append(found if one.way is None else found | {"owner": one.way.as_json()})

    def see_aside(self, one: LetThrough) -> None:
        """Keep what is to be shown of a submission in quarantine."""
        if self._has_room(self._through):
            self._through.append(one.as_json())

    def _has_room(self, held: list[dict[str, Any]]) -> bool:
        return self._most is None or len(held) < self._most

    def as_json(self) -> dict[str, Any]:
        """The leads as plain JSON values."""
        routed = [{"lead": one["lead"], **one["owner"]} for one in self._leads if "owner" in one]
        changed = [{"lead": one["lead"], "changes": one["changes"]} for one in self._leads if one["changes"]]
        beside = {"put_aside": self._aside, "let_through": self._through}
        return {"leads": changed, "routed_otherwise": routed, "joins_others": self._joins_others, **beside}

    def tell(self, out: Output, preview: Preview) -> None:
        """The leads as a table, a line for each value."""
        out.say(f"As of {when(preview.as_of)} UTC:")
        rows = [
            (one["lead"], _where(change), change["before"], change["after"])
            for one in self._leads
            for change in _telling(one["changes"])
        ]
        rows += [(one["lead"], _owner(one["owner"]), *_ways(one["owner"])) for one in self._leads if "owner" in one]
        rows += [(one["lead"], f"submission {one['submission']}", "a lead", f"put aside: {one['reason']}") for one in self._aside]
        rows.sort(key=lambda row: str(row[0]))
        rows += [("", f"submission {one['submission']}", f"put aside: {one['reason']}", "a lead") for one in self._through]
        out.table(("lead", "what", "is", "would be"), rows, empty="No lead would change.")
        left = preview.counts["changed"] - sum(bool(one["changes"]) for one in self._leads)
        if left > 0 and not out.as_json:
            out.say(f"... and {counted(left, 'more lead')}: --limit {preview.counts['changed']} or --json shows them.")


def _telling(changes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The changes without those of touches that the lead's own value shows already."""
    own = {change["field"] for change in changes if change["what"] not in ("touches", "crm")}
    yield from (change for change in changes if change["what"] != "touches" or change["field"] not in own)


def _where(change: Mapping[str, Any]) -> str:
    if "sink" in change:
        policy = f" ({change['update']})" if change["update"] not in (None, "always") else ""
        return f"{change['sink']} {change['object']}.{change['field']}{policy}"
    return f"{change['field']} of touch {change['touch']}" if "touch" in change else str(change["field"])


def _owner(way: Mapping[str, Any]) -> str:
    return "owner, who stays; today's lines say" if way["has_owner"] else "owner, when it is routed"


def _ways(way: Mapping[str, Any]) -> tuple[str, str]:
    return way["before"] or "nobody", way["after"] or "nobody"


def _tell_counts(out: Output, counts: Mapping[str, int]) -> None:
    what = ", ".join(f"{word} {counts[name]}" for name, word in _IN_WORDS.items() if counts[name])
    out.say(f"{counted(counts['leads'], 'lead')} looked at, {counts['changed']} would change{f': {what}' if what else ''}.")
    for name, sentence in _BESIDE.items():
        if counts.get(name):  # one that an older version made may lack it
            out.say(f"{counted(counts[name], 'submission' if name == 'let_through' else 'lead')} {sentence}")


_BESIDE = {
    "routed_otherwise": "would go elsewhere when routed; a replay routes nobody, `leadrelay rules rescore` does.",
    "by_time": "would change by age alone, under the old rules as well: left out, a worker sees to it.",
    "without_content": "came in with content that is no longer kept: there the stored values stand.",
    "held": "came in with content that would name nobody under these mappings: there the stored values stand.",
    "joins_others": "now name what another lead is known by, so they would have joined it: they stay apart, see `leads merge`.",
    "put_aside": "came in last by a submission that these rules put aside: are these real people? A replay takes nothing back.",
    "let_through": "in quarantine would be let through: a replay leaves them there, `leadrelay submissions retry` takes them.",
    "failed": "could not be decided by these rules; the log says why. They stay as they are.",
}
"""What is told beside the changes, by its count."""


def _about(preview: Preview, app: App) -> dict[str, Any]:
    from core.instants import to_iso
    from leadrelay.store.ids import to_uid

    return {
        "preview": to_uid(preview.id),
        "as_of": to_iso(preview.as_of),
        "configuration": preview.config_hash,
        "in_force": app.configuration.hash,
        "counts": dict(preview.counts),
    }


# --- applying ---------------------------------------------------------------------------------------------------------


def _applied(
    out: Output,
    app: App,
    replaying: Replaying,
    preview: Preview,
    document: dict[str, Any],
    *,
    is_agreed: bool,
    is_on_disk: bool,
) -> dict[str, Any]:
    """Apply a preview after asking; what came of it. Ends the command where leads have changed since."""
    from leadrelay.commands.progress import progress
    from leadrelay.engine.replay_applying import Applying

    applying = Applying(app.database, replaying, preview, app.clock, app.ids, by=acting_user())
    _refuse_moved(out, applying, document)
    if not preview.counts["changed"]:
        out.say("There is nothing to apply.")
        return {"applied": 0, "resumed_after": 0, "changed_since": []}
    is_new = preview.config_hash != app.configuration.hash
    if is_new and is_on_disk:
        out.note("The configuration on the disk is brought into force first, as `leadrelay reload` does.")
    elif is_new:
        out.note(
            "These files are not in force: what comes in later is decided by those that are, until you put them in their place."
        )
    ask(f"Change {counted(preview.counts['changed'], 'lead')}?", is_agreed=is_agreed)
    if is_new and is_on_disk and app.keeper.reload().hash != preview.config_hash:
        deny("The files have changed since the preview: nothing was applied. Preview again.")
    with progress("applying") as advance:
        done = applying.run(advance)
    _tell_applied(out, done)
    return {"applied": done.leads, "resumed_after": done.before, "changed_since": done.moved}


def _refuse_moved(out: Output, applying: Applying, document: dict[str, Any]) -> None:
    moved = applying.moved()
    if not moved:
        return
    out.document(document | {"applied": 0, "changed_since": moved})
    for uid in moved:
        out.note(f"lead {uid}: it has changed since")
    deny(f"{counted(len(moved), 'lead')} of the preview changed since: nothing was applied. Preview again: `leadrelay replay`.")


def _tell_applied(out: Output, done: Applied) -> None:
    if done.before:
        out.say(f"An interrupted run had changed {counted(done.before, 'lead')}: it went on from there.")
    out.say(f"{counted(done.leads, 'lead')} changed. No owner was moved, and nobody is told.")
    for uid in done.moved:
        out.note(f"lead {uid}: it changed meanwhile and was left as it is; preview again")
