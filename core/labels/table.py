"""Columns and form fields understood together: what each label means beside the others, and what its values say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.labels.evidence import Evidence, contradicts, evidence_of
from core.labels.meaning import LAST_KIND, Recognized, folded_words, recognize_label

_MOST_COLUMNS = 2_000
_ENOUGH = 3
_NAMELESS = re.compile(
    r"(?:column|col|field|spalte|colonne|columna|colonna|kolumn|unnamed|f|列|c)?[\s_:.-]*(?:\d{0,4}|[A-Z]{1,2})", re.IGNORECASE
)
_EMAIL_WORDS = ("email", "mail", "courriel", "correo", "メール", "邮箱", "epost", "posta")
_LISTS = {"person.email": "person.emails", "person.phone": "person.phones", "person.mobile": "person.phones"}
_WHO = frozenset(["person.email", "person.first_name", "person.last_name", "person.full_name", "person.phone", "person.mobile"])
_PERHAPS_OTHERS = frozenset(["user", "buyer", "purchaser", "payer", "sender", "absender", "submitter", "requester", "signer"])
_PROFILE = re.compile(r"linkedin\.com/|xing\.com/|twitter\.com/|//x\.com/|facebook\.com/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the lead field that it surely is (`path`, else empty), or those that it may be, and why."""

    name: str
    path: str = ""
    choices: tuple[str, ...] = ()
    why: str = ""


def recognize_columns(headers: Sequence[str], samples: Sequence[Sequence[str]] = ()) -> list[Column]:
    """What each column of a table (or each field of one form) is; no lead field is given to two of them.

    `samples` are some rows. They tell what a doubtful word means here, and keep a column away from a field that its values
    can not be of.
    """
    table = _Table(
        [
            _Reading(index, name, evidence_of([row[index] for row in samples if index < len(row)]), recognize_label(name))
            for index, name in enumerate(headers[:_MOST_COLUMNS])
        ]
    )
    table.settle()
    rest = [Column(name, why="the table has too many columns to look at this one") for name in headers[_MOST_COLUMNS:]]
    return [Column(one.name, one.path, one.choices, one.why) for one in table.readings] + rest


@dataclass(slots=True)
class _Reading:
    """One column while the table is looked at."""

    index: int
    name: str
    seen: Evidence
    label: Recognized | None
    path: str = ""
    choices: tuple[str, ...] = ()
    why: str = "it is not known"
    rank: int = 0

    def is_(self, path: str, why: str) -> None:
        """Say what it is."""
        self.path, self.choices, self.why = path, (), why

    def is_nothing(self, why: str) -> None:
        """Say that it is no lead field."""
        self.path, self.choices, self.why = "", (), why


@dataclass(slots=True)
class _Table:
    readings: list[_Reading]
    _doubtful: dict[tuple[str, ...], Callable[[_Reading], None]] = field(init=False)

    def __post_init__(self) -> None:
        self._doubtful = {
            ("person.job_title", "person.salutation"): self._title,
            ("person.full_name", "person.email", "person.phone"): self._contact,
            ("address.street", "person.email"): self._address,
            ("person.full_name", "company.name"): self._customer,
            ("touch.lead_source", "touch.utm_source"): self._source,
            ("company.website", "touch.page_url"): self._url,
            ("touch.message",): self._description,
            ("address.city",): self._by,
            ("touch.referrer",): self._referrer,
            ("address.country", "address.region"): self._country,
            ("person.phones", "person.mobile"): self._one_more_phone,
        }

    def settle(self) -> None:
        """Take the sure labels, then the doubtful ones by what stands beside them, then each field once."""
        for one in self.readings:
            self._take_label(one)
        for one in self.readings:
            if one.label is not None and one.label.is_name and one.path:
                self._name(one)
        self._each_once()
        for one in self.readings:
            if one.choices and (settle := self._doubtful.get(one.choices)):
                settle(one)
        self._by_value_alone()
        self._each_once()
        for one in self.readings:
            one.choices = tuple(path for path in one.choices if path in _LISTS.values() or not self._has(path))

    def _take_label(self, one: _Reading) -> None:
        if one.label is None:
            return
        one.path, one.choices, one.why, one.rank = one.label.path, one.label.choices, one.label.why, one.label.rank
        against = contradicts(one.path, one.seen) if one.path else ""
        if against:
            one.is_nothing(f"{one.why}, but {against}")

    def _has(self, path: str) -> bool:
        return any(one.path == path for one in self.readings)

    def _of(self, path: str) -> _Reading | None:
        return next((one for one in self.readings if one.path == path), None)

    # --- words whose meaning the neighbours tell --------------------------------------------------------------------

    def _name(self, one: _Reading) -> None:
        first, last = self._of("person.first_name"), self._of("person.last_name")
        if first is None and last is None:
            return
        if self._holds(one, first) or self._holds(one, last):
            return
        if first is None or last is None:
            other = "last" if last is None else "first"
            one.is_(f"person.{other}_name", f"it is a name beside the {'first' if last is None else 'last'} name")
        elif self._has("company.name"):
            return
        elif one.seen.company_share >= 0.2:
            one.is_("company.name", "it is a name beside first and last names, and its values are firms")
        else:
            one.path, one.choices = "", ("person.full_name", "company.name")
            one.why = "it may be the whole name or the company beside the first and last name"

    @staticmethod
    def _holds(one: _Reading, part: _Reading | None) -> bool:
        """Whether the values of one column hold those of another and more."""
        pairs = list(zip(one.seen.values, part.seen.values, strict=False)) if part else []
        return bool(pairs) and 2 * sum(b in a and len(a) > len(b) for a, b in pairs) >= len(pairs)

    def _title(self, one: _Reading) -> None:
        if one.seen.kind == "salutation":
            if not self._has("person.salutation"):
                one.is_("person.salutation", "its values are forms of address")
        elif self._has("person.job_title"):
            if one.seen.kind == "empty" and not self._has("person.salutation"):
                one.is_("person.salutation", "it is a title beside a job title")
        elif self._has("person.salutation") or (one.seen.kind == "text" and one.seen.usual_length < 60 and self._is_of_people()):
            one.is_("person.job_title", "it is a title, and its values are no forms of address")

    def _is_of_people(self) -> bool:
        return any(one.path in _WHO for one in self.readings)

    def _contact(self, one: _Reading) -> None:
        names = any(self._has(path) for path in ("person.full_name", "person.first_name", "person.last_name"))
        if one.seen.kind == "email" and not self._has("person.email"):
            one.is_("person.email", "its values are e-mail addresses")
        elif one.seen.kind == "phone" and not self._has("person.phone"):
            one.is_("person.phone", "its values are phone numbers")
        elif one.seen.kind == "text" and not names and one.seen.usual_length < 40 and one.seen.company_share < 0.2:
            one.is_("person.full_name", "it is a contact, and its values are names")

    def _address(self, one: _Reading) -> None:
        if one.seen.kind == "email":
            if not self._has("person.email"):
                one.is_("person.email", "its values are e-mail addresses")
        elif not self._has("address.street") and (
            self._has("address.city") or self._has("address.postcode") or one.seen.postal_share >= 0.5
        ):
            one.is_("address.street", "it is an address, and not of e-mail")

    def _customer(self, one: _Reading) -> None:
        company, person = self._has("company.name"), self._has("person.first_name") or self._has("person.last_name")
        if one.label is not None and one.label.is_name:
            return
        if one.seen.company_share >= 0.3 or (person and not company):
            if not company:
                one.is_("company.name", "its values are firms" if one.seen.company_share >= 0.3 else "the person has own columns")
        elif company and not person and not self._has("person.full_name") and one.seen.kind in ("text", "empty"):
            one.is_("person.full_name", "the company has a column of its own")

    def _source(self, one: _Reading) -> None:
        if self._has("touch.utm_source"):
            if not self._has("touch.lead_source"):
                one.is_("touch.lead_source", "utm_source has a column of its own")
        elif self._has("touch.utm_medium"):
            one.is_("touch.utm_source", "it is a source beside a utm_medium")
        elif self._has("touch.lead_source"):
            one.is_nothing("the lead source has a column of its own")
        elif one.seen.kind == "text" and self._is_of_people():
            one.is_("touch.lead_source", "it is a source, and no other column says where the visit came from")

    def _url(self, one: _Reading) -> None:
        domains = {
            address.rpartition("@")[2].lower()
            for mail in self.readings
            if mail.seen.kind == "email"
            for address in mail.seen.values
        }
        own = sum(1 for value in one.seen.values if any(domain in value.lower() for domain in domains))
        if one.seen.values and all(map(_PROFILE.search, one.seen.values)):
            one.is_nothing("its values are profiles in a network")
        elif one.seen.kind == "url" and 2 * own >= len(one.seen.values) and not self._has("company.website"):
            one.is_("company.website", "its values belong to the domains of the e-mail addresses")

    def _description(self, one: _Reading) -> None:
        if not self._is_of_people():
            one.is_nothing("it describes something else than what a person asks")
        elif one.seen.usual_length >= 30 and not self._has("touch.message"):
            one.is_("touch.message", "its values are texts of some length")

    def _by(self, one: _Reading) -> None:
        if self._has("address.postcode") and not self._has("address.city"):
            one.is_("address.city", "it stands beside a postcode")

    def _referrer(self, one: _Reading) -> None:
        if one.seen.kind == "url" and not self._has("touch.referrer"):
            one.is_("touch.referrer", "its values are addresses of pages")
        else:
            one.is_nothing("it may be somebody else than the lead")

    def _country(self, one: _Reading) -> None:
        if self._has("address.region") and not self._has("address.country"):
            one.is_("address.country", "the region has a column of its own")

    def _one_more_phone(self, one: _Reading) -> None:
        if one.seen.kind in ("phone", "number"):
            one.is_("person.phones", "its values are phone numbers")

    # --- without a word ---------------------------------------------------------------------------------------------

    def _by_value_alone(self) -> None:
        """A column of e-mail addresses is the e-mail where no other is, and its label says nothing else."""
        if self._has("person.email") or self._has("person.emails"):
            return
        found = [one for one in self.readings if one.seen.kind == "email" and not one.path]
        may_be = [one for one in found if self._may_be_email(one)]
        if len(may_be) == 1:
            may_be[0].is_("person.email", "its values are e-mail addresses, and no other column's are")
        elif len(found) == 1 and found[0].label is None and self._is_of_people():
            self._unknown_email(found[0])

    @staticmethod
    def _unknown_email(one: _Reading) -> None:
        """The only addresses of a table, under a word that is not known: each person's own, unless they stand there again and
        again, as those of who looks after them do."""
        if len(one.seen.values) >= _ENOUGH and len(set(map(str.lower, one.seen.values))) >= 0.9 * len(one.seen.values):
            one.is_("person.email", "its values are e-mail addresses, nearly all different, and no other column's are")
        elif one.seen.values:
            one.choices, one.why = ("person.email",), "its values are e-mail addresses, and its name is not known"

    @staticmethod
    def _may_be_email(one: _Reading) -> bool:
        if one.label is not None:
            return "person.email" in one.label.choices
        if _NAMELESS.fullmatch(one.name.strip()):
            return True
        together = "".join(folded_words(one.name))
        return any(word in together for word in _EMAIL_WORDS)

    # --- each field once --------------------------------------------------------------------------------------------

    def _each_once(self) -> None:
        self._one_address()
        if not self._has("person.email"):
            more = self._of("person.emails")
            if more is not None and more.label is not None and more.label.rank:
                more.path = "person.email"
        by_path: dict[str, list[_Reading]] = {}
        for one in self.readings:
            if one.path:
                by_path.setdefault(one.path, []).append(one)
        for path in sorted(by_path, key=lambda path: path in _LISTS.values()):
            first, *others = sorted(
                by_path[path], key=lambda one: (one.rank, not one.seen.values, bool(_who_it_is(one)), one.index)
            )
            for one in others:
                several = _LISTS.get(path, "")
                if several and _who_it_is(one) - _who_it_is(first):
                    one.is_nothing(f"it may be of another person than `{first.name}`")
                elif several and not by_path.get(several):
                    by_path[several] = [one]
                    one.is_(several, f"`{first.name}` is the first of them")
                else:
                    one.is_nothing(f"`{first.name}` fills the field already")

    def _one_address(self) -> None:
        """Keep the parts of one address together: the business one before the home one, whichever has values."""
        parts = [one for one in self.readings if one.path.startswith("address.")]
        ranks = {one.rank for one in parts}
        if len(ranks) < 2:
            return
        doubled = {one.path for one in parts if sum(other.path == one.path for other in parts) > 1}
        if not doubled:
            return
        best = min(ranks, key=lambda rank: (-any(one.seen.values for one in parts if one.rank == rank), rank))
        for one in parts:
            if one.rank != best and (one.rank == LAST_KIND or one.path in doubled or best > 0):
                one.is_nothing("it belongs to another address than the one that is taken")


def _who_it_is(one: _Reading) -> frozenset[str]:
    """Words that mean the lead where they stand alone, and perhaps somebody else beside a column of the lead's own."""
    return _PERHAPS_OTHERS.intersection(folded_words(one.name))


def settled(labels: Sequence[tuple[str, str]]) -> list[Column]:
    """The fields of one filled form: labels and their texts."""
    return recognize_columns([label for label, _ in labels], [[text for _, text in labels]])
