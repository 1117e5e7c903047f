"""The control API below `/sandbox/`: what a test or a demo does to an org from outside, in JSON."""

from __future__ import annotations

from leadrelay.sandbox.faults import Faults
from leadrelay.sandbox.salesforce.org import SalesforceOrg
from leadrelay.sandbox.wire import Answer, Request


def answer(org: SalesforceOrg, faults: Faults, request: Request) -> Answer:
    """Serve one control call."""
    return Answer(404, {"error": "there is no such control"})
