"""The built-in head: sculpted by code from a distance field, with ARKit's 52 morphs. `python -m models.face build`.

Everything here is in millimetres, +Y up, +Z out of the face, +X the character's left, origin between the ears at eye
height. Building needs scipy; the result, `head.glb`, is committed, and reading it needs numpy alone.
"""
