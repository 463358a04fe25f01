"""Which recording a file name asks for."""

from pathlib import Path
from typing import Final

from models.face.head_rig import HEADS, head_path
from stream_engine.stage.gltf_recording import GltfRecording
from stream_engine.stage.live_link_csv import LiveLinkCsv
from stream_engine.stage.recording import Recording, RecordingError

FACES: Final[dict[str, Path]] = {name: head_path(name) for name in HEADS}
"""The built-in faces by name."""
DEFAULT_FACE: Final = HEADS[0]


def recording_for(out: Path, face: str | None, sound: str, sound_rate: int) -> Recording:
    """The recording a file's suffix names: `.csv` or `.glb`.

    Args:
        out: the file to write.
        face: for `.glb`, one of `FACES` or path of a binary glTF; None for the default.
        sound: name of the sound, for `.glb`.
        sound_rate: its samples per second.

    Raises:
        RecordingError: another suffix, a face that is no file, or a face for a file that shows none.
    """
    kind = out.suffix.lower()
    if kind == ".csv":
        if face is not None:
            raise RecordingError(f"{out} holds channels and no face; leave out --face, or write a .glb")
        return LiveLinkCsv(out)
    if kind == ".glb":
        path = FACES.get(face or DEFAULT_FACE) or Path(face or "")
        if not path.is_file():
            raise RecordingError(f"there is no face {face}; name a GLB file, or one of: {', '.join(FACES)}")
        if path.resolve() == out.resolve():
            raise RecordingError(f"{out} would overwrite the face; give another --out")
        return GltfRecording(out, path, sound=sound, sound_rate=sound_rate)
    raise RecordingError(f"cannot write {out}: a take is a .csv (Live Link Face) or a .glb (animated glTF)")
