"""The Salesforce simulator: an org's state and rules (`SalesforceOrg`) and its REST API."""

from leadrelay.sandbox.salesforce.org import Call, SalesforceOrg, Settings
from leadrelay.sandbox.salesforce.refusals import Error, Refusal, refuse
from leadrelay.sandbox.salesforce.rules import AssignmentEntry, AssignmentRule, DuplicateRule, Rules, ValidationRule

__all__ = [
    "AssignmentEntry",
    "AssignmentRule",
    "Call",
    "DuplicateRule",
    "Error",
    "Refusal",
    "Rules",
    "SalesforceOrg",
    "Settings",
    "ValidationRule",
    "refuse",
]
