/**
 * The studio without its looks: voices, connections and what to show, as one state that the page renders.
 *
 * A speaker's page holds one line (its session) and, "as viewers see it", a second one to its own session. A watching
 * page holds a viewer's line only.
 */

import { Feed } from './feed';
import type { LevelMeter } from './level_meter';
import { Line, type LineState } from './line';
import { Microphone } from './microphone';
import type { PageParams } from './page_params';
import { keepToken } from './page_params';
import type { Preferences } from './preferences';
import { Problem } from './problems';
import type { Control, MotionFrame, ServerEvent, Style } from './protocol';
import { SampleVoice, type SampleClip } from './sample_voice';
import { Sounds } from './sounds';
import { DEFAULT_STYLE, StyleSync, parseStyle } from './style_sync';
import { Trouble } from './trouble';
import { viewerLink, whepPath } from './whep';
import { Signalling, whipPath } from './whip';

export type Phase = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'stopped';
/** `own`: the face as it arrives, without sound. `viewers`: the returned sound, and the face paired with it. */
export type View = 'own' | 'viewers';

export interface StudioState {
  readonly watching: boolean;
  readonly phase: Phase;
  readonly problem: Problem | null;
  readonly view: View;
  readonly voice: 'none' | 'microphone' | 'sample';
  readonly sample: SampleClip | null;
  readonly muted: boolean;
  /** The browser plays no sound before the page is clicked. */
  readonly soundBlocked: boolean;
  readonly viewerLink: string | null;
  readonly viewers: number;
}

/** What turns only at a reset; null where it is not known, or left to chance. */
export interface Settings {
  readonly lookAheadMs: number | null;
  readonly seed: number | null;
}

/** A session kept only by a finished sample gives its place back after this. */
const SAMPLE_LINGER_MS = 30_000;
/** A sample waits this long for the page's own viewer connection, so that its beginning is heard. */
const VIEWER_WAIT_MS = 2500;

export class Studio {
  private readonly signalling: Signalling;
  private readonly line: Line;
  /** The speaker's second line, to its own session. */
  private readonly mirrorLine: Line;
  private readonly sounds: Sounds;
  private microphone: Microphone | null = null;
  private sample: SampleVoice | null = null;
  private linger = 0;
  private wasOpen = false;
  private busy = false;
  private problem: Problem | null = null;
  private readonly trouble: Trouble;
  private view: View;
  private lineState: LineState = 'closed';
  /** Starts the sample that waits for its listener, the page's own viewer connection. */
  private waitingSample: (() => void) | null = null;
  private sampleTimer = 0;
  /** What the person wants, or the server drew for the first session; the next session gets the same. */
  private lookAheadMs: number | null;
  private seed: number | null;
  /** As the server told last; before, what is wanted and the server's default. A new object whenever told. */
  private settings_: Settings;
  /** How the face moves, as the sliders have it. */
  readonly style: StyleSync;
  /** Told of all motion of the session as it arrives, whichever view is on. */
  onMotion: ((frame: MotionFrame) => void) | null = null;

  constructor(
    private readonly params: PageParams,
    private readonly preferences: Preferences,
    token: string | null,
    private readonly onChange: () => void,
  ) {
    this.signalling = new Signalling(token);
    this.sounds = new Sounds(onChange);
    this.trouble = new Trouble(onChange);
    this.lookAheadMs = params.lookAheadMs;
    this.seed = params.seed;
    this.settings_ = { lookAheadMs: params.lookAheadMs, seed: params.seed };
    this.style = new StyleSync(
      preferences.style,
      { now: () => performance.now(), after: (ms, action) => void setTimeout(action, ms) },
      (change) => this.control({ type: 'style', ...change }),
      onChange,
    );
    const watch = params.watch;
    this.view = watch === null ? 'own' : 'viewers';
    this.line = new Line({
      path: () => (watch === null ? whipPath({ lookAheadMs: this.lookAheadMs, seed: this.seed }) : whepPath(watch)),
      signalling: this.signalling,
      track: () => (watch === null ? this.track : null),
      listener: {
        onState: (state, problem) => this.takeLineState(state, problem),
        onEvent: (event) => this.takeEvent(event),
        onMotion: (frame) => this.onMotion?.(frame),
        onSound: (stream) => void this.sounds.loudspeaker.play(stream),
      },
    });
    this.mirrorLine = new Line({
      path: () => whepPath(this.line.sessionId ?? ''),
      signalling: this.signalling,
      track: () => null,
      listener: {
        onState: (state, problem) => {
          if (state === 'open') this.startSample();
          // The line to the session itself says what is wrong with the session.
          if (problem !== null && problem.code !== 'session_unknown' && problem.code !== 'session_closed') {
            if (this.lineState === 'open') this.problem = problem;
          } else if (state === 'open') this.problem = null;
          this.onChange();
        },
        onEvent: () => undefined,
        onSound: (stream) => void this.sounds.loudspeaker.play(stream),
      },
    });
    if (watch === null) void this.learnDefaults();
  }

  get state(): StudioState {
    return {
      watching: this.watching,
      phase: this.phase,
      problem: this.problem ?? this.trouble.now,
      view: this.view,
      voice: this.sample !== null ? 'sample' : this.microphone !== null ? 'microphone' : 'none',
      sample: this.sample?.clip ?? null,
      muted: this.watching ? this.sounds.loudspeaker.muted : (this.microphone?.muted ?? false),
      soundBlocked: this.sounds.loudspeaker.blocked,
      viewerLink:
        this.watching || this.phase !== 'live' || this.line.sessionId === null
          ? null
          : viewerLink(location.origin, this.line.sessionId),
      viewers: this.line.feed.stats?.viewers ?? 0,
    };
  }

  /** The feed whose face is shown. */
  get feed(): Feed {
    return !this.watching && this.view === 'viewers' && this.mirrorLine.state === 'open'
      ? this.mirrorLine.feed
      : this.line.feed;
  }

  /** The session's own feed, whichever view is on. */
  get sessionFeed(): Feed {
    return this.line.feed;
  }

  get settings(): Settings {
    return this.settings_;
  }

  /** How the face moves: as the sliders have it, or on a watching page as the server told. */
  get faceStyle(): Style {
    return this.watching ? (this.line.feed.style ?? DEFAULT_STYLE) : this.style.shown;
  }

  get sessionId(): string | null {
    return this.line.sessionId;
  }

  /** True while motion may be expected. */
  get live(): boolean {
    return this.lineState === 'open';
  }

  /** Begin watching (a watching page does this by itself). */
  watch(): void {
    this.problem = null;
    this.line.open();
    this.onChange();
  }

  /** Speak through the microphone; opens the session where there is none. */
  async talk(): Promise<void> {
    await this.exclusively(async () => {
      const { deviceId, echoCancellation, noiseSuppression } = this.preferences;
      const raw = this.params.rawMicrophone;
      const microphone = await Microphone.open({
        deviceId,
        echoCancellation: echoCancellation && !raw,
        noiseSuppression: noiseSuppression && !raw,
      });
      this.dropSample();
      this.microphone?.close();
      this.microphone = microphone;
      microphone.onLost(() => {
        if (this.microphone !== microphone) return;
        this.stop();
        this.problem = new Problem('mic_lost');
        this.onChange();
      });
      await this.sounds.useContext();
      await this.sendVoice(microphone.stream);
    });
  }

  /** Let a recorded voice speak, heard and seen as viewers do; the microphone, if any, comes back afterwards. */
  async playSample(clip: SampleClip): Promise<void> {
    await this.exclusively(async () => {
      const context = await this.sounds.useContext();
      const sample = await SampleVoice.load(context, clip);
      const viewBefore = this.view;
      this.dropSample();
      this.sample = sample;
      await this.sendVoice(sample.stream);
      this.waitingSample = () => {
        if (this.sample === sample) sample.start(() => void this.sampleEnded(sample, viewBefore));
      };
      this.setView('viewers');
      if (this.mirrorLine.state === 'open') this.startSample();
    });
  }

  /** End the session and let the microphone go. */
  stop(): void {
    clearTimeout(this.linger);
    this.mirrorLine.close(false); // viewers end with the session
    this.line.close();
    this.dropSample();
    this.microphone?.close();
    this.microphone = null;
    this.sounds.send(null);
    this.sounds.silence();
    this.problem = null;
    this.wasOpen = false;
    this.onChange();
  }

  setView(view: View): void {
    if (this.watching) return;
    this.view = view;
    if (view === 'viewers' && this.lineState === 'open') this.mirrorLine.open();
    if (view === 'own') {
      this.mirrorLine.close();
      this.sounds.silence();
    }
    this.onChange();
  }

  /** Speakers mute their microphone, viewers the sound. */
  setMuted(muted: boolean): void {
    if (this.watching) {
      this.sounds.loudspeaker.muted = muted;
    } else if (this.microphone !== null) {
      this.microphone.muted = muted;
      this.control({ type: 'mute', muted });
    }
    this.onChange();
  }

  /** How far the network looks ahead; the motion stream starts afresh. */
  setLookAhead(ms: number): void {
    this.lookAheadMs = ms;
    this.control({ type: 'reset', look_ahead_ms: ms });
  }

  /** Which liveliness the network adds of its own; the motion stream starts afresh. */
  setSeed(seed: number): void {
    this.seed = seed;
    this.control({ type: 'reset', seed });
  }

  /** Open the microphone anew with changed preferences, if it is open. */
  async microphoneChanged(): Promise<void> {
    if (this.microphone !== null) await this.talk();
  }

  setToken(token: string): void {
    keepToken(token);
    this.signalling.token = token;
    this.problem = null;
    // The voice is still there where a speaker was turned away.
    if (this.watching || this.track !== null) this.line.open();
    this.onChange();
  }

  /** Try what failed once more, at a person's wish. */
  retry(): void {
    this.problem = null;
    if (this.watching || this.track !== null) this.line.open();
    this.onChange();
  }

  /** Show a problem that arose elsewhere on the page. */
  report(problem: Problem): void {
    this.problem = problem;
    this.onChange();
  }

  dismiss(): void {
    this.problem = null;
    this.trouble.clear();
    this.onChange();
  }

  /** A click has come: sound may be played now. */
  async unblockSound(): Promise<void> {
    await this.sounds.unblock();
  }

  /** Network or page are back after an absence. */
  nudge(): void {
    this.line.nudge();
    this.mirrorLine.nudge();
  }

  /** The page goes away: tell the server, so that the place is free at once. */
  leave(): void {
    this.mirrorLine.close(false);
    this.line.close();
  }

  /** The page was kept by the browser and shown again. */
  comeBack(): void {
    if (this.watching || this.track !== null) this.line.open();
  }

  /** Loudness of the voice sent (or heard, for viewers), 0..1. */
  level(nowMs: number): number {
    return this.sounds.level(nowMs);
  }

  /** The sound that belongs to the face shown: what is heard where they are paired, else what is sent. */
  get sound(): { readonly meter: LevelMeter; readonly paired: boolean } | null {
    const paired = this.feed.heardMediaTime !== null;
    const meter = this.sounds.meter(paired);
    return meter === null ? null : { meter, paired };
  }

  /** Media time of the sound passing now: of the one heard, or by estimate of the one leaving. */
  soundMediaTime(nowMs: number): number | null {
    return this.feed.heardMediaTime ?? this.line.feed.latency.mediaTimeOfVoice(nowMs);
  }

  /** Where sound is mixed and measured; exists once a person has clicked. */
  get audioContext(): AudioContext | null {
    return this.sounds.audioContext;
  }

  private get watching(): boolean {
    return this.params.watch !== null;
  }

  private get track(): MediaStreamTrack | null {
    return this.sample?.track ?? this.microphone?.track ?? null;
  }

  private get phase(): Phase {
    if (this.lineState === 'open') return 'live';
    if (this.lineState === 'connecting') return this.wasOpen ? 'reconnecting' : 'connecting';
    if (this.lineState === 'waiting') return 'reconnecting';
    if (this.busy && this.problem === null) return 'connecting';
    return this.problem === null ? 'idle' : 'stopped';
  }

  private takeLineState(state: LineState, problem: Problem | null): void {
    this.lineState = state;
    if (state === 'open') {
      this.wasOpen = true;
      this.problem = null;
      this.sampleTimer = window.setTimeout(() => this.startSample(), VIEWER_WAIT_MS);
      if (this.microphone?.muted === true) this.control({ type: 'mute', muted: true });
      if (!this.watching && this.view === 'viewers') this.mirrorLine.open();
    } else {
      this.style.disconnected();
      clearTimeout(this.sampleTimer);
      if (!this.watching) this.mirrorLine.close();
      // While a try is under way, what went wrong before stays readable.
      if (state !== 'connecting') this.problem = this.wordFor(problem);
      this.trouble.clear();
      if (state === 'closed' && problem?.remedy === 'user') this.releaseVoice();
    }
    this.onChange();
  }

  private wordFor(problem: Problem | null): Problem | null {
    if (problem?.code === 'token_needed' && this.signalling.token !== null) {
      return new Problem('token_wrong', problem.detail);
    }
    return problem;
  }

  /** A session that ended for good leaves no microphone open behind it. */
  private releaseVoice(): void {
    this.dropSample();
    this.microphone?.close();
    this.microphone = null;
    this.sounds.send(null);
    this.wasOpen = false;
  }

  private async exclusively(action: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    this.onChange();
    try {
      if (!('RTCPeerConnection' in window)) throw new Problem('no_webrtc');
      await action();
    } catch (error) {
      this.problem = error instanceof Problem ? error : new Problem('protocol', String(error));
    } finally {
      this.busy = false;
      this.onChange();
    }
  }

  private async sendVoice(stream: MediaStream): Promise<void> {
    clearTimeout(this.linger);
    this.sounds.send(stream);
    if (this.lineState === 'closed') this.line.open();
    else await this.line.replaceTrack(this.track);
  }

  private async sampleEnded(sample: SampleVoice, viewBefore: View): Promise<void> {
    if (this.sample !== sample) return;
    if (this.microphone === null) {
      this.linger = window.setTimeout(() => {
        if (this.sample === sample) this.stop();
      }, SAMPLE_LINGER_MS);
      return;
    }
    this.dropSample();
    await this.sendVoice(this.microphone.stream);
    this.setView(viewBefore);
  }

  private startSample(): void {
    clearTimeout(this.sampleTimer);
    const start = this.waitingSample;
    this.waitingSample = null;
    start?.();
  }

  private dropSample(): void {
    this.waitingSample = null;
    const sample = this.sample;
    this.sample = null;
    sample?.close();
  }

  private takeEvent(event: ServerEvent): void {
    this.trouble.takeEvent(event);
    if (event.type === 'hello' || event.type === 'reset') {
      this.settings_ = { lookAheadMs: event.look_ahead_ms, seed: event.seed ?? null };
    }
    if (event.type === 'hello') this.askForWanted(event);
    // Viewers may look at the style, not change it.
    if (event.type === 'style' && !this.watching) this.style.takeEvent(parseStyle(event));
    if (event.type === 'stats' || event.type === 'hello' || event.type === 'reset') this.onChange();
  }

  /** What was chosen after the offer had gone out is asked for now. */
  private askForWanted(hello: { look_ahead_ms: number; seed?: number }): void {
    // A connection that comes back brings the same life back.
    const seed = (this.seed ??= hello.seed ?? null);
    const ms = this.lookAheadMs ?? hello.look_ahead_ms;
    if (ms === hello.look_ahead_ms && seed === (hello.seed ?? seed)) return;
    this.control({ type: 'reset', look_ahead_ms: ms, ...(seed !== null && { seed }) });
  }

  /** Until a session tells, the next one is taken to have the server's default look-ahead. */
  private async learnDefaults(): Promise<void> {
    const { lookAheadMs } = await this.signalling.config().catch(() => ({ lookAheadMs: null }));
    if (lookAheadMs === null || this.lookAheadMs !== null || this.settings_.lookAheadMs !== null) return;
    this.settings_ = { lookAheadMs, seed: this.seed };
    this.onChange();
  }

  /** What acts on the session is its speaker's alone; the server refuses it from viewers. */
  private control(control: Control): void {
    if (!this.watching) this.line.send(control);
  }
}
