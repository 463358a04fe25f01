import { describe, expect, it } from 'vitest';

import { ArrivalClock, HeardClock, heardMediaTime, rtpDifference } from '../src/playout_clock';
import { MEDIA_PER_MS, TICK_MEDIA } from '../src/protocol';
import { seeded } from './random';

const FRAME_MS = 1000 / 60;

/** Feed ticks with a lateness each, look 60 times a second; returns how far each look trails the newest frame, ms. */
function follow(clock: ArrivalClock, seconds: number, lateness: (tick: number) => number) {
  const arrivals = Array.from({ length: seconds * 50 }, (_, tick) => ({
    tick,
    atMs: 1000 + 20 * tick + lateness(tick),
  }));
  arrivals.sort((a, b) => a.atMs - b.atMs);
  const looks: { nowMs: number; mediaMs: number; newestMs: number }[] = [];
  let next = 0;
  let newest = 0;
  for (let nowMs = 1000; nowMs < 1000 + seconds * 1000; nowMs += FRAME_MS) {
    while (next < arrivals.length && arrivals[next]!.atMs <= nowMs) {
      const { tick, atMs } = arrivals[next++]!;
      clock.observe(atMs, tick * TICK_MEDIA);
      newest = Math.max(newest, tick * 20);
    }
    const mediaTime = clock.mediaTimeAt(nowMs);
    if (mediaTime !== null) looks.push({ nowMs, mediaMs: mediaTime / MEDIA_PER_MS, newestMs: newest });
  }
  return looks;
}

describe('ArrivalClock', () => {
  it('knows nothing before the first arrival', () => {
    expect(new ArrivalClock().mediaTimeAt(5)).toBeNull();
  });

  it('keeps one frame on a steady line', () => {
    const clock = new ArrivalClock();
    const looks = follow(clock, 3, () => 0);
    expect(clock.delayMs).toBeCloseTo(20);
    // The newest frame is always the one to move toward: at most one tick ahead, never behind.
    for (const { mediaMs, newestMs } of looks.slice(10)) {
      expect(newestMs - mediaMs).toBeGreaterThanOrEqual(-1e-6);
      expect(newestMs - mediaMs).toBeLessThanOrEqual(20 + 1e-6);
    }
  });

  it.each([1, 2, 3])('keeps up to two frames on a jittering line, and rarely starves (seed %i)', (seed) => {
    const random = seeded(seed);
    const clock = new ArrivalClock();
    const looks = follow(clock, 10, () => random() * 16).slice(120);
    expect(clock.delayMs).toBeGreaterThan(30);
    expect(clock.delayMs).toBeLessThanOrEqual(40);
    const starved = looks.filter(({ mediaMs, newestMs }) => mediaMs > newestMs).length;
    expect(starved / looks.length).toBeLessThan(0.03);
  });

  it('always goes forward on a jittering line, at nearly the right speed', () => {
    const random = seeded(7);
    const looks = follow(new ArrivalClock(), 10, () => random() * 18);
    for (let i = 1; i < looks.length; i++) {
      const speed = (looks[i]!.mediaMs - looks[i - 1]!.mediaMs) / FRAME_MS;
      expect(speed).toBeGreaterThan(0.9);
      expect(speed).toBeLessThan(1.1);
    }
  });

  it('forgets a burst of lateness within seconds', () => {
    const clock = new ArrivalClock();
    follow(clock, 6, (tick) => (tick > 50 && tick < 60 ? 200 - 20 * (tick - 50) : 0));
    expect(clock.delayMs).toBeCloseTo(20);
  });

  it('follows a drifting clock', () => {
    const clock = new ArrivalClock();
    // 500 parts in a million: ten times what crystals do.
    const looks = follow(clock, 60, (tick) => tick * 0.01);
    const { mediaMs, newestMs } = looks.at(-1)!;
    expect(newestMs - mediaMs).toBeGreaterThan(-3);
    expect(newestMs - mediaMs).toBeLessThan(25);
  });

  it('jumps to the present after a pause in which nobody looked', () => {
    const clock = new ArrivalClock();
    for (let tick = 0; tick < 100; tick++) clock.observe(20 * tick, tick * TICK_MEDIA);
    clock.mediaTimeAt(2000);
    for (let tick = 100; tick < 3000; tick++) clock.observe(20 * tick, tick * TICK_MEDIA);
    expect(clock.mediaTimeAt(60_000)! / MEDIA_PER_MS).toBeCloseTo(60_000 - 20);
  });

  it('starts afresh at a discontinuity', () => {
    const clock = new ArrivalClock();
    for (let tick = 0; tick < 100; tick++) clock.observe(20 * tick, tick * TICK_MEDIA);
    clock.mediaTimeAt(2000);
    clock.observe(2000, 1_000_000 * TICK_MEDIA, true);
    expect(clock.mediaTimeAt(2001)! / TICK_MEDIA).toBeCloseTo(1_000_000 - 1 + 1 / 20);
  });
});

describe('HeardClock', () => {
  it('smooths the steps in which the sound reports itself', () => {
    const random = seeded(3);
    const clock = new HeardClock();
    let worst = 0;
    for (let nowMs = 0; nowMs < 8000; nowMs += FRAME_MS) {
      // Reported a packet (20 ms) at a time, at a moment that is off by some ms.
      const packet = Math.floor(nowMs / 20);
      clock.observe(packet * 20 + random() * 6, packet * TICK_MEDIA);
      const heard = clock.mediaTimeAt(nowMs)! / MEDIA_PER_MS;
      if (nowMs > 2000) worst = Math.max(worst, Math.abs(heard - (nowMs - 3)));
    }
    expect(worst).toBeLessThan(3);
  });

  it('glides when the receiver stretches time', () => {
    const clock = new HeardClock();
    let last = Number.NaN;
    for (let nowMs = 0; nowMs < 6000; nowMs += 10) {
      const heardMs = nowMs < 3000 ? nowMs : nowMs - Math.min(60, (nowMs - 3000) * 0.05);
      clock.observe(nowMs, Math.round(heardMs * MEDIA_PER_MS));
      const shown = clock.mediaTimeAt(nowMs)! / MEDIA_PER_MS;
      if (nowMs > 0) expect(shown).toBeGreaterThan(last);
      last = shown;
    }
    expect(last).toBeCloseTo(5990 - 60, 0);
  });

  it('says so when the sound stops', () => {
    const clock = new HeardClock();
    clock.observe(100, 4800);
    expect(clock.mediaTimeAt(110)! / MEDIA_PER_MS).toBeCloseTo(110);
    expect(clock.mediaTimeAt(1000)).toBeNull();
    // The same packet again is no news.
    clock.observe(1000, 4800);
    expect(clock.mediaTimeAt(1001)).toBeNull();
  });
});

describe('RTP timestamps', () => {
  it('subtracts on the circle', () => {
    expect(rtpDifference(5, 4_294_967_290)).toBe(11);
    expect(rtpDifference(4_294_967_290, 5)).toBe(4_294_967_285);
  });

  it('finds the media time on the right turn', () => {
    expect(heardMediaTime(5, 4_294_967_290, 960)).toBe(11);
    expect(heardMediaTime(5, 4_294_967_290, 2 ** 32 + 960)).toBe(2 ** 32 + 11);
    // A packet from just before media time 0.
    expect(heardMediaTime(100, 200, 0)).toBe(-100);
  });
});
