import { describe, expect, it } from 'vitest';

import { SequenceCounter } from '../src/sequence';
import { seeded } from './random';

describe('SequenceCounter', () => {
  it('counts nothing before the first message', () => {
    expect(new SequenceCounter()).toMatchObject({ received: 0, lost: 0 });
  });

  it('counts gaps across the wrap, and takes late messages back', () => {
    const counter = new SequenceCounter();
    for (const sequence of [65_533, 65_534, 1, 2]) counter.observe(sequence);
    expect(counter.lost).toBe(2);
    counter.observe(65_535);
    expect(counter).toMatchObject({ received: 5, lost: 1 });
  });

  it.each([1, 2, 3])('counts exactly over many turns of the counter (seed %i)', (seed) => {
    const random = seeded(seed);
    const counter = new SequenceCounter();
    let lost = 0;
    const total = 200_000;
    for (let i = 0; i < total; i++) {
      if (i > 0 && i < total - 1 && random() < 0.05) lost += 1;
      else counter.observe((60_000 + i) & 0xffff);
    }
    expect(counter).toMatchObject({ received: total - lost, lost });
  });
});
