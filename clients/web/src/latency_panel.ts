/** The delay read-out: what is measured, what is set, and what is estimated, each under its own name. */

import { element, make } from './element';
import type { Feed, Pairing } from './feed';
import type { LatencyReading } from './latency';
import type { Shown } from './render_loop';
import type { Studio } from './studio';

export interface LatencyRow {
  readonly label: string;
  readonly value: string;
  readonly strong?: boolean;
}

/** The rows for a feed; `—` where there is nothing to read yet. */
export function latencyRows(feed: Feed, pairing: Pairing | null): LatencyRow[] {
  const reading = feed.latency.read();
  const lookAhead = feed.lookAheadMs;
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
    { label: 'Motion', value: `${feed.hz.toFixed(0)} / s, ${feed.counter.lost} lost` },
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

interface Stage {
  readonly name: string;
  readonly ms: number;
}

/** The parts of the delay from the server's ear to the picture, as far as each is known; in order. */
export function latencyStages(reading: LatencyReading, lookAheadMs: number | null, playoutMs: number | null): Stage[] {
  const parts: readonly (readonly [string, number | null])[] = [
    ['look-ahead', lookAheadMs],
    ['ear', reading.earQueueMs],
    ['model', reading.modelMs],
    ['return', reading.returnMs],
    ['way', reading.roundTripMs === null ? null : reading.roundTripMs / 2],
    ['smoothing', playoutMs],
  ];
  return parts.flatMap(([name, value]) => (value === null || value <= 0 ? [] : [{ name, ms: value }]));
}

/** The chip with the total, and the popover with the stages. */
export class LatencyPanel {
  readonly details = element('latency', HTMLDetailsElement);
  private readonly total = element('latency-total', HTMLElement);
  private readonly rows = element('latency-rows', HTMLElement);
  private readonly stages = element('latency-stages', HTMLElement);

  constructor(private readonly studio: Studio) {
    element('latency-note', HTMLElement).textContent = LATENCY_NOTE;
  }

  render(shown: Shown | null): void {
    const { feed, live } = this.studio;
    this.details.hidden = !live;
    this.total.textContent = live ? latencyTotal(feed) : 'Delay';
    if (!this.details.open) return;
    const pairing = shown?.pairing ?? null;
    this.rows.replaceChildren(
      ...latencyRows(feed, pairing).flatMap(({ label, value, strong }) => {
        const className = strong === true ? 'strong' : '';
        return [make('dt', { className }, label), make('dd', { className }, value)];
      }),
    );
    const lookAhead = feed.lookAheadMs;
    const playout = pairing === 'sound' ? null : feed.playoutDelayMs;
    this.stages.replaceChildren(
      ...latencyStages(feed.latency.read(), lookAhead, live ? playout : null).map(({ name, ms: length }) => {
        const part = make('span', { className: `stage-${name}` });
        part.style.flexGrow = String(length);
        return part;
      }),
    );
  }
}
