"""Other subjects of conditions than a lead as it is stored."""

from __future__ import annotations

from collections.abc import Mapping

from core.conditions import Subject
from core.instants import Instant
from core.lead import Act, Value, Won


class Supposed:
    """A subject of which some values are taken to be others, such as a score that was worked out a moment ago.

    A value of None is one that nothing is known of.
    """

    __slots__ = ("_subject", "_values")

    def __init__(self, subject: Subject, values: Mapping[str, Value | None]) -> None:
        self._subject: Subject = subject
        self._values: Mapping[str, Value | None] = values
        if isinstance(subject, Supposed):  # one layer is asked quicker than several
            self._subject, self._values = subject._subject, {**subject._values, **values}

    @property
    def kinds(self) -> Mapping[str, Instant]:
        """The newest time of each kind of touch."""
        return self._subject.kinds

    @property
    def acts(self) -> tuple[Act, ...]:
        """The person's newest touches, newest first."""
        return self._subject.acts

    @property
    def fields(self) -> Mapping[str, Won]:
        """The provenance of the values that are the subject's own."""
        fields: Mapping[str, Won] = getattr(self._subject, "fields", {})
        return {path: won for path, won in fields.items() if path not in self._values}

    def value(self, path: str) -> Value | None:
        """The value that is supposed, or else the subject's own."""
        return self._values[path] if path in self._values else self._subject.value(path)
