"""Which records a query finds: columns, the checks a filter must pass, the predicate it becomes, and the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from leadrelay.sandbox.salesforce.fields import NUMBERS, TEXTS, Field
from leadrelay.sandbox.salesforce.ids import full_id
from leadrelay.sandbox.salesforce.refusals import refuse
from leadrelay.sandbox.salesforce.soql import All, Any_, Comparison, Condition, Literal_, Not, Order, Query
from leadrelay.sandbox.salesforce.tables import Stored, Table
from leadrelay.sandbox.salesforce.values import read_datetime, stamp

if TYPE_CHECKING:
    from leadrelay.sandbox.salesforce.org import SalesforceOrg

_MOST_SKIPPED = 2000
Predicate = Callable[[Stored], bool]
_KIND = {"boolean": "boolean", "date": "date", "datetime": "dateTime", **dict.fromkeys(NUMBERS, "double"), "int": "int"}


@dataclass(frozen=True, slots=True)
class Column:
    """A field in a query: where its value comes from; `path` holds (relationship, reference field) steps."""

    field: Field
    path: tuple[tuple[str, str], ...]
    of: Callable[[Stored], Any]


def column(org: SalesforceOrg, table: Table, name: str) -> Column:
    """The column a name like `Email` or `Owner.Name` means; an unknown one is refused as the API does."""
    *steps, last = name.split(".")
    if len(steps) > 1 and steps[0].lower() == table.name.lower():
        steps = steps[1:]
    path: list[tuple[str, str]] = []
    here: list[Table] = [table]
    for step in steps:
        if step.lower() == here[0].name.lower() and not path and _relationship(here[0], step) is None:
            continue  # `Lead.Email` says no more than `Email`
        reference = next((found for one in here if (found := _relationship(one, step))), None)
        if reference is None:
            text = (
                f"Didn't understand relationship '{step}' in field path. If you are attempting to use a custom relationship, "
                "be sure to append the '__r' after the custom relationship name."
            )
            raise refuse("INVALID_FIELD", text)
        path.append((str(reference.relationship), reference.name))
        here = [org.tables[target] for target in reference.reference_to]
    field = next((found for one in here if (found := one.find_field(last))), None)
    if path and len(here) > 1 and last.lower() == "type":
        field = Field("Type", "Type")
    if field is None:
        entity = here[0].name if len(here) == 1 else "Name"
        text = f"\n{name}\n^\nERROR at Row:1:Column:8\nNo such column '{last}' on entity '{entity}'."
        raise refuse("INVALID_FIELD", text)
    if not path:
        key = field.name
        return Column(field, (), lambda record: record.get(key))
    return Column(field, tuple(path), _related_value(org, tuple(path), field.name, is_polymorphic=len(here) > 1))


def _relationship(table: Table, name: str) -> Field | None:
    fields = table.fields.values()
    return next((one for one in fields if one.relationship and one.relationship.lower() == name.lower()), None)


def _related_value(
    org: SalesforceOrg, path: tuple[tuple[str, str], ...], name: str, *, is_polymorphic: bool
) -> Callable[[Stored], Any]:
    def value(record: Stored) -> Any:
        for _, key in path:
            target = record.get(key)
            kind = org.object_of_id(target) if target else None
            if not target or kind is None:
                return None
            record = org.tables[kind].records[target]
        if name == "Type" and is_polymorphic:
            return record["Type"] if kind == "Group" else kind
        return record.get(name)

    return value


def select(org: SalesforceOrg, table: Table, parsed: Query, *, with_deleted: bool) -> list[Stored]:
    """The stored records that a parsed query finds, ordered and cut."""
    fits = compile_condition(org, table, parsed.where, with_deleted=with_deleted)
    pool = narrow(table, parsed.where)
    found = [record for record in pool if (with_deleted or not record["IsDeleted"]) and fits(record)]
    for key in reversed(parsed.order):
        _sort(org, table, found, key)
    if parsed.offset > _MOST_SKIPPED:
        raise refuse("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
    end = None if parsed.limit is None else parsed.offset + parsed.limit
    return found[parsed.offset : end]


def _sort(org: SalesforceOrg, table: Table, found: list[Stored], key: Order) -> None:
    """Stable sort by one key; nulls come first unless told otherwise, text without case."""
    sorted_by = column(org, table, key.field)
    if not sorted_by.field.is_filterable:
        raise refuse("INVALID_FIELD", f"field '{key.field}' can not be sorted in a query call")

    def value(record: Stored) -> Any:
        held = sorted_by.of(record)
        return held.lower() if isinstance(held, str) and sorted_by.field.type not in ("id", "reference") else held

    empty = [record for record in found if sorted_by.of(record) is None]
    filled = sorted((record for record in found if sorted_by.of(record) is not None), key=value, reverse=key.is_descending)
    found[:] = [*filled, *empty] if key.nulls_last else [*empty, *filled]


def narrow(table: Table, where: Condition | None) -> Iterable[Stored]:
    """The records a WHERE can find at most: by an index when one of its joined conditions allows it."""
    for part in where.parts if isinstance(where, All) else (where,):
        if not isinstance(part, Comparison) or "." in part.field or part.operator not in ("=", "IN"):
            continue
        field = table.find_field(part.field)
        wanted = part.value if isinstance(part.value, tuple) else (part.value,)
        if field is None or not all(isinstance(one, Literal_) and one.kind == "string" and one.value for one in wanted):
            continue
        texts = [str(one.value) for one in wanted if isinstance(one, Literal_)]
        if field.type == "id":
            return [table.records[found] for text in texts if (found := full_id(text)) and found in table.records]
        if table.has_index(field.name):
            keys = [full_id(text) or text for text in texts] if field.type == "reference" else [text.strip() for text in texts]
            return {record["Id"]: record for key in keys for record in table.matching(field.name, key)}.values()
    return table.records.values()


def compile_condition(org: SalesforceOrg, table: Table, where: Condition | None, *, with_deleted: bool = False) -> Predicate:
    """The predicate of a WHERE; wrong fields, types and operators are refused here."""
    match where:
        case None:
            return lambda record: True
        case All():
            every = [compile_condition(org, table, part, with_deleted=with_deleted) for part in where.parts]
            return lambda record: all(part(record) for part in every)
        case Any_():
            some = [compile_condition(org, table, part, with_deleted=with_deleted) for part in where.parts]
            return lambda record: any(part(record) for part in some)
        case Not():
            inside = compile_condition(org, table, where.part, with_deleted=with_deleted)
            return lambda record: not inside(record)
        case Comparison():
            return _comparison(org, table, where, with_deleted=with_deleted)


def _comparison(org: SalesforceOrg, table: Table, where: Comparison, *, with_deleted: bool) -> Predicate:
    held = column(org, table, where.field)
    if not held.field.is_filterable:
        raise refuse("INVALID_FIELD", f"field '{where.field}' can not be filtered in a query call")
    if isinstance(where.value, Query):
        return _semi_join(org, held, where, with_deleted=with_deleted)
    if isinstance(where.value, tuple):
        return _membership(org, held, where.operator, where.value)
    if where.operator == "LIKE":
        return _like(held, where.value)
    return _relation(org, held, where.operator, where.value)


def _semi_join(org: SalesforceOrg, held: Column, where: Comparison, *, with_deleted: bool) -> Predicate:
    inner = where.value
    assert isinstance(inner, Query)  # noqa: S101 - narrowed by the caller
    if len(inner.fields) != 1 or held.field.type not in ("id", "reference"):
        raise refuse("MALFORMED_QUERY", "The inner select must select exactly one id or reference field")
    table = org.table(inner.object)
    got = column(org, table, inner.fields[0])
    ids = {got.of(record) for record in select(org, table, inner, with_deleted=with_deleted)} - {None}
    if where.operator == "IN":
        return lambda record: held.of(record) in ids
    return lambda record: held.of(record) not in ids


def _membership(org: SalesforceOrg, held: Column, operator: str, literals: tuple[Literal_, ...]) -> Predicate:
    values = {_comparable(org, held.field, literal) for literal in literals}
    fold = _folding(held.field)
    if operator in ("INCLUDES", "EXCLUDES"):
        if held.field.type != "multipicklist":
            raise refuse(
                "INVALID_FIELD", f"INCLUDES and EXCLUDES can only be used on multi-select picklists, not '{held.field.name}'"
            )
        groups = [set(str(value).split(";")) for value in values]
        wanted = operator == "INCLUDES"
        return lambda record: any(group <= set(str(fold(held.of(record)) or "").split(";")) for group in groups) == wanted
    if operator == "IN":
        return lambda record: fold(held.of(record)) in values
    return lambda record: fold(held.of(record)) not in values


def _like(held: Column, literal: Literal_) -> Predicate:
    if held.field.type not in TEXTS:
        raise refuse("INVALID_FIELD", f"invalid operator on {held.field.type} field: LIKE")
    pattern = literal.value
    return lambda record: isinstance(value := held.of(record), str) and pattern.fullmatch(value) is not None


def _relation(org: SalesforceOrg, held: Column, operator: str, literal: Literal_) -> Predicate:
    if literal.kind == "relative":
        return _relative(org, held, operator, str(literal.value))
    wanted = _comparable(org, held.field, literal)
    fold = _folding(held.field)
    if operator == "=":
        return lambda record: fold(held.of(record)) == wanted
    if operator == "!=":
        return lambda record: fold(held.of(record)) != wanted
    if wanted is None or held.field.type in ("boolean", "id", "reference"):
        raise refuse("INVALID_FIELD", f"invalid operator on {held.field.type} field: {operator}")
    compare: dict[str, Callable[[Any], bool]] = {
        "<": lambda value: value < wanted,
        "<=": lambda value: value <= wanted,
        ">": lambda value: value > wanted,
        ">=": lambda value: value >= wanted,
    }
    fits = compare[operator]
    return lambda record: (value := fold(held.of(record))) is not None and fits(value)


def _folding(field: Field) -> Callable[[Any], Any]:
    if field.type in TEXTS and not field.case_sensitive:
        return lambda value: value.lower() if isinstance(value, str) else value
    return lambda value: value


def _comparable(org: SalesforceOrg, field: Field, literal: Literal_) -> Any:
    """The literal as stored values compare with it, or the complaint that its kind does not fit the field."""
    if literal.kind == "null" or (literal.kind == "string" and literal.value == "" and field.type in TEXTS):
        if field.type == "boolean":
            raise refuse("INVALID_FIELD", f"value of filter criterion for field '{field.name}' must be of type boolean")
        return None
    if field.type in TEXTS and literal.kind == "string":
        return literal.value if field.case_sensitive else str(literal.value).lower()
    if field.type in ("id", "reference") and literal.kind == "string":
        found = full_id(str(literal.value))
        if found is None:
            raise refuse("INVALID_QUERY_FILTER_OPERATOR", f"\n{field.name}\n^\ninvalid ID field: {literal.value}")
        return found
    kind = _KIND.get(field.type)
    if kind in ("int", "double") and literal.kind == "number":
        return literal.value
    if kind == "boolean" and literal.kind == "boolean":
        return literal.value
    if kind == "date" and literal.kind == "date":
        return literal.value
    if kind == "dateTime" and literal.kind == "datetime":
        return _moment(str(literal.value))
    enclosed = "and should be enclosed in quotes" if kind is None else "and should not be enclosed in quotes"
    wanted = kind or "string"
    raise refuse("INVALID_FIELD", f"value of filter criterion for field '{field.name}' must be of type {wanted} {enclosed}")


def _moment(text: str) -> str:
    """A datetime literal in the form in which datetimes are stored."""
    try:
        at = read_datetime(text.replace(" ", "+"))
    except ValueError:
        raise refuse("MALFORMED_QUERY", f"line 1: no viable alternative at '{text}'") from None
    # stored instants are whole seconds: a fraction must not make `>` find the second it lies in
    return stamp(at) if not at.microsecond else stamp(at).replace(".000+", f".{at.microsecond // 1000:03d}+")


def _relative(org: SalesforceOrg, held: Column, operator: str, text: str) -> Predicate:
    """TODAY, LAST_N_DAYS:n and the like: a span of days in UTC."""
    if held.field.type not in ("date", "datetime"):
        raise refuse("INVALID_FIELD", f"value of filter criterion for field '{held.field.name}' must not be a date")
    today = org.now().replace(hour=0, minute=0, second=0, microsecond=0)
    word, _, count = text.partition(":")
    days = int(count or 1)
    spans: dict[str, tuple[datetime, datetime]] = {
        "TODAY": (today, today + timedelta(days=1)),
        "YESTERDAY": (today - timedelta(days=1), today),
        "TOMORROW": (today + timedelta(days=1), today + timedelta(days=2)),
        "LAST_N_DAYS": (today - timedelta(days=days), today + timedelta(days=1)),
        "NEXT_N_DAYS": (today + timedelta(days=1), today + timedelta(days=1 + days)),
    }
    begin, end = (stamp(at) if held.field.type == "datetime" else at.date().isoformat() for at in spans[word])

    def is_in(value: Any) -> bool:
        match operator:
            case "=":
                return bool(value is not None and begin <= value < end)
            case "!=":
                return value is None or not begin <= value < end
            case "<":
                return bool(value is not None and value < begin)
            case "<=":
                return bool(value is not None and value < end)
            case ">":
                return bool(value is not None and value >= end)
        return bool(value is not None and value >= begin)

    return lambda record: is_in(held.of(record))
