"""Logs: one event a line on standard error, for people on a terminal and as JSON elsewhere; no bodies, no personal values."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast

import structlog


class StandardError:
    """Standard error as it is when something is written, which is not always what it was at the start."""

    def write(self, text: str) -> int:
        """Write to standard error."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Let it out."""
        sys.stderr.flush()


def configure(*, level: int = logging.INFO, as_json: bool | None = None) -> None:
    """Set up this process' logs; call it once, before anything is logged."""
    is_json = not sys.stderr.isatty() if as_json is None else as_json
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([structlog.processors.format_exc_info] if is_json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", StandardError())),
    )
    logging.basicConfig(stream=sys.stderr, level=max(level, logging.WARNING), format="%(levelname)s %(name)s %(message)s")
