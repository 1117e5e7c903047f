"""What people and programs call the fields of a lead: words over columns and beside form fields, by lead field.

Each text holds words divided by `|`. Case, accents, spaces and punctuation do not matter (see core/labels/meaning.py), so a word
stands here once. Words that are no lead field, or somebody else's, are in core/labels/context.py, so that they are not guessed.
"""

from core.labels.words.address import ADDRESS_WORDS
from core.labels.words.company import COMPANY_WORDS
from core.labels.words.interest import INTEREST_WORDS
from core.labels.words.person import NAME, PERSON_WORDS
from core.labels.words.touch import TOUCH_WORDS

__all__ = ["FIELD_WORDS", "NAME"]

FIELD_WORDS: dict[str, str] = PERSON_WORDS | COMPANY_WORDS | ADDRESS_WORDS | INTEREST_WORDS | TOUCH_WORDS
"""The words of each lead field, in all languages together."""
