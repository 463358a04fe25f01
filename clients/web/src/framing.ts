/** Where the camera of a portrait stands. Pure. */

import { POSTER } from './poster';

export interface Viewpoint {
  /** Radians about the vertical; positive looks at the character's left side. */
  readonly yaw: number;
  /** Radians; positive looks down from above. */
  readonly pitch: number;
  readonly framing: Framing;
}

export type Framing = 'eyes' | 'cheeks' | 'mouth' | 'face' | 'head' | 'bust' | 'poster';

interface Cut {
  /** What must be in the picture, in pupil distances (63 mm). */
  readonly width: number;
  readonly height: number;
  /** Its middle above the eyes. */
  readonly above: number;
  /** The axis the camera turns about lies so far behind the eyes' middle; it stays in the picture's. */
  readonly behind: number;
}

export const CUTS: Readonly<Record<Framing, Cut>> = {
  eyes: { width: 2.05, height: 1.1, above: 0.12, behind: -0.1 },
  cheeks: { width: 2.1, height: 1.5, above: -0.4, behind: -0.1 },
  mouth: { width: 1.35, height: 1.1, above: -0.85, behind: -0.3 },
  face: { width: 2.75, height: 3.15, above: -0.4, behind: 0.7 },
  head: { width: 3.4, height: 4.2, above: -0.32, behind: 0.85 },
  bust: { width: 4.2, height: 4.9, above: -0.72, behind: 0.85 },
  poster: {
    width: POSTER.right - POSTER.left,
    height: POSTER.top - POSTER.bottom,
    above: (POSTER.top + POSTER.bottom) / 2,
    behind: 0,
  },
};

export interface Placement {
  readonly target: readonly [number, number, number];
  readonly position: readonly [number, number, number];
  readonly distance: number;
}

/**
 * Place a camera.
 *
 * @param eyes midpoint of the eyes, in the scene's units.
 * @param pupils distance of the pupils, in the scene's units.
 * @param fieldOfView vertical, in degrees.
 * @param aspect width by height.
 */
export function place(
  eyes: { readonly x: number; readonly y: number; readonly z: number },
  pupils: number,
  view: Viewpoint,
  fieldOfView: number,
  aspect: number,
): Placement {
  const { width, height, above, behind } = CUTS[view.framing];
  const tall = Math.max(height, width / aspect) * pupils;
  const distance = tall / 2 / Math.tan((fieldOfView * Math.PI) / 360) + behind * pupils;
  const target = [eyes.x, eyes.y + above * pupils, eyes.z - behind * pupils] as const;
  const flat = Math.cos(view.pitch) * distance;
  return {
    target,
    distance,
    position: [
      target[0] + Math.sin(view.yaw) * flat,
      target[1] + Math.sin(view.pitch) * distance,
      target[2] + Math.cos(view.yaw) * flat,
    ],
  };
}
