/**
 * How long a viewer's browser should hold the sound back, so that the face is there when the sound is heard.
 *
 * The face of an instant arrives later than its sound (the model looks ahead). The browser's jitter buffer can wait for
 * it (`jitterBufferTarget`); this decides how long, from the margin by which motion is ahead of what is heard. Pure.
 */

import { Rolling } from './rolling';

/** The next frame must be there to move toward. */
const WANTED_MS = 25;
/** A margin beyond this is delay for nothing. */
const GENEROUS_MS = 90;
/** The margin that matters: the worst ones belong to a page that was busy, and no delay helps that. */
const TYPICAL_WORST = 0.15;
const DECISION_MS = 1000;
const LONGEST_MS = 500;

export class SoundDelay {
  private readonly margins = new Rolling(120);
  private decidedMs = Number.NEGATIVE_INFINITY;
  private target_: number;

  /** @param lookAheadMs the least by which motion trails its sound. */
  constructor(lookAheadMs: number) {
    this.target_ = lookAheadMs + WANTED_MS;
  }

  /** Milliseconds for `RTCRtpReceiver.jitterBufferTarget`. */
  get targetMs(): number {
    return this.target_;
  }

  /**
   * The newest motion is `marginMs` ahead of what is heard (negative: behind) at `nowMs`.
   *
   * @returns true where the target has changed.
   */
  observe(nowMs: number, marginMs: number): boolean {
    if (this.decidedMs === Number.NEGATIVE_INFINITY) this.decidedMs = nowMs;
    this.margins.add(marginMs);
    if (nowMs - this.decidedMs < DECISION_MS || this.margins.size < 20) return false;
    const least = this.margins.quantile(TYPICAL_WORST)!;
    this.decidedMs = nowMs;
    this.margins.clear();
    const before = this.target_;
    if (least < WANTED_MS) this.target_ = Math.min(LONGEST_MS, before + Math.ceil(WANTED_MS - least));
    else if (least > GENEROUS_MS) this.target_ = Math.max(0, before - Math.max(10, (least - GENEROUS_MS) / 2));
    return this.target_ !== before;
  }
}
