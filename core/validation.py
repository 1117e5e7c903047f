"""A tree of texts checked against a pydantic model: everything wrong at once, each at its place and in the user's words."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic_core import ErrorDetails

from core.problems import Place, Problem, did_you_mean

if TYPE_CHECKING:
    from core.documents import Document, Loc, Plain

M = TypeVar("M", bound=BaseModel)

WherePlaced = Callable[["Loc", bool], Place]
ShownText = Callable[["Loc"], "str | None"]

_WANTS = {
    "string_type": "wants one text",
    "dict_type": "wants `key: value` lines",
    "mapping_type": "wants `key: value` lines",
    "model_type": "wants `key: value` lines",
    "model_attributes_type": "wants `key: value` lines",
    "list_type": "wants a list",
    "tuple_type": "wants a list",
    "set_type": "wants a list",
}
_PARSED = {
    "bool_parsing": "wants `yes` or `no`", "bool_type": "wants `yes` or `no`",
    "int_parsing": "wants a whole number, such as `10`", "int_type": "wants a whole number, such as `10`",
    "float_parsing": "wants a number, such as `10` or `0.5`", "float_type": "wants a number, such as `10` or `0.5`",
    "decimal_parsing": "wants a number, such as `10` or `0.5`", "path_type": "wants the path of a file",
}  # fmt: skip
_LIMITS = {
    "greater_than": "wants more than {gt}", "greater_than_equal": "wants at least {ge}",
    "less_than": "wants less than {lt}", "less_than_equal": "wants at most {le}",
    "too_short": "wants at least {min_length}", "too_long": "wants at most {max_length}",
    "string_too_short": "wants at least {min_length} characters", "string_too_long": "wants at most {max_length} characters",
    "string_pattern_mismatch": "wants a text like {pattern}",
}  # fmt: skip
_SENTENCES = ("leadrelay", "value_error")
_MAY_BE_SECRET = re.compile(r"token|secret|password|auth|key", re.IGNORECASE)
_EMPTY_AS: Mapping[str, Callable[[], Any]] = {
    "dict_type": dict, "mapping_type": dict, "model_type": dict, "model_attributes_type": dict,
    "list_type": list, "tuple_type": list, "set_type": list,
}  # fmt: skip


def validate(document: Document, model: type[M], *, at: Loc = ()) -> tuple[M | None, list[Problem]]:
    """The model made from the document's tree at `at`, or None with every problem; problems of bad YAML are not repeated."""
    tree = document.plain_at(at)

    def place(loc: Loc, key: bool) -> Place:
        return document.place(at + loc, key)

    return validate_tree(tree, model, place, prefix=at)


def validate_tree(
    tree: Plain, model: type[M], place: WherePlaced, *, prefix: Loc = (), shown: ShownText | None = None
) -> tuple[M | None, list[Problem]]:
    """Like `validate`, for a tree with other values than its file's: `shown` gives the text to print for a value at a loc."""
    while True:
        try:
            return model.model_validate(tree), []
        except ValidationError as error:
            errors = error.errors(include_url=False)
        filled = _with_empty_filled(tree, errors)
        if filled is None:
            break
        tree = filled
    steps = [(_real_loc(tree, found), found) for found in errors]
    found_problems = _problems(model, steps, place, prefix, shown or (lambda loc: _text_at(tree, loc)))
    return None, sorted(found_problems, key=lambda problem: problem.place or place((), False))


def _with_empty_filled(tree: Plain, errors: Iterable[ErrorDetails]) -> Plain | None:
    """The tree with an empty text replaced wherever a mapping or a list is wanted; None when there is none."""
    for found in errors:
        make = _EMPTY_AS.get(found["type"])
        if make is not None and found["input"] == "":
            return _replaced(tree, _real_loc(tree, found), make())
    return None


def _replaced(tree: Plain, loc: Loc, value: Any) -> Plain:
    if not loc:
        return value  # type: ignore[no-any-return]
    step, rest = loc[0], loc[1:]
    if isinstance(tree, dict):
        return {key: _replaced(child, rest, value) if key == step else child for key, child in tree.items()}
    if isinstance(tree, list):
        return [_replaced(child, rest, value) if index == step else child for index, child in enumerate(tree)]
    return tree


def _real_loc(tree: Plain, found: ErrorDetails) -> Loc:
    """Where an error is in the tree: pydantic also names the members of unions and the keys of its own, which are left out."""
    loc: list[str | int] = []
    steps = found["loc"]
    here: Plain | None = tree
    for number, step in enumerate(steps):
        child = _step(here, step)
        if child is not None:
            loc.append(step)
            here = child
        elif number == len(steps) - 1 and found["type"] == "missing":
            loc.append(step)
    return tuple(loc)


def _step(here: Plain | None, step: str | int) -> Plain | None:
    if isinstance(here, dict) and isinstance(step, str):
        return here.get(step)
    if isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here):
        return here[step]
    return None


def _text_at(tree: Plain, loc: Loc) -> str | None:
    here: Plain | None = tree
    for step in loc:
        here = _step(here, step)
    return here if isinstance(here, str) else None


def _problems(
    model: type[BaseModel],
    errors: Sequence[tuple[Loc, ErrorDetails]],
    place: WherePlaced,
    prefix: Loc,
    shown: ShownText,
) -> Iterator[Problem]:
    done: set[Loc] = set()
    for loc, found in errors:
        if loc in done:
            continue
        done.add(loc)
        name = dotted(prefix + loc)
        if found["type"] == "extra_forbidden":
            known = sorted(_known_keys(model, loc[:-1]))
            hint = did_you_mean(str(loc[-1]), known) or (f" Known here: {', '.join(known)}." if known else "")
            sentence = f"`{loc[-1]}` is not a key of {_owner(prefix + loc[:-1])}.{hint}"
            yield Problem("unknown_key", sentence, name, place(loc, True))
        elif found["type"] == "missing":
            sentence = f"`{loc[-1]}` is missing in {_owner(prefix + loc[:-1])}. Add the line `{loc[-1]}: ...`."
            yield Problem("missing_key", sentence, name, place(loc, True))
        else:
            is_of_whole = found["type"] in _SENTENCES and bool(_known_keys(model, loc))
            is_of_key = is_of_whole or found["loc"][-1:] == ("[key]",)
            yield Problem(*_wrong_value(found, name, shown(loc)), name, place(loc, is_of_key))


def _wrong_value(found: ErrorDetails, name: str, text: str | None) -> tuple[str, str]:
    """The code and the sentence for a value that does not fit; one that may be a secret is not repeated."""
    kind = found["type"]
    may_show = text is not None and kind not in _WANTS and not _MAY_BE_SECRET.search(name.rpartition(".")[2])
    named = f"`{name}`" if name else "this file"
    given = f"`{text}` is no value for {named}, which" if may_show else named
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", str(found["ctx"]["expected"]))
        return "wrong_choice", f"{given} wants one of: {', '.join(choices)}.{did_you_mean(text or '', choices)}"
    said = _sentence(found)
    if kind == "value_error":
        return "wrong_value", f"{named}: {said}."
    return "wrong_value", f"{named} {said}." if said.startswith("is ") else f"{given} {said}."


def _sentence(found: ErrorDetails) -> str:
    kind = found["type"]
    if kind in _SENTENCES:
        return found["msg"].removeprefix("Value error, ").rstrip(".")
    if kind in _LIMITS:
        return _LIMITS[kind].format(
            **{name: f"{value:g}" if isinstance(value, float) else value for name, value in found["ctx"].items()}
        )
    return _WANTS.get(kind) or _PARSED.get(kind) or f"does not fit: {found['msg'][:1].lower()}{found['msg'][1:].rstrip('.')}"


def _owner(loc: Loc) -> str:
    return f"`{dotted(loc)}`" if loc else "this file"


def dotted(loc: Loc) -> str:
    """A loc as people name it: `sinks.salesforce.auth.flow`, `tests[2].given`."""
    name = ""
    for step in loc:
        name += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if name else step
    return name


def _known_keys(model: type[BaseModel], loc: Loc) -> set[str]:
    """The keys that a model knows at a loc, of every alternative that may stand there."""
    found: list[Any] = [model]
    for step in loc:
        found = [inner for kind in found for inner in _inside(kind, step)]
    return {
        str(field.alias or name)
        for kind in found
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        for name, field in kind.model_fields.items()
    }


def _inside(kind: Any, step: str | int) -> list[Any]:
    if isinstance(kind, type) and issubclass(kind, RootModel):
        return [inner for root in _alternatives(kind.model_fields["root"].annotation) for inner in _inside(root, step)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return _alternatives(fields[step].annotation) if step in fields else []
    args = get_args(kind)
    origin = get_origin(kind)
    if isinstance(step, int):
        return _alternatives(args[0]) if args else []
    return _alternatives(args[1]) if isinstance(origin, type) and issubclass(origin, Mapping) and len(args) == 2 else []


def _alternatives(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [inner for alternative in get_args(kind) for inner in _alternatives(alternative)]
    return [kind]
