"""Values of which every lead makes several, in a third of the time that a frozen dataclass takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

__all__ = ["quick_dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass as quick_dataclass
else:
    from dataclasses import dataclass

    T = TypeVar("T")

    def quick_dataclass(*, frozen: bool, slots: bool = True) -> Callable[[type[T]], type[T]]:
        """A dataclass that type checkers hold to be frozen; at run time it is compared and hashed like one, and nothing but the
        checker keeps anybody from setting its fields.

        A frozen one sets each field by `object.__setattr__`, which takes three times as long (docs/decisions/0017).
        """
        return dataclass(slots=slots, unsafe_hash=frozen)
