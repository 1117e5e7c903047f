"""The text that the author of a mail wrote: without what they quote, forward or let their telephone append."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from core.mail.header_blocks import header_block
from core.mail.quote_words import BEGIN_FORWARDED, FORWARDED, OPENERS, ORIGINAL, SENT_FROM, WROTE
from core.mail.signature_words import CLOSING

_LONGEST_LINE = 600
_MAX_TEXT = 400_000
_MAX_WRAPPED = 6
_MAX_EXAMINED = 1_500
"""Lines of text that are held against attributions and header blocks: a mail of more lines quotes long before."""
_LONGEST_ATTRIBUTION = 500


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(set(words), key=len, reverse=True))


_EMPTY = re.compile(r"[\s\u200b\ufeff]*\Z")
_QUOTE = re.compile(r"\s*(?:>|\|(?![^\n]*\|\s*\Z)|&gt;)")
_LEADING_QUOTE = re.compile(r"\A(?:\s*>)+ ?")
_DELIMITER = re.compile(r"[\s>]*(?:--|—|–|__|-- ?\*?)\s*\Z")
_RULE = re.compile(r"\s*([-_=*~#+—–ᐧ])(?:\s?\1){2,}\s*\Z|\s*ᐧ\s*\Z")
_HAS_DATE = re.compile(r"\d{1,2}[:.h]\d\d|\b\d{4}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}月\d{1,2}|\b\d{1,2}\.? [^\W\d]{3,}")
_HAS_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+")
_VERB = rf"(?<![^\W\d_])(?:{_any_of(WROTE)})"
_VERB_AT_END = re.compile(
    rf"{_VERB}\s*(?:[:：]|\.{{0,3}})[\s*_\-–—>:]*\Z|(?:写道|寫道|写到|書きました|のメッセージ|작성|썼습니다)[:：.\s]*\Z",
    re.IGNORECASE,
)
_VERB_ALONE = re.compile(rf"\s*{_VERB}\s*[:：]?\s*\Z", re.IGNORECASE)
_VERB_INSIDE = re.compile(rf"{_VERB}(?![^\W\d_])", re.IGNORECASE)
_OPENS = re.compile(
    rf"[\s<>*_-]*(?:\d{{1,4}}[\s./年-]|(?:{_any_of(OPENERS)})[\s,:](?=.{{0,400}}\d)|[^\W\d_]{{2,12}}[.,]{{1,2}} )", re.IGNORECASE
)
_DATE_AND_ADDRESS = re.compile(
    r"[\s>*]*(?:[^\W\d_]{1,12}[.,]{0,2} ){0,2}\d{1,4}(?!\d)[^<>@]{3,90}?\d.{0,90}?\s?"
    r"(?:<|\(|\[mailto:)[^@<>\s]+@[^@<>\s]+\.[^@<>\s]+[>)\]]\s*:?\s*\Z"
)
_ISO_AND_NAME = re.compile(r"[\s>]*20\d\d-\d\d-\d\d \d\d?:\d\d (?:GMT|UTC)[+-]\d\d:?\d\d [\w .,'-]{2,60}:?\s*\Z")
_POSTED_BY = re.compile(
    r"[\s>]*posted by .{1,80} on \d{1,4}[/.-]\d\d?[/.-]\d{1,4}\s*\Z"
    r"|[\s>]*(?:[^\W\d_]{2,12}\.? )?\d[^<>@:]{3,40}:\d\d[^<>@:]{0,12} "
    r"(?:by|von|de|da|od|av|af|door|par|por) \S+@\S+:\s*\Z"
    r"|[\s>]*(?:quoting|zitat von|citando|citant|citerar|zitiere) .{1,100}:\s*\Z",
    re.IGNORECASE,
)
_NAME_WROTE = re.compile(
    rf"[\s>*]*(?:[\w.'’\"<>@()+-]+,? ){{1,6}}{_VERB}"
    rf"(?: (?:in message|on|am|den|le|el|il|op|em|på|dnia|dne|la) .{{1,120}})?\s*[:：]\s*\Z",
    re.IGNORECASE,
)
_FRAME = r"[\s>*_=~+|-]*"
_ORIGINAL = re.compile(
    rf"{_FRAME}(?<=[-_*=~+>|])\s*(?:{_any_of(ORIGINAL)})[^\n]{{0,80}}?[\s*_=~+:-]*\Z|\s*(?:{_any_of(ORIGINAL)})\s*[:：]?\s*[-_]{{2,}}\s*\Z",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    rf"{_FRAME}(?<=[-_*=~+>|])\s*(?:{_any_of(FORWARDED)})[^\n]{{0,100}}\Z|[\s>]*(?:{_any_of(BEGIN_FORWARDED)})\s*[:：]\s*\Z",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(rf"\s*(?:{'|'.join(SENT_FROM)})\s*\Z", re.IGNORECASE)
_MARKED_LINK = re.compile(r"\[([^\]]{1,100})\]\([^)]{1,200}\)")
_TABLE_LINE = re.compile(r"\s*[|+].*[|+]\s*\Z")
_CONTACT = re.compile(
    r"[^\s@]+@[^\s@]+\.\w|(?:https?://|www\.)\S|(?:\+|\b0|\(\d)[\d ()/.\-–]{6,}|\b(?:tel|phone|fax|mobil|cell|fon|tél)\b",
    re.IGNORECASE,
)


def own_text(text: str) -> str:
    """What the author wrote, of the first 400,000 characters.

    Quotes stay only where answers stand between them, without the lines that say who wrote them.
    """
    lines = _lines(text)
    kinds = _kinds(lines)
    kept = _Kept(lines, kinds)
    kept.drop("s")
    kept.cut_at_delimiter()
    kept.cut_at("f")
    kept.cut_at_rule()
    kept.cut_at_header_block()
    kept.resolve_attributions()
    kept.drop("boh")
    kept.trim()
    return kept.text()


def own_words(text: str) -> str:
    """What the author wrote, without any quoted line."""
    return "\n".join(line for line in own_text(text).split("\n") if not _QUOTE.match(line)).strip("\n")


def split_forward(text: str) -> tuple[str, str]:
    """What stands above a forwarded or quoted mail, and that mail with its header lines; the second is empty without one."""
    lines = _lines(text)
    kinds = _kinds(lines)
    for at, kind in enumerate(kinds):
        if kind in "foh":
            return "\n".join(lines[:at]).strip("\n"), "\n".join(lines[at + (kind != "h") :]).strip("\n")
    return "\n".join(lines), ""


def split_signature(text: str) -> tuple[str, str]:
    """The text, and the signature below it: from the delimiter, the closing phrase, or the lines that name a person and how to
    reach them."""
    lines = text.split("\n")
    last = max((at for at, line in enumerate(lines) if line.strip()), default=-1)
    for at in range(last, -1, -1):
        if _DELIMITER.match(lines[at]) and any(line.strip() for line in lines[:at]):
            return "\n".join(lines[:at]).rstrip(), "\n".join(lines[at + 1 :]).strip("\n")
    start = _closing_at(lines[: last + 1])
    if start is None:
        start = _contact_block_at(lines[: last + 1])
    if start is None:
        return text.rstrip(), ""
    return "\n".join(lines[:start]).rstrip(), "\n".join(lines[start:]).strip("\n")


def _closing_at(lines: Sequence[str]) -> int | None:
    """The line of the last closing phrase that short lines follow."""
    seen: list[str] = []
    for at in range(len(lines) - 1, max(-1, len(lines) - 60), -1):
        line = lines[at].strip()
        if not line:
            continue
        if len(line) <= 60 and CLOSING.match(line):
            near = seen[::-1][:4]
            return at if all(len(after) <= 90 for after in near) else None
        seen.append(line)
    return None


def _contact_block_at(lines: Sequence[str]) -> int | None:
    """The line where the last paragraph begins, when it names a person above a number, an address or a site."""
    end = len(lines)
    start = end
    while start > 0 and lines[start - 1].strip():
        start -= 1
    block = [line.strip() for line in lines[start:end]]
    if start == 0 or not 2 <= len(block) <= 12 or any(len(line) > 90 for line in block):
        return None
    name = block[0]
    words = name.split()
    is_named = (
        len(words) <= 5
        and not name.endswith((".", "!", "?", ":", ","))
        and not any(sign.isdigit() or sign == ":" for sign in name)
        and not (words[0][:1].islower() or words[-1][:1].islower())
    )
    return start if is_named and any(_CONTACT.search(line) for line in block[1:]) else None


def _lines(text: str) -> list[str]:
    return text[:_MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _kinds(lines: list[str]) -> list[str]:
    """What each line is: e(mpty), q(uote), a delimiter, a rule, s(ent from ...), b (an attribution), o(riginal message),
    f(orwarded message), h(eader block) or t(ext)."""
    kinds = ["e" if _EMPTY.match(line) else "t" for line in lines]
    at = examined = 0
    while at < len(lines):
        if kinds[at] == "e" or len(lines[at]) > _LONGEST_LINE:
            at += 1
            continue
        kinds[at] = kind = _kind(lines[at])
        if kind == "t" and examined < _MAX_EXAMINED:
            examined += 1
            size, found = _marked(lines, at)
            for number in range(at, at + size):
                kinds[number] = found
            at += max(1, size)
        else:
            at += 1
    return kinds


def _kind(line: str) -> str:
    if _DELIMITER.match(line):
        return "d"
    if _RULE.match(line):
        return "r"
    if _FORWARDED.match(line):
        return "f"
    if _ORIGINAL.match(line):
        return "o"
    if len(line) <= 160 and _SENT_FROM.match(_MARKED_LINK.sub(r"\1", line)):
        return "s"
    return "q" if _QUOTE.match(line) and not _TABLE_LINE.match(line) else "t"


def _marked(lines: list[str], at: int) -> tuple[int, str]:
    """How many lines from here on are one attribution or header block, and which of them."""
    line = lines[at]
    if ":" in line or "：" in line:
        block = header_block(lines, at)
        if block is not None and len(block.values) >= 3:
            return block.end - at, "h"
    if size := _attribution(lines, at):
        return size, "b"
    return 0, "t"


def _attribution(lines: list[str], at: int) -> int:
    """How many lines from here on say who wrote what follows; none if they do not."""
    first = lines[at]
    if _is_whole_attribution(first):
        return 1 + _is_verb_alone(lines, at + 1)
    opens = _OPENS.match(" ".join(lines[at : at + 3])[:_LONGEST_ATTRIBUTION]) is not None
    if not opens and _HAS_ADDRESS.search(first) is None:
        return 1 if _is_name_before_quote(lines, at) else 0
    joined = ""
    filled = 0
    for number in range(at, min(len(lines), at + 2 * _MAX_WRAPPED)):
        piece = lines[number] if number == at else _LEADING_QUOTE.sub("", lines[number])
        if not piece.strip():
            if filled == 0 or not _may_go_on(joined):
                break
            continue
        filled += 1
        joined = f"{joined} {piece.strip()}".strip()
        if filled > _MAX_WRAPPED or len(joined) > _LONGEST_ATTRIBUTION:
            break
        if _says_who_wrote(joined, opens=opens):
            return number - at + 1 + _is_verb_alone(lines, number + 1)
    return 0


def _is_verb_alone(lines: list[str], at: int) -> bool:
    """Whether a line holds nothing but the `wrote:` of the one above."""
    line = _LEADING_QUOTE.sub("", lines[at]).strip() if at < len(lines) else ""
    return 0 < len(line) <= 40 and _VERB_ALONE.match(line) is not None


def _may_go_on(joined: str) -> bool:
    """Whether an attribution may go on behind a blank line: it has told a date already, and is no sentence of its own."""
    return len(joined) <= 120 and not joined.endswith((".", "!", "?", ",")) and _HAS_DATE.search(joined) is not None


def _is_whole_attribution(line: str) -> bool:
    return bool(_DATE_AND_ADDRESS.match(line) or _ISO_AND_NAME.match(line) or _POSTED_BY.match(line))


def _says_who_wrote(joined: str, *, opens: bool) -> bool:
    has_address = _HAS_ADDRESS.search(joined) is not None
    if has_address and _DATE_AND_ADDRESS.match(joined):
        return True
    ends_with_colon = joined.rstrip(" *_->–—").endswith((":", "："))
    if not ends_with_colon:
        joined = joined if opens and _VERB_AT_END.search(joined[-60:]) else ""
    has_date = _HAS_DATE.search(joined) is not None
    if not joined or not (has_date or has_address or " via " in joined):
        return False
    if not ends_with_colon or _VERB_AT_END.search(joined[-60:]):
        return has_address or opens
    return has_date and _VERB_INSIDE.search(joined) is not None


def _is_name_before_quote(lines: list[str], at: int) -> bool:
    """`Anna Weber wrote:` is an attribution where a quote follows, or where it names a way (`Anna via Forum wrote:`)."""
    line = lines[at]
    if len(line) > 120 or not _NAME_WROTE.match(line):
        return False
    if " via " in line or _QUOTE.match(line):
        return True
    return next((_QUOTE.match(later) is not None for later in lines[at + 1 : at + 4] if later.strip()), False)


class _Kept:
    """The lines that are left, each with its kind."""

    def __init__(self, lines: list[str], kinds: list[str]) -> None:
        self.lines = lines
        self.kinds = "".join(kinds)

    def cut(self, at: int) -> None:
        """Keep what stands above a line."""
        self.lines, self.kinds = self.lines[:at], self.kinds[:at]

    def drop(self, kinds: str) -> None:
        """Leave out the lines of these kinds."""
        kept = [at for at, kind in enumerate(self.kinds) if kind not in kinds]
        self.lines = [self.lines[at] for at in kept]
        self.kinds = "".join(self.kinds[at] for at in kept)

    def has_text_above(self, at: int) -> bool:
        return "t" in self.kinds[:at]

    def cut_at(self, kinds: str) -> None:
        """Cut at the first line of these kinds below some text."""
        at = next((at for at, kind in enumerate(self.kinds) if kind in kinds), -1)
        if at >= 0 and self.has_text_above(at):
            self.cut(at)

    def cut_at_delimiter(self) -> None:
        """Cut at the first signature delimiter below some text."""
        text_at = self.kinds.find("t")
        at = self.kinds.find("d", text_at) if text_at >= 0 else -1
        if at > 0:
            self.cut(at)

    def cut_at_rule(self) -> None:
        """Cut at a line of dashes or the like when what follows is quoted, or few lines after a blank one, as footers are."""
        rules = [at for at, kind in enumerate(self.kinds) if kind == "r" and self.has_text_above(at)]
        for at in rules:
            follows = self.kinds[at + 1 :].lstrip("er")[:1]
            if follows in ("h", "o", "f", "b", ""):
                self.cut(at)
                return
        if len(rules) == 1 and self.kinds[rules[0] - 1] == "e" and self.kinds[rules[0] :].count("t") <= 12:
            self.cut(rules[0])

    def cut_at_header_block(self) -> None:
        """Cut at the first header block or `Original Message` below some text."""
        self.cut_at("ho")

    def resolve_attributions(self) -> None:
        """Cut at the attribution of a quote that nothing answers below it; leave quotes between which answers stand."""
        at = self.kinds.find("b", max(0, self.kinds.find("t")))
        if at >= 0 and self.has_text_above(at):
            rest = self.kinds[at:]
            tail = rest.rstrip("etr")
            answers = rest[len(tail) :].count("t") if "q" in rest else 0
            is_interleaved = "t" in tail
            is_greeting = self.kinds[:at].count("t") == 1 and len("".join(self.lines[:at]).strip()) <= 40 and answers > 0
            if ("q" not in rest) or (not is_interleaved and answers < 7 and not is_greeting):
                self.cut(at)
        above = len(self.kinds.rstrip("etr"))
        if "q" in self.kinds[:above] and "t" not in self.kinds[:above] and "t" in self.kinds:
            self.lines, self.kinds = self.lines[above:], self.kinds[above:]

    def trim(self) -> None:
        """Leave out blank lines and rules at both ends, and quotes at the end when there is any text."""
        end = len(self.kinds.rstrip("eqr")) if "t" in self.kinds else len(self.kinds.rstrip("er"))
        self.cut(end)
        start = len(self.kinds) - len(self.kinds.lstrip("er"))
        self.lines, self.kinds = self.lines[start:], self.kinds[start:]

    def text(self) -> str:
        """What is left."""
        return "\n".join(self.lines).rstrip()
