"""Label and value pairs in the structure of HTML: tables, definition lists, and labels in bold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from core.labels.meaning import recognize_label
from core.mail.form_text import BOLD, PLAIN, Pair, Sheet
from core.mail.text import html_to_text

_MAX_HTML, _MAX_TAGS = 600_000, 12_000
_MOST_ROWS, _MAX_LABEL = 600, 100
_BOLD_STYLES = (
    "font-weight:bold",
    "font-weight: bold",
    "font-weight:600",
    "font-weight: 600",
    "font-weight:700",
    "font-weight: 700",
)
_STRONG = ",".join(["strong,b,th,h3,h4,h5,h6,dt", *(f'[style*="{style}"]' for style in _BOLD_STYLES)])


_TABLE_HEADS = (
    ["question", "answer"], ["field", "value"], ["name", "value"], ["label", "value"], ["key", "value"], ["frage", "antwort"],
    ["feld", "wert"], ["question", "réponse"], ["champ", "valeur"], ["pregunta", "respuesta"], ["campo", "valor"],
    ["domanda", "risposta"], ["campo", "valore"], ["pergunta", "resposta"], ["vraag", "antwoord"], ["veld", "waarde"],
    ["pytanie", "odpowiedź"], ["pole", "wartość"], ["field", "response"], ["field name", "value"],
)  # fmt: skip
"""What the columns of a table of labels and values are called: no label and no value."""


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    is_strong: bool


def sheets_in(html: str) -> list[Sheet]:
    """The forms that the structure of an HTML part shows."""
    if len(html) > _MAX_HTML or html.count("<") > _MAX_TAGS:
        return []
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None:
        return []
    found = [Sheet("table", tuple(_of_tables(body))), Sheet("list", tuple(_of_lists(body)))]
    return [sheet for sheet in found if sheet.pairs]


def bold_lines(html: str) -> str:
    """The text of an HTML part with marks around what is bold; empty where nothing is."""
    if len(html) > _MAX_HTML or html.count("<") > _MAX_TAGS:
        return ""
    tree = LexborHTMLParser(html.replace(BOLD, "").replace(PLAIN, ""))
    body = tree.body
    strong = body.css(_STRONG) if body is not None else []
    if body is None or not strong:
        return ""
    for node in strong:
        if len(node.text(deep=True)) <= _MAX_LABEL and not _is_inside(node, strong):
            node.insert_before(BOLD)
            node.insert_after(PLAIN)
    return html_to_text(body.html or "")


def _is_inside(node: LexborNode, others: Sequence[LexborNode]) -> bool:
    parent = node.parent
    return parent is not None and parent.tag in ("strong", "b")


def _of_tables(body: LexborNode) -> Iterable[Pair]:
    """The pairs of all rows without a table inside: beside each other, or a row of the label over one of the value."""
    rows = [
        [cell for cell in map(_cell, row.css("td,th")) if cell.text not in ("", ":", "-")]
        for row in body.css("tr")[:_MOST_ROWS]
        if row.css_first("table") is None
    ]
    rows = [row for at, row in enumerate(rows) if at > 3 or [cell.text.strip(" :").lower() for cell in row] not in _TABLE_HEADS]
    heads = _across(rows)
    if heads:
        yield from heads
        return
    waiting: str | None = None
    stacked = 0
    for cells in rows:
        if len(cells) == 1 and waiting is None and (both := _stacked(cells[0].text, stacked)) is not None:
            stacked += 1
            yield both
        elif len(cells) == 1 and waiting is None and "\n" not in cells[0].text and _is_label(cells[0]):
            waiting = cells[0].text
        elif waiting is not None and (len(cells) != 1 or (cells[0].is_strong and _is_label(cells[0]))):
            yield Pair(waiting, "")
            waiting = cells[0].text if len(cells) == 1 else None
            yield from _of_cells(cells)
        elif waiting is not None:
            yield Pair(waiting, cells[0].text)
            waiting = None
        else:
            yield from _of_cells(cells)


def _stacked(text: str, before: int) -> Pair | None:
    """The label and the value of a cell that holds both, one over the other; below two such the label may be any question."""
    label, _, value = text.partition("\n")
    is_label = recognize_label(label) is not None or (before > 1 and label.strip().endswith(("?", "*", ":")))
    if not value.strip() or not _is_short(label) or not is_label or recognize_label(value.strip()) is not None:
        return None
    return Pair(_bare(label), value.strip())


def _of_cells(cells: Sequence[_Cell]) -> Iterable[Pair]:
    """The pairs of one row: label and value, once or several times."""
    if len(cells) >= 2 and _is_short(cells[0].text):
        is_double = len(cells) % 2 == 0 and len(cells) > 2 and all(recognize_label(cell.text) for cell in cells[::2])
        for index in range(0, len(cells) if is_double else 2, 2):
            yield Pair(_bare(cells[index].text), cells[index + 1].text)


def _across(rows: Sequence[Sequence[_Cell]]) -> list[Pair]:
    """A row of labels over one row of values."""
    filled = [row for row in rows if len(row) > 1]
    if len(filled) != 2 or len(filled[0]) < 3 or len(filled[0]) != len(filled[1]):
        return []
    heads, values = filled
    if sum(1 for cell in heads if recognize_label(cell.text)) < 2 or any(recognize_label(cell.text) for cell in values[:2]):
        return []
    return [Pair(_bare(head.text), value.text) for head, value in zip(heads, values, strict=True)]


def _of_lists(body: LexborNode) -> Iterable[Pair]:
    label = ""
    for node in body.css("dt,dd")[:_MOST_ROWS]:
        text = html_to_text(node.inner_html or "").strip()
        if node.tag == "dt":
            label = text
        elif label:
            yield Pair(_bare(label), text)
            label = ""


def _cell(node: LexborNode) -> _Cell:
    text = html_to_text(node.inner_html or "").strip()
    strong = node.tag == "th" or (
        bool(text) and (inner := node.css_first("strong,b")) is not None and inner.text().strip() == text
    )
    return _Cell(text, strong or "font-weight:bold" in (node.attributes.get("style") or "").replace(" ", ""))


def _is_label(cell: _Cell) -> bool:
    return _is_short(cell.text) and (cell.is_strong or cell.text.endswith((":", "：")) or recognize_label(cell.text) is not None)


def _is_short(text: str) -> bool:
    return len(text) <= _MAX_LABEL and "\n" not in text


def _bare(label: str) -> str:
    return label.strip().rstrip(":：").strip()
