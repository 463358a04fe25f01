/** What turns only at a reset, look-ahead and seed: chosen in the page or by the server, in force on the server. */

import type { Control, ServerEvent } from './protocol';

/** What turns only at a reset; null where it is not known, or left to chance. */
export interface Settings {
  readonly lookAheadMs: number | null;
  readonly seed: number | null;
}

export class SettingsSync {
  /** As the server told last; before, what is wanted and the server's default. A new object whenever told. */
  shown: Settings;

  /**
   * @param wanted what the person wants, or the server drew for the first session; the next session gets the same.
   * @param send hands a wish to the server; the motion stream starts afresh.
   */
  constructor(
    private wanted: Settings,
    private readonly send: (reset: Control) => void,
  ) {
    this.shown = wanted;
  }

  /** What a session that is opened now is asked for. */
  get forOffer(): Settings {
    return this.wanted;
  }

  /** How far the network looks ahead. */
  setLookAhead(lookAheadMs: number): void {
    this.wanted = { ...this.wanted, lookAheadMs };
    this.send({ type: 'reset', look_ahead_ms: lookAheadMs });
  }

  /** Which liveliness the network adds of its own. */
  setSeed(seed: number): void {
    this.wanted = { ...this.wanted, seed };
    this.send({ type: 'reset', seed });
  }

  /** Until a session tells, the next one is taken to have the server's default look-ahead; false if it changes nothing. */
  takeDefault(lookAheadMs: number | null): boolean {
    if (lookAheadMs === null || this.wanted.lookAheadMs !== null || this.shown.lookAheadMs !== null) return false;
    this.shown = { lookAheadMs, seed: this.wanted.seed };
    return true;
  }

  /** The server tells what a session has. */
  takeEvent(event: ServerEvent): void {
    if (event.type !== 'hello' && event.type !== 'reset') return;
    this.shown = { lookAheadMs: event.look_ahead_ms, seed: event.seed ?? null };
    if (event.type === 'hello') this.askForWanted(event);
  }

  /** What was chosen after the offer had gone out is asked for now. */
  private askForWanted(hello: { look_ahead_ms: number; seed?: number }): void {
    // A connection that comes back brings the same life back.
    const seed = this.wanted.seed ?? hello.seed ?? null;
    this.wanted = { ...this.wanted, seed };
    const ms = this.wanted.lookAheadMs ?? hello.look_ahead_ms;
    if (ms === hello.look_ahead_ms && seed === (hello.seed ?? seed)) return;
    this.send({ type: 'reset', look_ahead_ms: ms, ...(seed !== null && { seed }) });
  }
}
