"""Normalize: from the texts that a mapping found to canonical values, the raw text beside each, a problem for each doubt."""

from __future__ import annotations

from collections.abc import Mapping

from core.fields import Catalogue
from core.normalize.assemble import normalize_into
from core.normalize.email import canonical_email, email_class, is_free_domain
from core.normalize.numbers import range_bounds
from core.normalize.phone import is_e164
from core.normalize.reading import Normalized, Raw, RawValue
from core.normalize.text import fold

__all__ = [
    "Normalized", "Raw", "RawValue", "canonical_email", "email_class", "fold", "is_e164", "is_free_domain", "normalize",
    "range_bounds",
]  # fmt: skip


def normalize(values: Mapping[str, Raw], catalogue: Catalogue, *, zone: str = "UTC", region: str = "") -> Normalized:
    """The canonical fields of one submission; whatever the texts are, it returns and leaves nothing unsaid.

    `zone` is where times without a zone were written, `region` (ISO 3166) where phone numbers without a country code are from
    when neither the mapping nor the lead's own country says it.
    """
    return normalize_into(values, catalogue, zone, region)
