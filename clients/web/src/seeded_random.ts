/** Chance that can be repeated: the same seed gives the same life on every machine. */

export type Random = () => number;

/** Uniform 0 ≤ x < 1 (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random();
}

/** Of mean 0 and variance 1 (Box–Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Log-normal with the given mean; `spread` is the standard deviation of its logarithm. */
export function logNormal(random: Random, mean: number, spread: number): number {
  return mean * Math.exp(spread * normal(random) - (spread * spread) / 2);
}
