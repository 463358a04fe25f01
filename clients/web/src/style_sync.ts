/**
 * How the face speaks, as the person sets it: sliders in the page, the truth on the server.
 *
 * Pure but for timers handed in. What the person moves is sent at most ten times a second, the last value always; what
 * the server tells is shown as soon as nothing of ours is under way (echoes are older than the hand on the slider).
 */

import { EMOTIONS, type GazeTarget, type Style } from './protocol';

export const DEFAULT_STYLE: Style = {
  mouth_gain: 1,
  expressiveness: 1,
  head_motion: 1,
  blinks_per_minute: 16,
  gaze: 'free',
  gaze_target: { yaw: 0, pitch: 0 },
  emotion: 'neutral',
  intensity: 0.7,
};

const FIELDS = Object.keys(DEFAULT_STYLE) as (keyof Style)[];

/** The upper ends of the ranges; all begin at 0. */
export const STYLE_MOST = {
  mouth_gain: 2,
  expressiveness: 2,
  head_motion: 2,
  blinks_per_minute: 60,
  intensity: 1,
} as const;

/** How far to either side, and up or down, a gaze target may be; radians. */
export const TARGET_MOST = { yaw: 0.9, pitch: 0.6 } as const;

/** Read a style from storage or an event; what is missing or out of range falls back to its default. */
export function parseStyle(value: unknown): Style {
  const found = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const number = (name: keyof typeof STYLE_MOST): number => {
    const given = found[name];
    return typeof given === 'number' && given >= 0 && given <= STYLE_MOST[name] ? given : DEFAULT_STYLE[name];
  };
  return {
    mouth_gain: number('mouth_gain'),
    expressiveness: number('expressiveness'),
    head_motion: number('head_motion'),
    blinks_per_minute: number('blinks_per_minute'),
    gaze: (['camera', 'target'] as const).find((gaze) => gaze === found['gaze']) ?? 'free',
    gaze_target: parseTarget(found['gaze_target']),
    emotion: EMOTIONS.find((emotion) => emotion === found['emotion']) ?? 'neutral',
    intensity: number('intensity'),
  };
}

function parseTarget(value: unknown): GazeTarget {
  const found = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const angle = (name: keyof GazeTarget): number => {
    const given = found[name];
    return typeof given === 'number' && Math.abs(given) <= TARGET_MOST[name] ? given : 0;
  };
  return { yaw: angle('yaw'), pitch: angle('pitch') };
}

/** What must change to turn `from` into `to`, or null where they are the same. */
export function styleDifference(from: Style, to: Style): Partial<Style> | null {
  const same = (field: keyof Style): boolean =>
    field === 'gaze_target'
      ? from.gaze_target.yaw === to.gaze_target.yaw && from.gaze_target.pitch === to.gaze_target.pitch
      : from[field] === to[field];
  const changed = FIELDS.filter((field) => !same(field));
  return changed.length === 0 ? null : Object.fromEntries(changed.map((field) => [field, to[field]]));
}

/** At most ten messages a second. */
export const SEND_GAP_MS = 100;
/** So long after the last message or touch the server's word counts again: its echoes have come by then. */
export const SETTLE_MS = 1500;

export interface StyleTimers {
  now(): number;
  after(ms: number, action: () => void): void;
}

export class StyleSync {
  /** What the controls show. */
  shown: Style;
  /** What the server told last: while messages are on their way, older than what it will have. Null without one. */
  private told: Style | null = null;
  /** What the server has once all that was sent has arrived: what is wished is held against this. */
  private sent: Style | null = null;
  private held = false;
  private lastSentMs = Number.NEGATIVE_INFINITY;
  private scheduled = false;

  /**
   * @param wished what the person chose last; sent as soon as a server tells that it has something else.
   * @param send hands a change to the server.
   * @param onChange the controls must show `shown` anew.
   */
  constructor(
    private wished: Style,
    private readonly timers: StyleTimers,
    private readonly send: (change: Partial<Style>) => void,
    private readonly onChange: () => void,
  ) {
    this.shown = wished;
  }

  /** The person moves a control. */
  set(change: Partial<Style>): void {
    this.shown = this.wished = { ...this.wished, ...change };
    this.flush();
    this.onChange();
  }

  /** A slider is being dragged, or was let go: while it is held the server's word waits. */
  hold(held: boolean): void {
    this.held = held;
    if (!held) this.timers.after(SETTLE_MS, () => this.settle());
  }

  /** The server tells the session's style. */
  takeEvent(style: Style): void {
    this.told = style;
    if (this.sent === null) {
      this.sent = style;
      this.flush();
    } else this.settle();
  }

  /** The connection is gone; the next one gets what the person wishes. */
  disconnected(): void {
    this.told = this.sent = null;
  }

  /** Once nothing is under way, what the server told is what it has, and what is shown. */
  private settle(): void {
    const recent = this.timers.now() - this.lastSentMs < SETTLE_MS;
    if (this.told === null || this.held || this.scheduled || recent) return;
    this.sent = this.told;
    if (styleDifference(this.shown, this.told) === null) return;
    this.shown = this.wished = this.told;
    this.onChange();
  }

  private flush(): void {
    if (this.sent === null || this.scheduled) return;
    const change = styleDifference(this.sent, this.wished);
    if (change === null) return;
    const wait = this.lastSentMs + SEND_GAP_MS - this.timers.now();
    if (wait > 0) {
      this.scheduled = true;
      this.timers.after(wait, () => {
        this.scheduled = false;
        this.flush();
      });
      return;
    }
    this.lastSentMs = this.timers.now();
    this.sent = this.wished;
    this.send(change);
    this.timers.after(SETTLE_MS, () => this.settle());
  }
}
