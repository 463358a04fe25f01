from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from models.corpus.importers.errors import ImportingError
from models.corpus.importers.recorded_sound import read_sound
from models.ticks import SAMPLE_RATE
from tests.models.importers.spoken import sound_of, syllables, write_wav

SPOKEN = sound_of(syllables(3.0))


def at_rate(rate: int) -> NDArray[np.float32]:
    times = np.arange(int(len(SPOKEN) / SAMPLE_RATE * rate)) / rate
    return np.interp(times, np.arange(len(SPOKEN)) / SAMPLE_RATE, SPOKEN).astype(np.float32)


def encode(path: Path, codec: str, rate: int, *, layout: str = "mono", pictures_at: float | None = None) -> Path:
    """The sound in a container; with pictures, 10 a second, the first at `pictures_at` seconds."""
    pcm = at_rate(rate)
    with av.open(str(path), "w") as container:
        video = None
        if pictures_at is not None:
            video = container.add_stream("mpeg4", rate=10)
            video.width = video.height = 16
        audio = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(audio, av.AudioStream)
        if codec != "flac":
            audio.bit_rate = 128_000
        if video is not None:
            for k in range(20):
                picture = av.VideoFrame(16, 16, "yuv420p")
                picture.pts = k + round(10 * (pictures_at or 0))
                container.mux(video.encode(picture))
            container.mux(video.encode(None))
        resampler = av.AudioResampler(
            format=audio.format, layout=layout, rate=rate, frame_size=audio.frame_size or 1024
        )
        planes = np.repeat(pcm[None], 2 if layout == "stereo" else 1, axis=0)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), "fltp", layout)
        frame.sample_rate, frame.pts = rate, 0
        for out in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(audio.encode(out))
        container.mux(audio.encode(None))
    return path


def delay_ms(heard: NDArray[np.float32]) -> float:
    """By how much the envelope of what was heard follows what was spoken."""
    n = min(len(heard), len(SPOKEN))
    envelopes = [np.convolve(np.abs(x[:n]), np.ones(160) / 160, "same") for x in (heard, SPOKEN)]
    spectra = [np.fft.rfft(e - e.mean(), 2 * n) for e in envelopes]
    lag = int(np.argmax(np.fft.irfft(spectra[0] * spectra[1].conj())))
    return 1000 * (lag if lag < n else lag - 2 * n) / SAMPLE_RATE


@pytest.mark.parametrize(
    ("name", "codec", "rate", "layout"),
    [
        ("a.flac", "flac", 44_100, "stereo"),
        ("a.m4a", "aac", 44_100, "mono"),
        ("a.mov", "aac", 48_000, "stereo"),
        ("a.mp3", "libmp3lame", 44_100, "stereo"),
        ("a.webm", "libopus", 48_000, "mono"),
    ],
)
def test_any_container_gives_the_sound_when_it_was(
    tmp_path: Path, name: str, codec: str, rate: int, layout: str
) -> None:
    sound = read_sound(encode(tmp_path / name, codec, rate, layout=layout))
    assert sound.pcm.dtype == np.float32
    assert len(sound.pcm) == pytest.approx(3 * SAMPLE_RATE, abs=0.08 * SAMPLE_RATE)
    assert abs(delay_ms(sound.pcm)) < 2
    assert np.sqrt(np.mean(sound.pcm**2)) == pytest.approx(
        np.sqrt(np.mean(SPOKEN**2)), rel=0.3
    )  # codecs take from noise
    assert sound.timecode is None
    assert sound.picture_rate is None


@pytest.mark.parametrize("late_s", [0.0, 0.5])
def test_sound_begins_with_the_first_picture(tmp_path: Path, late_s: float) -> None:
    sound = read_sound(encode(tmp_path / "a.mov", "aac", 48_000, pictures_at=late_s))
    assert sound.picture_rate == 10
    assert delay_ms(np.pad(sound.pcm, (round(late_s * SAMPLE_RATE), 0))) == pytest.approx(0, abs=2)


def test_a_wave_file_is_read_as_it_is(tmp_path: Path) -> None:
    sound = read_sound(write_wav(tmp_path / "a.wav", SPOKEN))
    np.testing.assert_allclose(sound.pcm, SPOKEN, atol=1e-4)


def test_what_has_no_sound_is_said(tmp_path: Path) -> None:
    with pytest.raises(ImportingError, match="no such file"):
        read_sound(tmp_path / "none.wav")
    (tmp_path / "words.wav").write_text("words " * 100)
    with pytest.raises(ImportingError, match="cannot be read"):
        read_sound(tmp_path / "words.wav")
    with pytest.raises(ImportingError, match="is empty"):
        read_sound(write_wav(tmp_path / "empty.wav", np.zeros(0, np.float32)))
    with av.open(str(tmp_path / "silent.mp4"), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width = video.height = 16
        container.mux(video.encode(av.VideoFrame(16, 16, "yuv420p")))
        container.mux(video.encode(None))
    with pytest.raises(ImportingError, match="has no sound"):
        read_sound(tmp_path / "silent.mp4")
