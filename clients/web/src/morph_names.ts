/**
 * What a morph target's name means, in the spellings that tools write: ARKit's 52 (`jawOpen`, `JawOpen`, `jaw_open`,
 * `blendShape1.jawOpen`, `A25_Jaw_Open`, `eyeBlink_L`, `browInnerUp_R`) and, for models without them, the mouth shapes,
 * blinks and moods of VRM, VRoid, VRChat, Oculus and MikuMikuDance.
 *
 * Generous in spelling, exact in meaning: a name must end with a known one at a word's boundary, and what comes before
 * must be set off as a prefix. `jawOpenFix` or `lipsNotJawOpen` are something else.
 */

import { BLENDSHAPES } from './channels';

/** Expressions of VRM 1.0 that a face without ARKit's shapes is posed with. */
export const PRESETS = [
  'aa',
  'ih',
  'ou',
  'ee',
  'oh',
  'blink',
  'blinkLeft',
  'blinkRight',
  'happy',
  'angry',
  'sad',
  'relaxed',
  'surprised',
] as const;
export type Preset = (typeof PRESETS)[number];

/** Channels whose mean drives a morph target. */
export interface ArkitMeaning {
  /** Indices into `BLENDSHAPES`; two for a shape that has no sides (`mouthSmile`). */
  readonly channels: readonly number[];
  /** False for a shape that only stands in where the model has none of ARKit's own (`eyesClosed`, `mouthOpen`). */
  readonly own: boolean;
}

/** Prefixes that need nothing to set them off: `ARKitJawOpen`. */
const GLUED_PREFIXES = new Set(['arkit', 'bs', 'blendshape', 'shape', 'face', 'head', 'exp', 'expression', 'morph']);

/** VRoid has a joy of the whole face and one of each part; a mood is the whole. */
const PARTS = new Set(['eye', 'brow', 'brw', 'mouth', 'mth', 'not']);

const ARKIT = arkitTable();
const PRESET_NAMES = presetTable();

/** @returns null where the name is none of ARKit's. */
export function arkitMeaning(name: string): ArkitMeaning | null {
  return lookUp(name, ARKIT);
}

/** @returns null where the name is none of the presets'. */
export function presetMeaning(name: string): Preset | null {
  return lookUp(name, PRESET_NAMES);
}

/** The vowels of a model that calls its mouth shapes A, I, U, E, O: letters mean something only all together. */
export function bareVowels(names: readonly string[]): ReadonlyMap<string, Preset> {
  const letters = { A: 'aa', I: 'ih', U: 'ou', E: 'ee', O: 'oh' } as const;
  const found = Object.entries(letters).filter(([letter]) => names.includes(letter));
  return new Map(found.length === 5 ? found : []);
}

/** Lower-case words of a name, and whether each begins after a separator. */
function words(name: string): { text: string; separated: boolean }[] {
  const spaced = name
    .normalize('NFKC')
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1\u0000$2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1\u0000$2')
    .replace(/(\p{L})(\d)/gu, '$1\u0000$2')
    .replace(/(\d)(\p{L})/gu, '$1\u0000$2');
  return spaced
    .split(/[^\p{L}\p{N}\u0000]+/u)
    .filter((part) => part !== '')
    .flatMap((part) => part.split('\u0000').map((text, i) => ({ text: text.toLowerCase(), separated: i === 0 })));
}

function lookUp<T>(name: string, table: ReadonlyMap<string, T>): T | null {
  const parts = words(name);
  // Blender numbers the second shape of a name: jawOpen.001.
  if (/\.\d{3}$/.test(name)) parts.pop();
  for (let first = 0; first < parts.length; first++) {
    const found = table.get(
      parts
        .slice(first)
        .map(({ text }) => text)
        .join(''),
    );
    if (found === undefined) continue;
    const before = parts.slice(0, first).map(({ text }) => text);
    if (before.some((text) => PARTS.has(text))) return null;
    if (first === 0 || parts[first]!.separated || GLUED_PREFIXES.has(before.join(''))) return found;
  }
  return null;
}

function arkitTable(): Map<string, ArkitMeaning> {
  const table = new Map<string, ArkitMeaning>();
  const add = (name: string, channels: readonly number[], own: boolean): void => {
    if (!table.has(name)) table.set(name, { channels, own });
  };
  const sides = new Map<string, number[]>();
  BLENDSHAPES.forEach((name, i) => {
    const full = name.toLowerCase();
    add(full, [i], true);
    const sided = /^(.+)(Left|Right)$/.exec(name);
    if (sided === null) {
      // Rigs that halve everything: browInnerUp_L and browInnerUp_R together are browInnerUp.
      for (const side of ['l', 'r', 'left', 'right']) add(full + side, [i], true);
      return;
    }
    const base = sided[1]!.toLowerCase();
    const side = sided[2]!.toLowerCase();
    for (const spelling of [base + side.charAt(0), side + base, side.charAt(0) + base]) add(spelling, [i], true);
    // JawLeft and MouthRight are directions, not sides.
    if (base !== 'jaw' && base !== 'mouth') sides.set(base, [...(sides.get(base) ?? []), i]);
  });
  for (const [base, both] of sides) add(base, both, false);
  const both = (base: string): readonly number[] => sides.get(base)!;
  add('eyesclosed', both('eyeblink'), false);
  add('eyesblink', both('eyeblink'), false);
  add('eyeslookup', both('eyelookup'), false);
  add('eyeslookdown', both('eyelookdown'), false);
  add('mouthopen', [BLENDSHAPES.indexOf('JawOpen')], false);
  return table;
}

function presetTable(): Map<string, Preset> {
  const spellings: Record<Preset, readonly string[]> = {
    aa: ['aa', 'vaa', 'visemeaa', 'vrcvaa', 'mtha', 'あ'],
    ih: ['ih', 'vih', 'visemei', 'visemeih', 'vrcvih', 'mthi', 'い'],
    ou: ['ou', 'vou', 'visemeu', 'visemeou', 'vrcvou', 'mthu', 'う'],
    ee: ['ee', 'vee', 'visemee', 'visemeee', 'vrcve', 'mthe', 'え'],
    oh: ['oh', 'voh', 'visemeo', 'visemeoh', 'vrcvoh', 'mtho', 'お'],
    blink: ['blink', 'eyeclose', 'まばたき'],
    blinkLeft: ['blinkleft', 'blinkl', 'eyecloseleft', 'eyeclosel', 'ウィンク'],
    blinkRight: ['blinkright', 'blinkr', 'eyecloseright', 'eyecloser', 'ウィンク右'],
    happy: ['happy', 'joy', 'alljoy'],
    angry: ['angry', 'allangry'],
    sad: ['sad', 'sorrow', 'allsorrow'],
    relaxed: ['relaxed', 'fun', 'allfun'],
    surprised: ['surprised', 'allsurprised'],
  };
  return new Map(PRESETS.flatMap((preset) => spellings[preset].map((name) => [name, preset] as const)));
}
