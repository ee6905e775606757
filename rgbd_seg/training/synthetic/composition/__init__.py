"""Scenes: who stands where, in which place and light, and which cameras look at them, all decided by one seed.

``sampling.sample_scene`` makes a `spec.SceneSpec`, ``staging.stage`` builds it, a ``staging.Stage`` gives a `Scene` for
each of its cameras. Nothing is imported here: the spec and the presets are light, staging is not.
"""
