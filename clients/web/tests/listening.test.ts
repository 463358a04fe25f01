import { describe, expect, it } from 'vitest';

import { BLENDSHAPES, CHANNEL_COUNT, HEAD_ANGLES, LEFT_EYE_ANGLES } from '../src/channels';
import { Listening } from '../src/listening';

const DEGREE = Math.PI / 180;
const HZ = 120;

function listen(seconds: number, base = new Float32Array(CHANNEL_COUNT), seed = 4): Float32Array[] {
  const listening = new Listening(seed);
  return Array.from({ length: seconds * HZ }, (_, i) => listening.over(base, true, (i * 1000) / HZ));
}

const pitch = (frame: Float32Array): number => frame[HEAD_ANGLES + 1]! / DEGREE;

describe('Listening', () => {
  it('waits until it has been quiet for a while, and adds nothing before', () => {
    const listening = new Listening(1);
    const pose = new Float32Array(CHANNEL_COUNT);
    for (let ms = 0; ms < 850; ms += 10) expect(listening.over(pose, true, ms)).toBe(pose);
    listening.over(pose, true, 1000);
    expect(listening.present).toBe(true);
  });

  it('never shows on a face it is not wanted on', () => {
    const listening = new Listening(1);
    const pose = new Float32Array(CHANNEL_COUNT);
    for (let ms = 0; ms < 20_000; ms += 10) expect(listening.over(pose, false, ms)).toBe(pose);
  });

  it('nods by 1 to 4°, each dip and rise in 150 to 300 ms, some ten to thirty times a minute', () => {
    const frames = listen(300);
    const dips: { ms: number; depth: number }[] = [];
    let [start, depth] = [-1, 0];
    frames.forEach((frame, i) => {
      const down = pitch(frame);
      if (down > 1e-3 && start < 0) [start, depth] = [i, 0];
      depth = Math.max(depth, down);
      const next = frames[i + 1];
      // Touching zero ends a dip; a second one may follow at once.
      if (
        start >= 0 &&
        (next === undefined || pitch(next) <= 1e-3 || (down < 0.02 && pitch(next) > down && i - start > 5))
      ) {
        dips.push({ ms: ((i - start) * 1000) / HZ, depth });
        start = -1;
      }
    });
    expect(dips.length / 5).toBeGreaterThan(10);
    expect(dips.length / 5).toBeLessThan(32);
    const whole = dips.filter(({ ms }) => ms > 200);
    expect(whole.length).toBeGreaterThan(0.8 * dips.length);
    for (const { ms, depth: down } of whole) {
      expect(ms).toBeGreaterThan(230);
      expect(ms).toBeLessThan(620);
      expect(down).toBeGreaterThan(0.7);
      expect(down).toBeLessThan(4);
    }
  });

  it('looks at the other some seven tenths of the time, even when the head is turned', () => {
    const base = new Float32Array(CHANNEL_COUNT);
    base[HEAD_ANGLES] = 6 * DEGREE;
    base[LEFT_EYE_ANGLES] = 5 * DEGREE;
    const frames = listen(300, base).slice(3 * HZ);
    const onOther = frames.filter((frame) => Math.abs(frame[LEFT_EYE_ANGLES]! + frame[HEAD_ANGLES]!) < DEGREE).length;
    expect(onOther / frames.length).toBeGreaterThan(0.6);
    expect(onOther / frames.length).toBeLessThan(0.8);
  });

  it('tilts the head a little and lifts the brows now and then', () => {
    const frames = listen(120);
    const tilt = frames.map((frame) => frame[HEAD_ANGLES + 2]! / DEGREE);
    expect(Math.max(...tilt)).toBeGreaterThan(1);
    expect(Math.max(...tilt.map(Math.abs))).toBeLessThan(4.5);
    const brow = frames.map((frame) => frame[BLENDSHAPES.indexOf('BrowInnerUp')]!);
    expect(Math.max(...brow)).toBeGreaterThan(0.12);
    expect(Math.max(...brow)).toBeLessThan(0.5);
    expect(brow.filter((value) => value > 0.1).length / brow.length).toBeLessThan(0.35);
  });

  it('comes and goes without a jump, and is gone 200 ms after speech begins', () => {
    const listening = new Listening(9);
    const base = new Float32Array(CHANNEL_COUNT);
    base[LEFT_EYE_ANGLES] = 5 * DEGREE;
    let before: Float32Array = base;
    let largest = 0;
    for (let ms = 0; ms < 60_000; ms += 5) {
      const speaks = ms % 7000 > 5000;
      const frame = listening.over(base, !speaks, ms);
      // The eyes may leap: they do. The rest may not.
      for (let i = 0; i < LEFT_EYE_ANGLES; i++) largest = Math.max(largest, Math.abs(frame[i]! - before[i]!));
      before = frame;
      if (ms % 7000 > 5205) expect(frame).toBe(base);
    }
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(0.02);
  });
});
