/**
 * Life where no network speaks: blinks, gaze, breath and drift, as a function of time and a seed.
 *
 * Everything is drawn event by event, not frame by frame, so that the same seed gives the same life at any frame rate.
 * The statistics are those of the literature on blinks (log-normal gaps, 15–20 a minute at rest), saccades (21 ms and
 * 2.2 ms per degree, Carpenter 1988), micro-saccades (one or two a second, under 1°), and quiet breathing (12–18 a
 * minute). When the head moves the eyes stay on their target. Angles are radians, as on the wire.
 */

import { BLENDSHAPES, CHANNEL_COUNT, HEAD_ANGLES, LEFT_EYE_ANGLES, RIGHT_EYE_ANGLES } from './channels';
import type { GazeTarget, Style } from './protocol';
import { between, logNormal, normal, seeded, type Random } from './seeded_random';

const DEGREE = Math.PI / 180;
/** EyeLook channels reach 1 at this angle of the eye; the network's do the same. */
const RADIANS_PER_LOOK = 30 * DEGREE;
const EYE_LIMIT = 35 * DEGREE;
/** After a longer absence life goes on from now, instead of being caught up with. */
const LONGEST_ABSENCE_MS = 5000;

export interface IdleStyle {
  /** 0..60 */
  blinksPerMinute: number;
  /** 0..2 */
  headMotion: number;
  /** Where the eyes rest and only live in place; null: they look about. */
  rest: GazeTarget | null;
}

export const IDLE_STYLE: Readonly<IdleStyle> = { blinksPerMinute: 17, headMotion: 1, rest: null };

const CAMERA: GazeTarget = { yaw: 0, pitch: 0 };

/** What a style means to a face that nobody speaks through; the server has it the same. */
export function idleStyleOf({ blinks_per_minute, head_motion, gaze, gaze_target }: Style): IdleStyle {
  const rest = { free: null, camera: CAMERA, target: gaze_target }[gaze];
  return { blinksPerMinute: blinks_per_minute, headMotion: head_motion, rest };
}

export class IdleLife {
  /** May be changed at any time. */
  style: IdleStyle = { ...IDLE_STYLE };
  /** Only slow blinks: for people who asked their system for less motion. */
  reduced = false;
  private readonly blinks: Blinks;
  private readonly gaze: Gaze;
  private readonly breath: Breath;
  private readonly drift: Record<'yaw' | 'pitch' | 'roll' | 'brow' | 'smile', Drift>;

  constructor(seed: number) {
    const random = seeded(seed);
    // One stream of chance each: a changed blink rate must not change where the eyes look.
    const own = (): Random => seeded(Math.floor(random() * 2 ** 32));
    this.blinks = new Blinks(own());
    this.gaze = new Gaze(own());
    this.breath = new Breath(own());
    this.drift = {
      yaw: new Drift(own(), 0.9 * DEGREE),
      pitch: new Drift(own(), 0.5 * DEGREE),
      roll: new Drift(own(), 0.6 * DEGREE),
      brow: new Drift(own(), 0.02),
      smile: new Drift(own(), 0.015),
    };
  }

  /**
   * The face at a time; times must not fall.
   *
   * @returns 61 channels, a new array.
   */
  at(timeMs: number): Float32Array {
    const { style, drift } = this;
    const out = new Float32Array(CHANNEL_COUNT);
    const put = (name: (typeof BLENDSHAPES)[number], value: number): void => {
      out[INDEX.get(name)!] = Math.min(1, Math.max(0, value));
    };
    const still = this.reduced;
    const seconds = timeMs / 1000;
    const gaze = still ? this.gaze.still(style.rest) : this.gaze.at(timeMs, style.rest);
    if (gaze.shiftedAt !== null) this.blinks.invite(gaze.shiftedAt);
    const closure = this.blinks.at(timeMs, still ? SLOW_BLINK : QUICK_BLINK, style.blinksPerMinute);
    const motion = still ? 0 : style.headMotion;
    // A head that moves much goes no farther for it towards where the eyes are to rest.
    const follow = style.rest === null ? motion : Math.min(style.headMotion, 1);
    const yaw = motion * drift.yaw.at(seconds) + follow * gaze.headYaw;
    // Breathing in lifts the head a little.
    const breath = 0.45 * DEGREE * this.breath.at(timeMs);
    const pitch = motion * (drift.pitch.at(seconds) - breath) + follow * gaze.headPitch;
    const roll = motion * drift.roll.at(seconds);
    out.set([yaw, pitch, roll], HEAD_ANGLES);
    const eyeYaw = Math.min(EYE_LIMIT, Math.max(-EYE_LIMIT, gaze.yaw - yaw));
    const eyePitch = Math.min(EYE_LIMIT, Math.max(-EYE_LIMIT, gaze.pitch - pitch));
    out.set([eyeYaw, eyePitch, 0], LEFT_EYE_ANGLES);
    out.set([eyeYaw, eyePitch, 0], RIGHT_EYE_ANGLES);
    const brow = 0.06 + (still ? 0 : drift.brow.at(seconds));
    const smile = 0.07 + (still ? 0 : drift.smile.at(seconds));
    put('BrowInnerUp', brow);
    for (const side of ['Left', 'Right'] as const) {
      const outward = side === 'Left' ? eyeYaw : -eyeYaw;
      put(`EyeLookDown${side}`, eyePitch / RADIANS_PER_LOOK);
      put(`EyeLookUp${side}`, -eyePitch / RADIANS_PER_LOOK);
      put(`EyeLookOut${side}`, outward / RADIANS_PER_LOOK);
      put(`EyeLookIn${side}`, -outward / RADIANS_PER_LOOK);
      put(`EyeBlink${side}`, closure + 0.04 * (1 - closure));
      put(`BrowOuterUp${side}`, 0.7 * brow);
      put(`CheekSquint${side}`, 0.4 * smile);
      put(`MouthSmile${side}`, smile);
    }
    return out;
  }
}

interface BlinkPace {
  readonly close: readonly [number, number];
  readonly shut: readonly [number, number];
  readonly open: readonly [number, number];
}

const QUICK_BLINK: BlinkPace = { close: [75, 100], shut: [20, 50], open: [150, 250] };
const SLOW_BLINK: BlinkPace = { close: [220, 280], shut: [40, 80], open: [350, 450] };
const BLINK_SPREAD = 0.55;
const SHORTEST_BLINK_GAP_MS = 600;
/** A gaze shift calls a blink that was due within this time. */
const INVITED_MS = 1200;

class Blinks {
  private start = Number.NEGATIVE_INFINITY;
  private close = 0;
  private shut = 0;
  private open = 0;
  private next = Number.NaN;

  constructor(private readonly random: Random) {}

  /** How far the lids are closed, 0..1. */
  at(timeMs: number, pace: BlinkPace, perMinute: number): number {
    if (Number.isNaN(this.next) || timeMs > this.next + LONGEST_ABSENCE_MS) this.next = this.after(timeMs, perMinute);
    // A rate raised from (nearly) none is felt at once.
    if (this.next - timeMs > (8 * 60_000) / Math.max(perMinute, 1)) this.next = this.after(timeMs, perMinute);
    while (timeMs >= this.next) {
      this.start = this.next;
      this.close = between(this.random, ...pace.close);
      this.shut = between(this.random, ...pace.shut);
      this.open = between(this.random, ...pace.open);
      this.next = this.after(this.start, perMinute);
    }
    if (timeMs >= this.end) return 0;
    let since = timeMs - this.start;
    if (since < this.close) return smooth(since / this.close);
    since -= this.close + this.shut;
    return since < 0 ? 1 : 1 - smooth(since / this.open);
  }

  /** People like to blink while the eyes are on their way. */
  invite(atMs: number): void {
    const early = this.next - atMs;
    const rested = atMs >= this.end && atMs - this.start >= SHORTEST_BLINK_GAP_MS;
    if (early > 0 && early < INVITED_MS && rested) this.next = atMs;
  }

  private get end(): number {
    return this.start + this.close + this.shut + this.open;
  }

  /** When to blink next: lids on their way go on. */
  private after(timeMs: number, perMinute: number): number {
    return Math.max(this.end, timeMs + this.gap(perMinute));
  }

  private gap(perMinute: number): number {
    if (perMinute <= 0) return Number.POSITIVE_INFINITY;
    const mean = 60_000 / perMinute;
    return Math.max(Math.min(SHORTEST_BLINK_GAP_MS, mean), logNormal(this.random, mean, BLINK_SPREAD));
  }
}

/** Degrees of a shift that the head follows and that calls a blink. */
const LARGE_SHIFT = 8;
/** Of fixations, those on the viewer; they last longer, too. */
const ON_VIEWER = 0.55;
/** The head's part of a large shift, and how fast it follows: most of the way in half a second. */
const HEAD_PART = 1 / 3;
const HEAD_RATE = 7;

interface Saccade {
  readonly start: number;
  readonly duration: number;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

export interface GazePose {
  /** Where the eyes look, against straight ahead of the shoulders, radians. */
  readonly yaw: number;
  readonly pitch: number;
  /** The head's part of it. */
  readonly headYaw: number;
  readonly headPitch: number;
  /** When a large shift began, if one did since the last look. */
  readonly shiftedAt: number | null;
}

class Gaze {
  private saccade: Saccade = { start: 0, duration: 1, from: [0, 0], to: [0, 0] };
  private readonly headYaw = new Follower(HEAD_RATE);
  private readonly headPitch = new Follower(HEAD_RATE);
  /** What the eyes look at, degrees; micro-saccades wander about it. */
  private target: readonly [number, number] = [0, 0];
  /** Or on what they are to rest on in the viewer's place. */
  private onViewer = true;
  private nextShift = Number.NaN;
  private nextMicro = Number.NaN;
  private rest: GazeTarget | null = null;

  constructor(private readonly random: Random) {}

  at(timeMs: number, rest: GazeTarget | null): GazePose {
    if (Number.isNaN(this.nextShift) || timeMs > this.nextShift + LONGEST_ABSENCE_MS) {
      this.nextShift = timeMs + this.fixation();
      this.nextMicro = timeMs + this.microGap();
    }
    let shiftedAt: number | null = null;
    if (rest?.yaw !== this.rest?.yaw || rest?.pitch !== this.rest?.pitch) this.nextShift = timeMs;
    this.rest = rest;
    while (timeMs >= Math.min(this.nextShift, this.nextMicro)) {
      const at = this.nextShift;
      if (this.nextMicro < at) this.micro(this.nextMicro);
      else if (this.shift(at) > LARGE_SHIFT) shiftedAt = at;
    }
    const [yaw, pitch] = along(this.saccade, timeMs);
    return {
      yaw: yaw * DEGREE,
      pitch: pitch * DEGREE,
      headYaw: this.headYaw.at(timeMs) * DEGREE,
      headPitch: this.headPitch.at(timeMs) * DEGREE,
      shiftedAt,
    };
  }

  /** Where the gaze rests, and nothing moves. */
  still(rest: GazeTarget | null): GazePose {
    const { yaw, pitch } = rest ?? CAMERA;
    return { yaw, pitch, headYaw: HEAD_PART * yaw, headPitch: HEAD_PART * pitch, shiftedAt: null };
  }

  private shift(at: number): number {
    const { random } = this;
    this.onViewer = this.rest !== null || !this.onViewer || random() < ON_VIEWER - 0.2;
    const { yaw, pitch } = this.rest ?? CAMERA;
    const [x, y] = [yaw / DEGREE, pitch / DEGREE];
    this.target = this.onViewer
      ? [x + between(random, -0.6, 0.6), y + between(random, -0.5, 0.5)]
      : [Math.sign(random() - 0.5) * between(random, 4, 15), between(random, -6, 5)];
    const size = this.look(at, this.target);
    if (size > LARGE_SHIFT || this.onViewer) {
      // Of the way to where the gaze rests, that is: what it does there is for the eyes alone.
      this.headYaw.turnTo(at, HEAD_PART * (this.onViewer ? x : this.target[0]));
      this.headPitch.turnTo(at, HEAD_PART * (this.onViewer ? y : this.target[1]));
    }
    this.nextShift = at + this.saccade.duration + this.fixation();
    this.nextMicro = at + this.saccade.duration + this.microGap();
    return size;
  }

  private micro(at: number): void {
    const { random, target } = this;
    const [x, y] = target;
    this.look(at, [x + 0.22 * normal(random), y + 0.15 * normal(random)]);
    this.nextMicro = at + this.saccade.duration + this.microGap();
  }

  /** Begin a saccade; its size in degrees. */
  private look(at: number, to: readonly [number, number]): number {
    const from = along(this.saccade, at);
    const size = Math.hypot(to[0] - from[0], to[1] - from[1]);
    this.saccade = { start: at, duration: 21 + 2.2 * size, from, to };
    return size;
  }

  private fixation(): number {
    const mean = this.onViewer ? 2100 : 950;
    return Math.min(4000, Math.max(300, logNormal(this.random, mean, 0.5)));
  }

  private microGap(): number {
    return Math.max(150, logNormal(this.random, 750, 0.5));
  }
}

function along({ start, duration, from, to }: Saccade, timeMs: number): [number, number] {
  const share = quick(Math.min(1, Math.max(0, (timeMs - start) / duration)));
  return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
}

/** Goes to where it is told as a critically damped spring does: from any motion, without a jolt. */
export class Follower {
  private start = 0;
  private target = 0;
  private offset = 0;
  private push = 0;

  /** @param rate per second; the way left falls to a tenth in 3.9 / rate. */
  constructor(private readonly rate: number) {}

  at(timeMs: number): number {
    const seconds = Math.max(0, timeMs - this.start) / 1000;
    return this.target + (this.offset + this.push * seconds) * Math.exp(-this.rate * seconds);
  }

  turnTo(timeMs: number, target: number): void {
    const seconds = Math.max(0, timeMs - this.start) / 1000;
    const decay = Math.exp(-this.rate * seconds);
    const place = this.at(timeMs);
    const speed = (this.push - this.rate * (this.offset + this.push * seconds)) * decay;
    this.start = timeMs;
    this.target = target;
    this.offset = place - target;
    this.push = speed + this.rate * this.offset;
  }
}

class Breath {
  private start = Number.NaN;
  private period = 0;
  private depth = 1;

  constructor(private readonly random: Random) {}

  /** How full the lungs are: 0 after breathing out, about 1 after breathing in. */
  at(timeMs: number): number {
    if (Number.isNaN(this.start) || timeMs > this.start + this.period + LONGEST_ABSENCE_MS) this.begin(timeMs);
    while (timeMs >= this.start + this.period) this.begin(this.start + this.period);
    const phase = (timeMs - this.start) / this.period;
    // In for two fifths of it, out for the rest with a pause at the end.
    const full = phase < 0.4 ? smooth(phase / 0.4) : 1 - smooth(Math.min(1, (phase - 0.4) / 0.5));
    return this.depth * full;
  }

  private begin(at: number): void {
    this.start = at;
    this.period = Math.min(5000, Math.max(3400, logNormal(this.random, 4100, 0.1)));
    this.depth = between(this.random, 0.8, 1.2);
  }
}

/** Frequencies of drift, Hz: what keeps still still moves a little, slowly. */
const DRIFT_HZ: readonly [number, number] = [0.03, 0.7];
const DRIFT_PARTS = 7;

/** Smooth noise without a period: sines of chance frequencies, the slow ones larger. */
class Drift {
  private readonly parts: { readonly hz: number; readonly phase: number; readonly size: number }[];

  constructor(random: Random, deviation: number) {
    const [low, high] = DRIFT_HZ;
    this.parts = Array.from({ length: DRIFT_PARTS }, (_, i) => {
      const hz = low * (high / low) ** ((i + random()) / DRIFT_PARTS);
      return { hz, phase: 2 * Math.PI * random(), size: 1 / Math.sqrt(hz) };
    });
    const power = this.parts.reduce((sum, { size }) => sum + (size * size) / 2, 0);
    const scale = deviation / Math.sqrt(power);
    this.parts = this.parts.map((part) => ({ ...part, size: part.size * scale }));
  }

  at(seconds: number): number {
    let sum = 0;
    for (const { hz, phase, size } of this.parts) sum += size * Math.sin(2 * Math.PI * hz * seconds + phase);
    return sum;
  }
}

/** From 0 to 1 with a soft start and end. */
export function smooth(share: number): number {
  const x = Math.min(1, Math.max(0, share));
  return x * x * (3 - 2 * x);
}

/** The path of least jerk: how eyes and heads move from rest to rest. */
function quick(x: number): number {
  return x * x * x * (10 - 15 * x + 6 * x * x);
}

const INDEX = new Map<string, number>(BLENDSHAPES.map((name, i) => [name, i]));
