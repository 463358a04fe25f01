/**
 * How many pixels to draw: as many as the screen has, fewer where the machine cannot keep up. Pure.
 */

import { Rolling } from './rolling';

/** Above this a frame is late even for a 30 Hz screen. */
const SLOW_MS = 36;
const FRAMES = 40;
const STEP = 0.8;
const LEAST = 0.5;

export class Quality {
  private readonly frames = new Rolling(FRAMES);
  private ratio_: number;

  /**
   * @param software drawn by the processor: no more pixels than the page has.
   * @param fixed draw all of them, however long it takes.
   */
  constructor(
    devicePixelRatio: number,
    software: boolean,
    private readonly fixed = false,
  ) {
    this.ratio_ = software ? 1 : Math.min(devicePixelRatio, 2);
  }

  get ratio(): number {
    return this.ratio_;
  }

  /** A frame came `elapsedMs` after the one before; returns true where the ratio has changed. */
  observe(elapsedMs: number): boolean {
    if (this.fixed) return false;
    // A gap of seconds is a hidden tab, not a slow machine.
    if (elapsedMs > 500) {
      this.frames.clear();
      return false;
    }
    this.frames.add(elapsedMs);
    if (this.frames.size < FRAMES || this.frames.quantile(0.5)! <= SLOW_MS || this.ratio_ <= LEAST) return false;
    this.ratio_ = Math.max(LEAST, this.ratio_ * STEP);
    this.frames.clear();
    return true;
  }
}
