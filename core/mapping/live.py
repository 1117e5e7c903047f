"""A mapping held against what its CRM's object looks like now: everything that will go wrong, before the first lead does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.crm_schema import FieldSchema, ObjectSchema
from core.documents import Document
from core.fields import Catalogue
from core.mapping.fitting import Fitting, hint_of_option
from core.mapping.inbound import FieldLine
from core.mapping.outbound import COMPANY, LEAD_UID, EachTouch, Line, OutboundMapping
from core.mapping.places import Places
from core.mapping.translation import Translation
from core.problems import Place, Problem, did_you_mean

ALWAYS_KNOWN = frozenset({LEAD_UID, "lead.created_at", "status"})
"""Lead fields that every lead has, so that a CRM field which requires a value gets one from them."""

_NO_ACCESS = "Or give that user access to it, if it is there (field-level security, scopes)."


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong, and what is worth a look: warnings stop nothing."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        return Findings(self.problems + other.problems, self.warnings + other.warnings)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a mapping is used: whether it creates records (one for converted records only edits them), the field that holds the
    lead's uid (empty: none), and what fields that are gone were perhaps renamed to."""

    creates: bool = True
    external_id: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)


def check_mapping(
    mapping: OutboundMapping,
    schema: ObjectSchema,
    catalogue: Catalogue,
    document: Document | None = None,
    asked: Asked | None = None,
) -> Findings:
    """Hold a mapping against its object. `document` is the mapping's file, for the place of each value in it."""
    checking = _Checking(mapping, schema, catalogue, Places(document), asked or Asked())
    checking.run()
    return Findings(tuple(checking.problems), tuple(checking.warnings))


def missing_object(name: str, place: Place | None, known: Sequence[str] = ()) -> Problem:
    """The problem of an object that is not there, or that our user can not see."""
    hint = "" if name in known else did_you_mean(name, known) or " Correct the name."
    sentence = f"there is no object {name} that the user of this sink can see.{hint} Give that user access to it, if it is there."
    return Problem("no_object", sentence, name, place)


def check_overlaps(mappings: Sequence[OutboundMapping]) -> Findings:
    """Two mappings of one sink that write the same field of the same object write over each other."""
    first: dict[tuple[str, str], tuple[OutboundMapping, Line]] = {}
    problems = []
    for mapping in mappings:
        for line in mapping.lines:
            other, its_line = first.setdefault((mapping.object, line.name.lower()), (mapping, line))
            if other is not mapping:
                sentence = (
                    f"{mapping.object}.{line.name} is written by `{other.name}` as well ({its_line.place}). Keep one of the two."
                )
                problems.append(Problem("written_twice", sentence, line.name, line.place))
    return Findings(tuple(problems))


def check_actions(
    mapping: OutboundMapping, schemas: Mapping[str, ObjectSchema | None], document: Document | None = None, external_id: str = ""
) -> Findings:
    """Hold what a mapping makes for each touch against the objects of these kinds of action, by kind. Companies are known again
    by `external_id`, as leads are: without it a repeated call could make one twice."""
    found = Findings()
    for each in mapping.each_touch:
        if each.kind in schemas:
            found += _check_action(each, schemas[each.kind], Places(document))
    if mapping.company is not None and COMPANY in schemas:
        wanted = EachTouch(COMPANY, (), (), (), mapping.company.place)
        found += _check_action(wanted, schemas[COMPANY], Places(document))
        schema = schemas[COMPANY]
        if schema is not None and external_id:
            held = "leadrelay's key of the company"
            found += Findings(tuple(_check_key(schema, external_id, held, mapping.company.place)))
    return found


def _check_action(each: EachTouch, schema: ObjectSchema | None, places: Places) -> Findings:
    if schema is None:
        sentence = f"`{each.kind}` needs an object that the user of this sink can not see. Give it access to it, or take `{each.kind}` out."  # noqa: E501
        return Findings((Problem("no_object", sentence, each.kind, each.place),))
    if not schema.is_createable:
        sentence = f"the user of this sink may not create {schema.object}, which `{each.kind}` makes. Extend its permissions, or take `{each.kind}` out."  # noqa: E501
        return Findings((Problem("no_permission", sentence, each.kind, each.place),))
    by_name = {name.lower(): one for name, one in schema.fields.items()}
    found = Findings()
    for template in each.templates:
        known = by_name.get(template.name.replace("_", "").lower())
        if template.constant and known is not None:
            place = places.of(("each_touch", each.kind, template.name), each.place)
            line = Line(known.name, (), place or each.place, constant=template.constant)
            fitting = Fitting(schema.object, known, line, Catalogue({}), Places())
            fitting.check()
            found += Findings(tuple(fitting.problems), tuple(one for one in fitting.warnings if one.code != "unlisted_choice"))
    return found


def _check_key(schema: ObjectSchema, name: str, what: str, place: Place | None) -> Iterator[Problem]:
    """What is wrong with the field by which we know our records again."""
    known, where = schema.fields.get(name), f"{schema.object}.{name}"
    if known is None:
        sentence = (
            f"{where}, which holds {what}, is not there or can not be seen. `leadrelay sinks prepare` creates it, or says how."
        )
        yield Problem("no_external_id", sentence, where, place)
        return
    if not (known.is_createable and known.is_updateable):
        sentence = f"the user of this sink may not write {where}, which holds {what}. Give it access to that field."
        yield Problem("no_external_id", sentence, where, place)
    if not known.is_unique:
        sentence = f"{where}, which holds {what}, is not unique: two records could carry the same. `leadrelay sinks prepare` says how to mend it."  # noqa: E501
        yield Problem("external_id_not_unique", sentence, where, place)


class _Checking:
    """One mapping against one object."""

    def __init__(
        self, mapping: OutboundMapping, schema: ObjectSchema, catalogue: Catalogue, places: Places, asked: Asked
    ) -> None:
        self._mapping = mapping
        self._schema = schema
        self._catalogue = catalogue
        self._places = places
        self._asked = asked
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def run(self) -> None:
        self._check_object()
        for line in self._mapping.lines:
            known = self._known(line.name, line.place)
            if known is None or line.name == self._asked.external_id:
                continue
            self._check_writable(known, line)
            fitting = Fitting(self._schema.object, known, line, self._catalogue, self._places)
            fitting.check()
            self.problems += fitting.problems
            self.warnings += fitting.warnings
        if self._asked.creates:
            self._check_required()
        for reading in _read_back(self._mapping):
            self._check_reading(reading)

    # --- the object ---

    def _check_object(self) -> None:
        name = self._schema.object
        place = self._places.of(("object",), self._mapping.place)
        may_not = [
            verb
            for verb, may in (
                ("create", self._schema.is_createable or not self._asked.creates),
                ("edit", self._schema.is_updateable),
            )
            if not may
        ]
        if may_not:
            sentence = f"the user of this sink may not {' or '.join(may_not)} {name}. Extend its permissions."
            self._complain("no_permission", sentence, name, place)
        if self._asked.external_id:
            self.problems += _check_key(self._schema, self._asked.external_id, "the lead's uid", place)

    # --- lines ---

    def _known(self, name: str, place: Place | None) -> FieldSchema | None:
        known = self._schema.fields.get(name)
        if known is None:
            sentence = f"{self._schema.object} has no field `{name}` that the user of this sink can see.{self._nearest(name)}"
            self._complain("unknown_crm_field", sentence, name, place)
        return known

    def _nearest(self, name: str) -> str:
        """What a name that is not there was meant to be: what it was renamed to, another spelling, a label, the nearest."""
        fields = self._schema.fields
        if (new := self._asked.renamed.get(name)) in fields:
            return f" It seems to have been renamed to `{new}`: write that, if so."
        plain = _plain(name)
        for other, described in fields.items():
            if _plain(other) == plain:
                return f" Did you mean `{other}`? {_NO_ACCESS}"
            if described.label and _plain(described.label) == plain:
                return f" `{described.label}` is a label; the field's name is `{other}`."
        return f"{did_you_mean(name, fields) or ' Correct the name.'} {_NO_ACCESS}"

    def _check_writable(self, known: FieldSchema, line: Line) -> None:
        where = f"{self._schema.object}.{known.name}"
        if not (known.is_createable or known.is_updateable):
            sentence = f"{where} can not be written by the user of this sink: it is read-only, calculated or not permitted. Take the line out, or give access."  # noqa: E501
            self._complain("read_only_crm_field", sentence, known.name, line.place)
        elif not known.is_createable and self._asked.creates:
            sentence = f"{where} can not be set when a record is created, only afterwards. Take the line out, or give access."
            self._complain("not_createable", sentence, known.name, line.place)
        elif not known.is_updateable and line.update != "never":
            sentence = f"{where} can only be set when a record is created. Write `update: never`."
            if not self._asked.creates:
                sentence = f"{where} can only be set when a record is created, and this mapping creates none. Take the line out."
            self._complain("not_updateable", sentence, known.name, line.place)

    def _check_required(self) -> None:
        lines = {line.name: line for line in self._mapping.lines}
        for name, known in self._schema.fields.items():
            if not known.is_required or name == self._asked.external_id:
                continue
            line = lines.get(name)
            where = f"{self._schema.object}.{name}"
            if line is None:
                sentence = (
                    f"{where} must be filled in every new record, and nothing fills it. Add a line for it, with a `default`."
                )
                self._complain("required_not_filled", sentence, name, self._places.of(("fields",), self._mapping.place, key=True))
            elif line.update == "opt_out" or not _is_always_filled(line):
                sentence = f"{where} must be filled in every new record: a lead of which nothing is known for it can not be created. Add a `default`."  # noqa: E501
                self.warnings.append(Problem("required_may_be_empty", sentence, name, line.place))

    # --- what comes back ---

    def _check_reading(self, reading: FieldLine) -> None:
        for name in reading.inputs:
            known = self._known(name, reading.place)
            if (
                known is not None
                and reading.translation is not None
                and known.choices
                and known.type in ("choice", "multichoice")
            ):
                self._check_told(known, reading, reading.translation)

    def _check_told(self, known: FieldSchema, reading: FieldLine, table: Translation) -> None:
        where = f"{self._schema.object}.{known.name}"
        values = {choice.value for choice in known.choices}
        active = [choice.value for choice in known.choices if choice.is_active]
        folded = {value.casefold() for value in values}
        for key in table.values:
            if known.is_closed and key.casefold() not in folded:
                place = self._places.of(("from_crm", reading.path, "values", key), reading.place, key=True)
                sentence = f"`{key}` is no option of {where}, so it never comes back.{hint_of_option(key, known)}"
                self._complain("unknown_choice", sentence, known.name, place)
        unlisted = [value for value in active if table.listed(value) is None]
        if unlisted and table.otherwise is None and not table.keeps_unlisted:
            words = ", ".join(f"`{value}`" for value in unlisted)
            sentence = (
                f"{where} can say {words}, which `values` does not list: it would come back as it is. Add it, or an `otherwise`."
            )
            self.warnings.append(Problem("unlisted_crm_value", sentence, known.name, reading.place))

    def _complain(self, code: str, message: str, name: str, place: Place | None) -> None:
        self.problems.append(Problem(code, message, name, place))


def _is_always_filled(line: Line) -> bool:
    """Whether a line gives every lead's new record a value, or says itself that a lead waits for one (`required`)."""
    if line.constant is not None or line.default is not None or line.is_required:
        return True
    is_whole = line.translation is None or line.translation.otherwise not in (None, "leave_out")
    return any(path in ALWAYS_KNOWN for path in line.paths) and is_whole and not line.steps


def _read_back(mapping: OutboundMapping) -> Iterator[FieldLine]:
    """The lines under `from_crm`; those that are read back by themselves are lines of `fields`, and checked as such."""
    own = {line.place for line in mapping.lines}
    yield from (reading for reading in mapping.from_crm.lines if reading.place not in own)


def _plain(name: str) -> str:
    """A CRM field's name as people compare it: without case, separators and the suffix of custom fields."""
    return name.lower().removesuffix("__c").replace("_", "").replace(" ", "").replace("-", "")
