"""`python -m leadrelay.sandbox --port 0`: the simulator as a process of its own."""

from __future__ import annotations

import argparse

from leadrelay.sandbox.server import main


def _run() -> None:
    parser = argparse.ArgumentParser(prog="leadrelay.sandbox", description="Simulated Salesforce over HTTP")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; it is printed")
    parser.add_argument("--until-input-ends", action="store_true", help="leave when standard input is closed")
    chosen = parser.parse_args()
    main(chosen.host, chosen.port, until_input_ends=chosen.until_input_ends)


if __name__ == "__main__":
    _run()
