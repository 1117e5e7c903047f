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
    ("google_forms", r"google forms|docs\.google\.com/forms"),
    ("microsoft_forms", r"forms\.office\.com|microsoft forms"),
    ("tally", r"\btally\.so\b"),
    ("paperform", r"paperform"),
    ("cognito", r"cognito ?forms"),
    ("wufoo", r"wufoo"),
    ("formstack", r"formstack"),
)
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for name, pattern in _SIGNS)

_INTRO = re.compile(
    r"(?:new|neue|nueva?|nouvelle|nuov[ao]|nieuwe?|nowe|ny|novy|nova?) .{0,40}(?:submission|message|enquiry|"
    r"inquiry|entry|response|lead|"
    r"nachricht|anfrage|einsendung|mensaje|envío|demande|soumission|messaggio|richiesta|invio|bericht|"
    r"inzending|wiadomo|zgłoszen|"
    r"meddelande|henvendelse|zpráv|mensagem|request)|form submission|contact form|kontaktformular|"
    r"formulaire de contact|contactformulier"
    r"|formulario de contacto|modulo di contatto|formul[aá]rio de contato|formularz|kontaktskjema|"
    r"kontaktní formulář|お問い合わせフォーム"
    r"|submitted (?:the|a|your) form|someone (?:just )?(?:filled|submitted|completed)|has been submitted|"
    r"表单|問い合わせがありました",
    re.IGNORECASE,
)

_FOOTER = re.compile(
    r"(?:this|diese|cet|ce|este|esta|questa|questo|deze|dit|ta|ten|tento|detta|denne|dette) (?:e-?mail|message|"
    r"mail|nachricht|courriel|"
    r"mensaje|correo|messaggio|bericht|wiadomość|mensagem|meddelande|e-postmeddelande|besked|melding|"
    r"zpráva)\b.{0,60}"
    r"(?:sent|submitted|generated|gesendet|versendet|geschickt|übermittelt|envoyé|enviado|enviada|inviat[ao]|"
    r"verzonden|verstuurd|wysłana|"
    r"skickades|sendt|odeslána).*"
    r"|sent (?:via|from|through|by) .{0,60}(?:form|website|site|wpforms|visitor|submission).*|"
    r"sent from https?://\S+.*"
    r"|does this submission look like spam.*|powered by:? .*|(?:you (?:are receiving|received|can (?:view|edit|"
    r"reply))|to (?:edit|view|manage|"
    r"reply|stop|unsubscribe)) .*|(?:view|edit|manage|see|open) (?:this |the |your |all |full )?(?:submission|"
    r"entry|entries|response|results|contact|"
    r"conversation|in ).*|report (?:it here|as spam).*|reply to this (?:e-?mail|message) .*|get the (?:app|"
    r"mobile).*|©.*|copyright .*"
    r"|unsubscribe.*|view in (?:hubspot|browser|wix|app).*|このメールは.*|此邮件.*|이 메일은.*|"
    r"dieses formular wurde .*|this form was submitted .*"
    r"|\[?(?:https?://\S+)\]?\s*\(?contact form.*",
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
