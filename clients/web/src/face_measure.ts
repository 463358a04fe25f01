/** Finds the face on a model of any size: by the eyes, by what blinks and what speaks, by the head's bone, by its box. */

import { Box3, Mesh, Vector3, type Object3D } from 'three';

import type { FaceMeasure } from './avatar';
import type { MorphTarget } from './morph_bindings';

export interface FaceClues {
  readonly root: Object3D;
  readonly head: Object3D | null;
  readonly eyes: readonly [Object3D, Object3D] | null;
  readonly blinkLeft: readonly MorphTarget[];
  readonly blinkRight: readonly MorphTarget[];
  readonly mouth: readonly MorphTarget[];
}

/** Of a human face, in distances between the pupils (63 mm). */
const EYES_TO_MOUTH = 1.05;
const HEAD_BONE_TO_EYES = 1.2;
const HEAD_HEIGHT = 3.3;
/** How much of the picture above the eyes the framing leaves, in the same unit. */
const ROOM_ABOVE = 1.7;
/** Hair towers over a drawn face; but a hat must not make the face a dot. */
const MOST_GROWTH = 1.6;
const SAMPLES = 20_000;

/** World matrices must be up to date and the model at rest. */
export function measureFace(clues: FaceClues): FaceMeasure {
  const left = centreOfMotion(clues.blinkLeft);
  const right = centreOfMotion(clues.blinkRight);
  const mouth = centreOfMotion(clues.mouth);
  const eyes = clues.eyes?.map((eye) => eye.getWorldPosition(new Vector3())) ?? null;
  const box = new Box3().setFromObject(clues.root);

  let middle: Vector3 | null = null;
  let pupils = 0;
  if (eyes !== null && eyes[0]!.distanceTo(eyes[1]!) > 0) {
    middle = eyes[0]!.clone().add(eyes[1]!).multiplyScalar(0.5);
    pupils = eyes[0]!.distanceTo(eyes[1]!);
  }
  if (left !== null && right !== null) {
    // One shape for both eyes has its centre between them: no distance.
    pupils = Math.max(pupils, left.distanceTo(right));
    middle ??= left.clone().add(right).multiplyScalar(0.5);
  }
  if (middle !== null && mouth !== null) pupils = Math.max(pupils, (middle.y - mouth.y) / EYES_TO_MOUTH);
  if (middle === null && clues.head !== null) {
    middle = clues.head.getWorldPosition(new Vector3());
    const rise = mouth === null ? (box.max.y - middle.y) / 2.2 : Math.max(mouth.y - middle.y, 0);
    pupils = Math.max(pupils, rise / HEAD_BONE_TO_EYES);
    middle.y += rise;
  }
  middle ??= box.getCenter(new Vector3());
  if (!(pupils > 0)) pupils = Math.max(box.max.y - box.min.y, 1e-6) / HEAD_HEIGHT;

  const above = topOver(clues.root, middle, pupils) - middle.y;
  return { middle, pupils: Math.min(Math.max(pupils, above / ROOM_ABOVE), pupils * MOST_GROWTH) };
}

/** Whether the face is on the side of −Z: the model was exported turned round. */
export function facesAway(clues: FaceClues): boolean {
  const front = centreOfMotion([...clues.mouth, ...clues.blinkLeft, ...clues.blinkRight]);
  if (front === null) return false;
  const { middle, pupils } = measureFace(clues);
  const behind = new Vector3();
  let count = 0;
  eachVertex(clues.root, (vertex) => {
    if (vertex.distanceTo(middle) > 2.5 * pupils) return;
    behind.add(vertex);
    count++;
  });
  return count > 0 && front.z < behind.z / count - 0.1 * pupils;
}

/** Where morph targets move vertices, by how far they move them; null where none does. */
export function centreOfMotion(targets: readonly MorphTarget[]): Vector3 | null {
  const centre = new Vector3();
  const vertex = new Vector3();
  const moved = new Vector3();
  let weight = 0;
  for (const { mesh, target } of targets) {
    const deltas = mesh.geometry.morphAttributes['position']?.[target];
    if (deltas === undefined) continue;
    for (let i = 0; i < deltas.count; i++) {
      const way = moved.fromBufferAttribute(deltas, i).length();
      if (way === 0) continue;
      centre.addScaledVector(mesh.localToWorld(mesh.getVertexPosition(i, vertex)), way);
      weight += way;
    }
  }
  return weight > 0 ? centre.divideScalar(weight) : null;
}

/** The highest vertex over the face's middle. */
function topOver(root: Object3D, middle: Vector3, pupils: number): number {
  let top = middle.y;
  eachVertex(root, ({ x, y, z }) => {
    if (Math.hypot(x - middle.x, z - middle.z) < 2 * pupils) top = Math.max(top, y);
  });
  return top;
}

/** Visits vertices in world space, some of them where there are many. */
function eachVertex(root: Object3D, visit: (vertex: Vector3) => void): void {
  const meshes: Mesh[] = [];
  root.traverse((node) => {
    if (node instanceof Mesh && node.visible) meshes.push(node as Mesh);
  });
  const total = meshes.reduce((sum, mesh) => sum + mesh.geometry.getAttribute('position').count, 0);
  const stride = Math.max(1, Math.floor(total / SAMPLES));
  const vertex = new Vector3();
  for (const mesh of meshes) {
    const { count } = mesh.geometry.getAttribute('position');
    for (let i = 0; i < count; i += stride) visit(mesh.localToWorld(mesh.getVertexPosition(i, vertex)));
  }
}
