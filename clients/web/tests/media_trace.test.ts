import { describe, expect, it } from 'vitest';

import { latencyStages } from '../src/latency_panel';
import { peaksOf } from '../src/level_meter';
import { MediaTrace, pointsOf } from '../src/media_trace';

describe('a trace along media time', () => {
  it('keeps the greatest value of a column, and only the window', () => {
    const trace = new MediaTrace(10, 100);
    trace.put(5, 0.2);
    trace.put(9, 0.7);
    trace.put(6, 0.1);
    expect(trace.at(0)).toBeCloseTo(0.7);
    for (let at = 10; at < 300; at += 10) trace.put(at, at / 1000);
    expect(trace.at(5)).toBeNull();
    expect(trace.at(295)).toBeCloseTo(0.29);
    // What is older than its place's holder must not overwrite it.
    trace.put(175, 9);
    expect(trace.at(295)).toBeCloseTo(0.29);
  });

  it('gives points by age, oldest first, whatever order they came in', () => {
    const trace = new MediaTrace(20, 200);
    for (const at of [60, 20, 40, 100]) trace.put(at, at);
    expect(pointsOf(trace, 110, 100)).toEqual([
      [90, 20],
      [70, 40],
      [50, 60],
      [10, 100],
    ]);
  });

  it('breaks the line where nothing was shown for long', () => {
    const trace = new MediaTrace(20, 1000);
    for (const at of [0, 20, 800]) trace.put(at, 1);
    expect(pointsOf(trace, 820, 1000)).toEqual([[820, 1], [800, 1], null, [20, 1]]);
  });

  it('begins anew', () => {
    const trace = new MediaTrace(20, 200);
    trace.put(10_000, 1);
    trace.clear();
    trace.put(20, 0.5);
    expect(trace.at(20)).toBeCloseTo(0.5);
    expect(trace.at(10_000)).toBeNull();
    trace.put(-5, 1);
    expect(pointsOf(trace, 40, 200)).toHaveLength(1);
  });
});

describe('the wave', () => {
  it('is the peaks of whole columns, the last one ending now', () => {
    expect([...peaksOf(Float32Array.of(9, 0.1, -0.5, 0.2, 0.25), 2)]).toEqual([0.5, 0.25]);
    expect(peaksOf(new Float32Array(3), 4)).toHaveLength(0);
  });
});

describe('the stages of the delay', () => {
  it('are those that are known, in the order of the way', () => {
    const reading = { earQueueMs: 2, modelMs: 4, returnMs: null, roundTripMs: 10, soundToFaceMs: 90 };
    expect(latencyStages(reading, 60, null)).toEqual([
      { name: 'look-ahead', ms: 60 },
      { name: 'ear', ms: 2 },
      { name: 'model', ms: 4 },
      { name: 'way', ms: 5 },
    ]);
  });
});
