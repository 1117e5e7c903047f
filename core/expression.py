"""CEL under `expression:`: the one module that knows the library, and what a lead's fields are to it.

    {expression: "company.employees >= 10 && person.email.endsWith('.de')"}

Names are the catalogue's paths, the checks, `touches` (the kinds in the history) and `now`. A field without a value is left
out, and so is a range that says neither yes nor no (`11-50` and `>= 20`): what needs it is unknown, and `&&` and `||` still
answer when the other side decides. An expression that can not be worked out for another reason (an overflow, a text that is no
number) is unknown too, and its explanation says why.

The work is bounded when a file is loaded: so many characters, so many `matches` with a pattern that is written there and is not
costly, no list macro inside another; and when a lead is asked: so much of a text and of a list is read, and the library stops
after 10,000 steps of macros by itself. The library is loaded with the first expression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.condition_scope import Scope
from core.conditions import Case, CheckIs, Explained, FieldIs
from core.documents import Node, ScalarNode
from core.expression_errors import MOST_REPEATED_WORK, MOST_WORK, CelError, cel_errors, too_costly
from core.expression_names import LONGEST, NOW, Names, Variable
from core.expression_text import FUNCTIONS, Written, neighbour, place_inside
from core.expression_words import compared, slips
from core.fields import Field
from core.mapping.reader import Reader
from core.operators import FALSE, TRUE, UNKNOWN, Truth
from core.problems import Place, did_you_mean

__all__ = ["LONGEST", "Expression", "compile_expression"]

_ABSENT = "No value with name"


@dataclass(frozen=True, slots=True)
class Expression:
    """One compiled expression."""

    text: str
    place: Place
    run: Callable[..., Any]
    variables: tuple[Variable, ...]
    reads: tuple[tuple[str, Callable[[Case], object]], ...]
    said: tuple[tuple[str, str, Place], ...] = ()
    """The texts that it compares names with, and where they stand."""

    def _answer(self, case: Case) -> object:
        """True, False, or the library's sentence that says why not."""
        given = {}
        for name, read in self.reads:
            value = read(case)
            if value is not None:
                given[name] = value
        try:
            return self.run(None, given).value()
        except RuntimeError as error:
            return str(error)

    def truth(self, case: Case) -> Truth:
        """The answer; unknown when it needs what is not known, or can not be worked out."""
        answer = self._answer(case)
        return TRUE if answer is True else FALSE if answer is False else UNKNOWN

    def explain(self, case: Case) -> Explained:
        """The answer with the value of each field that it names, and why it could not be worked out."""
        answer = self._answer(case)
        paths = dict.fromkeys(variable.path for variable in self.variables if variable.kind == "field")
        parts = [FieldIs(path, f"{path} known", self.place, None).explain(case) for path in paths]
        parts += [CheckIs(name, self.place).explain(case) for name in self.names()]
        reason = "" if isinstance(answer, bool) or _ABSENT in str(answer) else _plain_reason(str(answer))
        truth = TRUE if answer is True else FALSE if answer is False else UNKNOWN
        return Explained(self.text, truth, self.place, parts=tuple(parts), reason=reason)

    def unknowns(self, case: Case) -> Iterator[str]:
        """The fields that are missing, or too wide a range, and what keeps its checks open."""
        if self.truth(case) is not UNKNOWN:
            return
        seen: set[str] = set()
        for variable in self.variables:
            if variable.path in seen or variable.kind == "word" or variable.read(case) is not None:
                continue
            seen.add(variable.path)
            if variable.kind == "check":
                yield from case.checks[variable.path].unknowns(case)
            else:
                yield variable.path

    @property
    def asks_now(self) -> bool:
        """Whether it asks for the present time."""
        return any(variable.path == NOW for variable in self.variables)

    def names(self) -> Iterator[str]:
        """The checks that it names."""
        return iter(dict.fromkeys(variable.path for variable in self.variables if variable.kind == "check"))


def _plain_reason(answer: str) -> str:
    """The library's sentence without its code, such as `divide by zero`."""
    code, found, sentence = answer.partition(": ")
    return (sentence if found and code.isupper() else answer).split(" [")[0]


# --- compiling ------------------------------------------------------------------------------------------------------


def compile_expression(reader: Reader, node: Node, scope: Scope) -> Expression | None:
    """The expression that a text says; None after complaints, each at its line and column."""
    text = reader.text(node, "`expression`")
    if text is None or not isinstance(node, ScalarNode):
        return None
    if len(text) > LONGEST:
        message = f"the expression has {len(text)} characters, and {LONGEST} is the most. Make checks of its parts."
        reader.complain("too_long", message, node.place, "expression")
        return None
    compiling = _Compiling(reader, node, text, scope)
    return compiling.compiled()


class _Compiling:
    """One expression on its way."""

    def __init__(self, reader: Reader, node: ScalarNode, text: str, scope: Scope) -> None:
        self._reader, self._node, self._text, self._scope = reader, node, text, scope
        self._names = Names(text, scope, self._complain)
        self._is_refused = False

    def _complain(self, code: str, message: str, offset: int, field: str = "expression") -> None:
        self._is_refused = True
        self._reader.complain(code, message, place_inside(self._node, offset), field)

    def compiled(self) -> Expression | None:
        """The expression, or None after complaints."""
        from cel_expr_python import cel  # the web process and rules without expressions do without it

        for offset, message in slips(self._text):
            self._complain("wrong_expression", message, offset)
        written = None if self._is_refused else Written(self._names.exchanged())
        if written is None or self._is_refused:
            return None
        variables = tuple(self._names.variables)
        texts = cel.Type.List(cel.Type.STRING)
        types = {each.name: texts if each.type == "LIST" else getattr(cel.Type, each.type) for each in variables}
        environment = cel.NewEnv(variables=types)
        self._check_patterns(environment)
        program = None if self._is_refused else self._program(environment, written)
        if program is None:
            return None
        if program.return_type().name() not in ("BOOL", "DYN"):
            what = _TYPES.get(program.return_type().name().lower(), "a value")
            message = f"the expression gives {what}, and a condition is true or false. Compare it with something."
            self._complain("wrong_type", message, 0)
            return None
        self._check_choices()
        text = " ".join(self._text.split())
        reads = tuple((each.name, each.read) for each in variables)
        said = tuple((one.name, one.word, place_inside(self._node, one.offset)) for one in compared(self._text))
        return Expression(text, self._node.place, program.eval, variables, reads, said)

    def _check_choices(self) -> None:
        """A text that a choice is compared with must be one that it can be."""
        for one in compared(self._text):
            field = self._scope.field(one.name)
            if field is not None and field.type == "choice" and one.word not in field.choices:
                hint = did_you_mean(one.word, field.choices)
                message = f"{one.name} is never `{one.word}`.{hint} Known are {', '.join(field.choices)}."
                self._complain("unknown_value", message, one.offset, one.name)

    def _program(self, environment: Any, written: Written) -> Any:
        """The compiled program; whole numbers are written as decimal ones wherever CEL asks for it."""
        while True:
            try:
                return environment.compile(written.text)
            except RuntimeError as error:
                found = cel_errors(str(error))
            fitting = next((made for each in found if (made := _as_decimals(written, each, self._names.whole))), None)
            if fitting is None:
                for each in found[:1] if any("Syntax error" in each.message for each in found) else found:
                    self._complain("wrong_expression", _sentence(each.message), self._offset(each, written))
                return None
            written = fitting

    def _offset(self, error: CelError, written: Written) -> int:
        """Where an error stands; of an unknown function, CEL tells the bracket behind its name."""
        offset = written.origin(error.line, error.column)
        name = error.message.split("'")[1] if error.message.startswith("undeclared reference to '") else ""
        return offset - len(name) if name and self._text[:offset].endswith(name) else offset

    def _check_patterns(self, environment: Any) -> None:
        """Each pattern must be one that RE2 reads and that is quickly run."""
        for literal, is_repeated in self._names.patterns:
            try:
                pattern = str(environment.compile(literal.text).eval().value())
            except RuntimeError:
                continue  # a text that is no CEL is complained of with the whole expression
            if costly := too_costly(pattern, MOST_REPEATED_WORK if is_repeated else MOST_WORK):
                self._complain("wrong_value", f"the pattern {costly}.", literal.start)
                continue
            answer = environment.compile(f"''.matches({literal.text})").eval().value()
            if not isinstance(answer, bool):
                message = f"this is no regular expression of RE2: {_plain_reason(str(answer))}."
                self._complain("wrong_value", message, literal.start)


def _as_decimals(written: Written, error: CelError, whole: Mapping[str, Field]) -> Written | None:
    """The expression with one more whole number written as a decimal one, where an operator misses that; else None."""
    index = written.index(error.line, error.column)
    kinds = error.operands
    if index is None or len(kinds) != 2:
        return None
    if kinds == ("double", "list(int)"):
        return _list_as_decimals(written, index)
    if kinds not in (("double", "int"), ("int", "double"), ("int", "list(double)")):
        return None
    pieces = list(written.pieces)
    step = 1 if kinds[0] == "double" else -1
    beside = neighbour(pieces, index, step)
    while beside is not None and pieces[beside].text in ("(", ")", "-"):
        beside = neighbour(pieces, beside, step)
    if beside is None:
        return None
    piece = pieces[beside]
    if piece.kind == "whole" and piece.text.isdigit():
        pieces[beside] = piece.saying(f"{piece.text}.0")
    elif piece.text in whole:
        pieces[beside] = piece.saying(f"double({piece.text})")
    else:
        return None
    return Written(pieces)


def _list_as_decimals(written: Written, index: int) -> Written | None:
    pieces = list(written.pieces)
    at = neighbour(pieces, index, 1)
    if at is None or pieces[at].text != "[":
        return None
    changed = False
    while at < len(pieces) and pieces[at].text != "]":
        if pieces[at].kind == "whole" and pieces[at].text.isdigit():
            pieces[at] = pieces[at].saying(f"{pieces[at].text}.0")
            changed = True
        at += 1
    return Written(pieces) if changed else None


# --- the library's errors in plain words ----------------------------------------------------------------------------

_TYPES = {
    "int": "a whole number", "uint": "a whole number", "double": "a number", "string": "a text", "bool": "true or false",
    "timestamp": "a time", "duration": "a duration", "bytes": "bytes", "null_type": "null", "null": "null",
}  # fmt: skip


def _type_name(name: str) -> str:
    return _TYPES.get(name, "a list" if name.startswith("list") else name)


def _sentence(message: str) -> str:
    """What CEL complains of, in the words of these files."""
    if message.startswith("undeclared reference to '"):
        name = message.split("'")[1]
        return f"there is no function or name `{name}` in an expression.{did_you_mean(name, FUNCTIONS)}"
    error = CelError(1, 1, message)
    if error.operands:
        operator = message.split("'")[1].removeprefix("@").replace("_?_:_", "? :").replace("_[_]", "[ ]").strip("_")
        if len(error.operands) == 1:
            return f"`{operator}` can not be asked of {_type_name(error.operands[0])}."
        return f"`{operator}` does not fit {' and '.join(_type_name(name) for name in error.operands)}."
    if "mismatched input '<EOF>'" in message:
        return "the expression ends too early: something must follow here."
    if message.startswith("Syntax error"):
        return f"this can not be read as an expression: {message.removeprefix('Syntax error: ').split(' expecting ')[0]}."
    if "recursion" in message:
        return "the expression is nested too deeply. Make checks of its parts and combine them."
    return f"{message}."
