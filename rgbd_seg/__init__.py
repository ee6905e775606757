"""Depth-fused portrait segmentation: aligned colour and depth in, a soft person matte and effects out."""
