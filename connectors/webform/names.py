"""A submission's literal input names, gathered under limits that no honest form reaches."""

from __future__ import annotations

import re
from itertools import chain

from connectors.sources import Unreadable
from core.lead import Names
from core.problems import Problem

MAX_NAMES = 2_000
MAX_VALUES = 10_000
MAX_DEPTH = 20
MAX_NAME_LENGTH = 500

_SURROGATE = re.compile("[\ud800-\udfff]")
_BRACKETED = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


def unreadable(code: str, message: str, field: str = "") -> Unreadable:
    """The complaint that a body can not be read, in one sentence."""
    return Unreadable(Problem(code, message, field))


def storable(text: str) -> str:
    """The text as UTF-8 and every store can hold it: NUL removed, half a surrogate pair replaced."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class NameGatherer:
    """Collects names and values in the order they come; a repeated name keeps every value; refuses what passes a limit."""

    def __init__(self) -> None:
        self._values: dict[str, list[str]] = {}
        self._value_count = 0

    def add(self, name: str, value: str) -> None:
        """Keep one value under a name."""
        self.step(name)
        values = self._values.setdefault(storable(name), [])
        values.append(storable(value))
        if len(self._values) > MAX_NAMES:
            raise unreadable("too_many_names", f"the submission has more than {MAX_NAMES} different fields: send fewer")

    def step(self, name: str) -> None:
        """Count one value, or one place where a value could be, and hold its name against the limit."""
        if len(name) > MAX_NAME_LENGTH:
            raise unreadable(
                "name_too_long", f"a field's name is longer than {MAX_NAME_LENGTH} characters: shorten it in the form"
            )
        self._value_count += 1
        if self._value_count > MAX_VALUES:
            raise too_many_values()

    def names(self) -> Names:
        """Everything gathered: a text per name, or all texts of a repeated one."""
        return {name: values[0] if len(values) == 1 else tuple(values) for name, values in self._values.items()}


def flat_names(pairs: tuple[tuple[str, object], ...]) -> Names | None:
    """The names of pairs of which nothing needs a closer look, as of nearly every form: texts alone, each name once, within all
    limits. None where something does."""
    names = {name: value for name, value in pairs if type(value) is str}
    if not names or len(names) != len(pairs) or len(names) > MAX_NAMES or max(map(len, names)) > MAX_NAME_LENGTH:
        return None
    together = "".join(chain.from_iterable(names.items()))
    return names if storable(together) is together else None


def too_many_values() -> Unreadable:
    """The complaint about a submission with more values than any form has."""
    return unreadable("too_many_values", f"the submission has more than {MAX_VALUES} values: send fewer")


def too_deep() -> Unreadable:
    """The complaint about values nested deeper than any form nests them."""
    return unreadable("too_deep", f"the submission is nested deeper than {MAX_DEPTH} levels: send it flatter")


def form_name(name: str) -> str:
    """A form's name with PHP brackets joined like JSON's keys: `fields[email][value]` is `fields.email.value`, `a[]` is `a`.

    A name whose brackets are not PHP's (`a[b`, `[a]`, `a[b]c`) stays as it is.
    """
    if "[" not in name or len(name) > MAX_NAME_LENGTH:
        return name
    found = _BRACKETED.fullmatch(name)
    if found is None:
        return name
    steps = found[2][1:-1].split("][")
    if len(steps) >= MAX_DEPTH:
        raise too_deep()
    return ".".join([found[1], *filter(None, steps)])
