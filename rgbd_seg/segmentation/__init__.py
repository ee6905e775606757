"""Segmenters: each finds the person in a picture in its own way."""

from rgbd_seg.segmentation.create import create_segmenter

__all__ = ["create_segmenter"]
