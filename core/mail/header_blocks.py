"""Blocks of header lines inside a text: `From:`, `Sent:`, `To:`, `Subject:` in the languages of the usual mail programs."""

# ruff: noqa: E501 -- lists of words and patterns are easier to read and extend as text

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_FROM = (
    "from von de da van från fra lähettäjä od nadawca odesílatel odosielateľ от от_кого отправитель від від_кого kimden gönderen από 发件人 寄件者 寄件人 差出人 送信者 "
    "보낸_사람 보낸사람 מאת من feladó de_la expéditeur remitente mittente remetente afzender avsändare absender šalje saatja nuo expediteur"
)
_TO = (
    "to an à a para aan till til vastaanottaja do komu кому kime alıcı προς 收件人 宛先 받는_사람 받는사람 אל إلى címzett către pour destinataire destinatario "
    "destinatário ontvanger empfänger mottagare modtager kam prima per"
)
_DATE = (
    "sent date gesendet datum gesendet_am envoyé envoyé_le enviado enviado_el enviada enviada_em fecha data inviato verzonden skickat sendt dato lähetetty päivämäärä pvm "
    "wysłano wysłane odesláno odoslané отправлено дата надіслано gönderildi gönderme_tarihi gönderilme_tarihi tarih 发送时间 发送日期 日期 送信日時 日付 日時 날짜 보낸_날짜 נשלח تاريخ elküldve dátum trimis "
    "ημερομηνία poslano kuupäev data_invio"
)
_SUBJECT = "subject betreff objet asunto assunto oggetto onderwerp ämne emne aihe temat předmět predmet тема konu 主题 主旨 件名 제목 נושא الموضوع tárgy subiect θέμα sujet naslov teema"
_OTHERS = "cc kopie copie copia kopia cópia kopi копия bilgi 抄送 cc: bcc reply-to antwort_an répondre_à reply_to importance priority wichtigkeit attachments anlagen anhang organization return-path"


def _names(text: str, kind: str) -> dict[str, str]:
    return {name.replace("_", " "): kind for name in text.split()}


_KINDS: Mapping[str, str] = {
    **_names(_OTHERS, "other"), **_names(_SUBJECT, "subject"), **_names(_DATE, "date"), **_names(_TO, "to"), **_names(_FROM, "from"),
}  # fmt: skip
_LINE = re.compile(r"^[*_\s]*([^\W\d_][\w '\u2019-]{0,24}?)[*_]*\s*[:\uff1a][*_]*\s*(.*)$")
_QUOTED = re.compile(r"^\s*(?:>\s?)+")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?:[\w-]+\.)*[\w-]+", re.UNICODE)
_MAX_HEADERS = 12


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """A block of header lines: where it begins, the line after it, and its values by `from`, `to`, `date`, `subject`."""

    start: int
    end: int
    values: Mapping[str, str]


def header_block(lines: Sequence[str], at: int) -> HeaderBlock | None:
    """The block that begins in this line; it must say who wrote, and when, to whom or about what."""
    values: dict[str, str] = {}
    end, last = at, ""
    while end < len(lines) and end - at < _MAX_HEADERS:
        line = _QUOTED.sub("", lines[end]).strip()
        kind, text = _header(line)
        if kind and (kind == "other" or kind not in values):
            values[kind] = text
            last = kind
        elif not line and end == at + 1 and len(values) == 1:
            pass
        elif line and last in ("to", "other", "subject", "from") and _goes_on(line, lines[end], values[last]):
            values[last] = f"{values[last]} {line}".strip()
        else:
            break
        end += 1
    told = {"date", "to", "subject"} & set(values)
    if "from" not in values or not values["from"] or not told or (len(told) < 2 and "@" not in values["from"]):
        return None
    return HeaderBlock(at, end, values)


def _header(line: str) -> tuple[str, str]:
    found = _LINE.match(line)
    if found is None:
        return "", ""
    return _KINDS.get(" ".join(found[1].lower().split()), ""), found[2].strip(" *_")


def _goes_on(line: str, raw: str, value: str) -> bool:
    """Whether a line continues a long header: indented, or the rest of a list of addresses, or the value of an empty one."""
    if not value:
        return True
    return raw[:1] in (" ", "\t") or value.endswith((",", ";")) or (value.count("<") > value.count(">"))


def find_block(lines: Sequence[str], start: int = 0) -> HeaderBlock | None:
    """The first header block from a line on."""
    for at in range(start, len(lines)):
        line = lines[at]
        if ":" in line or "\uff1a" in line:
            kind, _ = _header(_QUOTED.sub("", line).strip())
            if kind in ("from", "date", "subject", "to") and (block := header_block(lines, at)) is not None:
                return block
    return None


def address_in(text: str) -> tuple[str, str]:
    """The address and the display name of a `From:` line, however a mail program wrote it."""
    text = re.sub(r"mailto:", "", text, flags=re.IGNORECASE)
    found = _ADDRESS.search(text)
    if found is None:
        return "", text.strip(" \t\"'<>[]()*;,")
    name = text[: found.start()].strip(" \t\"'<>[](*;,") or re.sub(r"^[\s>\])]*\(?|\)?\s*$", "", text[found.end() :]).strip(
        " \"'<>[]()*;,"
    )
    return found[0].strip(".'"), "" if "@" in name else name
