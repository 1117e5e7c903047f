"""The settings' tree as it counts: the file's texts, overridden by the environment, with secrets in the place of references.

A reference is `${NAME}` for a variable or `${file:/run/secrets/name}` for a file; `$${` stands for `${` itself. An override
is a variable `LEADRELAY__SECTION__KEY`. A secret's value goes into the tree and nowhere else: `mask` takes it out of texts.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.documents import Document, Loc, Plain, read_document
from core.problems import Place, Problem, did_you_mean

PREFIX = "LEADRELAY__"
_REFERENCE = re.compile(r"\$(\$\{|\{([^{}]*)\})")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_ENOUGH = 0.75
"""How much a variable must look like another one to be suggested: many end in the same `_TOKEN` or `_SECRET`."""

_SHORTEST_MASKED = 4
"""Shorter values would make masked messages unreadable, and are no secrets."""


@dataclass(frozen=True)
class Tree:
    """The tree to validate, and how to speak of it: `written` is the same tree with references instead of secrets."""

    document: Document
    plain: Plain
    written: Plain
    overrides: Mapping[Loc, str]
    problems: tuple[tuple[Loc, Problem], ...]
    _values: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"Tree({self.document.file})"

    def place(self, loc: Loc, key: bool = False) -> Place:
        """Where a value or key comes from: the file, or the variable that overrides it."""
        for known, variable in self.overrides.items():
            if loc[: len(known)] == known:
                return Place(variable, 1, 1)
        for length in range(len(loc), 0, -1):
            if self.document.node(loc[:length]) is not None:
                break
            for known, variable in self.overrides.items():
                if known[:length] == loc[:length]:
                    return Place(variable, 1, 1)
        return self.document.place(loc, key)

    def shown(self, loc: Loc) -> str | None:
        """The text at a loc as it may be printed: with its references, never with what they stand for."""
        found = _at(self.written, loc)
        return found if isinstance(found, str) else None

    def at(self, loc: Loc) -> Plain | None:
        """The tree at a loc, or None."""
        return _at(self.plain, loc)

    def mask(self, text: str) -> str:
        """The text with every secret's value replaced by its reference."""
        for value, reference in self._values:
            text = text.replace(value, reference)
        return text

    def masked(self, problem: Problem) -> Problem:
        """The problem without any secret's value."""
        return Problem(problem.code, self.mask(problem.message), problem.field, problem.place)

    def is_unresolved(self, loc: Loc) -> bool:
        """Whether a reference at or under a loc could not be resolved, so that its value says nothing."""
        return any(known[: len(loc)] == loc for known, _ in self.problems)


def read_tree(document: Document, env: Mapping[str, str], folder: Path) -> Tree:
    """The settings' tree of a file: overridden, resolved, with a problem for each reference that leads nowhere."""
    overrides: dict[Loc, str] = {}
    written = document.plain()
    for variable in sorted(name for name in env if name.upper().startswith(PREFIX)):
        loc = _override_loc(variable, written)
        overrides[loc] = variable
        written = _with(written, loc, _override_value(env[variable]))
    resolver = _Resolver(env, folder)
    plain = resolver.resolve(written, ())
    values = sorted(resolver.values.items(), key=lambda pair: -len(pair[0]))
    bare = Tree(document, plain, written, overrides, (), ())
    problems = tuple((loc, Problem("missing_secret", said, "", bare.place(loc))) for loc, said in resolver.missing)
    return Tree(document, plain, written, overrides, problems, tuple(values))


def _override_loc(variable: str, tree: Plain) -> Loc:
    """The loc that a variable names; a name that holds `__` itself is recognised when it stands in the tree."""
    words = variable[len(PREFIX) :].lower().split("__")
    loc: list[str] = []
    here: Plain | None = tree
    while words:
        known = here if isinstance(here, dict) else {}
        take = next((count for count in range(len(words), 0, -1) if "__".join(words[:count]) in known), 1)
        loc.append("__".join(words[:take]))
        here, words = known.get(loc[-1]), words[take:]
    return tuple(loc)


def _override_value(text: str) -> Plain:
    """A variable's value: a text, or a list or mapping written in brackets as in YAML."""
    if (text[:1], text[-1:]) in (("[", "]"), ("{", "}")):
        document = read_document(text, "")
        if not document.problems:
            return document.plain()
    return text


def _with(tree: Plain, loc: Loc, value: Plain) -> Plain:
    if not loc:
        return value
    known = tree if isinstance(tree, dict) else {}
    return {**known, str(loc[0]): _with(known.get(str(loc[0]), ""), loc[1:], value)}


def _at(tree: Plain, loc: Loc) -> Plain | None:
    here: Plain | None = tree
    for step in loc:
        if isinstance(here, dict):
            here = here.get(str(step))
        elif isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here):
            here = here[step]
        else:
            return None
    return here


class _Resolver:
    """Puts values where references stand, and remembers both what it put and what it could not find."""

    def __init__(self, env: Mapping[str, str], folder: Path) -> None:
        self._env = env
        self._folder = folder
        self.values: dict[str, str] = {}
        self.missing: list[tuple[Loc, str]] = []

    def resolve(self, tree: Plain, loc: Loc) -> Plain:
        """The tree with every reference replaced; one that leads nowhere stays as it is written."""
        if isinstance(tree, dict):
            return {key: self.resolve(child, (*loc, key)) for key, child in tree.items()}
        if isinstance(tree, list):
            return [self.resolve(child, (*loc, index)) for index, child in enumerate(tree)]
        return _REFERENCE.sub(lambda found: self._value(found, loc), tree)

    def _value(self, found: re.Match[str], loc: Loc) -> str:
        name = found[2]
        if name is None:
            return "${"
        value = self._file(name.removeprefix("file:"), loc) if name.startswith("file:") else self._variable(name, loc)
        if value is None:
            return found[0]
        if len(value) >= _SHORTEST_MASKED:
            self.values[value] = found[0]
        return value

    def _variable(self, name: str, loc: Loc) -> str | None:
        if not _VARIABLE.fullmatch(name):
            self.missing.append(
                (loc, f"`${{{name}}}` is no reference. Write `${{NAME}}` or `${{file:/path}}`, or `$${{` for the text.")
            )
        elif not self._env.get(name):
            hint = did_you_mean(name, (known for known, value in self._env.items() if value), likeness=_LIKE_ENOUGH)
            fix = self._in_env_file(name) or f"Set it in the environment of leadrelay.{hint}"
            self.missing.append((loc, f"the variable `{name}` is not set. {fix}"))
        else:
            return self._env[name]
        return None

    def _in_env_file(self, name: str) -> str:
        """What to do where a file `.env` lies beside the configuration: leadrelay does not read it, the shell or compose does."""
        for folder in (self._folder, self._folder.parent):
            path = folder / ".env"
            try:
                lines = path.read_text("utf-8").splitlines()
            except (OSError, ValueError):
                continue
            for line in lines:
                key, sign, value = line.strip().removeprefix("export ").partition("=")
                if sign and key.strip() == name:
                    shown = shlex.quote(str(path))
                    return (
                        f"{shown} sets it. Load that: set -a; . {shown}; set +a" if value.strip() else f"Fill it in in {shown}."
                    )
        return ""

    def _file(self, path: str, loc: Loc) -> str | None:
        try:
            value = (self._folder / path).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no UTF-8 text"
            self.missing.append((loc, f"the secret file `{path}` can not be read: {reason}. Create it, readable for leadrelay."))
            return None
        if not value:
            self.missing.append((loc, f"the secret file `{path}` is empty. Write the secret into it."))
        return value or None


def literal_secrets(tree: Tree, locs: Iterator[Loc]) -> Iterator[Problem]:
    """A warning for each secret that stands in the file itself."""
    for loc in locs:
        where = loc if tree.document.node(loc) is not None else loc[:-1]
        text = tree.shown(where)
        if text is None or any(where[: len(known)] == known for known in tree.overrides) or _REFERENCE.search(text):
            continue
        name = ".".join(str(step) for step in where)
        message = f"the secret `{name}` stands in the file itself. Put it into a variable and write `${{NAME}}` here."
        yield Problem("literal_secret", message, name, tree.place(where))
