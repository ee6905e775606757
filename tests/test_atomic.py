"""Results are written whole or not at all."""

import os
import stat

import pytest

from rgbd_seg import atomic
from rgbd_seg.errors import OutputError


def test_an_error_while_writing_leaves_the_old_file(tmp_path):
    target = tmp_path / "result.png"
    target.write_bytes(b"old")
    with pytest.raises(RuntimeError):
        _write_half_and_fail(target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def _write_half_and_fail(target):
    with atomic.replacing(target) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError


def test_the_new_file_replaces_the_old_with_ordinary_rights(tmp_path):
    target = tmp_path / "result.png"
    target.write_bytes(b"old")
    atomic.write_bytes(target, b"new")
    assert target.read_bytes() == b"new"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask
    assert list(tmp_path.iterdir()) == [target]


def test_a_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="exists and is writable"):
        atomic.write_bytes(tmp_path / "nowhere" / "result.png", b"")


def test_a_folder_in_the_way_is_an_output_error(tmp_path):
    (tmp_path / "result.png").mkdir()
    with pytest.raises(OutputError):
        atomic.write_bytes(tmp_path / "result.png", b"")
    assert [p.name for p in tmp_path.iterdir()] == ["result.png"]


def test_a_file_in_the_place_of_a_folder_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        atomic.make_folder(tmp_path / "file" / "sub")
