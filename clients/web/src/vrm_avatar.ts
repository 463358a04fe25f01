/**
 * A VRM, version 0 or 1: its expressions (ARKit's names where it has them, else the presets), its gaze, its head's and
 * neck's bones, its swinging hair. three-vrm's expression manager applies the override rules of VRM 1.0.
 */

import { VRMExpressionMorphTargetBind, type VRM, type VRMExpression } from '@pixiv/three-vrm';
import {
  FrontSide,
  Group,
  MathUtils,
  Mesh,
  MeshLambertMaterial,
  type Color,
  type Material,
  type Side,
  type Texture,
} from 'three';

import type { FaceMeasure } from './avatar';
import { describeLacks } from './avatar_lacks';
import { BLENDSHAPES, HEAD_ANGLES, LEFT_EYE_ANGLES, RIGHT_EYE_ANGLES } from './channels';
import { disposeTree } from './dispose_tree';
import { measureFace } from './face_measure';
import { NECK_SHARE, foundWords, morphMeshes, turnsEyeballs, type OwnAvatar } from './gltf_avatar';
import { Joint, lowerArm } from './joints';
import {
  chooseMouth,
  isMouth,
  missingOf,
  movedChannels,
  namedMorphs,
  weightOf,
  withoutStandIns,
  type ChannelBinding,
  type MorphTarget,
} from './morph_bindings';
import { arkitMeaning, presetMeaning, type Preset } from './morph_names';
import { MorphWeights } from './morph_weights';
import { PresetSolver } from './preset_solve';
import { Problem } from './problems';

/** Longer gaps (a hidden tab) would whip the hair about. */
const LONGEST_STEP_MS = 50;

interface Driver extends ChannelBinding {
  /** Null where the mesh's morph target is moved without an expression. */
  readonly expression: VRMExpression | null;
}

export class VrmAvatar implements OwnAvatar {
  readonly root = new Group();
  readonly meshes: readonly Mesh[];
  readonly missing: readonly string[];
  readonly lacks: readonly string[];
  private readonly weights: MorphWeights;
  private readonly drivers: readonly Driver[];
  private readonly presets: ReadonlyMap<Preset, VRMExpression>;
  private readonly solver: PresetSolver;
  private readonly head: Joint | null;
  private readonly neck: Joint | null;
  /** Turned directly only where the model brings no look-at of its own. */
  private readonly eyes: readonly { joint: Joint; yaw: number }[];
  private readonly looks: boolean;
  private readonly measured: FaceMeasure;

  /**
   * @param vrm faces +Z already (`VRMUtils.rotateVRM0`).
   * @throws Problem `avatar_no_face`.
   */
  constructor(private readonly vrm: VRM) {
    const { humanoid, scene } = vrm;
    // The bones are turned themselves: nothing may overwrite them from the normalized ones.
    humanoid.autoUpdateHumanBones = false;
    this.root.add(scene);
    this.root.updateMatrixWorld(true);
    this.meshes = morphMeshes(scene);
    const { drivers, presets } = readExpressions(vrm, this.meshes);
    const mouth = chooseMouth(movedChannels(drivers), new Set(presets.keys()));
    if (!mouth.able) throw new Problem('avatar_no_face', foundWords(this.meshes));
    this.drivers = drivers.filter(({ channels }) => mouth.arkit || !channels.every(isMouth));
    this.presets = presets;
    const moved = movedChannels(this.drivers);
    const has = (name: string): boolean => BLENDSHAPES.some((shape, i) => shape.startsWith(name) && moved.has(i));
    this.solver = new PresetSolver({
      has: new Set(presets.keys()),
      mouth: !mouth.arkit,
      lids: !has('EyeBlink'),
      mood: !has('Brow') && !has('MouthSmile'),
    });
    this.weights = new MorphWeights(this.meshes);

    for (const side of ['leftUpperArm', 'rightUpperArm'] as const) {
      const arm = humanoid.getRawBoneNode(side);
      if (arm !== null) lowerArm(arm, this.root);
    }
    const leftEye = humanoid.getRawBoneNode('leftEye');
    const rightEye = humanoid.getRawBoneNode('rightEye');
    const head = humanoid.getRawBoneNode('head');
    const targets = (name: (typeof BLENDSHAPES)[number]): readonly MorphTarget[] =>
      drivers
        .filter(({ channels }) => channels.includes(BLENDSHAPES.indexOf(name)))
        .flatMap((driver) => driver.targets);
    const preset = (name: Preset): readonly MorphTarget[] => morphTargets(presets.get(name));
    this.measured = measureFace({
      root: this.root,
      head,
      eyes: leftEye !== null && rightEye !== null ? [leftEye, rightEye] : null,
      blinkLeft: [...targets('EyeBlinkLeft'), ...preset('blinkLeft')],
      blinkRight: [...targets('EyeBlinkRight'), ...preset('blinkRight')],
      mouth: [...targets('JawOpen'), ...preset('aa')],
    });

    this.head = head === null ? null : new Joint(head, this.root);
    const neck = humanoid.getRawBoneNode('neck');
    this.neck = neck === null ? null : new Joint(neck, this.root);
    // Where shapes already turn the eyeballs, turning the bones as well would turn them twice.
    const byShape = turnsEyeballs(targets('EyeLookUpLeft'), leftEye);
    this.looks = vrm.lookAt !== undefined && !byShape && (leftEye !== null || !has('EyeLook'));
    this.eyes =
      this.looks || byShape
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
      presets: new Set(presets.keys()),
      turnsHead: this.head !== null,
      turnsEyes: byShape || this.eyes.length > 0 || (this.looks && (leftEye !== null || looksByExpression(vrm))),
    });
    vrm.springBoneManager?.reset();
  }

  pose(channels: Float32Array): void {
    const { vrm, weights } = this;
    vrm.expressionManager?.resetValues();
    for (const [preset, weight] of this.solver.solve(channels)) {
      const expression = this.presets.get(preset);
      if (expression !== undefined) expression.weight = weight;
    }
    for (const driver of this.drivers) {
      if (driver.expression !== null) driver.expression.weight = weightOf(driver, channels);
    }
    const [yaw, pitch, roll] = channels.subarray(HEAD_ANGLES, HEAD_ANGLES + 3);
    this.neck?.turn(yaw!, pitch!, roll!, NECK_SHARE);
    this.head?.turn(yaw!, pitch!, roll!, this.neck === null ? 1 : 1 - NECK_SHARE);
    if (this.looks && vrm.lookAt !== undefined) {
      vrm.lookAt.yaw = MathUtils.RAD2DEG * mean(channels[LEFT_EYE_ANGLES]!, channels[RIGHT_EYE_ANGLES]!);
      vrm.lookAt.pitch = MathUtils.RAD2DEG * mean(channels[LEFT_EYE_ANGLES + 1]!, channels[RIGHT_EYE_ANGLES + 1]!);
      vrm.lookAt.update(0);
    }
    for (const { joint, yaw: at } of this.eyes) joint.turn(channels[at]!, channels[at + 1]!, channels[at + 2]!);
    vrm.nodeConstraintManager?.update();
    weights.clear();
    vrm.expressionManager?.update();
    for (const driver of this.drivers) {
      if (driver.expression === null) weights.add(driver.targets, weightOf(driver, channels));
    }
    weights.apply();
  }

  step(elapsedMs: number): boolean {
    const seconds = Math.min(elapsedMs, LONGEST_STEP_MS) / 1000;
    const { springBoneManager } = this.vrm;
    if (springBoneManager === undefined || springBoneManager.joints.size === 0) return false;
    springBoneManager.update(seconds);
    return true;
  }

  measure(): FaceMeasure {
    return { middle: this.measured.middle.clone(), pupils: this.measured.pupils };
  }

  simplify(): void {
    this.root.traverse((node) => {
      if (node instanceof Mesh) node.material = matte(Array.isArray(node.material) ? node.material[0] : node.material);
    });
    this.weights.useProcessor();
  }

  dispose(): void {
    disposeTree(this.root);
  }
}

/** What the model's expressions, and morph targets that have none, are for. */
function readExpressions(
  vrm: VRM,
  meshes: readonly Mesh[],
): { drivers: Driver[]; presets: ReadonlyMap<Preset, VRMExpression> } {
  const drivers: Driver[] = [];
  const presets = new Map<Preset, VRMExpression>();
  for (const expression of vrm.expressionManager?.expressions ?? []) {
    // An expression that binds nothing is a name only: exporters write all presets, used or not.
    if (expression.binds.length === 0) continue;
    const preset = presetMeaning(expression.expressionName);
    if (preset !== null) {
      if (!presets.has(preset)) presets.set(preset, expression);
      continue;
    }
    const meaning = arkitMeaning(expression.expressionName);
    if (meaning !== null) drivers.push({ ...meaning, expression, targets: morphTargets(expression) });
  }
  const expressed = movedChannels(drivers);
  for (const binding of namedMorphs(meshes).arkit) {
    if (!binding.channels.some((channel) => expressed.has(channel))) drivers.push({ ...binding, expression: null });
  }
  return { drivers: withoutStandIns(drivers), presets };
}

function morphTargets(expression: VRMExpression | undefined): MorphTarget[] {
  return (expression?.binds ?? []).flatMap((bind) =>
    bind instanceof VRMExpressionMorphTargetBind ? bind.primitives.map((mesh) => ({ mesh, target: bind.index })) : [],
  );
}

/** Whether the eyes' expressions move anything. */
function looksByExpression(vrm: VRM): boolean {
  return ['lookLeft', 'lookRight', 'lookUp', 'lookDown'].some(
    (name) => (vrm.expressionManager?.getExpression(name)?.binds.length ?? 0) > 0,
  );
}

/** A toon or physical material, plainly. */
function matte(material: Material): Material {
  const { color, map, side, transparent, opacity, alphaTest, depthWrite } = material as Material & {
    readonly color?: Color;
    readonly map?: Texture | null;
    readonly side?: Side;
  };
  const plain = new MeshLambertMaterial({
    color: color ?? 0xffffff,
    map: map ?? null,
    side: side ?? FrontSide,
    transparent,
    opacity,
    alphaTest,
    depthWrite,
  });
  material.dispose();
  return plain;
}

function mean(a: number, b: number): number {
  return (a + b) / 2;
}
