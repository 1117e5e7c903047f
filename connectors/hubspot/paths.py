"""Where HubSpot's resources are: one table from the legacy paths, which the client package knows, to the dated ones."""

from __future__ import annotations

TABLE: tuple[tuple[str, str], ...] = (
    ("/crm/v3/objects", "/crm/objects/{version}"),
    ("/crm/v4/objects", "/crm/objects/{version}"),
    ("/crm/v4/associations", "/crm/associations/{version}"),
    ("/crm/v3/properties", "/crm/properties/{version}"),
    ("/crm/v3/property-validations", "/crm/property-validations/{version}"),
    ("/crm/v3/owners", "/crm/owners/{version}"),
    ("/crm/v3/pipelines", "/crm/pipelines/{version}"),
    ("/crm/v3/lists", "/crm/lists/{version}"),
    ("/account-info/v3", "/account-info/{version}"),
    ("/communication-preferences/v4", "/communication-preferences/{version}"),
    ("/oauth/v3", "/oauth/{version}"),
)
"""A legacy path's beginning, and the same resource's place in a dated version. HubSpot's /v4/ paths end on 30 March 2027, the
/v1/, /v2/ and /v3/ ones in September 2027 (its developer changelog); a dated version holds for 18 months."""


def in_version(path: str, version: str) -> str:
    """The path of the API version in use; `v3` leaves the legacy path as it is, and so does a resource without a dated one."""
    if version == "v3":
        return path
    for legacy, dated in TABLE:
        if path == legacy or path.startswith(legacy + "/"):
            return dated.format(version=version) + path[len(legacy) :]
    return path
