"""Reading MakeHuman's files: small hand-made ones, damaged ones, and the real archive where it is at hand."""

import json
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest

from rgbd_seg.errors import ConfigError
from rgbd_seg.training.synthetic.makehuman.asset_folder import default_cache, open_asset_folder
from rgbd_seg.training.synthetic.makehuman.assets import open_assets
from rgbd_seg.training.synthetic.makehuman.bvh import read_bvh
from rgbd_seg.training.synthetic.makehuman.morph_target import TargetLibrary, read_target
from rgbd_seg.training.synthetic.makehuman.proxy import read_proxy
from rgbd_seg.training.synthetic.makehuman.rig import read_rig
from rgbd_seg.training.synthetic.makehuman.wavefront import read_obj

_CUBE = """# a comment
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
v 0.5 0.5 1
vt 0 0
vt 1 0
vt 1 1
vt 0 1
g body
f 1/1 2/2 3/3 4/4
g helper
f 1/1 2/2 5/3
"""
_PROXY = """# clothes
name hat
obj_file hat.obj
x_scale 0 1 2.0
verts 0
tag old
3
0 1 2 0.5 0.25 0.25 0.1 0 0
0 1 2 0.5 0.25 0.25
material hat.mhmat
delete_verts
0 2 - 4
"""
_TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
_BVH = """HIERARCHY
ROOT hips
{
OFFSET 0 0 0
CHANNELS 6 Xposition Yposition Zposition Xrotation Yrotation Zrotation
JOINT arm
{
OFFSET 0 1 0
CHANNELS 3 Zrotation Xrotation Yrotation
End Site
{
OFFSET 0 1 0
}
}
}
MOTION
Frames: 2
Frame Time: 0.1
0 0 0 0 0 0 90 0 0
1 2 3 0 90 0 0 30 45
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of assets that holds nearly nothing."""
    root = tmp_path / "assets"
    (root / "base").mkdir(parents=True)
    (root / "base" / "base.obj").write_text(_CUBE)
    (root / "targets" / "nose").mkdir(parents=True)
    (root / "targets" / "nose" / "nose-up.target").write_text("# a target\n0 .5 0 0\n4 0 -.25 1e-2\n")
    return root


def _archive(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:xz") as tar:
        tar.add(folder, arcname="makehuman")
    return path


def test_obj_polygons_become_triangles_that_remember_them(folder: Path) -> None:
    mesh = read_obj(folder / "base" / "base.obj")
    assert mesh.positions.shape == (5, 3)
    assert mesh.face.tolist() == [0, 0, 1]
    assert {name: polygons.tolist() for name, polygons in mesh.groups.items()} == {"body": [0], "helper": [1]}
    np.testing.assert_array_equal(mesh.corner_position[mesh.corner_triangles], mesh.triangles)
    np.testing.assert_array_equal(mesh.corner_uv[mesh.corner_triangles[0]], [(0, 0), (1, 0), (1, 1)])


@pytest.mark.parametrize("text", ["", "v 0 0 0\n", "v 0 0 zero\nf 1 1 1\n", "v 0 0 0\nf 1 2 3\n"])
def test_obj_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.obj"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"bad\.obj"):
        read_obj(path)


def test_target_moves_the_vertices_it_names(folder: Path) -> None:
    target = read_target(folder / "targets" / "nose" / "nose-up.target")
    assert target.vertices.tolist() == [0, 4]
    np.testing.assert_allclose(target.displacements, [(0.5, 0, 0), (0, -0.25, 0.01)], atol=1e-7)


def test_targets_come_from_the_cache_until_the_file_changes(folder: Path, tmp_path: Path) -> None:
    assets = open_asset_folder(folder, cache=tmp_path / "cache")
    first = TargetLibrary(assets).get("nose/nose-up")
    stored = list((tmp_path / "cache" / "targets").glob("*.npy"))
    assert len(stored) == 1
    assert TargetLibrary(assets).get("nose/nose-up").displacements.tolist() == first.displacements.tolist()
    path = folder / "targets" / "nose" / "nose-up.target"
    path.write_text("1 0 0 7\n")
    os.utime(path, ns=(1, 1))
    assert TargetLibrary(assets).get("nose/nose-up").vertices.tolist() == [1]


def test_a_damaged_cache_entry_is_read_anew(folder: Path, tmp_path: Path) -> None:
    assets = open_asset_folder(folder, cache=tmp_path / "cache")
    TargetLibrary(assets).get("nose/nose-up")
    (stored,) = (tmp_path / "cache" / "targets").glob("*.npy")
    stored.write_bytes(b"half")
    assert TargetLibrary(assets).get("nose/nose-up").vertices.tolist() == [0, 4]


def test_proxy_rows_of_both_forms_tags_amid_them_and_ranges(tmp_path: Path) -> None:
    (tmp_path / "hat.mhclo").write_text(_PROXY)
    (tmp_path / "hat.obj").write_text(_TRIANGLE)
    proxy = read_proxy(tmp_path / "hat.mhclo")
    assert proxy.hidden.tolist() == [0, 2, 3, 4]
    body = np.array([(0, 0, 0), (4, 0, 0), (0, 4, 0), (7, 8, 9)], np.float32)
    fitted = proxy.fit(body)
    np.testing.assert_allclose(fitted[0], (7, 8, 9))
    np.testing.assert_allclose(fitted[1], (1 + 0.1 * 2, 1, 0), rtol=1e-6)  # the body is twice as wide as the offset's
    np.testing.assert_allclose(fitted[2], (1, 1, 0), rtol=1e-6)


def test_proxy_that_does_not_fit_its_mesh_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "hat.mhclo").write_text(_PROXY)
    with pytest.raises(ConfigError, match=r"hat\.obj, which is missing"):
        read_proxy(tmp_path / "hat.mhclo")
    (tmp_path / "hat.obj").write_text(_CUBE)
    with pytest.raises(ConfigError, match=r"ties 3 vertices but hat\.obj has 5"):
        read_proxy(tmp_path / "hat.mhclo")


def test_rig_puts_parents_first_and_every_vertex_on_some_bone(tmp_path: Path) -> None:
    bones = {
        "hand": {"head": "b", "tail": "c", "parent": "arm"},
        "arm": {"head": "a", "tail": "b", "parent": None},
    }
    skeleton, weights = tmp_path / "s.mhskel", tmp_path / "w.mhw"
    skeleton.write_text(json.dumps({"bones": bones, "joints": {"a": [0], "b": [1], "c": [1, 2]}}))
    weights.write_text(json.dumps({"weights": {"hand": [[1, 0.5], [2, 3.0]], "arm": [[1, 0.5]], "gone": [[0, 1.0]]}}))
    rig = read_rig(skeleton, weights, 4)
    assert rig.names == ("arm", "hand")
    assert rig.parents == (-1, 0)
    np.testing.assert_allclose(rig.weights.toarray(), [(1, 0), (0.5, 0.5), (0, 1), (1, 0)])
    _, tails = rig.joints(np.arange(12, dtype=np.float32).reshape(4, 3))
    np.testing.assert_allclose(tails[1], (4.5, 5.5, 6.5))
    weights.write_text("{}")
    with pytest.raises(ConfigError, match="no MakeHuman rig"):
        read_rig(skeleton, weights, 4)


def test_bvh_rotations_in_the_order_of_their_channels(tmp_path: Path) -> None:
    path = tmp_path / "pose.bvh"
    path.write_text(_BVH)
    poses = read_bvh(path)
    assert list(poses.frame(0)) == ["arm"]
    np.testing.assert_allclose(poses.frame(0)["arm"] @ (1, 0, 0), (0, 1, 0), atol=1e-12)
    x, y = np.deg2rad(30), np.deg2rad(45)
    about_x = np.array([(1, 0, 0), (0, np.cos(x), -np.sin(x)), (0, np.sin(x), np.cos(x))])
    about_y = np.array([(np.cos(y), 0, np.sin(y)), (0, 1, 0), (-np.sin(y), 0, np.cos(y))])
    np.testing.assert_allclose(poses.rotations[1, 1], about_x @ about_y, atol=1e-12)
    path.write_text(_BVH.replace("0 0 0 0 0 0 90 0 0", "0 0 0"))
    with pytest.raises(ConfigError, match=r"pose\.bvh"):
        read_bvh(path)


def test_an_archive_is_unpacked_once_and_found_again(folder: Path, tmp_path: Path) -> None:
    archive = _archive(folder, tmp_path / "mh.tar.xz")
    cache = tmp_path / "cache"
    first = open_asset_folder(archive, cache=cache)
    assert first.path("base/base.obj").read_text() == _CUBE
    (first.root / "mark").write_text("still the same folder")
    assert open_asset_folder(archive, cache=cache).has("mark")
    assert [p.name for p in cache.iterdir() if "." in p.name] == []  # nothing half unpacked stays behind


@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_damaged_archive_says_so_and_leaves_nothing(folder: Path, tmp_path: Path, kept: float) -> None:
    archive = _archive(folder, tmp_path / "mh.tar.xz")
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ConfigError, match="damaged"):
        open_asset_folder(archive, cache=tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_missing_assets_say_which_file_and_where_to_get_it(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="makehumancommunity"):
        open_assets(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"base/base\.obj is missing"):
        open_assets(tmp_path / "empty")
    (tmp_path / "assets.zip").write_bytes(b"PK")
    with pytest.raises(ConfigError, match=r"\.tar\.xz"):
        open_assets(tmp_path / "assets.zip")
    assets = open_assets(folder, cache=tmp_path / "cache")
    with pytest.raises(ConfigError, match=r"rigs/default\.mhskel.*makehumancommunity"):
        _ = assets.rig
    with pytest.raises(ConfigError, match=r"clothes/shoes01/shoes01\.mhclo"):
        assets.proxy("clothes/shoes01/shoes01")


def test_damaged_small_files_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "expressions").mkdir()
    (folder / "expressions" / "smile.mhpose").write_text("{half")
    (folder / "scalp_and_lips").mkdir()
    (folder / "scalp_and_lips" / "scalp.json.gz").write_bytes(b"no gzip")
    (folder / "textures").mkdir()
    (folder / "textures" / "lips.jpg").write_bytes(b"no picture")
    assets = open_assets(folder, cache=tmp_path / "cache")
    with pytest.raises(ConfigError, match=r"smile\.mhpose"):
        assets.expression("smile")
    with pytest.raises(ConfigError, match=r"scalp\.json\.gz"):
        assets.faces("scalp")
    with pytest.raises(ConfigError, match=r"lips\.jpg"):
        assets.mask("lips")


def test_cache_follows_the_users_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "name", "posix")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "rgbd-seg" / "makehuman"
