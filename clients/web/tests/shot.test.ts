import { describe, expect, it } from 'vitest';

import { POSTER, posterBox } from '../src/poster';
import { FRAMINGS, FRONT, clampOrbit, glide, shotOf, type CameraState, type Picture } from '../src/shot';

const EYES = { middle: { x: 0, y: 1.6, z: 0.1 }, pupils: 0.063 };
const FLOOR = 1.6 - 3.0 * 0.063;
const DESKTOP: Picture = { width: 1280, height: 800, coveredBottom: 90, coveredRight: 0, spanned: false };
const PHONE: Picture = { width: 390, height: 844, coveredBottom: 130, coveredRight: 0, spanned: true };

/** Where a height above the eyes, in pupil distances, is on the screen, CSS pixels from the top. */
function rowOf(above: number, picture: Picture, shot: { y: number; unitsPerPx: number }): number {
  return picture.height / 2 - (EYES.middle.y + above * EYES.pupils - shot.y) / shot.unitsPerPx;
}

describe('framing', () => {
  it.each([
    ['desktop', DESKTOP],
    ['phone', PHONE],
    ['square', { ...DESKTOP, width: 360, height: 360, coveredBottom: 0 }],
  ] as const)('keeps the whole face clear of the controls (%s)', (_, picture) => {
    for (const framing of FRAMINGS) {
      const shot = shotOf(framing, EYES, FLOOR, picture);
      expect(rowOf(1.25, picture, shot), framing).toBeGreaterThanOrEqual(0);
      expect(rowOf(-1.6, picture, shot), framing).toBeLessThanOrEqual(picture.height - picture.coveredBottom);
    }
  });

  it('comes nearer from wide to face', () => {
    const scales = ['wide', 'head', 'face'].map(
      (framing) => shotOf(framing as 'wide', EYES, FLOOR, DESKTOP).unitsPerPx,
    );
    expect(scales).toEqual(scales.toSorted((a, b) => b - a));
  });

  it('never shows what is below the model, but behind controls that span the window', () => {
    for (const framing of FRAMINGS) {
      const open = shotOf(framing, EYES, FLOOR, DESKTOP);
      expect(open.y - (DESKTOP.height / 2) * open.unitsPerPx).toBeGreaterThanOrEqual(FLOOR - 1e-9);
      const spanned = shotOf(framing, EYES, FLOOR, PHONE);
      const seen = spanned.y - (PHONE.height / 2 - PHONE.coveredBottom) * spanned.unitsPerPx;
      expect(seen).toBeGreaterThanOrEqual(FLOOR - 1e-9);
    }
  });

  it('puts the face in the middle of what a panel beside it leaves free, on either side', () => {
    const right = shotOf('head', EYES, FLOOR, { ...DESKTOP, coveredRight: 356 });
    const left = shotOf('head', EYES, FLOOR, { ...DESKTOP, coveredRight: -356 });
    expect((0 - right.x) / right.unitsPerPx).toBeCloseTo(-178);
    expect((0 - left.x) / left.unitsPerPx).toBeCloseTo(178);
  });
});

describe('the poster', () => {
  it('lies where the camera will show the face', () => {
    for (const picture of [DESKTOP, PHONE, { ...DESKTOP, coveredRight: 356 }]) {
      const box = posterBox('head', picture);
      const eyes = { middle: { x: 0, y: 0, z: 0 }, pupils: 1 };
      const { x, y, unitsPerPx } = shotOf('head', eyes, POSTER.bottom, picture);
      const scale = box.width / (POSTER.right - POSTER.left);
      expect(scale).toBeCloseTo(1 / unitsPerPx);
      expect(box.left - POSTER.left * scale).toBeCloseTo(picture.width / 2 - x / unitsPerPx);
      expect(box.top + POSTER.top * scale).toBeCloseTo(picture.height / 2 + y / unitsPerPx);
      expect(box.height / box.width).toBeCloseTo((POSTER.top - POSTER.bottom) / (POSTER.right - POSTER.left));
    }
  });
});

describe('the camera', () => {
  const goal: CameraState = { x: 1, y: 2, unitsPerPx: 0.001, yaw: 0.3, pitch: -0.1 };

  it('glides to its goal whatever the display’s rate, and stops there', () => {
    const from = { ...goal, x: 0, yaw: 0 };
    const inSteps = (count: number): CameraState => {
      let at = from;
      for (let i = 0; i < count; i++) at = glide(at, goal, 240 / count);
      return at;
    };
    expect(inSteps(15).yaw).toBeCloseTo(inSteps(30).yaw, 6);
    let at: CameraState = from;
    for (let i = 0; i < 200 && at !== goal; i++) at = glide(at, goal, 16);
    expect(at).toBe(goal);
  });

  it('goes no further round than there is a face', () => {
    expect(clampOrbit({ yaw: 9, pitch: -9 })).toEqual({ yaw: 0.75, pitch: -0.35 });
    expect(clampOrbit(FRONT)).toEqual(FRONT);
  });
});
