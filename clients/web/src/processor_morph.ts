/**
 * Morphing by the processor, for machines that have no graphics card.
 *
 * A software renderer runs the morphing shader over all 52 targets for every vertex of every frame; but most targets
 * move few vertices and most weights are near zero, so adding up what really moves is several times cheaper.
 */

import { BufferAttribute, DynamicDrawUsage, Vector3, type BufferGeometry, type Mesh } from 'three';

/** Weights below this move nothing the eye could see. */
const NEGLIGIBLE = 1e-3;
/** Changes of weights below this are not worth the processor's time. */
const UNSEEN = 1e-4;

interface Target {
  /** Vertices moved. */
  readonly vertices: Uint32Array;
  /** For each of them x, y, z of position and of normal. */
  readonly deltas: Float32Array;
}

export class ProcessorMorph {
  readonly weights: Float32Array;
  private readonly targets: Target[];
  private readonly position: BufferAttribute;
  /** Null for a mesh without normals, which is drawn with flat faces. */
  private readonly normal: BufferAttribute | null = null;
  private readonly restPosition: Float32Array;
  private readonly restNormal: Float32Array | null = null;
  /** The weights the mesh is in line with. */
  private readonly applied: Float32Array;

  /** Takes the morph targets of a mesh over; the graphics card gets finished positions from now on. */
  constructor(mesh: Mesh) {
    const geometry: BufferGeometry = mesh.geometry;
    const normals = geometry.morphAttributes['normal'] ?? [];
    this.targets = (geometry.morphAttributes['position'] ?? []).map((moved, i) =>
      sparse(floats(moved), normals[i] === undefined ? null : floats(normals[i])),
    );
    this.weights = new Float32Array(this.targets.length);
    this.applied = new Float32Array(this.targets.length);
    this.restPosition = floats(geometry.getAttribute('position'));
    this.position = new BufferAttribute(this.restPosition.slice(), 3).setUsage(DynamicDrawUsage);
    geometry.setAttribute('position', this.position);
    if (geometry.hasAttribute('normal')) {
      this.restNormal = floats(geometry.getAttribute('normal'));
      this.normal = new BufferAttribute(this.restNormal.slice(), 3).setUsage(DynamicDrawUsage);
      geometry.setAttribute('normal', this.normal);
    }
    geometry.morphAttributes = {};
    delete mesh.morphTargetInfluences;
  }

  /** Bring the mesh in line with `weights`. */
  apply(): void {
    if (this.weights.every((weight, i) => Math.abs(weight - this.applied[i]!) < UNSEEN)) return;
    this.applied.set(this.weights);
    const position = this.position.array as Float32Array;
    const normal = (this.normal?.array ?? null) as Float32Array | null;
    position.set(this.restPosition);
    if (normal !== null && this.restNormal !== null) normal.set(this.restNormal);
    this.targets.forEach(({ vertices, deltas }, i) => {
      const weight = this.weights[i]!;
      if (Math.abs(weight) < NEGLIGIBLE) return;
      for (let k = 0; k < vertices.length; k++) {
        const to = 3 * vertices[k]!;
        const from = 6 * k;
        for (let axis = 0; axis < 3; axis++) {
          position[to + axis]! += weight * deltas[from + axis]!;
          if (normal !== null) normal[to + axis]! += weight * deltas[from + 3 + axis]!;
        }
      }
    });
    this.position.needsUpdate = true;
    if (this.normal !== null) this.normal.needsUpdate = true;
  }
}

/** Only the vertices a target moves. */
function sparse(positions: Float32Array, normals: Float32Array | null): Target {
  const moved = (vertex: number): boolean => {
    for (let i = 3 * vertex; i < 3 * vertex + 3; i++) {
      if (positions[i] !== 0 || (normals !== null && normals[i] !== 0)) return true;
    }
    return false;
  };
  const vertices = Uint32Array.from(Array.from({ length: positions.length / 3 }, (_, i) => i).filter(moved));
  const deltas = new Float32Array(6 * vertices.length);
  vertices.forEach((vertex, k) => {
    deltas.set(positions.subarray(3 * vertex, 3 * vertex + 3), 6 * k);
    if (normals !== null) deltas.set(normals.subarray(3 * vertex, 3 * vertex + 3), 6 * k + 3);
  });
  return { vertices, deltas };
}

/** An attribute's values, whatever it is stored as. */
function floats(attribute: BufferAttribute | ReturnType<BufferGeometry['getAttribute']>): Float32Array {
  const values = new Float32Array(3 * attribute.count);
  const vector = new Vector3();
  for (let i = 0; i < attribute.count; i++) vector.fromBufferAttribute(attribute, i).toArray(values, 3 * i);
  return values;
}
