"""From a spec to a character."""

import numpy as np

from rgbd_seg.arrays import Bool, Float32, Float64
from rgbd_seg.training.synthetic.characters.accessories import FEDORA, Wearer, accessory_meshes, hair_covered
from rgbd_seg.training.synthetic.characters.anchors import anchors
from rgbd_seg.training.synthetic.characters.body_shape import shape_body
from rgbd_seg.training.synthetic.characters.character import Character
from rgbd_seg.training.synthetic.characters.clothing import Dressed, asset_name, wear
from rgbd_seg.training.synthetic.characters.eyes import EYES, eye_material, eyeball_triangles
from rgbd_seg.training.synthetic.characters.face_hair import face_hair
from rgbd_seg.training.synthetic.characters.face_pose import mouth_opening
from rgbd_seg.training.synthetic.characters.guide_hair import Obstacle
from rgbd_seg.training.synthetic.characters.hair import PosedHead, head_hair
from rgbd_seg.training.synthetic.characters.head_frame import head_frame
from rgbd_seg.training.synthetic.characters.holding import hold
from rgbd_seg.training.synthetic.characters.motion import motion_at
from rgbd_seg.training.synthetic.characters.pose import pose_skeleton
from rgbd_seg.training.synthetic.characters.shell_garment import CUTS, wear_shell
from rgbd_seg.training.synthetic.characters.skeleton import Skeleton
from rgbd_seg.training.synthetic.characters.skin import skin_material
from rgbd_seg.training.synthetic.characters.spec import CharacterSpec, GarmentSpec
from rgbd_seg.training.synthetic.characters.static_parts import StaticParts, static_parts
from rgbd_seg.training.synthetic.characters.surface import corner_mesh, skinned, vertex_normals
from rgbd_seg.training.synthetic.geometry import Mesh
from rgbd_seg.training.synthetic.makehuman.assets import MakeHumanAssets
from rgbd_seg.training.synthetic.material import Material
from rgbd_seg.training.synthetic.roles import Role
from rgbd_seg.transform import RigidTransform

_TEETH = "teeth/teeth_base/teeth_base"
_TEETH_SEEN = 0.05  # opening of the mouth
_HAIR_REACH = 0.75  # metres below the head where hair may meet the body


def build_character(
    assets: MakeHumanAssets, spec: CharacterSpec, *, role: Role = Role.SUBJECT, moment: float = 0.0
) -> Character:
    """The character ``moment`` seconds into a clip: same spec, same triangles, a little moved.

    Args:
        assets: from :func:`rgbd_seg.training.synthetic.makehuman.assets.open_assets`.
        spec: from :func:`rgbd_seg.training.synthetic.characters.sampling.sample_character`, or made by hand.
        role: of everything but what a subject holds, which is ``Role.HELD``.
        moment: seconds.
    Raises:
        ConfigError: an asset that the spec needs is missing or damaged, or the spec names something unknown.
    """
    parts = static_parts(assets)
    body = shape_body(assets, spec.body, spec.expression)
    skeleton = pose_skeleton(assets, body, spec, motion_at(spec, moment))
    held = hold(skeleton, spec.held, spec.pose, Role.HELD if role == Role.SUBJECT else role) if spec.held else ()
    matrices, lift = _grounded(parts, skeleton, body, spec)
    posed = skinned(body, assets.rig.weights, matrices)
    normals = vertex_normals(posed, assets.base.triangles[parts.body_triangles])
    frame = head_frame(skeleton, parts.neutral_head)
    dressed = [
        wear_shell(parts, garment, posed, role) if garment.name in CUTS else wear(parts, garment, body, matrices, role)
        for garment in (*spec.garments, *_hats(spec))
    ]
    obstacle = _obstacle(posed, normals, dressed, frame.origin)
    head = PosedHead(points=posed, normals=normals, frame=frame, obstacle=obstacle)
    hair = head_hair(parts, spec, head, role, hair_covered(spec.accessories, parts.scalp_pool.neutral))
    wearer = Wearer(skeleton, frame, posed[parts.head_vertices], obstacle)
    meshes = [
        _skin(parts, spec, posed, normals, dressed, role),
        _proxy_mesh(
            parts, EYES, body, matrices, eyeball_triangles(parts), eye_material(parts, spec.body.eye_color), role
        ),
        *(mesh for garment in dressed for mesh in garment.meshes),
    ]
    for accessory in spec.accessories:
        meshes += accessory_meshes(wearer, accessory, role)
    meshes += [mesh.moved(RigidTransform(rotation=np.eye(3), translation=lift)) for mesh in held]
    if mouth_opening(assets, spec.expression) > _TEETH_SEEN:
        meshes.append(_teeth(parts, body, matrices, role))
    return Character(
        meshes=tuple(meshes),
        strands=(*hair, *face_hair(parts, spec, head, role)),
        anchors=anchors(skeleton, frame),
    )


def _hats(spec: CharacterSpec) -> tuple[GarmentSpec, ...]:
    """The hat of the assets is an accessory that is fitted as garments are."""
    return tuple(
        GarmentSpec(name="fedora01/fedora" if a.variant < 0.7 else "fedora01/fedora_cocked", fabrics=(a.fabric,))
        for a in spec.accessories
        if a.kind == FEDORA
    )


def _grounded(parts: StaticParts, skeleton: Skeleton, body: Float32, spec: CharacterSpec) -> tuple[Float64, Float64]:
    """All bones' matrices, moved so that the lowest point of skin or shoes is on y = 0, and by how much."""
    matrices = skeleton.matrices()
    skin = np.unique(parts.assets.base.triangles[parts.body_triangles])
    lowest = float(skinned(body, parts.assets.rig.weights, matrices)[skin, 1].min())
    for garment in spec.garments:
        if garment.name.startswith("shoes"):
            name = asset_name(garment)
            shoes = skinned(parts.assets.proxy(name).fit(body), parts.weights(name), matrices)
            lowest = min(lowest, float(shoes[:, 1].min()))
    lift = np.array([0.0, -lowest, 0.0])
    skeleton.shift(lift)
    return skeleton.matrices(), lift


def _obstacle(posed: Float32, normals: Float32, dressed: list[Dressed], face: Float64) -> Obstacle:
    near = (np.abs(normals).sum(1) > 0.5) & (posed[:, 1] > face[1] - _HAIR_REACH)
    points, directions = [posed[near]], [normals[near]]
    for garment in dressed:
        high = garment.points[:, 1] > face[1] - _HAIR_REACH
        points.append(garment.points[high])
        directions.append(garment.normals[high])
    return Obstacle.of(np.concatenate(points), np.concatenate(directions))


def _skin(
    parts: StaticParts, spec: CharacterSpec, posed: Float32, normals: Float32, dressed: list[Dressed], role: Role
) -> Mesh:
    hidden = np.zeros(len(posed), bool)
    for garment in dressed:
        hidden |= garment.hidden
    base = parts.assets.base
    seen = parts.body_triangles & ~hidden[base.triangles].all(1)
    return corner_mesh("skin", base, posed, normals, seen, skin_material(parts, spec), role)


def _proxy_mesh(
    parts: StaticParts, name: str, body: Float32, matrices: Float64, chosen: Bool | None, material: Material, role: Role
) -> Mesh:
    proxy = parts.assets.proxy(name)
    points = skinned(proxy.fit(body), parts.weights(name), matrices)
    if chosen is None:
        chosen = np.ones(len(proxy.mesh.triangles), bool)
    normals = vertex_normals(points, proxy.mesh.triangles[chosen])
    return corner_mesh(name.split("/")[0], proxy.mesh, points, normals, chosen, material, role)


def _teeth(parts: StaticParts, body: Float32, matrices: Float64, role: Role) -> Mesh:
    enamel = Material(texture=np.array([[[226, 216, 200]]], np.uint8), roughness=0.25, subsurface=0.3)
    return _proxy_mesh(parts, _TEETH, body, matrices, None, enamel, role)
