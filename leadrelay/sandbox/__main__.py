"""`python -m leadrelay.sandbox --port 0`: the simulators as a process of their own."""

from __future__ import annotations

import argparse

from leadrelay.sandbox.server import SIMULATORS, chosen_ports, main


def _run() -> None:
    parser = argparse.ArgumentParser(prog="leadrelay.sandbox", description="Simulated Salesforce and HubSpot over HTTP")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--port", type=int, default=0, help="the first one's port, the next one takes the next; 0 takes free ones"
    )
    parser.add_argument("--only", choices=list(SIMULATORS), help="run one of them alone")
    parser.add_argument("--until-input-ends", action="store_true", help="leave when standard input is closed")
    chosen = parser.parse_args()
    main(chosen.host, chosen_ports(chosen.port, chosen.only), until_input_ends=chosen.until_input_ends)


if __name__ == "__main__":
    _run()
