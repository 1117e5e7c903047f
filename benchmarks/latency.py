"""From one form post to its records in both CRMs, through `leadrelay run`, while nothing else happens.

Posts come slowly enough to stay within HubSpot's smallest burst limit, 100 calls in 10 seconds: a lead that comes alone takes
five calls there with its note and its company.
"""

from __future__ import annotations

import time

import httpx

from benchmarks import people
from benchmarks.processes import free_port, leadrelay, running
from benchmarks.project import TOKEN, write_project
from benchmarks.report import Line, Run, limit, percentile
from leadrelay.sandbox.server import HubSpotServer, SandboxServer


def measure(run: Run) -> list[Line]:
    """The median and the 99th percentile."""
    count = run.pick(60, 20)
    port = free_port()
    seconds: list[float] = []
    with SandboxServer() as salesforce, HubSpotServer() as hubspot:
        path = write_project(run.folder, crms={"salesforce": salesforce.url, "hubspot": hubspot.url}, port=port)
        address = f"http://127.0.0.1:{port}/in/website"
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with running(leadrelay("run", path), port, run.folder / "log"), httpx.Client(headers=headers) as client:
            run.say(f"{count} posts, one after the other")
            for number in range(count + 3):  # the first ones log in and describe
                began = time.perf_counter()
                client.post(address, json=people.post(number)).raise_for_status()
                while min(len(salesforce.org.records("Lead")), len(hubspot.portal.records("contacts"))) <= number:
                    assert time.perf_counter() - began < 30, (run.folder / "log").read_text()[-2000:]
                    time.sleep(0.004)
                seconds.append(time.perf_counter() - began)
                time.sleep(0.5 + number % 10 / 50)
    measured = seconds[3:]
    what = f"one form post to its records in both CRMs, idle, {count} posts"
    return [
        limit("latency", f"{what}, p50", percentile(measured, 0.5), 0.4, unit="s", digits=3),
        limit("latency", f"{what}, p99", percentile(measured, 0.99), 1.0, unit="s", digits=3),
    ]
