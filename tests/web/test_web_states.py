"""The states that the API names are the store's."""

from __future__ import annotations

from typing import get_args

from leadrelay.engine.captures import CaptureState
from leadrelay.store import tables, work
from leadrelay.web import views


def test_the_api_names_each_state_that_the_store_knows_and_no_other() -> None:
    assert get_args(views.SubmissionState) == tables.SUBMISSION_STATES
    assert get_args(views.DeliveryState) == tables.DELIVERY_STATES
    assert set(get_args(work.State)) == {*tables.DELIVERY_STATES, *tables.ACTION_STATES}
    assert set(get_args(CaptureState)) <= set(tables.SUBMISSION_STATES)
