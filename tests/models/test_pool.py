"""The pool of examples: what is put in comes out, at the tick it belongs to, whatever the look-ahead."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.corpus.clips import Clip, Corpus, take_clips
from models.corpus.phones import PHONE_INDEX, UNKNOWN_PHONE, Phone
from models.corpus.pool import Pool, PoolConfig, build_pool, has_pool
from models.corpus.takes import Take
from models.face.channels import CHANNEL_COUNT, channel_index
from models.ticks import TICK_SAMPLES

SECONDS = 4.0
JAW = channel_index("JawOpen")


def sound(seconds: float, seed: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(int(seconds * 16_000))).astype(np.float32)


def spoken() -> list[Phone]:
    edges = [0.0, 0.4, 1.0, 1.2, 1.8, 2.0]
    return [Phone(*span) for span in zip(edges, edges[1:], ("SIL", "AA", "M", "IY", "SIL"), strict=False)]


def corpus(real_share: float = 0.5) -> Corpus:
    motion = np.zeros((50, CHANNEL_COUNT), np.float32)
    motion[12:25, JAW] = 0.5
    pcm = sound(2.0, 1)
    take = Take("mine", pcm, [], motion, 25.0, ("JawOpen",))
    own = Clip(pcm.astype(np.float16), [], take)
    made = Clip(sound(2.0, 2).astype(np.float16), spoken())
    return Corpus([made], [own], real_share=real_share, seconds=SECONDS)


CONFIG = PoolConfig(examples=6, seconds=SECONDS, minutes=0, voices=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pool")
    assert not has_pool(path, CONFIG)
    build_pool(corpus(), CONFIG, path, workers=2)
    return path


def test_a_pool_knows_what_it_was_made_from(folder: Path) -> None:
    assert has_pool(folder, CONFIG)
    assert not has_pool(folder, PoolConfig(examples=7))


def test_targets_are_shifted_by_the_look_ahead_and_sound_is_not(folder: Path) -> None:
    pool = Pool(folder)
    dials = np.array([0, 2, 5, 5])
    batch = pool.batch(np.random.default_rng(0), 4, 60, dials)
    same = pool.batch(np.random.default_rng(0), 4, 60, np.array([5, 5, 5, 5]))
    torch.testing.assert_close(batch["mel"], same["mel"])
    for row, dial in enumerate(dials):
        later = 5 - int(dial)  # a longer look-ahead shows an earlier instant at the same tick
        torch.testing.assert_close(batch["motion"][row, : 60 - later], same["motion"][row, later:])
        torch.testing.assert_close(batch["cues"][row, : 60 - later], same["cues"][row, later:])


def test_examples_repeat_and_differ(folder: Path, tmp_path: Path) -> None:
    build_pool(corpus(), CONFIG, tmp_path, workers=1)
    first, again = Pool(folder).arrays, Pool(tmp_path).arrays
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not np.array_equal(first["mel"][0], first["mel"][1])


def test_an_example_tells_what_is_known() -> None:
    """A take without phones: only its measured channels are targets, and its phones are nobody's guess."""
    example = corpus(real_share=1.0).example(np.random.default_rng(4))
    inside = example.phone == UNKNOWN_PHONE
    assert inside.any()
    assert example.known[inside][:, JAW].all()
    assert not example.known[inside][:, channel_index("MouthPucker")].any()
    assert example.known[~inside].all()
    assert example.motion[inside, JAW].max() == pytest.approx(0.5, abs=0.05)
    assert len(example.audio) == len(example.motion) * TICK_SAMPLES


def test_phones_and_seals_lie_where_the_sound_is() -> None:
    example = corpus(real_share=0.0).example(np.random.default_rng(1))
    bilabial = example.phone == PHONE_INDEX["M"]
    assert bilabial.any()
    assert example.seal[bilabial].max() > 0.9
    vowel = example.phone == PHONE_INDEX["AA"]
    assert example.motion[vowel, JAW].max() > example.motion[bilabial, JAW].min()
    assert set(np.unique(example.phone)) <= {PHONE_INDEX[name] for name in ("SIL", "AA", "M", "IY")}


def test_targets_lie_under_their_sound() -> None:
    """A clip loud in its vowels alone: through rooms, lines and log-mel, the loud ticks are the vowels' ticks."""
    pcm, time = sound(2.0, 2), np.arange(2 * 16_000) / 16_000
    vowels = ((time >= 0.4) & (time < 1.0)) | ((time >= 1.2) & (time < 1.8))
    pcm[~vowels] *= 1e-3
    clip = Clip(pcm.astype(np.float16), spoken())
    made = Corpus([clip], [], real_share=0.0, seconds=SECONDS)
    lags = []
    for seed in range(12):
        example = made.example(np.random.default_rng(seed))
        said = np.isin(example.phone, [PHONE_INDEX["AA"], PHONE_INDEX["IY"]]).astype(float)
        if not said.any():
            continue  # an example of no speech
        power = np.square(example.audio.reshape(-1, TICK_SAMPLES)).mean(1)
        level = np.log(power + 1e-7)
        # phone n is the one at the end of tick n: the sound of tick n is half a tick earlier
        lags.append(max(range(-5, 6), key=lambda lag: np.corrcoef(level[10:-10], np.roll(said, lag)[10:-10])[0, 1]))
    assert len(lags) > 6
    assert abs(np.median(lags)) <= 1


def test_another_throat_keeps_motion_under_the_sound() -> None:
    motion = np.zeros((50, CHANNEL_COUNT), np.float32)
    motion[25:, JAW] = 0.5
    pcm = sound(2.0, 5) * 0.001
    time = np.arange(16_000) / 16_000
    pcm[16_000:] = 0.2 * np.sin(2 * np.pi * 130 * time) * (1 + np.sin(2 * np.pi * 390 * time))
    own, *others = take_clips([Take("mine", pcm.astype(np.float32), spoken(), motion, 25.0)], voices=3, seed=0)
    assert own.take is not None
    assert len(own.pcm) == len(pcm)
    for clip in others:
        assert clip.take is not None
        level = np.sqrt(np.convolve(np.square(clip.pcm.astype(np.float32)), np.full(320, 1 / 320), "same"))
        begins = np.argmax(level > 0.5 * np.percentile(level, 80)) / 16_000
        opens = np.argmax(clip.take.motion[:, JAW] > 0.25) / clip.take.fps
        assert begins == pytest.approx(opens, abs=0.03)
        assert clip.phones[1].start / own.phones[1].start == pytest.approx(own.take.fps / clip.take.fps)
