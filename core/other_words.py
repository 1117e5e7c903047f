"""Words that people know from other programs, and what they are called here."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.problems import did_you_mean

_HERE: Mapping[str, str] = {
    word: here
    for here, words in {
        "is": "equals equal eq = == equal_to",
        "is_not": "not_equals not_equal ne != <> not isnt",
        "in": "one_of any_of is_in is_one_of among",
        "not_in": "none_of not_one_of is_not_in",
        "known": "exists exist is_known present filled set has_value not_empty",
        "at_least": ">= gte ge greater_than more_than min minimum above over from > gt",
        "at_most": "<= lte le less_than max maximum below under up_to to < lt",
        "within": "newer_than last in_last since",
        "older_than": "before longer_ago_than",
        "matches": "regex regexp match matching pattern like",
        "contains": "includes include has containing",
        "starts_with": "begins_with prefix startswith",
        "all": "and &&",
        "any": "or ||",
        "none": "not nor !",
    }.items()
    for word in words.split()
}


def meant(word: str, known: Collection[str]) -> str:
    """A sentence that suggests the known word that is nearest in meaning, else in letters; empty when none is near."""
    here = _HERE.get(word.strip().lower().replace(" ", "_"), "")
    if word.lower() == "not" and "none" in known:
        here = "none"
    return f" Did you mean `{here}`?" if here in known else did_you_mean(word, known)
