"""Compiling what a sink mapping reads back: `from_crm`, and the lines that are read back without being named there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.documents import Node
from core.mapping.compile_inbound import lines_back
from core.mapping.inbound import FieldLine, InboundMapping
from core.mapping.outbound import OPTED_OUT, Line
from core.mapping.reader import Reader
from core.mapping.translation import LEAVE_OUT, Translation

STATUS = "status"
READ_BACK = (STATUS, "lifecycle_stage", "journey_stage")
"""Lead fields that sales goes on to change, so that a line which fills a CRM field from one of them is read back too."""

_OPT_OUT = Translation({"true": "opted_out", "yes": "opted_out", "1": "opted_out"}, LEAVE_OUT)
"""A CRM's box as an opt-out; a box that is not ticked takes nothing back."""


def compile_back(reader: Reader, node: Node | None, name: str, lines: Sequence[Line]) -> InboundMapping:
    """What the mapping takes from the CRM: the lines under `from_crm`, then those that are read back by themselves."""
    own = lines_back(reader, node) if node is not None else ()
    named = {line.path for line in own}
    return InboundMapping(name, (*own, *_by_themselves(lines, named)), place=node.place if node is not None else None)


def _by_themselves(lines: Sequence[Line], named: set[str]) -> Iterable[FieldLine]:
    """The first line that fills a CRM field from each of these lead fields, turned round."""
    for line in lines:
        if len(line.paths) != 1:
            continue
        path = line.paths[0].removesuffix(OPTED_OUT)
        table = _turned_round(line, path)
        if table is not None and path not in named:
            named.add(path)
            yield FieldLine(path, (line.name,), line.place, translation=table)


def _turned_round(line: Line, path: str) -> Translation | None:
    """The table from the CRM's values to the lead's; None for a line that is not read back.

    Of several lead values with one CRM value the first counts. A status that no line lists is the CRM's own text, so that
    nothing of what sales did is lost; a stage that no line lists says nothing.
    """
    if line.paths[0].endswith(OPTED_OUT):
        return _OPT_OUT
    if path not in READ_BACK or line.steps or line.join is not None or line.range_end is not None:
        return None
    listed = {} if line.translation is None else line.translation.values
    turned = {theirs: ours for ours, theirs in reversed(tuple(listed.items())) if theirs != LEAVE_OUT}
    if path == STATUS or not turned:
        return Translation(turned, keeps_unlisted=True)
    return Translation(turned, LEAVE_OUT)
