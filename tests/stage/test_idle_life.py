"""Idle life by its statistics, over ten simulated minutes, and its seams: no jump where it takes over or gives back."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from models.face.channels import BLENDSHAPE_COUNT, CHANNEL_COUNT, channel_index, channel_indices
from models.face.head_rig import load_head
from stream_engine.engine.sleep import DOZE_TICKS
from stream_engine.stage.idle_life import SACCADE_S, SACCADE_S_PER_DEGREE, IdleLife
from stream_engine.stage.sleep_fade import SleepFade

MINUTES = 10
TICKS = MINUTES * 3000
HEAD = channel_indices(("HeadYaw", "HeadPitch", "HeadRoll"))
BLINK = channel_index("EyeBlinkLeft")

Frames = NDArray[np.float32]


def live(seed: int = 0, ticks: int = TICKS, rate: float = 16) -> Frames:
    life = IdleLife(seed)
    life.blinks_per_minute = rate
    return np.stack([life.frame(n) for n in range(ticks)])


@pytest.fixture(scope="module")
def frames() -> Frames:
    return live()


def gaze_of(frames: Frames) -> NDArray[np.float64]:
    """Where the eyes look in the world, degrees `[T, 2]`."""
    turned = frames[:, channel_indices(("LeftEyeYaw", "LeftEyePitch"))] + frames[:, HEAD[:2]]
    return np.rad2deg(turned.astype(np.float64))


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and one past the last of each run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(int)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def test_blinks_are_as_often_as_asked_with_log_normal_gaps(frames: Frames) -> None:
    begun = np.array([first for first, _ in runs(frames[:, BLINK] > 0.5)])
    assert 15 <= len(begun) / MINUTES <= 20
    gaps = np.log(np.diff(begun) * 0.02)
    assert 0.35 < gaps.std() < 0.65
    assert abs(((gaps - gaps.mean()) ** 3).mean() / gaps.std() ** 3) < 0.6


@pytest.mark.parametrize(("rate", "tolerance"), [(0, 0), (8, 0.15), (30, 0.15), (60, 0.2)])
def test_the_blink_rate_is_the_styles(rate: float, tolerance: float) -> None:
    lids = live(seed=2, rate=rate)[:, BLINK]
    assert len(runs(lids > 0.5)) / MINUTES == pytest.approx(rate, rel=tolerance)


@pytest.mark.parametrize(("rate", "gap_s"), [(16, 0.6), (30, 0.6), (60, 0.5)])
def test_no_blink_breaks_off_another(rate: float, gap_s: float) -> None:
    lids = live(seed=3, rate=rate)[:, BLINK]
    assert np.diff(lids).min() > -0.35
    starts = np.array([first for first, _ in runs(lids > 0.05)])
    assert np.diff(starts).min() * 0.02 >= gap_s - 0.02


@pytest.mark.parametrize("seed", range(3))
def test_a_changed_rate_of_blinks_is_felt_at_once(seed: int) -> None:
    life = IdleLife(seed)
    life.blinks_per_minute = 0
    before = [life.frame(n)[BLINK] for n in range(3000)]
    assert max(before) < 0.05
    life.blinks_per_minute = 30
    lids = np.array([life.frame(n)[BLINK] for n in range(3000, 3300)])
    assert len(runs(lids > 0.5)) >= 1


def test_a_slider_on_its_way_does_not_put_blinks_off() -> None:
    life, lids = IdleLife(1), []
    for n in range(3000):
        life.blinks_per_minute = 30 + n % 2
        lids.append(life.frame(n)[BLINK])
    assert 20 <= len(runs(np.array(lids) > 0.5)) <= 42


def test_lids_close_fast_and_open_slowly(frames: Frames) -> None:
    lids = frames[:, BLINK]
    closings, openings = [], []
    for first, end in runs(lids > 0.05):
        top = first + int(lids[first:end].argmax())
        assert lids[top] > 0.95
        closings.append((top - first + 1) * 20)
        openings.append((end - top) * 20)
    assert 70 <= np.mean(closings) <= 130  # the frame that is shut may be the second of those shut
    assert 150 <= np.mean(openings) <= 270


def test_fixations_last_and_mostly_rest_on_the_listener(frames: Frames) -> None:
    gaze = gaze_of(frames)
    moved = np.hypot(*np.diff(gaze, axis=0).T)
    jumps = runs(moved > 0.25)
    sizes = [float(np.hypot(*(gaze[end] - gaze[first]))) for first, end in jumps]
    large = [(first, end) for (first, end), size in zip(jumps, sizes, strict=True) if size > 0.8]
    fixations = np.array([after[0] - before[1] for before, after in pairwise(large)]) * 0.02
    assert ((fixations > 0.25) & (fixations < 3.1)).all()
    assert 0.7 < fixations.mean() < 1.6
    on_listener = float((np.hypot(*gaze.T) < 3).mean())
    assert 0.6 < on_listener < 0.8
    assert np.hypot(*gaze.T).max() < 16


def test_micro_saccades_come_once_or_twice_a_second_and_are_small(frames: Frames) -> None:
    gaze = gaze_of(frames)
    moved = np.hypot(*np.diff(gaze, axis=0).T)
    jumps = runs(moved > 0.03)
    sizes = np.array([float(np.hypot(*(gaze[end] - gaze[first]))) for first, end in jumps])
    assert 0.7 < (sizes < 1).sum() / (MINUTES * 60) < 2


def test_saccades_take_their_time(frames: Frames) -> None:
    gaze = gaze_of(frames)
    for first, end in runs(np.hypot(*np.diff(gaze, axis=0).T) > 0.25):
        degrees = float(np.hypot(*(gaze[end] - gaze[first])))
        wanted_s = SACCADE_S + SACCADE_S_PER_DEGREE * degrees
        assert (end - first) * 0.02 <= wanted_s + 0.04


def test_the_head_is_calm_and_never_still(frames: Frames) -> None:
    head = np.rad2deg(frames[:, HEAD].astype(np.float64))
    assert (np.abs(head) < 10).all()
    assert (head.std(0) > 0.15).all()
    velocity = np.diff(head, axis=0) * 50
    assert np.abs(velocity).max() < 12
    assert np.abs(np.diff(velocity, axis=0)).max() < 1.5  # degrees a second, from one frame to the next
    spectrum = np.abs(np.fft.rfft(head - head.mean(0), axis=0)) ** 2
    slow = np.fft.rfftfreq(len(head), 0.02) < 2
    assert (spectrum[slow].sum(0) / spectrum.sum(0) > 0.99).all()
    still = np.abs(np.diff(head, axis=0)).max(1) < 1e-5
    assert max((end - first for first, end in runs(still)), default=0) < 3


def test_it_breathes_twelve_to_eighteen_times_a_minute(frames: Frames) -> None:
    nostrils = frames[:, channel_index("NoseSneerLeft")]
    breaths = len(runs(nostrils > 0.01)) / MINUTES
    assert 12 <= breaths <= 18


def test_eyes_stay_on_target_while_the_head_drifts(frames: Frames) -> None:
    gaze = gaze_of(frames)
    moved = np.hypot(*np.diff(gaze, axis=0).T)
    assert np.median(moved) < 1e-4
    assert np.abs(np.diff(np.rad2deg(frames[:, HEAD[0]]))).mean() > 1e-3


def test_lips_stay_together_and_shapes_in_range(frames: Frames) -> None:
    assert load_head().lip_gap(frames[::50]).max() == 0
    assert frames[:, :BLENDSHAPE_COUNT].min() >= 0
    assert frames[:, :BLENDSHAPE_COUNT].max() <= 1


def test_an_idle_mouth_is_closed_whatever_was_said_last() -> None:
    said = np.zeros(CHANNEL_COUNT, np.float32)
    said[channel_indices(("JawOpen", "MouthFunnel", "MouthUpperUpLeft"))] = (0.2, 0.3, 0.2)
    life = IdleLife(0)
    life.begin(0, said, said)
    gaps = load_head().signed_gaps(np.stack([life.frame(n) for n in range(500)]))
    assert gaps.mean(1).max() < 0


def test_a_seed_repeats_and_another_differs() -> None:
    one, again, other = live(1, 500), live(1, 500), live(2, 500)
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01


def test_instants_left_out_are_lived_through() -> None:
    whole, sparse = IdleLife(3), IdleLife(3)
    for n in range(40):
        shown = whole.frame(n)
    np.testing.assert_array_equal(sparse.frame(39), shown)


def network_face(n: int) -> Frames:
    """A smooth face that moves on, with a gaze and a turn of its own."""
    face = np.zeros(CHANNEL_COUNT, np.float32)
    face[HEAD] = 0.1 * np.sin(n / 40 + np.arange(3))
    face[channel_indices(("LeftEyeYaw", "RightEyeYaw"))] = 0.05 - face[HEAD[0]]
    face[channel_indices(("MouthSmileLeft", "MouthSmileRight"))] = 0.06 + 0.02 * np.sin(n / 60)
    face[channel_index("BrowInnerUp")] = 0.1 + 0.1 * np.sin(n / 50)
    return face


@pytest.mark.parametrize("seed", range(4))
def test_the_fades_have_no_jump(seed: int) -> None:
    fade = SleepFade(seed)
    shown = []
    held = network_face(0)
    for n in range(1500):
        asleep = 300 <= n < 900 or 1000 <= n < 1100
        if not asleep or (n - 300 if n < 900 else n - 1000) < DOZE_TICKS:
            held = network_face(n)
        shown.append(fade.frame(held, n, asleep=asleep))
        if not asleep and n % 300 > 270:
            assert shown[-1] is held
    frames = np.stack(shown)
    speed = np.diff(frames[:, [*HEAD, channel_index("BrowInnerUp")]].astype(np.float64), axis=0) * 50
    assert np.rad2deg(np.abs(speed[:, :3])).max() < 60
    assert np.rad2deg(np.abs(np.diff(speed[:, :3], axis=0))).max() < 12
    assert np.abs(np.diff(frames[:, channel_index("MouthSmileLeft")])).max() < 0.03


def test_a_mouth_that_wakes_has_the_network_at_once() -> None:
    fade = SleepFade(0)
    for n in range(400):
        fade.frame(network_face(n), n, asleep=n >= 200)
    talking = network_face(400)
    talking[channel_index("JawOpen")] = 0.5
    jaw = [float(fade.frame(talking, 400 + k, asleep=False)[channel_index("JawOpen")]) for k in range(2)]
    assert jaw[0] >= 0.25
    assert jaw[1] == 0.5
