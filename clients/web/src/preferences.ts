/** What a person chose, kept in this browser. */

import { FRAMINGS, type Framing } from './shot';
import type { Style } from './protocol';
import { DEFAULT_STYLE, parseStyle } from './style_sync';

export const BACKGROUNDS = ['plain', 'gradient', 'transparent', 'green'] as const;
export type Background = (typeof BACKGROUNDS)[number];

export interface Preferences {
  mirror: boolean;
  deviceId: string | null;
  echoCancellation: boolean;
  noiseSuppression: boolean;
  /** Id of a built-in look; null for the first. */
  look: string | null;
  background: Background;
  framing: Framing;
  /** The graph of mouth and voice is shown. */
  graph: boolean;
  /** The face nods and looks attentive while its speaker is silent. */
  listening: boolean;
  /** An avatar someone brought along is shown in the looks' place. */
  ownAvatar: boolean;
  style: Style;
}

const KEY = 'stream-engine-studio';
const DEFAULTS: Preferences = {
  mirror: true,
  deviceId: null,
  echoCancellation: true,
  noiseSuppression: false,
  look: null,
  background: 'gradient',
  framing: 'head',
  graph: true,
  listening: false,
  ownAvatar: false,
  style: DEFAULT_STYLE,
};

/** Read stored preferences; whatever is missing or of another type falls back to its default. */
export function parsePreferences(stored: string | null): Preferences {
  let value: unknown = null;
  try {
    value = JSON.parse(stored ?? 'null');
  } catch {
    // Written by something else: start from the defaults.
  }
  const found = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const flag = (
    name: 'mirror' | 'echoCancellation' | 'noiseSuppression' | 'graph' | 'listening' | 'ownAvatar',
  ): boolean => (typeof found[name] === 'boolean' ? found[name] : DEFAULTS[name]);
  const text = (name: 'deviceId' | 'look'): string | null => (typeof found[name] === 'string' ? found[name] : null);
  return {
    mirror: flag('mirror'),
    deviceId: text('deviceId'),
    echoCancellation: flag('echoCancellation'),
    noiseSuppression: flag('noiseSuppression'),
    look: text('look'),
    background: oneOf(BACKGROUNDS, found['background']) ?? DEFAULTS.background,
    framing: oneOf(FRAMINGS, found['framing']) ?? DEFAULTS.framing,
    graph: flag('graph'),
    listening: flag('listening'),
    ownAvatar: flag('ownAvatar'),
    style: parseStyle(found['style']),
  };
}

/** The value if it is one of the names, else null. */
export function oneOf<T extends string>(names: readonly T[], value: unknown): T | null {
  return names.find((name) => name === value) ?? null;
}

/** A browser that forbids storage (private windows, some embeddings) has no memory, and no other harm. */
function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export function loadPreferences(): Preferences {
  return parsePreferences(storage()?.getItem(KEY) ?? null);
}

/** Take a choice over and keep it. What other tabs kept since this one began stays: only the choice is written. */
export function savePreferences(preferences: Preferences, choice: Partial<Preferences>): void {
  Object.assign(preferences, choice);
  storage()?.setItem(KEY, JSON.stringify({ ...loadPreferences(), ...choice }));
}
