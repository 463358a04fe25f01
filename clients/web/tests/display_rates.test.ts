import { describe, expect, it } from 'vitest';

import { CHANNEL_COUNT } from '../src/channels';
import { Feed } from '../src/feed';
import { MEDIA_PER_MS, TICK_MEDIA } from '../src/protocol';
import { seeded } from './random';

const SECONDS = 4;
/** Jaw of a tick: a slow wave, as a mouth moves. */
const jaw = (mediaMs: number): number => 0.5 + 0.5 * Math.sin(mediaMs / 90);

/** A session on a jittering line with a little loss, seen on a display; the poses after the first second. */
function watch(hz: number, jitterMs: number) {
  const random = seeded(5);
  const arrivals = Array.from({ length: SECONDS * 50 }, (_, tick) => ({ tick, atMs: 20 * tick + random() * jitterMs }))
    .filter(() => random() > 0.01)
    .toSorted((a, b) => a.atMs - b.atMs);
  const feed = new Feed();
  const poses: { mediaMs: number; newestMs: number; jaw: number; held: boolean }[] = [];
  let next = 0;
  for (let nowMs = 0; nowMs < SECONDS * 1000; nowMs += 1000 / hz) {
    for (; next < arrivals.length && arrivals[next]!.atMs <= nowMs; next++) {
      const { tick, atMs } = arrivals[next]!;
      const channels = new Float32Array(CHANNEL_COUNT);
      channels[17] = jaw(20 * tick);
      feed.takeMotion(
        {
          mediaTime: tick * TICK_MEDIA,
          sequence: tick,
          speaking: true,
          asleep: false,
          discontinuity: false,
          earQueueMs: 0,
          modelMs: 0,
          returnMs: 0,
          channels,
        },
        atMs,
      );
    }
    const showing = feed.show(nowMs);
    const newestMs = (feed.lastFrame?.mediaTime ?? 0) / MEDIA_PER_MS;
    if (showing !== null && nowMs > 1000) {
      const { mediaTime, channels, held } = showing.pose;
      poses.push({ mediaMs: mediaTime / MEDIA_PER_MS, newestMs, jaw: channels[17]!, held });
    }
  }
  return poses;
}

describe.each([60, 90, 120, 144])('on a display of %i Hz', (hz) => {
  it.each([0, 8, 30])('poses are between frames that have come, never beyond (jitter %i ms)', (jitterMs) => {
    for (const { mediaMs, newestMs, jaw: shown } of watch(hz, jitterMs)) {
      expect(mediaMs).toBeLessThanOrEqual(newestMs + 1e-6);
      expect(Math.abs(shown - jaw(mediaMs))).toBeLessThan(0.03);
    }
  });

  it.each([0, 8])('every picture shows a new instant, evenly (jitter %i ms)', (jitterMs) => {
    const poses = watch(hz, jitterMs);
    const steps = poses.slice(1).map(({ mediaMs }, i) => mediaMs - poses[i]!.mediaMs);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
    const moved = steps.filter((step) => Math.abs(step - 1000 / hz) < 0.25 * (1000 / hz));
    expect(moved.length / steps.length).toBeGreaterThan(0.95);
    expect(poses.filter(({ held }) => held).length / poses.length).toBeLessThan(0.05);
  });
});
