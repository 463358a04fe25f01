/**
 * A head that takes motion channels: morph targets by ARKit name, angles on the head's and the eyes' nodes.
 *
 * Any GLB will do that has nodes `head`, `eye_left` and `eye_right` (each optional) and morph targets named as ARKit
 * names them (`jawOpen`). Angles are YXZ Euler angles in glTF axes, as the wire carries them.
 */

import { Box3, Euler, Mesh, Quaternion, Vector3, type Object3D } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';

import type { Avatar, FaceMeasure } from './avatar';
import { BLENDSHAPES, BLENDSHAPE_COUNT, HEAD_ANGLES, LEFT_EYE_ANGLES, RIGHT_EYE_ANGLES, morphName } from './channels';
import { disposeTree } from './dispose_tree';
import { makeMatte } from './materials';
import { ProcessorMorph } from './processor_morph';

interface Joint {
  readonly node: Object3D;
  readonly rest: Quaternion;
  /** Index of its yaw; pitch and roll follow. */
  readonly yaw: number;
}

interface Morphs {
  readonly mesh: Mesh;
  /** For each blendshape the index of its morph target, or −1. */
  readonly targets: Int16Array;
  /** Set where the processor does the graphics card's work. */
  processor: ProcessorMorph | null;
}

export class Face implements Avatar {
  private readonly morphs: Morphs[] = [];
  private readonly joints: Joint[] = [];
  private readonly euler = new Euler(0, 0, 0, 'YXZ');
  private readonly turn = new Quaternion();
  /** Blendshapes no mesh has a target for; such channels move nothing. */
  readonly missing: readonly string[];

  constructor(readonly root: Object3D) {
    const known = new Set<string>();
    root.traverse((node) => {
      if (!(node instanceof Mesh) || node.morphTargetDictionary === undefined) return;
      const dictionary: Record<string, number> = node.morphTargetDictionary;
      const targets = new Int16Array(BLENDSHAPE_COUNT).fill(-1);
      BLENDSHAPES.forEach((name, i) => {
        const target = dictionary[morphName(name)];
        if (target === undefined) return;
        targets[i] = target;
        known.add(name);
      });
      // Morphs move vertices out of the box the mesh was culled by.
      node.frustumCulled = false;
      this.morphs.push({ mesh: node as Mesh, targets, processor: null });
    });
    this.missing = BLENDSHAPES.filter((name) => !known.has(name));
    for (const [name, yaw] of [
      ['head', HEAD_ANGLES],
      ['eye_left', LEFT_EYE_ANGLES],
      ['eye_right', RIGHT_EYE_ANGLES],
    ] as const) {
      const node = root.getObjectByName(name);
      if (node !== undefined) this.joints.push({ node, rest: node.quaternion.clone(), yaw });
    }
  }

  static async load(url: string): Promise<Face> {
    const gltf = await new GLTFLoader().loadAsync(url);
    return new Face(gltf.scene);
  }

  /** Take the pose of 61 channels. */
  pose(channels: Float32Array): void {
    for (const { mesh, targets, processor } of this.morphs) {
      const influences = processor?.weights ?? mesh.morphTargetInfluences!;
      for (let i = 0; i < BLENDSHAPE_COUNT; i++) {
        const target = targets[i]!;
        if (target >= 0) influences[target] = channels[i]!;
      }
      processor?.apply();
    }
    for (const { node, rest, yaw } of this.joints) {
      // +yaw turns about +Y, +pitch (down) about +X, +roll (right ear down) about +Z.
      this.euler.set(channels[yaw + 1]!, channels[yaw]!, channels[yaw + 2]!);
      node.quaternion.copy(rest).multiply(this.turn.setFromEuler(this.euler));
    }
  }

  /** Nothing on the built-in head swings by itself. */
  step(): boolean {
    return false;
  }

  /** Make the face cheap for a renderer without a graphics card: matte materials, morphing by the processor. */
  simplify(): void {
    makeMatte(this.root);
    for (const morphs of this.morphs) morphs.processor ??= new ProcessorMorph(morphs.mesh);
  }

  /** The meshes that have morph targets. */
  get meshes(): Mesh[] {
    return this.morphs.map(({ mesh }) => mesh);
  }

  measure(): FaceMeasure {
    this.root.updateMatrixWorld(true);
    const left = this.root.getObjectByName('eye_left');
    const right = this.root.getObjectByName('eye_right');
    if (left !== undefined && right !== undefined) {
      const a = left.getWorldPosition(new Vector3());
      const b = right.getWorldPosition(new Vector3());
      const pupils = a.distanceTo(b);
      if (pupils > 0) return { middle: a.add(b).multiplyScalar(0.5), pupils };
    }
    // Without eyes: a head is some 3.3 pupil distances high, with the eyes at half its height.
    const box = new Box3().setFromObject(this.root);
    const size = box.getSize(new Vector3());
    return { middle: box.getCenter(new Vector3()), pupils: Math.max(size.y, 1e-6) / 3.3 };
  }

  /** Free what the graphics card holds. */
  dispose(): void {
    disposeTree(this.root);
  }
}
