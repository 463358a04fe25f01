/**
 * A take as an animated glTF of the avatar that spoke it. Loaded when it is first asked for.
 *
 * The avatar is posed for every row, and what that did to its morphs and nodes is read back: so a VRM's own expressions
 * and bones are animated as they moved on stage, whatever rules they follow.
 */

import {
  AnimationClip,
  Mesh,
  MeshStandardMaterial,
  NumberKeyframeTrack,
  Quaternion,
  QuaternionKeyframeTrack,
  ShaderMaterial,
  type KeyframeTrack,
  type Material,
  type Object3D,
} from 'three';
import { GLTFExporter } from 'three/addons/exporters/GLTFExporter.js';

import type { Avatar } from './avatar';
import { ROWS_PER_SECOND, type MotionTake } from './take';

/** A node that turns by less than this over the whole take (radians, about) stands still. */
const STILL = 1e-4;

interface Turning {
  readonly node: Object3D;
  readonly first: Quaternion;
  readonly values: Float32Array;
  moved: boolean;
}

/** The take as a clip for the avatar's own nodes, by their unique ids. */
export function clipOf(avatar: Avatar, take: MotionTake, name: string): AnimationClip {
  const rows = take.rowCount;
  const times = Float32Array.from({ length: rows }, (_, row) => row / ROWS_PER_SECOND);
  const morphs = avatar.meshes
    .filter((mesh) => (mesh.morphTargetInfluences?.length ?? 0) > 0)
    .map((mesh) => ({ mesh, values: new Float32Array(rows * mesh.morphTargetInfluences!.length) }));
  const turning: Turning[] = [];
  avatar.root.traverse((node) => {
    turning.push({ node, first: new Quaternion(), values: new Float32Array(rows * 4), moved: false });
  });
  let row = 0;
  for (const channels of take.rows()) {
    avatar.pose(channels);
    avatar.step(1000 / ROWS_PER_SECOND);
    for (const { mesh, values } of morphs) {
      const influences = mesh.morphTargetInfluences!;
      values.set(influences, row * influences.length);
    }
    for (const turn of turning) {
      const { quaternion } = turn.node;
      if (row === 0) turn.first.copy(quaternion);
      else turn.moved ||= turn.first.angleTo(quaternion) > STILL;
      quaternion.toArray(turn.values, 4 * row);
    }
    row += 1;
  }
  const tracks: KeyframeTrack[] = [
    ...morphs
      .filter(({ values }) => values.some((value) => value !== 0))
      .map(({ mesh, values }) => new NumberKeyframeTrack(`${mesh.uuid}.morphTargetInfluences`, times, values)),
    ...turning
      .filter(({ moved }) => moved)
      .map(({ node, values }) => new QuaternionKeyframeTrack(`${node.uuid}.quaternion`, times, values)),
  ];
  return new AnimationClip(name, times.at(-1) ?? 0, tracks);
}

/**
 * The take as a binary glTF.
 *
 * @param avatar a fresh one, not on stage and not simplified; it is disposed of.
 */
export async function takeGltf(avatar: Avatar, take: MotionTake, name: string): Promise<Blob> {
  try {
    const clip = clipOf(avatar, take, name);
    avatar.root.traverse((node) => {
      if (node instanceof Mesh) node.material = exportable(node.material as Material | Material[]);
    });
    const binary = await new GLTFExporter().parseAsync(avatar.root, { binary: true, animations: [clip] });
    return new Blob([binary as ArrayBuffer], { type: 'model/gltf-binary' });
  } finally {
    avatar.dispose();
  }
}

/** glTF knows no shaders of one's own (VRM's toon materials): their colour and picture are what can be kept. */
function exportable(material: Material | Material[]): Material | Material[] {
  if (Array.isArray(material)) return material.map((one) => exportable(one) as Material);
  if (!(material instanceof ShaderMaterial)) return material;
  const { color, map } = material as unknown as Partial<Pick<MeshStandardMaterial, 'color' | 'map'>>;
  const { name, side, transparent, alphaTest } = material;
  const plain = new MeshStandardMaterial({ name, side, transparent, alphaTest, roughness: 1, metalness: 0 });
  if (color !== undefined) plain.color.copy(color);
  if (map !== undefined) plain.map = map;
  return plain;
}
