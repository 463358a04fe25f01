/**
 * A take as an animated glTF of the avatar that spoke it. Loaded when it is first asked for.
 *
 * The avatar is posed for every row, and what that did to its morphs and nodes is read back: so a VRM's own expressions
 * and bones are animated as they moved on stage, whatever rules they follow.
 */

import {
  AnimationClip,
  BufferAttribute,
  Mesh,
  MeshStandardMaterial,
  NumberKeyframeTrack,
  Quaternion,
  QuaternionKeyframeTrack,
  ShaderMaterial,
  type BufferGeometry,
  type InterleavedBufferAttribute,
  type KeyframeTrack,
  type Material,
  type Object3D,
} from 'three';
import { GLTFExporter } from 'three/addons/exporters/GLTFExporter.js';

import type { Avatar } from './avatar';
import { sparseGltf } from './sparse_gltf';
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
      if (!(node instanceof Mesh)) return;
      node.material = exportable(node.material as Material | Material[]);
      unpack(node.geometry as BufferGeometry);
    });
    const binary = await new GLTFExporter().parseAsync(avatar.root, { binary: true, animations: [clip] });
    return new Blob([sparseGltf(binary as ArrayBuffer)], { type: 'model/gltf-binary' });
  } finally {
    avatar.dispose();
  }
}

/** What the file on the server packs (interleaved, in small numbers) is written plainly: every program reads floats. */
function unpack(geometry: BufferGeometry): void {
  for (const [name, attribute] of Object.entries(geometry.attributes)) {
    // Joint numbers stay whole numbers.
    if (name !== 'skinIndex') geometry.setAttribute(name, floats(attribute, name === 'normal'));
  }
  for (const name of ['position', 'normal', 'color'] as const) {
    const moved = geometry.morphAttributes[name];
    if (moved !== undefined) geometry.morphAttributes[name] = moved.map((attribute) => floats(attribute, false));
  }
}

function floats(attribute: BufferAttribute | InterleavedBufferAttribute, unit: boolean): BufferAttribute {
  const { count, itemSize } = attribute;
  const values = new Float32Array(count * itemSize);
  for (let i = 0; i < count; i++) {
    let length = 0;
    for (let k = 0; k < itemSize; k++) {
      const value = attribute.getComponent(i, k);
      values[i * itemSize + k] = value;
      length += value * value;
    }
    if (!unit) continue;
    // A vertex without a direction gets one: a normal must be of length 1.
    if (length === 0) values[i * itemSize + 2] = 1;
    else for (let k = 0; k < itemSize; k++) values[i * itemSize + k]! /= Math.sqrt(length);
  }
  const plain = new BufferAttribute(values, itemSize);
  plain.name = attribute.name;
  return plain;
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
