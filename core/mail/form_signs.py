"""By what the mails of well-known form programs can be told, and the sentences that they add."""

from __future__ import annotations

import re

_SIGNS: tuple[tuple[str, str], ...] = (
    ("contact_form_7", r"was sent from a contact form on|wordpress contact form 7|^message body:"),
    ("gravity", r"bgcolor=.?#eaf2fa|gravityforms|gravity forms"),
    ("elementor", r"powered by: elementor|remote ip:[\s\S]{0,80}elementor"),
    ("shopify", r"online store's contact form|shopify"),
    ("squarespace", r"sent via form submission from|does this submission look like spam"),
    ("wpforms", r"wpforms|sent from .{1,80} via wpforms"),
    ("ninja", r"ninja[ -]?forms|nf-"),
    ("fluent", r"fluent ?forms?"),
    ("formidable", r"formidable ?forms?|\bfrm_"),
    ("jetpack", r"by an unverified visitor to your site|contact form url:|jetpack"),
    ("jotform", r"jotform"),
    ("typeform", r"typeform"),
    ("hubspot", r"hubspot"),
    ("webflow", r"webflow"),
    ("formspree", r"formspree"),
    ("netlify", r"netlify"),
    ("wix", r"\bwix(?:forms|\.com)\b|via your wix"),
    ("google_forms", r"forms-(?:receipts-)?noreply@google|google forms|docs\.google\.com/forms"),
    ("microsoft_forms", r"forms\.office\.com|microsoft forms"),
    ("tally", r"\btally\.so\b"),
    ("paperform", r"paperform"),
    ("cognito", r"cognito ?forms"),
    ("wufoo", r"wufoo"),
    ("formstack", r"formstack"),
)
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for name, pattern in _SIGNS)

_NEW = "new|neue[rs]?|nuev[ao]|nouve(?:lle|au|l)|nuov[ao]|nieuwe?|now[ea]|nytt?|novy|nov[áý]|nov[ao]"
_SUBMITTED = (
    "submission|message|enquiry|inquiry|entry|response|lead|nachricht|anfrage|einsendung|mensaje|envío|demande|soumission|messaggio|"
    "richiesta|invio|bericht|inzending|wiadomo|zgłoszen|meddelande|henvendelse|zpráv|mensagem|request|antwort|réponse|respuesta|risposta|antwoord|resposta"
)
_FORM = (
    "form submission|contact form|kontaktformular|formulaire de contact|contactformulier|"
    "formulario de contacto|modulo di contatto|"
    "formul[aá]rio de contato|formularz|"
    "feedback form|kontaktskjema|kontaktní formulář|お問い合わせフォーム|表单|問い合わせがありました"
)
_INTRO = re.compile(
    rf"\b(?:{_NEW})\b (?:[^@<>:\n]{{0,40}}\W)?(?:{_SUBMITTED})(?![\w.+-]*@)|{_FORM}|submitted (?:the|a|your) form"
    r"|someone (?:just )?(?:filled|submitted|completed)|has been submitted"
    r"|enquiry (?:e-?mail )?via|(?:message|enquiry) using the contact form"
    r"|(?:result|contents?) of (?:your|the) .{0,20}form\b"
    r"|\b(?:you|we)(?:['’]ve| have)? (?:got|received|(?:been )?sent|have|taken) (?:(?:a|an|the|one|following) ){1,2}"
    rf"(?:[^@<>:\n]{{0,30}}\W)?(?:{_SUBMITTED}|call)\b|\bnew (?:call|caller|phone message)\b"
    r"|\b(?:neue|folgende)[nrs]? (?:[^@<>:\n]{0,20}\W)?(?:anruf|rückrufbitte|kontaktanfrage)",
    re.IGNORECASE,
)

_THIS = "this|diese|cet|ce|este|esta|questa|questo|deze|dit|ta|ten|tento|detta|denne|dette"
_MAIL = (
    "e-?mail|message|mail|nachricht|courriel|mensaje|correo|messaggio|bericht|wiadomość|mensagem|meddelande|e-postmeddelande|besked|"
    "melding|zpráva|formular|form"
)
_SENT = (
    "sent|submitted|generated|gesendet|versendet|geschickt|übermittelt|envoyé|enviado|enviada|inviat[ao]|verzonden|verstuurd|wysłana|"
    "skickades|sendt|odeslána"
)
_FOOTER = re.compile(
    "|".join(
        [
            rf"(?:{_THIS}) (?:{_MAIL})\b.{{0,180}}(?:{_SENT}).*",
            r"sent (?:via|from|through|by) .{0,60}(?:form|website|site|wpforms|visitor|submission).*",
            r"sent from (?:.{1,80} )?\(?https?://\S+.*",
            rf"(?:{_THIS}) form (?:submission )?(?:was|is) .{{0,40}}(?:page|site|website)\b.*",
            r"submitted (?:at |on )?\d.{4,60}",
            r"log ?in to .{0,80}responses?.*",
            r"does this submission look like spam.*",
            r"powered by:? .*",
            r"you (?:are receiving|received|can (?:view|edit|reply)) .*",
            r"to (?:edit|view|manage|reply|stop|unsubscribe) .*(?:https?://|click|\bhere\b|\blink\b).*",
            r"(?:view|edit|manage|see|open) (?:this |the |your |all )?(?:submissions?|entr(?:y|ies)|responses?|results|in )\b.*",
            r"report (?:it here|as spam).*",
            r"reply to this (?:e-?mail|message) .*",
            r"get the (?:app|mobile).*|©.*|copyright .*|unsubscribe.*",
            r"このメールは.*|此邮件.*|이 메일은.*",
        ]
    ),
    re.IGNORECASE,
)
_MAX_SEARCHED = 60_000


def form_program(text: str) -> str:
    """Which form program wrote a mail, or an empty text."""
    searched = text[:_MAX_SEARCHED] + text[-5_000:] if len(text) > _MAX_SEARCHED else text
    return next((name for name, pattern in _COMPILED if pattern.search(searched)), "")


def announces_form(text: str) -> bool:
    """Whether a subject or first line says that a form was sent."""
    return _INTRO.search(text[:500]) is not None


def is_footer(line: str) -> bool:
    """Whether a line is one that a form program adds below the fields."""
    stripped = line.strip().strip("*_ ")[:300]
    return bool(stripped) and _FOOTER.fullmatch(stripped) is not None
