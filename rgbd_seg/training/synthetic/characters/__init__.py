"""People: every choice in a :class:`CharacterSpec`, built into meshes and strands from MakeHuman's assets.

Character coordinates: metres, x to the character's left, y up, z where the character faces; feet on y = 0.
"""
