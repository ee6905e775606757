"""What every benchmark prints: date, machine, versions, and a table of medians."""

import datetime
import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def print_environment(*packages: str) -> None:
    """Date, processor, cores, Python and package versions, so that a figure can be traced."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", *packages))
    print(f"{datetime.date.today()} | {_processor()} | {len(os.sched_getaffinity(0))} cores | {platform.system()}")
    print(f"Python {platform.python_version()}, rgbd-seg {importlib.metadata.version('rgbd-seg')}, {versions}\n")


def median_milliseconds(
    contenders: dict[str, Callable[[], object]], *, rounds: int = 30, warm_up: int = 3
) -> dict[str, float]:
    """Median wall time of each contender, taken in turns so that a noisy machine is noisy for all alike."""
    for _ in range(warm_up):
        for run in contenders.values():
            run()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table, ready for docs/."""
    cells = [list(header), *[[_text(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    for index, row in enumerate(cells):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if index == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print()


def _text(cell: object) -> str:
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
