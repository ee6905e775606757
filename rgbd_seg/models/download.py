"""Fetching a network from its official address."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from rgbd_seg.atomic import replacing
from rgbd_seg.errors import ModelError
from rgbd_seg.models.fingerprint import verify
from rgbd_seg.models.passport import Passport

_TIMEOUT_S = 30.0
_BLOCK = 1 << 16


def download(passport: Passport, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Fetch the network's file to ``target``; it appears there only whole and with the right hash.

    An interrupted download leaves nothing behind; the next one starts anew.

    Args:
        progress: called with bytes done and bytes in all.
    Raises:
        ModelError: no address, no connection, or another file than the passport describes.
        OutputError: ``target`` cannot be written.
    """
    if passport.download is None:
        raise ModelError(f"the passport of {passport.name} has no download address; add its file by path instead")
    with replacing(target) as temporary:
        _fetch(passport, temporary, progress)
        verify(temporary, passport)


def _fetch(passport: Passport, target: Path, progress: Callable[[int, int], None] | None) -> None:
    request = urllib.request.Request(str(passport.download), headers={"User-Agent": "rgbd-seg"})
    done = 0
    try:
        # The passport admits http and https only, so this cannot open local files.
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer, target.open("wb") as file:
            while block := answer.read(_BLOCK):
                done += len(block)
                if done > passport.size_bytes:
                    break
                file.write(block)
                if progress is not None:
                    progress(done, passport.size_bytes)
    except urllib.error.HTTPError as error:
        raise ModelError(_failed(passport, f"the server answered {error.code} {error.reason}")) from error
    except urllib.error.URLError as error:
        raise ModelError(_failed(passport, f"no connection ({error.reason})")) from error
    except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
        raise ModelError(_failed(passport, f"the connection broke off ({error or type(error).__name__})")) from error
    if done != passport.size_bytes:
        got = "more than that" if done > passport.size_bytes else f"{done}"
        raise ModelError(_failed(passport, f"expected {passport.size_bytes} bytes, got {got}"))


def _failed(passport: Passport, reason: str) -> str:
    return (
        f"cannot download {passport.name} from {passport.download}: {reason}; "
        "try again, or fetch the file elsewhere and run 'rgbd-seg models add FILE'"
    )
