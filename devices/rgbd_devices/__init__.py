"""Camera drivers for rgbd_seg."""
