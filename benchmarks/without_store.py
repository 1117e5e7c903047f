"""The web process with an intake that answers at once and keeps nothing: the floor of capturing.

python -m benchmarks.without_store CONFIG
"""

from __future__ import annotations

import sys
from pathlib import Path

from leadrelay import logs, serving
from leadrelay.app import App, open_app
from leadrelay.engine.captures import Accepted, NewSubmission
from leadrelay.store.ids import Ids, to_uid


class AnsweringIntake:
    """Accepts everything and stores nothing."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids

    def start(self) -> None:
        """There is nothing to start."""

    def stop(self) -> None:
        """There is nothing to stop."""

    async def accept(self, submission: NewSubmission) -> Accepted:
        """Answer as if it were stored."""
        return Accepted(to_uid(self._ids.one(submission.received_at)), False, False)

    def is_ready(self) -> bool:
        """Always."""
        return True

    def is_store_away(self) -> bool:
        """Never."""
        return False

    def spooled(self) -> int:
        """Nothing."""
        return 0


def _intake(app: App, _on_commit: object = None) -> AnsweringIntake:
    return AnsweringIntake(app.ids)


if __name__ == "__main__":
    serving.intake = _intake  # type: ignore[assignment]
    logs.configure()
    serving.serve_web(open_app(Path(sys.argv[1])))
