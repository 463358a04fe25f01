"""Other people's faces as rigs: `python -m models.face import SOURCE --out rig.npz`; see docs/rigs.md."""
