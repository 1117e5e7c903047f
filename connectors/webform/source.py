"""The webform source: who may post, under which key a post is kept, and where a browser goes afterwards."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from connectors.sources import BAD_TOKEN, Captured, Post, Refused, Unreadable, kept_headers
from connectors.webform.bodies import FORM, MULTIPART, UNSUPPORTED, media_type, read_names
from connectors.webform.config import WebformConfig
from connectors.webform.origins import allowed_address, web_address
from connectors.webform.visits import is_batch, read_visits
from core.instants import SECOND, Instant, from_datetime
from core.lead import Names
from core.problems import Problem

SUBMISSION_ID, IS_TEST = "submission_id", "is_test"
SUBMIT_TIMES = ("submitted_at", "created_at")
REDIRECTS = ("redirect", "_redirect", "_next", "retURL")
# New for every page view although the person sends the same: they must not make a repeated post look different.
PAGE_TOKENS = ("g-recaptcha-response", "h-captcha-response", "cf-turnstile-response", "_wpnonce", "_token", "_csrf", "csrf_token",
               "csrfmiddlewaretoken", "authenticity_token", "__RequestVerificationToken")  # fmt: skip

_MAX_ID_LENGTH = 200
_EARLIEST, _LATEST = 946_684_800 * SECOND, 4_102_444_800 * SECOND  # the years 2000 to 2099
_EPOCH_NUMBER = re.compile(r"(\d{9,10})(?:\.\d{1,9})?|(\d{12,13})")
_HAS_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.{0,20}(Z|[+-]\d\d:?\d\d)", re.ASCII)


class WebformSource:
    """Takes posts of web forms and generic webhooks; pure, so one instance serves every request and every worker."""

    def __init__(self, name: str, config: WebformConfig) -> None:
        self._name = name
        self._config = config
        self._tokens = tuple(_digest(token.get_secret_value()) for token in config.token)
        self._any_origin = "*" in config.origins
        self._origins = frozenset(config.origins) - {"*"}
        own = (*config.redirects, *((config.thank_you,) if config.thank_you else ()))
        self._redirects = tuple(address for address in map(web_address, own) if address is not None)

    def receive(self, post: Post, mapped_names: frozenset[str]) -> Captured | Refused:
        """Decide whether a post is taken, and under which key."""
        refused = self._refuse_stranger(post)
        if refused is not None:
            return refused
        if is_batch(post.body):
            return self._visits(post)
        try:
            names = self.names(post.headers, post.body)
        except Unreadable as error:
            status = 415 if error.problem.code == UNSUPPORTED else 400
            return Refused(status, error.problem, keep="rejected")
        return self._captured(post, names, mapped_names)

    def _visits(self, post: Post) -> Captured | Refused:
        """A batch of visits: each is a submission of its own, without the headers, which would tell more of the visitor."""
        if not self._config.tracks:
            message = "this source takes no visits: set `tracks: true`, or send the script's visits to a source that does"
            return Refused(400, Problem("no_visits", message, "tracks"))
        parts = read_visits(post.body)
        if isinstance(parts, Problem):
            return Refused(400, parts)
        key = "content:" + _digest("\n".join(part.key for part in parts)).hex()
        return Captured(key, True, {"content-type": "application/json"}, is_test=self._config.test, parts=parts)

    def cross_origin(self, origin: str | None) -> Mapping[str, str]:
        """The headers that let an allowed website's scripts read the answer."""
        if origin is None or not self._is_listed(origin):
            return {}
        return {"access-control-allow-origin": origin, "vary": "Origin"}

    def names(self, headers: Mapping[str, str], body: bytes) -> Names:
        """The body flattened to literal input names; raises Unreadable."""
        return read_names(headers, body)

    def _refuse_stranger(self, post: Post) -> Refused | None:
        if self._config.auth == "token" and not self._has_token(post):
            message = "the token is missing or wrong: put the source's token into the path or into `Authorization: Bearer`"
            return Refused(401, Problem(BAD_TOKEN, message), keep="quarantined")
        origin = post.headers.get("origin")
        if origin is not None and self._config.origins and not self._is_listed(origin):
            message = "pages of this website may not post here: add it to the source's `origins` if they should"
            return Refused(403, Problem("foreign_origin", message, "origins"), keep="quarantined")
        return None

    def _has_token(self, post: Post) -> bool:
        scheme, _, bearer = post.headers.get("authorization", "").partition(" ")
        given = [post.token] if post.token else []
        if scheme.lower() == "bearer":
            given.append(bearer.strip())
        return any(hmac.compare_digest(_digest(text), token) for text in given for token in self._tokens)

    def _is_listed(self, origin: str) -> bool:
        return self._any_origin or origin.lower() in self._origins

    def _captured(self, post: Post, names: Names, mapped_names: frozenset[str]) -> Captured:
        submission_id = None if SUBMISSION_ID in mapped_names else _only_value(names, SUBMISSION_ID)
        trap = next((name for name in self._config.honeypot if _first_filled(names, name)), None)
        key = _id_key(submission_id) if submission_id else self._content_key(names, mapped_names)
        return Captured(
            key="ignored:" + key if trap else key,  # a person's own post must not look like a repeat of a robot's
            is_content_key=submission_id is None,
            headers=kept_headers(post.headers),
            submitted_at=_submit_time(names, mapped_names),
            is_test=self._config.test or _first_filled(names, IS_TEST).lower() in ("true", "1"),
            redirect=self._redirect(post, names),
            state="ignored" if trap else "new",
            reason=f"the hidden field `{trap}` was filled in, which people do not do" if trap else "",
        )

    def _content_key(self, names: Names, mapped_names: frozenset[str]) -> str:
        passing = {*REDIRECTS, *PAGE_TOKENS} - mapped_names
        content = {name: value for name, value in names.items() if name not in passing} or names
        canonical = json.dumps(
            [self._name, sorted((name, _as_list(value)) for name, value in content.items())], ensure_ascii=False
        )
        return "content:" + _digest(canonical).hex()

    def _redirect(self, post: Post, names: Names) -> str | None:
        headers = post.headers
        mode = headers.get("sec-fetch-mode")
        if mode is not None and mode != "navigate":
            return None  # a script's fetch reads the answer itself
        is_browser = mode == "navigate" or "text/html" in headers.get("accept", "")
        if not is_browser and media_type(headers) not in (FORM, MULTIPART):
            return None
        wanted = allowed_address(filter(None, (_first_filled(names, name) for name in REDIRECTS)), self._redirects)
        # Without a wish of the form only a certain browser is sent on: a webhook takes anything but 200 for a failure.
        return wanted or (self._config.thank_you if is_browser else None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _as_list(value: str | tuple[str, ...]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _filled(names: Names, name: str) -> Iterable[str]:
    return (value.strip() for value in _as_list(names.get(name, ())) if value.strip())


def _first_filled(names: Names, name: str) -> str:
    return next(iter(_filled(names, name)), "")


def _only_value(names: Names, name: str) -> str | None:
    """The one value of a name; None when it is empty or given with different values."""
    values = set(_filled(names, name))
    return values.pop() if len(values) == 1 else None


def _id_key(submission_id: str) -> str:
    if len(submission_id) <= _MAX_ID_LENGTH:
        return "id:" + submission_id
    return "id-hash:" + _digest(submission_id).hex()


def _submit_time(names: Names, mapped_names: frozenset[str]) -> Instant | None:
    for name in SUBMIT_TIMES:
        text = None if name in mapped_names else _only_value(names, name)
        moment = _instant(text) if text else None
        if moment is not None:
            return moment
    return None


def _instant(text: str) -> Instant | None:
    """The instant of an ISO time with zone, or of seconds or milliseconds since 1970; None for anything else."""
    number = _EPOCH_NUMBER.fullmatch(text)
    if number is not None:
        moment = int(number[1]) * SECOND if number[1] else int(number[2])
    elif _HAS_ZONE.fullmatch(text):
        try:
            moment = from_datetime(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            return None
    else:
        return None
    return moment if _EARLIEST <= moment < _LATEST else None
