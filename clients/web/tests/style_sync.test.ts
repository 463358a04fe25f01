import { afterEach, describe, expect, it, vi } from 'vitest';

import type { Style } from '../src/protocol';
import { loadPreferences, parsePreferences, savePreferences } from '../src/preferences';
import { DEFAULT_STYLE, SEND_GAP_MS, SETTLE_MS, StyleSync, parseStyle, styleDifference } from '../src/style_sync';

/** A clock that only the test moves, and a server that may echo. */
function bench(wished: Style = DEFAULT_STYLE) {
  let now = 1000;
  let waiting: { at: number; action: () => void }[] = [];
  const sent: { at: number; change: Partial<Style> }[] = [];
  let server: ((change: Partial<Style>) => void) | null = null;
  const sync = new StyleSync(
    wished,
    { now: () => now, after: (ms, action) => after(ms, action) },
    (change) => {
      sent.push({ at: now, change });
      server?.(change);
    },
    () => undefined,
  );
  const after = (ms: number, action: () => void): void => void waiting.push({ at: now + ms, action });
  const pass = (ms: number): void => {
    const until = now + ms;
    for (;;) {
      const next = waiting.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      waiting = waiting.filter((one) => one !== next);
      now = next.at;
      next.action();
    }
    now = until;
  };
  return { sync, sent, pass, after, serve: (take: typeof server) => (server = take) };
}

describe('style controls', () => {
  it('go out at most ten times a second, the last value always', () => {
    const { sync, sent, pass } = bench();
    sync.takeEvent(DEFAULT_STYLE);
    for (let i = 1; i <= 100; i++) {
      sync.set({ mouth_gain: 1 + i / 100 });
      pass(7);
    }
    pass(1000);
    const gaps = sent.slice(1).map(({ at }, i) => at - sent[i]!.at);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(SEND_GAP_MS);
    expect(sent.length).toBeGreaterThan(5);
    expect(sent.at(-1)!.change).toEqual({ mouth_gain: 2 });
  });

  it('wait for a server, and tell it what was remembered', () => {
    const wished = { ...DEFAULT_STYLE, gaze: 'camera', blinks_per_minute: 20 } as const;
    const { sync, sent, pass } = bench(wished);
    sync.set({ head_motion: 0 });
    pass(1000);
    expect(sent).toEqual([]);
    sync.takeEvent(DEFAULT_STYLE);
    expect(sent.map(({ change }) => change)).toEqual([{ gaze: 'camera', blinks_per_minute: 20, head_motion: 0 }]);
  });

  it('say nothing where the server has what is wished', () => {
    const { sync, sent, pass } = bench();
    sync.takeEvent(DEFAULT_STYLE);
    pass(5000);
    expect(sent).toEqual([]);
  });

  it('are told again to the next connection', () => {
    const { sync, sent, pass } = bench();
    sync.takeEvent(DEFAULT_STYLE);
    sync.set({ expressiveness: 1.5 });
    pass(1000);
    sync.disconnected();
    sync.takeEvent(DEFAULT_STYLE);
    expect(sent.map(({ change }) => change)).toEqual([{ expressiveness: 1.5 }, { expressiveness: 1.5 }]);
  });

  it('do not jump back to echoes of older values under the hand', () => {
    const { sync, sent, pass } = bench();
    sync.takeEvent(DEFAULT_STYLE);
    sync.hold(true);
    const echoes: Style[] = [];
    for (let i = 1; i <= 20; i++) {
      const before = sent.length;
      sync.set({ mouth_gain: 1 + i / 20 });
      if (sent.length > before) echoes.push({ ...DEFAULT_STYLE, ...sent.at(-1)!.change });
      // The echo comes after the next move.
      const echo = echoes.length > 1 ? echoes.shift() : undefined;
      if (echo !== undefined) sync.takeEvent(echo);
      expect(sync.shown.mouth_gain).toBe(1 + i / 20);
      pass(60);
    }
    sync.hold(false);
    sync.takeEvent({ ...DEFAULT_STYLE, mouth_gain: 2 });
    pass(2 * SETTLE_MS);
    expect(sync.shown.mouth_gain).toBe(2);
  });

  it('show the server’s word once nothing is under way', () => {
    const { sync, sent, pass } = bench();
    sync.takeEvent(DEFAULT_STYLE);
    pass(2 * SETTLE_MS);
    sync.takeEvent({ ...DEFAULT_STYLE, head_motion: 0.5 });
    expect(sync.shown.head_motion).toBe(0.5);
    pass(5000);
    expect(sent).toEqual([]);
  });

  it('give way to a server that allows less than was asked', () => {
    const { sync, pass } = bench();
    sync.takeEvent(DEFAULT_STYLE);
    sync.set({ mouth_gain: 1.8 });
    sync.takeEvent({ ...DEFAULT_STYLE, mouth_gain: 1.5 });
    expect(sync.shown.mouth_gain).toBe(1.8);
    pass(2 * SETTLE_MS);
    expect(sync.shown.mouth_gain).toBe(1.5);
  });
});

/** As `bench`, with a server at the end of a line that takes half of `rttMs` each way. */
function lineTo(rttMs: number) {
  const { sync, sent, pass, after, serve } = bench();
  const server = { style: DEFAULT_STYLE };
  serve((change) =>
    after(rttMs / 2, () => {
      const style = { ...server.style, ...change };
      if (styleDifference(server.style, style) === null) return; // nothing is told where nothing changes
      server.style = style;
      after(rttMs / 2, () => sync.takeEvent(style));
    }),
  );
  sync.takeEvent(DEFAULT_STYLE);
  pass(2 * SETTLE_MS);
  return { sync, sent, pass, server };
}

describe.each([40, 150, 300, 900])('the last choice wins on both sides, %i ms there and back', (rttMs) => {
  it('where it is that of a moment ago', () => {
    const { sync, pass, server } = lineTo(rttMs);
    sync.set({ emotion: 'joy' });
    pass(140);
    sync.set({ emotion: 'anger' });
    pass(120);
    sync.set({ emotion: 'joy' });
    for (let i = 0; i < 50; i++) {
      expect(sync.shown.emotion).toBe('joy');
      pass(100);
    }
    expect(server.style.emotion).toBe('joy');
  });

  it('whatever is chosen, whenever', () => {
    const { sync, sent, pass, server } = lineTo(rttMs);
    const choices = ['joy', 'anger', 'neutral', 'joy', 'fear', 'joy'] as const;
    for (const [i, gap] of [7, 90, 110, 160, 310, 650, 1600, 20, 400, 130, 5, 240].entries()) {
      const choice = { emotion: choices[i % choices.length]!, mouth_gain: (i % 3) / 2 };
      sync.set(choice);
      pass(gap);
      expect(sync.shown).toMatchObject(choice);
    }
    const last = sync.shown;
    pass(3 * SETTLE_MS);
    expect(sync.shown).toEqual(last);
    expect(server.style).toEqual(last);
    const before = sent.length;
    pass(10_000);
    expect(sent.length).toBe(before);
  });
});

describe('styles', () => {
  it('are read without trusting them', () => {
    expect(parseStyle(null)).toEqual(DEFAULT_STYLE);
    expect(parseStyle({ mouth_gain: 9, head_motion: -1, blinks_per_minute: 'x', gaze: 'up' })).toEqual(DEFAULT_STYLE);
    expect(parseStyle({ mouth_gain: 0, gaze: 'camera' })).toEqual({ ...DEFAULT_STYLE, mouth_gain: 0, gaze: 'camera' });
    expect(styleDifference(DEFAULT_STYLE, DEFAULT_STYLE)).toBeNull();
    expect(parseStyle({ emotion: 'envy', intensity: 2, gaze: 'target', gaze_target: { yaw: 2, pitch: 0.1 } })).toEqual({
      ...DEFAULT_STYLE,
      gaze: 'target',
      gaze_target: { yaw: 0, pitch: 0.1 },
    });
    expect(parseStyle({ emotion: 'fear', intensity: 0.25 })).toEqual({
      ...DEFAULT_STYLE,
      emotion: 'fear',
      intensity: 0.25,
    });
  });

  it('compare a gaze target by where it is', () => {
    expect(styleDifference(DEFAULT_STYLE, { ...DEFAULT_STYLE, gaze_target: { yaw: 0, pitch: 0 } })).toBeNull();
    const aside = { ...DEFAULT_STYLE, gaze_target: { yaw: 0.2, pitch: 0 } };
    expect(styleDifference(DEFAULT_STYLE, aside)).toEqual({ gaze_target: { yaw: 0.2, pitch: 0 } });
  });
});

describe('preferences', () => {
  it('fall back one by one to their defaults', () => {
    const defaults = parsePreferences(null);
    expect(defaults).toMatchObject({ background: 'gradient', framing: 'head', graph: true, style: DEFAULT_STYLE });
    expect(parsePreferences('not JSON')).toEqual(defaults);
    expect(parsePreferences('[1]')).toEqual(defaults);
    expect(parsePreferences('{"background":"plaid","framing":"face","look":7,"graph":"yes"}')).toEqual({
      ...defaults,
      framing: 'face',
    });
  });

  describe('in two tabs of one browser', () => {
    afterEach(() => vi.unstubAllGlobals());

    it('are kept one by one, so that neither tab undoes the other’s', () => {
      const kept = new Map<string, string>();
      vi.stubGlobal('localStorage', {
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => kept.set(key, value),
      });
      const [one, other] = [loadPreferences(), loadPreferences()];
      savePreferences(one, { background: 'green', graph: false });
      savePreferences(other, { framing: 'face' });
      savePreferences(one, { graph: true });
      expect(loadPreferences()).toEqual({ ...parsePreferences(null), background: 'green', framing: 'face' });
      expect(one).toMatchObject({ background: 'green', framing: 'head' });
      expect(other).toMatchObject({ background: 'gradient', framing: 'face' });
    });
  });

  it('come back as they were kept', () => {
    const kept = { ...parsePreferences(null), look: 'mira', background: 'green' as const, listening: true };
    expect(parsePreferences(JSON.stringify(kept))).toEqual(kept);
  });
});
