"""What differs between portals, or is not known of the real service for certain."""

from __future__ import annotations

from dataclasses import dataclass

SCOPES = frozenset(
    {
        "oauth",
        "crm.objects.contacts.read",
        "crm.objects.contacts.write",
        "crm.objects.companies.read",
        "crm.objects.companies.write",
        "crm.objects.deals.read",
        "crm.objects.deals.write",
        "crm.objects.owners.read",
        "crm.schemas.contacts.read",
        "crm.schemas.contacts.write",
        "crm.schemas.companies.read",
        "crm.schemas.companies.write",
        "crm.schemas.deals.read",
        "crm.lists.read",
        "crm.lists.write",
        "communication_preferences.read",
        "communication_preferences.read_write",
    }
)


@dataclass(slots=True)
class Settings:
    """One portal and the app that speaks to it.

    `traced` are the batch verbs that answer row by row when every input has an objectWriteTraceId; for others a bad input
    refuses the whole batch anyway. `echo_traces` repeats the trace id in a row's result. `structured_errors` adds `errors`
    beside the JSON inside the message. `merge_makes_new_record`: both merged ids answer with a record of a new id.
    """

    portal_id: int = 44_123_456
    app_id: int = 3_141_592
    access_token: str = "sandbox-token"  # noqa: S105 - the simulator's published secrets
    client_id: str = "leadrelay"
    client_secret: str = "sandbox-secret"  # noqa: S105
    refresh_token: str = "sandbox-refresh-token"  # noqa: S105
    rotate_refresh_token: bool = False
    token_life_for: float = 1800.0
    scopes: frozenset[str] = SCOPES
    time_zone: str = "Europe/Berlin"
    burst_limit: int = 100
    burst_for: float = 10.0
    daily_limit: int = 250_000
    search_limit: int = 5
    search_for: float = 1.0
    rate_headers: bool = True
    retry_after: bool = False
    index_lag_for: float = 4.0
    traced: frozenset[str] = frozenset({"create", "update", "upsert"})
    echo_traces: bool = True
    structured_errors: bool = True
    shuffle: bool = True
    batch_limit: int = 100
    default_lifecyclestage: str = "lead"
    archived_owner_refused: bool = True
    merge_makes_new_record: bool = False
    salesforce_integration: bool = False
