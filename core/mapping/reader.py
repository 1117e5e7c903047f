"""Reading parts of a mapping file's tree, with every complaint at its exact place."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from core.documents import Entry, ListNode, MapNode, Node, ScalarNode
from core.fields import Catalogue
from core.problems import Place, Problem, did_you_mean

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


class Reader:
    """Collects problems while a mapping is compiled; its methods give None for what can not be used."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.problems: list[Problem] = []

    def complain(self, code: str, message: str, place: Place, field: str = "") -> None:
        """Add one problem."""
        self.problems.append(Problem(code, message, field, place))

    def entries(self, node: Node, what: str, known: Collection[str] = ()) -> Iterator[Entry]:
        """The entries of a mapping; with `known`, only those, and a complaint for each other one."""
        if isinstance(node, ScalarNode) and node.is_empty:
            return
        if not isinstance(node, MapNode):
            self.complain("wrong_type", f"{what} must be a mapping of names to values.", node.place)
            return
        for entry in node.entries:
            key = entry.key.text
            if known and key not in known:
                message = f"`{key}` is not known in {what}.{did_you_mean(key, known)} Known are {', '.join(known)}."
                self.complain("unknown_key", message, entry.key.place, key)
            else:
                yield entry

    def text(self, node: Node, what: str, *, may_be_blank: bool = False) -> str | None:
        """One text."""
        if not isinstance(node, ScalarNode):
            kind = "list" if isinstance(node, ListNode) else "mapping"
            self.complain("wrong_type", f"{what} must be one text, and here is a {kind}.", node.place)
            return None
        if not may_be_blank and not node.text.strip():
            self.complain("empty", f"{what} is empty. Write a value, or remove the line.", node.place)
            return None
        return node.text

    def texts(self, node: Node, what: str) -> tuple[str, ...]:
        """One text or a list of texts, without repeats."""
        if not isinstance(node, ListNode):
            text = self.text(node, what)
            return () if text is None else (text,)
        if not node.items:
            self.complain("empty", f"{what} is an empty list. Name at least one.", node.place)
        found: dict[str, None] = {}
        for item in node.items:
            text = self.text(item, what)
            if text is not None and text in found:
                self.complain("duplicate", f"`{text}` stands twice in {what}. Remove one.", item.place, text)
            elif text is not None:
                found[text] = None
        return tuple(found)

    def truth(self, node: Node, what: str) -> bool | None:
        """A yes or no."""
        text = self.text(node, what)
        if text is None:
            return None
        if text.lower() in _TRUE:
            return True
        if text.lower() not in _FALSE:
            self.complain("wrong_type", f"{what} must be true or false, and here is `{text}`.", node.place)
        return False

    def choice(self, node: Node, what: str, known: Collection[str]) -> str | None:
        """One of a few known words."""
        text = self.text(node, what)
        if text is None or text in known:
            return text
        message = f"{what} can not be `{text}`.{did_you_mean(text, known)} Known are {', '.join(known)}."
        self.complain("unknown_value", message, node.place, text)
        return None

    def lead_field(self, path: str, place: Place) -> bool:
        """Whether a path is a lead field, with a complaint when it is not."""
        if path in self.catalogue:
            return True
        self.complain("unknown_field", self.catalogue.unknown(path), place, path)
        return False
