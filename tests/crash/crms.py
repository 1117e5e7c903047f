"""The CRMs of an ordeal: how each one is made to fail, and what must stand in it afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from leadrelay.sandbox.server import HubSpotServer, RunningServer, SandboxServer
from tests.crash.feeder import Plan

if TYPE_CHECKING:
    from tests.crash.chaos import Ordeal, Verdict

BURST_S, BURST_CALLS = 4.0, 5
"""How long, and how many of them, calls are refused as too many."""


@dataclass(frozen=True)
class Names:
    """What a CRM calls things. `version` is the field that tells the versions of a person apart, `text` the field of an action
    that tells the touches apart; `worked_on` is what sales set in `status` right after a write whose answer was cut off."""

    people: str
    external_id: str
    email: str
    version: str
    status: str
    worked_on: str
    actions: str
    text: str
    write: str
    owner: str


SALESFORCE = Names(
    "Lead",
    "Leadrelay_Id__c",
    "Email",
    "Title",
    "Status",
    "Working - Contacted",
    "Task",
    "Subject",
    "sobjects/Lead",
    "OwnerId",
)
HUBSPOT = Names(
    "contacts",
    "leadrelay_id",
    "email",
    "jobtitle",
    "hs_lead_status",
    "IN_PROGRESS",
    "notes",
    "hs_note_body",
    "/contacts/batch/",
    "hubspot_owner_id",
)


class Crm:
    """One CRM's simulator in a process of its own, with its faults and the count at the end."""

    def __init__(self, server: RunningServer, names: Names, action_of: str) -> None:
        self.server = server
        self.names = names
        self.name = server.name
        self._action_of = action_of

    def set_faults(self, ordeal: Ordeal) -> None:
        """Let calls fail at random from now on."""
        then_edit = {self.names.status: self.names.worked_on}
        seldom = {"times": ordeal.slow_times}
        for fault in (
            {"kind": "cut_after_write", "rate": ordeal.cut, "path": self.names.write, "then_edit": then_edit},
            {"kind": "cut_after_write", "rate": ordeal.cut},
            {"kind": "unavailable", "rate": ordeal.refused},
            {"kind": "slow_unavailable", "rate": ordeal.slow_refused, "seconds": ordeal.lease_s + 2, "on": "write", **seldom},
            *self._slow_refusals(ordeal),
            {"kind": "expire_tokens", "rate": ordeal.tokens_expire},
        ):
            self._post("faults", {"times": None, **fault})

    def _slow_refusals(self, ordeal: Ordeal) -> tuple[dict[str, Any], ...]:
        """Refusals that are late and sure: nothing was written, and another worker has sent the rows meanwhile. Salesforce's
        503 is one; HubSpot's may have written, so that who looks first finds out, but not its 429."""
        if self.names is not HUBSPOT:
            return ()
        late = {"seconds": ordeal.lease_s + 2, "on": "write", "path": self.names.actions, "status": 429}
        return ({"kind": "slow_unavailable", "rate": 3 * ordeal.slow_refused, "times": ordeal.slow_times, **late},)

    def burst(self, *, waits: float | None) -> None:
        """Refuse the next calls as too many; `waits` is the Retry-After, in seconds, that they are told."""
        until = (datetime.now(UTC) + timedelta(seconds=BURST_S)).isoformat()
        self._post("faults", {"kind": "too_many_requests", "times": BURST_CALLS, "until": until, "retry_after": waits})

    def settings(self, **changes: Any) -> None:
        """Change the simulator's settings."""
        self._post("settings", changes)

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        httpx.post(f"{self.server.url}/sandbox/{path}", json=dict(body), trust_env=False, timeout=30).raise_for_status()

    # --- counting ---

    def judge_owners(
        self, verdict: Verdict, owned_by: Mapping[str, str], users_of: Callable[[Mapping[str, Any]], Mapping[str, str]]
    ) -> None:
        """Hold the owner of each record against the ledger's, by the lead's uid."""
        names = self.names
        state = httpx.get(f"{self.server.url}/sandbox/state", timeout=60, trust_env=False).json()
        users = users_of(state)
        wrong = sum(
            users.get(str(one.get(names.owner))) != owned_by.get(one[names.external_id]) for one in records(state, names.people)
        )
        verdict.expect(f"{self.name}: records of another owner than the ledger's", wrong, 0)

    def judge(self, verdict: Verdict, plan: Plan) -> None:
        """Hold what stands in the CRM against what was posted."""
        names = self.names
        state = httpx.get(f"{self.server.url}/sandbox/state", params={"history": "1"}, timeout=60, trust_env=False).json()
        struck = Counter[str]()
        for fault in state["faults"]:
            struck[fault["kind"]] += fault["struck"]
        verdict.counts[f"{self.name}: faults"] = dict(struck)
        verdict.counts[f"{self.name}: calls"] = state["counters"]
        people = records(state, names.people)

        def expect(what: str, found: Any, wanted: Any) -> None:
            verdict.expect(f"{self.name}: {what}", found, wanted)

        expect("people", len(people), plan.people)
        expect("external ids", len({one[names.external_id] for one in people}), plan.people)
        expect("addresses", len({one[names.email] for one in people}), plan.people)
        expect(
            "older than their newest version",
            sum((one.get(names.version) or None) != plan.newest.get(one[names.email]) for one in people),
            0,
        )
        expect("went back to an older version", _went_back(state, names), [])
        expect("statuses that sales set and we overwrote", _overwritten(state, names), 0)
        made = Counter(_plain(one.get(names.text)) for one in records(state, names.actions))
        wanted = Counter(post[self._action_of] for post in plan.posts)
        expect(f"{names.actions} missing", sum((wanted - made).values()), 0)
        expect(f"{names.actions} doubled", sum((made - wanted).values()), 0)


def salesforce() -> Crm:
    """A Salesforce org, where each touch leaves a task."""
    return Crm(SandboxServer(mode="process"), SALESFORCE, "form_name")


def hubspot() -> Crm:
    """A HubSpot portal, where each touch leaves a note."""
    return Crm(HubSpotServer(mode="process"), HUBSPOT, "message")


def records(state: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The living records of an object, each as its fields, whatever form the simulator tells them in."""
    found = state["records"].get(name, [])
    rows = list(found.values()) if isinstance(found, dict) else found
    return [row.get("properties", row) for row in rows if not row.get("archived")]


def _plain(text: Any) -> str:
    """An action's text without what a CRM's editor or our own marker wraps it in."""
    return str(text or "").removeprefix("<p>").partition("</p>")[0].partition("<br")[0].partition("\n")[0].strip()


def _changes(state: Mapping[str, Any], name: str) -> dict[str, list[dict[str, Any]]]:
    """The accepted writes of each record of an object, in order."""
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in state["history"]:
        if entry["object"] == name:
            found.setdefault(entry["id"], []).append(entry)
    return found


def _went_back(state: Mapping[str, Any], names: Names) -> list[list[dict[str, Any]]]:
    """The writes of each record that held an older version after a newer one, whole: what is left to find out why."""
    found = []
    for entries in _changes(state, names.people).values():
        versions = [entry["fields"][names.version] for entry in entries if names.version in entry["fields"]]
        if versions != sorted(versions):
            found.append(entries)
    return found


def _overwritten(state: Mapping[str, Any], names: Names) -> int:
    """Records whose status is no longer what sales set last."""
    count = 0
    for entries in _changes(state, names.people).values():
        statuses = [entry["fields"][names.status] for entry in entries if names.status in entry["fields"]]
        count += names.worked_on in statuses and statuses[-1] != names.worked_on
    return count
