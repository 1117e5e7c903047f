"""Who the credentials belong to: portal id, time zone, usage of the day, owners."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from leadrelay.sandbox.hubspot.refusals import Refusal, not_found
from leadrelay.sandbox.hubspot.values import stamp
from leadrelay.sandbox.wire import Answer

if TYPE_CHECKING:
    from leadrelay.sandbox.hubspot.portal import HubSpotPortal
    from leadrelay.sandbox.hubspot.routes import Asked


def details(asked: Asked) -> Answer:
    """`/account-info/.../details` and `/account-info/.../api-usage/daily/private-apps`."""
    if asked.parts == ("details",):
        return Answer(200, _details(asked.portal))
    if asked.parts == ("api-usage", "daily", "private-apps"):
        return Answer(200, _usage(asked.portal))
    raise not_found()


def _details(portal: HubSpotPortal) -> dict[str, Any]:
    now = portal.now().astimezone(ZoneInfo(portal.settings.time_zone))
    offset = now.utcoffset() or timedelta(0)
    minutes = int(offset.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return {
        "portalId": portal.settings.portal_id,
        "accountType": "STANDARD",
        "timeZone": portal.settings.time_zone,
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "eu1",
    }


def _usage(portal: HubSpotPortal) -> dict[str, Any]:
    zone = ZoneInfo(portal.settings.time_zone)
    now = portal.now()
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    one = {
        "name": "private-apps-api-calls-daily",
        "usageLimit": portal.settings.daily_limit,
        "currentUsage": portal.limits.used,
        "collectedAt": stamp(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": stamp(midnight),
    }
    return {"results": [one]}


def me(asked: Asked) -> Answer:
    """`/integrations/v1/me`, the old way to learn the portal id."""
    if asked.parts != ("me",) or asked.method != "GET":
        raise not_found()
    settings = asked.portal.settings
    return Answer(200, {"portalId": settings.portal_id, "timeZone": settings.time_zone, "currency": "EUR"})


def owners(asked: Asked) -> Answer:
    """`/owners` and `/owners/{id}`."""
    asked.needs("crm.objects.owners.read")
    if asked.method != "GET":
        raise Refusal(405, None, "Method not allowed for this resource")
    if not asked.parts:
        return Answer(200, asked.portal.owners.listed(asked.query))
    return Answer(200, asked.portal.owners.shown(asked.parts[0], asked.query))
