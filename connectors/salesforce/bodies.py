"""What of a rendered object goes out now, as the org's schema types it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from connectors.base import Reject
from connectors.salesforce.schema import CrmField, Schema
from connectors.salesforce.writers import BadValue, Json, crm_value, is_same
from core.problems import Problem, did_you_mean
from core.rendering import Rendered, decide_writes


@dataclass(frozen=True, slots=True)
class Body:
    """A record's fields to send; `must` are those that may not be left out, `problems` say what is wrong with others,
    those of `kept` hold another value, which stays."""

    fields: Mapping[str, Json]
    must: frozenset[str]
    problems: tuple[Problem, ...]
    kept: tuple[str, ...] = ()


def body_for(schema: Schema, rendered: Rendered, external_id: str, current: Mapping[str, object] | None) -> Body:
    """The typed fields to send (`current` None: to a new record); raises Reject when a needed field's value is impossible."""

    def same(name: str, wanted: Any, held: object) -> bool:
        return is_same(schema.fields.get(name), wanted, held)

    is_new = current is None
    decided = decide_writes(rendered.writes, cast("Any", _with_unknown(schema, rendered, current)), same)
    required = schema.required if is_new else frozenset()
    must = frozenset([write.name for write in rendered.writes if write.is_required or write.name in required])
    fields: dict[str, Json] = {}
    problems: list[Problem] = []
    for name, value in decided.body.items():
        if name in ("Id", external_id):
            continue
        try:
            fields[name] = crm_value(_writable(schema, name, is_new), value)
        except BadValue as error:
            if name in must:
                sentence = f"Salesforce field `{name}`: the value {error.reason}, and the record can not do without it"
                raise Reject(Problem(error.code, sentence, name)) from error
            problems.append(Problem(error.code, f"Salesforce field `{name}` was left out: the value {error.reason}", name))
    return Body(fields, must, tuple(problems), decided.kept)


def _with_unknown(schema: Schema, rendered: Rendered, current: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """What the CRM holds, fields that it does not have as empty ones: so that they are reported each time, not passed over."""
    if current is None:
        return None
    return {**{write.name: None for write in rendered.writes if not schema.has(write.name)}, **current}


def _writable(schema: Schema, name: str, is_new: bool) -> CrmField:
    known = schema.fields.get(name)
    if known is None:
        near = did_you_mean(name, schema.fields)
        raise BadValue(
            "unknown_field", f"has no place: {schema.object} has no such field that the integration user can see.{near}"
        )
    if not (known.is_createable if is_new else known.is_updateable):
        raise BadValue(
            "not_writable", "may not be written by the integration user (correct the mapping or the field-level security)"
        )
    return known
