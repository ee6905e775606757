"""Everything that characters are built from, read when first needed and then kept."""

import gzip
import json
from functools import cached_property, lru_cache
from pathlib import Path

import cv2
import numpy as np

from rgbd_seg.arrays import Bool, Float64, UInt8
from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.makehuman.asset_folder import AssetFolder, open_asset_folder
from rgbd_seg.training.synthetic.makehuman.bvh import Poses, read_bvh
from rgbd_seg.training.synthetic.makehuman.morph_target import TargetLibrary
from rgbd_seg.training.synthetic.makehuman.parsed_files import parsed
from rgbd_seg.training.synthetic.makehuman.proxy import Proxy, read_proxy
from rgbd_seg.training.synthetic.makehuman.rig import Rig, read_rig
from rgbd_seg.training.synthetic.makehuman.wavefront import ObjMesh, read_obj


class MakeHumanAssets:
    """The parsed assets of one folder."""

    def __init__(self, folder: AssetFolder) -> None:
        self.folder = folder
        self.targets = TargetLibrary(folder)
        self.proxy = lru_cache(maxsize=None)(self._proxy)
        self.pose = lru_cache(maxsize=None)(self._pose)
        self.expression = lru_cache(maxsize=None)(self._expression)
        self.mask = lru_cache(maxsize=None)(self._mask)
        self.faces = lru_cache(maxsize=None)(self._faces)

    @cached_property
    def base(self) -> ObjMesh:
        """The base mesh with its helpers, decimetres."""
        path = self.folder.path("base/base.obj")
        return ObjMesh.of_arrays(parsed(self.folder.cache, "meshes", "base", (path,), lambda: read_obj(path).arrays()))

    @cached_property
    def rig(self) -> Rig:
        """The default rig."""
        skeleton, weights = self.folder.path("rigs/default.mhskel"), self.folder.path("rigs/default_weights.mhw")
        return read_rig(skeleton, weights, len(self.base.positions))

    @cached_property
    def face_units(self) -> dict[str, dict[str, Float64]]:
        """What every face unit (such as ``LeftUpperLidClosed``) turns at full strength: bone → (3, 3)."""
        units = self._json("poseunits/face-poseunits.json")["framemapping"]
        poses = read_bvh(self.folder.path("poseunits/face-poseunits.bvh"))
        if not isinstance(units, list) or len(units) > len(poses.rotations):
            raise ConfigError("poseunits/face-poseunits.json and .bvh do not belong together; get the assets anew")
        return {str(name): poses.frame(k) for k, name in enumerate(units)}

    def _proxy(self, name: str) -> Proxy:
        """The proxy ``name``, such as ``clothes/shoes01/shoes01``."""
        path = self.folder.path(name + ".mhclo")
        sources = (path, *sorted(path.parent.glob("*.obj")))
        return Proxy.of_arrays(parsed(self.folder.cache, "proxies", name, sources, lambda: read_proxy(path).arrays()))

    def _pose(self, name: str) -> Poses:
        """The pose file ``name``, such as ``standing01``."""
        return read_bvh(self.folder.path(f"poses/{name}.bvh"))

    def _expression(self, name: str) -> dict[str, float]:
        """The face units of the expression ``name``, such as ``smile01``, and their strengths."""
        units = self._json(f"expressions/{name}.mhpose").get("unit_poses")
        if not isinstance(units, dict):
            raise ConfigError(f"expressions/{name}.mhpose has no unit_poses; get the assets anew")
        return {str(unit): float(strength) for unit, strength in units.items()}

    def _mask(self, name: str) -> UInt8:
        """(h, w) the mask ``textures/<name>.jpg`` in the base mesh's texture space."""
        path = self.folder.path(f"textures/{name}.jpg")
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ConfigError(f"{path} is no readable picture; get the assets anew")
        return np.asarray(picture, np.uint8)

    def picture(self, name: str) -> UInt8:
        """(h, w, 4) RGBA picture ``name``."""
        path = self.folder.path(name)
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
            raise ConfigError(f"{path} is no readable picture with four channels; get the assets anew")
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA), np.uint8)

    def _faces(self, name: str) -> Bool:
        """(polygons,) True for the base mesh's polygons that the list ``scalp_and_lips/<name>.json.gz`` names."""
        path = self.folder.path(f"scalp_and_lips/{name}.json.gz")
        try:
            members = [int(k) for k in json.loads(gzip.decompress(path.read_bytes()))]
        except (OSError, EOFError, ValueError, TypeError) as error:
            raise ConfigError(f"{path} is damaged ({error}); get the assets anew") from error
        chosen = np.zeros(int(self.base.face.max()) + 1, bool)
        chosen[members] = True
        return chosen

    def _json(self, name: str) -> dict[str, object]:
        path = self.folder.path(name)
        try:
            content = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path} is damaged ({error}); get the assets anew") from error
        if not isinstance(content, dict):
            raise ConfigError(f"{path} is no JSON object; get the assets anew")
        return content


def open_assets(path: Path, *, cache: Path | None = None) -> MakeHumanAssets:
    """The assets in a folder or archive.

    Raises:
        ConfigError: there are none, or the archive is damaged; says which file and where to get it.
        OutputError: the cache that archives are unpacked into cannot be written.
    """
    return MakeHumanAssets(open_asset_folder(path, cache=cache))
