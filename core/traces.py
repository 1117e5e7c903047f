"""What a post shows of its sender beside the fields: traps that only robots fill, and headers that every browser sends. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.lead import Names
from core.realness import Traces

TRAPS = frozenset({
    "_gotcha", "_honey", "_honeypot", "honeypot", "honey_pot", "bot-field", "bot_field", "botcheck", "bot_check", "_hp",
    "hp_field", "form_botcheck", "_spam_trap", "spamtrap",
})  # fmt: skip
"""What form services and website kits call their hidden trap fields; only robots fill one."""

_UNTICKED = frozenset({"", "0", "false", "off", "no"})
_BY_A_FORM = ("application/x-www-form-urlencoded", "multipart/form-data")
_OF_A_BROWSER = ("user-agent", "accept-language", "origin", "referer")


def traces_of(names: Names, headers: Mapping[str, str], mapped_names: Collection[str]) -> Traces:
    """What a submission shows. A field that a mapping uses is no trap, whatever it is called; of a post in the way of HTML forms
    without a single header of a browser a script is the sender (a webhook posts JSON, or names itself)."""
    trap = not TRAPS.isdisjoint(map(str.lower, names)) and any(
        _is_filled(value) for name, value in names.items() if name.lower() in TRAPS and name not in mapped_names
    )
    is_form = headers.get("content-type", "").partition(";")[0].strip().lower() in _BY_A_FORM
    return Traces(trap, is_form and not any(headers.get(name) for name in _OF_A_BROWSER))


def _is_filled(value: str | tuple[str, ...]) -> bool:
    texts = (value,) if isinstance(value, str) else value
    return any(text.strip().lower() not in _UNTICKED for text in texts)
