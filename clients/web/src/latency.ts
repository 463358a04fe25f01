/**
 * Where the time goes, by stage. What is measured and what is estimated is kept apart, and the read-out says so.
 */

import { MEDIA_PER_MS, type MotionFrame } from './protocol';
import { Rolling } from './rolling';

export interface LatencyReading {
  /** Measured in the server, carried by every motion message; medians of the last two seconds, ms. */
  readonly earQueueMs: number | null;
  readonly modelMs: number | null;
  readonly returnMs: number | null;
  /** Measured on the control channel: there and back. */
  readonly roundTripMs: number | null;
  /**
   * Estimate: from sound reaching the server to its face being drawn, by the server's media time in pongs and half the
   * round trip. Leaves out the microphone, the way up, and the screen.
   */
  readonly soundToFaceMs: number | null;
}

export class Latency {
  private readonly earQueue = new Rolling(100);
  private readonly model = new Rolling(100);
  private readonly return_ = new Rolling(100);
  private readonly roundTrip = new Rolling(10);
  private readonly soundToFace = new Rolling(120);
  /** Local time at which media time 0 would have reached the server, ms; of the last pongs. */
  private readonly origins = new Rolling(10);

  takeMotion(frame: MotionFrame): void {
    this.earQueue.add(frame.earQueueMs);
    this.model.add(frame.modelMs);
    this.return_.add(frame.returnMs);
  }

  takePong(mediaTime: number, atMs: number, rttMs: number): void {
    this.roundTrip.add(rttMs);
    // Before any sound the server's media time stands still and tells nothing.
    if (mediaTime > 0) this.origins.add(atMs - rttMs / 2 - mediaTime / MEDIA_PER_MS);
  }

  /** The face of `mediaTime` is being drawn at `nowMs`. */
  takeShown(nowMs: number, mediaTime: number): void {
    // Sound arrives in steps of a packet: the earliest origin belongs to a pong sent just after one.
    const origin = this.origins.quantile(0);
    if (origin !== null) this.soundToFace.add(nowMs - origin - mediaTime / MEDIA_PER_MS);
  }

  /**
   * Estimate: the media time that sound leaving this page at `nowMs` will have in the session; null before the server
   * has heard anything. Leaves out packets and the way into the browser, some 20 ms.
   */
  mediaTimeOfVoice(nowMs: number): number | null {
    const origin = this.origins.quantile(0);
    const roundTrip = this.roundTrip.quantile(0.5);
    return origin === null || roundTrip === null ? null : (nowMs + roundTrip / 2 - origin) * MEDIA_PER_MS;
  }

  read(): LatencyReading {
    return {
      earQueueMs: this.earQueue.quantile(0.5),
      modelMs: this.model.quantile(0.5),
      returnMs: this.return_.quantile(0.5),
      roundTripMs: this.roundTrip.quantile(0.5),
      soundToFaceMs: this.soundToFace.quantile(0.5),
    };
  }
}
