/** When to try again. Pure. */

/** Waits grow 0.25, 0.5, 1, 1.5, 1.5 … s: a server that comes back is met within some two seconds. */
const STEPS_MS = [250, 500, 1000, 1500];
/** After this many tries (about five minutes) the server is likely stopped for good: ask less often. */
const PATIENCE = 200;
const SLOW_MS = 5000;
/** A server's Retry-After is honoured up to here. */
const LONGEST_MS = 30_000;

/**
 * Milliseconds to wait before try `attempt` (0 for the first).
 *
 * @param random 0..1; spreads the tries of many pages over a fifth of the wait, so that they do not come as one.
 */
export function retryDelayMs(attempt: number, retryAfterMs: number | null, random: number): number {
  const step = attempt >= PATIENCE ? SLOW_MS : STEPS_MS[Math.min(attempt, STEPS_MS.length - 1)]!;
  const wait = retryAfterMs === null ? step : Math.min(Math.max(retryAfterMs, step), LONGEST_MS);
  return wait * (0.8 + 0.2 * random);
}
