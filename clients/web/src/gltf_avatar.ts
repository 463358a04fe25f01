/** Any glTF with a face: ARKit's shapes or vowels by name, head, neck and eyes by the names of their bones. */

import { Box3, Group, Mesh, SkinnedMesh, type Object3D } from 'three';

import type { Avatar, FaceMeasure } from './avatar';
import { describeLacks } from './avatar_lacks';
import { BLENDSHAPES, HEAD_ANGLES, LEFT_EYE_ANGLES, RIGHT_EYE_ANGLES } from './channels';
import { disposeTree } from './dispose_tree';
import { facesAway, measureFace, type FaceClues } from './face_measure';
import { Joint, findJoint, lowerArm, pivotAt } from './joints';
import { makeMatte } from './materials';
import {
  chooseMouth,
  isMouth,
  missingOf,
  movedChannels,
  namedMorphs,
  weightOf,
  type ChannelBinding,
  type MorphTarget,
} from './morph_bindings';
import { MorphWeights } from './morph_weights';
import type { Preset } from './morph_names';
import { PresetSolver } from './preset_solve';
import { Problem } from './problems';

/** A head on a neck turns in both. */
export const NECK_SHARE = 0.3;

/** A head with shoulders is no higher than this, in distances between the pupils. */
const BUST_HEIGHT = 7;

export interface OwnAvatar extends Avatar {
  /** What the model cannot do, one sentence each. */
  readonly lacks: readonly string[];
}

export class GltfAvatar implements OwnAvatar {
  readonly root = new Group();
  readonly meshes: readonly Mesh[];
  readonly missing: readonly string[];
  readonly lacks: readonly string[];
  private readonly weights: MorphWeights;
  private readonly bindings: readonly ChannelBinding[];
  private readonly presets: ReadonlyMap<Preset, readonly MorphTarget[]>;
  private readonly solver: PresetSolver;
  private readonly head: Joint | null;
  private readonly neck: Joint | null;
  private readonly eyes: readonly { joint: Joint; yaw: number }[];
  private readonly measured: FaceMeasure;

  /** @throws Problem `avatar_no_face`. */
  constructor(scene: Object3D) {
    this.root.add(scene);
    this.root.updateMatrixWorld(true);
    this.meshes = morphMeshes(scene);
    const named = namedMorphs(this.meshes);
    const mouth = chooseMouth(movedChannels(named.arkit), new Set(named.presets.keys()));
    if (!mouth.able) throw new Problem('avatar_no_face', foundWords(this.meshes));
    this.bindings = named.arkit.filter(({ channels }) => mouth.arkit || !channels.every(isMouth));
    this.presets = named.presets;
    const moved = movedChannels(this.bindings);
    const has = (name: string): boolean => BLENDSHAPES.some((shape, i) => shape.startsWith(name) && moved.has(i));
    this.solver = new PresetSolver({
      has: new Set(this.presets.keys()),
      mouth: !mouth.arkit,
      lids: !has('EyeBlink'),
      mood: !has('Brow') && !has('MouthSmile'),
    });
    this.weights = new MorphWeights(this.meshes);

    const leftEye = turnable(findJoint(scene, 'leftEye'));
    const rightEye = turnable(findJoint(scene, 'rightEye'));
    const head = findJoint(scene, 'head');
    const channel = (name: string): MorphTarget[] =>
      this.bindings
        .filter(({ channels }) => channels.includes(BLENDSHAPES.indexOf(name as never)))
        .flatMap((b) => b.targets);
    const clues: FaceClues = {
      root: this.root,
      head,
      eyes: leftEye !== null && rightEye !== null ? [leftEye, rightEye] : null,
      blinkLeft: [...channel('EyeBlinkLeft'), ...(this.presets.get('blinkLeft') ?? [])],
      blinkRight: [...channel('EyeBlinkRight'), ...(this.presets.get('blinkRight') ?? [])],
      mouth: [...channel('JawOpen'), ...(this.presets.get('aa') ?? [])],
    };
    if (facesAway(clues)) scene.rotation.y += Math.PI;
    this.root.updateMatrixWorld(true);
    for (const side of ['leftUpperArm', 'rightUpperArm'] as const) {
      const arm = findJoint(scene, side);
      if (arm !== null) lowerArm(arm, this.root);
    }
    this.measured = measureFace(clues);

    const turning = head ?? bareHeadPivot(this.root, scene, this.measured);
    this.head = turning === null ? null : new Joint(turning, this.root);
    const neck = head === null ? null : findJoint(scene, 'neck');
    this.neck = neck === null ? null : new Joint(neck, this.root);
    // Where shapes already turn the eyeballs, turning the bones as well would turn them twice.
    const byShape = turnsEyeballs(channel('EyeLookUpLeft'), leftEye);
    this.eyes = byShape
      ? []
      : (
          [
            [leftEye, LEFT_EYE_ANGLES],
            [rightEye, RIGHT_EYE_ANGLES],
          ] as const
        ).flatMap(([node, yaw]) => (node === null ? [] : [{ joint: new Joint(node, this.root), yaw }]));
    this.missing = missingOf(moved);
    this.lacks = describeLacks({
      moved,
      presets: new Set(this.presets.keys()),
      turnsHead: this.head !== null,
      turnsEyes: this.eyes.length > 0 || byShape,
    });
  }

  pose(channels: Float32Array): void {
    this.weights.clear();
    for (const binding of this.bindings) this.weights.add(binding.targets, weightOf(binding, channels));
    for (const [preset, weight] of this.solver.solve(channels)) {
      const targets = this.presets.get(preset);
      if (targets !== undefined) this.weights.add(targets, weight);
    }
    this.weights.apply();
    const [yaw, pitch, roll] = channels.subarray(HEAD_ANGLES, HEAD_ANGLES + 3);
    this.neck?.turn(yaw!, pitch!, roll!, NECK_SHARE);
    this.head?.turn(yaw!, pitch!, roll!, this.neck === null ? 1 : 1 - NECK_SHARE);
    for (const { joint, yaw: at } of this.eyes) joint.turn(channels[at]!, channels[at + 1]!, channels[at + 2]!);
  }

  step(): boolean {
    return false;
  }

  measure(): FaceMeasure {
    return { middle: this.measured.middle.clone(), pupils: this.measured.pupils };
  }

  simplify(): void {
    makeMatte(this.root);
    this.weights.useProcessor();
  }

  dispose(): void {
    disposeTree(this.root);
  }
}

/** Meshes with morph targets, made ready for them. */
export function morphMeshes(scene: Object3D): Mesh[] {
  const meshes: Mesh[] = [];
  scene.traverse((node) => {
    if (!(node instanceof Mesh)) return;
    // Morphs and bones move vertices out of the box the mesh was culled by.
    node.frustumCulled = false;
    if (node.geometry.morphAttributes['position'] !== undefined) meshes.push(node as Mesh);
  });
  return meshes;
}

/** A file that holds little more than a head turns as a whole, about where its neck would be. */
function bareHeadPivot(root: Group, scene: Object3D, { middle, pupils }: FaceMeasure): Object3D | null {
  const box = new Box3().setFromObject(scene);
  if (box.max.y - box.min.y > BUST_HEIGHT * pupils) return null;
  const neck = new Group();
  root.add(neck);
  neck.position.set(middle.x, middle.y - 1.6 * pupils, middle.z - 1.2 * pupils);
  neck.updateWorldMatrix(true, false);
  neck.attach(scene);
  root.updateMatrixWorld(true);
  return neck;
}

/** What was found instead of a face, for the message that asks for one. */
export function foundWords(meshes: readonly Mesh[]): string {
  const names = meshes.flatMap((mesh) => Object.keys(mesh.morphTargetDictionary ?? {}));
  if (names.length === 0) return 'It has no shape keys at all.';
  return `Its shape keys are called ${names.slice(0, 6).join(', ')}${names.length > 6 ? ', …' : ''}.`;
}

/** An eye that is a mesh with its origin elsewhere turns about its own middle. */
function turnable(node: Object3D | null): Object3D | null {
  if (!(node instanceof Mesh)) return node;
  const box = new Box3().setFromObject(node);
  return box.containsPoint(node.getWorldPosition(box.min.clone())) ? node : pivotAt(node as Mesh, box);
}

/** Whether a look's shape moves the eyeball: vertices under the eye's node, or held by the eye's bone. */
export function turnsEyeballs(looks: readonly MorphTarget[], eye: Object3D | null): boolean {
  if (eye === null) return false;
  return looks.some(({ mesh, target }) => {
    const deltas = mesh.geometry.morphAttributes['position']![target]!;
    const moved = Array.from({ length: deltas.count }, (_, i) => i).filter(
      (i) => Math.abs(deltas.getX(i)) + Math.abs(deltas.getY(i)) + Math.abs(deltas.getZ(i)) > 0,
    );
    if (!(mesh instanceof SkinnedMesh)) {
      let under = false;
      eye.traverse((node) => (under ||= node === mesh));
      return under && moved.length > 0;
    }
    const bone = mesh.skeleton.bones.findIndex((candidate) => candidate === eye);
    const joints = mesh.geometry.getAttribute('skinIndex');
    const weights = mesh.geometry.getAttribute('skinWeight');
    return moved.some((i) =>
      [0, 1, 2, 3].some((k) => joints.getComponent(i, k) === bone && weights.getComponent(i, k) > 0.5),
    );
  });
}
