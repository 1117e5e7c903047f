"""The tables. Times are integer milliseconds (core.instants), documents are JSON text, states are words of design.

    submissions  what came in                        deliveries  what is to be written to the CRMs
    sources      how far each one has been read      crms        what is known of the CRMs
    leads        leads, touches, keys, decisions     team        who gets which lead
    replays      previews of other rules             running     timers, alerts, credentials
    personal     which columns hold personal values  collection  `metadata`, in which all of them stand

Ask for them here and not in the modules, so that whoever has `metadata` has every table in it.
"""

from leadrelay.store.tables.collection import metadata
from leadrelay.store.tables.crms import bulk_job, call_count, crm_link, crm_schema, gate
from leadrelay.store.tables.deliveries import ACTION_STATES, DELIVERY_STATES, action, attempt, delivery
from leadrelay.store.tables.leads import decision, event, lead, lead_key, suppression, touch
from leadrelay.store.tables.personal import PERSONAL
from leadrelay.store.tables.replays import replay, replay_lead
from leadrelay.store.tables.running import alert, config_version, credential, marker, notice, timer
from leadrelay.store.tables.sources import cursor, file_import
from leadrelay.store.tables.submissions import SUBMISSION_STATES, capture_key, counter, submission, visit, visitor
from leadrelay.store.tables.team import absence, account, assignment, rotation

__all__ = [
    "ACTION_STATES", "DELIVERY_STATES", "PERSONAL", "SUBMISSION_STATES", "absence", "account", "action", "alert",
    "assignment", "attempt", "bulk_job", "call_count", "capture_key", "config_version", "counter", "credential",
    "crm_link", "crm_schema", "cursor", "decision", "delivery", "event", "file_import", "gate", "lead", "lead_key",
    "marker", "metadata", "notice", "replay", "replay_lead", "rotation", "submission", "suppression", "timer",
    "touch", "visit", "visitor",
]  # fmt: skip
