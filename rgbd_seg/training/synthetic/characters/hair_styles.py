"""Hair styles: how hair leaves the scalp, where it is combed, how it falls."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HairStyle:
    """Numbers that the growth of hair follows."""

    flow: str  # crown, part, back, fringe, up, gather
    lift: float = 0.3  # away from the scalp at the root, against ``comb``
    comb: float = 1.0  # along the flow
    comb_length: float = 0.08  # metres over which the comb holds
    gravity: float = 1.0
    points: int = 8  # of a strand
    kink: float = 0.0  # how crooked, in lengths of a segment
    clump: float = 0.4  # 0 single strands … 1 locks that end in a point
    frizz: float = 0.15
    taper: float = 0.0  # how much shorter hair is at the neck and around the ears
    gather: str = ""  # ponytail, bun, braid, pigtails
    lengths: tuple[float, float] = (0.03, 0.06)  # metres that are usual
    radius: float = 0.00035  # metres; two or three real hairs


STYLES: dict[str, HairStyle] = {
    "buzz": HairStyle(
        flow="fringe", lift=0.8, comb=0.6, gravity=0.0, points=4, clump=0, frizz=0.2, lengths=(0.005, 0.010)
    ),
    "crop": HairStyle(
        flow="fringe", lift=0.55, comb=0.8, gravity=0.15, points=6, taper=0.6, lengths=(0.020, 0.045), comb_length=0.05
    ),
    "side part": HairStyle(
        flow="part", lift=0.30, comb=1.0, gravity=1.0, points=8, taper=0.72, lengths=(0.055, 0.09), comb_length=0.09
    ),
    "slicked": HairStyle(
        flow="back", lift=0.22, comb=1.2, gravity=0.2, points=9, taper=0.7, lengths=(0.08, 0.12), comb_length=0.14
    ),
    "quiff": HairStyle(
        flow="quiff", lift=0.75, comb=0.8, gravity=0.1, points=8, taper=0.75, lengths=(0.05, 0.085), comb_length=0.08
    ),
    "textured": HairStyle(
        flow="crown", lift=0.8, comb=0.6, gravity=0.2, points=7, clump=0.75, taper=0.5, frizz=0.3, lengths=(0.04, 0.07)
    ),
    "curly": HairStyle(
        flow="up",
        lift=1.0,
        comb=0.2,
        gravity=0.35,
        points=14,
        kink=0.5,
        clump=0.7,
        taper=0.45,
        frizz=0.3,
        lengths=(0.05, 0.09),
    ),
    "afro": HairStyle(
        flow="up",
        lift=1.0,
        comb=0.0,
        gravity=0.0,
        points=12,
        kink=0.75,
        clump=0.15,
        frizz=0.2,
        lengths=(0.04, 0.11),
        radius=0.0004,
    ),
    "bob": HairStyle(flow="part", lift=0.25, gravity=1.3, points=12, clump=0.3, lengths=(0.17, 0.23), comb_length=0.10),
    "long": HairStyle(
        flow="part", lift=0.22, gravity=1.6, points=14, clump=0.35, lengths=(0.30, 0.48), comb_length=0.11
    ),
    "long fringe": HairStyle(
        flow="bangs", lift=0.22, gravity=1.6, points=14, clump=0.3, lengths=(0.22, 0.42), comb_length=0.09
    ),
    "long back": HairStyle(flow="back", lift=0.3, gravity=1.4, points=14, lengths=(0.25, 0.42), comb_length=0.13),
    "long curly": HairStyle(
        flow="part",
        lift=0.45,
        gravity=1.1,
        points=20,
        kink=0.04,
        clump=0.7,
        frizz=0.3,
        lengths=(0.20, 0.40),
        comb_length=0.06,
    ),
    "ponytail": HairStyle(
        flow="gather", lift=0.10, gravity=0.0, points=12, clump=0.2, gather="ponytail", lengths=(0.2, 0.4)
    ),
    "pigtails": HairStyle(
        flow="gather", lift=0.10, gravity=0.0, points=12, clump=0.2, gather="pigtails", lengths=(0.15, 0.3)
    ),
    "braid": HairStyle(
        flow="gather", lift=0.10, gravity=0.0, points=12, clump=0.2, gather="braid", lengths=(0.25, 0.45)
    ),
    "bun": HairStyle(flow="gather", lift=0.10, gravity=0.0, points=12, clump=0.2, gather="bun", lengths=(0.03, 0.05)),
}
