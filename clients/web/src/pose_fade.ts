/**
 * Joins one source of poses to the next without a jump: what lies between the last pose shown and the first of the new
 * source fades away over 300 ms, while the new source moves on underneath (Bollo 2016, inertialization).
 */

import { BLENDSHAPE_COUNT, CHANNEL_COUNT } from './channels';

export const FADE_MS = 300;

export class PoseFade {
  private readonly offset = new Float32Array(CHANNEL_COUNT);
  private readonly last = new Float32Array(CHANNEL_COUNT);
  private begun = Number.NEGATIVE_INFINITY;
  private source: unknown = null;
  private shown = false;

  /**
   * The pose to show.
   *
   * @param source whatever tells where the pose comes from; a fade begins when it changes.
   * @returns the pose itself where nothing is fading, else a new array.
   */
  join(pose: Float32Array, source: unknown, nowMs: number): Float32Array {
    if (source !== this.source) {
      this.source = source;
      if (this.shown) {
        this.begun = nowMs;
        for (let i = 0; i < CHANNEL_COUNT; i++) this.offset[i] = this.last[i]! - pose[i]!;
      }
    }
    this.shown = true;
    const left = this.left(nowMs);
    if (left === 0) {
      this.last.set(pose);
      return pose;
    }
    const joined = new Float32Array(CHANNEL_COUNT);
    for (let i = 0; i < CHANNEL_COUNT; i++) {
      const value = pose[i]! + left * this.offset[i]!;
      joined[i] = i < BLENDSHAPE_COUNT ? Math.min(1, Math.max(0, value)) : value;
    }
    this.last.set(joined);
    return joined;
  }

  fading(nowMs: number): boolean {
    return this.left(nowMs) > 0;
  }

  /** The share of the difference that is left, 1 → 0 with a soft start and end. */
  private left(nowMs: number): number {
    const share = (nowMs - this.begun) / FADE_MS;
    if (!(share < 1)) return 0;
    return 1 - share * share * (3 - 2 * share);
  }
}
