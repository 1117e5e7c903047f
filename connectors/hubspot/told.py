"""What a HubSpot record tells of itself: instants, merges, the first thing that sales did, and deals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from connectors.hubspot.client import Row
from connectors.hubspot.unique import value_of
from core.instants import Instant, from_datetime

OWNER = "hubspot_owner_id"
MERGED = "hs_merged_object_ids"
MERGED_AT = "hs_calculated_merged_vids"
DEALS = "num_associated_deals"
FIRST_DEAL = "first_deal_created_date"
_FIRST_ACTIVITY = ("hs_first_outreach_date", "first_outreach_date", "hs_sa_first_engagement_date")
_LAST_ACTIVITY = ("notes_last_contacted", "hs_last_sales_activity_timestamp")
TELLING = (OWNER, MERGED, MERGED_AT, DEALS, FIRST_DEAL, *_FIRST_ACTIVITY, *_LAST_ACTIVITY)
"""The properties that say more than their own value, where the account has them."""


def instant_of(text: object) -> Instant | None:
    """The instant in one of HubSpot's datetimes: ISO 8601, or milliseconds since 1970; None when it holds none."""
    plain = str(text or "").strip()
    if plain.lstrip("-").isdigit() and len(plain) > 8:
        return int(plain)
    try:
        moment = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def modified_at(row: Row, name: str) -> Instant:
    """When the record was changed last."""
    return instant_of(value_of(row, name)) or instant_of(row.get("updatedAt")) or instant_of(row.get("createdAt")) or 0


def first_activity(row: Row) -> Instant | None:
    """When sales first got in touch: the first time where the account keeps it, else the last one known."""
    first = [instant for name in _FIRST_ACTIVITY if (instant := instant_of(value_of(row, name))) is not None]
    if first:
        return min(first)
    return next((instant for name in _LAST_ACTIVITY if (instant := instant_of(value_of(row, name))) is not None), None)


def merged_ids(row: Row, since: Instant) -> list[str]:
    """The ids of the records that this one took in; those that are known to be older than `since` are left out.

    HubSpot lists ids in `hs_merged_object_ids`, and for contacts their times in `hs_calculated_merged_vids`: `id:ms;id:ms`.
    """
    times = dict(_timed(value_of(row, MERGED_AT)))
    own = str(row.get("id"))
    listed = (text.strip() for text in value_of(row, MERGED).split(";"))
    found = dict.fromkeys([one for one in listed if one.isdigit()] + list(times))
    return [one for one in found if one != own and times.get(one, since) >= since]


def _timed(text: str) -> Iterable[tuple[str, Instant]]:
    for part in text.split(";"):
        crm_id, _, time = part.strip().partition(":")
        if crm_id.isdigit() and time.isdigit():
            yield crm_id, int(time)


def may_have_deals(row: Row, known: Mapping[str, object]) -> bool:
    """Whether deals may stand at the record: by their count, where the account keeps it."""
    count = value_of(row, DEALS)
    return count not in ("", "0") if DEALS in known else True
