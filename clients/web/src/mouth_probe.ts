/**
 * How far the mouth is open on the screen: the inner lips' vertices, morphed as they are drawn, projected to pixels.
 *
 * Which vertices these are comes from the GLB: `mesh.extras.loops = {upperLip: […], lowerLip: […]}`, indices into the
 * mesh's position accessor, each lower one opposite its partner.
 */

import { Vector3, type Camera, type Mesh } from 'three';

import type { Avatar } from './avatar';
import { BLENDSHAPES, morphName } from './channels';

export interface MouthOpening {
  /** Mean over the pairs of the lips' distance, in CSS pixels of the canvas; 0 where they touch or overlap. */
  readonly px: number;
  /** The same in the model's units along the head's vertical; negative where lips press together. */
  readonly signed: number;
}

export class MouthProbe {
  private readonly mesh: Mesh | null = null;
  private readonly pairs: readonly (readonly [number, number])[] = [];
  private readonly upper = new Vector3();
  private readonly lower = new Vector3();
  /** The gap at rest, and what each blendshape adds to it at full weight. */
  private readonly restGap: number = 0;
  private readonly gaps = new Float32Array(BLENDSHAPES.length);

  /** @param face before it is made cheap: morph targets taken over by the processor cannot be read. */
  constructor(face: Avatar) {
    for (const mesh of face.meshes) {
      const pairs = readPairs(mesh);
      if (pairs === null) continue;
      this.mesh = mesh;
      this.pairs = pairs;
      this.restGap = meanGap(pairs, mesh.geometry.getAttribute('position'));
      const targets = mesh.geometry.morphAttributes['position'] ?? [];
      BLENDSHAPES.forEach((name, i) => {
        const target = targets[mesh.morphTargetDictionary?.[morphName(name)] ?? -1];
        if (target !== undefined) this.gaps[i] = meanGap(pairs, target);
      });
      return;
    }
  }

  /** The mouth's opening in a pose that need not be drawn, as `MouthOpening.signed`; null where it is not known. */
  gapOf(channels: Float32Array): number | null {
    if (this.mesh === null) return null;
    return this.gaps.reduce((sum, gap, i) => sum + gap * channels[i]!, this.restGap);
  }

  /** Null where the head does not tell where its lips are. */
  measure(camera: Camera, heightPx: number): MouthOpening | null {
    const { mesh, pairs, upper, lower } = this;
    if (mesh === null) return null;
    mesh.updateWorldMatrix(true, false);
    let px = 0;
    let signed = 0;
    for (const [u, l] of pairs) {
      mesh.getVertexPosition(u, upper);
      mesh.getVertexPosition(l, lower);
      const gap = upper.y - lower.y;
      signed += gap;
      upper.applyMatrix4(mesh.matrixWorld).project(camera);
      lower.applyMatrix4(mesh.matrixWorld).project(camera);
      const height = (upper.y - lower.y) * 0.5 * heightPx;
      const width = (upper.x - lower.x) * 0.5 * heightPx * aspectOf(camera);
      if (gap > 0) px += Math.hypot(width, height);
    }
    return { px: px / pairs.length, signed: signed / pairs.length };
  }
}

function meanGap(pairs: readonly (readonly [number, number])[], position: { getY(index: number): number }): number {
  return pairs.reduce((sum, [upper, lower]) => sum + position.getY(upper) - position.getY(lower), 0) / pairs.length;
}

function aspectOf(camera: Camera): number {
  return 'aspect' in camera && typeof camera.aspect === 'number' ? camera.aspect : 1;
}

/** GLTFLoader puts a mesh's extras into `userData`, of the mesh or (with several primitives) of its group. */
function readPairs(mesh: Mesh): [number, number][] | null {
  const vertices = mesh.geometry.getAttribute('position').count;
  for (const data of [mesh.userData, mesh.parent?.userData]) {
    const loops = data?.['loops'] as { upperLip?: unknown; lowerLip?: unknown } | null | undefined;
    const upper = loops?.upperLip;
    const lower = loops?.lowerLip;
    if (!isIndexList(upper, vertices) || !isIndexList(lower, vertices)) continue;
    if (upper.length > 0 && upper.length === lower.length) return upper.map((index, i) => [index, lower[i]!]);
  }
  return null;
}

function isIndexList(value: unknown, vertices: number): value is number[] {
  return Array.isArray(value) && value.every((index) => Number.isInteger(index) && index >= 0 && index < vertices);
}
