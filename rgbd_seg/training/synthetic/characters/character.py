"""A built character."""

from dataclasses import dataclass

from rgbd_seg.training.synthetic.geometry import Mesh, Strands
from rgbd_seg.transform import RigidTransform


@dataclass(frozen=True, kw_only=True, eq=False)
class Character:
    """Meshes and strands in character coordinates, and where things are.

    Anchors map an anchor's own coordinates to the character's (``T_character_anchor``); x is to the character's left,
    y up along the part, z forward, unless said otherwise:

    * ``head``: joint of the head; ``face``: between the eyes;
    * ``left_hand``, ``right_hand``: middle of the palm, y where the fingers point, z out of the palm, x
      towards the right hand's thumb and away from the left one's;
    * ``pelvis``: between the hip joints; ``seat``: where a seat's surface would be below them;
    * ``left_foot``, ``right_foot``: ankle, on the floor.
    """

    meshes: tuple[Mesh, ...]
    strands: tuple[Strands, ...]
    anchors: dict[str, RigidTransform]
