"""`init`: a folder with everything that an installation needs, ready to be edited."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated

import typer

from leadrelay.commands.options import Json
from leadrelay.commands.output import answering, deny, give_up, refuse

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder, or one that is empty.")]
Sources = Annotated[
    list[str] | None,
    typer.Option("--source", metavar="NAME", help="Only these sources: website, mailbox, files. May be repeated. Default: all."),
]
Crms = Annotated[
    list[str] | None,
    typer.Option("--crm", metavar="NAME", help="Only these CRMs: salesforce, hubspot. May be repeated. Default: both."),
]

_BLOCK = re.compile(r"  ([a-z0-9_]+):")
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_SOURCES, _CRMS = ("website", "mailbox", "files"), ("salesforce", "hubspot")
_HINTS = {
    "WEBSITE_TOKEN": "A long random text that whoever posts a form must send: openssl rand -hex 24",
    "MAIL_PASSWORD": "The password of the mailbox (an app password, where the provider has these)",
    "SALESFORCE_URL": "Your org's address: https://YOURDOMAIN.my.salesforce.com",
    "SALESFORCE_CLIENT_ID": "Of the External Client App: its consumer key",
    "SALESFORCE_CLIENT_SECRET": "Of the External Client App: its consumer secret",
    "HUBSPOT_ACCESS_TOKEN": "Of the service key or private app",
}
_OWN_KEY = """\
# Encrypts what leadrelay keeps of tokens. Without it a key is made in data/secret.key. Keep either apart from backups:
# openssl rand -base64 32
# LEADRELAY_SECRET_KEY=
"""
_IGNORED = ".env\n/data/\n/inbox/\n*.partial\n"


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(init)


def init(folder: Folder, source: Sources = None, crm: Crms = None, as_json: Json = False) -> None:
    """Make a folder with a configuration that only wants your addresses and passwords. It sends nothing until you say so.

    Nothing is ever overwritten.

    Example: leadrelay init acme --crm hubspot
    """
    with answering(as_json) as out:
        wanted = {*_chosen(source, _SOURCES, "--source"), *_chosen(crm, _CRMS, "--crm")}
        files = _files(wanted)
        _write(folder, files)
        if "files" in wanted:
            _make_folder(folder / "inbox")  # what the source `files` watches
        variables = [line.partition("=")[0] for line in files[".env.example"].splitlines() if re.match(r"[A-Z]", line)]
        here = shlex.quote(str(folder))
        steps = [
            f"cd {here} && cp .env.example .env        then fill in .env, and look through config/leadrelay.yaml",
            "set -a; . ./.env; set +a; leadrelay check; leadrelay test",
            "leadrelay run                            (or: docker compose up -d); then leadrelay sources list",
        ]
        out.document({"folder": str(folder), "files": sorted(files), "variables": variables, "next": steps})
        out.say(f"{folder}: {_listed(files)}")
        out.say("\nNext:")
        for number, step in enumerate(steps, start=1):
            out.say(f"  {number}. {step}")
        out.say("\nEvery CRM is in `mode: observe`: calls are prepared and shown, none is sent, until you set `mode: live`.")


def _listed(files: dict[str, str]) -> str:
    """The files that were made; of the examples only how many."""
    examples = [name for name in files if name.startswith("config/examples/")]
    return f"{', '.join(sorted(set(files) - set(examples)))}, and {len(examples)} examples to copy from in config/examples"


def _chosen(given: list[str] | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    listed = [name.strip().lower() for text in given or known for name in text.split(",")]
    wrong = [name for name in listed if name not in known]
    if wrong:
        refuse(f"{option} {wrong[0]}: there is {', '.join(known)}.")
    return tuple(listed)


def _files(wanted: set[str]) -> dict[str, str]:
    """Every file by its path below the folder."""
    from leadrelay.shipped import shipped

    settings = _narrowed(_starter("leadrelay.yaml"), wanted)
    found = {"config/leadrelay.yaml": settings, ".env.example": _environment(settings), ".gitignore": _IGNORED}
    for name in (
        "team.yaml",
        "fields.yaml",
        "rules/*.yaml",
        "examples/*.yaml",
    ):  # examples are not in force: they are to copy from
        for path in sorted(shipped("config").glob(name)):
            text = path.read_text(encoding="utf-8")
            below = path.relative_to(shipped("config")).as_posix()
            found[f"config/{below}"] = _without_crms(text, wanted) if path.name == "team.yaml" else text
    for path in sorted(shipped("mappings").glob("*.yaml")):
        found[f"mappings/{path.name}"] = path.read_text(encoding="utf-8")
    compose = shipped("compose.yaml")
    if compose.exists():
        found["compose.yaml"] = compose.read_text(encoding="utf-8")
    return found


def _starter(name: str) -> str:
    return (Path(__file__).resolve().parent.parent / "starter" / name).read_text(encoding="utf-8")


def _narrowed(settings: str, wanted: set[str]) -> str:
    """The settings without the sources and CRMs that nobody asked for."""
    kept: list[str] = []
    is_wanted = True
    for line in settings.splitlines(keepends=True):
        begins = _BLOCK.match(line)
        if begins and begins[1] in (*_SOURCES, *_CRMS):
            is_wanted = begins[1] in wanted
        elif line.strip() and not line.startswith(" "):
            is_wanted = True
        if is_wanted:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "".join(kept))


def _without_crms(team: str, wanted: set[str]) -> str:
    """The team without what its queues are called in CRMs that nobody asked for."""
    head, queues, rest = team.partition("\nqueues:")
    for crm in set(_CRMS) - wanted:
        rest = re.sub(rf"\b{crm}: [^,}}\n]+(, )?", "", rest).replace(", }", "}")
    return head + queues + rest


def _environment(settings: str) -> str:
    """One line for each variable that the settings name, with what belongs there."""
    used = "\n".join(line for line in settings.splitlines() if not line.lstrip().startswith("#"))
    lines = ["# Copy this file to .env, fill it in, and let nobody else read it: chmod 600 .env\n"]
    names = dict.fromkeys(_VARIABLE.findall(used))
    lines += [f"\n# {_HINTS.get(name, 'Used in config/leadrelay.yaml')}\n{name}=\n" for name in names]
    return "".join([*lines, "\n", _OWN_KEY])


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except OSError as error:
        give_up(f"{folder}: can not be made: {error.strerror or error}")


def _write(folder: Path, files: dict[str, str]) -> None:
    """Write all files into a folder that holds none."""
    try:
        if folder.exists():
            if not folder.is_dir():
                deny(f"{folder} is a file: name a folder.")
            there = sorted(path.name for path in folder.iterdir())
            if there:
                more = f" and {len(there) - 5} more" if len(there) > 5 else ""
                deny(f"{folder} is not empty ({', '.join(there[:5])}{more}): name a new folder. Nothing was written.")
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        give_up(f"{folder}: can not be written: {error.strerror or error}")
