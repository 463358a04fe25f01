/**
 * Which media time to show now. Pure state machines over (local time in ms, media time) observations.
 *
 * `ArrivalClock` follows the motion itself (the speaker's own view): as live as the arrival jitter allows. `HeardClock`
 * follows the sound that is being played (what viewers see). Both glide toward their target by running slightly fast or
 * slow, so that the face never jumps for a correction the eye could see, and jump when they are far off.
 */

import { MEDIA_PER_MS, TICK_MEDIA } from './protocol';

const TICK_MS = TICK_MEDIA / MEDIA_PER_MS;
interface GlideLimits {
  /** Beyond this error the clock jumps. */
  readonly jumpMs: number;
  /** While gliding it runs at most this much fast or slow, as a share of its speed. */
  readonly glide: number;
}

/** Nothing is heard in the own view: smoothness goes first. */
const SMOOTH: GlideLimits = { jumpMs: 120, glide: 0.08 };
/** Where the sound is heard, lips that are off are seen sooner than lips that hurry. */
const IN_STEP: GlideLimits = { jumpMs: 60, glide: 0.25 };

/** A clock that advances with local time and glides to a moving target. */
class GlidingClock {
  private shown: { atMs: number; mediaMs: number } | null = null;

  constructor(private readonly limits: GlideLimits) {}

  /** Move on to `nowMs`, toward `targetMs`; returns the media time in ms. */
  advance(nowMs: number, targetMs: number): number {
    const last = this.shown;
    let mediaMs = targetMs;
    if (last !== null) {
      const elapsed = Math.max(0, nowMs - last.atMs);
      const free = last.mediaMs + elapsed;
      const error = targetMs - free;
      if (Math.abs(error) < this.limits.jumpMs) {
        const limit = this.limits.glide * elapsed;
        mediaMs = free + Math.max(-limit, Math.min(limit, error));
      }
    }
    this.shown = { atMs: nowMs, mediaMs };
    return mediaMs;
  }

  restart(): void {
    this.shown = null;
  }
}

/** Two seconds of arrivals decide the delay: long enough to see the jitter, short enough to forget a burst. */
const ARRIVALS = 100;
/** The share of recent arrivals the delay must cover. */
const COVERED = 0.95;
/** An arrival that contradicts the recent ones by this much means another time line: start afresh. */
const REANCHOR_MS = 500;

/** The media time to show so that nearly every frame has just arrived when it is needed. */
export class ArrivalClock {
  /** Local arrival time minus media time, ms, of the last frames: how late each one was, up to a constant. */
  private offsets: number[] = [];
  private readonly glide = new GlidingClock(SMOOTH);
  private earliest = 0;
  private delay = TICK_MS;

  /** A motion message for `mediaTime` has arrived at `nowMs`. */
  observe(nowMs: number, mediaTime: number, discontinuity = false): void {
    const offset = nowMs - mediaTime / MEDIA_PER_MS;
    const last = this.offsets.at(-1);
    if (discontinuity || (last !== undefined && Math.abs(offset - last) > REANCHOR_MS)) this.offsets = [];
    this.offsets.push(offset);
    if (this.offsets.length > ARRIVALS) this.offsets.shift();
    const sorted = this.offsets.toSorted((a, b) => a - b);
    this.earliest = sorted[0]!;
    const late = sorted[Math.min(sorted.length - 1, Math.floor(COVERED * sorted.length))]! - this.earliest;
    // One tick is what interpolation needs; jitter may cost a second one, never more: then the pose is held instead.
    this.delay = TICK_MS + Math.min(late, TICK_MS);
  }

  /** How long frames are kept before they are shown, 20..40 ms after the earliest arrivals. */
  get delayMs(): number {
    return this.delay;
  }

  /** Media time to show at `nowMs`, null before the first arrival. Call with rising times. */
  mediaTimeAt(nowMs: number): number | null {
    if (this.offsets.length === 0) return null;
    return this.glide.advance(nowMs, nowMs - this.earliest - this.delay) * MEDIA_PER_MS;
  }

  restart(): void {
    this.offsets = [];
    this.delay = TICK_MS;
    this.glide.restart();
  }
}

/** Samples of the sound's position of which the median counts (one a packet, so 140 ms). */
const HEARD_SAMPLES = 7;
/** Without a fresh sample for so long the sound is not playing. */
const HEARD_STALE_MS = 400;

/** The media time being heard, from RTP timestamps of the sound being played. */
export class HeardClock {
  private offsets: number[] = [];
  private lastAtMs = Number.NEGATIVE_INFINITY;
  private lastMediaTime = Number.NaN;
  private readonly glide = new GlidingClock(IN_STEP);

  /** The sound of `mediaTime` was handed to the loudspeaker at `atMs` (local clock). */
  observe(atMs: number, mediaTime: number): void {
    if (mediaTime === this.lastMediaTime || atMs <= this.lastAtMs) return;
    const offset = mediaTime / MEDIA_PER_MS - atMs;
    const last = this.offsets.at(-1);
    // Time stretching in the receiver moves the offset by a few ms at a time; more than that is a jump of the sound.
    if (last !== undefined && Math.abs(offset - last) > IN_STEP.jumpMs) this.offsets = [];
    this.offsets.push(offset);
    if (this.offsets.length > HEARD_SAMPLES) this.offsets.shift();
    this.lastAtMs = atMs;
    this.lastMediaTime = mediaTime;
  }

  /** Media time heard at `nowMs`; null where no sound has been played lately. Call with rising times. */
  mediaTimeAt(nowMs: number): number | null {
    if (this.offsets.length === 0 || nowMs - this.lastAtMs > HEARD_STALE_MS) {
      this.glide.restart();
      return null;
    }
    const sorted = this.offsets.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1]!;
    return this.glide.advance(nowMs, nowMs + median) * MEDIA_PER_MS;
  }

  restart(): void {
    this.offsets = [];
    this.lastAtMs = Number.NEGATIVE_INFINITY;
    this.lastMediaTime = Number.NaN;
    this.glide.restart();
  }
}

/** `a − b` on the circle of 32-bit RTP timestamps, 0..2³²−1. */
export function rtpDifference(a: number, b: number): number {
  return (a - b) >>> 0;
}

/**
 * Media time of an RTP timestamp of the returned sound.
 *
 * The plain difference wraps after 24.8 hours; `near` (a media time known to be close, the newest motion frame's) picks
 * the right turn of the circle, and keeps a timestamp from just before media time 0 from looking a day ahead.
 */
export function heardMediaTime(rtpTimestamp: number, rtpAtZero: number, near: number): number {
  const difference = rtpDifference(rtpTimestamp, rtpAtZero);
  const turns = Math.round((near - difference) / 2 ** 32);
  return difference + turns * 2 ** 32;
}
