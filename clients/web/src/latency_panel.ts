/** The delay read-out: what is measured, what is set, and what is estimated, each under its own name. */

import type { Feed, Pairing } from './feed';

export interface LatencyRow {
  readonly label: string;
  readonly value: string;
  readonly strong?: boolean;
}

/** The rows for a feed; `—` where there is nothing to read yet. */
export function latencyRows(feed: Feed, pairing: Pairing | null): LatencyRow[] {
  const reading = feed.latency.read();
  const lookAhead = feed.hello?.look_ahead_ms ?? null;
  const own: LatencyRow =
    pairing === 'sound'
      ? { label: 'On this page', value: 'with the sound' }
      : { label: 'Smoothing here', value: ms(feed.playoutDelayMs) };
  return [
    { label: 'Look-ahead (set)', value: lookAhead === null ? '—' : `${lookAhead} ms` },
    { label: 'Ear and queue', value: ms(reading.earQueueMs) },
    { label: 'Model', value: ms(reading.modelMs) },
    { label: 'Return', value: ms(reading.returnMs) },
    { label: 'Network round trip', value: ms(reading.roundTripMs) },
    own,
    { label: 'Server hears → face drawn', value: approximately(reading.soundToFaceMs), strong: true },
    { label: 'Motion', value: `${feed.hz.toFixed(0)} a second, ${feed.counter.lost} lost` },
  ];
}

export const LATENCY_NOTE =
  'Medians of the last seconds. Ear, queue, model and return are measured in the server; ≈ is an estimate from the ' +
  'server’s media clock and half the round trip. Microphone, way up and screen come on top.';

/** The short form on the closed panel. */
export function latencyTotal(feed: Feed): string {
  const { soundToFaceMs } = feed.latency.read();
  return soundToFaceMs === null ? 'Delay' : approximately(soundToFaceMs);
}

function ms(value: number | null): string {
  if (value === null) return '—';
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

function approximately(value: number | null): string {
  return value === null ? '—' : `≈ ${Math.round(value)} ms`;
}
