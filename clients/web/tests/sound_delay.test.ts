import { describe, expect, it } from 'vitest';

import { SoundDelay } from '../src/sound_delay';

/** Run against a receiver that obeys: motion trails the sound on the wire by `trailMs`. */
function settle(delay: SoundDelay, trailMs: number, seconds: number): number {
  let margin = 0;
  for (let nowMs = 0; nowMs < seconds * 1000; nowMs += 16) {
    margin = delay.targetMs - trailMs;
    delay.observe(nowMs, margin);
  }
  return margin;
}

describe('SoundDelay', () => {
  it('starts from the look-ahead', () => {
    expect(new SoundDelay(60).targetMs).toBe(85);
  });

  it.each([0, 60, 75, 150, 300])('lets the face be there in time where it trails by %i ms', (trailMs) => {
    const margin = settle(new SoundDelay(60), trailMs, 20);
    expect(margin).toBeGreaterThanOrEqual(25);
    expect(margin).toBeLessThanOrEqual(90);
  });

  it('does not hold the sound back for ever when no motion comes', () => {
    const delay = new SoundDelay(60);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 16) delay.observe(nowMs, -nowMs);
    expect(delay.targetMs).toBe(500);
  });
});
