import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Feed } from '../src/feed';
import type { LineOptions, LineState } from '../src/line';
import { parsePageParams } from '../src/page_params';
import { parsePreferences } from '../src/preferences';
import { Problem } from '../src/problems';
import type { Control, ServerEvent } from '../src/protocol';
import { Studio } from '../src/studio';
import { DEFAULT_STYLE } from '../src/style_sync';

/** A line without a network: the test says what arrives, and sees what is sent. */
class FakeLine {
  static made: FakeLine[] = [];
  readonly feed = new Feed();
  readonly sent: Control[] = [];
  readonly sessionId = null;
  readonly state = 'closed';

  constructor(readonly options: LineOptions) {
    FakeLine.made.push(this);
  }

  open(): void {}
  close(): void {}
  send(control: Control): void {
    this.sent.push(control);
  }

  turn(state: LineState, problem: Problem | null = null): void {
    this.options.listener.onState(state, problem);
  }

  tell(event: ServerEvent): void {
    this.feed.takeEvent(event, 0, null);
    this.options.listener.onEvent(event);
  }
}

vi.mock('../src/line', () => ({
  get Line() {
    return FakeLine;
  },
}));

const hello = (look_ahead_ms: number, seed: number): ServerEvent => ({
  type: 'hello',
  version: 1,
  session: 's',
  role: 'speaker',
  look_ahead_ms,
  seed,
  tick_media: 960,
  channels: [],
});
const style = { type: 'style', media_time: 0, ...DEFAULT_STYLE } as const;
const error = (code: string): ServerEvent => ({ type: 'error', code, detail: 'because', media_time: 0 });

function open(search = '') {
  FakeLine.made = [];
  const studio = new Studio(parsePageParams(search), parsePreferences('{"style":{"emotion":"joy"}}'), null, vi.fn());
  return { studio, line: FakeLine.made[0]! };
}

let config = (): Promise<Response> => Promise.reject(new TypeError('no server'));

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
  vi.stubGlobal('Audio', class {});
  vi.stubGlobal('fetch', () => config());
  config = () => Promise.resolve(Response.json({ ice_servers: [], look_ahead_ms: 60 }));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('look-ahead and seed', () => {
  it('are shown before any session as the address and the server have them', async () => {
    const { studio } = open();
    expect(studio.settings).toEqual({ lookAheadMs: null, seed: null });
    await vi.runAllTimersAsync();
    expect(studio.settings).toEqual({ lookAheadMs: 60, seed: null });

    const asked = open('?look_ahead_ms=100&seed=7').studio;
    expect(asked.settings).toEqual({ lookAheadMs: 100, seed: 7 });
    await vi.runAllTimersAsync();
    expect(asked.settings).toEqual({ lookAheadMs: 100, seed: 7 });
  });

  it('stay unknown without a server, and are not taken from it once a person has chosen', async () => {
    const early = open().studio;
    early.setLookAhead(0);
    await vi.runAllTimersAsync();
    expect(early.settings.lookAheadMs).toBeNull();

    const seeded = open().studio;
    seeded.setSeed(5);
    await vi.runAllTimersAsync();
    expect(seeded.settings).toEqual({ lookAheadMs: 60, seed: 5 });

    config = () => Promise.reject(new TypeError('no server'));
    const { studio } = open();
    await vi.runAllTimersAsync();
    expect(studio.settings.lookAheadMs).toBeNull();
  });

  it('come into force though chosen while the line was being made', () => {
    const { studio, line } = open();
    line.turn('connecting');
    studio.setLookAhead(100);
    studio.setSeed(9);
    line.sent.length = 0; // no channel is open yet: nothing arrives
    line.tell(hello(60, 4));
    expect(line.sent).toEqual([{ type: 'reset', look_ahead_ms: 100, seed: 9 }]);
    expect(studio.settings).toEqual({ lookAheadMs: 60, seed: 4 });
    line.tell({ type: 'reset', look_ahead_ms: 100, seed: 9, media_time: 0 });
    expect(studio.settings).toEqual({ lookAheadMs: 100, seed: 9 });
  });

  it('are asked for once more only where the server has others', () => {
    const { studio, line } = open('?look_ahead_ms=40');
    line.tell(hello(40, 4));
    line.turn('open');
    line.turn('waiting', new Problem('connection_lost'));
    line.tell(hello(40, 4));
    expect(line.sent).toEqual([]);
    line.tell(hello(40, 5));
    expect(line.sent).toEqual([{ type: 'reset', look_ahead_ms: 40, seed: 4 }]);
    expect(line.options.path()).toBe('/whip?look_ahead_ms=40&seed=4');
    const told = studio.settings;
    line.tell({ type: 'reset', look_ahead_ms: 40, seed: 4, media_time: 0 });
    expect(studio.settings, 'told anew, even the same').not.toBe(told);
  });
});

describe('a watching page', () => {
  it('sends nothing that acts on the session, and shows the speaker’s style', () => {
    const { studio, line } = open('?watch=s&look_ahead_ms=100&seed=7');
    expect(studio.faceStyle).toEqual(DEFAULT_STYLE);
    line.tell(hello(60, 4));
    line.tell({ ...style, emotion: 'fear' });
    line.turn('open');
    studio.style.set({ mouth_gain: 2 });
    studio.setLookAhead(0);
    studio.setSeed(1);
    studio.setMuted(true);
    vi.runAllTimers();
    expect(line.sent).toEqual([]);
    expect(studio.faceStyle.emotion).toBe('fear');
  });
});

describe('what the server says went wrong', () => {
  it('is shown until the engine has resumed, and the session goes on', () => {
    const { studio, line } = open();
    line.turn('open');
    line.tell(error('engine_restarted'));
    line.tell(error('overloaded'));
    vi.advanceTimersByTime(60_000);
    expect(studio.state).toMatchObject({ phase: 'live', problem: { code: 'engine_restarting' } });
    line.tell({ type: 'resumed', media_time: 0 });
    expect(studio.state).toMatchObject({ phase: 'live', problem: null });
  });

  it('goes by itself where it has passed, or with the connection', () => {
    const { studio, line } = open();
    line.turn('open');
    line.tell(error('bad_message'));
    expect(studio.state.problem).toBeNull();
    line.tell(error('overloaded'));
    vi.advanceTimersByTime(5000);
    line.tell(error('overloaded'));
    vi.advanceTimersByTime(5000);
    expect(studio.state.problem?.code).toBe('engine_busy');
    vi.advanceTimersByTime(2000);
    expect(studio.state.problem).toBeNull();

    line.tell(error('engine_restarted'));
    line.turn('waiting', new Problem('connection_lost'));
    expect(studio.state).toMatchObject({ phase: 'reconnecting', problem: { code: 'connection_lost' } });
    line.turn('open');
    expect(studio.state.problem).toBeNull();
  });

  it('hides no worse problem, and can be sent away', () => {
    const { studio, line } = open();
    line.turn('open');
    studio.report(new Problem('head_failed'));
    line.tell(error('engine_restarted'));
    expect(studio.state.problem?.code).toBe('head_failed');
    studio.dismiss();
    expect(studio.state.problem).toBeNull();
  });
});
