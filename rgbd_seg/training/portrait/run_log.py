"""What happened during a run: CSV files, and TensorBoard's where it is installed."""

import csv
import importlib.util
from pathlib import Path
from typing import Any


class RunLog:
    """``losses.csv`` and ``scores.csv`` in the run's folder."""

    def __init__(self, folder: Path, *, first_step: int, writes: bool) -> None:
        """Rows after ``first_step`` of a run that was killed are taken out: they are written again."""
        self._folder, self._writes = folder, writes
        self._board: Any = None
        if not writes:
            return
        for name in ("losses", "scores"):
            _forget_after(folder / f"{name}.csv", first_step)
        if importlib.util.find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(folder / "tensorboard", purge_step=first_step)

    def losses(self, row: dict[str, float]) -> None:
        """One row of the loss's parts."""
        self._add("losses", row)

    def scores(self, row: dict[str, float]) -> None:
        """One validation."""
        self._add("scores", row)

    def close(self) -> None:
        """Finish TensorBoard's file."""
        if self._board is not None:
            self._board.close()

    def _add(self, name: str, row: dict[str, float]) -> None:
        if not self._writes:
            return
        path = self._folder / f"{name}.csv"
        fresh = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(row)
            writer.writerow([f"{value:.6g}" for value in row.values()])
        if self._board is not None:
            for key, value in row.items():
                if key != "step":
                    self._board.add_scalar(f"{name}/{key}", value, int(row["step"]))


def _forget_after(path: Path, step: int) -> None:
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines[1:] if float(line.split(",")[0]) <= step]
    path.write_text("\n".join([*lines[:1], *kept, ""]), encoding="utf-8")
