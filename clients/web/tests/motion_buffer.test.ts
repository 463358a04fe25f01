import { describe, expect, it } from 'vitest';

import { CHANNEL_COUNT } from '../src/channels';
import { MotionBuffer } from '../src/motion_buffer';
import { TICK_MEDIA, type MotionFrame } from '../src/protocol';
import { seeded, shuffled } from './random';

function frame(tick: number, value: number, discontinuity = false): MotionFrame {
  return {
    mediaTime: tick * TICK_MEDIA,
    sequence: tick & 0xffff,
    speaking: false,
    discontinuity,
    asleep: false,
    earQueueMs: 0,
    modelMs: 0,
    returnMs: 0,
    channels: new Float32Array(CHANNEL_COUNT).fill(value),
  };
}

const value = (buffer: MotionBuffer, tick: number): number => buffer.sample(tick * TICK_MEDIA)!.channels[17]!;

describe('MotionBuffer', () => {
  it('has no pose before the first frame', () => {
    expect(new MotionBuffer().sample(0)).toBeNull();
  });

  it('gives the frames of a span, each to one of two spans that touch', () => {
    const buffer = new MotionBuffer();
    for (const tick of shuffled([1, 2, 3, 4, 5], seeded(3))) buffer.push(frame(tick, tick));
    const ticks = (after: number, until: number): number[] =>
      buffer.between(after * TICK_MEDIA, until * TICK_MEDIA).map(({ mediaTime }) => mediaTime / TICK_MEDIA);
    expect(ticks(Number.NEGATIVE_INFINITY, 2)).toEqual([1, 2]);
    expect(ticks(2, 4.5)).toEqual([3, 4]);
    expect(ticks(5, 9)).toEqual([]);
  });

  it('goes in a straight line from frame to frame', () => {
    const buffer = new MotionBuffer();
    buffer.push(frame(0, 0));
    buffer.push(frame(1, 1));
    expect(value(buffer, 0)).toBeCloseTo(0);
    expect(value(buffer, 0.25)).toBeCloseTo(0.25);
    expect(buffer.sample(0.25 * TICK_MEDIA)).toMatchObject({ held: false, mediaTime: 240 });
    expect(value(buffer, 1)).toBeCloseTo(1);
  });

  it('holds the last pose and never extrapolates', () => {
    const buffer = new MotionBuffer();
    buffer.push(frame(0, 0));
    buffer.push(frame(1, 0.5));
    expect(value(buffer, 7)).toBeCloseTo(0.5);
    expect(buffer.sample(7 * TICK_MEDIA)).toMatchObject({ held: true, mediaTime: TICK_MEDIA });
    expect(value(buffer, -3)).toBeCloseTo(0);
  });

  it('bridges a short loss and holds over a long one', () => {
    const buffer = new MotionBuffer();
    buffer.push(frame(0, 0));
    buffer.push(frame(4, 1));
    expect(value(buffer, 2)).toBeCloseTo(0.5);
    buffer.push(frame(40, 0));
    expect(value(buffer, 22)).toBeCloseTo(1);
    expect(value(buffer, 40)).toBeCloseTo(0);
  });

  it('does not interpolate across a discontinuity', () => {
    const buffer = new MotionBuffer();
    buffer.push(frame(0, 1));
    buffer.push(frame(1, 0, true));
    buffer.push(frame(2, 0.5));
    expect(value(buffer, 0.99)).toBeCloseTo(1);
    expect(value(buffer, 1)).toBeCloseTo(0);
    expect(value(buffer, 1.5)).toBeCloseTo(0.25);
  });

  it('stays bounded, keeping the newest', () => {
    const buffer = new MotionBuffer(50);
    for (let tick = 0; tick < 5000; tick++) buffer.push(frame(tick, 0));
    expect(buffer.size).toBe(50);
    expect(buffer.newest?.mediaTime).toBe(4999 * TICK_MEDIA);
    expect(buffer.dropped).toBe(4950);
  });

  it('drops duplicates', () => {
    const buffer = new MotionBuffer();
    buffer.push(frame(3, 0.25));
    buffer.push(frame(3, 0.75));
    expect(buffer.size).toBe(1);
    expect(value(buffer, 3)).toBeCloseTo(0.25);
  });

  it.each([1, 2, 3, 4, 5])('is indifferent to order, duplicates and loss within what it received (seed %i)', (seed) => {
    const random = seeded(seed);
    const sent = Array.from({ length: 120 }, (_, tick) => frame(tick, random()));
    const received = sent.filter(() => random() > 0.2);
    const inOrder = new MotionBuffer();
    for (const one of received) inOrder.push(one);
    const outOfOrder = new MotionBuffer();
    for (const one of shuffled([...received, ...received.slice(0, 30)], random)) outOfOrder.push(one);
    for (let i = 0; i < 400; i++) {
      const mediaTime = (random() * 130 - 5) * TICK_MEDIA;
      const pose = outOfOrder.sample(mediaTime)!;
      expect(pose).toEqual(inOrder.sample(mediaTime));
      // Between its neighbours, always: interpolation cannot leave their range.
      const before = received.findLast((one) => one.mediaTime <= mediaTime) ?? received[0]!;
      const after = received.find((one) => one.mediaTime > mediaTime) ?? before;
      const range = [before.channels[0]!, after.channels[0]!].toSorted((a, b) => a - b);
      expect(pose.channels[0]).toBeGreaterThanOrEqual(range[0]! - 1e-6);
      expect(pose.channels[0]).toBeLessThanOrEqual(range[1]! + 1e-6);
      expect(pose.mediaTime).toBeLessThanOrEqual(Math.max(mediaTime, received[0]!.mediaTime));
    }
  });
});
