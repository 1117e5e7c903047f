"""The text of an HTML part: a line for each block, cells apart, quotes marked as in plain mail."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_HTML = 2_000_000
_BREAK, _EDGE, _GAP, _QUOTE, _UNQUOTE, _CELL = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004", "\ue005"
"""Marks from the private use area, put in where the layout breaks: white space in the source of HTML means nothing.
A break ends a line, an edge ends one that holds something, a gap leaves a blank line too."""
_MARKS = re.compile("[\ue000-\ue005]")
_LINE_MARKS = re.compile("([\ue000-\ue004])")
_UNSEEN = (
    "script,style,head,title,template,noscript,object,iframe,svg,select,"
    '[hidden],[style*="display:none"],[style*="display: none"],[style*="mso-hide:all"]'
)
_BLOCKS = (
    "div,tr,li,table,ul,ol,dl,dt,dd,address,article,aside,center,fieldset,figure,footer,form,header,main,nav,section,"
    "p.MsoNormal,p.MsoPlainText,legend,caption"
)
_PARAGRAPHS = "p:not(.MsoNormal):not(.MsoPlainText),h1,h2,h3,h4,h5,h6,pre"
_QUOTED = ".yahoo_quoted,.gmail_quote,.protonmail_quote,.zmail_extra,.moz-cite-prefix,#divRplyFwdMsg,#appendonsend,#reply-intro"
"""Where mail programs begin what they quote: never in the same paragraph as the words above."""
_SPACES = re.compile(r"[ \t\r\n\f\v\xa0]+")
_AROUND_CELL = re.compile(rf"(?:{_CELL}| )*{_CELL}(?:{_CELL}| )*")
_LOOKS_TAGGED = re.compile(r"<(?:[a-z!/][^<>]{0,2000})>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s>/]*)")
_MANY_TAGS = 2_000
_MAX_WORK = 1_000_000
_IMPLIED = "br img hr input meta link area base col wbr p li tr td th dd dt option tbody thead tfoot colgroup html body head o:p"
_CLOSED_BY_OTHERS = frozenset(_IMPLIED.split(" "))
_SCRIPTS = re.compile(r"<(script|style|head|title)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_BREAKING_TAG = re.compile(r"</?(?:br|p|div|tr|li|table|h[1-6]|blockquote|hr|dd|dt)\b[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")


_ARMORED, _SIGNED, _SIGNATURE_ENDS = (
    f"-----{word}-----" for word in ("BEGIN PGP SIGNED MESSAGE", "BEGIN PGP SIGNATURE", "END PGP SIGNATURE")
)
_ARMOR_HEAD = re.compile(r"[ \t]*\n(?:[A-Z][\w-]{0,40}:[^\n]{0,200}\n){0,20}\n?")


def without_armor(text: str) -> str:
    """A text signed in the clear by PGP as its author wrote it, without the signature around it."""
    start = text.find(_ARMORED)
    head = _ARMOR_HEAD.match(text, start + len(_ARMORED)) if start >= 0 else None
    end = text.find(_SIGNED, head.end()) if head else -1
    if head is None or end < 0:
        return text
    closed = text.find(_SIGNATURE_ENDS, end)
    below = text[closed + len(_SIGNATURE_ENDS) :] if closed >= 0 else ""
    return text[:start] + text[head.end() : end].replace("\n- -", "\n-").removeprefix("- ") + below


def html_to_text(html: str) -> str:
    """What a person sees of an HTML part, as lines. A `blockquote` becomes lines that begin with "> "."""
    html = _MARKS.sub("", html[:MAX_HTML])
    if not _LOOKS_TAGGED.search(html):
        return _trimmed(unescape(html).replace("\r\n", "\n").splitlines())
    if _is_hostile(html):
        return _without_tags(html)
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None:
        return ""
    _mark(body)
    return _laid_out(body.text(deep=True))


def _mark(body: LexborNode) -> None:
    for node in body.css(_UNSEEN):
        node.decompose()
    for node in body.css("pre,textarea"):
        _keep_lines(node)
    for node in body.css("br"):
        node.insert_before(_BREAK)
    for node in body.css("hr"):
        node.insert_before(f"{_EDGE}---{_EDGE}")
    for node in body.css("td,th"):
        node.insert_after(_CELL)
    for node in body.css(_QUOTED):
        node.insert_before(_GAP)
    for selector, before, after in ((_BLOCKS, _EDGE, _EDGE), (_PARAGRAPHS, _GAP, _GAP), ("blockquote", _QUOTE, _UNQUOTE)):
        for node in body.css(selector):
            node.insert_before(before)
            node.insert_after(after)
    for node in body.css('a[href^="mailto:"]'):
        address = (node.attributes.get("href") or "")[7:].partition("?")[0]
        if "@" in address and "@" not in node.text():
            node.insert_after(f" <{address}>")


def _keep_lines(node: LexborNode) -> None:
    for text in list(node.traverse(include_text=True)):
        if text.tag == "-text" and "\n" in (content := text.text(deep=False)):
            text.replace_with(content.replace("\r\n", "\n").replace("\n", _BREAK))


def _laid_out(marked: str) -> str:
    lines: list[str] = []
    depth = 0
    held = ""
    for piece in _LINE_MARKS.split(_AROUND_CELL.sub(_CELL, _SPACES.sub(" ", marked))):
        if not _LINE_MARKS.match(piece):
            held = piece.strip(f" {_CELL}").replace(_CELL, "\t")
            continue
        quoted = "> " * min(depth, 20)
        if held or piece == _BREAK:
            lines.append(quoted + held)
        if piece in (_GAP, _UNQUOTE):
            lines.append(quoted)
        depth = max(0, depth + {_QUOTE: 1, _UNQUOTE: -1}.get(piece, 0))
        held = ""
    return _trimmed([*lines, "> " * min(depth, 20) + held])


def _trimmed(lines: list[str]) -> str:
    """The lines without blank ones at both ends, and with no more than one blank line between two others."""
    kept: list[str] = []
    for line in lines:
        line = line.rstrip()
        if line.strip("> ") or (kept and kept[-1].strip("> ")):
            kept.append(line)
    while kept and not kept[-1].strip("> "):
        kept.pop()
    return "\n".join(kept)


def _is_hostile(html: str) -> bool:
    """Whether the markup is nested so deeply that building its tree takes time that grows with the square of its size."""
    if html.count("<") < _MANY_TAGS:
        return False
    open_tags: Counter[str] = Counter()
    depth = work = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if name not in _CLOSED_BY_OTHERS:
            if not tag[1]:
                open_tags[name] += 1
                depth += 1
            elif open_tags[name]:
                open_tags[name] -= 1
                depth -= 1
        work += depth
        if work > _MAX_WORK:
            return True
    return False


def _without_tags(html: str) -> str:
    plain = _ANY_TAG.sub(" ", _BREAKING_TAG.sub("\n", _SCRIPTS.sub(" ", html)))
    return _trimmed([_SPACES.sub(" ", line).strip() for line in unescape(plain).split("\n")])
