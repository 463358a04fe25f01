from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from models.corpus.__main__ import EXIT_SOME_FAILED, EXIT_UNUSABLE, main
from models.corpus.importers.errors import ImportingError
from models.corpus.importers.live_link import find_recordings, import_live_link
from models.corpus.importers.live_link_csv import read_live_link_csv
from models.corpus.importers.timecode import RATES
from models.corpus.takes import load_take
from models.face.channels import CHANNELS, channel_index
from models.ticks import SAMPLE_RATE
from stream_engine.animate import main as animate
from tests.models.importers.spoken import (
    JAW,
    codes_of,
    drop_frame_codes,
    motion_of,
    sound_of,
    syllables,
    write_csv,
    write_wav,
)

SECONDS = 4
OPENING = syllables(SECONDS)
TIMES = np.arange(SECONDS * 60) / 60
MOTION = motion_of(OPENING, TIMES)


def recording(folder: Path, name: str = "MySlate_1_iPhone", **changes: object) -> Path:
    """A take of four seconds at 60 frames a second in a folder of its own; returns its CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(folder / f"{name}.wav", sound_of(OPENING))
    return write_csv(folder / f"{name}.csv", codes_of(range(len(TIMES)), 60, 0.318), MOTION, **changes)  # type: ignore[arg-type]


def test_a_take_of_the_app_imports_as_it_is(tmp_path: Path) -> None:
    recording(tmp_path / "20260101_MySlate_1")
    (found,) = find_recordings(tmp_path)
    assert found.name == "20260101_MySlate_1-MySlate_1_iPhone"
    imported = import_live_link(found)
    (take,) = imported.takes
    assert take.fps == 60
    assert take.measured == CHANNELS
    assert take.phones == []
    assert len(take.pcm) == SECONDS * SAMPLE_RATE
    np.testing.assert_allclose(take.motion, MOTION, atol=1e-5)
    assert imported.kept == pytest.approx(SECONDS)
    assert imported.sync.r_as_is > 0.8
    assert (imported.moved_s, imported.moved_by, imported.notes) == (0, "nothing", ())


def test_what_our_recorder_writes_comes_back(tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "speech.wav", sound_of(OPENING))
    assert animate([str(sound), "--seed", "3"]) == 0
    written = np.loadtxt(tmp_path / "speech.csv", delimiter=",", skiprows=1, usecols=range(2, 63), dtype=np.float32)
    assert main(["import", "live-link", str(tmp_path / "speech.csv"), "--out", str(tmp_path / "takes")]) == 0
    take = load_take(tmp_path / "takes" / "speech.npz")
    assert take.fps == 50
    np.testing.assert_allclose(take.motion, written, atol=1e-5)
    np.testing.assert_allclose(take.pcm, sound_of(OPENING), atol=1e-4)


def test_names_may_be_in_any_case_and_order(tmp_path: Path) -> None:
    names = CHANNELS[::-1]
    recording(tmp_path, names=names, titles=tuple(name[0].lower() + name[1:] for name in names))
    (take,) = import_live_link(find_recordings(tmp_path)[0]).takes
    np.testing.assert_allclose(take.motion, MOTION, atol=1e-5)
    short = tuple(n.removesuffix("Left") + "_L" if n in ("MouthSmileLeft", "EyeBlinkLeft") else n for n in CHANNELS)
    assert read_live_link_csv(recording(tmp_path, titles=short)).measured == CHANNELS


def test_channels_the_app_did_not_write_yet_are_not_measured(tmp_path: Path) -> None:
    names = tuple(n for n in CHANNELS if n != "TongueOut" and not n.endswith(("Yaw", "Pitch", "Roll")))
    imported = import_live_link(find_recordings(recording(tmp_path, names=names))[0])
    assert imported.takes[0].measured == names
    assert "without TongueOut, HeadYaw" in imported.notes[0]
    with pytest.raises(ImportingError, match="lacks JawOpen, MouthPucker"):
        read_live_link_csv(recording(tmp_path, names=tuple(n for n in CHANNELS if n not in ("JawOpen", "MouthPucker"))))


def test_the_calibrated_file_is_taken(tmp_path: Path) -> None:
    recording(tmp_path, "A_1_iPhone_raw")
    (tmp_path / "A_1_iPhone_raw.wav").rename(tmp_path / "A_1_iPhone.wav")
    calibrated = MOTION.copy()
    calibrated[:, JAW] = 3 * calibrated[:, JAW] - 0.1  # calibration carries values a little beyond 0..1
    write_csv(tmp_path / "A_1_iPhone_cal.csv", codes_of(range(len(TIMES))), calibrated)
    write_csv(tmp_path / "A_1_iPhone_neutral.csv", codes_of(range(len(TIMES))), MOTION)
    (tmp_path / "frame_log.csv").write_text("V,0,1,60,00:00:00:00\n")
    (found,) = find_recordings(tmp_path)
    assert found.name == "A_1_iPhone"
    assert found.csv.name == "A_1_iPhone_cal.csv"
    imported = import_live_link(found)
    np.testing.assert_allclose(imported.takes[0].motion[:, JAW], np.clip(calibrated[:, JAW], 0, 1), atol=1e-5)
    assert any("clipped" in note for note in imported.notes)


def test_short_gaps_are_bridged_and_long_ones_cut(tmp_path: Path) -> None:
    seen = np.r_[0:70, 73:150, 160:165, 175:240]  # 3 frames lost; 10 lost; 5 seen; 10 lost
    csv = write_csv(tmp_path / "a.csv", codes_of(seen), MOTION[seen])
    write_wav(tmp_path / "a.wav", sound_of(OPENING))
    imported = import_live_link(find_recordings(csv)[0])
    assert [take.name for take in imported.takes] == ["a.1", "a.2"]
    assert [len(take.motion) for take in imported.takes] == [150, 65]
    assert imported.kept == pytest.approx(215 / 60, abs=1e-4)
    assert imported.notes == ("1 short gaps bridged", "cut at 1 long gaps")
    first, second = imported.takes
    bridged = np.linspace(MOTION[69, JAW], MOTION[73, JAW], 5)
    np.testing.assert_allclose(first.motion[69:74, JAW], bridged, atol=1e-5)
    np.testing.assert_allclose(second.motion, MOTION[175:], atol=1e-5)
    np.testing.assert_allclose(second.pcm, sound_of(OPENING)[round(175 / 60 * SAMPLE_RATE) :], atol=1e-4)


def test_rows_without_a_face_are_gaps(tmp_path: Path) -> None:
    motion = MOTION.copy()
    motion[100:130] = np.nan
    csv = write_csv(tmp_path / "a.csv", codes_of(range(len(motion))), motion)
    write_wav(tmp_path / "a.wav", sound_of(OPENING))
    imported = import_live_link(find_recordings(csv)[0])
    assert [len(take.motion) for take in imported.takes] == [100, 110]
    assert "30 rows without a face" in imported.notes
    motion[:60] = np.nan  # sound and rows begin together, not sound and face
    write_csv(csv, codes_of(range(len(motion))), motion)
    (take,) = import_live_link(find_recordings(csv)[0]).takes
    np.testing.assert_allclose(take.motion, motion[130:], atol=1e-5)
    np.testing.assert_allclose(take.pcm[:8000], sound_of(OPENING)[round(130 / 60 * SAMPLE_RATE) :][:8000], atol=1e-4)


def test_drop_frame_timecode_keeps_sound_and_motion_together(tmp_path: Path) -> None:
    count = 70 * 30
    times = np.arange(count) * 1.001 / 30
    opening = syllables(71)
    csv = write_csv(tmp_path / "a.csv", drop_frame_codes(count, 30), motion_of(opening, times))
    write_wav(tmp_path / "a.wav", sound_of(opening))
    imported = import_live_link(find_recordings(csv)[0])
    (take,) = imported.takes
    assert take.fps == pytest.approx(30 / 1.001)
    np.testing.assert_allclose(take.motion[:, JAW], motion_of(opening, times)[:, JAW], atol=1e-4)
    assert imported.sync.late_s == 0


def test_two_captures_with_one_number_are_spread(tmp_path: Path) -> None:
    codes = [code for code in codes_of(range(SECONDS * 30), 30) for _ in range(2)]
    rows = read_live_link_csv(write_csv(tmp_path / "a.csv", codes, motion_of(OPENING, TIMES)))
    np.testing.assert_allclose(rows.times - rows.times[0], TIMES, atol=1e-6)


def test_late_sound_is_found_and_moved_if_there_is_enough_of_it(tmp_path: Path) -> None:
    opening = syllables(30)
    times = np.arange(29 * 60) / 60
    csv = write_csv(tmp_path / "a.csv", codes_of(range(len(times))), motion_of(opening, times))
    write_wav(tmp_path / "a.wav", sound_of(opening, late_s=0.12))
    imported = import_live_link(find_recordings(csv)[0])
    assert imported.moved_by == "estimate"
    assert imported.moved_s == pytest.approx(0.12, abs=0.011)
    assert imported.laid_r > 0.8
    assert imported.better_moved_s is None
    first = round(imported.moved_s * SAMPLE_RATE)
    np.testing.assert_allclose(imported.takes[0].pcm[:8000], sound_of(opening, 0.12)[first:][:8000], atol=1e-4)
    told = import_live_link(find_recordings(csv)[0], sound_late_s=-0.5)
    assert (told.moved_s, told.moved_by) == (-0.5, "--sound-late-ms")
    np.testing.assert_allclose(told.takes[0].motion[0, JAW], motion_of(opening, times)[30, JAW], atol=1e-5)


def test_a_video_with_timecode_says_where_its_sound_belongs(tmp_path: Path) -> None:
    csv = write_csv(tmp_path / "a.csv", codes_of(range(30, len(TIMES)), 60, begin_s=3600), MOTION[30:])
    write_mov(tmp_path / "a.mov", sound_of(OPENING), "01:00:00:00")
    imported = import_live_link(find_recordings(csv)[0])
    assert imported.moved_by == "timecode"
    assert imported.moved_s == pytest.approx(0.5)
    np.testing.assert_allclose(imported.takes[0].motion[0], MOTION[30], atol=1e-5)
    assert imported.sync.r_as_is > 0.8


@pytest.mark.parametrize(("nominal", "pictures"), [(30, 30), (60, 60), (60, 30)])
def test_what_counts_30_at_29_97_is_laid_and_timed_by_its_picture(tmp_path: Path, nominal: int, pictures: int) -> None:
    seconds = 40
    opening = syllables(seconds)
    times = np.arange(int(seconds * nominal / 1.001)) * 1.001 / nominal
    codes = codes_of(range(len(times)), nominal, begin_s=36_000)
    csv = write_csv(tmp_path / "a.csv", codes, motion_of(opening, times))
    write_mov(tmp_path / "a.mov", sound_of(opening), "10:00:00:00", Fraction(1000 * pictures, 1001))
    imported = import_live_link(find_recordings(csv)[0])
    assert (imported.moved_s, imported.moved_by) == (0, "timecode")
    assert imported.sync.late_s == 0
    (take,) = imported.takes
    assert take.fps == pytest.approx(nominal / 1.001)
    np.testing.assert_allclose(take.motion[-90:, JAW], motion_of(opening, times)[-90:, JAW], atol=1e-4)
    assert imported.notes == (f"timecode read as {'29.97' if nominal == 30 else '59.94'}, the rate of the picture",)
    told = import_live_link(find_recordings(csv)[0], timecode_rate=RATES[str(nominal)])
    assert (told.moved_s, told.takes[0].fps, told.notes) == (0, nominal, ())


def test_a_timecode_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    csv = write_csv(tmp_path / "a.csv", codes_of(range(len(TIMES)), 60, begin_s=3600), MOTION)
    write_mov(tmp_path / "a.mov", sound_of(OPENING), "02:00:00:00")
    imported = import_live_link(find_recordings(csv)[0])
    assert (imported.moved_s, imported.moved_by) == (0, "nothing")
    assert imported.notes == ("timecodes not used: by them the motion begins at -3600.0 s of the sound, outside it",)


def write_mov(path: Path, pcm: np.ndarray, timecode: str, pictures: int | Fraction = 60) -> None:
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=pictures)
        video.width = video.height = 16
        video.metadata["timecode"] = timecode
        audio = container.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        for _ in range(int(len(pcm) * pictures / SAMPLE_RATE)):
            container.mux(video.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray((pcm * 32767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate = SAMPLE_RATE
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def test_a_short_take_needs_its_rate(tmp_path: Path) -> None:
    csv = write_csv(tmp_path / "a.csv", codes_of(range(60)), MOTION[:60])
    with pytest.raises(ImportingError, match="give --timecode-rate"):
        read_live_link_csv(csv)
    assert len(read_live_link_csv(csv, RATES["60"]).times) == 60


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column Timecode"),
        ("Timecode,JawOpen\n", "lacks JawForward"),
        (f"Timecode,BlendShapeCount,{','.join(CHANNELS)}\n", "0 rows show a face"),
        (f"Timecode,{','.join(CHANNELS)},jawopen\n", "JawOpen twice"),
        (f"Timecode,BlendShapeCount,{','.join(CHANNELS)}\n00:00:00:00.0,61{',x' * 61}\n", "line 2.*repair"),
        (f"Timecode,BlendShapeCount,{','.join(CHANNELS)}\nnow,61{',0' * 61}\n", "line 2.*no timecode"),
    ],
)
def test_files_that_cannot_be_read_are_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ImportingError, match=message):
        read_live_link_csv(tmp_path / "a.csv")


def test_wrong_units_are_said(tmp_path: Path) -> None:
    percent, degrees = MOTION.copy(), MOTION.copy()
    percent[:, JAW] *= 100
    degrees[:, channel_index("HeadYaw")] *= 180 / np.pi
    with pytest.raises(ImportingError, match=r"JawOpen reaches .*divide percentages"):
        read_live_link_csv(write_csv(tmp_path / "a.csv", codes_of(range(len(TIMES))), percent))
    with pytest.raises(ImportingError, match=r"HeadYaw reaches .*radians"):
        read_live_link_csv(write_csv(tmp_path / "a.csv", codes_of(range(len(TIMES))), degrees))


def test_sound_is_looked_for_and_never_guessed(tmp_path: Path) -> None:
    csv = recording(tmp_path)
    (tmp_path / "MySlate_1_iPhone.wav").rename(tmp_path / "other.wav")
    assert import_live_link(find_recordings(csv)[0]).kept == SECONDS  # the only sound of the only take
    write_wav(tmp_path / "another.wav", sound_of(OPENING))
    with pytest.raises(ImportingError, match=r"another\.wav, other\.wav could be its sound"):
        import_live_link(find_recordings(csv)[0])
    recording(tmp_path, "MySlate_2_iPhone")
    with pytest.raises(ImportingError, match="no sound or video of that name"):
        import_live_link(find_recordings(csv)[0])
    with pytest.raises(ImportingError, match="2 recordings"):
        find_recordings(tmp_path, tmp_path / "other.wav")
    with pytest.raises(ImportingError, match="was over before"):
        import_live_link(find_recordings(csv, tmp_path / "other.wav")[0], sound_late_s=60)


def test_the_command_leaves_out_what_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording(tmp_path / "one")
    recording(tmp_path / "two")
    (tmp_path / "two" / "MySlate_1_iPhone.wav").write_bytes(b"words")
    out = tmp_path / "takes"
    assert main(["import", "live-link", str(tmp_path), "--out", str(out)]) == EXIT_SOME_FAILED
    assert [file.name for file in out.iterdir()] == ["one-MySlate_1_iPhone.npz"]
    told = capsys.readouterr().err
    assert "1 take, 4.0 of 4.0 s at 60 frames a second" in told
    assert "convert its sound to WAV" in told
    assert main(["import", "live-link", str(tmp_path / "none"), "--out", str(out)]) == EXIT_UNUSABLE
    assert main(["import", "live-link", str(tmp_path / "two"), "--out", str(out)]) == EXIT_UNUSABLE


def test_importing_again_replaces_what_was_made_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = np.r_[0:100, 120:240]
    csv = write_csv(tmp_path / "a.csv", codes_of(seen), MOTION[seen])
    write_wav(tmp_path / "a.wav", sound_of(OPENING))
    out = tmp_path / "takes"
    command = ["import", "live-link", str(csv), "--out", str(out)]
    assert main(command) == 0
    assert sorted(file.name for file in out.iterdir()) == ["a.1.npz", "a.2.npz"]
    write_csv(csv, codes_of(range(len(TIMES))), MOTION)
    assert main(command) == 0
    assert [file.name for file in out.iterdir()] == ["a.npz"]
    assert "1 take in place of 2 made before" in capsys.readouterr().err
    (tmp_path / "a.csv").rename(tmp_path / "a_cal.csv")  # the same recording, calibrated since
    assert main(["import", "live-link", str(tmp_path / "a_cal.csv"), "--out", str(out)]) == 0
    assert "1 take in place of 1 made before" in capsys.readouterr().err


def test_takes_of_other_recordings_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "takes"
    recording(tmp_path / "mon", "talk.2")
    monday = recording(tmp_path / "mon", "talk")
    assert main(["import", "live-link", str(monday.parent), "--out", str(out)]) == 0
    assert main(["import", "live-link", str(monday), "--out", str(out)]) == 0
    assert sorted(file.name for file in out.iterdir()) == ["talk.2.npz", "talk.npz"]

    before = {file: file.read_bytes() for file in out.iterdir()}
    tuesday = recording(tmp_path / "tue", "talk")
    capsys.readouterr()
    assert main(["import", "live-link", str(tuesday), "--out", str(out)]) == EXIT_UNUSABLE
    assert f"talk.npz was made of {monday}; give another --out, rename" in capsys.readouterr().err
    seen = np.r_[0:100, 120:240]
    cut = write_csv(tmp_path / "tue" / "talk.csv", codes_of(seen), MOTION[seen])
    (out / "talk.npz").rename(out / "mon.npz")
    assert main(["import", "live-link", str(cut), "--out", str(out)]) == EXIT_UNUSABLE
    assert "talk.2.npz was made of" in capsys.readouterr().err
    assert [file.read_bytes() for file in sorted(out.iterdir())] == [
        before[out / "talk.npz"],
        before[out / "talk.2.npz"],
    ]


def test_the_lag_told_leads_to_where_none_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opening = syllables(30)
    times = np.arange(29 * 60) / 60
    csv = write_csv(tmp_path / "a.csv", codes_of(range(len(times))), motion_of(opening, times))
    write_wav(tmp_path / "a.wav", sound_of(opening, late_s=0.12))
    out = str(tmp_path / "takes")
    command = ["import", "live-link", str(csv), "--out", out, "--sound-late-ms"]
    assert main([*command, "50"]) == 0
    assert main(["check", out]) == 0
    told = capsys.readouterr().err
    assert "sound moved +50 ms by --sound-late-ms" in told
    assert "if imported again with --sound-late-ms 120\n" in told
    assert "70 ms late: import again with --sound-late-ms 120\n" in told
    assert main([*command, "120"]) == 0
    assert main(["check", out]) == 0
    assert "again" not in capsys.readouterr().err
