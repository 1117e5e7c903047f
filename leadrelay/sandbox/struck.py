"""A service's API behind its faults: what strikes a call before its work, instead of it, and after it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Protocol

from leadrelay.sandbox.faults import Fault, Faults, Kind, Where
from leadrelay.sandbox.wire import Answer, Broken, Request

_LEAVE_A_RECORD = ("create", "update", "upsert", "merge", "restore")


class World(Protocol):
    """What an API is about: its history of accepted writes, and sales, who may edit what was written."""

    history: list[dict[str, Any]]

    def edit(self, name: str, record_id: str, values: Mapping[str, Any], /) -> None:
        """Sales edits a record."""


class StruckApi(ABC):
    """Serves one world; the faults strike here, outside its rules."""

    REFUSING: ClassVar[tuple[Kind, ...]] = ()

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults

    async def serve(self, request: Request) -> Answer | Broken:
        """Answer one call of the service's API."""
        kind = self.kind_of(request)
        began = self._faults.clearings
        for fault in self._faults.striking(kind, request.path, "slow"):
            outcome = await self.wait(fault.seconds)
            if outcome is not None:
                return outcome
            if self._faults.clearings != began:  # a call of the test before: nobody waits for it, and the faults are not its own
                return Broken()
        for fault in self._faults.striking(kind, request.path, "slow_unavailable"):
            await asyncio.sleep(fault.seconds)
            refused = self.refusal(replace(fault, kind="too_many_requests", status=0)) if fault.status == 429 else None
            return refused or self.tired()
        if any(self._faults.striking(kind, request.path, "cut_before")):
            return Broken()
        for fault in self._faults.striking(kind, request.path, *self.REFUSING):
            refused = self.refusal(fault)
            if refused is not None:
                return refused
        return self._worked(kind, request)

    def _worked(self, kind: Where, request: Request) -> Answer | Broken:
        """The call's work done, and what may happen to its answer."""
        mark = len(self._world.history)
        answer = self.answer(kind, request)
        if answer.status < 300:
            for fault in self._faults.striking(kind, request.path, "cut_after_write"):
                self._edit_written(mark, fault)
                return Broken()
        if answer.status < 500:
            for _ in self._faults.striking(kind, request.path, "truncate"):
                return Broken(answer)
        return answer

    def _edit_written(self, mark: int, fault: Fault) -> None:
        """Sales edits what the cut call has just written, before the client can look; of one object, if the fault names it."""
        if fault.then_edit:
            entries = (entry for entry in self._world.history[mark:] if entry["kind"] in _LEAVE_A_RECORD)
            written = {(entry["object"], entry["id"]) for entry in entries if fault.object in ("", entry["object"])}
            for name, record_id in sorted(written):
                self._world.edit(name, record_id, fault.then_edit)

    # --- what each service says itself ---

    @abstractmethod
    def kind_of(self, request: Request) -> Where:
        """Whether a call logs in, reads or writes."""

    @abstractmethod
    def answer(self, kind: Where, request: Request) -> Answer:
        """A call's answer by the service's rules."""

    @abstractmethod
    def refusal(self, fault: Fault) -> Answer | None:
        """The answer of a fault of one of the kinds in REFUSING; None when the call goes on."""

    @abstractmethod
    def tired(self) -> Answer:
        """A 503 as the service words it."""

    async def wait(self, seconds: float) -> Answer | None:
        """A slow call."""
        await asyncio.sleep(seconds)
        return None
