/** The picture of the face that is there at once, in the place where the face will be. */

import { shotOf, type Framing, type Picture } from './shot';

/**
 * What a poster shows, in pupil distances about the middle of the eyes, down to where the scene lets the picture of a
 * built-in head end; `python -m benchmarks.pictures --only posters` cuts it so.
 */
export const POSTER = { left: -2.2, right: 2.2, top: 2.2, bottom: -3.05 };

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where the poster lies on a picture so that its face is where the camera will show it, in CSS pixels. */
export function posterBox(framing: Framing, picture: Picture): Box {
  const eyes = { middle: { x: 0, y: 0, z: 0 }, pupils: 1 };
  const { x, y, unitsPerPx } = shotOf(framing, eyes, POSTER.bottom, picture);
  return {
    left: picture.width / 2 + (POSTER.left - x) / unitsPerPx,
    top: picture.height / 2 - (POSTER.top - y) / unitsPerPx,
    width: (POSTER.right - POSTER.left) / unitsPerPx,
    height: (POSTER.top - POSTER.bottom) / unitsPerPx,
  };
}
