/** What the studio needs of a face, whoever made it: the built-in head, or an avatar someone brought along. */

import type { Mesh, Object3D, Vector3 } from 'three';

/** Where to look from: the middle of the face and the distance between the eyes, in the scene's units. */
export interface FaceMeasure {
  /** Midpoint of the eyes, in world space. */
  readonly middle: Vector3;
  /** Distance of the pupils; more than 0. */
  readonly pupils: number;
}

export interface Avatar {
  /** Looks along +Z, stands along +Y. */
  readonly root: Object3D;
  /** The meshes that have morph targets. */
  readonly meshes: readonly Mesh[];
  /** Blendshapes (of `BLENDSHAPES`) that move nothing on this face. */
  readonly missing: readonly string[];

  /** Take the pose of 61 channels. */
  pose(channels: Float32Array): void;

  /**
   * Let time pass for what swings by itself (hair, ribbons), after `pose` and before drawing.
   *
   * @returns whether the picture has changed.
   */
  step(elapsedMs: number): boolean;

  measure(): FaceMeasure;

  /** Make the face cheap for a renderer without a graphics card. */
  simplify(): void;

  /** Free what the graphics card holds. */
  dispose(): void;
}
