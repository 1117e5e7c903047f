"""What a setting's text means: annotated types for pydantic models whose input is a tree of texts, as YAML files are read here.

A model says `linger: Duration = 200`; the file says `linger: 200 ms`; a refusal is one sentence with an example.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from core.instants import DAY, HOUR, MINUTE, SECOND

YES, NO = ("yes", "true", "on"), ("no", "false", "off")

_UNITS = {"ms": 1, "millisecond": 1, "s": SECOND, "sec": SECOND, "second": SECOND, "m": MINUTE, "min": MINUTE, "minute": MINUTE,
          "h": HOUR, "hour": HOUR, "d": DAY, "day": DAY, "w": 7 * DAY, "week": 7 * DAY, "year": 365 * DAY}  # fmt: skip
_SIZES = {
    "": 1,
    "b": 1,
    "byte": 1,
    "bytes": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_RATE = re.compile(r"(\d+)(?:\s*(?:/|per\s)\s*(\d+(?:\.\d+)?)?\s*([a-z]+))?")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|::1|[a-z0-9-]+\.localhost")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `count` in any `per_ms` milliseconds."""

    count: int
    per_ms: int

    def __str__(self) -> str:
        return f"{self.count}/{self.per_ms / SECOND:g}s"


def refusal(sentence: str) -> PydanticCustomError:
    """The error that a validator raises: `sentence` goes on from the setting's name, as in `wants a whole number, such as 10`."""
    return PydanticCustomError("leadrelay", "{sentence}", {"sentence": sentence})


def _flag(given: object) -> bool:
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    if word not in YES + NO:
        raise refusal("wants `yes` or `no`")
    return word in YES


def _count(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if not isinstance(given, str) or not re.fullmatch(r"[0-9]{1,15}", given.strip()):
        raise refusal("wants a whole number, such as `10`")
    return int(given)


def _port(given: int) -> int:
    if not 0 <= given <= 65535:
        raise refusal("wants a port number between 0 and 65535")
    return given


def _at_least_one(given: int) -> int:
    if given < 1:
        raise refusal("wants at least 1")
    return given


def _unit(word: str) -> int:
    return _UNITS.get(word) or _UNITS.get(word.removesuffix("s"), 0)


def _duration(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    found = _DURATION.fullmatch(given.strip().lower()) if isinstance(given, str) else None
    if found is None or not _unit(found[2]):
        raise refusal("wants a duration with its unit, such as `200 ms`, `30 s`, `10 minutes` or `90 days`")
    return round(float(found[1]) * _unit(found[2]))


def _size(given: object) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    found = _SIZE.fullmatch(given.strip().lower()) if isinstance(given, str) else None
    if found is None or found[2] not in _SIZES:
        raise refusal("wants a size, such as `500 KB` or `1 MB`")
    return round(float(found[1]) * _SIZES[found[2]])


def _rate(given: object) -> RateLimit:
    if isinstance(given, RateLimit):
        return given
    found = _RATE.fullmatch(given.strip().lower()) if isinstance(given, str) else None
    per = round(float(found[2] or 1) * _unit(found[3] or "s")) if found else 0
    if found is None or not per or not int(found[1]):
        raise refusal("wants a rate, such as `90/10s` or `100/minute`")
    return RateLimit(int(found[1]), per)


def _filled(given: str) -> str:
    if not given.strip():
        raise refusal("is empty. Give it a value, or remove the line")
    return given


def _one_or_more(given: object) -> object:
    if not isinstance(given, str | list | tuple):
        raise refusal("wants one text or a list of texts")
    return (given,) if isinstance(given, str) else given


def _filled_secret(given: SecretStr) -> SecretStr:
    _filled(given.get_secret_value())
    return given


def duration_text(milliseconds: int) -> str:
    """A duration as people write it: `90 days`, `30 s`, `200 ms`."""
    for unit, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"), (SECOND, "second"), (1, "ms")):
        if milliseconds % unit == 0 and milliseconds:
            count = milliseconds // unit
            return f"{count} {word}{'s' if count > 1 and word != 'ms' else ''}"
    return "0 s"


def size_text(count: int) -> str:
    """A size as people write it: `2 MB`, `500 KB`, `12 B`."""
    for unit, word in ((1000**3, "GB"), (1000**2, "MB"), (1000, "KB")):
        if count % unit == 0 and count:
            return f"{count // unit} {word}"
    return f"{count} B"


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine: the only place that plain http is spoken to."""
    return _LOOPBACK.fullmatch((urlsplit(url).hostname or "").lower()) is not None


def https_or_loopback(given: str) -> str:
    """The address without its last slash; refused unless it is https, or plain http to this machine."""
    try:
        parts = urlsplit(given)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - reading it raises ValueError for a port that is none
    except ValueError:
        raise refusal("wants an address such as `https://example.com`") from None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None:
        raise refusal("wants an address such as `https://example.com`")
    if parts.scheme == "http" and not is_loopback(given):
        raise refusal("wants `https://`: plain `http://` is accepted for this machine only (localhost, 127.0.0.1, ::1)")
    return given.rstrip("/")


_NUMBER_OR_TEXT = ["string", "number", "boolean"]
_DURATION_PATTERN = r"^\s*\d+(\.\d+)?\s*[A-Za-z]+\s*$"

DURATION_SCHEMA = {"type": "string", "pattern": _DURATION_PATTERN, "x-unit": "duration"}

Text = Annotated[str, AfterValidator(_filled), WithJsonSchema({"type": _NUMBER_OR_TEXT})]
"""A text that is not empty."""
AnyText = Annotated[str, WithJsonSchema({"type": [*_NUMBER_OR_TEXT, "null"]})]
"""A text that may be empty."""
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"enum": [True, False, *YES, *NO]})]
"""yes or no (true, on / false, off)."""
Count = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer", "minimum": 0})]
"""A whole number from 0."""
PositiveCount = Annotated[
    int, AfterValidator(_at_least_one), BeforeValidator(_count), WithJsonSchema({"type": "integer", "minimum": 1})
]
"""A whole number from 1."""
Port = Annotated[int, AfterValidator(_port), BeforeValidator(_count), WithJsonSchema({"type": "integer", "maximum": 65535})]
"""A TCP port; 0 takes any free one."""
Duration = Annotated[int, BeforeValidator(_duration), WithJsonSchema(DURATION_SCHEMA)]
"""A duration with its unit, in milliseconds."""
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"type": ["string", "integer"], "x-unit": "size"})]
"""A size, in bytes."""
Rate = Annotated[
    RateLimit, BeforeValidator(_rate), WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\s*\d+\s*((/|per\s).*)?$"})
]
"""How many in how long; a number alone is that many a second."""
OneOrMore = Annotated[
    tuple[Text, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"anyOf": [{"type": _NUMBER_OR_TEXT}, {"type": "array", "items": {"type": _NUMBER_OR_TEXT}}]}),
]
"""One text or a list of texts."""
Secret = Annotated[SecretStr, AfterValidator(_filled_secret)]
"""A secret: write it as `${NAME}` or `${file:/run/secrets/name}`; it is never printed."""
SHORTEST_TOKEN = 16
"""How many characters a token has at least that nobody finds by trying."""


class TokenStr(SecretStr):
    """A secret by which others get in here, so its strength is up to whoever runs this; others' secrets are theirs to choose."""

    @property
    def is_short(self) -> bool:
        """Whether it may be found by trying."""
        return len(self.get_secret_value()) < SHORTEST_TOKEN


Token = Annotated[TokenStr, AfterValidator(_filled_secret)]
"""A secret that callers of ours must send."""
LoopbackOrHttpsUrl = Annotated[str, AfterValidator(https_or_loopback)]
"""An https address; plain http only to this machine."""
