"""The life benchmark: sentences with pauses, and figures that know their ranges."""

import numpy as np

from benchmarks.life import clip_cues, mean_figures, outside, process, rest, talk
from benchmarks.lip_clips import Clip, Group


def sentence(name: str) -> Clip:
    hum = (0.1 * np.sin(np.arange(16_000) / 16_000 * 2 * np.pi * 120)).astype(np.float32)
    phones = ((0.0, 200.0, "SIL"), (200.0, 300.0, "T"), (300.0, 800.0, "AA"), (800.0, 1000.0, "SIL"))
    return Clip(name, Group.GRID_VAL, hum, phones)


def test_talk_is_sentences_without_their_own_silence() -> None:
    clip = talk([sentence(f"s{i}") for i in range(50)], 10.0)
    assert 10 <= len(clip.audio) / 16_000 < 12.2
    ends, starts = [end for _, end, _ in clip.phones[1:-1:2]], [start for start, _, _ in clip.phones[2::2]]
    pauses = {round((start - end) / 1000, 1) for start, end in zip(starts, ends, strict=True)}
    assert pauses == {0.3, 0.6, 1.5}
    speaking = clip_cues(clip)[:, 0]
    assert speaking[5] == 1
    assert np.ptp(speaking) == 1


def test_the_face_lives_within_its_ranges() -> None:
    quiet = rest(60.0)
    cues = clip_cues(quiet)
    assert not cues.any()
    still = mean_figures(process(cues, range(6)), cues)
    spoken = talk([sentence(f"s{i}") for i in range(80)], 60.0)
    heard = clip_cues(spoken)
    moved = mean_figures(process(heard, range(6)), heard)
    found = outside({"rest": still, "talk": moved})
    # a hum on one vowel has no accents for brows to follow
    assert set(found) <= {"talk brows.on_accent"}, found
