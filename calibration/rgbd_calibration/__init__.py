"""Factory calibration for rgbd_seg."""
