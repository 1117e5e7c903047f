"""The texts of a whole configuration, as they lie on the disk and as the database keeps them; secrets stay references."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from core.documents import Document, read_document
from core.problems import Place, Problem

FileKind = Literal["settings", "fields", "team", "rules", "mapping"]
_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True)
class ConfigFile:
    """One file: `path` is how people are told of it, `text` its whole text with its own line ends."""

    kind: FileKind
    path: str
    text: str

    @cached_property
    def document(self) -> Document:
        """The file read as YAML, once."""
        return read_document(self.text, self.path)


@dataclass(frozen=True)
class Files:
    """All files of a configuration, and what could not be read; `folder` is where leadrelay.yaml lies."""

    folder: Path
    files: tuple[ConfigFile, ...]
    problems: tuple[Problem, ...] = ()

    @cached_property
    def hash(self) -> str:
        """Equal for equal texts under equal names, wherever the files lie."""
        named = sorted([file.kind, Path(file.path).name, file.text] for file in self.files)
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]

    def of_kind(self, kind: FileKind) -> Iterator[ConfigFile]:
        """The files of one kind."""
        return (file for file in self.files if file.kind == kind)

    @property
    def settings(self) -> Document:
        """leadrelay.yaml; an empty document when there is none."""
        return next((file.document for file in self.of_kind("settings")), read_document("", str(self.folder / "leadrelay.yaml")))

    def as_json(self) -> str:
        """The files as one JSON text, for the database."""
        files = [{"kind": file.kind, "path": file.path, "text": file.text} for file in self.files]
        return json.dumps({"folder": str(self.folder), "files": files}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Files:
        """The files that `as_json` wrote."""
        found = json.loads(text)
        return cls(Path(found["folder"]), tuple(ConfigFile(**file) for file in found["files"]))


def read_files(config: Path | str) -> Files:
    """Read leadrelay.yaml and what belongs to it: beside it fields.yaml, team.yaml, rules/ and mappings/, above it mappings/."""
    path = Path(config)
    folder = path.parent
    reading = _Reading()
    if path.exists():
        reading.add("settings", path)
    else:
        reading.complain(
            path,
            "there is no such file. Go to the folder above `config/`, or name the file: `--config FILE`. "
            "`leadrelay init FOLDER` makes one to begin with.",
        )
    for kind, name in (("fields", "fields.yaml"), ("team", "team.yaml")):
        if (folder / name).is_file():
            reading.add(kind, folder / name)  # type: ignore[arg-type]
    for rules in _yaml_files(folder / "rules"):
        reading.add("rules", rules)
    beside = {found.name: found for found in _yaml_files(folder / "mappings")}
    above = {found.name: found for found in _yaml_files(folder / ".." / "mappings")}
    for name in sorted(beside | above):
        reading.add("mapping", beside.get(name) or above[name])
    return Files(folder.absolute(), tuple(reading.files), tuple(reading.problems))


def with_changed(files: Files, folder: Path) -> Files:
    """A configuration with the files of a folder in the place of those of the same kind and name, or beside the others: rules and
    mappings (told apart by what stands in them, or in folders of these names), leadrelay.yaml, fields.yaml and team.yaml."""
    reading = _Reading()
    for path in _yaml_files(folder):
        reading.add(_kind_of(path), path)
    for name, kind in (("rules", "rules"), ("mappings", "mapping")):
        for path in _yaml_files(folder / name):
            reading.add(kind, path)  # type: ignore[arg-type]
    changed = {(file.kind, Path(file.path).name): file for file in reading.files}
    kept = [changed.pop((file.kind, Path(file.path).name), file) for file in files.files]
    return Files(files.folder, (*kept, *changed.values()), (*files.problems, *reading.problems))


_BY_NAME: dict[str, FileKind] = {"leadrelay": "settings", "fields": "fields", "team": "team"}


def _kind_of(path: Path) -> FileKind:
    """What a file is: by its name, else a mapping where it says so, else rules."""
    if path.stem in _BY_NAME:
        return _BY_NAME[path.stem]
    try:
        found = read_document(path.read_bytes().decode("utf-8"), str(path)).plain_at(("mapping",))
    except (UnicodeDecodeError, OSError):  # told of where the file is read
        return "rules"
    return "mapping" if found else "rules"


class _Reading:
    """Collects files, and a problem for each that can not be read."""

    def __init__(self) -> None:
        self.files: list[ConfigFile] = []
        self.problems: list[Problem] = []

    def add(self, kind: FileKind, path: Path) -> None:
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            column = error.start - error.object.rfind(b"\n", 0, error.start)
            self.complain(path, "this is no UTF-8 text. Save the file as UTF-8.", line, column)
        except OSError as error:
            self.complain(path, f"the file can not be read: {error.strerror}. Make it readable for leadrelay.")
        else:
            if kind == "settings" and not _says_something(text):  # cut off, most likely: taken as it is it would close every form
                self.complain(
                    path, "the file is empty. Bring back what stood in it; `leadrelay init FOLDER` makes one to begin with."
                )
                return
            self.files.append(ConfigFile(kind, os.path.normpath(path), text))

    def complain(self, path: Path, message: str, line: int = 1, column: int = 1) -> None:
        self.problems.append(Problem("unreadable", message, "", Place(os.path.normpath(path), line, column)))


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.lstrip("\ufeff").splitlines())


def _yaml_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and not path.name.startswith("."))
