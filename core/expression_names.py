"""The names in a CEL expression: each field, check and word is exchanged for a typed variable, with a function that reads it.

Every exchange keeps its place in the text. A comparison of a range with a number (`company.employees >= 10`) becomes one
variable, which is left out when the range says neither yes nor no.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from core.condition_scope import Scope
from core.conditions import Case
from core.expression_text import MACROS, WORDS, Piece, neighbour, pieces_of, split
from core.fields import Field
from core.instants import to_datetime
from core.lead import Value
from core.normalize.numbers import range_bounds
from core.operators import UNKNOWN
from core.problems import did_you_mean

LONGEST = 1000
"""The most characters of an expression."""
LONGEST_TEXT, LONGEST_LIST = 2000, 50
"""As much of a text, and as many elements of a list, are read."""
MOST_PATTERNS = MOST_MACROS = 5
TOUCHES, NOW = "touches", "now"
"""Words that are no fields: the kinds of the lead's touches, and the time at which is asked."""

Read = Callable[[Case], object]
Complain = Callable[[str, str, int, str], None]

_bounds = lru_cache(maxsize=2048)(range_bounds)
_MIRRORED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}
_COMPARED: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_BEFORE, _AFTER = (None, "(", "&&", "||", "?", ":", ",", "["), (None, ")", "&&", "||", "?", ":", ",", "]")
"""What may stand before and after a comparison of a range: all that binds less tightly than it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of an expression: its name and type for CEL, and what it reads; `path` is a field, a check or a word."""

    name: str
    type: str
    kind: str
    path: str
    read: Read


class Names:
    """Exchanges the names of one expression; `variables` and `patterns` (and whether each is run for every element of a list)
    are filled by it."""

    def __init__(self, text: str, scope: Scope, complain: Complain) -> None:
        self._pieces = pieces_of(text)
        self._scope, self._complain = scope, complain
        self._made: dict[tuple[str, ...], Variable] = {}
        self._asks_for_unknown = any(piece.kind == "text" and piece.text[1:-1] == "unknown" for piece in self._pieces)
        self._bound = self._bound_names()
        self.whole: dict[str, Field] = {}
        self.patterns: list[tuple[Piece, bool]] = []

    @property
    def variables(self) -> Sequence[Variable]:
        """The variables that stand in the exchanged text."""
        return tuple(self._made.values())

    def exchanged(self) -> list[Piece]:
        """The pieces with variables in place of names."""
        self._check_calls()
        found: list[Piece] = []
        index = 0
        while index < len(self._pieces):
            piece = self._pieces[index]
            if piece.kind == "name" and not self._is_member(index):
                index = self._exchange(index, found)
            else:
                found.append(piece)
                index += 1
        return found

    # --- calls ----------------------------------------------------------------------------------------------------

    def _next(self, index: int, step: int = 1) -> Piece | None:
        at = neighbour(self._pieces, index, step)
        return None if at is None else self._pieces[at]

    def _sign(self, index: int, step: int = 1) -> str | None:
        found = self._next(index, step)
        return None if found is None else found.text

    def _is_member(self, index: int) -> bool:
        return index > 0 and self._pieces[index - 1].text == "."

    def _is_call(self, index: int) -> bool:
        return self._sign(index) == "("

    def _bound_names(self) -> frozenset[str]:
        """The names that macros give to the elements of a list."""
        found = set()
        for index, piece in enumerate(self._pieces):
            if piece.kind == "name" and piece.text.split(".")[-1] in MACROS and self._is_call(index):
                opened = neighbour(self._pieces, index, 1)
                bound = None if opened is None else neighbour(self._pieces, opened, 1)
                if bound is not None and self._pieces[bound].kind == "name" and self._sign(bound) == ",":
                    found.add(self._pieces[bound].text)
        return frozenset(found)

    def _check_calls(self) -> None:
        """No macro inside of a macro, and no pattern that is worked out."""
        depth, inside, macros = 0, 0, 0
        for index, piece in enumerate(self._pieces):
            called = piece.text.split(".")[-1] if piece.kind == "name" and self._is_call(index) else ""
            if called in MACROS:
                macros += 1
                if inside:
                    self._complain("too_costly", f"`{called}` stands inside of another macro.", piece.start, called)
                inside = inside or depth + 1
            elif called == "matches":
                self._pattern(index, piece, is_repeated=inside > 0)
            elif piece.text == "(":
                depth += 1
            elif piece.text == ")":
                inside = 0 if inside == depth else inside
                depth -= 1
        for count, most, what in ((macros, MOST_MACROS, "list macros"), (len(self.patterns), MOST_PATTERNS, "patterns")):
            if count > most:
                message = f"the expression has {count} {what}, and {most} is the most. Make checks of its parts."
                self._complain("too_costly", message, 0, "expression")

    def _pattern(self, index: int, piece: Piece, *, is_repeated: bool) -> None:
        opened = neighbour(self._pieces, index, 1)
        given = None if opened is None else neighbour(self._pieces, opened, 1)
        is_method = "." in piece.text or self._is_member(index)
        if given is not None and is_method and self._pieces[given].kind == "text" and self._sign(given) == ")":
            self.patterns.append((self._pieces[given], is_repeated))
        else:
            message = "`matches` wants one pattern that is written here, such as `person.email.matches('[.]de$')`."
            self._complain("wrong_value", message, piece.start, "matches")

    # --- names ----------------------------------------------------------------------------------------------------

    def _exchange(self, index: int, found: list[Piece]) -> int:
        """Add what stands for the name at an index; the index to go on at."""
        piece = self._pieces[index]
        parts = piece.text.split(".")
        if piece.text == "has" and self._is_call(index):
            return self._exchange_has(index, found)
        if parts[0] in self._bound or piece.text in WORDS or (len(parts) == 1 and self._is_call(index)):
            found.append(piece)
            return index + 1
        most = len(parts) - 1 if self._is_call(index) else len(parts)
        name, rest = split(piece, most)
        if (known := self._range_of(name.text)) is not None:
            return self._exchange_range(index, known, found)
        variable = self._variable(name.text)
        if variable is None:
            message = self._unknown(name.text)
            self._complain("unknown_field", message, name.start, name.text)
            found.append(piece)
            return index + 1
        found += [name.saying(variable.name), rest]
        return index + 1

    def _unknown(self, name: str) -> str:
        base, _, end = name.rpartition(".")
        if end in ("lowest", "highest") and self._scope.field(base) is not None:
            return f"{base} is no range, and has no `{end}`."
        if "." not in name and (hint := did_you_mean(name, (TOUCHES, NOW))):
            return f"`{name}` is neither a check nor a lead field.{hint}"
        return self._scope.unknown(name)

    def _exchange_has(self, index: int, found: list[Piece]) -> int:
        """`has(person.email)`: whether there is a value."""
        opened = neighbour(self._pieces, index, 1)
        named = None if opened is None else neighbour(self._pieces, opened, 1)
        closed = None if named is None else neighbour(self._pieces, named, 1)
        path = self._pieces[named].text if named is not None and self._pieces[named].kind == "name" else ""
        if named is None or closed is None or not path or self._pieces[closed].text != ")":
            message = "`has` wants one lead field, such as `has(person.phone)`."
            self._complain("wrong_value", message, self._pieces[index].start, "has")
            return index + 1
        variable = self._variable(path)
        if variable is None or variable.kind != "field":
            self._complain("unknown_field", self._unknown(path), self._pieces[named].start, path)
            return closed + 1
        read = variable.read
        if self._range_of(path) is not None:
            read = lambda case: case.subject.value(path)  # noqa: E731
        has = self._add(("has", path), "BOOL", "word", path, lambda case: read(case) is not None)
        whole = Piece("name", has.name, self._pieces[index].start, self._pieces[closed].start + 1 - self._pieces[index].start)
        found.append(whole)
        return closed + 1

    def _range_of(self, path: str) -> Field | None:
        known = self._scope.field(path)
        return known if known is not None and known.type == "range" else None

    def _exchange_range(self, index: int, known: Field, found: list[Piece]) -> int:
        """A comparison of a range with a number becomes one variable."""
        piece, path = self._pieces[index], known.path
        after = self._comparison(index, 1)
        before = self._comparison(index, -1)
        if after is not None and self._sign(index, -1) in _BEFORE and self._sign(after[2]) in _AFTER:
            sign, number, last = after
            first = index
        elif before is not None and self._sign(index) in _AFTER and self._sign(before[2], -1) in _BEFORE:
            sign, number, first = _MIRRORED[before[0]], before[1], before[2]
            last = index
            while found and found[-1].start >= self._pieces[first].start:
                found.pop()
        elif self._is_cut_off(index):
            self._complain("wrong_expression", "the expression ends too early: a number must follow.", piece.start, path)
            return len(self._pieces)
        else:
            message = (
                f"{path} is a range: compare it with a number, such as `{path} >= 10`. For anything else take "
                f"`{path}.lowest` or `{path}.highest`."
            )
            self._complain("wrong_expression", message, piece.start, path)
            found.append(piece)
            return index + 1
        variable = self._add((path, sign, str(number)), "BOOL", "field", path, _compared(path, sign, number))
        start, end = self._pieces[first].start, self._pieces[last].start + self._pieces[last].length
        found.append(Piece("name", variable.name, start, end - start))
        return last + 1

    def _is_cut_off(self, index: int) -> bool:
        sign = neighbour(self._pieces, index, 1)
        return sign is not None and self._pieces[sign].text in _COMPARED and neighbour(self._pieces, sign, 1) is None

    def _comparison(self, index: int, step: int) -> tuple[str, Decimal, int] | None:
        """The comparison on one side of a name: its sign, the number, and the index of its outermost piece."""
        at = neighbour(self._pieces, index, step)
        if at is None or self._pieces[at].text not in _COMPARED:
            return None
        sign = self._pieces[at].text
        number = neighbour(self._pieces, at, step)
        if number is None:
            return None
        if step > 0 and self._pieces[number].text == "-":
            inner = neighbour(self._pieces, number, 1)
            if inner is None or (value := _number(self._pieces[inner])) is None:
                return None
            return sign, -value, inner
        value = _number(self._pieces[number])
        if value is None:
            return None
        minus = neighbour(self._pieces, number, -1) if step < 0 else None
        if minus is not None and self._pieces[minus].text == "-":
            return sign, -value, minus
        return sign, value, number

    def _variable(self, path: str) -> Variable | None:
        """The variable of a field, a check, or a word of these expressions."""
        if path in self._scope.checks:
            return self._add((path,), "BOOL", "check", path, lambda case: _check(case, path))
        if path == TOUCHES and self._scope.has_touches:
            return self._add((path,), "LIST", "word", path, lambda case: list(case.subject.kinds)[:LONGEST_LIST])
        if path == NOW:
            return self._add((path,), "TIMESTAMP", "word", path, lambda case: to_datetime(case.as_of))
        known = self._scope.field(path)
        base, _, end = path.rpartition(".")
        if known is None and end in ("lowest", "highest") and (known := self._range_of(base)) is not None:
            return self._add((path,), "DOUBLE", "field", base, _bound(base, end))
        if known is None:
            return None
        kind, convert = _TYPES.get(known.type, ("STRING", _text))
        if known.choices and not self._asks_for_unknown:
            convert = _choice
        variable = self._add((path,), kind, "field", path, _reading(path, convert))
        if kind == "INT":
            self.whole[variable.name] = known
        return variable

    def _add(self, key: tuple[str, ...], kind: str, sort: str, path: str, read: Read) -> Variable:
        if key not in self._made:
            self._made[key] = Variable(f"v{len(self._made)}", kind, sort, path, read)
        return self._made[key]


# --- reading --------------------------------------------------------------------------------------------------------


def _check(case: Case, name: str) -> bool | None:
    answer = case.answer(name)
    return None if answer is UNKNOWN else bool(answer)


def _reading(path: str, convert: Callable[[Value], object]) -> Read:
    def read(case: Case) -> object:
        value = case.subject.value(path)
        return None if value is None else convert(value)

    return read


def _text(value: Value) -> object:
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT]


def _choice(value: Value) -> object:
    """The choice `unknown` says nothing, unless it is asked for."""
    return None if value == "unknown" else value


def _list(value: Value) -> object:
    items = value if isinstance(value, tuple) else (str(value),)
    return [item[:LONGEST_TEXT] for item in items[:LONGEST_LIST]]


def _decimal(value: Value) -> object:
    try:
        return float(str(value))
    except ValueError:
        return None


def _moment(value: Value) -> object:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _same(value: Value) -> object:
    return value


_TYPES: Mapping[str, tuple[str, Callable[[Value], object]]] = {
    "integer": ("INT", _same), "decimal": ("DOUBLE", _decimal), "boolean": ("BOOL", _same), "list": ("LIST", _list),
    "date": ("TIMESTAMP", _moment), "datetime": ("TIMESTAMP", _moment),
}  # fmt: skip


def _number(piece: Piece) -> Decimal | None:
    is_number = piece.kind == "decimal" or (piece.kind == "whole" and piece.text.isdigit())
    return Decimal(piece.text) if is_number else None


def _bound(path: str, end: str) -> Read:
    which = 0 if end == "lowest" else 1

    def read(case: Case) -> object:
        value = case.subject.value(path)
        bound = None if value is None else _bounds(str(value))[which]
        return None if bound is None else float(bound)

    return read


def _compared(path: str, sign: str, number: Decimal) -> Read:
    """Whether a range compares so with a number; None when one part of it does and another does not."""

    @lru_cache(maxsize=512)
    def compare(text: str) -> bool | None:
        return _range_compares(range_bounds(text), sign, number)

    def read(case: Case) -> object:
        value = case.subject.value(path)
        return None if value is None else compare(str(value))

    return read


def _range_compares(bounds: tuple[int | None, int | None], sign: str, number: Decimal) -> bool | None:
    low, high = bounds
    if low is None and high is None:
        return None
    if sign in ("==", "!="):
        if low == high:
            return _COMPARED[sign](Decimal(low or 0), number)
        is_outside = (low is not None and low > number) or (high is not None and high < number)
        return sign == "!=" if is_outside else None
    surest, other = (low, high) if sign in (">=", ">") else (high, low)
    if surest is not None and _COMPARED[sign](Decimal(surest), number):
        return True
    if other is not None and not _COMPARED[sign](Decimal(other), number):
        return False
    return None
