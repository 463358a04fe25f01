from pathlib import Path

import numpy as np
import pytest

from models.corpus.articulation import GAP_MM_AT_AY, REST_RIG_GAP_MM, SEALED_GAP, gap_coefficients
from models.corpus.own_takes import measured_closures, own_motion, own_takes
from models.corpus.phones import Phone
from models.corpus.takes import Take, TakeError, save_take
from models.face.channels import CHANNEL_COUNT, channel_index

FPS = 60.0


def take(phones: list[Phone] | None = None) -> Take:
    """Three seconds of an open mouth that shuts for 100 ms at 1 s, nearly shuts at 1.5 s, and rests from 2 s on."""
    times = np.arange(180) / FPS
    jaw = np.full(180, 0.3, np.float32)
    jaw[np.abs(times - 1.0) < 0.05] = 0.02
    jaw[np.abs(times - 1.5) < 0.05] = 0.12
    jaw[times > 2] = 0.02
    motion = np.zeros((180, CHANNEL_COUNT), np.float32)
    motion[:, channel_index("JawOpen")] = jaw
    return Take("mine", np.zeros(48_000, np.float32), phones or [], motion, FPS)


def test_a_moment_shut_is_a_closure_and_a_rest_is_none() -> None:
    ((start, end),) = measured_closures(take())
    assert start == pytest.approx(0.965, abs=0.01)  # the first and the last frame of it that are shut
    assert end == pytest.approx(1.035, abs=0.01)
    still = take()
    still.motion[:] = 0
    assert measured_closures(still) == []


def test_a_closure_is_sealed_and_all_else_stays_as_measured() -> None:
    times = np.arange(0, 2.9, 0.02, dtype=np.float32)
    motion, seal = own_motion(take(), times)
    gap = motion @ gap_coefficients() + REST_RIG_GAP_MM
    closed = np.abs(times - 1.0) < 0.03
    np.testing.assert_allclose(gap[closed], GAP_MM_AT_AY * SEALED_GAP, atol=0.05)
    assert seal[closed].min() == 1
    away = np.abs(times - 1.0) > 0.11
    assert seal[away].max() == 0
    assert motion[away][:, channel_index("MouthClose")].max() == 0
    np.testing.assert_allclose(motion[times < 0.8, channel_index("JawOpen")], 0.3, atol=1e-4)
    assert 0 <= motion.min() <= motion.max() <= 1


def test_a_folder_of_takes_is_read(tmp_path: Path) -> None:
    with pytest.raises(TakeError, match="holds no takes"):
        own_takes(tmp_path)
    for name in ("b", "a"):
        save_take(tmp_path / f"{name}.npz", take())
    assert len(own_takes(tmp_path)) == 2
