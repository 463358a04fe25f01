"""Offline, through the same code: a file streamed through ear, batch and stage into a recording.

python -m stream_engine animate speech.wav --out take.csv
python -m stream_engine animate speech.wav --out take.glb --face mira
"""

import argparse
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stream_engine.clock import MEDIA_RATE, MODEL_RATE, TICK_MEDIA, TICK_MS, TICK_SAMPLES, Clock, SystemClock
from stream_engine.ear.ear import Ear
from stream_engine.ear.tick import AudioTick
from stream_engine.engine import EngineError, SlotOutput, SlotTiming
from stream_engine.engine.backend import BACKENDS, DEFAULT_MODEL
from stream_engine.engine.backend_choice import load_backend
from stream_engine.engine.batch import BatchCore, WaitingTick
from stream_engine.frames import AudioChunk, MotionFrame
from stream_engine.media_file import MediaFileError, SoundFile
from stream_engine.stage.emotion_track import EmotionCue, EmotionTrackError, read_emotion_track
from stream_engine.stage.recording import Recording, RecordingError
from stream_engine.stage.recording_choice import DEFAULT_FACE, FACES, recording_for
from stream_engine.stage.stage import Stage
from stream_engine.stage.style import Style
from stream_engine.stage.style_arguments import add_style_arguments, style_of

EXIT_UNUSABLE: Final = 2
"""Exit code for input that cannot be read, output that cannot be written, an engine that cannot start."""
_NO_TIMING: Final = SlotTiming(0.0, 0.0, 0.0, 0.0)


class _Counted:
    """Chunks, and where their sound has ended so far (media time, rounded up)."""

    def __init__(self, chunks: Iterable[AudioChunk]) -> None:
        self._chunks = chunks
        self._seen = 0
        self.end = 0

    @property
    def is_first(self) -> bool:
        return self._seen == 1

    def __iter__(self) -> Iterator[AudioChunk]:
        for chunk in self._chunks:
            self._seen += 1
            self.end = max(self.end, chunk.media_time + -(-len(chunk.pcm) * MEDIA_RATE // chunk.sample_rate))
            yield chunk


class _DirectedStage:
    """A stage whose face is told what to feel on the way.

    Args:
        style: to begin with.
        cues: in order of time.
    """

    def __init__(self, style: Style, cues: Sequence[EmotionCue]) -> None:
        self._cues = deque(cues)
        self._style = self._due(0.0, style)
        self._stage = Stage(self._style)

    def frame(self, output: SlotOutput) -> MotionFrame | None:
        """The frame a tick gave; None for warm-up."""
        instant_s = (output.tick_index + 1 - output.look_ahead_ticks) * TICK_MS / 1000
        style = self._due(instant_s, self._style)
        if style is not self._style:
            self._style = style
            self._stage.restyle(style)
        return self._stage.frame(output, speaking=False)

    def _due(self, now_s: float, style: Style) -> Style:
        while self._cues and self._cues[0].time_s <= now_s:
            style = self._cues.popleft().put_on(style)
        return style


class Animator:
    """Streams finished sound through the batch core the live worker runs, in this process.

    Args:
        backend: one of `engine.backend.BACKENDS`.
        model: name of a network in `models/zoo`, or path of its weights.
        slots: seeds at a time.
        threads: for the arithmetic; 0 uses half the cores.
        clock: for the core's timings.

    Raises:
        EngineStartError: the network cannot be loaded.
    """

    def __init__(
        self,
        backend: str = BACKENDS[0],
        model: str = DEFAULT_MODEL,
        *,
        slots: int = 1,
        threads: int = 0,
        clock: Clock | None = None,
    ) -> None:
        self._slots = slots
        # Voice activity decides turns, which a recording has none of; it never touches motion.
        self._core = BatchCore(load_backend(backend, model, slots=slots, threads=threads), None, clock or SystemClock())
        self._lives = 0

    def frames(
        self,
        chunks: Iterable[AudioChunk],
        *,
        seeds: Sequence[int] = (0,),
        look_ahead_ticks: int = 3,
        style: Style | None = None,
        emotions: Sequence[EmotionCue] = (),
    ) -> Iterator[tuple[MotionFrame, ...]]:
        """Streams sound from a fresh state; the end is flushed with silence.

        Args:
            chunks: one voice, its media time from 0.
            seeds: one slot each, stepped as one batch.
            look_ahead_ticks: 0..5.
            style: how the face moves; None leaves it to the network.
            emotions: what it feels from when on, in order of time.

        Yields:
            For each instant one frame per seed. A clip of d ms gives ceil(d / 20) instants from media time 0. (With a
            look-ahead of 0, instant 0 is before the first tick's end: a tick of silence is heard before it.)

        Raises:
            ValueError: more seeds than slots, or a look-ahead that cannot be.
        """
        if not 0 < len(seeds) <= self._slots:
            raise ValueError(f"{len(seeds)} seeds for {self._slots} slots")
        if look_ahead_ticks not in self._core.facts.look_ahead_ticks:
            raise ValueError(f"look-ahead of {look_ahead_ticks * TICK_MS} ms is none of the model's settings")
        self._lives += 1
        for row, seed in enumerate(seeds):
            self._core.open(
                row,
                epoch=self._lives,
                look_ahead=look_ahead_ticks,
                seed=seed,
                blinks_per_minute=(style or Style()).blinks_per_minute,
            )
        counted = _Counted(chunks)
        stages = [_DirectedStage(style or Style(), emotions) for _ in seeds]
        held: tuple[MotionFrame, ...] | None = None
        # With a look-ahead of 0 the last tick shows the instant at which the sound is over: known only afterwards.
        for instant in self._instants(counted, stages, look_ahead_ticks):
            if held:
                yield held
            held = instant
        if held and held[0].media_time < counted.end:
            yield held

    def _instants(
        self, chunks: "_Counted", stages: list["_DirectedStage"], look_ahead_ticks: int
    ) -> Iterator[tuple[MotionFrame, ...]]:
        ear = Ear()
        for chunk in chunks:
            ticks = ear.push(chunk)
            if look_ahead_ticks == 0 and chunks.is_first:
                ticks.insert(0, _silent_tick(-1))
            for tick in ticks:
                yield from self._tick(tick, stages)
        last_instant = -(-chunks.end // TICK_MEDIA) - 1
        last_tick = last_instant + look_ahead_ticks - 1
        tail = ear.flush()
        next_tick = tail[-1].index + 1 if tail else ear.next_tick
        tail += [_silent_tick(n) for n in range(next_tick, last_tick + 1)]
        for tick in tail:
            if tick.index <= last_tick:
                yield from self._tick(tick, stages)

    def _tick(self, tick: AudioTick, stages: list["_DirectedStage"]) -> Iterator[tuple[MotionFrame, ...]]:
        for row in range(len(stages)):
            self._core.push(row, self._lives, WaitingTick(tick.index, 0.0, 0.0, tick.samples))
        result = self._core.step()
        if result is None or len(result.rows) != len(stages):
            detail = "; ".join(failure.detail for failure in self._core.take_failures())
            raise EngineError(f"the network failed at {tick.index * TICK_MS} ms: {detail}")
        frames = []
        for row, stage in enumerate(stages):
            output = SlotOutput(
                channels=result.channels[row],
                tick_index=tick.index,
                look_ahead_ticks=int(result.look_ahead[row]),
                fresh=bool(result.fresh[row]),
                vad=(),
                timing=_NO_TIMING,
            )
            if frame := stage.frame(output):
                frames.append(frame)
        if frames:
            yield tuple(frames)


def animate_samples(
    pcm: NDArray[np.float32],
    *,
    seeds: Sequence[int] = (0,),
    look_ahead_ticks: int = 3,
    animator: Animator | None = None,
) -> NDArray[np.float32]:
    """Motion of a clip; see `Animator.frames`.

    Args:
        pcm: `[N]` at 16 kHz, -1..1; N is not 0.
        seeds: one take each.
        look_ahead_ticks: 0..5.
        animator: to use again over many clips; None makes one.

    Returns:
        `[seeds, ceil(N / 320), 61]`; row k shows k · 20 ms.

    Raises:
        ValueError: there is no sound, or as `Animator.frames` says.
    """
    if not len(pcm):
        raise ValueError("there is no sound to animate")
    animator = animator or Animator(slots=len(seeds))
    chunks = [AudioChunk(pcm[at : at + MODEL_RATE], MODEL_RATE, at * 3) for at in range(0, len(pcm), MODEL_RATE)]
    frames = animator.frames(chunks, seeds=seeds, look_ahead_ticks=look_ahead_ticks)
    rows = [np.stack([frame.channels for frame in instant]) for instant in frames]
    return np.stack(rows, axis=1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `animate`."""
    parser.add_argument("input", type=Path, metavar="FILE", help="sound or video file, anything FFmpeg reads")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="TAKE",
        help="what to write: .csv as Live Link Face does, or .glb, an animated glTF (default: FILE with .csv)",
    )
    parser.add_argument(
        "--face",
        metavar="NAME",
        help=f"face of a .glb take: {', '.join(FACES)}, or path of a GLB with ARKit morphs (default: {DEFAULT_FACE})",
    )
    parser.add_argument(
        "--look-ahead-ms",
        type=int,
        default=60,
        choices=range(0, 101, 20),
        metavar="MS",
        help="how far the face hears ahead: 0 to 100 in steps of 20 (default: 60)",
    )
    parser.add_argument(
        "--seed", type=_seed, default=0, metavar="N", help="of the liveliness that is not in the sound (default: 0)"
    )
    add_style_arguments(parser)
    parser.add_argument(
        "--emotions",
        type=Path,
        metavar="TRACK",
        help="feelings over time: a .json or .csv with time_s, emotion and intensity",
    )
    parser.add_argument("--backend", choices=BACKENDS, default=BACKENDS[0], help="what runs the network")
    parser.add_argument(
        "--model", default=DEFAULT_MODEL, metavar="NAME", help="network of models/zoo, or path of its weights"
    )


def run(args: argparse.Namespace) -> int:
    """Runs `animate`.

    Returns:
        Exit code: 0 done, 2 the input or the output is unusable.
    """
    source: Path = args.input
    out: Path = args.out or source.with_suffix(".csv")
    console = Console(stderr=True)
    clock = SystemClock()
    try:
        if out.resolve() == source.resolve():
            raise RecordingError(f"{out} would overwrite the input; give another --out")
        emotions = read_emotion_track(args.emotions) if args.emotions else ()
        # Input and output are opened first: the network takes a moment to load, longer than anyone waits for a typo.
        with SoundFile(source) as sound, recording_for(out, args.face, source.name, sound.sample_rate) as recording:
            animator = Animator(args.backend, args.model, clock=clock)
            began_at = clock.monotonic()
            _record(animator, sound, recording, args, emotions, console)
        took_s = clock.monotonic() - began_at
    except (MediaFileError, RecordingError, EmotionTrackError, EngineError) as error:
        console.print(f"animate: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        return EXIT_UNUSABLE
    length_s = sound.media_time / MEDIA_RATE
    summary = f"{recording.rows} rows, {length_s:.2f} s of sound in {took_s:.2f} s ({length_s / took_s:.0f}x real time)"
    console.print(f"{out}: {summary}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _record(
    animator: Animator,
    sound: SoundFile,
    recording: Recording,
    args: argparse.Namespace,
    emotions: Sequence[EmotionCue],
    console: Console,
) -> None:
    total = None if sound.duration_s is None else -(-round(sound.duration_s * 1000) // TICK_MS)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(args.input.name, total=total)
        frames = animator.frames(
            sound.chunks(),
            seeds=(args.seed,),
            look_ahead_ticks=args.look_ahead_ms // TICK_MS,
            style=style_of(args),
            emotions=emotions,
        )
        for (frame,) in frames:
            recording.write(frame)
            if recording.rows % 25 == 0:
                progress.update(task, completed=recording.rows)
        progress.update(task, completed=recording.rows)


def _silent_tick(index: int) -> AudioTick:
    return AudioTick(np.zeros(TICK_SAMPLES, np.float32), index)


def _seed(text: str) -> int:
    seed = int(text)
    if not 0 <= seed < 2**32:  # as on the wire: what a live session did can be had again here, and the reverse
        raise argparse.ArgumentTypeError("a seed is within 0 and 2**32 - 1")
    return seed


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs `animate` by itself."""
    parser = argparse.ArgumentParser(prog="animate", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
