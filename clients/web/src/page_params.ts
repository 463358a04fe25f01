/** What the page's address asks for, and the token, which leaves the address at once and lives as long as the tab. */

import { FRAMINGS, type Framing } from './shot';
import { BACKGROUNDS, oneOf, type Background } from './preferences';

const TOKEN_KEY = 'stream-engine-token';

/** `auto`: plainly where a processor draws. `full`: as a graphics card draws it, however slowly. `plain`: the reverse. */
export type Finish = 'auto' | 'full' | 'plain';

export interface PageParams {
  /** Session to watch, or null for the speaker's page. */
  readonly watch: string | null;
  readonly lookAheadMs: number | null;
  readonly seed: number | null;
  /** `?raw=1`: echo cancelling, noise suppression and gain control all off, as measurements need it. */
  readonly rawMicrophone: boolean;
  readonly finish: Finish;
  /** `?light=1|0`: the heads' variant of few vertices, or the full one; null as the machine can bear. */
  readonly light: boolean | null;
  /** `?look=`, `?background=`, `?framing=`: in place of what is remembered, for this page only. */
  readonly look: string | null;
  readonly background: Background | null;
  readonly framing: Framing | null;
  /** `?chrome=0`: the face alone, without any control, as streaming software shows it. */
  readonly chrome: boolean;
}

/** `?finish=full|plain`. */
export function parseFinish(search: string): Finish {
  const finish = new URLSearchParams(search).get('finish');
  return finish === 'full' || finish === 'plain' ? finish : 'auto';
}

/** Read a query string. Numbers that are none are ignored; the server checks their range. */
export function parsePageParams(search: string): PageParams {
  const query = new URLSearchParams(search);
  const whole = (name: string): number | null => {
    const text = query.get(name);
    return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null;
  };
  const watch = query.get('watch');
  return {
    watch: watch === null || watch === '' ? null : watch,
    lookAheadMs: whole('look_ahead_ms'),
    seed: whole('seed'),
    rawMicrophone: query.get('raw') === '1',
    finish: parseFinish(search),
    light: { 0: false, 1: true }[query.get('light') ?? ''] ?? null,
    look: query.get('look'),
    background: oneOf(BACKGROUNDS, query.get('background')),
    framing: oneOf(FRAMINGS, query.get('framing')),
    chrome: query.get('chrome') !== '0',
  };
}

/** Take the token out of the address (where shoulders and histories see it) and keep it for this tab. */
export function takeToken(): string | null {
  const address = new URL(location.href);
  const token = address.searchParams.get('token');
  if (token !== null) {
    address.searchParams.delete('token');
    history.replaceState(history.state, '', address);
    if (token !== '') keepToken(token);
  }
  return sessionStorage.getItem(TOKEN_KEY);
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}
