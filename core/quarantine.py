"""Which submissions are put aside instead of becoming leads: the section `quarantine` of rule files. Pure.

    quarantine:                                       # one line, or a list of them; the first that is true puts it aside
      - {when: {person.verdict: {is: spam}}, reason: looks like spam}
      - {when: {all: [{person.verdict: {is: doubtful}}, {person.email_class: {is: disposable}}]}, reason: nobody to answer}

A line is asked of one submission alone, before anything is known of its lead: of what it says, and of `person.verdict` and
`person.reachable`. Scores, outcomes, stages, segments and what CRMs tell are worked out of leads, so no line can ask for them.
Unknown puts nothing aside.

What is put aside is kept in state `quarantined` with the line's reason and the signs. It makes no lead, touch, turn or delivery
until a person accepts it (`leadrelay submissions retry`). Never put aside are: visits, what a person added or has accepted, and
what joins a lead that is proved to be a real person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.condition_compiling import compile_condition
from core.condition_scope import Scope
from core.conditions import Case, Condition
from core.documents import ListNode, MapNode, Node
from core.fields import Catalogue
from core.golden import fold
from core.instants import Instant
from core.lead import Act, Lead, Touch, Value
from core.mapping.reader import Reader
from core.operators import TRUE
from core.persons import VERDICT, VERDICT_REASONS, judgement
from core.problems import Place
from core.realness import Realness, Sign, of_signs
from core.segment_rules import refuse_asking

LINE_KEYS = ("name", "when", "reason")


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    """One line: which submissions are put aside, and why, in words that people understand."""

    name: str
    when: Condition
    reason: str
    place: Place


class Submitted:
    """One submission as what a line is asked of: the lead that it would be alone. What is not asked for costs nothing."""

    def __init__(self, touch: Touch, realness: Realness, catalogue: Catalogue) -> None:
        self._touch = touch
        self._realness = realness
        self._catalogue = catalogue
        self._lead: Lead | None = None

    @property
    def kinds(self) -> Mapping[str, Instant]:
        """The one kind of touch that it is."""
        return {self._touch.kind: self._touch.at}

    @property
    def acts(self) -> tuple[Act, ...]:
        """The one thing that the person did."""
        return self._alone().acts

    def value(self, path: str) -> Value | None:
        """The value of a lead field as the submission alone gives it."""
        if path == VERDICT:
            return self._realness.verdict
        if path == VERDICT_REASONS:
            return self._realness.reasons or None
        return self._alone().value(path)

    def _alone(self) -> Lead:
        if self._lead is None:
            lead = fold(None, self._touch, self._catalogue, uid="")
            newest = lead.fields["last_touch.kind"]
            said = {path: newest._replace(value=value) for path, value in judgement(lead).items() if value is not None}
            self._lead = replace(lead, fields={**lead.fields, **said})
        return self._lead


def put_aside(
    lines: Sequence[QuarantineLine], touch: Touch, signs: Sequence[Sign], as_of: Instant, checks: Mapping[str, Condition],
    catalogue: Catalogue,
) -> QuarantineLine | None:  # fmt: skip
    """The first line that puts a submission aside, given what speaks against it; None when none does."""
    if not lines:
        return None
    case = Case(Submitted(touch, of_signs(tuple(signs)), catalogue), as_of, checks)
    return next((line for line in lines if line.when.truth(case) is TRUE), None)


# --- compiling ------------------------------------------------------------------------------------------------------

_WORKED_OUT = "but that is worked out of leads, and this line decides whether a submission becomes one"
_TOLD = "but that is told by CRMs of leads that they hold, and this line decides whether a submission becomes one"


def compile_quarantine(reader: Reader, node: Node, scope: Scope, checks: Mapping[str, Condition]) -> tuple[QuarantineLine, ...]:
    """The lines of a section `quarantine`; complaints go to the reader."""
    items = node.items if isinstance(node, ListNode) else (node,)
    if not items:
        message = "`quarantine` is a line with `when` and `reason`, or a list of such lines."
        reader.complain("wrong_type", message, node.place, "quarantine")
    lines = tuple(line for item in items if (line := _line(reader, item, scope)) is not None)
    refused = _refused(reader.catalogue)
    for line in lines:
        refuse_asking(reader, f"the line `{line.name}` of `quarantine`", line.when, checks, refused)
    return lines


def _line(reader: Reader, item: Node, scope: Scope) -> QuarantineLine | None:
    entries = {entry.key.text: entry for entry in reader.entries(item, "a line of `quarantine`", LINE_KEYS)}
    if not isinstance(item, MapNode):
        return None
    for key, meaning in (("when", "which submissions are put aside"), ("reason", "why, in words that people understand")):
        if key not in entries:
            reader.complain("missing_key", f"a line of `quarantine` needs `{key}`: {meaning}.", item.place, key)
    reason = reader.text(entries["reason"].value, "`reason`") if "reason" in entries else None
    name = reader.text(entries["name"].value, "`name`") if "name" in entries else None
    when = compile_condition(reader, entries["when"].value, scope) if "when" in entries else None
    if when is None or reason is None:
        return None
    return QuarantineLine(name or reason, when, reason, item.place)


def _refused(catalogue: Catalogue) -> dict[str, str]:
    """The fields that no line can ask, and why: what rules make of leads, and what CRMs tell."""
    found: dict[str, str] = {}
    for path, field in catalogue.fields.items():
        if field.rule == "crm":
            found[path] = _TOLD
        elif field.rule == "derived" and not path.startswith(_OF_ITSELF):
            found[path] = _WORKED_OUT
    return found


_OF_ITSELF = ("person.", "consent.", "first_touch.", "last_touch.", "lead.created_at")
"""What is derived and follows from the submission itself."""
