"""All rules, in the order of the sheet."""

from collections.abc import Callable

from rgbd_devices.check import rules_pictures as pictures
from rgbd_devices.check import rules_running as running
from rgbd_devices.check.report import CheckReport
from rgbd_devices.check.subject import Finding, Rule, Subject, failed
from rgbd_seg.errors import RgbdSegError

RULES: tuple[Rule, ...] = tuple(
    Rule(name=function.__name__.removeprefix("check_"), promise=str(function.__doc__), verify=function)
    for function in (
        pictures.check_identity,
        pictures.check_profiles,
        pictures.check_calibration,
        pictures.check_size,
        pictures.check_units,
        pictures.check_holes,
        pictures.check_capabilities,
        pictures.check_timestamps,
        pictures.check_rate,
        pictures.check_counting,
        pictures.check_memory,
        pictures.check_loss,
        running.check_pairing,
        running.check_drops,
        running.check_close,
        running.check_restart,
        running.check_unplug,
        running.check_leak,
    )
)


def verify(rule: Rule, subject: Subject) -> Finding:
    """The rule's verdict; an error of the driver is a failure of the rule, never of the check."""
    try:
        return rule.verify(subject)
    except RgbdSegError as error:
        return failed(f"{type(error).__name__}: {error}")
    except Exception as error:  # noqa: BLE001 - whatever a driver under examination raises is a finding
        return failed(f"{type(error).__name__} escaped: {error}; expected only errors of rgbd_seg.errors")


def run_check(subject: Subject, watch: Callable[[Rule, Finding], None] | None = None) -> CheckReport:
    """Every rule; ``watch`` is told each verdict as it is reached.

    Raises:
        DeviceError: the camera cannot be opened at all, so that nothing can be judged.
    """
    device = subject.make_device()
    try:
        info = device.open()
    finally:
        device.close()
    findings: dict[str, Finding] = {}
    for rule in RULES:
        findings[rule.name] = verify(rule, subject)
        if watch is not None:
            watch(rule, findings[rule.name])
    return CheckReport(device=info, findings=findings)
