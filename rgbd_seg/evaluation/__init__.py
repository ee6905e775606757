"""Scores any segmenter and fusion on pictures whose answer is known: ``rgbd-seg eval``."""
