import importlib.util
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from models.corpus.__main__ import EXIT_UNUSABLE, main
from models.corpus.importers.detect_landmarks import DetectorError, detect
from models.corpus.importers.errors import ImportingError
from models.corpus.importers.landmark_file import FITTED, LandmarkTrack, load_landmarks, save_landmarks
from models.corpus.importers.pieces import even_pieces, frame_rate
from models.corpus.importers.sound_sync import opening_mm
from models.corpus.importers.video import import_track
from models.corpus.take_check import check_take
from models.corpus.takes import load_take
from models.measured_data import DataMissingError, measured
from models.ticks import SAMPLE_RATE
from tests.models.importers.spoken import write_wav

FPS = 25
SENTENCES = 8
POSTER = Path(__file__).resolve().parents[3] / "clients" / "web" / "public" / "looks" / "mira.webp"


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> tuple[LandmarkTrack, Path]:
    """Eight sentences of the real talker's training half as a tracker would have seen them in a row, with sound."""
    try:
        folder = measured("grid_s1")
    except DataMissingError as error:
        pytest.skip(str(error))
    archive = np.load(folder / "train.npz")
    delta = archive["landmarks_delta"][:, :, :SENTENCES]
    fractions = delta.cumsum(-1, dtype=np.int32) / archive["scale"]  # [N, 3, sentence, frame]
    points = np.moveaxis(fractions, (2, 3, 0, 1), (0, 1, 2, 3)) * np.array([360, 288, 360])
    points = points.reshape(-1, *points.shape[2:]).astype(np.float32)
    track = LandmarkTrack(points, archive["landmark_index"].astype(np.int64), np.arange(len(points)) / FPS)
    pcm = np.zeros((SENTENCES, 3 * SAMPLE_RATE), np.float32)
    for row, name in zip(pcm, archive["names"], strict=False):
        heard, _ = soundfile.read(folder / "audio" / f"{name}.flac", dtype="float32")
        row[: min(len(heard), len(row))] = heard[: len(row)]
    return track, write_wav(tmp_path_factory.mktemp("sound") / "talk.wav", pcm.reshape(-1))


def gap_of(track: LandmarkTrack) -> np.ndarray:
    """Distance of the inner lips' middles over that of the outer eye corners."""
    row = {int(landmark): i for i, landmark in enumerate(track.landmark_index)}
    middle, eyes = (track.points[:, row[a], :2] - track.points[:, row[b], :2] for a, b in ((13, 14), (33, 263)))
    return np.asarray(np.linalg.norm(middle, axis=1) / np.linalg.norm(eyes, axis=1))


@pytest.mark.data
def test_a_tracked_face_becomes_a_take(talker: tuple[LandmarkTrack, Path], tmp_path: Path) -> None:
    track, sound = talker
    assert set(track.landmark_index.tolist()) == FITTED
    save_landmarks(tmp_path / "talk.landmarks.npz", track)
    command = ["import", "landmarks", str(tmp_path / "talk.landmarks.npz"), "--sound", str(sound)]
    assert main([*command, "--out", str(tmp_path / "takes")]) == 0
    take = load_take(tmp_path / "takes" / "talk.npz")
    assert take.fps == FPS
    assert take.seconds == pytest.approx(3 * SENTENCES, abs=0.05)
    assert "TongueOut" not in take.measured
    assert "JawOpen" in take.measured
    assert np.corrcoef(opening_mm(take.motion), gap_of(track))[0, 1] > 0.95
    check = check_take(take)
    assert check.warnings == ()
    assert check.sync.r_as_is > 0.4


@pytest.mark.data
def test_pictures_without_a_face_are_gaps(talker: tuple[LandmarkTrack, Path]) -> None:
    track, sound = talker
    lost = track.points.copy()
    lost[100:102] = np.nan
    lost[300:320] = np.nan
    imported = import_track("talk", replace(track, points=lost), sound)
    assert [len(take.motion) for take in imported.takes] == [300, 280]
    assert imported.kept == pytest.approx(580 / FPS, abs=0.01)
    assert imported.seconds == pytest.approx(600 / FPS)
    assert "22 pictures without a face" in imported.notes
    assert {"1 short gaps bridged", "cut at 1 long gaps"} <= set(imported.notes)
    second = imported.takes[1]
    assert np.corrcoef(opening_mm(second.motion), gap_of(track)[320:])[0, 1] > 0.95
    whole, _ = soundfile.read(sound, dtype="float32")
    np.testing.assert_allclose(second.pcm, whole[320 * SAMPLE_RATE // FPS :], atol=1e-3)


@pytest.mark.data
def test_a_face_never_seen_or_landmarks_too_few_are_said(talker: tuple[LandmarkTrack, Path]) -> None:
    track, sound = talker
    with pytest.raises(ImportingError, match="never in view"):
        import_track("talk", replace(track, points=np.full_like(track.points, np.nan)), sound)
    few = LandmarkTrack(track.points[:, :10], track.landmark_index[:10], track.times)
    with pytest.raises(ImportingError, match="talk: "):
        import_track("talk", few, sound)


def test_a_landmark_file_comes_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    track = LandmarkTrack(rng.standard_normal((5, 3, 3)).astype(np.float32), np.array([1, 2, 9]), np.arange(5) / 30)
    save_landmarks(tmp_path / "a.npz", track)
    again = load_landmarks(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.points, track.points)
    np.testing.assert_array_equal(again.landmark_index, track.landmark_index)
    np.testing.assert_array_equal(again.times, track.times)


def test_only_landmarks_the_fit_was_made_for_are_used() -> None:
    track = LandmarkTrack(np.zeros((5, 478, 3), np.float32), np.arange(478), np.arange(5) / 30)
    fitted = track.fitted()
    assert set(fitted.landmark_index.tolist()) == FITTED
    assert fitted.points.shape == (5, 193, 3)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "is no landmark file"),
        ({"points": np.zeros((2, 3)), "landmark_index": np.arange(3), "times": np.arange(2)}, "must be"),
        ({"points": np.zeros((2, 4, 3)), "landmark_index": np.arange(3), "times": np.arange(2)}, "must be"),
        ({"points": np.zeros((2, 3, 3)), "landmark_index": np.arange(3), "times": np.zeros(2)}, "must rise"),
    ],
)
def test_files_that_are_none_are_said(
    tmp_path: Path, arrays: dict[str, np.ndarray], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.npz"
    np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy's stubs take keywords for flags
    with pytest.raises(ImportingError, match=message):
        load_landmarks(file)
    file.write_bytes(b"words")
    with pytest.raises(ImportingError, match="is no landmark file"):
        load_landmarks(file)
    with pytest.raises(ImportingError, match="no such file"):
        load_landmarks(tmp_path / "b.npz")
    assert main(["import", "landmarks", str(file), "--out", str(tmp_path / "takes")]) == EXIT_UNUSABLE
    assert "--sound" in capsys.readouterr().err


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 30 / 1.001, 60.0, 17.3])
def test_the_rate_is_the_cameras_whatever_jitters_and_is_lost(fps: float) -> None:
    rng = np.random.default_rng(0)
    times = np.round(np.arange(400) / fps, 3)
    assert frame_rate(times[rng.random(400) > 0.1]) == pytest.approx(fps, rel=2e-3)


def test_uneven_frames_are_laid_on_an_even_grid() -> None:
    rng = np.random.default_rng(0)
    times = np.sort(np.arange(300) / 30 + rng.uniform(-0.01, 0.01, 300))
    found = even_pieces(times, np.sin(times)[:, None].astype(np.float32))
    (piece,) = found.pieces
    assert found.fps == pytest.approx(30, rel=0.02)
    grid = piece.start + np.arange(len(piece.values)) / found.fps
    np.testing.assert_allclose(piece.values[:, 0], np.sin(grid), atol=1e-3)


def video_of(path: Path, pictures: list[np.ndarray]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.bit_rate = 4_000_000
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.skipif(importlib.util.find_spec("mediapipe") is None, reason="MediaPipe is not installed (extra video)")
def test_a_face_is_found_where_there_is_one(tmp_path: Path) -> None:
    face = np.array(Image.open(POSTER).convert("RGB"))[:640, :540]
    found = detect(video_of(tmp_path / "a.mp4", [face] * 6 + [np.zeros_like(face)] * 12 + [face] * 6))
    seen = np.isfinite(found["points"]).all((1, 2))
    assert seen[:6].all()
    assert seen[-4:].all()
    assert not seen[8:18].any()
    np.testing.assert_allclose(found["times"], np.arange(24) / 30, atol=1e-3)
    row = found["points"][0]
    assert row[10, 1] < row[1, 1] < row[13, 1] < row[152, 1]  # forehead, nose, lip, chin: downwards
    assert row[33, 0] < row[263, 0]  # the character's right eye is on the left of the picture
    mirrored = detect(tmp_path / "a.mp4", mirrored=True)["points"][0]
    assert mirrored[33, 0] < mirrored[263, 0]
    np.testing.assert_allclose(mirrored[1, 0], face.shape[1] - row[1, 0], atol=6)


@pytest.mark.skipif(importlib.util.find_spec("mediapipe") is not None, reason="MediaPipe is installed")
def test_without_mediapipe_the_way_out_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    video = video_of(tmp_path / "a.mp4", [np.zeros((64, 64, 3), np.uint8)])
    with pytest.raises(DetectorError, match="uv run models/corpus/importers/detect_landmarks"):
        detect(video)
    assert main(["import", "video", str(video), "--out", str(tmp_path / "takes")]) == EXIT_UNUSABLE
    assert "extra `video`" in capsys.readouterr().err
    assert main(["import", "video", str(video), str(video), "--out", str(tmp_path / "takes")]) == EXIT_UNUSABLE
    assert "several recordings are called a" in capsys.readouterr().err
