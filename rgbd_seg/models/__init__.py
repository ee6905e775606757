"""Networks: what they are (passports) and where their files lie (in this package, or in a folder of the user's)."""

from rgbd_seg.models.folder import ModelEntry, ModelFolder
from rgbd_seg.models.passport import InputForm, OutputForm, Passport, load_passport
from rgbd_seg.models.registry import known_passports

__all__ = ["InputForm", "ModelEntry", "ModelFolder", "OutputForm", "Passport", "known_passports", "load_passport"]
