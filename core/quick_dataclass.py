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

        A frozen one sets each field by `object.__setattr__`: 0.95 us for one of six fields, 0.27 us for a plain one (`python -m
        timeit`), and deciding a lead makes some forty of them.
        """
        return dataclass(slots=slots, unsafe_hash=frozen)
