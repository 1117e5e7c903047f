"""The person who writes a mail: from From, Reply-To and Sender, the display name, and the signature."""

# ruff: noqa: E501, SIM905 -- lists of words and patterns are easier to read and extend as text

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.mail.message import Address, Found, MailOptions, ParsedMail
from core.mail.phones import Phone, phones_in
from core.mail.signature import Signature, is_name, own_lines, read_signature, regions_of
from core.mail.signature_words import FUNCTION_WORD, LEGAL_FORM
from core.mail.titles import agrees, domain_word, is_title, read_company
from core.mail.verdict_words import VOICE_OR_FAX
from core.normalize.email import email_class, is_free_domain
from core.normalize.mailboxes import NO_REPLY, ROLES
from core.normalize.names import split_name
from core.normalize.text import fold, one_line
from core.normalize.web import registered_domain

_ADDRESS = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+\.?[^\s@<>\"',;]*\Z")
_ROBOT = re.compile(
    r"(?:wordpress|mailer|form|forms|formular|submission|notification|notifications|notify|webform|website|www|www-data|apache|nginx|nobody|root|"
    r"cgi|php|daemon|bounce|bounces|alert|alerts|robot|bot|server|auto|kontaktformular|contactform|formsubmit)"
    r"(?:[._+-].*)?\Z|.*(?:no-?_?\.?reply|do-?not-?reply|mailer-daemon|form-?submission|webform|contact-?form).*\Z"
)
_LIST_LOCAL = re.compile(r".*-(?:request|owner|admin|bounces|list|l|users|devel|dev|talk|announce|discuss)\Z")
_ALONE = re.compile(r"(?:\+|\(?0)[\d ()/.-]{7,20}\d")
_VIA = re.compile(r"\s*[(\[]?\b(?:via|durch|par\s+le\s+biais\s+de)\b.*$|\s*\(.*\bvia\b.*\)", re.IGNORECASE)
_BEHALF = re.compile(
    r"^.*\b(on\s+behalf\s+of|im\s+auftrag\s+(?:von|der|des)|i\.\s?a\.|au\s+nom\s+de|en\s+nombre\s+de|per\s+conto\s+di|namens)\s+",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(\[{]([^()\[\]{}]*)[)\]}]\s*")
_PARTS = re.compile(r"\s+[|•·/–—-]{1,2}\s+|\s*\|\s*|\s+@\s*|\s+(?:at|from|von|bei|chez|de chez|presso)\s+(?=[A-ZÄÖÜ0-9])")
_LOGIN = re.compile(r"[\s_(\[-]+(?=\w*\d)(?=\w*[a-z])[a-z][a-z0-9]{2,15}[)\]]?\Z")
_PARTICLES = frozenset(
    "van von de der den del della di da do dos das du la le el al bin ibn bint ben y e zu zum zur af av ter ten".split()
)
_INTRODUCES = re.compile(
    r"(?i:\bmy\s+name\s+is|\bmein\s+name\s+ist|\bich\s+hei(?:ß|ss)e|\bje\s+m['’]appelle|\bme\s+llamo|\bmi\s+nombre\s+es|\bmi\s+chiamo|\bmijn\s+naam\s+is|\bmeu\s+nome\s+é|"
    r"\bmitt\s+namn\s+är|\bmit\s+navn\s+er|\bnazywam\s+się)\s+((?:[A-ZÀ-ÖØ-Þ][\w'’-]+\s?){2,4})",
)
_PLACES = frozenset(
    "sekretariat secretariat segreteria praxis kanzlei buero buro office team hotel restaurant cabinet studio empfang reception".split()
)
"""What a display name begins with that is a place's: `Praxis Dr. Anselm`."""
_EASTERN = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]{2,8}|[\uac00-\ud7a3]{2,5}")
"""A name without a gap, as East Asia writes it: all of it."""
_NO_PERSON = frozenset(
    "team office mail mailer delivery system subsystem daemon newsletter service services notification notifications customer online web site"
    " shop store contact form robot automatic list user postmaster undisclosed recipients account the gmbh".split()
)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a mail is from: the address to answer, the display name as it stands, and the header they came from."""

    email: str
    name: str = ""
    where: str = "From"


@dataclass(frozen=True, slots=True)
class Named:
    """What a display name says: a person's name, a company, or neither."""

    name: str = ""
    company: str = ""


def person_found(mail: ParsedMail, options: MailOptions) -> tuple[Found, ...]:
    """Everything the mail tells of its author; an address or a name that is a robot's or a list's is none."""
    sender = sender_of(mail, options)
    if sender is None:
        return ()
    named = read_display_name(sender.name, sender.email)
    known = named.name
    signature = read_signature(mail.text, known, sender.email, options.region)
    found = [Found("person.email", (sender.email,), sender.where)] if sender.email else []
    found.extend(_name(named, signature, sender, mail.text))
    phones = signature.phones or _bare_numbers(mail, sender.email, options.region)
    found.extend(_numbers(phones))
    found.extend(_employment(mail, options, sender, named, signature))
    return tuple(found)


def sender_of(mail: ParsedMail, options: MailOptions) -> Sender | None:
    """Whom to answer. Reply-To goes first where From is a robot, a form or our own, and where it is the same person's;
    never where it is a list's address."""
    written = [one for one in mail.senders if one.email or one.name]
    author = next((one for one in written if not is_own(one.email, options)), written[0] if written else None)
    reply = next((one for one in mail.reply_to if _may_answer(one, mail, options)), None)
    if author is None or not _ADDRESS.match(author.email):
        if reply is None:
            return Sender("", author.name) if author is not None and author.name else None
        return Sender(reply.email.lower(), reply.name or (author.name if author else ""), "Reply-To")
    if reply is None or reply.email.lower() == author.email.lower():
        return Sender(author.email.lower(), author.name or (reply.name if reply else ""))
    if is_robot(author.email) or is_own(author.email, options) or _is_at_home(author, mail):
        return Sender(reply.email.lower(), reply.name or _person_via(author.name), "Reply-To")
    if _is_same_person(author, reply) or (not reply.name and not _is_list_mail(mail)):
        return Sender(reply.email.lower(), reply.name or author.name, "Reply-To")
    return Sender(author.email.lower(), author.name)


def is_own(email: str, options: MailOptions) -> bool:
    """Whether an address is one of the source's own, or at one of its own domains."""
    email = email.lower()
    domain = email.rpartition("@")[2]
    if email in {one.lower() for one in options.own_addresses}:
        return True
    return any(
        domain == own or domain.endswith("." + own) for own in (one.lower().lstrip("@") for one in options.own_domains) if own
    )


def is_robot(email: str) -> bool:
    """Whether nobody reads what is sent to this address: a form plug-in, a mailer, a no-reply."""
    local = email.lower().partition("@")[0]
    return bool(_ROBOT.match(local)) or re.sub(r"[^a-z]", "", local) in NO_REPLY


def is_of_recipient(email: str, mail: ParsedMail) -> bool:
    """Whether an address has the domain of those who the mail was sent to, other than one where everybody has mailboxes."""
    domain = email.rpartition("@")[2].lower()
    if not domain or is_free_domain(domain):
        return False
    ours = [one.email for one in mail.to] + [mail.header("delivered-to"), mail.header("x-original-to")]
    return any("@" in one and registered_domain(one.rpartition("@")[2].strip("<> ")) == registered_domain(domain) for one in ours)


def read_display_name(text: str, email: str = "") -> Named:
    """The person and the company of a display name, with what programs put around it taken away."""
    text = _without_behalf(_VIA.sub("", one_line(text)[:200]), email).strip(" '\"`´‘’“”<>,;")
    text = re.sub(r"\s*[<(\[]?[\w.+-]+@[\w.-]+[>)\]]?\s*", " ", text).strip(" '\"`<>,;") if "@" in text and " " in text else text
    label, company = domain_word(email), ""
    for inside in _BRACKETS.findall(text):
        company = company or read_company(inside, label, "")[0]
    text = _without_function(_BRACKETS.sub(" ", text).strip(" ,;"))
    if not text or "@" in text or not any(c.isalpha() for c in text):
        return Named("", company)
    parts = [part.strip(" ,;'\"") for part in _PARTS.split(text) if part.strip(" ,;'\"")]
    if len(parts) == 1 and (LEGAL_FORM.search(text) or "," in text):
        parts = _comma_parts(text, label)
    people = [part for part in parts if _is_person(part, email)]
    if not people:
        return Named("", company or next((found for part in parts if (found := read_company(part, label, "")[0])), ""))
    for part in parts:
        if part != people[0] and not company:
            company = read_company(part, label, people[0])[0] if len(parts) > 1 else ""
    return Named(_ordered(_LOGIN.sub("", people[0]), email), company)


def _without_behalf(text: str, email: str) -> str:
    """Of `Ben on behalf of Anna` who wrote: Anna, unless it is Ben's mailbox."""
    found = _BEHALF.match(text)
    if found is None:
        return text
    local = set(re.findall(r"[a-z]{3,}", fold(email.partition("@")[0])))
    ahead = text[: found.start(1)].strip()
    return (
        ahead if local & set(fold(ahead).split()) and not local & set(fold(text[found.end() :]).split()) else text[found.end() :]
    )


def _comma_parts(text: str, label: str) -> list[str]:
    """`Anna Weber, Acme GmbH` in its parts; `Weber, Anna` and `Acme, Inc.` stay whole."""
    head, _, rest = text.partition(",")
    if (
        rest
        and len(head.split()) > 1
        and read_company(rest.strip(), label, head)[0]
        and LEGAL_FORM.fullmatch(" " + rest.strip(), 1) is None
    ):
        return [head.strip(), rest.strip()]
    return [text]


def _is_person(text: str, email: str) -> bool:
    local = email.lower().partition("@")[0]
    words = fold(text).split()
    if not words or len(words) > 7 or len(text) > 80:
        return False
    found, confidence = read_company(text, domain_word(email), "")
    if confidence >= 0.9 or (found and (local in ROLES or is_robot(email)) and fold(found).replace(" ", "") != local):
        return False
    if all(word in ROLES or word in _NO_PERSON or word.isdigit() for word in words) or text.lower().startswith(("www.", "http")):
        return False
    if len(words) == 1 and (any(c.isdigit() for c in text) or "." in text.strip(".")):
        return False
    if words[0] in _PLACES and len(words) > 1:
        return False
    return not (any(word in _NO_PERSON or word in ROLES for word in words) and len(words) > 1 and not is_name(text))


def _ordered(name: str, email: str) -> str:
    """The name with the given name first, where a comma or the mailbox tells that the family name stands in front."""
    name = " ".join(name.split()).strip(" ,;")
    words = name.replace(",", " ").split()
    if "," in name:
        parts = split_name(name)
        pieces = (parts.salutation, parts.first_name, parts.middle_name, parts.last_name, parts.suffix)
        name = " ".join(filter(None, pieces)) if parts.first_name else name
    elif 1 < len(words) < 5 and (count := _capital_words(words)):
        name = " ".join([*words[count:], *words[:count]])
    elif len(words) == 2 and _is_family_first(words, email):
        name = f"{words[1]} {words[0]}"
    words = name.split()
    if len(words) > 1 and words[0][:1].isupper() and not any(word.isupper() and len(word) > 2 for word in words):
        words = [
            word.capitalize() if word.islower() and word.isalpha() and word not in _PARTICLES and len(word) > 2 else word
            for word in words
        ]
    return " ".join(words)


def _capital_words(words: list[str]) -> int:
    """How many words at the start are a family name in capitals before a given name, as in `LE GALL Yann`."""
    count = next((at for at, word in enumerate(words) if not (word.isupper() and len(word) > 1 and word.isalpha())), 0)
    return count if all(word[:1].isupper() and not word.isupper() for word in words[count:]) else 0


def _without_function(name: str) -> str:
    """`Meier Thomas, Einkauf` without what somebody does; a comma before a name stays."""
    head, _, tail = name.partition(",")
    words = fold(tail).split()
    is_function = bool(words) and (
        is_title(tail.strip()) or all(word in ROLES or FUNCTION_WORD.fullmatch(word) for word in words)
    )
    return head.strip() if is_function and len(head.split()) > 1 else name


def _is_family_first(words: list[str], email: str) -> bool:
    """`Aherne Peter` with the mailbox pahern02 or peter.aherne."""
    local = re.sub(r"\d+$", "", email.lower().partition("@")[0])
    family, given = fold(words[0]).replace(" ", ""), fold(words[1]).replace(" ", "")
    if not family or not given or min(len(family), len(given)) < 2:
        return False
    if local in (f"{given}.{family}", f"{given}_{family}", f"{given}-{family}"):
        return True
    rest = local[1:]
    return len(rest) >= 4 and local[:1] == given[0] and family.startswith(rest) and not given.startswith(rest)


def _may_answer(one: Address, mail: ParsedMail, options: MailOptions) -> bool:
    email = one.email.lower()
    if not _ADDRESS.match(email) or is_own(email, options) or is_robot(email):
        return False
    return not _is_list_address(email, mail) and not (
        mail.senders and is_of_recipient(email, mail) and not is_of_recipient(mail.senders[0].email, mail)
    )


def _is_list_address(email: str, mail: ParsedMail) -> bool:
    """Whether an address is that of a mailing list, or of those who the mail was sent to."""
    if any(email == one.email.lower() for one in (*mail.to, *mail.cc)):
        return not any(email == one.email.lower() for one in mail.senders)
    told = " ".join(
        mail.header(name) for name in ("list-post", "x-beenthere", "mailing-list", "list-owner", "sender", "errors-to")
    ).lower()
    local, _, domain = email.partition("@")
    if email in told and not any(email == one.email.lower() for one in mail.senders):
        return True
    return f"{local}.{domain}" in mail.header("list-id").lower() or bool(_LIST_LOCAL.match(local))


def _is_list_mail(mail: ParsedMail) -> bool:
    return any(mail.header(name) for name in ("list-id", "list-post", "mailing-list", "x-mailing-list", "x-beenthere"))


def _is_at_home(author: Address, mail: ParsedMail) -> bool:
    """Whether the mail comes from the recipient's own site: its forms write from there to there."""
    return is_of_recipient(author.email, mail)


def _is_same_person(author: Address, reply: Address) -> bool:
    if (
        author.name
        and reply.name
        and set(fold(author.name).split()) & {word for word in fold(reply.name).split() if len(word) > 2}
    ):
        return True
    local = fold(reply.email.partition("@")[0]).replace(" ", "")
    tokens = [word for word in fold(author.name).split() if len(word) >= 3]
    if any(word in local for word in tokens) and not reply.name:
        return True
    mine, other = (one.email.rpartition("@")[2].lower() for one in (author, reply))
    return not reply.name and not is_free_domain(mine) and registered_domain(mine) == registered_domain(other)


def _person_via(name: str) -> str:
    """The person whom a service writes for, as in `'Anna Weber' via Contact`; a site's own name is nobody's."""
    return name if _VIA.search(name) or _BEHALF.search(name) else ""


def _name(named: Named, signature: Signature, sender: Sender, text: str) -> Iterator[Found]:
    if named.name and (" " in named.name or _EASTERN.fullmatch(named.name)):
        yield Found("person.full_name", (named.name,), f"display name in {sender.where}", 0.95)
        return
    last = "" if named.name or signature.name else _last_line(text)
    if last:
        yield Found("person.full_name", (last,), "last line", 0.6)
        return
    if signature.name:
        yield Found("person.full_name", (signature.name,), "signature", 0.7)
        return
    introduced = _INTRODUCES.search(text[:3_000])
    if introduced and is_name(introduced[1]):
        yield Found("person.full_name", (" ".join(introduced[1].split()),), "text", 0.7)
    elif named.name:
        yield Found("person.full_name", (named.name,), f"display name in {sender.where}", 0.7)
    elif local := name_of_mailbox(sender.email):
        yield Found("person.full_name", (local,), "mailbox", 0.4)


def _last_line(text: str) -> str:
    """The name that the author's own words end with."""
    own = [line.strip() for line in own_lines(text[:20_000]) if line.strip()]
    return own[-1].strip(" ,.") if len(own) > 1 and is_name(own[-1]) else ""


def name_of_mailbox(email: str) -> str:
    """The name that a mailbox of the form first.last tells; empty for any other."""
    local = email.partition("@")[0].partition("+")[0].lower()
    parts = re.split(r"[._]", local)
    if len(parts) != 2 or email_class(email) in ("role", "placeholder", "invalid", "disposable"):
        return ""
    if any(len(part) < 3 or not part.isalpha() or len(set(part)) < 2 or part in ROLES or part in _NO_PERSON for part in parts):
        return ""
    return " ".join(part.capitalize() for part in parts)


def _bare_numbers(mail: ParsedMail, email: str, region: str) -> tuple[Phone, ...]:
    """The number in the subject where that asks for a call, or the number that is all a short mail says."""
    own = [line.strip() for line in own_lines(mail.text[:5_000]) if line.strip()]
    regions = regions_of(email, (), region)
    alone = [f"Tel.: {line}" for line in (mail.subject.strip(), *own) if _ALONE.fullmatch(line)] if len(own) <= 4 else []
    if VOICE_OR_FAX.search(mail.subject) and (caller := phones_in([mail.subject, *own[:10]], regions)):
        return caller[:1]
    return phones_in([mail.subject, *alone], regions, labelled_only=True)[:1] if len(own) <= 10 else ()


def _numbers(phones: Sequence[Phone]) -> Iterator[Found]:
    desk = [phone.text for phone in phones if not phone.is_mobile]
    mobile = [phone.text for phone in phones if phone.is_mobile]
    if desk:
        yield Found("person.phone", (desk[0],), "signature", 0.9)
    if mobile:
        yield Found("person.mobile", (mobile[0],), "signature", 0.9)
    if phones:
        yield Found("person.phones", tuple(phone.text for phone in phones), "signature", 0.9)


def _employment(mail: ParsedMail, options: MailOptions, sender: Sender, named: Named, signature: Signature) -> Iterator[Found]:
    job, postal = signature.employment, signature.postal
    ours = {*options.own_domains, *(one.rpartition("@")[2] for one in options.own_addresses)} - {sender.email.rpartition("@")[2]}
    is_ours = any(agrees(job.company, domain_word(f"x@{domain}")) for domain in ours) if job.company else False
    if job.title:
        yield Found("person.job_title", (job.title,), "signature", 0.9)
    if job.department:
        yield Found("person.department", (job.department,), "signature", 0.7)
    header = organization(mail)
    if job.company and not is_ours:
        yield Found("company.name", (job.company,), "signature", job.confidence)
    elif named.company:
        yield Found("company.name", (named.company,), f"display name in {sender.where}", 0.8)
    elif header:
        yield Found("company.name", (header,), "Organization header", 0.7)
    if signature.website:
        yield Found("company.website", (signature.website,), "signature", 0.9)
    if postal.is_certain and not is_ours:
        for part in ("street", "postcode", "city", "region", "country"):
            if text := getattr(postal, part):
                yield Found(f"address.{part}", (text,), "signature", 0.8)


def organization(mail: ParsedMail) -> str:
    """The Organization header of some mail programs, where it names one."""
    text = one_line(mail.header("organization") or mail.header("organisation"))
    words = fold(text).split()
    if (
        not 2 <= len(text) <= 80
        or len(words) > 8
        or set(words) & {"none", "home", "private", "privat", "myself", "not", "no", "my", "personal"}
    ):
        return ""
    return text if text[0].isupper() or text[0].isdigit() else ""
