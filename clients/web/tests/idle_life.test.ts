import { beforeAll, describe, expect, it } from 'vitest';

import { BLENDSHAPES, CHANNEL_COUNT, HEAD_ANGLES, LEFT_EYE_ANGLES } from '../src/channels';
import { IDLE_STYLE, IdleLife, idleStyleOf } from '../src/idle_life';
import { DEFAULT_STYLE } from '../src/style_sync';

const DEGREE = Math.PI / 180;
const HZ = 240;
const MINUTES = 10;
const index = (name: string): number => BLENDSHAPES.indexOf(name as never);

/** One channel, or a function of the channels, over simulated minutes. */
function record(life: IdleLife, minutes = MINUTES, hz = HZ): Float32Array[] {
  return Array.from({ length: minutes * 60 * hz }, (_, i) => life.at((i * 1000) / hz));
}

/** Lengths in ms and starts of the stretches in which a condition holds. */
function stretches(values: readonly boolean[]): { start: number; ms: number }[] {
  const found: { start: number; ms: number }[] = [];
  let start = -1;
  values.forEach((value, i) => {
    if (value && start < 0) start = i;
    if (!value && start >= 0) {
      found.push({ start: (start * 1000) / HZ, ms: ((i - start) * 1000) / HZ });
      start = -1;
    }
  });
  return found;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;
}

describe('IdleLife over ten minutes', () => {
  let frames: Float32Array[];
  let gaze: [number, number][];
  beforeAll(() => {
    frames = record(new IdleLife(7));
    // Eye and head together: where is looked.
    gaze = frames.map((frame) => [
      (frame[LEFT_EYE_ANGLES]! + frame[HEAD_ANGLES]!) / DEGREE,
      (frame[LEFT_EYE_ANGLES + 1]! + frame[HEAD_ANGLES + 1]!) / DEGREE,
    ]);
  });

  it('blinks as people do', () => {
    const lid = frames.map((frame) => (frame[index('EyeBlinkLeft')]! - 0.04) / 0.96);
    const blinks = stretches(lid.map((closure) => closure > 0.005));
    const rate = blinks.length / MINUTES;
    expect(rate).toBeGreaterThan(15);
    expect(rate).toBeLessThan(20);
    for (const { ms } of blinks) {
      expect(ms).toBeGreaterThan(220);
      expect(ms).toBeLessThan(400);
    }
    const shut = stretches(lid.map((closure) => closure > 0.995));
    expect(shut.length).toBe(blinks.length);
    expect(
      quantile(
        shut.map(({ ms }) => ms),
        0.5,
      ),
    ).toBeLessThan(70);
    // Closes faster than it opens.
    blinks.slice(0, 100).forEach(({ start, ms }, i) => {
      const closing = shut[i]!.start - start;
      expect(closing).toBeGreaterThan(60);
      expect(closing).toBeLessThan(105);
      expect(ms - closing - shut[i]!.ms).toBeGreaterThan(120);
    });
    const gaps = blinks.slice(1).map(({ start }, i) => Math.log(start - blinks[i]!.start));
    // Log-normal: as much spread as skew, and never in step.
    expect(deviation(gaps)).toBeGreaterThan(0.35);
    expect(deviation(gaps)).toBeLessThan(0.8);
  });

  it('looks at the viewer mostly, elsewhere at times, and moves its eyes in saccades', () => {
    const onViewer = gaze.filter(([x, y]) => Math.hypot(x, y) < 2).length / gaze.length;
    expect(onViewer).toBeGreaterThan(0.55);
    expect(onViewer).toBeLessThan(0.85);
    const speed = gaze.slice(1).map(([x, y], i) => Math.hypot(x - gaze[i]![0], y - gaze[i]![1]) * HZ);
    const moving = stretches(speed.map((value) => value > 3));
    const sizes = moving.map(({ start, ms }) => {
      const from = gaze[Math.max(0, Math.round((start / 1000) * HZ) - 1)]!;
      const to = gaze[Math.min(gaze.length - 1, Math.round(((start + ms) / 1000) * HZ) + 1)]!;
      return { ms, size: Math.hypot(to[0] - from[0], to[1] - from[1]) };
    });
    const large = sizes.filter(({ size }) => size > 4);
    expect(large.length / MINUTES).toBeGreaterThan(10);
    for (const { ms, size } of large) expect(Math.abs(ms - (21 + 2.2 * size))).toBeLessThan(18);
    const micro = sizes.filter(({ size }) => size < 1).length / (MINUTES * 60);
    expect(micro).toBeGreaterThan(0.7);
    expect(micro).toBeLessThan(2);
    // Between saccades the eyes rest on their target, whatever the head does.
    const resting = speed.filter((value) => value < 0.5).length / speed.length;
    expect(resting).toBeGreaterThan(0.9);
  });

  it('holds fixations for 0.3 to 4 s', () => {
    const away = stretches(gaze.map(([x, y]) => Math.hypot(x, y) > 2.5));
    expect(
      quantile(
        away.map(({ ms }) => ms),
        0.02,
      ),
    ).toBeGreaterThan(280);
    expect(
      quantile(
        away.map(({ ms }) => ms),
        0.98,
      ),
    ).toBeLessThan(4200);
  });

  it('moves its head little, slowly and never in a jump', () => {
    for (let angle = 0; angle < 3; angle++) {
      const values = frames.map((frame) => frame[HEAD_ANGLES + angle]! / DEGREE);
      expect(Math.max(...values.slice(0, 100_000).map(Math.abs))).toBeLessThan(10);
      expect(deviation(values)).toBeGreaterThan(0.3);
      const speed = values.slice(1).map((value, i) => (value - values[i]!) * HZ);
      const jerkiness = speed.slice(1).map((value, i) => Math.abs(value - speed[i]!) * HZ);
      expect(Math.max(...speed.slice(0, 100_000).map(Math.abs))).toBeLessThan(25);
      expect(Math.max(...jerkiness.slice(0, 100_000))).toBeLessThan(400);
      // Under 2 Hz: what a moving average over half a second takes away is small.
      const width = HZ / 2;
      let sum = values.slice(0, width).reduce((total, value) => total + value, 0);
      const fast: number[] = [];
      for (let i = width; i < 100_000; i++) {
        sum += values[i]! - values[i - width]!;
        fast.push(values[i - width / 2]! - sum / width);
      }
      expect(deviation(fast)).toBeLessThan(0.25 * deviation(values.slice(0, 100_000)));
    }
  });

  it('keeps every shape between 0 and 1 and the lips at rest', () => {
    const outside = frames.filter((frame) =>
      frame.subarray(0, BLENDSHAPES.length).some((value) => !(value >= 0 && value <= 1)),
    );
    expect(outside).toEqual([]);
    expect(frames[0]!.length).toBe(CHANNEL_COUNT);
    for (const name of ['JawOpen', 'MouthFunnel', 'MouthPucker']) {
      expect(frames.every((frame) => frame[index(name)] === 0)).toBe(true);
    }
  });

  it('is never quite still', () => {
    for (let second = 0; second < MINUTES * 60 - 1; second++) {
      const [from, to] = [frames[second * HZ]!, frames[(second + 1) * HZ]!];
      expect(from.some((value, i) => Math.abs(value - to[i]!) > 1e-4)).toBe(true);
    }
  });
});

describe('IdleLife', () => {
  it('breathes 12 to 18 times a minute', () => {
    // With drift and gaze alike in both, what is left of the pitch is breath.
    const life = new IdleLife(3);
    const frames = record(life, 5, 60);
    const pitch = frames.map((frame) => frame[HEAD_ANGLES + 1]! / DEGREE);
    // Power at breathing rates against that of neighbouring ones.
    const power = (hz: number): number => {
      let [re, im] = [0, 0];
      pitch.forEach((value, i) => {
        re += value * Math.cos((2 * Math.PI * hz * i) / 60);
        im += value * Math.sin((2 * Math.PI * hz * i) / 60);
      });
      return re * re + im * im;
    };
    const band = (low: number, high: number): number => {
      let sum = 0;
      for (let hz = low; hz < high; hz += 0.0033) sum += power(hz);
      return sum / (high - low);
    };
    expect(band(0.2, 0.3)).toBeGreaterThan(2 * band(0.32, 0.42));
  });

  it('is the same at any frame rate, and another with another seed', () => {
    const fast = record(new IdleLife(5), 1, 240);
    const slow = record(new IdleLife(5), 1, 20);
    const other = record(new IdleLife(6), 1, 20);
    let apart = 0;
    slow.forEach((frame, i) => {
      expect(Math.max(...frame.map((value, channel) => Math.abs(value - fast[12 * i]![channel]!)))).toBeLessThan(1e-4);
      apart = Math.max(apart, Math.abs(frame[HEAD_ANGLES]! - other[i]![HEAD_ANGLES]!));
    });
    expect(apart).toBeGreaterThan(0.5 * DEGREE);
  });

  it('only blinks, and slowly, where less motion is wanted', () => {
    const life = new IdleLife(7);
    life.reduced = true;
    const frames = record(life, 3);
    const [first] = frames;
    const moved = new Set(
      frames.flatMap((frame) => [...frame.keys()].filter((i) => Math.abs(frame[i]! - first![i]!) > 1e-6)),
    );
    expect([...moved].toSorted((a, b) => a - b)).toEqual([index('EyeBlinkLeft'), index('EyeBlinkRight')]);
    const blinks = stretches(frames.map((frame) => frame[index('EyeBlinkLeft')]! > 0.05));
    expect(blinks.length).toBeGreaterThan(20);
    for (const { ms } of blinks) expect(ms).toBeGreaterThan(500);
  });

  it('follows the style: still head, gaze at the camera, another rate of blinks', () => {
    const life = new IdleLife(7);
    life.style = { blinksPerMinute: 40, headMotion: 0, rest: { yaw: 0, pitch: 0 } };
    const frames = record(life, 3);
    expect(Math.max(...frames.map((frame) => Math.abs(frame[HEAD_ANGLES]!)))).toBe(0);
    expect(Math.max(...frames.map((frame) => Math.abs(frame[LEFT_EYE_ANGLES]!)))).toBeLessThan(2 * DEGREE);
    const count = stretches(frames.map((frame) => frame[index('EyeBlinkLeft')]! > 0.1)).length;
    expect(count / 3).toBeGreaterThan(33);
    expect(count / 3).toBeLessThan(47);
    life.style = { ...IDLE_STYLE, blinksPerMinute: 0 };
    const later = Array.from({ length: 6000 }, (_, i) => life.at(200_000 + i * 20));
    // The one that was due may still come.
    expect(later.filter((frame) => frame[index('EyeBlinkLeft')]! > 0.9).length).toBeLessThan(12);
  });

  it('looks where it is told to, with a third of it by the head, and stays alive there', () => {
    const life = new IdleLife(7);
    const target = { yaw: 0.6, pitch: -0.2 };
    life.style = idleStyleOf({ ...DEFAULT_STYLE, head_motion: 2, gaze: 'target', gaze_target: target });
    const looks = (frame: Float32Array): [number, number] => [
      frame[LEFT_EYE_ANGLES]! + frame[HEAD_ANGLES]!,
      frame[LEFT_EYE_ANGLES + 1]! + frame[HEAD_ANGLES + 1]!,
    ];
    const frames = record(life, 1, 60);
    // There in a saccade, however long the fixation before was to last.
    for (const frame of frames.slice(12)) {
      const [yaw, pitch] = looks(frame);
      expect(Math.hypot(yaw - target.yaw, pitch - target.pitch)).toBeLessThan(2 * DEGREE);
    }
    const head = frames.slice(120).reduce((sum, frame) => sum + frame[HEAD_ANGLES]!, 0) / (frames.length - 120);
    expect(Math.abs(head - target.yaw / 3)).toBeLessThan(1.5 * DEGREE);
    expect(deviation(frames.slice(120).map((frame) => looks(frame)[0] / DEGREE))).toBeGreaterThan(0.1);
    // Elsewhere at once, too; a change of what it does not look by is none.
    life.style = idleStyleOf({ ...DEFAULT_STYLE, gaze: 'camera', gaze_target: target });
    life.at(60_000);
    expect(Math.abs(looks(life.at(60_150))[0])).toBeLessThan(2 * DEGREE);
    life.style = idleStyleOf({ ...DEFAULT_STYLE, gaze_target: target });
    expect(life.style.rest).toBeNull();
    // Where less motion is wanted the direction is kept, and nothing else moves.
    life.reduced = true;
    life.style = idleStyleOf({ ...DEFAULT_STYLE, gaze: 'target', gaze_target: { yaw: 0.9, pitch: 0 } });
    const [first, second] = [life.at(61_000), life.at(62_000)];
    expect(looks(first)[0]).toBeCloseTo(0.9, 1);
    expect(looks(second)).toEqual(looks(first));
  });

  it.each([false, true])('never breaks a blink off, with less motion: %s', (reduced) => {
    for (const seed of [1, 2, 3]) {
      const life = new IdleLife(seed);
      life.reduced = reduced;
      life.style = { ...IDLE_STYLE, blinksPerMinute: 60 };
      const lid = record(life, 2).map((frame) => frame[index('EyeBlinkLeft')]!);
      const steepest = Math.max(...lid.slice(1).map((value, i) => lid[i]! - value));
      expect(steepest * HZ).toBeLessThan(1.6 / (reduced ? 0.35 : 0.15));
    }
  });

  it('goes on from now after a long absence', () => {
    const life = new IdleLife(7);
    life.at(0);
    const before = performance.now();
    const after = life.at(36e6);
    expect(performance.now() - before).toBeLessThan(50);
    expect(after.every(Number.isFinite)).toBe(true);
  });
});
