"""Tell whether a table's first row names its columns, and give every column a name of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from core.sheets.cells import is_typed, kind_of

_WORDS = """
    id name names first last firstname lastname surname fullname email mail e-mail phone telephone mobile fax company
    account organization organisation city town state province region country zip zipcode postcode postal street address
    title job date time created updated modified status type source campaign url website web description comment comments
    notes note message subject value amount price total quantity qty number age gender sex birthday language currency year
    month day category code key tags label owner lead score rating industry employees revenue department role position
    vorname nachname firma telefon handy strasse straße plz ort stadt land anrede titel datum betreff nachricht bemerkung
    prenom prénom nom societe société entreprise téléphone portable adresse ville pays courriel mel civilite civilité
    nombre apellido apellidos empresa correo telefono teléfono movil móvil direccion dirección ciudad pais país fecha
    cognome azienda indirizzo citta città cellulare paese data nome sobrenome cidade morada telemovel voornaam achternaam
    bedrijf telefoonnummer plaats straat imie imię nazwisko miasto adres jmeno jméno prijmeni příjmení mesto město soyad
    sirket şirket sehir şehir fornavn efternamn etternavn förnamn имя фамилия почта телефон город компания όνομα επώνυμο
    名前 氏名 姓名 名字 邮箱 电话 公司 メール 電話 会社 field column col header var variable
"""
_KNOWN = frozenset(_WORDS.split())
"""Words that columns are named by, and that hardly are a value themselves."""

_ENDS = frozenset(
    {"name", "id", "email", "mail", "phone", "number", "date", "code", "type", "status", "source", "url", "address", "time"}
)
"""Words that end the name of a column."""

_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_FIRM = re.compile(r"\w[ ,]+(?:GmbH|mbH|KG|e\.K\.|Ltd|Inc|LLC|PLC|Corp|Pty|S\.?[rR]\.?l|B\.?V|Oy|A/S|Sp\. z o\.o|s\.r\.o)\.?\s*$")
"""A firm's name by the form at its end, which no column is named by."""

_LONGEST_NAME = 150
_OTHER_DELIMITERS = re.compile(r"[,;\t|]")


def is_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns of the rows below it, judged by what stands in both."""
    filled = [cell for cell in first if cell.strip()]
    if not filled or any(len(cell) > _LONGEST_NAME for cell in filled):
        return False
    known = sum(map(_is_known, filled))
    if any(_is_value(cell) for cell in filled):
        return False
    if not _may_be_names(first, rows, known):
        return False
    if known * 2 >= len(filled):
        return True
    if not rows:
        # A file of one row is rather a row than names that nobody knows.
        return known > 0
    # Files that were joined repeat their header; that says nothing against it.
    others = [row for row in rows if list(row) != list(first)]
    rows = others if len(others) * 2 > len(rows) else rows
    votes = sum(_vote(cell, _column(rows, place)) for place, cell in enumerate(first) if not is_typed(cell))
    if votes or known:
        return votes + known > 0
    return len({cell.strip().lower() for cell in filled}) == len(filled) and len(filled) * 2 > len(first)


def _may_be_names(first: Sequence[str], rows: Sequence[Sequence[str]], known: int) -> bool:
    """Whether the numbers in a row, if there are any, may name columns."""
    numbers = {place: cell.strip() for place, cell in enumerate(first) if is_typed(cell)}
    if not numbers:
        return True
    if _are_years(list(numbers.values())) and not first[0].strip() and _column(rows, 0):
        return True
    return known > 0 and (_are_names(list(numbers.values())) or _are_unlike(numbers, rows))


def _are_unlike(numbers: Mapping[int, str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether numbers that are all different stand over values that are none: the codes of questions over yes and no."""
    below = [[kind_of(cell) for cell in _column(rows, place)] for place in numbers]
    are_others = all(kinds and "number" not in kinds and "text" not in kinds for kinds in below)
    return are_others and len(set(numbers.values())) == len(numbers)


def names_columns(cells: Sequence[str]) -> bool:
    """Whether a row says by its words alone that it is a header, whatever stands below it."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and not any(map(is_typed, filled)) and sum(map(_is_known, filled)) * 2 >= len(filled)


def share_of_names(cells: Sequence[str]) -> float:
    """How much of a row is words that name columns, and nothing that another delimiter would divide."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled or any(_is_value(cell) for cell in filled):
        return 0.0
    return sum(_is_known(cell) and not _OTHER_DELIMITERS.search(cell.strip()) for cell in filled) / len(filled)


def _are_names(numbers: Sequence[str]) -> bool:
    """Whether numbers may name columns beside real names: years, and counts from 0 or 1 on."""
    return _are_years(numbers) or any(list(numbers) == [str(place + first) for place in range(len(numbers))] for first in (0, 1))


def _are_years(numbers: Sequence[str]) -> bool:
    return all(_YEAR.fullmatch(number) for number in numbers) and len(set(numbers)) == len(numbers)


def _is_known(cell: str) -> bool:
    """Whether a cell is made of words that name columns, or ends in one that hardly ends anything else ("Lead ID")."""
    words = _WORD.findall(_split_camel(cell).lower())
    if not words or len(words) > 5:
        return False
    return all(word in _KNOWN for word in words) or "".join(words) in _KNOWN or (words[-1] in _ENDS and len(cell) <= 40)


def _split_camel(cell: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cell.strip())


def _is_value(cell: str) -> bool:
    return kind_of(cell) in ("date", "time", "email", "url", "phone", "address", "truth") or bool(_FIRM.search(cell))


def _column(rows: Sequence[Sequence[str]], place: int) -> list[str]:
    return [row[place] for row in rows[:200] if place < len(row) and row[place].strip()]


def _vote(cell: str, column: Sequence[str]) -> int:
    """What one column says: a name over values is for a header, a cell like those below it against."""
    if not cell.strip() or not column:
        return 0
    values = sum(map(is_typed, column))
    if values >= 0.8 * len(column):
        return 2
    if cell in column:
        return -2
    shape = _shape(cell)
    alike = sum(_shape(other) == shape for other in column)
    if any(mark.isdigit() for mark in shape) and alike * 2 > len(column):
        return -1
    # "Ann Lee" over "Bob Ray" and "Cid Fox" is one more of them.
    return -1 if " " in shape and alike == len(column) > 1 and len(set(column)) > 1 else 0


def _shape(cell: str) -> str:
    """A cell with its letters and digits made alike, runs of letters as one."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "0", cell.strip()))


def unique_names(titles: Sequence[str], width: int) -> tuple[str, ...]:
    """A name for each column: what stands over it, numbered where it stands twice, and `column 3` where nothing does."""
    names: list[str] = []
    taken = {title.strip() for title in titles}
    seen: set[str] = set()
    for place in range(max(width, len(titles))):
        name = " ".join(titles[place].split()) if place < len(titles) else ""
        unique = name or f"column {place + 1}"
        count = 2
        while unique in seen or (unique != name and unique in taken):
            unique, count = f"{name or f'column {place + 1}'} ({count})", count + 1
        seen.add(unique)
        names.append(unique)
    return tuple(names)
