import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.corpus.__main__ import EXIT_SOME_FAILED, EXIT_UNUSABLE, main
from models.corpus.importers.sound_sync import SURE_R, estimate_sync
from models.corpus.phones import Phone
from models.corpus.take_check import check_folder, check_take
from models.corpus.takes import Take, save_take
from models.ticks import SAMPLE_RATE
from tests.models.importers.spoken import motion_of, sound_of, syllables

SECONDS = 30


def take(late_s: float = 0.0, seed: int = 0) -> Take:
    opening = syllables(SECONDS, seed)
    times = np.arange(SECONDS * 30) / 30
    return Take("mine", sound_of(opening, late_s), [], motion_of(opening, times), 30.0)


@pytest.mark.parametrize("late_s", [-0.3, -0.05, 0.0, 0.1, 0.4])
@pytest.mark.parametrize("seed", [0, 1])
def test_lateness_is_heard(late_s: float, seed: int) -> None:
    found = take(late_s, seed)
    sync = estimate_sync(found.pcm, found.motion, found.fps)
    assert sync.sure
    assert sync.late_s == pytest.approx(late_s, abs=0.0101)
    assert sync.r > 0.8


def test_nothing_is_sure_of_silence_noise_or_little_speech() -> None:
    whole = take()
    noise = np.random.default_rng(0).standard_normal(len(whole.pcm)).astype(np.float32) * 0.1
    assert not estimate_sync(np.zeros_like(whole.pcm), whole.motion, 30).sure
    assert not estimate_sync(noise, whole.motion, 30).sure
    assert not estimate_sync(whole.pcm, np.zeros_like(whole.motion), 30).sure
    assert not estimate_sync(whole.pcm[:80_000], whole.motion[:150], 30).sure


@pytest.mark.parametrize(("spoken_s", "sure"), [(3, False), (12, False), (28, True)])
def test_only_speech_counts_towards_being_sure(spoken_s: int, sure: bool) -> None:
    opening = syllables(SECONDS)
    opening[1000 * spoken_s :] = 0
    motion = motion_of(opening, np.arange(SECONDS * 30) / 30)
    pcm = sound_of(opening, late_s=0.1)
    sync = estimate_sync(pcm, motion, 30)
    assert sync.r > SURE_R
    assert sync.sure == sure
    assert not estimate_sync(pcm[: 15 * SAMPLE_RATE], motion, 30).sure


def test_a_good_take_passes() -> None:
    check = check_take(take())
    assert check.warnings == ()
    assert check.seconds == SECONDS
    assert check.range_mm > 8
    assert check.closed is None


@pytest.mark.parametrize(
    ("spoil", "warning"),
    [
        (lambda t: take(0.12), "120 ms late: delete this take, import again"),
        (lambda t: replace(take(0.12), sound_late_s=-0.2), "120 ms late: import again with --sound-late-ms -80"),
        (lambda t: replace(t, pcm=t.pcm * np.float32(1e-3)), "very quiet"),
        (lambda t: replace(t, pcm=np.clip(t.pcm * 20, -1, 1)), "clipped"),
        (lambda t: replace(t, motion=t.motion * np.float32(0.1)), "move by 1.* mm only"),
        (lambda t: replace(t, motion=t.motion[::-1].copy()), "hardly agree"),
        (lambda t: replace(t, motion=t.motion[::2], fps=15.0), "miss closures"),
        (lambda t: replace(t, phones=[Phone(k, k + 0.1, "M") for k in range(1, 25)]), "of p, b and m close"),
    ],
)
def test_what_is_wrong_is_said(spoil: Callable[[Take], Take], warning: str) -> None:

    found = check_take(spoil(take())).warnings
    assert any(re.search(warning, text) for text in found), found


def test_closures_are_counted_where_phones_are_known() -> None:
    whole = take()
    shut = np.flatnonzero(whole.motion[:, 17] == 0)[::20] / 30
    check = check_take(replace(whole, phones=[Phone(t - 0.02, t + 0.02, "P") for t in shut[1:-1].tolist()]))
    assert check.closed == 1


def test_the_command_tells_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == EXIT_UNUSABLE
    save_take(tmp_path / "mine.npz", take(0.12))
    assert main(["check", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "0.5 minutes" in told.out
    assert "120 ms late" in told.err
    (tmp_path / "words.npz").write_bytes(b"words")
    assert main(["check", str(tmp_path)]) == EXIT_SOME_FAILED
    assert len(check_folder(tmp_path).unreadable) == 1
