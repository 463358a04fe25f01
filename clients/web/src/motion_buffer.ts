/**
 * Motion frames by media time, and the pose between them.
 *
 * Pure: no clock, no DOM. The caller asks for a media time; what is returned is interpolated between the two frames
 * around it, or the nearest earlier one held. Nothing is ever extrapolated: an invented mouth is worse than a still one.
 */

import { TICK_MEDIA, type MotionFrame } from './protocol';

/** Six seconds: more than any playout delay, and a bound for a hidden tab that shows nothing. */
const CAPACITY = 300;
/** A hole of up to this many ticks is bridged by interpolation; across a longer one the pose is held, then jumps. */
const BRIDGED_TICKS = 10;

export interface Pose {
  /** Media time this pose stands for: the one asked for, or the held frame's. */
  readonly mediaTime: number;
  readonly channels: Float32Array;
  readonly speaking: boolean;
  /** True where no later frame was there to move toward. */
  readonly held: boolean;
}

export class MotionBuffer {
  /** Ascending by media time, no duplicates. */
  private frames: MotionFrame[] = [];
  private dropped_ = 0;

  constructor(private readonly capacity = CAPACITY) {}

  /** Add a frame in any order; drops duplicates, and the oldest where the buffer is full. */
  push(frame: MotionFrame): void {
    const at = this.indexAfter(frame.mediaTime);
    if (this.frames[at - 1]?.mediaTime === frame.mediaTime) {
      this.dropped_ += 1;
      return;
    }
    this.frames.splice(at, 0, frame);
    if (this.frames.length > this.capacity) {
      this.frames.shift();
      this.dropped_ += 1;
    }
  }

  get size(): number {
    return this.frames.length;
  }

  /** Frames thrown away: duplicates, and the oldest of a full buffer. */
  get dropped(): number {
    return this.dropped_;
  }

  get newest(): MotionFrame | null {
    return this.frames.at(-1) ?? null;
  }

  /** Frames later than one media time and not later than another, in their order. */
  between(after: number, until: number): readonly MotionFrame[] {
    return this.frames.slice(this.indexAfter(after), this.indexAfter(until));
  }

  clear(): void {
    this.frames = [];
  }

  /**
   * The pose at a media time.
   *
   * @returns null only while the buffer is empty. Before the oldest frame the oldest is held; past the newest, the newest.
   */
  sample(mediaTime: number): Pose | null {
    const at = this.indexAfter(mediaTime);
    const before = this.frames[at - 1];
    const after = this.frames[at];
    if (before === undefined) return after === undefined ? null : hold(after);
    if (after === undefined || after.discontinuity) return hold(before);
    const span = after.mediaTime - before.mediaTime;
    if (span > BRIDGED_TICKS * TICK_MEDIA) return hold(before);
    const share = (mediaTime - before.mediaTime) / span;
    const channels = new Float32Array(before.channels.length);
    for (let i = 0; i < channels.length; i++) {
      const from = before.channels[i]!;
      channels[i] = from + share * (after.channels[i]! - from);
    }
    return { mediaTime, channels, speaking: (share < 0.5 ? before : after).speaking, held: false };
  }

  /** Index of the first frame later than a media time. */
  private indexAfter(mediaTime: number): number {
    let low = 0;
    let high = this.frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.frames[middle]!.mediaTime <= mediaTime) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function hold(frame: MotionFrame): Pose {
  return { mediaTime: frame.mediaTime, channels: frame.channels, speaking: frame.speaking, held: true };
}
