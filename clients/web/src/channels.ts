/**
 * The 61 motion channels in wire order: ARKit's 52 blendshapes (0..1), then nine angles in radians.
 *
 * The source of truth is `models/face/channels.py`; the golden messages' `hello` is tested against this list, and a
 * server that announces another order is refused rather than shown with a scrambled face.
 */

export const BLENDSHAPES = [
  'EyeBlinkLeft',
  'EyeLookDownLeft',
  'EyeLookInLeft',
  'EyeLookOutLeft',
  'EyeLookUpLeft',
  'EyeSquintLeft',
  'EyeWideLeft',
  'EyeBlinkRight',
  'EyeLookDownRight',
  'EyeLookInRight',
  'EyeLookOutRight',
  'EyeLookUpRight',
  'EyeSquintRight',
  'EyeWideRight',
  'JawForward',
  'JawRight',
  'JawLeft',
  'JawOpen',
  'MouthClose',
  'MouthFunnel',
  'MouthPucker',
  'MouthRight',
  'MouthLeft',
  'MouthSmileLeft',
  'MouthSmileRight',
  'MouthFrownLeft',
  'MouthFrownRight',
  'MouthDimpleLeft',
  'MouthDimpleRight',
  'MouthStretchLeft',
  'MouthStretchRight',
  'MouthRollLower',
  'MouthRollUpper',
  'MouthShrugLower',
  'MouthShrugUpper',
  'MouthPressLeft',
  'MouthPressRight',
  'MouthLowerDownLeft',
  'MouthLowerDownRight',
  'MouthUpperUpLeft',
  'MouthUpperUpRight',
  'BrowDownLeft',
  'BrowDownRight',
  'BrowInnerUp',
  'BrowOuterUpLeft',
  'BrowOuterUpRight',
  'CheekPuff',
  'CheekSquintLeft',
  'CheekSquintRight',
  'NoseSneerLeft',
  'NoseSneerRight',
  'TongueOut',
] as const;

export const ANGLES = [
  'HeadYaw',
  'HeadPitch',
  'HeadRoll',
  'LeftEyeYaw',
  'LeftEyePitch',
  'LeftEyeRoll',
  'RightEyeYaw',
  'RightEyePitch',
  'RightEyeRoll',
] as const;

export const CHANNELS: readonly string[] = [...BLENDSHAPES, ...ANGLES];
export const BLENDSHAPE_COUNT = BLENDSHAPES.length;
export const CHANNEL_COUNT = CHANNELS.length;

/** Index of the first of three angles (yaw, pitch, roll). */
export const HEAD_ANGLES = BLENDSHAPE_COUNT;
export const LEFT_EYE_ANGLES = BLENDSHAPE_COUNT + 3;
export const RIGHT_EYE_ANGLES = BLENDSHAPE_COUNT + 6;

/** A blendshape's name as glTF morph targets carry it: `JawOpen` → `jawOpen`. */
export function morphName(blendshape: string): string {
  return blendshape.charAt(0).toLowerCase() + blendshape.slice(1);
}

/** Channel values by name, for reading by a person or a test. */
export function channelsByName(values: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(CHANNELS.map((name, i) => [name, values[i] ?? Number.NaN]));
}
