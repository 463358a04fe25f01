"""A studio carried to everyone's desk: rooms, microphones, noise, other voices, codecs, networks, levels.

Sound keeps its length and its time to the sample, so whatever is known of the mouth stays true. The voice itself is
changed in `models.corpus.revoicing`, before this and rarely, because it may stretch time.
"""

import numpy as np

from models.corpus.coding import amr, mp3, opus, telephone, with_losses
from models.corpus.microphones import automatic_gain, drifting, equalised, gated
from models.corpus.music import music
from models.corpus.noises import coloured_noise, knocks
from models.corpus.revoicing import whisper
from models.corpus.rooms import in_a_room
from models.corpus.sound import Samples, at_level, rms


def degrade(pcm: Samples, babble: Samples | None, rng: np.random.Generator) -> Samples:
    """A take as a real microphone in a real room would deliver it, at −45 to −10 dBFS.

    Each step is as rare as it is dear; four seconds take about 15 ms. One take in ten stays as clean as it was.

    Args:
        pcm: clean sound, 16 kHz.
        babble: other voices one after another, of any length, or None.
        rng: source of every choice.

    Returns:
        As many samples, undelayed, in -1..1.
    """
    if rng.random() < 0.04:
        pcm = whisper(pcm, rng)
    if rng.random() > 0.1:
        if rng.random() < 0.4:
            pcm = in_a_room(pcm, rng)
        if rng.random() < 0.6:
            pcm = equalised(pcm, rng)
        pcm = _among_sounds(pcm, babble, rng)
        if rng.random() < 0.12:
            pcm = automatic_gain(pcm, rng)
        if rng.random() < 0.1:
            pcm = gated(pcm, rng)
        if rng.random() < 0.1:
            pcm = drifting(pcm, rng)
        pcm = _transmitted(pcm, rng)
    pcm = at_level(pcm, rng.uniform(-45, -10))
    if rng.random() < 0.05:
        pcm = pcm * rng.uniform(2, 6)
    return np.clip(pcm, -1, 1).astype(np.float32)


def _among_sounds(pcm: Samples, babble: Samples | None, rng: np.random.Generator) -> Samples:
    """Puts noise, and sometimes voices, music or knocks, beside a voice."""
    level, count = rms(pcm), len(pcm)
    mixed = pcm + coloured_noise(count, rng) * (level * 10 ** (-rng.uniform(5, 55) / 20))
    if babble is not None and rng.random() < 0.22:
        talkers = int(rng.choice([1, 3, 4, 6, 8]))
        crowd = np.zeros(count, np.float32)
        for _ in range(talkers):
            start = int(rng.integers(len(babble)))
            voice = np.resize(np.concatenate([babble[start : start + count], babble[: max(0, start + count)]]), count)
            crowd += voice * np.float32(rng.uniform(0.3, 1))
        # One other talker is followed as gladly as the first unless he is clearly farther away.
        mixed = mixed + crowd * (level / rms(crowd) * 10 ** (-rng.uniform(15 if talkers == 1 else 5, 28) / 20))
    if rng.random() < 0.08:
        mixed = mixed + music(count, rng) * (level * 10 ** (-rng.uniform(3, 30) / 20))
    if rng.random() < 0.08:
        mixed = mixed + knocks(count, rng) * (level * 10 ** (-rng.uniform(3, 30) / 20))
    return np.asarray(mixed, np.float32)


def _transmitted(pcm: Samples, rng: np.random.Generator) -> Samples:
    """Sends one take in four through a line, a codec or a network that loses packets."""
    way = rng.random()
    if way < 0.24:
        pcm = at_level(pcm, rng.uniform(-40, -16))  # codecs hear absolute levels
    if way < 0.12:
        pcm = opus(pcm, int(rng.integers(6_000, 24_001)))
    elif way < 0.19:
        pcm = telephone(pcm)
    elif way < 0.21:
        pcm = mp3(pcm, int(rng.choice([16_000, 24_000, 32_000, 40_000, 64_000])))
    elif way < 0.22:
        pcm = amr(pcm, int(rng.choice([4750, 5900, 7400, 12200])))
    if rng.random() < 0.06 or 0.22 <= way < 0.24:
        pcm = with_losses(pcm, rng)
    return pcm
