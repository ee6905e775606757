"""Reading MakeHuman's CC0 assets: base mesh, morph targets, rig, clothes, poses and expressions.

None of them is part of this package. ``--assets`` names a folder, or a ``.tar.xz`` of one, that holds
``base/base.obj``, ``targets/``, ``rigs/``, ``clothes/`` and so on. Where they come from, all CC0 1.0:

* ``makehuman-assets`` (https://github.com/makehumancommunity/makehuman-assets): ``base``, ``targets``, ``clothes``,
  ``hair``, ``eyebrows``, ``eyelashes``, ``eyes``, ``teeth``, ``poses``, ``expressions``;
* ``makehuman`` (https://github.com/makehumancommunity/makehuman), folder ``data``: ``rigs``, ``poseunits``;
* ``mpfb2`` (https://github.com/makehumancommunity/mpfb2), folder ``data``: ``scalp_and_lips`` (its vertex and face
  lists), and the masks in ``textures``.

MakeHuman's and MPFB's program code is not used. Lengths in these files are decimetres.
"""
