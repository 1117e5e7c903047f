"""`replay`: what other rules or mappings would have made of the leads that are there, and doing just that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.options import Config, Json, Since, Yes, acting_user, instant_of
from leadrelay.commands.output import Exit, Output, answering, ask, counted, deny, refuse
from leadrelay.commands.showing import opened_app, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from leadrelay.app import App
    from leadrelay.configuration import Configuration
    from leadrelay.engine.replay_applying import Applied, Applying
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
    with answering(as_json) as out, opened_app(config) as app:
        from leadrelay.engine.replaying import Replaying
        from leadrelay.plans import process_plan

        files, built = _configured(app, rules)
        replaying = Replaying(process_plan(built), files, app.process_plan(), is_owners=owners)
        shown = _Shown(limit if limit is not None else None if as_json else _SHOWN)
        preview = _stored(app, built, since) if apply else None
        if preview is None:
            preview = _made(app, replaying, shown, since)
            shown.tell(out, preview)
        else:
            out.say(f"The preview of {when(preview.as_of)} UTC is still to be applied.")
        _tell_counts(out, preview.counts)
        document = {**_about(preview, app), **shown.as_json()}
        if apply:
            document |= _applied(out, app, replaying, preview, document, is_agreed=yes, is_on_disk=rules is None)
        elif preview.config_hash != app.configuration.hash:
            out.note("These files are not in force." + (" `--apply` changes the leads." if preview.counts["changed"] else ""))
        out.document(document)
        if document.get("changed_since"):
            raise typer.Exit(Exit.NO)


# --- the preview ------------------------------------------------------------------------------------------------------


def _configured(app: App, folder: Path | None) -> tuple[Files, Configuration]:
    """The configuration to replay under: what lies on the disk, with the files of a folder in the place of their like."""
    from leadrelay.configuration import build, read_files
    from leadrelay.files import with_changed

    files = read_files(app.path)
    if folder is not None:
        if not folder.is_dir():
            refuse(f"{folder}: there is no such folder. Name the one with the rules and mappings that you have changed.")
        changed = with_changed(files, folder)
        if changed == files:
            refuse(f"{folder}: there is no YAML file in it, nor in rules/ or mappings/ below it.")
        files = changed
    return files, build(files, app.env)


def _stored(app: App, built: Configuration, since: str | None) -> Preview | None:
    """The preview of this configuration and these leads that was shown before, or that an interrupted run had begun to apply."""
    from leadrelay.store import replays

    with app.database.read() as connection:
        return replays.find(connection, built.hash, since or "")


def _made(app: App, replaying: Replaying, shown: _Shown, since: str | None) -> Preview:
    from leadrelay.commands.progress import progress
    from leadrelay.engine.replay_previews import Previewing, Superseded

    from_then = instant_of(since, app.clock())
    with progress("previewing") as advance:
        try:
            previewing = Previewing(app.database, app.clock, app.ids)
            return previewing.make(replaying, advance, shown.see, since=from_then, asked_since=since or "")
        except Superseded as error:
            deny(str(error))


class _Shown:
    """Those leads of a preview that are shown: as many as are wanted, all others are only counted."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._leads: list[dict[str, Any]] = []
        self._joins_others: list[str] = []

    def see(self, one: Replayed) -> None:
        """Keep what is to be shown of a lead."""
        if one.joins_others:
            self._joins_others.append(one.lead.uid)
        if (one.changes or one.way) and (self._most is None or len(self._leads) < self._most):
            found: dict[str, Any] = {"lead": one.lead.uid, "changes": [change.as_json() for change in one.changes]}
            self._leads.append(found if one.way is None else found | {"owner": one.way.as_json()})

    def as_json(self) -> dict[str, Any]:
        """The leads as plain JSON values."""
        routed = [{"lead": one["lead"], **one["owner"]} for one in self._leads if "owner" in one]
        changed = [{"lead": one["lead"], "changes": one["changes"]} for one in self._leads if one["changes"]]
        return {"leads": changed, "routed_otherwise": routed, "joins_others": self._joins_others}

    def tell(self, out: Output, preview: Preview) -> None:
        """The leads as a table, a line for each value."""
        out.say(f"As of {when(preview.as_of)} UTC:")
        rows = [
            (one["lead"], _where(change), change["before"], change["after"])
            for one in self._leads
            for change in _telling(one["changes"])
        ]
        rows += [(one["lead"], _owner(one["owner"]), *_ways(one["owner"])) for one in self._leads if "owner" in one]
        out.table(("lead", "what", "is", "would be"), sorted(rows, key=lambda row: str(row[0])), empty="No lead would change.")
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
        if counts[name]:
            out.say(f"{counted(counts[name], 'lead')} {sentence}")


_BESIDE = {
    "routed_otherwise": "would go elsewhere when routed; a replay routes nobody, `leadrelay rules rescore` does.",
    "by_time": "would change by age alone, under the old rules as well: left out, a worker sees to it.",
    "without_content": "came in with content that is no longer kept: there the stored values stand.",
    "held": "came in with content that would name nobody under these mappings: there the stored values stand.",
    "joins_others": "now name what another lead is known by, so they would have joined it: they stay apart, see `leads merge`.",
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
