"""The shared suite, with HubSpot as its CRM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from connectors.base import Upsert
from connectors.hubspot import SPEC
from core.rendering import FieldWrite, Rendered
from leadrelay.sandbox.server import HubSpotServer
from tests.conformance import SECRET_OF_TEST, Crm, SinkConformance
from tests.connectors.hubspot.support import World, lead, login, wanted

FOLDER = Path(SPEC.sink_config.__module__.replace(".", "/")).parent if SPEC.sink_config else Path()
NO_OPTION = "Maximiliane von Nirgendwo"
KINDS = {"busy": "too_many_requests"}


def refused(row: Upsert) -> Upsert:
    writes = (*wanted(int(row.external_id[3:])), FieldWrite("hs_lead_status", NO_OPTION, is_required=True))
    return replace(row, rendered={"contacts": Rendered("contacts", writes, 0)})


class TestHubSpotConforms(SinkConformance):
    @pytest.fixture
    def crm(self, world: World, hubspot: HubSpotServer) -> Iterator[Crm]:
        example = YAML(typ="safe").load((Path(__file__).parents[3] / FOLDER / "example.yaml").read_text(encoding="utf-8"))
        yield Crm(
            spec=SPEC,
            settings={"auth": login(), "base_url": hubspot.url},
            wrong_credentials={"auth": login(refresh_token=SECRET_OF_TEST), "base_url": hubspot.url},
            example=example,
            lead=lead,
            refused=refused,
            count=lambda: len(world.contacts()),
            fail=lambda kind: world.fail(KINDS.get(kind, kind)),
            down=hubspot.stop,
            edit=lambda crm_id: world.portal.edit("contacts", crm_id, {"firstname": "Annegret"}),
            edited=lambda crm_id: world.stored(crm_id)["firstname"] == "Annegret",
            personal=(NO_OPTION, "anna0@acme.example", "Firma 0"),
            objects=("contacts",),
        )
        if hubspot._server is None:
            hubspot.start()

    def test_a_wrong_access_token_stops_the_sink(self, world: World) -> None:
        from connectors.base import Stop

        sink = world.sink(auth={"access_token": SECRET_OF_TEST})
        with pytest.raises(Stop) as raised:
            sink.upsert([lead(0)])
        assert SECRET_OF_TEST not in str(raised.value)
