"""A request and an answer as values, between raw ASGI and a simulator's rules."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

_NOTHING = object()


class BadJson(Exception):
    """The body is not JSON; the text says where."""


@dataclass(slots=True)
class Request:
    """One HTTP request: header names in lower case, path unquoted piece by piece by the reader."""

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    parsed: Any = _NOTHING

    @property
    def query(self) -> dict[str, str]:
        """The query's values; the last of a repeated name."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The values of a urlencoded body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def base_url(self) -> str:
        """The address the client used."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    def json(self) -> Any:
        """The parsed body; raises BadJson."""
        if self.parsed is _NOTHING:
            body = self.body
            try:
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                self.parsed = json.loads(body)
            except (ValueError, OSError, EOFError, zlib.error) as error:
                raise BadJson(str(error)) from None
        return self.parsed


@dataclass(slots=True)
class Answer:
    """One HTTP answer: JSON, or HTML or a CSV file where these are given; a None body is an empty one."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    html: str | None = None
    csv: str | None = None

    def encoded(self) -> tuple[bytes, str]:
        """The body's bytes and its content type."""
        if self.html is not None:
            return self.html.encode(), "text/html;charset=utf-8"
        if self.csv is not None:
            return self.csv.encode(), "text/csv"
        if self.body is None:
            return b"", ""
        return json.dumps(self.body, separators=(",", ":")).encode(), "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Broken:
    """Instead of an answer: the connection is cut, or after half of `answer` when there is one."""

    answer: Answer | None = None
