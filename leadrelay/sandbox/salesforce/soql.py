"""A parser for the part of SOQL that integrations use; what the real grammar refuses is refused here too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from leadrelay.sandbox.salesforce.refusals import refuse

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>'(?:[^'\\]|\\.)*')
      | (?P<moment>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?(?![\w:]))
      | (?P<number>[+-]?\d+(?:\.\d+)?(?![\w:]))
      | (?P<name>[A-Za-z_][\w.]*(?::\d+)?)
      | (?P<sign><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\", "_": "_", "%": "%"}
_OPERATORS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_RELATIVE = re.compile(r"(TODAY|YESTERDAY|TOMORROW|LAST_N_DAYS:\d+|NEXT_N_DAYS:\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Literal_:  # noqa: N801 - `Literal` is typing's
    """A value in a query with the kind it was written as."""

    kind: Literal["string", "number", "boolean", "null", "date", "datetime", "relative", "pattern"]
    value: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; the value of IN and NOT IN is a tuple or a query."""

    field: str
    operator: str
    value: Literal_ | tuple[Literal_, ...] | Query


@dataclass(frozen=True, slots=True)
class All:
    """Conditions joined by AND."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801 - `Any` is typing's
    """Conditions joined by OR."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """A condition turned round."""

    part: Condition


Condition = Comparison | All | Any_ | Not


@dataclass(frozen=True, slots=True)
class Order:
    """One key of ORDER BY."""

    field: str
    is_descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed SELECT; `fields` is empty for COUNT()."""

    object: str
    fields: tuple[str, ...]
    where: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0

    @property
    def is_count(self) -> bool:
        """Whether only the number of records was asked for."""
        return not self.fields


def parse(text: str) -> Query:
    """The query, or a MALFORMED_QUERY refusal."""
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            found = _TOKEN.match(text, place)
            if found is None:
                raise refuse(
                    "MALFORMED_QUERY",
                    f"{self._near(place)}line 1:{place} no viable alternative at character '{text[place:].strip()[:1]}'",
                )
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            place = found.end()
        self._at = 0

    def _near(self, place: int) -> str:
        start = max(0, place - 30)
        return f"\n{self._text[start : place + 20]}\n{' ' * (place - start)}^\nERROR at Row:1:Column:{place + 1}\n"

    # --- tokens ---

    def _fail(self) -> NoReturn:
        seen = self._tokens[self._at][1] if self._at < len(self._tokens) else "<EOF>"
        raise refuse("MALFORMED_QUERY", f"\n{self._text[:200]}\nERROR at Row:1\nunexpected token: '{seen}'")

    def _sees(self, *words: str) -> bool:
        ahead = self._tokens[self._at : self._at + len(words)]
        if len(ahead) < len(words):
            return False
        return all(kind in ("name", "sign") and token.upper() == word for (kind, token), word in zip(ahead, words, strict=True))

    def _takes(self, *words: str) -> bool:
        if not self._sees(*words):
            return False
        self._at += len(words)
        return True

    def _needs(self, *words: str) -> None:
        if not self._takes(*words):
            self._fail()

    def _next(self, *kinds: str) -> tuple[str, str]:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] not in kinds:
            self._fail()
        self._at += 1
        return self._tokens[self._at - 1]

    # --- grammar ---

    def whole(self) -> Query:
        query = self._select()
        if self._at < len(self._tokens):
            self._fail()
        return query

    def _select(self) -> Query:
        self._needs("SELECT")
        fields = self._fields()
        self._needs("FROM")
        name = self._next("name")[1]
        where = self._conditions() if self._takes("WHERE") else None
        order = self._order() if self._takes("ORDER", "BY") else ()
        limit = self._count() if self._takes("LIMIT") else None
        offset = self._count() if self._takes("OFFSET") else 0
        return Query(name, fields, where, order, limit, offset)

    def _fields(self) -> tuple[str, ...]:
        if self._takes("COUNT", "(", ")"):
            return ()
        names = [self._field()]
        while self._takes(","):
            names.append(self._field())
        return tuple(names)

    def _field(self) -> str:
        if self._takes("FIELDS", "("):
            which = self._next("name")[1].upper()
            self._needs(")")
            return f"FIELDS({which})"
        name = self._next("name")[1]
        if self._sees("("):
            self._fail()
        return name

    def _count(self) -> int:
        text = self._next("number")[1]
        if not text.isdigit():
            self._at -= 1
            self._fail()
        return int(text)

    def _order(self) -> tuple[Order, ...]:
        keys = []
        while True:
            name = self._next("name")[1]
            is_descending = self._takes("DESC")
            if not is_descending:
                self._takes("ASC")
            nulls_last = self._takes("NULLS", "LAST")
            if not nulls_last:
                self._takes("NULLS", "FIRST")
            keys.append(Order(name, is_descending, nulls_last))
            if not self._takes(","):
                return tuple(keys)

    def _conditions(self) -> Condition:
        parts: list[Condition] = [self._condition(first=True)]
        joined = ""
        while self._sees("AND") or self._sees("OR"):
            word = self._tokens[self._at][1].upper()
            if joined and word != joined:
                self._fail()  # the real grammar wants parentheses where AND meets OR
            joined = word
            self._at += 1
            parts.append(self._condition())
        if len(parts) == 1:
            return parts[0]
        return All(tuple(parts)) if joined == "AND" else Any_(tuple(parts))

    def _condition(self, *, first: bool = False) -> Condition:
        if self._sees("NOT"):
            if not first:
                self._fail()  # the real grammar wants (NOT ...) after AND and OR
            self._at += 1
            return Not(self._condition())
        if self._takes("("):
            inside = self._conditions()
            self._needs(")")
            return inside
        return self._comparison()

    def _comparison(self) -> Comparison:
        name = self._next("name")[1]
        if self._takes("NOT", "IN"):
            return Comparison(name, "NOT IN", self._several())
        for word in ("IN", "INCLUDES", "EXCLUDES"):
            if self._takes(word):
                return Comparison(name, word, self._several())
        if self._takes("LIKE"):
            text = self._next("string")[1]
            return Comparison(name, "LIKE", Literal_("pattern", _pattern(text)))
        sign = self._next("sign")[1]
        if sign not in _OPERATORS:
            self._at -= 1
            self._fail()
        return Comparison(name, _OPERATORS[sign], self._value())

    def _several(self) -> tuple[Literal_, ...] | Query:
        self._needs("(")
        found: tuple[Literal_, ...] | Query
        if self._sees("SELECT"):
            found = self._select()
        else:
            values = [self._value()]
            while self._takes(","):
                values.append(self._value())
            found = tuple(values)
        self._needs(")")
        return found

    def _value(self) -> Literal_:
        kind, text = self._next("string", "number", "moment", "name")
        if kind == "string":
            return Literal_("string", "".join(char for char, _ in _characters(text)))
        if kind == "number":
            return Literal_("number", float(text) if "." in text else int(text))
        if kind == "moment":
            return Literal_("datetime" if "T" in text else "date", text)
        word = text.lower()
        if word == "null":
            return Literal_("null", None)
        if word in ("true", "false"):
            return Literal_("boolean", word == "true")
        if _RELATIVE.fullmatch(text):
            return Literal_("relative", text.upper())
        self._at -= 1
        return self._fail()


def _characters(text: str) -> Iterator[tuple[str, bool]]:
    """The characters between the quotes, each with whether it was escaped."""
    inside = iter(text[1:-1])
    for char in inside:
        if char != "\\":
            yield char, False
            continue
        escaped = next(inside, "")
        if escaped in ("u", "U"):
            yield _unicode("".join(next(inside, "") for _ in range(4))), True
        elif escaped in _ESCAPES:
            yield _ESCAPES[escaped], True
        else:
            raise refuse("MALFORMED_QUERY", f"Illegal string literal: invalid character escape sequence \\{escaped}")


def _pattern(text: str) -> re.Pattern[str]:
    """A LIKE pattern: unescaped % and _ are wild, case does not matter."""
    wild = {"%": ".*", "_": "."}
    made = "".join(re.escape(char) if escaped else wild.get(char, re.escape(char)) for char, escaped in _characters(text))
    return re.compile(made, re.IGNORECASE | re.DOTALL)


def _unicode(digits: str) -> str:
    try:
        return chr(int(digits, 16))
    except ValueError:
        raise refuse("MALFORMED_QUERY", f"Illegal string literal: \\u{digits}") from None


def names_in(condition: Condition | None) -> Sequence[str]:
    """Every field a condition speaks of."""
    match condition:
        case None:
            return ()
        case Comparison():
            return (condition.field,)
        case Not():
            return names_in(condition.part)
        case All() | Any_():
            return [name for part in condition.parts for name in names_in(part)]
