"""Mapping files in both directions: compiled with every problem at its place, applied to one submission or one lead."""

from core.mapping.compile import SINKS, compile_mapping
from core.mapping.inbound import ConsentRule, InboundMapping
from core.mapping.lineage import Explained, explain_inbound
from core.mapping.outbound import ActionWanted, Company, OutboundMapping, Owner, WhenConverted
from core.mapping.reading import Held, read_touch
from core.mapping.reading_back import read_change
from core.mapping.running import TestResult, run_mapping_tests
from core.mapping.schema import mapping_schema

__all__ = [
    "SINKS",
    "ActionWanted",
    "Company",
    "ConsentRule",
    "Explained",
    "Held",
    "InboundMapping",
    "OutboundMapping",
    "Owner",
    "TestResult",
    "WhenConverted",
    "compile_mapping",
    "explain_inbound",
    "mapping_schema",
    "read_change",
    "read_touch",
    "run_mapping_tests",
]
