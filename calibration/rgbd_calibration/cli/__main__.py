"""``python -m rgbd_calibration.cli``: how `batch` starts a unit in a process of its own."""

from rgbd_calibration.cli.main import run

if __name__ == "__main__":
    run()
