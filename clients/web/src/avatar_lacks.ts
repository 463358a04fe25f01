/** What an avatar cannot do, in words for the person who brought it. */

import { BLENDSHAPES } from './channels';
import type { Preset } from './morph_names';

export interface Abilities {
  /** Blendshapes that move something. */
  readonly moved: ReadonlySet<number>;
  /** Presets that are posed (VRM's vowels, blinks and moods). */
  readonly presets: ReadonlySet<Preset>;
  readonly turnsHead: boolean;
  readonly turnsEyes: boolean;
}

const MOODS: readonly Preset[] = ['happy', 'angry', 'sad', 'relaxed', 'surprised'];

/** One sentence each, the weightiest first; empty for a face that can do everything. */
export function describeLacks({ moved, presets, turnsHead, turnsEyes }: Abilities): string[] {
  const has = (pattern: RegExp): boolean => BLENDSHAPES.some((name, i) => moved.has(i) && pattern.test(name));
  const moods = MOODS.filter((mood) => presets.has(mood)).length;
  const brows = has(/^Brow/);
  const smile = has(/^Mouth(Smile|Frown)/);
  const arkitMouth = has(/^Jaw/) && has(/^Mouth/);
  const lacks: string[] = [];
  if (!arkitMouth) {
    const vowels = ['aa', 'ih', 'ou', 'ee', 'oh'].filter((vowel) => presets.has(vowel as Preset));
    if (vowels.length === 5) lacks.push('This avatar speaks with five mouth shapes: its lips move more simply.');
    else if (vowels.length > 0)
      lacks.push(`This avatar has few mouth shapes (${vowels.join(', ')}): its speech is coarse.`);
    else lacks.push('This avatar can only open its jaw: its lips form no sounds.');
  } else if (!has(/^Mouth(Close|Press)/)) {
    lacks.push('This avatar has no shape that presses the lips together: p, b and m close by the jaw alone.');
  }
  if (!has(/^EyeBlink/) && !presets.has('blink') && !presets.has('blinkLeft')) {
    lacks.push('This avatar has no eyelids that close: it cannot blink.');
  }
  if (!brows && moods === 0) {
    lacks.push(
      smile
        ? 'This avatar has no eyebrows: emotions will show in the mouth only.'
        : 'This avatar has neither eyebrows nor a smile: emotions will not show.',
    );
  }
  if (!turnsEyes && !has(/^EyeLook/)) lacks.push('This avatar’s eyes do not move: it always looks straight ahead.');
  if (!turnsHead) lacks.push('This avatar has no bone for its head: the head stays still.');
  return lacks;
}
