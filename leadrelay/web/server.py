"""The HTTP server: uvicorn on uvloop and httptools, stopping only when captures in flight are answered."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from leadrelay.web.capture import masked_path

_FINISH_WITHIN_S = 20
_KEEP_ALIVE_S = 30
_BACKLOG = 2_048


class MaskTokens(logging.Filter):
    """Takes the tokens out of the paths in uvicorn's access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the path among the record's arguments; every record passes."""
        if isinstance(record.args, tuple):
            record.args = tuple(masked_path(arg) if isinstance(arg, str) else arg for arg in record.args)
        return True


_MASK_TOKENS = MaskTokens()


def open_socket(host: str, port: int, *, reuse_port: bool = False) -> socket.socket:
    """A listening socket; with `reuse_port` several web processes share one port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.listen(_BACKLOG)
    listening.set_inheritable(True)
    return listening


class Server(uvicorn.Server):
    """Uvicorn's server, returning after a signal instead of dying of it: whoever started it still has things to close."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop gracefully on SIGTERM and SIGINT while serving; at once on the second SIGINT."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def make_server(app: ASGIApp, *, access_log: bool = False) -> Server:
    """A server not yet started; `should_exit = True` stops it from inside."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=access_log,
        log_config=None,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_FINISH_WITHIN_S,
    )
    logging.getLogger("uvicorn.access").addFilter(_MASK_TOKENS)
    return Server(config)


def run(app: ASGIApp, host: str, port: int, *, reuse_port: bool = False, access_log: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; then take no more connections, answer what is in flight, and return."""
    listening = open_socket(host, port, reuse_port=reuse_port)
    try:
        make_server(app, access_log=access_log).run(sockets=[listening])
    finally:
        listening.close()
