"""One run of ``verify``: a few pictures in; figures, verdict, report and a row in the log out."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

from rgbd_calibration.board import Board
from rgbd_calibration.cameras import has_depth
from rgbd_calibration.detection import BoardDetector
from rgbd_calibration.limits import Limits
from rgbd_calibration.measures import verify_measures
from rgbd_calibration.observe import Pictures, gray
from rgbd_calibration.outputs import remove, replace_keeping, write_json
from rgbd_calibration.report.refusal_report import write_refusal_report
from rgbd_calibration.report.verify_report import write_verify_report
from rgbd_calibration.result_json import ResultCodec
from rgbd_calibration.run_info import RunInfo
from rgbd_calibration.station_log import StationLog
from rgbd_calibration.verdict import Outcome, Verdict, judge
from rgbd_calibration.verify import verify
from rgbd_calibration.verify_result import VerifyResult
from rgbd_seg import atomic
from rgbd_seg.calibration import Calibration
from rgbd_seg.errors import CalibrationError, DeviceTimeoutError, RgbdSegError
from rgbd_seg.protocols import Camera

RESULT, REPORT, REFUSED, REFUSED_REPORT = "verify.json", "verify.html", "verify.refused.json", "verify.refused.html"
FORMAT = "rgbd-calibration-check"
_LEAST_SHARE = 0.4  # of the board's corners that a live frame must show


def run_verify(
    calibration: Calibration,
    board: Board,
    pictures: Sequence[Pictures],
    limits: Limits,
    *,
    output: Path,
    log: Path,
    info: RunInfo,
) -> tuple[VerifyResult, Verdict]:
    """Check, judge, write ``verify.json`` and ``verify.html`` and add the run to the log.

    Raises:
        RgbdSegError: the pictures do not allow a judgement; the log has a row that says why.
    """
    atomic.make_folder(output)
    try:
        result = verify(calibration, board, pictures)
    except RgbdSegError as error:
        refuse_verify(output, log, info, str(error))
        raise
    measures = verify_measures(result, calibration.color.width)
    verdict = judge(measures, limits)
    content = {
        "format": FORMAT,
        "version": 1,
        "run": info.to_dict(),
        "verdict": verdict.to_dict(),
        "check": ResultCodec.encode(result),
        "measures": measures,
    }
    replace_keeping(output / RESULT, lambda path: write_json(path, content))
    replace_keeping(output / REPORT, lambda path: write_verify_report(path, result, calibration, verdict, info))
    remove(output / REFUSED, output / REFUSED_REPORT)
    values = {**result.values(), **measures}
    StationLog(log).append(info.logged(verdict, values, output, notes=result.findings))
    return result, verdict


def refuse_verify(output: Path, log: Path, info: RunInfo, reason: str) -> None:
    """Leave word of a check that could not be judged; nothing of an earlier one is touched.

    Raises:
        OutputError: a file or the log cannot be written.
    """
    content = {"run": info.to_dict(), "verdict": {"outcome": Outcome.UNJUDGED.value, "reasons": [reason]}}
    write_json(output / REFUSED, content)
    write_refusal_report(output / REFUSED_REPORT, info, reason)
    StationLog(log).append(info.refused(reason, output))


def live_pictures(camera: Camera, board: Board, count: int, *, seconds: float = 30.0) -> list[Pictures]:
    """The next frames that show the board well.

    Args:
        seconds: patience for all of them; a gap in the stream, as when the camera reconnects, is waited out.
    Raises:
        CalibrationError: too few came within the time.
        DeviceTimeoutError: not one frame came within the time.
        DeviceError: the camera failed.
    """
    detector, found, read = BoardDetector(board), list[Pictures](), 0
    depth, late = has_depth(camera), DeviceTimeoutError(f"no frame came within {seconds:g} s")
    deadline = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < deadline:
        try:
            frame = camera.read()
        except DeviceTimeoutError as error:
            late = error
            continue
        read += 1
        pictures = Pictures.of_frame(f"frame {len(found) + 1}", frame, depth=depth)
        if pictures.color is not None:
            corners = detector.find(gray(pictures.color))
            if len(corners) >= _LEAST_SHARE * board.corner_count:
                found.append(pictures)
    if read == 0:
        raise late  # the camera's own words say why
    if len(found) < count:
        raise CalibrationError(
            f"the board {board.text()} was seen in {len(found)} of the {read} frames that came within {seconds:g} s; "
            f"expected it in {count}: hold it so that most of it is in the picture"
        )
    return found


def hash_pictures(pictures: Sequence[Pictures]) -> str:
    """SHA-256 of live frames, for the log."""
    digest = hashlib.sha256()
    for entry in pictures:
        for picture in (entry.color, entry.raw_depth, entry.infrared):
            if picture is not None:
                digest.update(picture.tobytes())
    return digest.hexdigest()
