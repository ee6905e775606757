"""Calibrations in other systems' files: one file per format."""
