import { describe, expect, it } from 'vitest';

import { BLENDSHAPES, morphName } from '../src/channels';
import { arkitMeaning, bareVowels, presetMeaning } from '../src/morph_names';

function meant(name: string): string[] | null {
  return arkitMeaning(name)?.channels.map((i) => BLENDSHAPES[i]!) ?? null;
}

describe('ARKit names', () => {
  const spellings: [string, (name: string) => string][] = [
    ['as Apple writes them', morphName],
    ['as Live Link Face writes them', (name) => name],
    ['in snake case', (name) => snake(name)],
    ['in capitals', (name) => snake(name).toUpperCase()],
    ['with spaces', (name) => snake(name).replaceAll('_', ' ')],
    ['in small letters', (name) => name.toLowerCase()],
    [
      'with _L and _R',
      (name) =>
        morphName(name)
          .replace(/Left$/, '_L')
          .replace(/Right$/, '_R'),
    ],
    [
      'with .L and .R',
      (name) =>
        morphName(name)
          .replace(/Left$/, '.L')
          .replace(/Right$/, '.R'),
    ],
    ['after a Maya node', (name) => `blendShape1.${morphName(name)}`],
    ['after a number', (name) => `A25_${snake(name)}`],
    ['after a mesh', (name) => `Wolf3D_Head|${morphName(name)}`],
    ['after glued ARKit', (name) => `ARKit${name}`],
    ['with Blender’s number', (name) => `${morphName(name)}.001`],
  ];
  it.each(spellings)('are known %s', (_, spell) => {
    for (const name of BLENDSHAPES) {
      // `jaw_L` and `mouth_L` are written for JawLeft and MouthLeft, too.
      expect(meant(spell(name)), spell(name)).toEqual([name]);
      expect(arkitMeaning(spell(name))!.own).toBe(true);
    }
  });

  it('tells halves, wholes and stand-ins apart', () => {
    expect(meant('browInnerUp_L')).toEqual(['BrowInnerUp']);
    expect(meant('mouthSmile')).toEqual(['MouthSmileLeft', 'MouthSmileRight']);
    expect(arkitMeaning('mouthSmile')!.own).toBe(false);
    expect(meant('eyesClosed')).toEqual(['EyeBlinkLeft', 'EyeBlinkRight']);
    expect(meant('mouthOpen')).toEqual(['JawOpen']);
    expect(meant('leftEyeBlink')).toEqual(['EyeBlinkLeft']);
  });

  it.each(['jawOpenFix', 'crowjawopen', 'lipsNotJawOpen', 'mouth', 'jaw', 'Basis', '', '_neutral', 'open', 'Left'])(
    'are not seen in %j',
    (name) => {
      expect(arkitMeaning(name)).toBeNull();
    },
  );
});

describe('preset names', () => {
  it.each([
    ['aa', 'aa'],
    ['Face.M_F00_000_00_Fcl_MTH_A', 'aa'],
    ['Fcl_MTH_U', 'ou'],
    ['vrc.v_oh', 'oh'],
    ['viseme_aa', 'aa'],
    ['viseme_I', 'ih'],
    ['あ', 'aa'],
    ['Fcl_EYE_Close', 'blink'],
    ['Fcl_EYE_Close_L', 'blinkLeft'],
    ['Fcl_EYE_Close_R', 'blinkRight'],
    ['まばたき', 'blink'],
    ['ｳｨﾝｸ', 'blinkLeft'],
    ['Fcl_ALL_Joy', 'happy'],
    ['Blink_L', 'blinkLeft'],
  ])('%s is %s', (name, preset) => {
    expect(presetMeaning(name)).toBe(preset);
  });

  it.each(['Fcl_EYE_Joy', 'Fcl_MTH_Angry', 'Fcl_MTH_Close', 'Fcl_BRW_Fun', 'viseme_PP', 'saddle', 'A', 'blouse'])(
    '%s is none',
    (name) => {
      expect(presetMeaning(name)).toBeNull();
    },
  );

  it('are single letters only where all five are there', () => {
    expect([...bareVowels(['A', 'I', 'U', 'E', 'O', 'Smile']).values()]).toEqual(['aa', 'ih', 'ou', 'ee', 'oh']);
    expect(bareVowels(['A', 'I', 'U']).size).toBe(0);
  });
});

function snake(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}
