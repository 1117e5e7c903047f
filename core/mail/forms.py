"""A form's mail: its fields, wherever labels and values stand, apart from what its sender wrote as the message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from core.labels.meaning import folded_words, recognize_label
from core.labels.table import Column, settled
from core.mail.form_html import bold_lines, sheets_in
from core.mail.form_letters import letter_in
from core.mail.form_signs import announces_form, form_program, is_footer
from core.mail.form_text import FROM_WORDS, Pair, Sheet, sheet_in
from core.mail.message import ParsedMail
from core.mail.text import html_to_text

_MAX_TEXT = 200_000
_MOST_PAIRS = 200
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']{1,64}@[^\s<>()\[\],;:\"']{1,190}\.[^\s<>()\[\],;:.\"']{2,}")
_HEADERS = frozenset([
    "to", "an", "a", "para", "pra", "para:", "cc", "bcc", "kopie", "sent", "gesendet", "datum", "date", "envoye",
    "enviado", "inviato",
    "verzonden", "wyslano", "skickat", "sendt", "odeslano", "data", "fecha", "till", "til", "do", "komu", "aan",
])  # fmt: skip
_WAYS_WITH_STRUCTURE = frozenset(["table", "list", "bold", "dashes"])
NAMES = ("person.full_name", "person.first_name", "person.last_name")
_LISTS = ("person.emails", "person.phones")
_LONG_TEXT = 40
_ALL_LINES = frozenset(["touch.message", "interest.need"])


@dataclass(frozen=True, slots=True)
class FormReading:
    """What a form's mail says.

    `fields` are lead fields with their texts, `labels` every other label with its text, `message` what the sender wrote.
    `format` names the program that sent it, or how it is laid out. `is_certain` says that nothing else than a form looks so.
    """

    fields: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]
    message: str
    format: str
    is_certain: bool
    above: str = ""
    """What stands above its first label in a text."""


def form_reading(mail: ParsedMail, region: str = "") -> FormReading | None:
    """The form in a mail, or None. `region` is the country of phone numbers without a code: they are left as they stand, so
    it only tells whether a value can be a number."""
    trusted = mail.reply_to[0].email.strip().lower() if mail.reply_to else ""
    best: tuple[float, FormReading] | None = None
    program = form_program(f"{mail.text}\n{mail.html}\n{mail.senders[0].email if mail.senders else ''}")
    is_announced = bool(program) or announces_form(mail.subject) or announces_form(mail.text.lstrip()[:300])
    for sheet in _sheets(mail, trusted):
        reading = _read(sheet, program, is_announced)
        score = len(reading.fields) + 0.2 * len(reading.labels) * (sheet.way in _WAYS_WITH_STRUCTURE)
        score += 0.6 * (sheet.way in _WAYS_WITH_STRUCTURE)
        if best is None or score > best[0]:
            best = (score, reading)
    whole = _with_writer(best[1] if best is not None else None, mail.text)
    return whole if whole is not None and _is_form(whole, is_announced) else None


def _with_writer(reading: FormReading | None, text: str) -> FormReading | None:
    """The form completed by whom its first sentence names; without labels, that person with all the text below."""
    letter = letter_in(text)
    if letter is None:
        return reading
    pairs, message = letter
    told = {pair.label: (pair.text,) for pair in pairs}
    if reading is not None and (reading.message or len(reading.fields) > 1) and "person.full_name" not in reading.fields:
        return replace(reading, fields={**told, **reading.fields}, is_certain=True)
    if reading is not None and {"person.full_name", "person.email"} <= set(reading.fields):
        return reading
    return FormReading({**told, "touch.message": (message,)}, {}, message, "letter", True) if message else reading


def _sheets(mail: ParsedMail, trusted: str) -> Iterable[Sheet]:
    """Every way to see the mail as a form."""
    texts = [mail.text[:_MAX_TEXT]]
    if mail.html:
        yield from sheets_in(mail.html)
        bold = bold_lines(mail.html)
        texts = [bold, *texts, html_to_text(mail.html)] if bold else [*texts, html_to_text(mail.html)]
    for text in dict.fromkeys(texts):
        sheet = sheet_in(text, trusted, is_footer) if text else None
        if sheet is not None:
            yield sheet


def _read(sheet: Sheet, program: str, is_announced: bool) -> FormReading:
    pairs = _without_mail_headers(list(_expanded(sheet.pairs[:_MOST_PAIRS])))
    columns = settled([(pair.label, pair.text) for pair in pairs])
    fields: dict[str, tuple[str, ...]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for pair, column in zip(pairs, columns, strict=True):
        text = _value(column.path, pair.text) if column.path else pair.text
        if not text:
            continue
        if column.path and column.path not in fields:
            fields[column.path] = (text,)
        else:
            labels[pair.label] = (*labels.get(pair.label, ()), text)
    if "touch.message" not in fields:
        _choose_message(fields, labels, columns)
    message = fields.get("touch.message", ("",))[0]
    is_certain = _is_certain(fields, labels, is_announced, sheet.way)
    return FormReading(fields, labels, message, program or sheet.way, is_certain, sheet.above)


def _expanded(pairs: Iterable[Pair]) -> Iterable[Pair]:
    """The pairs, a sender's name and address each by itself."""
    for pair in pairs:
        address = _ADDRESS.search(pair.text) if "".join(folded_words(pair.label)) in FROM_WORDS else None
        if address is None:
            yield pair
            continue
        yield Pair("person.email", address[0])
        name = pair.text[: address.start()].strip(" <(\"'[\t")
        if name:
            yield Pair("person.full_name", name)


def _without_mail_headers(pairs: list[Pair]) -> list[Pair]:
    """The pairs without the header lines of a forwarded mail, which are not a form's."""
    keys = ["".join(folded_words(pair.label)) for pair in pairs]
    if not ("personemail" in keys and any(key in _HEADERS for key in keys)):
        return pairs
    mailed = {
        "personemail",
        "personfullname",
        "subject",
        "betreff",
        "objet",
        "asunto",
        "oggetto",
        "onderwerp",
        "assunto",
    } | _HEADERS
    return [pair for pair, key in zip(pairs, keys, strict=True) if key not in mailed]


def _value(path: str, text: str) -> str:
    """The text of a field: one line, but for what people write at length; of an e-mail field the address alone."""
    if path in _ALL_LINES:
        return text.strip()
    if path in ("person.email", "person.emails"):
        found = _ADDRESS.search(text.replace("mailto:", " "))
        return found[0] if found else text.split("\n", 1)[0].strip()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if path in ("address.street", "interest.product"):
        return ", ".join(lines)[:500]
    return lines[0][:500] if lines else ""


def _choose_message(fields: dict[str, tuple[str, ...]], labels: dict[str, tuple[str, ...]], columns: Sequence[Column]) -> None:
    """Take the longest free text for the message, where no label is a word for it."""
    free = [(len(texts[0]), label) for label, texts in labels.items() if recognize_label(label) is None]
    if free and (longest := max(free))[0] >= _LONG_TEXT and " " in labels[longest[1]][0]:
        fields["touch.message"] = labels[longest[1]]


def _is_certain(fields: Mapping[str, object], labels: Mapping[str, object], is_announced: bool, way: str) -> bool:
    has_name, has_contact = any(path in fields for path in NAMES), "person.email" in fields or "person.phone" in fields
    known = len(fields)
    if is_announced:
        return has_contact and known + len(labels) >= 2
    return has_contact and (
        (has_name and known >= 3) or ("touch.message" in fields and known >= 3 and (has_name or way != "labels"))
    )


def _is_form(reading: FormReading, is_announced: bool) -> bool:
    """Whether it can be a form at all: somebody is named, and by more than a signature's one or two labels."""
    if not any(path in reading.fields for path in (*NAMES, "person.email", "person.phone", "person.mobile")):
        return False
    is_reachable = "person.email" in reading.fields or (_is_callable(reading.fields) and _is_named(reading.fields))
    return reading.is_certain or (len(reading.fields) + len(reading.labels) >= 3 and is_reachable)


def _is_callable(fields: Mapping[str, object]) -> bool:
    return "person.phone" in fields or "person.mobile" in fields


def _is_named(fields: Mapping[str, object]) -> bool:
    return any(path in fields for path in NAMES)
