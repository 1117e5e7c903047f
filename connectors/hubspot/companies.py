"""The company that a contact works for: found by its domain, made once, and never changed by us.

Companies are not kept apart by domain over the API, and search shows new ones late. So what we make carries its domain in a
unique property of ours: two workers that race, or a try whose answer was lost, meet there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.base import Act, Done, Outcome, Reject, Retry, TooLarge
from connectors.hubspot.answers import CrmError
from connectors.hubspot.associations import CONTACT_TO_COMPANY, CONTACT_TO_PRIMARY_COMPANY, Pair, associate, is_gone
from connectors.hubspot.client import Client, Row
from connectors.hubspot.config import HubSpotConfig
from connectors.hubspot.errors import Next, Refused, as_retry, gravest, next_step, problem_of
from connectors.hubspot.people import CONTACTS, contact_gone, contacts_of
from connectors.hubspot.unique import found_by_key, has_unique, value_of
from connectors.refusals import copied
from core.normalize import is_free_domain
from core.problems import Problem

COMPANIES = "companies"
_SEARCH_LENGTH = 2_600  # a search's body may have 3,000 characters
_IN_ONE_SEARCH = 100
_PRIMARY = "associatedcompanyid"
_MORE_DOMAINS = "hs_additional_domains"


def plain_domain(text: str) -> str:
    """A domain without scheme, `www.`, path and port; empty when it is none."""
    host = text.strip().lower().split("://")[-1].split("/")[0].split("@")[-1].split(":")[0].strip(".")
    host = host.removeprefix("www.")
    return host if "." in host and not any(char.isspace() for char in host) else ""


def add_companies(client: Client, config: HubSpotConfig, acts: Mapping[int, Act]) -> dict[int, Outcome]:
    """Each contact with its company: the one it has, the one with its domain, or a new one."""
    contacts, outcomes = contacts_of(acts)
    domains: dict[int, str] = {}
    for index in contacts:
        domain = plain_domain(acts[index].payload.get("domain", ""))
        if not domain:
            outcomes[index] = Reject(Problem("no_domain", "A company is known by its domain, and the lead has none", "domain"))
        elif is_free_domain(domain):
            outcomes[index] = Done("", note="a mail provider's domain makes no company")
        else:
            domains[index] = domain
    if not domains:
        return outcomes
    names = {domains[index]: acts[index].payload.get("name", "").strip() for index in domains}
    return outcomes | _Pass(client, {index: contacts[index] for index in domains}, domains, names).run()


@dataclass(slots=True)
class _Pass:
    """The companies of one batch, each looked for and made once. `primary` holds each seen contact's main company, or ""."""

    client: Client
    contacts: Mapping[int, str]
    domains: Mapping[int, str]
    names: Mapping[str, str]
    primary: dict[str, str] = field(default_factory=dict)
    companies: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def run(self) -> dict[int, Outcome]:
        """One outcome per action."""
        self._see_what_contacts_have()
        self._look(self._wanted())
        missing = [domain for domain in self._wanted() if domain not in self.companies]
        if missing and not has_unique(self.client, COMPANIES):
            self._give_up(missing, Reject(no_unique_property(self.client.external_id)))
        elif missing:
            self._create(missing)
        self._associate()
        return self.outcomes

    def _wanted(self) -> list[str]:
        return sorted({domain for index, domain in self.domains.items() if index not in self.outcomes})

    def _give_up(self, domains: Iterable[str], outcome: Outcome) -> None:
        for index, domain in self.domains.items():
            if domain in domains and index not in self.outcomes:
                self.outcomes[index] = copied(outcome) if isinstance(outcome, Retry) else outcome

    # --- finding ------------------------------------------------------------------------------------------------------

    def _see_what_contacts_have(self) -> None:
        """Contacts that are at the company already: HubSpot may have put them there itself."""
        rows = self.client.read(CONTACTS, list(self.contacts.values()), (_PRIMARY,))
        self.primary = {str(row.get("id")): value_of(row, _PRIMARY) for row in rows}
        theirs = [company for company in self.primary.values() if company]
        if not theirs:
            return
        held = {str(row.get("id")): row for row in self.client.read(COMPANIES, theirs, ("domain", _MORE_DOMAINS))}
        for index, contact in self.contacts.items():
            company = self.primary.get(contact, "")
            if company in held and self.domains[index] in _domains(held[company]):
                self.outcomes[index] = Done(company, note="the contact is at the company already")

    def _look(self, domains: Sequence[str]) -> None:
        """By our own key first, which knows at once what was made; what it does not know, by one search for many domains."""
        if domains and has_unique(self.client, COMPANIES):
            rows = found_by_key(self.client, COMPANIES, domains)
            self.companies |= {domain: str(row.get("id")) for domain, row in rows.items()}
        for part in _parts([domain for domain in domains if domain not in self.companies]):
            wanted = {"propertyName": "domain", "operator": "IN", "values": part}
            rows_found, _, _ = self.client.search(COMPANIES, [wanted], ("domain",))
            for row in sorted(rows_found, key=lambda row: (len(str(row.get("id"))), str(row.get("id")))):
                self.companies.setdefault(plain_domain(value_of(row, "domain")), str(row.get("id")))

    # --- making -------------------------------------------------------------------------------------------------------

    def _create(self, domains: Sequence[str]) -> None:
        """Create, never write over: HubSpot refuses a second company with the same key, and then there is one."""
        body = {"inputs": [self._input(domain) for domain in domains]}
        try:
            answer = self.client.batch(COMPANIES, "create", body, writes=True)
        except Refused as refused:
            self._after_refusal(domains, refused)
            return
        for row in answer.rows:
            domain = value_of(row, self.client.external_id) or str(row.get("objectWriteTraceId") or "")
            if domain in domains:
                self.companies[domain] = str(row.get("id"))
                self.made.add(domain)
        rest = [domain for domain in domains if domain not in self.companies]
        if rest:
            self._settle_rest(rest, answer.errors)

    def _input(self, domain: str) -> Row:
        properties = {"domain": domain, "name": self.names.get(domain) or domain, self.client.external_id: domain}
        return {"properties": properties, "associations": [], "objectWriteTraceId": domain}

    def _settle_rest(self, domains: Sequence[str], errors: Sequence[CrmError]) -> None:
        """Companies that were not created: another worker's by now, or refused."""
        rows = found_by_key(self.client, COMPANIES, domains)
        self.companies |= {domain: str(row.get("id")) for domain, row in rows.items()}
        for domain in domains:
            if domain in self.companies:
                continue
            mine = [error for error in errors if error.trace_id == domain] or (list(errors) if len(domains) == 1 else [])
            self._give_up([domain], self._why(domain, mine))

    def _why(self, domain: str, errors: Sequence[CrmError]) -> Outcome:
        if not errors:
            return Retry("HubSpot's answer does not name this company", after=1, may_have_happened=True, code="strange_answer")
        error, rule = gravest(errors)
        if rule.next is Next.RETRY:
            return as_retry(rule)
        if rule.next is Next.CONFLICT:  # the one who holds the key is not visible yet
            return Retry(rule.say.format(names=f"`{self.client.external_id}`"), after=5, code=rule.problem)
        return Reject(problem_of(error, rule, (), (domain, self.names.get(domain, ""))))

    def _after_refusal(self, domains: Sequence[str], refused: Refused) -> None:
        """One of them refused the whole call: those that are there by now are found, one alone is decided, several come again."""
        rows = found_by_key(self.client, COMPANIES, domains)
        self.companies |= {domain: str(row.get("id")) for domain, row in rows.items()}
        rest = [domain for domain in domains if domain not in self.companies]
        if len(rest) == 1 and not rows:
            self._give_up(rest, self._why(rest[0], refused.errors))
        elif rest and not self.companies and not self.outcomes:
            raise TooLarge("HubSpot refused the call for one of its companies") from refused
        else:
            self._give_up(rest, Retry("others of the call come first", after=1, code="partly"))

    # --- putting together ---------------------------------------------------------------------------------------------

    def _associate(self) -> None:
        """Each contact at its company; as its main one only when it has none, since sales may have chosen another."""
        pairs = []
        for index, domain in self.domains.items():
            company = self.companies.get(domain)
            if index in self.outcomes or company is None:
                continue
            contact = self.contacts[index]
            has_none = self.primary.get(contact) == ""
            types = (CONTACT_TO_COMPANY, CONTACT_TO_PRIMARY_COMPANY) if has_none else (CONTACT_TO_COMPANY,)
            pairs.append(Pair(index, contact, company, types))
        if pairs:
            self._settle_pairs(pairs)

    def _settle_pairs(self, pairs: Sequence[Pair]) -> None:
        try:
            errors = associate(self.client, CONTACTS, COMPANIES, pairs)
        except Refused as refused:
            if len(pairs) > 1:
                raise TooLarge("HubSpot refused the call for one of its associations") from refused
            errors = {pairs[0].index: gravest(refused.errors)[0]}
        for pair in pairs:
            error = errors.get(pair.index)
            made = self.domains[pair.index] in self.made
            self.outcomes[pair.index] = _refused_pair(error) if error else _done(pair, made=made)


def _done(pair: Pair, *, made: bool) -> Done:
    return Done(pair.to, created=made, sent=("domain", "name") if made else ())


def _refused_pair(error: CrmError) -> Outcome:
    rule = next_step(error)
    if is_gone(error):
        return contact_gone()
    return as_retry(rule) if rule.next is Next.RETRY else Reject(problem_of(error, rule))


def _domains(row: Row) -> set[str]:
    more = value_of(row, _MORE_DOMAINS).split(";")
    return {plain_domain(text) for text in (value_of(row, "domain"), *more) if text}


def _parts(domains: Sequence[str]) -> Iterable[list[str]]:
    """The domains in as few searches as their size allows."""
    part: list[str] = []
    length = 0
    for domain in domains:
        if part and (length + len(domain) + 3 > _SEARCH_LENGTH or len(part) == _IN_ONE_SEARCH):
            yield part
            part, length = [], 0
        part.append(domain)
        length += len(domain) + 3
    if part:
        yield part


def no_unique_property(name: str) -> Problem:
    """Why no company is made, and the way to change it."""
    sentence = (
        f"Companies have no unique property `{name}`, so a repeated delivery could make the same company twice:"
        " run `leadrelay sinks prepare`, which creates it or says how an admin does, then retry"
    )
    return Problem("no_external_id", sentence, name)
