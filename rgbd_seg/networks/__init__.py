"""Networks as torch modules: what is trained. What is deployed is their ONNX export (`rgbd_seg.models`)."""
