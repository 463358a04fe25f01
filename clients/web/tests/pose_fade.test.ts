import { describe, expect, it } from 'vitest';

import { BLENDSHAPE_COUNT, CHANNEL_COUNT, HEAD_ANGLES } from '../src/channels';
import { FADE_MS, PoseFade } from '../src/pose_fade';
import { seeded } from './random';

const filled = (value: number): Float32Array => new Float32Array(CHANNEL_COUNT).fill(value);

describe('PoseFade', () => {
  it('shows the first source as it is', () => {
    const pose = filled(0.7);
    expect(new PoseFade().join(pose, 'a', 0)).toBe(pose);
  });

  it('leads from one source to the next in 300 ms', () => {
    const fade = new PoseFade();
    fade.join(filled(0.8), 'a', 0);
    const [first, middle, last] = [10, 10 + FADE_MS / 2, 10 + FADE_MS].map((ms) => fade.join(filled(0.2), 'b', ms));
    expect(first![0]).toBeCloseTo(0.8, 6);
    expect(middle![0]).toBeCloseTo(0.5, 6);
    expect(last![0]).toBeCloseTo(0.2, 6);
    expect(fade.fading(10 + FADE_MS)).toBe(false);
  });

  it('never jumps, however the sources change and move', () => {
    const random = seeded(2);
    const fade = new PoseFade();
    const sources = ['a', 'b', 'c'].map((name) => ({ name, phase: 6 * random(), level: 0.3 + 0.2 * random() }));
    let source = sources[0]!;
    let before: Float32Array | null = null;
    for (let ms = 0; ms < 20_000; ms += 4) {
      if (random() < 0.02) source = sources[Math.floor(3 * random())]!;
      const pose = filled(source.level + 0.25 * Math.sin(ms / 300 + source.phase));
      const joined = fade.join(pose, source.name, ms);
      if (before !== null) expect(Math.abs(joined[HEAD_ANGLES]! - before[HEAD_ANGLES]!)).toBeLessThan(0.03);
      before = joined;
    }
  });

  it('keeps shapes between 0 and 1 while it fades', () => {
    const fade = new PoseFade();
    fade.join(filled(1), 'a', 0);
    fade.join(filled(0), 'b', 1);
    // The new source rises under the fading difference.
    const joined = fade.join(filled(0.9), 'b', 40);
    expect(Math.max(...joined.subarray(0, BLENDSHAPE_COUNT))).toBeLessThanOrEqual(1);
    expect(joined[HEAD_ANGLES]).toBeGreaterThan(1);
  });
});
