import { describe, expect, it } from 'vitest';
import { BufferGeometry, Float32BufferAttribute, Group, Mesh, Object3D, PerspectiveCamera, Vector3 } from 'three';

import { BLENDSHAPES, CHANNELS, CHANNEL_COUNT, morphName } from '../src/channels';
import { Face } from '../src/face';
import { levelOf } from '../src/level_meter';
import { MouthProbe } from '../src/mouth_probe';
import { Quality } from '../src/quality';

/** Two lip vertices that part by one unit with jawOpen, and nodes for head and eyes. */
function head(loops: unknown = { upperLip: [0], lowerLip: [1] }): Face {
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new Float32BufferAttribute([0, 0, 0, 0, 0.1, 0], 3));
  geometry.morphTargetsRelative = true;
  geometry.morphAttributes['position'] = [BLENDSHAPES[17], BLENDSHAPES[0]].map((name) => {
    const deltas = name === 'JawOpen' ? [0, 0, 0, 0, -1.1, 0] : [0, 0, 0, 0, 0, 0];
    const attribute = new Float32BufferAttribute(deltas, 3);
    attribute.name = morphName(name);
    return attribute;
  });
  const mesh = new Mesh(geometry);
  mesh.updateMorphTargets();
  mesh.userData = { loops };
  const root = new Group();
  for (const name of ['head', 'eye_left', 'eye_right']) {
    const node = new Object3D();
    node.name = name;
    root.add(node);
  }
  root.getObjectByName('head')!.add(mesh);
  return new Face(root);
}

function pose(values: Record<string, number>): Float32Array {
  const channels = new Float32Array(CHANNEL_COUNT);
  for (const [name, value] of Object.entries(values)) channels[CHANNELS.indexOf(name)] = value;
  return channels;
}

/** Where a node's own direction points once posed. */
function points(face: Face, node: string, direction: Vector3): Vector3 {
  face.root.updateMatrixWorld(true);
  return direction.clone().transformDirection(face.root.getObjectByName(node)!.matrixWorld);
}

const AHEAD = new Vector3(0, 0, 1);

describe('Face', () => {
  it('sets morph targets by name and tells which are missing', () => {
    const face = head();
    face.pose(pose({ JawOpen: 0.5, EyeBlinkLeft: 0.25, MouthFunnel: 1 }));
    expect(face.meshes[0]!.morphTargetInfluences).toEqual([0.5, 0.25]);
    expect(face.missing).toHaveLength(50);
    expect(face.missing).toContain('MouthFunnel');
  });

  it('turns the head as the wire says: yaw to its left, pitch down, roll the right ear down', () => {
    const face = head();
    face.pose(pose({ HeadYaw: 0.3 }));
    expect(points(face, 'head', AHEAD).x).toBeCloseTo(Math.sin(0.3));
    face.pose(pose({ HeadPitch: 0.3 }));
    expect(points(face, 'head', AHEAD).y).toBeCloseTo(-Math.sin(0.3));
    face.pose(pose({ HeadRoll: 0.3 }));
    expect(points(face, 'head', new Vector3(-1, 0, 0)).y).toBeCloseTo(-Math.sin(0.3));
    face.pose(pose({ HeadYaw: Math.PI / 2, HeadPitch: 0.2 }));
    expect(points(face, 'head', AHEAD).y).toBeCloseTo(-Math.sin(0.2));
  });

  it('turns each eye by its own angles', () => {
    const face = head();
    face.pose(pose({ LeftEyeYaw: 0.2, RightEyePitch: -0.1 }));
    expect(points(face, 'eye_left', AHEAD).x).toBeCloseTo(Math.sin(0.2));
    expect(points(face, 'eye_right', AHEAD).y).toBeCloseTo(Math.sin(0.1));
    expect(points(face, 'head', AHEAD).z).toBeCloseTo(1);
  });
});

describe('ProcessorMorph', () => {
  it('gives the very shape the graphics card would', () => {
    const [card, processor] = [head(), head()];
    processor.simplify();
    for (const JawOpen of [0.5, 1, 0.0005, 0]) {
      const where = [card, processor].map((face) => {
        face.pose(pose({ JawOpen, EyeBlinkLeft: 0.3 }));
        return [0, 1].map((vertex) => face.meshes[0]!.getVertexPosition(vertex, new Vector3()).y);
      });
      expect(where[1]![0]).toBeCloseTo(where[0]![0]!, 2);
      expect(where[1]![1]).toBeCloseTo(where[0]![1]!, 2);
    }
    expect(processor.meshes[0]!.geometry.morphAttributes).toEqual({});
  });
});

describe('MouthProbe', () => {
  it('measures the lips in pixels as they are drawn', () => {
    const face = head();
    const camera = new PerspectiveCamera(90, 2, 0.1, 10);
    camera.position.z = 1;
    camera.updateMatrixWorld();
    const probe = new MouthProbe(face);
    face.pose(pose({}));
    expect(probe.measure(camera, 400)).toMatchObject({ px: 0, signed: expect.closeTo(-0.1) as number });
    face.pose(pose({ JawOpen: 0.5 }));
    // At distance 1 and 90° the picture is 2 units high: 0.45 units are 0.225 of 400 pixels.
    expect(probe.measure(camera, 400)!.px).toBeCloseTo(90, 3);
  });

  it('knows the gap of a pose that is not drawn, also where the processor morphs', () => {
    const face = head();
    const probe = new MouthProbe(face);
    const poses = [{}, { JawOpen: 0.5 }, { JawOpen: 0.2, MouthFunnel: 1, HeadYaw: 0.4 }].map(pose);
    const drawn = poses.map((channels) => {
      face.pose(channels);
      return probe.measure(new PerspectiveCamera(), 400)!.signed;
    });
    face.simplify();
    poses.forEach((channels, i) => expect(probe.gapOf(channels)).toBeCloseTo(drawn[i]!, 6));
    expect(new MouthProbe(head(null)).gapOf(pose({}))).toBeNull();
  });

  it.each([null, 'lips', {}, { upperLip: [], lowerLip: [] }, { upperLip: [0], lowerLip: [2] }, { upperLip: [0] }])(
    'knows no lips from %j',
    (loops) => {
      expect(new MouthProbe(head(loops)).measure(new PerspectiveCamera(), 400)).toBeNull();
    },
  );
});

describe('Quality', () => {
  const run = (quality: Quality, elapsedMs: number): void => {
    for (let i = 0; i < 1000; i++) quality.observe(elapsedMs);
  };

  it('leaves a machine alone that keeps up', () => {
    const quality = new Quality(3, false);
    run(quality, 17);
    expect(quality.ratio).toBe(2);
  });

  it('draws fewer pixels where it cannot, down to a floor', () => {
    const quality = new Quality(1, true);
    run(quality, 60);
    expect(quality.ratio).toBe(0.5);
  });

  it('does not take a hidden tab for a slow machine', () => {
    const quality = new Quality(1, false);
    run(quality, 1000);
    expect(quality.ratio).toBe(1);
  });
});

describe('levelOf', () => {
  it('spans −60 dBFS to 0', () => {
    expect(levelOf(new Float32Array(64))).toBe(0);
    expect(levelOf(new Float32Array(64).fill(1))).toBe(1);
    expect(levelOf(new Float32Array(64).fill(0.0316228))).toBeCloseTo(0.5, 3);
  });
});
