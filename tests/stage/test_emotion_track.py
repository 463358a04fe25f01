"""Tracks of emotions: two kinds of file, one meaning, and words for what is wrong in them."""

from pathlib import Path

import pytest

from stream_engine.stage.emotion_track import EmotionCue, EmotionTrackError, read_emotion_track
from stream_engine.stage.style import Style

CSV = "time_s,emotion,intensity\n4,neutral,\n0, joy,0.6\n2.5,surprise,1\n"
JSON = """[{"time_s": 0, "emotion": "joy", "intensity": 0.6}, {"time_s": 4, "emotion": "neutral"},
 {"time_s": 2.5, "emotion": "surprise", "intensity": 1}]"""


def written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_both_kinds_of_file_are_read_in_order_of_time(tmp_path: Path) -> None:
    cues = (EmotionCue(0, "joy", 0.6), EmotionCue(2.5, "surprise", 1), EmotionCue(4, "neutral", 0.7))
    assert read_emotion_track(written(tmp_path / "track.csv", CSV)) == cues
    assert read_emotion_track(written(tmp_path / "track.JSON", JSON)) == cues
    assert read_emotion_track(written(tmp_path / "excel.csv", "\ufeff" + CSV)) == cues
    assert cues[0].put_on(Style(mouth_gain=2)) == Style(mouth_gain=2, emotion="joy", intensity=0.6)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("t.csv", "when,what\n0,joy\n", "must name the columns"),
        ("t.csv", "time_s,emotion\n0,envy\n", "cue 1: emotion 'envy' is none of neutral, joy"),
        ("t.csv", "time_s,emotion\nsoon,joy\n", "cue 1: time_s 'soon' is no number"),
        ("t.csv", "time_s,emotion,intensity\n0,joy,1\n1,joy,1.5\n", "cue 2: intensity 1.5 is not within"),
        ("t.csv", "time_s,emotion\n-1,joy\n", "before the sound"),
        ("t.csv", "time_s,emotion\n0,joy,1\n", "unknown field"),
        ("t.json", "{}", "expected a list of objects"),
        ("t.json", "[1]", "expected a list of objects"),
        ("t.json", "[", "t.json: Expecting value"),
        ("t.json", '[{"time_s": true, "emotion": "joy"}]', "time_s True is no number"),
        ("t.json", '[{"time_s": NaN, "emotion": "joy"}]', "is no number"),
        ("t.json", '[{"time": 1, "emotion": "joy"}]', "unknown field time"),
        ("t.txt", CSV, "a .json or a .csv"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(EmotionTrackError, match=told):
        read_emotion_track(written(tmp_path / name, text))


def test_a_track_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmotionTrackError, match="No such file"):
        read_emotion_track(tmp_path / "none.csv")
