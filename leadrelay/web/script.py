"""The script that websites load: `/capture.js`, the same for every site, so that browsers and proxies may keep it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

_KEPT_FOR_S = 3_600
SCRIPT = (Path(__file__).parent / "capture.min.js").read_bytes()
"""capture.js as it is served; tools/minify_capture.py makes it."""
ETAG = f'"{hashlib.sha256(SCRIPT).hexdigest()[:20]}"'
_HEADERS = {
    "etag": ETAG,
    "cache-control": f"public, max-age={_KEPT_FOR_S}, stale-while-revalidate=86400",
    "cross-origin-resource-policy": "cross-origin",  # a website on another origin loads it, under COEP as well
    "access-control-allow-origin": "*",  # for `integrity`, which wants `crossorigin`; it is no secret
}


def script_router() -> APIRouter:
    """`/capture.js`; without a login, since every visitor's browser asks for it."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/capture.js", methods=["GET", "HEAD"])
    async def capture_script(request: Request) -> Response:
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if ETAG in known or "*" in known:
            return Response(status_code=304, headers=_HEADERS)
        return Response(SCRIPT, media_type="text/javascript", headers=_HEADERS)

    return router
