"""From what the model gave to frames that say which instant they show."""

from stream_engine.clock import TICK_MEDIA
from stream_engine.engine import SlotOutput
from stream_engine.frames import MotionFrame, MotionTiming
from stream_engine.stage.sleep_fade import SleepFade
from stream_engine.stage.style import Style
from stream_engine.stage.style_motion import StyleGlide


class Stage:
    """One session's frames: without warm-up, alive in sleep, styled, numbered, marked where it begins.

    Args:
        style: how the face moves at first; None leaves it to the network.
        seed: of its idle life.
    """

    def __init__(self, style: Style | None = None, *, seed: int = 0) -> None:
        style = style or Style()
        self._glide = StyleGlide(style)
        self._fade = SleepFade(seed)
        self._fade.life.blinks_per_minute = style.blinks_per_minute
        self._sequence = 0
        self._first_instant = 0
        self._discontinuity = False

    def restyle(self, style: Style) -> None:
        """Changes how the face moves; it glides there."""
        self._glide.turn(style)
        self._fade.life.blinks_per_minute = style.blinks_per_minute

    def reseed(self, seed: int) -> None:
        """Idle life goes by another seed, from the next beginning on."""
        self._fade.reseed(seed)

    def frame(self, output: SlotOutput, *, speaking: bool) -> MotionFrame | None:
        """The frame a tick gave; None for warm-up, which shows instants before the slot heard anything.

        Args:
            output: of the session's slot, in order.
            speaking: what the turn machine says now.
        """
        if output.fresh:
            self._first_instant = output.tick_index
            self._discontinuity = self._sequence > 0
            self._fade.restart()
        # The step that has consumed tick n returns the frame at instant n + 1 - L, in ticks.
        instant = output.tick_index + 1 - output.look_ahead_ticks
        if instant < self._first_instant:
            return None
        channels = self._fade.frame(output.channels, instant, asleep=output.asleep)
        timing = output.timing
        frame = MotionFrame(
            channels=self._glide.frame(channels),
            media_time=instant * TICK_MEDIA,
            sequence=self._sequence,
            speaking=speaking,
            discontinuity=self._discontinuity,
            timing=MotionTiming(timing.ear_ms, timing.queue_ms, timing.model_ms, timing.return_ms),
            asleep=output.asleep,
        )
        self._sequence += 1
        self._discontinuity = False
        return frame
