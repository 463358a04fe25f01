/** How the face is placed in the picture: which part of it, above which controls, seen from where. Pure. */

export const FRAMINGS = ['face', 'head', 'wide'] as const;
/** `face`: brows to chin fill the picture. `head`: head and shoulders. `wide`: air all around. */
export type Framing = (typeof FRAMINGS)[number];

/** A long lens: a face seen from close by is all nose. */
export const FIELD_OF_VIEW = 20;

/** What must be in the picture, in pupil distances (63 mm in people), measured from between the eyes. */
const EXTENT: Record<Framing, { readonly above: number; readonly below: number; readonly width: number }> = {
  face: { above: 1.3, below: 1.75, width: 2.5 },
  head: { above: 1.85, below: 2.3, width: 3.3 },
  wide: { above: 3.1, below: 3.4, width: 5 },
};

/** Where the eyes are: their middle and the distance of the pupils, in the scene's units. */
export interface Eyes {
  readonly middle: { readonly x: number; readonly y: number; readonly z: number };
  readonly pupils: number;
}

/** The canvas in CSS pixels, and the parts of it that controls cover. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly coveredBottom: number;
  /** Negative: as many on the left. */
  readonly coveredRight: number;
  /** The controls below reach from side to side: what is behind them cannot be seen. */
  readonly spanned: boolean;
}

/** What the camera sees: the middle of the picture in the plane of the eyes, and the scene's units per pixel. */
export interface Shot {
  readonly x: number;
  readonly y: number;
  readonly unitsPerPx: number;
}

/**
 * Place the face in what the controls leave free, on wide screens and tall ones.
 *
 * @param floor the lowest point of the avatar: below it there is nothing to see, so the picture ends there.
 */
export function shotOf(framing: Framing, eyes: Eyes, floor: number, picture: Picture): Shot {
  const { above, below, width } = EXTENT[framing];
  const { middle, pupils } = eyes;
  const usableHeight = Math.max(picture.height - picture.coveredBottom, picture.height / 3);
  const usableWidth = Math.max(picture.width - Math.abs(picture.coveredRight), picture.width / 3);
  const unitsPerPx = pupils * Math.max((above + below) / usableHeight, width / usableWidth);
  // On a tall screen the air goes above the head and below the chest alike, as far as there is a chest.
  const spare = Math.max(0, usableHeight * unitsPerPx - (above + below) * pupils);
  const covered = (picture.height - usableHeight) * unitsPerPx;
  const lowest = picture.spanned ? floor - covered : floor;
  const bottom = Math.max(middle.y - below * pupils - spare / 2 - covered, lowest);
  return {
    x: middle.x + (Math.sign(picture.coveredRight) * (picture.width - usableWidth) * unitsPerPx) / 2,
    y: bottom + (picture.height / 2) * unitsPerPx,
    unitsPerPx,
  };
}

/** Turned about the head, radians: yaw to the camera's right, pitch upward. */
export interface Orbit {
  readonly yaw: number;
  readonly pitch: number;
}

export const FRONT: Orbit = { yaw: 0, pitch: 0 };
/** Further round the head has no more face to show. */
const MOST_YAW = 0.75;
const MOST_PITCH = 0.35;

export function clampOrbit({ yaw, pitch }: Orbit): Orbit {
  return {
    yaw: Math.min(MOST_YAW, Math.max(-MOST_YAW, yaw)),
    pitch: Math.min(MOST_PITCH, Math.max(-MOST_PITCH, pitch)),
  };
}

/** What glides when the camera moves; plain numbers. */
export type CameraState = Shot & Orbit;

/** Most of the way is gone after this. */
const GLIDE_MS = 130;

/** Move a camera toward its goal; returns the goal itself once the difference cannot be seen. */
export function glide(from: CameraState, goal: CameraState, elapsedMs: number): CameraState {
  const keep = Math.exp(-Math.max(0, elapsedMs) / GLIDE_MS);
  const near = (a: number, b: number, scale: number): boolean => Math.abs(a - b) < scale;
  const pixel = goal.unitsPerPx;
  if (
    near(from.x, goal.x, pixel / 2) &&
    near(from.y, goal.y, pixel / 2) &&
    near(from.unitsPerPx, goal.unitsPerPx, pixel * 1e-3) &&
    near(from.yaw, goal.yaw, 1e-3) &&
    near(from.pitch, goal.pitch, 1e-3)
  ) {
    return goal;
  }
  const mix = (a: number, b: number): number => b + (a - b) * keep;
  return {
    x: mix(from.x, goal.x),
    y: mix(from.y, goal.y),
    unitsPerPx: mix(from.unitsPerPx, goal.unitsPerPx),
    yaw: mix(from.yaw, goal.yaw),
    pitch: mix(from.pitch, goal.pitch),
  };
}
