"""`leads add`: a lead that somebody heard of by phone or met, on the same way as every other one."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadrelay.commands.options import Config, Json, acting_user
from leadrelay.commands.output import Output, answering, deny, refuse
from leadrelay.commands.showing import opened_app

if TYPE_CHECKING:
    from core.fields import Catalogue
    from leadrelay.app import App
    from leadrelay.commands.trial import Trial

Fields = dict[str, str | list[str]]

File = Annotated[
    str | None,
    typer.Argument(metavar="FILE", help="A JSON file of lead fields and values, or a list of such; - for standard input."),
]
Email = Annotated[str | None, typer.Option("--email", help="E-mail address.")]
Name = Annotated[str | None, typer.Option("--name", help="The whole name, where you do not want to part it.")]
First = Annotated[str | None, typer.Option("--first-name", help="First name.")]
Last = Annotated[str | None, typer.Option("--last-name", help="Last name.")]
Phone = Annotated[str | None, typer.Option("--phone", help="Phone number, best with its country code.")]
Company = Annotated[str | None, typer.Option("--company", help="Company.")]
Message = Annotated[str | None, typer.Option("--message", help="What was said or asked.")]
Field = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="FIELD=VALUE", help="Any other lead field, such as interest.budget=5000; may be repeated."),
]
Again = Annotated[bool, typer.Option("--again", help="Add it although the same was added within the last ten minutes.")]
Anyway = Annotated[bool, typer.Option("--anyway", help="Add it although a value looks wrong.")]
Test = Annotated[bool, typer.Option("--test", help="A test lead: never counted, and not sent unless the sink takes tests.")]
Wait = Annotated[float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait for what becomes of it.")]

_POLL_S = 0.1
_PATHS = {
    "email": "person.email", "name": "person.full_name", "first_name": "person.first_name", "last_name": "person.last_name",
    "phone": "person.phone", "company": "company.name", "message": "touch.message",
}  # fmt: skip


def register(group: typer.Typer) -> None:
    """Add the command of this module to the leads."""
    group.command("add")(add_lead)


def add_lead(
    file: File = None,
    email: Email = None,
    name: Name = None,
    first_name: First = None,
    last_name: Last = None,
    phone: Phone = None,
    company: Company = None,
    message: Message = None,
    field: Field = None,
    again: Again = False,
    anyway: Anyway = False,
    is_test: Test = False,
    wait: Wait = 3.0,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Add a lead by hand. It is kept, matched, qualified and sent like one that a form brought.

    Typing the same twice within ten minutes makes one. Wrong values are told before anything is kept.

    Example: leadrelay leads add --email anna@acme.example --name "Anna Weber" --company Acme --message "Called us"
    """
    given = {"email": email, "name": name, "first_name": first_name, "last_name": last_name, "phone": phone}
    given |= {"company": company, "message": message}
    with answering(as_json) as out, opened_app(config) as app:
        typed: Fields = {_PATHS[option]: text for option, text in given.items() if text is not None}
        wanted = [_with_more(one, typed, field or ()) for one in (_read(file) if file is not None else [{}])]
        for number, fields in enumerate(wanted, start=1):
            _check_paths(app.process_plan().catalogue, fields, f"{file}, lead {number}: " if len(wanted) > 1 else "")
        trials = [_tried(app, fields, is_test=is_test, anyway=anyway) for fields in wanted]
        added = [_captured(app, fields, is_test=is_test, again=again) for fields in wanted]
        give_up_at = time.monotonic() + wait
        found = [_followed(app, number, trial, give_up_at) for number, trial in zip(added, trials, strict=True)]
        out.document(found if file is not None and len(found) != 1 else found[0])
        for one in found:
            _tell(out, one)


# --- what was typed -------------------------------------------------------------------------------------------------------


def _with_more(fields: Fields, typed: Fields, more: list[str] | tuple[()]) -> Fields:
    found = {**fields, **typed}
    for text in more:
        path, is_there, value = text.partition("=")
        if not is_there:
            refuse(f"--field {text}: write FIELD=VALUE, such as --field interest.budget=5000.")
        path = path.strip()
        before = found.get(path)
        if before is None or path in typed:
            found[path] = value
        else:
            found[path] = [*(before if isinstance(before, list) else [before]), value]
    if not any(_filled(value) for value in found.values()):
        refuse("Nothing to add: say at least --email, --phone, --name or --company (see --help).")
    return {path: value for path, value in found.items() if _filled(value)}


def _filled(value: str | list[str]) -> bool:
    return bool(value.strip()) if isinstance(value, str) else any(one.strip() for one in value)


def _read(file: str) -> list[Fields]:
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        document = json.loads(text)
    except OSError as error:
        hint = f" To set a field, write `--field {file}`." if "=" in file else ""
        refuse(f"{file}: the file can not be read: {error.strerror}.{hint}")
    except ValueError as error:
        refuse(f"{file}: this is no JSON: {error}")
    listed = document if isinstance(document, list) else [document]
    if not listed or not all(isinstance(one, dict) for one in listed):
        refuse(f'{file}: wants an object of lead fields, such as {{"person.email": "anna@acme.example"}}, or a list of them.')
    return [dict(_flat(one)) for one in listed]


def _flat(document: dict[str, Any], before: str = "") -> list[tuple[str, str | list[str]]]:
    """Nested objects as paths with dots; lists stay lists, an empty value is none."""
    found: list[tuple[str, str | list[str]]] = []
    for name, value in document.items():
        path = f"{before}{name}"
        if isinstance(value, dict):
            found += _flat(value, f"{path}.")
        elif isinstance(value, list):
            found.append((path, [_text(one) for one in value]))
        elif value is not None:
            found.append((path, _text(value)))
    return found


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_paths(catalogue: Catalogue, fields: Fields, where: str) -> None:
    for path in fields:
        if path not in catalogue:
            refuse(f"{where}{catalogue.unknown(path)[:1].upper()}{catalogue.unknown(path)[1:]}")
        if not catalogue.is_input(path):
            refuse(f"{where}Field `{path}` is worked out by leadrelay or told by a CRM: it can not be given.")


# --- what becomes of it -----------------------------------------------------------------------------------------------------


def _tried(app: App, fields: Fields, *, is_test: bool, anyway: bool) -> Trial:
    """The lead through every step without writing; wrong values end the command here."""
    from leadrelay.commands.look_up import StoreLookUp
    from leadrelay.commands.trial import Given, run_trial
    from leadrelay.engine import manual

    probe = manual.submission(fields, by="", now=app.clock(), is_test=is_test)
    given = Given(manual.NAME, probe.headers, probe.body)
    trial = run_trial(app.process_plan(), given, app.clock(), StoreLookUp(app.database))
    if trial.held:
        deny(
            trial.problems[0].message if trial.problems else "This names nobody: say an e-mail address, a phone number or a name."
        )
    if trial.problems and not anyway:
        listed = "\n".join(str(problem) for problem in trial.problems)
        deny(f"{listed}\nNothing was added: correct it, or say --anyway to add it as it is.")
    return trial


def _captured(app: App, fields: Fields, *, is_test: bool, again: bool) -> tuple[int, bool]:
    """The lead's submission on disk, with its counter; its number, and whether it was there already."""
    from leadrelay.engine import manual
    from leadrelay.store import captures
    from leadrelay.store.captures import Numbered
    from leadrelay.store.ids import to_uid

    now = app.clock()
    number = app.ids.one(now)
    more = to_uid(number) if again else ""
    one = Numbered(number, manual.submission(fields, by=acting_user(), now=now, is_test=is_test, again=more))

    def commit() -> int:
        with app.database.write() as connection:
            return captures.commit(connection, [one])[number]

    first = app.database.repeat(commit)
    return first, first != number


def _followed(app: App, added: tuple[int, bool], trial: Trial, give_up_at: float) -> dict[str, Any]:
    """What became of a submission by then, with the steps that it takes."""
    from leadrelay.store.ids import to_uid

    number, is_duplicate = added
    uid = to_uid(number)
    row = app.views.submission(uid)
    while row is not None and row.submission.state == "new" and time.monotonic() < give_up_at:
        time.sleep(_POLL_S)
        row = app.views.submission(uid)
    state = "new" if row is None else row.submission.state
    lead = None if row is None else row.submission.lead
    return {
        "id": uid, "duplicate": is_duplicate, "state": state, "lead": lead, "joined": trial.lead or None,
        "trace": _trace(uid, state, lead, trial),
    }  # fmt: skip


def _trace(uid: str, state: str, lead: str | None, trial: Trial) -> list[dict[str, Any]]:
    """The steps from what was typed to the calls that it leads to, as decided under the configuration in force."""
    told = trial.as_json()
    return [
        {"step": "capture", "submission": uid, "state": state},
        {"step": "map", "names": told["names"]},
        {"step": "normalize", "fields": {one["field"]: one["value"] for one in told["mapped"]}, "problems": told["problems"]},
        {"step": "match", **told["match"], "lead": lead or told["match"]["lead"]},
        {"step": "qualify", "qualification": told["qualification"]},
        {"step": "deliver", "calls": told["calls"]},
    ]


def _tell(out: Output, one: dict[str, Any]) -> None:
    again = " It was added a moment ago already: one lead (--again adds another one)." if one["duplicate"] else ""
    out.say(f"Kept as submission {one['id']}.{again}")
    if one["lead"] is not None:
        known = "known before, and this joined it" if one["joined"] == one["lead"] else "new"
        out.say(f"It is lead {one['lead']} ({known}). See: leadrelay leads show {one['lead']}")
    elif one["state"] == "new":
        out.say("It becomes a lead as soon as a worker runs: leadrelay run (or leadrelay worker).")
    else:
        out.say(f"It is {one['state']}. See: leadrelay submissions show {one['id']}")
