import { describe, expect, it } from 'vitest';

import { amountText, seedOf } from '../src/motion_panel';

describe('the Motion panel', () => {
  it('takes a number typed for the nearest seed there is, and an emptied field for none', () => {
    expect(seedOf(Number.NaN)).toBeNull();
    expect([seedOf(0), seedOf(7.9), seedOf(-3), seedOf(1e12)]).toEqual([0, 7, 0, 2 ** 32 - 1]);
  });

  it('says amounts in words', () => {
    expect(amountText('blinks_per_minute', 0)).toBe('none');
    expect(amountText('blinks_per_minute', 16)).toBe('16 a minute');
    expect(amountText('mouth_gain', 1.25)).toBe('125 %');
  });
});
