"""The whole pipeline at a camera's pace."""
