"""What every sink must do, as one suite: a connector's tests subclass it and hand it a CRM that they hold in their hands.

class TestSalesforceConforms(SinkConformance):
    @pytest.fixture
    def crm(self, server) -> Crm: ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.base import Done, Reject, Retry, Sink, SinkContext, Spec, Stop, Upsert

SECRET_OF_TEST = "s3cr3t-of-this-test"


class MemoryTokens:
    """`Tokens` in memory: what the engine keeps in its store, one refresh at a time for all who share the object."""

    def __init__(self) -> None:
        import threading

        self._lock = threading.Lock()
        self.document: str | None = None
        self.fetched = 0

    def current(self) -> str | None:
        return self.document

    def refresh(self, stale: str | None, fetch: Callable[[], str]) -> str:
        with self._lock:
            if self.document is None or self.document == stale:
                self.document = fetch()
                self.fetched += 1
            return self.document


@dataclass
class Crm:
    """A CRM in a test's hands. `fail(kind)` makes the next matching call fail: `unavailable`, `html`, `cut_before`,
    `cut_after_write`, `busy`, `expire_tokens`; `down` takes the server away. `lead(n)` wants the n-th test lead delivered;
    `refused(row)` makes its record one that the CRM never accepts; `edit(crm_id)` is sales changing the record, and
    `edited(crm_id)` whether that change still stands; `personal` are values that may stand in no message, and
    `objects` what the sink is opened to write."""

    spec: Spec
    settings: Mapping[str, Any]
    wrong_credentials: Mapping[str, Any]
    example: Mapping[str, Any]
    lead: Callable[[int], Upsert]
    refused: Callable[[Upsert], Upsert]
    count: Callable[[], int]
    fail: Callable[[str], None]
    down: Callable[[], None]
    edit: Callable[[str], None]
    edited: Callable[[str], bool]
    personal: tuple[str, ...] = ()
    objects: tuple[str, ...] = ("Lead",)

    def open(self, settings: Mapping[str, Any] | None = None) -> Sink:
        assert self.spec.sink_config and self.spec.open_sink
        config = self.spec.sink_config.model_validate(settings or self.settings)
        return self.spec.open_sink(config, SinkContext("crm", MemoryTokens(), self.objects))

    def leads(self, count: int) -> list[Upsert]:
        return [self.lead(number) for number in range(count)]


class SinkConformance:
    """The promises of design.md section 8 and style.md section 9, for any sink."""

    @pytest.fixture
    def crm(self) -> Crm:
        raise NotImplementedError("hand the suite a CRM")

    # --- settings -----------------------------------------------------------------------------------------------------

    def test_every_setting_is_described(self, crm: Crm) -> None:
        assert crm.spec.sink_config
        assert [name for name, field in crm.spec.sink_config.model_fields.items() if not field.description] == []

    def test_wrong_settings_are_named(self, crm: Crm) -> None:
        assert crm.spec.sink_config
        with pytest.raises(ValidationError) as raised:
            crm.spec.sink_config.model_validate({**crm.settings, "no_such_setting": "x"})
        assert "no_such_setting" in str(raised.value)

    def test_the_example_passes(self, crm: Crm) -> None:
        assert crm.spec.sink_config
        crm.spec.sink_config.model_validate(crm.example)

    def test_secrets_do_not_print(self, crm: Crm) -> None:
        assert crm.spec.sink_config
        config = crm.spec.sink_config.model_validate(crm.settings)
        secrets = [value.get_secret_value() for value in _secrets(config)]
        assert secrets
        printed = repr(config) + str(config.model_dump()) + config.model_dump_json()
        assert [secret for secret in secrets if secret in printed] == []

    # --- the good case ------------------------------------------------------------------------------------------------

    def test_the_probe_names_the_account(self, crm: Crm) -> None:
        sink = crm.open()
        probe = sink.probe()
        assert probe.account_id
        assert probe.account_id.startswith(sink.account() or probe.account_id)
        assert probe.problems == ()
        assert crm.count() == 0

    def test_one_outcome_per_lead_in_order(self, crm: Crm) -> None:
        sink = crm.open()
        outcomes = sink.upsert(crm.leads(5))
        assert [type(outcome) for outcome in outcomes] == [Done] * 5
        assert all(outcome.created for outcome in outcomes if isinstance(outcome, Done))
        assert len({outcome.crm_id for outcome in outcomes if isinstance(outcome, Done)}) == crm.count() == 5

    def test_an_empty_batch_costs_nothing(self, crm: Crm) -> None:
        sink = crm.open()
        assert sink.upsert([]) == []
        assert sink.act([]) == []
        assert sink.read([], []) == []
        assert sink.calls == 0

    def test_the_same_leads_again_make_no_new_record(self, crm: Crm) -> None:
        sink = crm.open()
        leads = crm.leads(3)
        first = sink.upsert(leads)
        sink.upsert(leads)
        sink.upsert([replace(lead, crm_id=_id_of(outcome)) for lead, outcome in zip(leads, first, strict=True)])
        assert crm.count() == 3

    def test_a_batch_is_one_write_and_not_one_a_lead(self, crm: Crm) -> None:
        sink = crm.open()
        sink.upsert([crm.lead(1000)])
        before = sink.calls
        sink.upsert(crm.leads(50))
        assert sink.calls - before <= 3

    # --- failures -----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("kind", ["unavailable", "html", "busy", "cut_before"])
    def test_a_failing_crm_is_tried_again_and_nothing_is_lost(self, crm: Crm, kind: str) -> None:
        sink = crm.open()
        sink.probe()
        crm.fail(kind)
        with pytest.raises(Retry):
            sink.upsert(crm.leads(2))
        assert [type(outcome) for outcome in sink.upsert(crm.leads(2))] == [Done, Done]
        assert crm.count() == 2

    def test_a_write_whose_answer_was_cut_off_may_have_happened(self, crm: Crm) -> None:
        sink = crm.open()
        sink.probe()
        crm.fail("cut_after_write")
        with pytest.raises(Retry) as raised:
            sink.upsert(crm.leads(2))
        assert raised.value.may_have_happened
        outcomes = sink.upsert([replace(lead, is_unsure=True) for lead in crm.leads(2)])
        assert [type(outcome) for outcome in outcomes] == [Done, Done]
        assert crm.count() == 2

    def test_what_sales_changed_after_a_cut_off_write_stands(self, crm: Crm) -> None:
        sink = crm.open()
        crm_id = _id_of(sink.upsert([crm.lead(0)])[0])
        crm.edit(crm_id)
        assert isinstance(sink.upsert([replace(crm.lead(0), is_unsure=True)])[0], Done)
        assert crm.edited(crm_id)

    def test_a_crm_that_is_not_there_has_not_written(self, crm: Crm) -> None:
        sink = crm.open()
        sink.probe()
        crm.down()
        with pytest.raises(Retry) as raised:
            sink.upsert([crm.lead(0)])
        assert not raised.value.may_have_happened

    def test_an_expired_token_is_renewed_within_the_call(self, crm: Crm) -> None:
        sink = crm.open()
        sink.probe()
        crm.fail("expire_tokens")
        assert isinstance(sink.upsert([crm.lead(0)])[0], Done)

    def test_wrong_credentials_stop_the_sink(self, crm: Crm) -> None:
        sink = crm.open(crm.wrong_credentials)
        with pytest.raises(Stop) as raised:
            sink.upsert([crm.lead(0)])
        assert raised.value.problem.message
        assert SECRET_OF_TEST not in str(raised.value)

    def test_one_refused_lead_leaves_the_others_alone(self, crm: Crm) -> None:
        sink = crm.open()
        first, bad, last = crm.leads(3)
        outcomes = sink.upsert([first, crm.refused(bad), last])
        assert [type(outcome) for outcome in outcomes] == [Done, Reject, Done]
        assert crm.count() == 2

    def test_no_message_holds_a_personal_value(self, crm: Crm) -> None:
        sink = crm.open()
        outcome = sink.upsert([crm.refused(crm.lead(0))])[0]
        assert isinstance(outcome, Reject)
        told = repr(outcome.problem.as_json())
        assert [value for value in crm.personal if value.lower() in told.lower()] == []


def _id_of(outcome: object) -> str:
    assert isinstance(outcome, Done)
    return outcome.crm_id


def _secrets(model: Any) -> list[SecretStr]:
    found: list[SecretStr] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr):
            found.append(value)
        elif hasattr(type(value), "model_fields"):
            found += _secrets(value)
    return found
