"""Where things stand in a mapping file that was compiled already: for complaints that come later, from a CRM."""

from __future__ import annotations

from core.documents import Document, Loc, MapNode
from core.problems import Place


class Places:
    """Finds the place of a part of a mapping's file; without the file every part stands where its line begins."""

    def __init__(self, document: Document | None = None) -> None:
        self._document = document

    def of(self, loc: Loc, line: Place | None, *, key: bool = False) -> Place | None:
        """The place of the value at a loc, or of its key; of the nearest part around it when it is not there."""
        if self._document is None or self._document.node(loc[:1]) is None:
            return line
        return self._document.place(loc, key)

    def of_entry(self, loc: Loc, index: int, line: Place | None) -> Place | None:
        """The place of the value of the entry with this number, counted from 0, in the mapping at a loc."""
        node = None if self._document is None else self._document.node(loc)
        if not isinstance(node, MapNode) or index >= len(node.entries):
            return self.of(loc, line)
        return node.entries[index].value.place
