import { describe, expect, it } from 'vitest';

import { CUTS, place, type Framing } from '../src/framing';

const EYES = { x: 0, y: 0.02, z: 0.07 };
const PUPILS = 0.063;
const FIELD_OF_VIEW = 20;

describe('a portrait’s camera', () => {
  const straight = (framing: Framing, aspect: number) =>
    place(EYES, PUPILS, { yaw: 0, pitch: 0, framing }, FIELD_OF_VIEW, aspect);

  it('has in the picture what the cut asks for, in the plane of the eyes', () => {
    for (const framing of Object.keys(CUTS) as Framing[]) {
      for (const aspect of [0.5, 1, 2.5]) {
        const { position } = straight(framing, aspect);
        const height = 2 * (position[2] - EYES.z) * Math.tan((FIELD_OF_VIEW * Math.PI) / 360);
        const { width: wide, height: tall } = CUTS[framing];
        expect(height / PUPILS).toBeGreaterThanOrEqual(tall - 1e-9);
        expect((height * aspect) / PUPILS).toBeGreaterThanOrEqual(wide - 1e-9);
        expect(Math.min(height / PUPILS - tall, (height * aspect) / PUPILS - wide)).toBeCloseTo(0, 9);
      }
    }
  });

  it('turns about a point within the head, at one distance', () => {
    for (const [yaw, pitch] of [
      [0, 0],
      [1.57, 0],
      [-0.6, 0.3],
    ] as const) {
      const { target, position, distance } = place(EYES, PUPILS, { yaw, pitch, framing: 'head' }, FIELD_OF_VIEW, 1);
      expect(target).toEqual(straight('head', 1).target);
      expect(Math.hypot(...position.map((value, i) => value - target[i]!))).toBeCloseTo(distance, 9);
    }
  });

  it('sees the left side from the left and the crown from above', () => {
    const view = { yaw: 0.5, pitch: 0.2, framing: 'head' } as const;
    const { position, target } = place(EYES, PUPILS, view, FIELD_OF_VIEW, 1);
    expect(position[0]).toBeGreaterThan(target[0]);
    expect(position[1]).toBeGreaterThan(target[1]);
  });
});
