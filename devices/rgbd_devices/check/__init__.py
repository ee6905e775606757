"""The conformance check: whether a driver keeps the contract, rule by rule.

``rgbd-seg devices check NAME`` prints the sheet; in a vendor's own repository the pytest plugin runs one test a rule.
"""

from rgbd_devices.check.options import CheckOptions
from rgbd_devices.check.report import CheckReport
from rgbd_devices.check.rules import RULES, run_check
from rgbd_devices.check.subject import Finding, Rule, Subject

__all__ = ["RULES", "CheckOptions", "CheckReport", "Finding", "Rule", "Subject", "run_check"]
