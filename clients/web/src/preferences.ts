/** What a person chose, kept in this browser. */

export interface Preferences {
  mirror: boolean;
  deviceId: string | null;
  echoCancellation: boolean;
  noiseSuppression: boolean;
}

const KEY = 'stream-engine-studio';
const DEFAULTS: Preferences = { mirror: true, deviceId: null, echoCancellation: true, noiseSuppression: false };

/** Read stored preferences; whatever is missing or of another type falls back to its default. */
export function parsePreferences(stored: string | null): Preferences {
  let value: unknown = null;
  try {
    value = JSON.parse(stored ?? 'null');
  } catch {
    // Written by something else: start from the defaults.
  }
  const found = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const flag = (name: 'mirror' | 'echoCancellation' | 'noiseSuppression'): boolean =>
    typeof found[name] === 'boolean' ? found[name] : DEFAULTS[name];
  return {
    mirror: flag('mirror'),
    deviceId: typeof found['deviceId'] === 'string' ? found['deviceId'] : null,
    echoCancellation: flag('echoCancellation'),
    noiseSuppression: flag('noiseSuppression'),
  };
}

export function loadPreferences(): Preferences {
  return parsePreferences(localStorage.getItem(KEY));
}

export function savePreferences(preferences: Preferences): void {
  localStorage.setItem(KEY, JSON.stringify(preferences));
}
