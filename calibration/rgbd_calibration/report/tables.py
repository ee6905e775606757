"""Tables that several reports share."""

from rgbd_calibration.report import page
from rgbd_calibration.run_info import RunInfo
from rgbd_calibration.verdict import Verdict

_NAMES = {"could not judge": "not measured"}


def run_facts(info: RunInfo) -> list[tuple[str, str]]:
    """Who, what, when and where, for the report's head."""
    return [
        ("serial", info.serial),
        ("operator", info.operator),
        ("station", info.station),
        ("time (UTC)", info.time.strftime("%Y-%m-%d %H:%M:%S")),
        ("temperature", "" if info.temperature is None else f"{info.temperature:g} °C"),
        ("software", info.software),
        ("inputs SHA-256", info.inputs_sha256[:16]),
    ]


def limits_table(verdict: Verdict) -> str:
    """Every measure against its limit, with the verdict."""
    rows = [
        [
            judgement.limit.name.replace("_", " "),
            "–" if judgement.value is None else number(judgement.value),
            "" if judgement.limit.lower is None else number(judgement.limit.lower),
            "" if judgement.limit.upper is None else number(judgement.limit.upper),
            judgement.limit.unit,
            _NAMES.get(judgement.outcome.value, judgement.outcome.value),
        ]
        for judgement in verdict.judgements
    ]
    return page.table(["measure", "value", "min", "max", "unit", "verdict"], rows, numbers=(1, 2, 3))


def sources_table(verdict: Verdict) -> str:
    """Where each limit is from."""
    rows = [[j.limit.name.replace("_", " "), j.limit.source] for j in verdict.judgements if j.limit.source]
    return page.table(["limit", "source"], rows)


def number(value: float | None, digits: int = 4) -> str:
    """A number with four significant digits and a true minus, or a dash."""
    if value is None or value != value:
        return "–"
    text = f"{value:.{digits}g}"
    return (f"{value:.0f}" if "e+" in text else text).replace("-", "−", 1)


def fixed(value: float | None, decimals: int) -> str:
    """A number with so many decimals and a true minus, or a dash; for columns to be compared by eye."""
    if value is None or value != value:
        return "–"
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")
