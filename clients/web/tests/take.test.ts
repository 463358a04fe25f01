import { describe, expect, it } from 'vitest';
import { BufferGeometry, Float32BufferAttribute, Group, Mesh, Object3D } from 'three';

import { CHANNELS, CHANNEL_COUNT } from '../src/channels';
import { Face } from '../src/face';
import { delayBehind } from '../src/recorder';
import { LONGEST_S, MotionTake, clockText, liveLinkCsv, takeName, timecode } from '../src/take';
import { clipOf } from '../src/take_gltf';
import { MEDIA_RATE, TICK_MEDIA, type MotionFrame } from '../src/protocol';

const JAW_OPEN = CHANNELS.indexOf('JawOpen');

function frame(tick: number, jawOpen: number, yaw = 0, discontinuity = false): MotionFrame {
  const channels = new Float32Array(CHANNEL_COUNT);
  channels[JAW_OPEN] = jawOpen;
  channels[CHANNELS.indexOf('HeadYaw')] = yaw;
  const base = { sequence: tick % 65_536, speaking: true, asleep: false, earQueueMs: 0, modelMs: 0, returnMs: 0 };
  return { ...base, mediaTime: tick * TICK_MEDIA, discontinuity, channels };
}

function take(frames: readonly MotionFrame[]): MotionTake {
  const made = new MotionTake();
  for (const one of frames) expect(made.push(one)).toBe(true);
  return made;
}

describe('a take', () => {
  it('has a row every 20 ms, repeats what was lost, and sorts what came late', () => {
    const made = take([frame(100, 0.1), frame(103, 0.4), frame(101, 0.2), frame(101, 0.9), frame(104, 0.5)]);
    const rows = [...made.rows()].map((channels) => Number(channels[JAW_OPEN]!.toFixed(3)));
    expect(rows).toEqual([0.1, 0.2, 0.2, 0.4, 0.5]);
    expect(made.seconds).toBeCloseTo(0.1);
  });

  it('forgets what is older than its beginning', () => {
    expect(take([frame(100, 0.1), frame(99, 0.9)]).rowCount).toBe(1);
  });

  it('ends where the stream begins anew, and after ten minutes', () => {
    const made = take([frame(10, 0)]);
    expect(made.push(frame(0, 0, 0, true))).toBe(false);
    expect(made.push(frame(10 + (LONGEST_S * MEDIA_RATE) / TICK_MEDIA, 0))).toBe(false);
    expect(made.rowCount).toBe(1);
  });

  it('is written as Live Link Face writes it', () => {
    const lines = liveLinkCsv(take([frame(500, 0.25), frame(501, 1)])).split('\n');
    expect(lines[0]).toBe(`Timecode,BlendShapeCount,${CHANNELS.join(',')}`);
    expect(lines[1]!.startsWith('00:00:00:00.000,61,0.000000,')).toBe(true);
    expect(lines[2]!.split(',')).toHaveLength(63);
    expect(lines[2]!.split(',')[2 + JAW_OPEN]).toBe('1.000000');
    expect(lines[3]).toBe('');
    expect(lines).toHaveLength(4);
  });

  it('counts hours, minutes, seconds and frames', () => {
    expect(timecode(49)).toBe('00:00:00:49.000');
    expect(timecode(50 * 3661 + 7)).toBe('01:01:01:07.000');
    expect(clockText(65.9)).toBe('1:05');
  });

  it('is named for its beginning', () => {
    expect(takeName(new Date(2026, 0, 5, 9, 3, 7))).toBe('stream-engine-20260105-090307');
  });
});

describe('the voice of a take', () => {
  it('is held back by as much as the face is behind it', () => {
    expect(delayBehind(48_000, 43_200)).toBeCloseTo(0.1);
    expect(delayBehind(43_200, 48_000)).toBe(0);
    expect(delayBehind(null, 48_000)).toBe(0);
    expect(delayBehind(480_000, 0)).toBe(0.9);
  });
});

describe('an animated take', () => {
  /** A mesh with one morph in a head that turns, and a node that stands still. */
  function face(): Face {
    const geometry = new BufferGeometry();
    geometry.setAttribute('position', new Float32BufferAttribute([0, 0, 0, 0, 0.1, 0], 3));
    geometry.morphTargetsRelative = true;
    const morph = new Float32BufferAttribute([0, 0, 0, 0, -1, 0], 3);
    morph.name = 'jawOpen';
    geometry.morphAttributes['position'] = [morph];
    const mesh = new Mesh(geometry);
    mesh.updateMorphTargets();
    const head = new Object3D();
    head.name = 'head';
    head.add(mesh);
    const root = new Group();
    root.add(head, new Object3D());
    return new Face(root);
  }

  it('moves the morphs and turns the nodes that move, row by row', () => {
    const made = take([frame(7, 0, 0), frame(8, 0.5, 0.2), frame(9, 1, 0.4)]);
    const avatar = face();
    const clip = clipOf(avatar, made, 'take');
    const head = avatar.root.getObjectByName('head')!;
    expect(clip.duration).toBeCloseTo(0.04);
    expect(clip.tracks.map(({ name }) => name)).toEqual([
      `${avatar.meshes[0]!.uuid}.morphTargetInfluences`,
      `${head.uuid}.quaternion`,
    ]);
    expect([...clip.tracks[0]!.values]).toEqual([0, 0.5, 1]);
    expect(clip.tracks[1]!.values[4 * 2 + 1]).toBeCloseTo(Math.sin(0.2));
    expect([...clip.tracks[1]!.times].map((time) => Number(time.toFixed(3)))).toEqual([0, 0.02, 0.04]);
  });

  it('leaves out what stands still', () => {
    expect(clipOf(face(), take([frame(7, 0), frame(8, 0)]), 'take').tracks).toEqual([]);
  });
});
