"""The shared suite, with Salesforce as its CRM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connectors.base import Upsert
from connectors.salesforce import SPEC
from core.rendering import Rendered
from leadrelay.sandbox.server import SandboxServer
from tests.conformance import SECRET_OF_TEST, Crm, SinkConformance
from tests.connectors.salesforce.support import World, lead, login, wanted

FOLDER = Path(SPEC.sink_config.__module__.replace(".", "/")).parent if SPEC.sink_config else Path()
TOO_LONG = "Maximiliane" * 10
KINDS = {"busy": "concurrent_requests"}


def refused(row: Upsert) -> Upsert:
    return replace(row, rendered={"Lead": Rendered("Lead", wanted(int(row.external_id[4:]), LastName=TOO_LONG), 0)})


class TestSalesforceConforms(SinkConformance):
    @pytest.fixture
    def crm(self, world: World, salesforce: SandboxServer) -> Iterator[Crm]:
        example = YAML(typ="safe").load((Path(__file__).parents[3] / FOLDER / "example.yaml").read_text(encoding="utf-8"))
        yield Crm(
            spec=SPEC,
            settings={"auth": login(salesforce.url)},
            wrong_credentials={"auth": login(salesforce.url) | {"client_secret": SECRET_OF_TEST}},
            example=example,
            lead=lead,
            refused=refused,
            count=lambda: len(world.org.records("Lead")),
            fail=lambda kind: world.fail(KINDS.get(kind, kind)),
            down=salesforce.stop,
            edit=lambda crm_id: world.org.edit("Lead", crm_id, {"FirstName": "Annegret"}),
            edited=lambda crm_id: world.stored(crm_id)["FirstName"] == "Annegret",
            personal=(TOO_LONG, "anna0@acme.example", "Firma 0"),
        )
        if salesforce._server is None:
            salesforce.start()
