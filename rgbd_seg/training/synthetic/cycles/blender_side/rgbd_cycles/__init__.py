"""Runs inside Blender's Python, alone: numpy and bpy are all it may import."""
