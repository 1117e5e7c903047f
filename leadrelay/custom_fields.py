"""config/fields.yaml: the company's own typed fields, added to the catalogue."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from core import fields
from core.documents import Document, Flag, OneOrMore, Text, refusal, validate
from core.fields import CUSTOM_PREFIX, STANDARD, Catalogue, FieldType
from core.problems import Problem, did_you_mean

_NAME = re.compile(re.escape(CUSTOM_PREFIX) + r"[a-z][a-z0-9_]*")


class CustomField(BaseModel):
    """One field of your own, named `custom.` and a name of a-z, 0-9 and _."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    type: FieldType = Field(description="What the field holds; values are checked and put into one form by it.")
    label: Text = Field(description="The name people see.", examples=["CRM users"])
    personal: Flag = Field(default=True, description="Whether it says something of a person, so that erasing one erases it.")
    choices: OneOrMore = Field(default=(), description="The values it may have: needed for `choice`, possible for `list`.")
    rule: Literal["latest", "first", "union", "restrictive"] | None = Field(
        default=None,
        description="Which touch's value a lead has: the newest, the oldest, all of them (`list` only, and its default), or the "
        "most restrictive (`choice` only; choices in order, the most restrictive last). Default: `latest`.",
    )

    @model_validator(mode="after")
    def _fits_its_type(self) -> CustomField:
        if self.type == "choice" and not self.choices:
            raise refusal("wants `choices: [...]`, because its type is `choice`")
        if self.choices and self.type not in ("choice", "list"):
            raise refusal(f"has `choices`, but its type is `{self.type}`. Use `type: choice`, or remove the choices")
        if len(set(self.choices)) < len(self.choices):
            raise refusal("names a choice twice. Remove one of the two")
        if self.rule == "union" and self.type != "list":
            raise refusal("has `rule: union`, which is for `type: list` only. Use `latest` or `first`")
        if self.rule == "restrictive" and self.type != "choice":
            raise refusal("has `rule: restrictive`, which is for `type: choice` only. Use `latest` or `first`")
        return self


class FieldsFile(RootModel[dict[str, CustomField]]):
    """config/fields.yaml as a whole: `custom.NAME` to what it is."""

    model_config = ConfigDict(frozen=True)


def read_fields(document: Document) -> tuple[Catalogue, list[Problem]]:
    """The catalogue with the company's own fields, and what is wrong with them; a wrong one stands in it as text."""
    problems = list(document.problems)
    tree = document.plain()
    if not isinstance(tree, dict):
        wrong = Problem("wrong_value", "this file wants lines like `custom.name: {...}`.", "", document.place(()))
        return STANDARD, [*problems, wrong]
    custom: list[fields.Field] = []
    for path in tree:
        if not _NAME.fullmatch(path):
            problems.append(_misnamed(document, path))
            continue
        made, found = validate(document, CustomField, at=(path,))
        problems += found
        if made is not None:
            rule = made.rule or ("union" if made.type == "list" else "latest")
            custom.append(fields.Field(path, made.type, made.label, made.personal, rule, choices=made.choices))
        else:
            custom.append(fields.Field(path, _meant(document, path), path, True))  # so that what uses it is not complained of too
    return STANDARD.with_custom(custom), problems


def _meant(document: Document, path: str) -> FieldType:
    """The type that is nearest to what a wrong field says; text when none is near."""
    said = document.plain_at((path, "type"))
    kinds: tuple[FieldType, ...] = get_args(FieldType)
    near = get_close_matches(said, kinds, n=1) if isinstance(said, str) else []
    return next((kind for kind in kinds if kind in near and kind != "choice"), "text")


def _misnamed(document: Document, path: str) -> Problem:
    place = document.place((path,), key=True)
    if path in STANDARD:
        return Problem("wrong_name", f"`{path}` is a field of leadrelay itself and needs no line here. Remove it.", path, place)
    name = re.sub(r"[^a-z0-9_]+", "_", path.lower().removeprefix(CUSTOM_PREFIX)).strip("_").lstrip("0123456789_") or "name"
    hint = "" if path.startswith(CUSTOM_PREFIX) else did_you_mean(path, STANDARD.fields)
    return Problem("wrong_name", f"`{path}` can not be a field's name. Name it `{CUSTOM_PREFIX}{name}`.{hint}", path, place)
