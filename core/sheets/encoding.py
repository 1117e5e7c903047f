"""Find out which encoding a file's bytes are in: by its marks, by its shape, and only then by a guess that is shown."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from core.labels.words import FIELD_WORDS, NAME
from core.sheets.alphabets import by_known_words, guess_alphabet, guess_by_few_letters

WESTERN = "cp1252"
"""What is taken where there is too little to guess from: Excel's own on most of the world's machines."""

FEW_HIGH_BYTES = 8
"""Below so many bytes over 127 a guess is worse than the default."""

_BY_DEFAULT = "taken by default, {} letters are too few for a guess"
_WORD = re.compile(r"[^\W\d_]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by its Python name, with the one that reads the lines which are not in it, and a note for people."""

    name: str
    fallback: str = WESTERN
    note: str = ""


def find_encoding(sample: bytes, *, is_whole: bool) -> Encoding:
    """The encoding of a file that begins with this sample; a character that is cut at its end does no harm."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return _marked(name, sample[len(mark) :], is_whole)
    if wide := _wide_by_nuls(sample):
        return Encoding(wide, note=f"The file looks like {wide} without a byte order mark.")
    plain = sample.replace(b"\x00", b"")
    if plain.isascii() and _is_japanese_mail(plain):
        return Encoding("iso2022_jp", note="The file is in ISO-2022-JP.")
    if plain.isascii() or _is_utf8(plain, is_whole):
        return Encoding("utf-8")
    return _legacy(plain)


def _is_japanese_mail(sample: bytes) -> bool:
    """ISO-2022-JP, which is ASCII with escapes: as many that begin Japanese as there are that end it, or one more."""
    begun = sample.count(b"\x1b$B") + sample.count(b"\x1b$@")
    return begun > 0 and 0 <= begun - sample.count(b"\x1b(B") - sample.count(b"\x1b(J") <= 1


def _marked(name: str, rest: bytes, is_whole: bool) -> Encoding:
    if name == "utf-8-sig" and not _is_utf8(rest, is_whole) and not _has_utf8_lines(rest):
        guess = _legacy(rest)
        return Encoding(
            "utf-8-sig", guess.name, "The file says that it is UTF-8, yet its lines are not: they are read as " + guess.name + "."
        )
    return Encoding(name)


def _wide_by_nuls(sample: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: in text most of the high halves are zero, and always the same halves."""
    head = sample[:4096]
    head = head[: len(head) - len(head) % 4] or head[: len(head) - len(head) % 2]
    if len(head) < 4 or 0 not in head:
        return "utf-16-le" if len(head) == 2 and head[1] == 0 and head[0] else ""
    zeros = [head[place::4].count(0) / len(head[place::4]) for place in range(4)]
    if min(zeros[1:]) > 0.9 and zeros[0] < 0.1:
        return "utf-32-le"
    if min(zeros[:3]) > 0.9 and zeros[3] < 0.1:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    for name, high, low, place in (("utf-16-le", odd, even, 0), ("utf-16-be", even, odd, 1)):
        # Latin text has a zero in nearly every letter, other alphabets only in signs, spaces and addresses.
        if high > 0.2 and low < 0.02 and not _has_odd_ends(head, place):
            return name
        if high > max(0.02, 2 * low) and _is_written(head, name):
            return name
    return ""


def _is_written(head: bytes, name: str) -> bool:
    """Whether bytes are, in an encoding, whole lines of letters that somebody may have written."""
    text = head.decode(name, "replace")[:-1]
    odd = sum(unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs") for character in text if character not in "\t\r\n")
    return "\n" in text and any(mark in text for mark in ",;\t|") and odd + text.count("\ufffd") <= 0.01 * len(text)


def _has_odd_ends(head: bytes, place: int) -> bool:
    """Whether a line end stands where none can be in UTF-16 of this byte order: stray NULs in plain text, then."""
    ends = (index for index, byte in enumerate(head) if byte == 0x0A)
    return any(index % 2 != place or head[index ^ 1 : (index ^ 1) + 1] not in (b"\x00", b"") for index in ends)


def _is_utf8(sample: bytes, is_whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=is_whole)
    except UnicodeDecodeError:
        return False
    return True


def _has_utf8_lines(sample: bytes) -> bool:
    return any(not line.isascii() and _is_utf8(line, True) for line in sample.splitlines())


def _legacy(sample: bytes) -> Encoding:
    """No UTF-8 as a whole: some lines are, or an alphabet is guessed."""
    odd = [line for line in sample.splitlines() if not line.isascii()]
    good = sum(_is_utf8(line, True) for line in odd)
    if good and good * 10 >= len(odd):
        guess = _guess(b"\n".join(line for line in odd if not _is_utf8(line, True)))
        return Encoding("utf-8", guess.name, f"The file mixes UTF-8 with {guess.name}; each line is read by its own.")
    return _guess(sample)


def _guess(sample: bytes) -> Encoding:
    high = sum(1 for byte in sample if byte > 127)
    if high >= FEW_HIGH_BYTES:
        name, certainty = guess_alphabet(sample), "guessed"
    elif name := by_known_words(sample, _has_known_letters):
        certainty = "guessed by the columns' names"
    elif b"\r" not in sample or b"\n" in sample:
        name = guess_by_few_letters(sample) or WESTERN
        certainty = f"guessed by {high} letters" if name != WESTERN else _BY_DEFAULT.format(high)
    else:
        # Lines that end in CR alone are written by Excel's "CSV (Macintosh)".
        name = "mac-roman"
        certainty = _BY_DEFAULT.format(high)
    return Encoding(
        name, name, f"The file is not in UTF-8; the encoding {name} is {certainty}. Say `encoding` where it is another."
    )


def _has_known_letters(cell: str) -> bool:
    """Whether a cell's words with accents, or of another alphabet, are such as columns are named by."""
    words = [word for word in _WORD.findall(cell.lower()) if not word.isascii()]
    return bool(words) and _accented_words().issuperset(words)


@cache
def _accented_words() -> frozenset[str]:
    texts = (*FIELD_WORDS.values(), NAME)
    return frozenset(word for text in texts for word in _WORD.findall(text.lower()) if not word.isascii())


def decode_line(line: bytes, name: str, fallback: str) -> tuple[str, bool]:
    """A line's text, and whether it was not in its file's encoding. No byte is lost but those that no encoding knows."""
    try:
        return line.decode(name), False
    except UnicodeDecodeError:
        try:
            return line.decode(fallback), True
        except UnicodeDecodeError:
            return line.decode("latin-1" if fallback == WESTERN else fallback, "replace"), True


def decode_sample(sample: bytes, encoding: Encoding, *, is_whole: bool) -> str:
    """The sample as text, without its mark and without NULs; what is cut at its end is left off."""
    if encoding.name.startswith(("utf-16", "utf-32")):
        # Half a letter at the very end is no letter: nothing is lost with it.
        text = codecs.getincrementaldecoder(encoding.name)("replace").decode(sample)
    else:
        text = _by_lines(sample, encoding, is_whole)
    return text.replace("\ufeff", "").replace("\x00", "")


def _by_lines(sample: bytes, encoding: Encoding, is_whole: bool) -> str:
    try:
        return codecs.getincrementaldecoder(encoding.name)().decode(sample, final=is_whole)
    except UnicodeDecodeError:
        lines = sample.split(b"\n")
        return "\n".join(decode_line(line, encoding.name, encoding.fallback)[0] for line in lines)
