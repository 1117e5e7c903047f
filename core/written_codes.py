"""Codes of countries, languages and regions in conditions, as people write them by habit: leads hold the standard ones only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from core.conditions import FieldIs
from core.expression import Expression
from core.fields import Catalogue
from core.known_words import singles
from core.normalize.places import read_country, read_language, regions_named
from core.problems import Place, Problem
from core.scoring.reach import Findings

if TYPE_CHECKING:
    from core.rule_lint import Asking

_EQUAL = ("is", "is_not", "in", "not_in")


def lint_codes(asked: Iterable[Asking], catalogue: Catalogue) -> Findings:
    """Codes that no lead ever has."""
    found: dict[Place, Problem] = {}
    warnings: dict[Place, Problem] = {}
    for path, word, place in _said(asked):
        field = catalogue.get(path)
        sentence = None if field is None else wrong_code(field.type, word)
        if sentence is not None:
            found.setdefault(place, Problem("wrong_value", f"{path} is never `{word}`: {sentence}", path, place))
        if field is not None and field.type == "region" and (codes := regions_named(word)):
            warnings.setdefault(place, Problem("wrong_value", _by_name(path, word, codes), path, place))
    return Findings(tuple(found.values()), tuple(warnings.values()))


def _by_name(path: str, word: str, codes: Mapping[str, str]) -> str:
    """That leads hold a region by its code, and how to ask for it."""
    several = " or ".join(f"`{code}` ({country})" for country, code in codes.items())
    country, code = next(iter(codes.items()))
    beside = path.rpartition(".")[0] + ".country"
    return (
        f"leads hold the region `{word}` by its code, {several}, and not by its name. "
        f"Write `{code}`, beside `{beside}: {{is: {country}}}`."
    )


def wrong_code(kind: str, word: str) -> str | None:
    """What is wrong with a code of a country or a language, and what to write; None for other types, or when it is right."""
    if kind not in ("country", "language"):
        return None
    read = read_country(word) if kind == "country" else read_language(word)
    if isinstance(read.value, str) and read.value.casefold() == word.strip().casefold():
        return None
    if isinstance(read.value, str):
        return f"that {kind}'s code is `{read.value}`. Write `{read.value}`."
    example = "`GB` or `AT`" if kind == "country" else "`de` or `en`"
    return f"it is no {kind}'s code. Write one such as {example}."


def _said(asked: Iterable[Asking]) -> Iterator[tuple[str, str, Place]]:
    for one in singles(each.condition for each in asked):
        if isinstance(one, FieldIs) and one.operator in _EQUAL:
            yield from ((one.path, word, place) for word, place in zip(one.operands, one.at, strict=True))
        elif isinstance(one, Expression):
            yield from one.said
