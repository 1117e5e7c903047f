"""Admin rules: formats that a value must have, on every version, and properties that must be filled, from 2026-09 on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from leadrelay.sandbox.hubspot.refusals import Invalid, invalid_input

_LETTERS = {"ALPHA_ONLY": (r"[^\W\d_]*", "INVALID_ALPHA", "Enter only letters")}
_LETTERS["NUMERIC_ONLY"] = (r"\d*", "INVALID_NUMERIC", "Enter only numbers")
_LETTERS["ALPHANUMERIC_ONLY"] = (r"[^\W_]*", "INVALID_ALPHANUMERIC", "Enter only letters and numbers")


@dataclass(frozen=True, slots=True)
class Rule:
    """An admin's validation rule: where `when` holds (always, when empty), `required` must be filled."""

    object: str = "contacts"
    required: tuple[str, ...] = ()
    when: Mapping[str, str] = field(default_factory=dict)

    def check(self, after: Mapping[str, str], changed: Iterable[str]) -> None:
        """Refuse a write that touches what the rule is about and leaves a required property empty."""
        concerned = {*self.when, *self.required}
        if self.when and not concerned.intersection(changed):
            return
        missing = [name for name in self.required if not after.get(name)]
        if missing and all(after.get(name) == value for name, value in self.when.items()):
            listed = [
                {
                    "message": f"{name} is required by a validation rule",
                    "code": "CONDITIONAL_PROPERTY_REQUIRED",
                    "context": {"propertyName": [name]},
                }
                for name in missing
            ]
            raise invalid_input(f"Property validation rules were not met: {', '.join(missing)} required", errors=listed)


@dataclass(frozen=True, slots=True)
class Format:
    """What a property's text must look like: ALPHANUMERIC, MIN_LENGTH, MAX_LENGTH, MIN_NUMBER or MAX_NUMBER with an argument."""

    name: str
    kind: str
    argument: str
    object: str = "contacts"

    def described(self) -> dict[str, Any]:
        """As the property validations API shows it."""
        return {"ruleType": self.kind, "ruleArguments": [self.argument], "shouldApplyNormalization": False}

    def problem(self, value: str) -> Invalid | None:
        """What is wrong with a value; an empty one may always stand."""
        code, text = self._found(value) if value else ("", "")
        return Invalid(self.name, code, text) if code else None

    def _found(self, value: str) -> tuple[str, str]:
        match self.kind:
            case "ALPHANUMERIC":
                pattern, code, text = _LETTERS[self.argument]
                return ("", "") if re.fullmatch(pattern, value) else (code, text)
            case "MIN_LENGTH" if len(value) < int(self.argument):
                return "INVALID_MIN_LENGTH", f"Enter at least {self.argument} characters"
            case "MAX_LENGTH" if len(value) > int(self.argument):
                return "INVALID_MAX_LENGTH", f"Enter no more than {self.argument} characters"
            case "MIN_NUMBER" if float(value) < float(self.argument):
                return "INVALID_MIN_NUMBER", f"Enter a number of at least {self.argument}"
            case "MAX_NUMBER" if float(value) > float(self.argument):
                return "INVALID_MAX_NUMBER", f"Enter a number of at most {self.argument}"
            case _:
                return "", ""
