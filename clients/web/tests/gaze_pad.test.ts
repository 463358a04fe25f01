import { describe, expect, it } from 'vitest';

import { placeOf, targetAt, targetText } from '../src/gaze_pad';

describe('the gaze pad', () => {
  it('looks to the side of the picture the dot is on, mirrored or not', () => {
    // The character's left (+yaw) is on the picture's right, and in a looking glass on its left.
    expect(targetAt(0.5, 0, false)).toEqual({ yaw: 0.45, pitch: 0 });
    expect(targetAt(0.5, 0, true)).toEqual({ yaw: -0.45, pitch: 0 });
    expect(targetAt(0, -1, false)).toEqual({ yaw: 0, pitch: -0.6 });
  });

  it('has its dot where it was put, and no farther than its edge', () => {
    for (const mirrored of [false, true]) {
      const { x, y } = placeOf(targetAt(-0.3, 0.8, mirrored), mirrored);
      expect(x).toBeCloseTo(-0.3, 2);
      expect(y).toBeCloseTo(0.8, 2);
    }
    expect(targetAt(3, -7, false)).toEqual({ yaw: 0.9, pitch: -0.6 });
  });

  it('says where it points', () => {
    expect(targetText({ yaw: 0, pitch: 0 })).toBe('at the camera');
    expect(targetText({ yaw: -0.35, pitch: 0.1 })).toBe('20° to its right, 6° down');
    expect(targetText({ yaw: 0.2, pitch: -0.2 })).toBe('11° to its left, 11° up');
  });
});
