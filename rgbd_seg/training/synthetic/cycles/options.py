"""How much work Cycles puts into a picture."""

from dataclasses import dataclass

from rgbd_seg.options import check_range


@dataclass(frozen=True, kw_only=True)
class CyclesOptions:
    """Colour is denoised but where hair covers a pixel in part: a denoiser erases fine hair."""

    samples: int = 128  # per pixel, of colour
    noise_threshold: float = 0.01  # pixels with less noise get fewer samples; 0: all samples everywhere
    matte_samples: int = 128  # of coverage; never denoised
    blur_aperture: float = 0.0  # metres, diameter of the pupil; above 0: also a picture with this lens, as blur truth
    blur_focus: float | None = None  # metres; None: the view's own focus distance
    all_roles: bool = True  # False: only the front person, others and hair are told apart, in a third of the time
    foreground: bool = True  # also the front person's own colour, which costs half as much again
    denoise: bool = True
    threads: int = 0  # 0: as many as there are cores
    timeout: float = 3600.0  # seconds for one scene

    def __post_init__(self) -> None:
        check_range("samples", self.samples, 1, 65536)
        check_range("noise_threshold", self.noise_threshold, 0, 1)
        check_range("matte_samples", self.matte_samples, 1, 65536)
        check_range("blur_aperture", self.blur_aperture, 0, 0.5)
        if self.blur_focus is not None:
            check_range("blur_focus", self.blur_focus, 0.05, 1000)
        check_range("threads", self.threads, 0, 1024)
        check_range("timeout", self.timeout, 1, 1e7)
