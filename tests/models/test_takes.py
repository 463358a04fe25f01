"""Takes: what they refuse, and that a file keeps them."""

from pathlib import Path

import numpy as np
import pytest

from models.corpus.phones import Phone
from models.corpus.takes import Take, TakeError, load_take, save_take, source_of
from models.face.channels import CHANNEL_COUNT


def _take(**changes: object) -> Take:
    parts: dict[str, object] = {
        "name": "hello",
        "pcm": np.linspace(-1, 1, 16000, dtype=np.float32),
        "phones": [Phone(0.1, 0.2, "HH"), Phone(0.2, 0.4, "AH")],
        "motion": np.full((25, CHANNEL_COUNT), 0.25, np.float32),
        "fps": 29.97,
        "measured": ("JawOpen", "MouthPucker"),
    }
    return Take(**(parts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("phones", [[Phone(0.1, 0.2, "HH"), Phone(0.2, 0.4, "AH")], []])
def test_a_file_keeps_a_take(tmp_path: Path, phones: list[Phone]) -> None:
    take = _take(phones=phones)
    save_take(tmp_path / "hello.npz", take)
    back = load_take(tmp_path / "hello.npz")
    assert (back.name, back.phones, back.fps, back.measured) == (take.name, phones, 29.97, take.measured)
    assert back.pcm.dtype == np.float32
    assert np.array_equal(back.pcm, take.pcm)
    assert np.array_equal(back.motion, take.motion)
    assert back.seconds == pytest.approx(25 / 29.97)
    assert np.isnan(back.sound_late_s)


def test_a_file_says_where_its_take_came_from(tmp_path: Path) -> None:
    file = tmp_path / "hello.npz"
    take = _take(sound_late_s=-0.08, source="/mon/talk.mp4")
    save_take(file, take)
    assert load_take(file).sound_late_s == -0.08
    assert load_take(file).source == source_of(file) == "/mon/talk.mp4"
    assert take.digest == _take().digest

    with np.load(file) as data:  # as files were before they said it
        np.savez(file, **{name: data[name] for name in data if name not in ("sound_late_s", "source")})
    old = load_take(file)
    assert np.isnan(old.sound_late_s)
    assert old.source == source_of(file) == ""
    assert old.digest == take.digest
    file.write_bytes(b"")
    assert source_of(file) == ""
    with pytest.raises(TakeError, match="import the recording again"):
        load_take(file)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"pcm": np.zeros((2, 100), np.float32)}, "16 kHz"),
        ({"pcm": np.zeros(100, np.float64)}, "16 kHz"),
        ({"motion": np.zeros((5, 52), np.float32)}, "61"),
        ({"motion": np.full((5, CHANNEL_COUNT), np.nan, np.float32)}, "no numbers"),
        ({"fps": 0.0}, "camera"),
        ({"measured": ("jawOpen",)}, "jawOpen"),
        ({"phones": [Phone(0, 1, "XX")]}, "XX"),
    ],
)
def test_what_would_poison_a_training_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(TakeError, match=says):
        _take(**changes)


def test_a_file_that_holds_no_take_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no take"):
        load_take(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("no")
    with pytest.raises(TakeError, match="import the recording again"):
        load_take(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", a=1)
    with pytest.raises(TakeError, match="holds no take"):
        load_take(tmp_path / "other.npz")
