"""Which files of a folder are photographs: by their names, before anything is read."""

from pathlib import Path

SUFFIXES = frozenset({".jpg", ".jpeg", ".heic", ".heif", ".png", ".webp", ".tif", ".tiff", ".bmp"})
MASK_ENDINGS = (".alpha.png", ".mask.png", "_alpha.png", "_mask.png")  # after the name of the photo they belong to
DEPTH_ENDING = ".depth.png"
PARTS = (DEPTH_ENDING, ".confidence.png")  # of a photo in several files, not photos themselves


def is_photo(path: Path) -> bool:
    """True for a file that is called like a picture, and not like the mask, depth or confidence of another."""
    named = path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    return named and not path.name.endswith((*MASK_ENDINGS, *PARTS)) and path.is_file()
