/**
 * Morphing by the processor, for machines that have no graphics card.
 *
 * A software renderer runs the morphing shader over all 52 targets for every vertex of every frame; but most targets
 * move few vertices and most weights are near zero, so adding up what really moves is several times cheaper.
 */

import { BufferAttribute, DynamicDrawUsage, Vector3, type BufferGeometry, type Mesh } from 'three';

/** Weights below this move nothing the eye could see. */
const NEGLIGIBLE = 1e-3;

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
  private readonly normal: BufferAttribute;
  private readonly restPosition: Float32Array;
  private readonly restNormal: Float32Array;

  /** Takes the morph targets of a mesh over; the graphics card gets finished positions from now on. */
  constructor(mesh: Mesh) {
    const geometry: BufferGeometry = mesh.geometry;
    const count = geometry.getAttribute('position').count;
    this.restPosition = floats(geometry.getAttribute('position'));
    this.restNormal = geometry.hasAttribute('normal')
      ? floats(geometry.getAttribute('normal'))
      : new Float32Array(3 * count);
    const normals = geometry.morphAttributes['normal'] ?? [];
    this.targets = (geometry.morphAttributes['position'] ?? []).map((moved, i) =>
      sparse(floats(moved), normals[i] === undefined ? null : floats(normals[i])),
    );
    this.weights = new Float32Array(this.targets.length);
    this.position = new BufferAttribute(this.restPosition.slice(), 3).setUsage(DynamicDrawUsage);
    this.normal = new BufferAttribute(this.restNormal.slice(), 3).setUsage(DynamicDrawUsage);
    geometry.setAttribute('position', this.position);
    geometry.setAttribute('normal', this.normal);
    geometry.morphAttributes = {};
    delete mesh.morphTargetInfluences;
  }

  /** Bring the mesh in line with `weights`. */
  apply(): void {
    const position = this.position.array as Float32Array;
    const normal = this.normal.array as Float32Array;
    position.set(this.restPosition);
    normal.set(this.restNormal);
    this.targets.forEach(({ vertices, deltas }, i) => {
      const weight = this.weights[i]!;
      if (Math.abs(weight) < NEGLIGIBLE) return;
      for (let k = 0; k < vertices.length; k++) {
        const to = 3 * vertices[k]!;
        const from = 6 * k;
        for (let axis = 0; axis < 3; axis++) {
          position[to + axis]! += weight * deltas[from + axis]!;
          normal[to + axis]! += weight * deltas[from + 3 + axis]!;
        }
      }
    });
    this.position.needsUpdate = true;
    this.normal.needsUpdate = true;
  }
}

/** Only the vertices a target moves. */
function sparse(positions: Float32Array, normals: Float32Array | null): Target {
  const vertices: number[] = [];
  const deltas: number[] = [];
  for (let vertex = 0; vertex < positions.length / 3; vertex++) {
    const moved = [...positions.subarray(3 * vertex, 3 * vertex + 3)];
    const turned = normals === null ? [0, 0, 0] : [...normals.subarray(3 * vertex, 3 * vertex + 3)];
    if (moved.every((value) => value === 0) && turned.every((value) => value === 0)) continue;
    vertices.push(vertex);
    deltas.push(...moved, ...turned);
  }
  return { vertices: Uint32Array.from(vertices), deltas: Float32Array.from(deltas) };
}

/** An attribute's values, whatever it is stored as. */
function floats(attribute: BufferAttribute | ReturnType<BufferGeometry['getAttribute']>): Float32Array {
  const values = new Float32Array(3 * attribute.count);
  const vector = new Vector3();
  for (let i = 0; i < attribute.count; i++) vector.fromBufferAttribute(attribute, i).toArray(values, 3 * i);
  return values;
}
