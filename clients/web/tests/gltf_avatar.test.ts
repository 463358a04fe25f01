import {
  Bone,
  BufferGeometry,
  Float32BufferAttribute,
  Group,
  Mesh,
  MeshStandardMaterial,
  Object3D,
  SphereGeometry,
  Vector3,
} from 'three';
import { describe, expect, it } from 'vitest';

import { BLENDSHAPES, CHANNEL_COUNT, HEAD_ANGLES, LEFT_EYE_ANGLES } from '../src/channels';
import { GltfAvatar } from '../src/gltf_avatar';
import { findJoint } from '../src/joints';
import { Problem } from '../src/problems';

/** A mesh whose vertices lie at the eyes and the mouth; each shape moves the vertex it is for. */
function face(shapes: readonly string[], z = 0.1): Mesh {
  const places = {
    left: [0.03, 1.6, z],
    right: [-0.03, 1.6, z],
    mouth: [0, 1.53, z],
    crown: [0, 1.7, 0],
    back: [0, 1.6, -z],
  };
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute(Object.values(places).flat(), 3));
  geometry.morphTargetsRelative = true;
  geometry.morphAttributes['position'] = shapes.map((shape) => {
    const vertex = /blink.*(l|left)$/i.test(shape) ? 0 : /blink/i.test(shape) ? 1 : 2;
    const deltas = new Float32BufferAttribute(new Float32Array(15), 3);
    deltas.setY(vertex, -0.01);
    deltas.name = shape;
    return deltas;
  });
  const mesh = new Mesh(geometry, new MeshStandardMaterial());
  mesh.updateMorphTargets();
  return mesh;
}

const ARKIT = [
  'jawOpen',
  'mouthClose',
  'mouthFunnel',
  'mouthPucker',
  'mouthSmile_L',
  'mouthSmile_R',
  'mouthPress_L',
  'mouthPress_R',
  'eyeBlink_L',
  'eyeBlink_R',
];

/** Hips, a neck, a head with its axes turned, as riggers leave them, and eyes. */
function figure(
  mesh: Mesh,
  names = { neck: 'mixamorig:Neck', head: 'mixamorig:Head', left: 'mixamorig:LeftEye', right: 'mixamorig:RightEye' },
): Group {
  const scene = new Group();
  const bones = Object.fromEntries(
    Object.entries(names).map(([key, name]) => {
      const bone = new Bone();
      bone.userData = { name };
      return [key, bone];
    }),
  ) as Record<keyof typeof names, Bone>;
  bones.neck.position.set(0, 1.4, 0);
  bones.neck.rotation.set(0.3, 0.2, 1.2);
  bones.head.position.set(0.05, 0.08, 0);
  bones.head.rotation.set(-1, 0.4, 0.7);
  scene.add(bones.neck, mesh);
  bones.neck.add(bones.head);
  scene.updateMatrixWorld(true);
  for (const [side, x] of [
    ['left', 0.03],
    ['right', -0.03],
  ] as const) {
    scene.add(bones[side]);
    bones[side].position.set(x, 1.6, 0.08);
    bones.head.attach(bones[side]);
  }
  return scene;
}

function pose(values: Record<string, number>, angles: Record<number, number> = {}): Float32Array {
  const channels = new Float32Array(CHANNEL_COUNT);
  for (const [name, value] of Object.entries(values)) channels[BLENDSHAPES.indexOf(name as never)] = value;
  for (const [i, value] of Object.entries(angles)) channels[Number(i)] = value;
  return channels;
}

/** Where a node's own +Z at rest points after a pose. */
function direction(avatar: GltfAvatar, node: Object3D, channels: Float32Array): Vector3 {
  avatar.pose(new Float32Array(CHANNEL_COUNT));
  avatar.root.updateMatrixWorld(true);
  const local = node.worldToLocal(node.getWorldPosition(new Vector3()).add(new Vector3(0, 0, 1)));
  avatar.pose(channels);
  avatar.root.updateMatrixWorld(true);
  return node.localToWorld(local).sub(node.getWorldPosition(new Vector3()));
}

describe('GltfAvatar', () => {
  it('moves ARKit shapes in whatever spelling, and tells what is missing', () => {
    const mesh = face(ARKIT);
    const avatar = new GltfAvatar(figure(mesh));
    avatar.pose(pose({ JawOpen: 0.4, EyeBlinkRight: 0.9, MouthSmileLeft: 0.2 }));
    const weight = (name: string): number => mesh.morphTargetInfluences![mesh.morphTargetDictionary![name]!]!;
    expect(weight('jawOpen')).toBeCloseTo(0.4);
    expect(weight('eyeBlink_R')).toBeCloseTo(0.9);
    expect(weight('eyeBlink_L')).toBe(0);
    expect(weight('mouthSmile_L')).toBeCloseTo(0.2);
    expect(avatar.missing).toContain('BrowInnerUp');
    expect(avatar.missing).not.toContain('JawOpen');
    expect(avatar.lacks.join(' ')).toMatch(/no eyebrows: emotions will show in the mouth only/);
  });

  it('lets no stand-in move what has a shape of its own', () => {
    const mesh = face([...ARKIT, 'mouthOpen', 'eyesClosed', 'mouthSmile']);
    new GltfAvatar(figure(mesh)).pose(pose({ JawOpen: 1, EyeBlinkLeft: 1, EyeBlinkRight: 1, MouthSmileLeft: 1 }));
    for (const name of ['mouthOpen', 'eyesClosed', 'mouthSmile']) {
      expect(mesh.morphTargetInfluences![mesh.morphTargetDictionary![name]!]).toBe(0);
    }
  });

  it('speaks with vowels where it has no better', () => {
    const mesh = face(['viseme_aa', 'viseme_E', 'viseme_I', 'viseme_O', 'viseme_U', 'eyeBlinkLeft', 'eyeBlinkRight']);
    const avatar = new GltfAvatar(figure(mesh));
    avatar.pose(pose({ JawOpen: 0.4, MouthLowerDownLeft: 0.3, MouthLowerDownRight: 0.3, EyeBlinkLeft: 1 }));
    expect(mesh.morphTargetInfluences![0]).toBeGreaterThan(0.6);
    expect(mesh.morphTargetInfluences![5]).toBe(1);
    expect(avatar.lacks.join(' ')).toMatch(/five mouth shapes/);
  });

  it('turns head and neck about the face’s axes, whatever the bones’ own are', () => {
    const scene = figure(face(ARKIT));
    const head = findJoint(scene, 'head')!;
    const avatar = new GltfAvatar(scene);
    const left = direction(avatar, head, pose({}, { [HEAD_ANGLES]: 0.3 }));
    expect(Math.atan2(left.x, left.z)).toBeCloseTo(0.3, 5);
    expect(left.y).toBeCloseTo(0, 5);
    const down = direction(avatar, head, pose({}, { [HEAD_ANGLES + 1]: 0.2 }));
    expect(Math.asin(-down.y)).toBeCloseTo(0.2, 5);
    const neck = direction(avatar, findJoint(scene, 'neck')!, pose({}, { [HEAD_ANGLES]: 0.3 }));
    expect(Math.atan2(neck.x, neck.z)).toBeCloseTo(0.09, 5);
  });

  it('turns the eyes in the head', () => {
    const scene = figure(face(ARKIT), { neck: 'Bip01 Neck', head: 'Bip01 Head', left: 'eye.L', right: 'eye.R' });
    const avatar = new GltfAvatar(scene);
    const eye = direction(avatar, findJoint(scene, 'leftEye')!, pose({}, { [LEFT_EYE_ANGLES]: 0.25 }));
    expect(Math.atan2(eye.x, eye.z)).toBeCloseTo(0.25, 5);
  });

  it('lets an eye that is a mesh with its origin elsewhere turn about its own middle', () => {
    const scene = figure(face(ARKIT), { neck: 'Neck', head: 'Head', left: 'none', right: 'none2' });
    const eye = new Mesh(new SphereGeometry(0.012).translate(0.03, 1.6, 0.08), new MeshStandardMaterial());
    eye.name = 'EyeLeft';
    scene.add(eye);
    const avatar = new GltfAvatar(scene);
    const middle = new Vector3(0.03, 1.6, 0.08);
    avatar.pose(pose({}, { [LEFT_EYE_ANGLES]: 0.4 }));
    avatar.root.updateMatrixWorld(true);
    expect(eye.localToWorld(middle.clone()).distanceTo(middle)).toBeLessThan(1e-6);
    expect(eye.localToWorld(new Vector3(0.03, 1.6, 0.092)).x).toBeGreaterThan(0.034);
  });

  it('finds the face and frames it, at any scale', () => {
    for (const scale of [1, 100]) {
      const scene = figure(face(ARKIT));
      scene.scale.setScalar(scale);
      const { middle, pupils } = new GltfAvatar(scene).measure();
      expect(middle.y / scale).toBeCloseTo(1.6, 1);
      expect(pupils / scale).toBeGreaterThan(0.055);
      expect(pupils / scale).toBeLessThan(0.11);
    }
  });

  it('turns a figure round that looks the other way', () => {
    const avatar = new GltfAvatar(new Group().add(face(ARKIT, -0.1)));
    expect(avatar.measure().middle.z).toBeGreaterThan(0);
  });

  it('turns a bare head as a whole', () => {
    const mesh = face(ARKIT);
    const avatar = new GltfAvatar(new Group().add(mesh));
    expect(avatar.lacks.join(' ')).not.toMatch(/bone for its head/);
    const turned = direction(avatar, mesh, pose({}, { [HEAD_ANGLES]: 0.2 }));
    expect(Math.atan2(turned.x, turned.z)).toBeCloseTo(0.2, 5);
  });

  it('refuses a model without a mouth, and says what it found', () => {
    for (const shapes of [[], ['eyeBlinkLeft', 'tailWag']]) {
      const scene = figure(shapes.length === 0 ? new Mesh(new SphereGeometry()) : face(shapes));
      expect(() => new GltfAvatar(scene)).toThrow(Problem);
      expect(() => new GltfAvatar(scene)).toThrow(shapes.length === 0 ? /no shape keys/ : /tailWag/);
    }
  });

  it('morphs on the processor just as the graphics card does', () => {
    const mesh = face(ARKIT);
    const avatar = new GltfAvatar(figure(mesh));
    avatar.simplify();
    avatar.pose(pose({ JawOpen: 0.5 }));
    expect(mesh.geometry.getAttribute('position').getY(2)).toBeCloseTo(1.525, 6);
    expect(mesh.geometry.hasAttribute('normal')).toBe(false);
  });
});
