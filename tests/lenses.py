"""Lenses that the tests of cameras and calibrations share, one of every model."""

from rgbd_seg.distortion import BrownConrady, Distortion, KannalaBrandt, NoDistortion, RadialTable

BROWN_14 = (0.12, -0.21, 0.0012, -0.0021, 0.05, 0.03, -0.02, 0.011, 1e-3, -8e-4, 5e-4, 9e-4, 0.012, -0.02)
FISHEYE = (0.03, -0.012, 0.004, -0.0012)


def _phone_table() -> RadialTable:
    """A table as Apple delivers it: inverse found numerically, 42 entries."""
    import numpy as np

    radii = np.linspace(0, 1, 42)
    bend = -0.05 * radii**2 + 0.02 * radii**4
    bent = radii * (1 + bend)
    ideal = np.interp(radii, bent / bent[-1], radii) if bent[-1] <= 0 else np.interp(radii, bent, radii)
    straighten = np.divide(ideal, radii, out=np.ones_like(radii), where=radii > 0) - 1
    return RadialTable(tuple(straighten.tolist()), tuple(bend.tolist()), center=(0.011, -0.007), max_radius=0.9)


LENSES: dict[str, Distortion] = {
    "pinhole": NoDistortion(),
    "brown4": BrownConrady(BROWN_14[:4]),
    "brown5": BrownConrady(BROWN_14[:5]),
    "brown8": BrownConrady(BROWN_14[:8]),
    "brown12": BrownConrady(BROWN_14[:12]),
    "brown14": BrownConrady(BROWN_14),
    "fisheye": KannalaBrandt(FISHEYE),
    "table": _phone_table(),
}
