/**
 * The manner of someone who listens, laid over the face while nobody speaks: eyes mostly on the other, small nods as
 * after the other's phrases, a slight tilt, a lifted brow now and then. It leaves within a fifth of a second of speech.
 *
 * The page does not hear the other side, so that the nods come where phrases would end: at seeded intervals of a few
 * seconds. Drawn event by event, the same at any frame rate.
 */

import { BLENDSHAPES, HEAD_ANGLES, LEFT_EYE_ANGLES, RIGHT_EYE_ANGLES } from './channels';
import { Follower, smooth } from './idle_life';
import { between, logNormal, seeded, type Random } from './seeded_random';

const DEGREE = Math.PI / 180;
/** Quiet for so long, someone listens. */
const PATIENCE_MS = 900;
const ARRIVE_MS = 700;
const LEAVE_MS = 200;
const LONGEST_ABSENCE_MS = 5000;
/** Of the time, the eyes are on the other. */
const ON_OTHER_MS: readonly [number, number] = [2600, 1100];
const EYES_MS = 60;

interface Nod {
  readonly start: number;
  /** Length and depth (radians) of each dip. */
  readonly dips: readonly { readonly ms: number; readonly depth: number }[];
}

export class Listening {
  private readonly random: Random;
  private quietSince: number | null = null;
  private presence = 0;
  private lastMs: number | null = null;
  private nod: Nod = { start: 0, dips: [] };
  private nextNod = Number.NaN;
  private readonly tilt = new Follower(2.5);
  private nextTilt = 0;
  private readonly brow = new Follower(6);
  private nextBrow = 0;
  private browUp = false;
  private attending = true;
  private turnedAt = Number.NEGATIVE_INFINITY;
  private nextTurn = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** Whether anything is laid over the face. */
  get present(): boolean {
    return this.presence > 0;
  }

  /**
   * Lay the listening over a pose.
   *
   * @param wanted false while the listener speaks, or where listening is switched off.
   * @returns the pose itself where there is nothing to add, else a new array.
   */
  over(pose: Float32Array, wanted: boolean, nowMs: number): Float32Array {
    const elapsed = this.lastMs === null ? 0 : Math.max(0, nowMs - this.lastMs);
    this.lastMs = nowMs;
    if (!wanted) this.quietSince = null;
    else this.quietSince ??= nowMs;
    const listens = this.quietSince !== null && nowMs - this.quietSince >= PATIENCE_MS;
    const step = listens ? elapsed / ARRIVE_MS : -elapsed / LEAVE_MS;
    this.presence = Math.min(1, Math.max(0, this.presence + step));
    if (this.presence === 0) {
      this.nextNod = Number.NaN;
      return pose;
    }
    this.live(nowMs);
    return this.lay(pose, nowMs, smooth(this.presence));
  }

  private lay(pose: Float32Array, nowMs: number, strength: number): Float32Array {
    const out = pose.slice();
    const pitch = strength * this.nodAt(nowMs);
    const roll = strength * this.tilt.at(nowMs);
    out[HEAD_ANGLES + 1]! += pitch;
    out[HEAD_ANGLES + 2]! += roll;
    const attention = strength * this.attentionAt(nowMs);
    for (const eye of [LEFT_EYE_ANGLES, RIGHT_EYE_ANGLES]) {
      // On the other: against the head's turn. Elsewhere: where they were, in spite of the nod.
      out[eye] = mix(out[eye]!, -out[HEAD_ANGLES]!, attention);
      out[eye + 1] = mix(out[eye + 1]! - pitch, -out[HEAD_ANGLES + 1]!, attention);
    }
    const lift = strength * Math.max(0, this.brow.at(nowMs));
    for (const [name, share] of [
      ['BrowInnerUp', 1],
      ['BrowOuterUpLeft', 0.8],
      ['BrowOuterUpRight', 0.8],
    ] as const) {
      const i = BLENDSHAPES.indexOf(name);
      out[i] = Math.min(1, out[i]! + share * lift);
    }
    return out;
  }

  private live(nowMs: number): void {
    const { random } = this;
    if (Number.isNaN(this.nextNod) || nowMs > this.nextNod + LONGEST_ABSENCE_MS) {
      this.nextNod = nowMs + between(random, 600, 2500);
      this.nextTilt = nowMs + between(random, 200, 1500);
      this.nextBrow = nowMs + between(random, 2000, 6000);
      this.nextTurn = nowMs + between(random, 1500, 3500);
      this.attending = true;
    }
    if (nowMs >= this.nextNod) {
      const depth = between(random, 1.4, 3.6) * DEGREE;
      const count = random() < 0.45 ? 2 : 1;
      const dips = Array.from({ length: count }, (_, i) => ({
        ms: 2 * between(random, 150, 300),
        depth: depth * 0.6 ** i,
      }));
      this.nod = { start: this.nextNod, dips };
      const length = dips.reduce((sum, { ms }) => sum + ms, 0);
      this.nextNod += length + Math.min(9000, Math.max(1500, logNormal(random, 3600, 0.5)));
    }
    if (nowMs >= this.nextTilt) {
      this.tilt.turnTo(
        this.nextTilt,
        (random() < 0.35 ? 0 : between(random, 1.5, 3.5)) * DEGREE * (random() < 0.5 ? -1 : 1),
      );
      this.nextTilt += between(random, 4000, 9000);
    }
    if (nowMs >= this.nextBrow) {
      this.browUp = !this.browUp;
      this.brow.turnTo(this.nextBrow, this.browUp ? between(random, 0.15, 0.35) : 0);
      this.nextBrow += this.browUp ? between(random, 500, 1100) : between(random, 5000, 12_000);
    }
    if (nowMs >= this.nextTurn) {
      this.attending = !this.attending;
      this.turnedAt = this.nextTurn;
      const mean = this.attending ? ON_OTHER_MS[0] : ON_OTHER_MS[1];
      this.nextTurn += Math.min(6000, Math.max(400, logNormal(random, mean, 0.4)));
    }
  }

  /** How far the head is down. */
  private nodAt(nowMs: number): number {
    let since = nowMs - this.nod.start;
    for (const { ms, depth } of this.nod.dips) {
      if (since < 0) return 0;
      // A raised cosine: no jolt at either end.
      if (since < ms) return (depth * (1 - Math.cos((2 * Math.PI * since) / ms))) / 2;
      since -= ms;
    }
    return 0;
  }

  private attentionAt(nowMs: number): number {
    const share = smooth((nowMs - this.turnedAt) / EYES_MS);
    return this.attending ? share : 1 - share;
  }
}

function mix(from: number, to: number, share: number): number {
  return from + share * (to - from);
}
