/** Which morph targets of a model do what, for all its meshes together. */

import type { Mesh } from 'three';

import { BLENDSHAPES, BLENDSHAPE_COUNT } from './channels';
import { arkitMeaning, bareVowels, presetMeaning, type Preset } from './morph_names';

/** One morph target of one mesh. */
export interface MorphTarget {
  readonly mesh: Mesh;
  readonly target: number;
}

/** Moves something by the mean of a few channels: a morph target, or an expression made of several. */
export interface ChannelBinding {
  /** Indices into `BLENDSHAPES`. */
  readonly channels: readonly number[];
  readonly own: boolean;
  readonly targets: readonly MorphTarget[];
}

export interface NamedMorphs {
  readonly arkit: readonly ChannelBinding[];
  readonly presets: ReadonlyMap<Preset, readonly MorphTarget[]>;
}

/** Read the names of all morph targets. */
export function namedMorphs(meshes: readonly Mesh[]): NamedMorphs {
  const named = meshes.flatMap((mesh) => targetNames(mesh).map(([name, target]) => ({ name, mesh, target })));
  const letters = bareVowels(named.map(({ name }) => name));
  const arkit: ChannelBinding[] = [];
  const presets = new Map<Preset, MorphTarget[]>();
  for (const { name, mesh, target } of named) {
    const meaning = arkitMeaning(name);
    if (meaning !== null) arkit.push({ ...meaning, targets: [{ mesh, target }] });
    const preset = presetMeaning(name) ?? letters.get(name);
    if (preset !== undefined) presets.set(preset, [...(presets.get(preset) ?? []), { mesh, target }]);
  }
  return { arkit: withoutStandIns(arkit), presets };
}

/** A shape that only stands in (`eyesClosed`) is left out where the model has one of its channels proper. */
export function withoutStandIns<T extends ChannelBinding>(bindings: readonly T[]): T[] {
  const proper = movedChannels(bindings.filter(({ own }) => own));
  return bindings.filter(({ own, channels }) => own || !channels.some((channel) => proper.has(channel)));
}

/** Channels that move something. */
export function movedChannels(bindings: readonly ChannelBinding[]): ReadonlySet<number> {
  return new Set(bindings.flatMap(({ channels }) => channels));
}

/** Names of blendshapes that move nothing. */
export function missingOf(moved: ReadonlySet<number>): string[] {
  return BLENDSHAPES.filter((_, i) => !moved.has(i));
}

/** What a binding asks for in a pose: the mean of its channels. */
export function weightOf({ channels }: ChannelBinding, pose: Float32Array): number {
  let sum = 0;
  for (const channel of channels) sum += pose[channel]!;
  return sum / channels.length;
}

const MOUTH_CHANNELS = new Set(
  Array.from({ length: BLENDSHAPE_COUNT }, (_, i) => i).filter((i) => /^(Jaw|Mouth)/.test(BLENDSHAPES[i]!)),
);
const VOWELS: readonly Preset[] = ['aa', 'ih', 'ou', 'ee', 'oh'];
/** With fewer of ARKit's 27 mouth channels than this, five vowels speak better. */
const SPEAKING_CHANNELS = 8;

export interface MouthChoice {
  /** ARKit's mouth shapes speak; else vowels do. */
  readonly arkit: boolean;
  readonly able: boolean;
}

/** Whether a mouth is moved by ARKit's shapes or by vowels, and whether it can open at all. */
export function chooseMouth(moved: ReadonlySet<number>, presets: ReadonlySet<Preset>): MouthChoice {
  const mouth = [...moved].filter((channel) => MOUTH_CHANNELS.has(channel)).length;
  const opens = moved.has(BLENDSHAPES.indexOf('JawOpen'));
  const vowels = VOWELS.filter((vowel) => presets.has(vowel)).length;
  return { arkit: opens && (mouth >= SPEAKING_CHANNELS || vowels < 3), able: opens || vowels > 0 };
}

export function isMouth(channel: number): boolean {
  return MOUTH_CHANNELS.has(channel);
}

function targetNames(mesh: Mesh): [string, number][] {
  // VRM 0 writes the names into the primitive, where the loader does not look for them.
  const names: unknown = mesh.geometry.userData['targetNames'];
  if (Array.isArray(names)) return names.map((name, i) => [String(name), i]);
  return Object.entries((mesh.morphTargetDictionary ?? {}) as Record<string, number>);
}
