"""The ``rgbd-calibrate`` command: one thin file per sub-command."""
