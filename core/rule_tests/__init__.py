"""The tests in rule files: leads given by their fields and touches, and what is expected to be decided of them."""

from core.rule_tests.coverage import NamedRule, covered_rules, rule_names, rules_by_name
from core.rule_tests.model import Expectable, RuleTest
from core.rule_tests.reading import read_tests
from core.rule_tests.running import run_rule_tests

__all__ = [
    "Expectable",
    "NamedRule",
    "RuleTest",
    "covered_rules",
    "read_tests",
    "rule_names",
    "rules_by_name",
    "run_rule_tests",
]
