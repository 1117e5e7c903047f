"""Turn a file's bytes into blocks of whole lines of text, whatever its encoding turns out to be further on."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator

from core.sheets.encoding import decode_line
from core.sheets.layout import Layout

_LONGEST_LINE = 12_000_000
"""Bytes without a line end after which a line is cut, so that memory does not grow with the file."""


class Decoding:
    """A file's blocks of text, and what was odd in them. Lines that are not in the file's encoding are read by its fallback;
    NULs and further byte order marks are taken out."""

    def __init__(self, chunks: Iterable[bytes], layout: Layout) -> None:
        self._chunks = chunks
        self._name = layout.encoding
        self._fallback = layout.fallback
        self._is_old_mac = layout.line_ends == "\r"
        self.lines_done: Callable[[], int] = int
        self.odd_lines = 0
        self.first_odd_line = 0
        self.nul_count = 0

    def texts(self) -> Iterator[str]:
        """The file as texts of whole lines."""
        for text in self._wide() if self._name.startswith(("utf-16", "utf-32")) else self._narrow():
            if "\x00" in text:
                self.nul_count += text.count("\x00")
                text = text.replace("\x00", "")
            if "\ufeff" in text:
                text = text.replace("\ufeff", "")
            yield text

    def notes(self) -> tuple[str, ...]:
        """What was odd so far, as sentences."""
        notes = []
        if self.odd_lines:
            notes.append(
                f"{self.odd_lines} lines are not in {self._name} (the first is about line {self.first_odd_line}):"
                f" they were read as {self._fallback}."
            )
        if self.nul_count:
            notes.append(f"{self.nul_count} NUL characters were left out.")
        return tuple(notes)

    def _narrow(self) -> Iterator[str]:
        name = "utf-8" if self._name == "utf-8-sig" else self._name
        rest = b""
        for chunk in self._chunks:
            block = rest + chunk if rest else chunk
            cut = self._cut(block)
            if not cut and len(block) > _LONGEST_LINE:
                cut = len(block)
            rest = block[cut:]
            if cut:
                yield self._decoded(block[:cut], name)
        if rest:
            yield self._decoded(rest, name)

    def _cut(self, block: bytes) -> int:
        """Where the last whole line ends; a CR that ends the block may be half of a CR LF."""
        cut = block.rfind(b"\n") + 1
        if not cut or self._is_old_mac:
            return max(cut, block.rfind(b"\r", 0, -1) + 1)
        return cut

    def _decoded(self, block: bytes, name: str) -> str:
        try:
            return block.decode(name)
        except UnicodeDecodeError:
            return "".join(self._decoded_lines(block, name))

    def _decoded_lines(self, block: bytes, name: str) -> Iterator[str]:
        for number, line in enumerate(block.splitlines(keepends=True), self.lines_done() + 1):
            text, is_odd = decode_line(line, name, self._fallback)
            if is_odd:
                self.odd_lines += 1
                self.first_odd_line = self.first_odd_line or number
            yield text

    def _wide(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self._name)("replace")
        rest = ""
        for chunk in self._chunks:
            text = rest + decoder.decode(chunk)
            cut = max(text.rfind("\n") + 1, 0) or text.rfind("\r", 0, -1) + 1
            if not cut and len(text) > _LONGEST_LINE:
                cut = len(text)
            rest = text[cut:]
            if cut:
                yield text[:cut]
        # What the decoder still holds is half a letter at the file's very end.
        if rest:
            yield rest
