"""Who is this? Exact keys of a person, and which lead a submission joins by them.

The keys: a CRM's id; an e-mail address or a phone number, each combined with the person's folded name; the e-mail address
alone; and the Message-IDs of a mail and of the mails that it answers. An address or a conversation alone stands for a person
only where no name contradicts it, a phone number alone never does: switchboards and families share them. Role mailboxes,
placeholders and unreadable values give no key at all.

A scored matcher takes the place of `ExactMatcher` behind the same `Matcher`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, Protocol

from anyascii import anyascii

from core.fields import IN_REPLY_TO, MESSAGE_ID
from core.lead import Value
from core.normalize.email import canonical_email, email_class
from core.normalize.phone import is_e164
from core.normalize.text import is_nobody
from core.quick_dataclass import quick_dataclass

KeyKind = Literal["crm_id", "email_name", "email", "phone_name", "message"]
STRENGTH: Mapping[KeyKind, int] = {"crm_id": 0, "email_name": 1, "email": 2, "phone_name": 3, "message": 4}
"""Which key is believed when two of them name different leads: the lower number."""

_NEEDS_NAME = frozenset({"email", "message"})
"""Keys that join only where no name contradicts: families share an address, and colleagues answer each other's mail."""

NO_KEY_CLASSES = frozenset({"role", "placeholder", "invalid"})
"""Classes of e-mail addresses that say nothing about who writes."""

Name = tuple[str, ...]
"""A person's folded name tokens, sorted; empty when no name is known."""


@quick_dataclass(frozen=True, slots=True)
class MatchKey:
    """One thing that names a person. `hash` is a signed 64-bit digest of kind and text; the text tells collisions apart."""

    kind: KeyKind
    text: str
    hash: int


@quick_dataclass(frozen=True, slots=True)
class KeyOwner:
    """The lead that holds a key now, with the key's own text and the owner's folded name as it is now."""

    lead: str
    text: str
    name: Name


@quick_dataclass(frozen=True, slots=True)
class Incoming:
    """A touch to be matched: its keys by strength, its folded name, and the uid that a new lead would get."""

    touch: str
    keys: tuple[MatchKey, ...]
    name: Name
    lead: str


@quick_dataclass(frozen=True, slots=True)
class New:
    """The touch begins a lead. `perhaps` are leads that may be the same person, `claims` the free keys to register.

    `name` is the folded name to keep beside all of the lead's keys.
    """

    lead: str
    claims: tuple[MatchKey, ...]
    perhaps: tuple[str, ...] = ()
    name: Name = ()


@quick_dataclass(frozen=True, slots=True)
class Joins:
    """The touch belongs to a lead that is known by the key `by`; the rest as in `New`. `is_renamed`: `name` has changed."""

    lead: str
    by: MatchKey
    claims: tuple[MatchKey, ...]
    perhaps: tuple[str, ...] = ()
    name: Name = ()
    is_renamed: bool = False


class Matcher(Protocol):
    """Decides which lead each touch of a batch joins, from who owns their keys now; the same input gives the same answer."""

    def match(self, batch: Sequence[Incoming], owners: Mapping[int, KeyOwner]) -> list[New | Joins]:
        """One decision per touch, in order; earlier ones of the batch own their keys for the later ones."""


# --- names ----------------------------------------------------------------------------------------------------------

_TITLES = "dr prof mr mrs ms miss mx sir herr frau hr fr dipl ing mag mba phd md msc bsc jr sr"
_PARTICLES = "von van de der den del della di da du la le el al ter ten zu zum zur und and"
_IGNORED_TOKENS = frozenset(f"{_TITLES} {_PARTICLES}".split())
"""Titles, salutations and particles that people write at one time and leave out at another."""

_UMLAUTS = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a"))
"""`Müller`, `Mueller` and `Muller` are one name; that `Manuel` becomes `manul` harms nothing, since it always does."""

_LONGEST_KEPT = 200
"""A longer name is folded anew each time, so that no runaway text fills the memory."""


def name_tokens(fields: Mapping[str, Value]) -> Name:
    """The folded name of a touch's or a lead's fields: whatever the order, case, accents, titles and spelling of umlauts."""
    parts = [str(fields[path]) for path in ("person.first_name", "person.last_name") if path in fields]
    if not parts and "person.full_name" in fields:
        parts = [str(fields["person.full_name"])]
    return fold_name(" ".join(parts))


def fold_name(name: str) -> Name:
    """One name as sorted tokens; empty for what is no name."""
    return _fold_name(name) if len(name) <= _LONGEST_KEPT else _fold_name.__wrapped__(name)


@lru_cache(maxsize=1024)  # a touch's name is folded for its keys, and again for the matcher
def _fold_name(name: str) -> Name:
    words = () if is_nobody(name) else _words(name)
    kept = [word for word in words if word not in _IGNORED_TOKENS] or words
    return tuple(sorted({_fold_umlauts(word) for word in kept}))


def are_compatible(one: Name, other: Name) -> bool:
    """Whether two folded names can be one person's: nothing contradicts, and an initial stands for a name.

    Every token of the shorter name has its own counterpart in the longer one.
    """
    short, long = sorted((one, other), key=len)
    left = list(long)
    for token in sorted(short, key=len, reverse=True):
        found = token if token in left else next((word for word in left if _abbreviates(token, word)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _abbreviates(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _words(name: str) -> list[str]:
    text = name if name.isascii() else anyascii(name)
    return text.lower().translate(_APART).split()


_APART = {code: " " for code in range(128) if not chr(code).isalnum()} | dict.fromkeys(map(ord, "'`"), "")
"""What parts words, and what is left out of them."""


def _fold_umlauts(word: str) -> str:
    for long, short in _UMLAUTS:
        word = word.replace(long, short)
    return word


# --- keys -----------------------------------------------------------------------------------------------------------


def make_key(kind: KeyKind, text: str) -> MatchKey:
    """The key of a kind and its canonical text."""
    digest = hashlib.blake2b(f"{kind}\0{text}".encode(), digest_size=8).digest()
    return MatchKey(kind, text, int.from_bytes(digest, "big", signed=True))


def match_keys(fields: Mapping[str, Value]) -> tuple[MatchKey, ...]:
    """The keys of a touch's or a lead's fields, the strongest first; none when nothing in them names a person."""
    name = " ".join(name_tokens(fields))
    emails = [email for email in _emails(fields) if email_class(email) not in NO_KEY_CLASSES]
    keys = [make_key("email_name", f"{email} {name}") for email in emails] if name else []
    keys += [make_key("email", email) for email in emails]
    if name:
        keys += [make_key("phone_name", f"{phone} {name}") for phone in _phones(fields)]
    if MESSAGE_ID in fields or IN_REPLY_TO in fields:
        keys += [make_key("message", text) for text in filter(None, dict.fromkeys(_texts(fields, MESSAGE_ID, IN_REPLY_TO)))]
    return tuple(keys)


def person_keys(fields: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """What an erased person must not come back by: kind and canonical text of every e-mail address and phone number."""
    emails = [email for email in _emails(fields) if email_class(email) not in ("invalid", "placeholder")]
    return (*(("email", email) for email in emails), *(("phone", phone) for phone in _phones(fields)))


def erase_hash(secret: bytes, kind: str, text: str) -> str:
    """The keyed hash that stands for an erased value: without the secret it can not be guessed from likely values."""
    key = secret if len(secret) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(secret).digest()
    return hashlib.blake2b(f"{kind}\0{text}".encode(), key=key, digest_size=16).hexdigest()


def _emails(fields: Mapping[str, Value]) -> list[str]:
    """Canonical e-mail addresses, the primary one first, each once."""
    texts = _texts(fields, "person.email", "person.emails")
    return list(dict.fromkeys(filter(None, map(canonical_email, dict.fromkeys(texts)))))


def _phones(fields: Mapping[str, Value]) -> list[str]:
    """E.164 phone numbers that are somebody's, the primary ones first, each once."""
    texts = dict.fromkeys(_texts(fields, "person.phone", "person.mobile", "person.phones"))
    return [text for text in texts if is_e164(text) and not _is_placeholder_phone(text)]


def _is_placeholder_phone(text: str) -> bool:
    """Whether a number was only typed to get past the form: one digit over and over."""
    return len(set(text[-7:])) == 1


def _texts(fields: Mapping[str, Value], *paths: str) -> list[str]:
    found: list[str] = []
    for path in paths:
        value = fields.get(path)
        if isinstance(value, tuple):
            found += value
        elif isinstance(value, str) and value:
            found.append(value)
    return found


# --- matching -------------------------------------------------------------------------------------------------------


class ExactMatcher:
    """Joins by exact keys alone, the strongest first; never merges two existing leads."""

    def match(self, batch: Sequence[Incoming], owners: Mapping[int, KeyOwner]) -> list[New | Joins]:
        """One decision per touch, in order; earlier ones of the batch own their keys for the later ones."""
        book = _Book(owners)
        return [book.decide(incoming) for incoming in batch]


class _Book:
    """Who owns which key, and who is called what, while a batch is decided."""

    def __init__(self, owners: Mapping[int, KeyOwner]) -> None:
        self._owners = owners
        self._claimed: dict[int, KeyOwner] = {}
        self._names: dict[str, Name] = {}

    def decide(self, incoming: Incoming) -> New | Joins:
        """Which lead the touch joins, and what is the book's after that."""
        by: MatchKey | None = None
        joined = ""
        perhaps: list[str] = []
        doubtful: list[str] = []
        for key in sorted(incoming.keys, key=lambda key: STRENGTH[key.kind]):
            owner = self._owner(key)
            if owner is None or owner.text != key.text:
                continue
            if key.kind in _NEEDS_NAME and not self._may_be(incoming.name, owner):
                doubtful.append(owner.lead)
            elif by is None:
                by, joined = key, owner.lead
            else:
                perhaps.append(owner.lead)
        claims = tuple(key for key in incoming.keys if self._owner(key) is None)
        if by is None:
            self._register(incoming.lead, claims, incoming.name)
            return New(incoming.lead, claims, tuple(dict.fromkeys(doubtful)), incoming.name)
        known = self._name_of(joined, by)
        name = fuller_name(known, incoming.name)
        self._register(joined, claims, name)
        others = tuple(lead for lead in dict.fromkeys(perhaps) if lead != joined)
        return Joins(joined, by, claims, others, name, name != known)

    def _owner(self, key: MatchKey) -> KeyOwner | None:
        return self._claimed.get(key.hash) or self._owners.get(key.hash)

    def _name_of(self, lead: str, by: MatchKey) -> Name:
        owner = self._owner(by)
        return self._names.get(lead, owner.name if owner else ())

    def _may_be(self, name: Name, owner: KeyOwner) -> bool:
        """Whether an address alone may join a person of this name to its owner."""
        known = self._names.get(owner.lead, owner.name)
        return not name or not known or are_compatible(name, known)

    def _register(self, lead: str, claims: Iterable[MatchKey], name: Name) -> None:
        self._names[lead] = name
        for key in claims:
            self._claimed[key.hash] = KeyOwner(lead, key.text, name)


def fuller_name(known: Name, said: Name) -> Name:
    """The name to keep for a lead after a touch: the fuller one of two compatible names, else the one that was known."""
    if not known:
        return said
    weight = [(len(name), sum(map(len, name))) for name in (known, said)]
    return said if weight[1] > weight[0] and are_compatible(known, said) else known
