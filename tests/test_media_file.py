import wave
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from stream_engine.media_file import MediaFileError, SoundFile


def write(path: Path, sound: NDArray[np.float32], rate: int, *, codec: str, layout: str = "mono") -> Path:
    """Encodes sound `[C, N]`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        kind = stream.codec_context.format.name
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout=layout)
        frame.sample_rate = rate
        frame.pts = 0
        for converted in av.AudioResampler(format=kind, layout=layout, rate=rate).resample(frame):
            container.mux(stream.encode(converted))
        container.mux(stream.encode(None))
    return path


def heard(path: Path) -> tuple[NDArray[np.float32], int, int]:
    """All samples, their rate, and the media time at the end."""
    with SoundFile(path) as sound:
        chunks = list(sound.chunks())
        at = 0
        for chunk in chunks:
            assert chunk.media_time == at * 48_000 // chunk.sample_rate
            at += len(chunk.pcm)
        return np.concatenate([c.pcm for c in chunks]).astype(np.float32), chunks[0].sample_rate, sound.media_time


def tone(rate: int, seconds: float = 0.5) -> NDArray[np.float32]:
    return (0.4 * np.sin(2 * np.pi * 300 * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


@pytest.mark.parametrize(
    ("codec", "suffix", "rate", "atol"),
    [
        ("pcm_s16le", "wav", 16_000, 1e-3),
        ("pcm_u8", "wav", 8_000, 2e-2),
        ("pcm_s32le", "wav", 48_000, 1e-3),
        ("pcm_f32le", "wav", 44_100, 1e-6),
        ("flac", "flac", 22_050, 1e-3),
    ],
)
def test_every_sample_type_is_read(tmp_path: Path, codec: str, suffix: str, rate: int, atol: float) -> None:
    path = write(tmp_path / f"a.{suffix}", tone(rate)[None], rate, codec=codec)
    sound, found, end = heard(path)
    assert found == rate
    assert end == -(-len(tone(rate)) * 48_000 // rate)
    np.testing.assert_allclose(sound, tone(rate), atol=atol)


def test_compressed_sound_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ogg", tone(48_000)[None], 48_000, codec="libopus")
    sound, _, end = heard(path)
    assert abs(end - 24_000) <= 960
    assert 0.2 < np.sqrt(np.mean(sound**2)) < 0.35


@pytest.mark.parametrize("layout", ["stereo", "5.1", "quad"])
def test_channels_are_mixed_without_getting_louder(tmp_path: Path, layout: str) -> None:
    count = len(av.AudioLayout(layout).channels)
    path = write(tmp_path / "a.wav", np.tile(tone(48_000), (count, 1)), 48_000, codec="pcm_f32le", layout=layout)
    np.testing.assert_allclose(heard(path)[0], tone(48_000), atol=1e-5)


def test_the_centre_of_surround_sound_is_heard_best(tmp_path: Path) -> None:
    names = [channel.name for channel in av.AudioLayout("5.1").channels]
    levels = {}
    for name in names:
        sound = np.zeros((len(names), 4800), np.float32)
        sound[names.index(name)] = 0.5
        levels[name] = float(heard(write(tmp_path / "a.wav", sound, 48_000, codec="pcm_f32le", layout="5.1"))[0][100])
    assert levels["FC"] == max(levels.values())
    assert levels["LFE"] == 0


def test_a_videos_sound_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        assert isinstance(video, av.VideoStream)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=48_000)
        assert isinstance(audio, av.AudioStream)
        audio.layout = "mono"
        for _ in range(10):
            container.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        frame = av.AudioFrame.from_ndarray(tone(48_000)[None], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        frame.pts = 0
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
        container.mux(video.encode(None))
    sound, rate, _ = heard(path)
    assert rate == 48_000
    assert len(sound) >= 24_000


def _no_file(path: Path) -> None:
    return


def _text(path: Path) -> None:
    path.write_text("no sound at all, only words\n" * 50)


def _nothing(path: Path) -> None:
    path.touch()


def _header_alone(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)


def _video_alone(path: Path) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("mpeg4", rate=25)
        assert isinstance(video, av.VideoStream)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        container.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(video.encode(None))


def _telegraph(path: Path) -> None:
    write(path.with_suffix(".wav"), tone(4_000)[None], 4_000, codec="pcm_s16le").rename(path)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (_no_file, "no such file"),
        (_text, "cannot read"),
        (_nothing, "cannot read"),
        (_header_alone, "empty"),
        (_video_alone, "no sound"),
        (_telegraph, "sample rate 4000"),
        (_folder, "cannot read"),
    ],
)
def test_what_holds_no_voice_is_said(tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    path = tmp_path / "input"
    make(path)
    with pytest.raises(MediaFileError, match=message) as caught:
        heard(path)
    assert str(path) in str(caught.value)


def test_random_bytes_are_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(20):
        path = tmp_path / f"{k}.bin"
        path.write_bytes(rng.bytes(5000))
        with pytest.raises(MediaFileError, match="cannot read"):
            heard(path)
