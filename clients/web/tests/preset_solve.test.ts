import { describe, expect, it } from 'vitest';

import { BLENDSHAPES, CHANNEL_COUNT } from '../src/channels';
import { PRESETS, type Preset } from '../src/morph_names';
import { NonnegativeMixture } from '../src/nonnegative';
import { PresetSolver, mouthShape } from '../src/preset_solve';
import { seeded } from './random';

function channels(values: Record<string, number>): Float32Array {
  const all = new Float32Array(CHANNEL_COUNT);
  BLENDSHAPES.forEach((name, i) => {
    all[i] = values[name] ?? values[name.replace(/(Left|Right)$/, '')] ?? 0;
  });
  return all;
}

function solver(has: readonly Preset[] = PRESETS): PresetSolver {
  return new PresetSolver({ has: new Set(has), mouth: true, lids: true, mood: true });
}

function solve(values: Record<string, number>, has: readonly Preset[] = PRESETS): Record<string, number> {
  return Object.fromEntries(solver(has).solve(channels(values)));
}

const OPEN = { JawOpen: 0.3, MouthLowerDown: 0.4, MouthUpperUp: 0.25 };
const VOWELS = ['aa', 'ih', 'ou', 'ee', 'oh'] as const;
const largest = (weights: Record<string, number>): string =>
  VOWELS.toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))[0]!;

describe('NonnegativeMixture', () => {
  it('finds the mixture a vector was made of', () => {
    const shapes = [
      [1, 0, 0.3],
      [0, 1, 0.2],
      [0.2, 0.1, 1],
    ];
    const made = [0.3, 0, 0.8];
    const wanted = [0, 1, 2].map((k) => shapes.reduce((sum, shape, i) => sum + made[i]! * shape[k]!, 0));
    const found = new NonnegativeMixture(shapes, 1e-6).solve(wanted);
    made.forEach((weight, i) => expect(found[i]).toBeCloseTo(weight, 3));
  });

  it('meets the conditions of optimality on random problems', () => {
    const random = seeded(3);
    for (let run = 0; run < 200; run++) {
      const shapes = Array.from({ length: 5 }, () => Array.from({ length: 3 }, () => random() * 2 - 1));
      const wanted = Array.from({ length: 3 }, () => random() * 2 - 1);
      const weights = new NonnegativeMixture(shapes, 0.05, 0.1).solve(wanted);
      const reached = [0, 1, 2].map((k) => shapes.reduce((sum, shape, i) => sum + weights[i]! * shape[k]!, 0));
      shapes.forEach((shape, i) => {
        const slope =
          shape.reduce((sum, value, k) => sum + value * (reached[k]! - wanted[k]!), 0) +
          0.05 * weights[i]! +
          0.1 * Math.hypot(...shape);
        if (weights[i]! <= 0) expect(slope).toBeGreaterThan(-1e-3);
        else if (weights[i]! >= 1) expect(slope).toBeLessThan(1e-3);
        else expect(Math.abs(slope)).toBeLessThan(1e-3);
      });
    }
  });
});

describe('PresetSolver', () => {
  it.each([
    ['an open jaw', OPEN, 'aa'],
    ['spread lips', { JawOpen: 0.08, MouthStretch: 0.35, MouthSmile: 0.3, MouthLowerDown: 0.1 }, 'ih'],
    ['pushed lips', { JawOpen: 0.1, MouthPucker: 0.7 }, 'ou'],
    ['open and spread lips', { JawOpen: 0.15, MouthStretch: 0.3, MouthLowerDown: 0.25, MouthUpperUp: 0.1 }, 'ee'],
    ['open rounded lips', { JawOpen: 0.3, MouthFunnel: 0.5, MouthPucker: 0.1, MouthLowerDown: 0.1 }, 'oh'],
  ])('hears %s as its vowel', (_, pose, vowel) => {
    const weights = solve(pose);
    expect(largest(weights)).toBe(vowel);
    expect(weights[vowel]).toBeGreaterThan(0.35);
  });

  it.each([0, 0.1, 0.3, 0.6, 1])('seals the lips where MouthClose follows a jaw open by %f', (jaw) => {
    for (const more of [{}, { MouthPucker: 0.6 }, { MouthPress: 0.4 }, { MouthSmile: 0.5 }]) {
      const weights = solve({ JawOpen: jaw, MouthClose: jaw, ...more });
      for (const vowel of VOWELS) expect(weights[vowel]).toBeLessThan(0.02);
    }
  });

  it('follows the opening from shut to wide, and does not jump', () => {
    let before = 0;
    for (let share = 0; share <= 1; share += 0.01) {
      const pose = Object.fromEntries(Object.entries(OPEN).map(([name, value]) => [name, value * share]));
      const weights = solve(pose);
      const opened = VOWELS.reduce(
        (sum, vowel) => sum + weights[vowel]! * { aa: 1, ih: 0.2, ou: 0.2, ee: 0.5, oh: 0.6 }[vowel],
        0,
      );
      expect(opened).toBeGreaterThanOrEqual(before - 1e-6);
      expect(opened - before).toBeLessThan(0.05);
      expect(Math.abs(opened - mouthShape(channels(pose)).opening)).toBeLessThan(0.12);
      before = opened;
    }
  });

  it('makes do with the vowels there are', () => {
    expect(solve(OPEN, ['aa'])['aa']).toBeGreaterThan(0.7);
    expect(solve(OPEN, ['oh', 'ih'])['oh']).toBeGreaterThan(0.5);
    expect(solve(OPEN, [])).toEqual({});
  });

  it.each([
    ['happy', { MouthSmile: 0.8, CheekSquint: 0.7, EyeSquint: 0.2 }],
    ['sad', { BrowInnerUp: 0.7, MouthFrown: 0.7, BrowDown: 0.2 }],
    ['angry', { BrowDown: 0.8, EyeSquint: 0.4, MouthPress: 0.3, NoseSneer: 0.3 }],
    ['surprised', { BrowInnerUp: 0.7, BrowOuterUp: 0.8, EyeWide: 0.8, JawOpen: 0.3 }],
    ['relaxed', { MouthSmile: 0.6, EyeSquint: 0.2 }],
  ])('knows a face that is %s', (mood, pose) => {
    const weights = solve(pose);
    const moods = ['happy', 'angry', 'sad', 'relaxed', 'surprised'];
    expect(moods.toSorted((a, b) => weights[b]! - weights[a]!)[0]).toBe(mood);
    expect(weights[mood]).toBeGreaterThan(0.4);
  });

  it('takes the small liveliness of speech for no mood', () => {
    const weights = solve({ ...OPEN, MouthSmile: 0.12, CheekSquint: 0.03, BrowInnerUp: 0.16, BrowOuterUp: 0.12 });
    for (const mood of ['happy', 'angry', 'sad', 'relaxed', 'surprised']) expect(weights[mood]).toBe(0);
  });

  it('winks where it can, and shuts no open eye where it cannot', () => {
    const wink = { EyeBlinkLeft: 1, EyeBlinkRight: 0 };
    expect(solve(wink)).toMatchObject({ blinkLeft: 1, blinkRight: 0 });
    expect(solve(wink)['blink']).toBeUndefined();
    expect(solve(wink, ['blink'])['blink']).toBe(0);
    expect(solve({ EyeBlink: 1 }, ['blink', 'blinkLeft'])['blink']).toBe(1);
  });
});
