"""``python -m rgbd_seg.cli``, for where the command is not on the path."""

from rgbd_seg.cli.main import run

run()
