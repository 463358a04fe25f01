/**
 * VRM's preset expressions out of ARKit's channels, for faces that have nothing finer.
 *
 * The mouth is seen as three measures, how far the inner lips part, how wide they are and how far they are rounded, and
 * the five vowels are mixed to come nearest to them. What a closed mouth wants stays closed, whatever its width. Moods are
 * found the same way among the features of FACS: a smile of the cheeks is joy, a smile of the lips alone is a vowel.
 */

import { BLENDSHAPES } from './channels';
import type { Preset } from './morph_names';
import { NonnegativeMixture } from './nonnegative';

const VOWELS = ['aa', 'ih', 'ou', 'ee', 'oh'] as const;
const MOODS = ['happy', 'angry', 'sad', 'relaxed', 'surprised'] as const;
type Vowel = (typeof VOWELS)[number];
type Mood = (typeof MOODS)[number];

/** Opening, width and rounding of each vowel at full weight. */
const VOWEL_SHAPES: Record<Vowel, readonly [number, number, number]> = {
  aa: [1, 0.05, 0],
  ih: [0.2, 0.6, 0],
  ou: [0.2, -0.55, 1],
  ee: [0.5, 0.65, 0],
  oh: [0.6, -0.45, 0.85],
};
/** The opening is what is read: an error in it counts this much more. */
const OPENING_WEIGHT = 2;
/** A mixture may open the mouth by this much more than wanted, so that rounded lips need not be shut. */
const OPENING_SLACK = 0.02;

/** Features of moods, from Ekman's action units: means of both sides. */
const MOOD_FEATURES = [
  'BrowDown',
  'BrowInnerUp',
  'BrowOuterUp',
  'EyeWide',
  'EyeSquint',
  'CheekSquint',
  'MouthSmile',
  'MouthFrown',
  'MouthPress',
  'NoseSneer',
] as const;
type MoodFeature = (typeof MOOD_FEATURES)[number];
const MOOD_SHAPES: Record<Mood, Partial<Record<MoodFeature, number>>> = {
  happy: { CheekSquint: 0.7, MouthSmile: 0.8, EyeSquint: 0.2 },
  angry: { BrowDown: 0.9, EyeSquint: 0.4, MouthPress: 0.3, NoseSneer: 0.4 },
  sad: { BrowInnerUp: 0.7, MouthFrown: 0.7, BrowDown: 0.2 },
  relaxed: { MouthSmile: 0.7, EyeSquint: 0.3 },
  surprised: { BrowInnerUp: 0.7, BrowOuterUp: 0.8, EyeWide: 0.8 },
};
/** Below this evidence there is no mood: the small liveliness of brows and lips is not one. */
const MOOD_SPARSITY = 0.2;

/** A face's vowels open fully where the network's own speech is widest: jaw .3, lower lip .5, upper lip .35. */
const FULL_OPENING = 0.55;

export interface MouthShape {
  /** How far the inner lips part: 0 sealed, 1 an open vowel. */
  readonly opening: number;
  /** Negative where the corners are drawn together. */
  readonly width: number;
  readonly rounding: number;
}

export interface PresetChoice {
  /** Presets the face has. */
  readonly has: ReadonlySet<Preset>;
  /** Which parts presets move: those that ARKit's own shapes do not move already. */
  readonly mouth: boolean;
  readonly lids: boolean;
  readonly mood: boolean;
}

export class PresetSolver {
  private readonly vowels: readonly Vowel[];
  private readonly moods: readonly Mood[];
  private readonly vowelMixture: NonnegativeMixture;
  private readonly moodMixture: NonnegativeMixture;
  private readonly weights = new Map<Preset, number>();

  constructor(private readonly choice: PresetChoice) {
    this.vowels = choice.mouth ? VOWELS.filter((name) => choice.has.has(name)) : [];
    this.moods = choice.mood ? MOODS.filter((name) => choice.has.has(name)) : [];
    this.vowelMixture = new NonnegativeMixture(
      this.vowels.map((name) => {
        const [opening, width, rounding] = VOWEL_SHAPES[name];
        return [OPENING_WEIGHT * opening, width, rounding];
      }),
      0.01,
      0.02,
    );
    this.moodMixture = new NonnegativeMixture(
      this.moods.map((name) => MOOD_FEATURES.map((feature) => MOOD_SHAPES[name][feature] ?? 0)),
      0.02,
      MOOD_SPARSITY,
    );
  }

  /** Weights 0..1 of the presets this face is posed with; the same map every time. */
  solve(channels: Float32Array): ReadonlyMap<Preset, number> {
    const moods = this.moodMixture.solve(MOOD_FEATURES.map((feature) => mean(channels, feature)));
    this.moods.forEach((name, i) => this.weights.set(name, moods[i]!));
    let smiling = 0;
    for (const mood of this.moods) smiling += this.weights.get(mood)! * (MOOD_SHAPES[mood].MouthSmile ?? 0);
    const mouth = mouthShape(channels);
    this.speak({ ...mouth, width: mouth.width - Math.min(smiling, mean(channels, 'MouthSmile')) });
    this.blink(channels);
    return this.weights;
  }

  private speak({ opening, width, rounding }: MouthShape): void {
    if (this.vowels.length === 0) return;
    const weights = this.vowelMixture.solve([OPENING_WEIGHT * opening, width, rounding]);
    let opened = 0;
    this.vowels.forEach((name, i) => (opened += weights[i]! * VOWEL_SHAPES[name][0]));
    const fit = Math.min(1, (opening + OPENING_SLACK * Math.min(1, opening / 0.05)) / Math.max(opened, 1e-9));
    this.vowels.forEach((name, i) => this.weights.set(name, weights[i]! * fit));
  }

  private blink(channels: Float32Array): void {
    if (!this.choice.lids) return;
    const left = value(channels, 'EyeBlinkLeft');
    const right = value(channels, 'EyeBlinkRight');
    const { has } = this.choice;
    if (has.has('blinkLeft') && has.has('blinkRight')) {
      this.weights.set('blinkLeft', left);
      this.weights.set('blinkRight', right);
    } else if (has.has('blink')) {
      // One shape for both lids: it must not shut the eye that is open.
      this.weights.set('blink', Math.min(left, right));
    }
  }
}

/** The mouth as three measures; MouthClose closes relative to the jaw, so that equal values are sealed lips. */
export function mouthShape(channels: Float32Array): MouthShape {
  const parted =
    value(channels, 'JawOpen') -
    value(channels, 'MouthClose') +
    0.45 * mean(channels, 'MouthLowerDown') +
    0.3 * mean(channels, 'MouthUpperUp') +
    0.15 * value(channels, 'MouthFunnel') -
    0.4 * mean(channels, 'MouthPress') -
    0.2 * (value(channels, 'MouthRollLower') + value(channels, 'MouthRollUpper')) -
    0.2 * value(channels, 'MouthShrugLower');
  const pucker = value(channels, 'MouthPucker');
  const funnel = value(channels, 'MouthFunnel');
  return {
    opening: Math.min(1, Math.max(0, parted) / FULL_OPENING),
    width:
      1.2 * mean(channels, 'MouthStretch') +
      mean(channels, 'MouthSmile') +
      0.5 * mean(channels, 'MouthDimple') -
      pucker -
      0.5 * funnel,
    rounding: Math.min(1, 1.3 * pucker + funnel),
  };
}

const INDEX = new Map<string, number>(BLENDSHAPES.map((name, i) => [name, i]));

function value(channels: Float32Array, name: string): number {
  return channels[INDEX.get(name)!]!;
}

/** Of a shape's two sides, or of the one it has. */
function mean(channels: Float32Array, name: string): number {
  const both = INDEX.get(name);
  if (both !== undefined) return channels[both]!;
  return (value(channels, `${name}Left`) + value(channels, `${name}Right`)) / 2;
}
