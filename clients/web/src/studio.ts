/**
 * The studio without its looks: voices, connections and what to show, as one state that the page renders.
 *
 * A speaker's page holds one line (its session) and, "as viewers see it", a second one to its own session. A watching
 * page holds a viewer's line only.
 */

import { Feed } from './feed';
import type { LevelMeter } from './level_meter';
import { Line, type LineState } from './line';
import type { PageParams } from './page_params';
import { keepToken } from './page_params';
import type { Preferences } from './preferences';
import { Problem } from './problems';
import type { Control, MotionFrame, ServerEvent, Style } from './protocol';
import { SampleVoice, type SampleClip } from './sample_voice';
import { type Settings, SettingsSync } from './settings_sync';
import { Sounds } from './sounds';
import { DEFAULT_STYLE, StyleSync, parseStyle } from './style_sync';
import { Trouble } from './trouble';
import { Voice } from './voice';
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
  private readonly voice = new Voice();
  private linger = 0;
  private wasOpen = false;
  private busy = false;
  private problem: Problem | null = null;
  private readonly trouble: Trouble;
  private view: View;
  private lineState: LineState = 'closed';
  private readonly settingsSync: SettingsSync;
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
    this.settingsSync = new SettingsSync({ lookAheadMs: params.lookAheadMs, seed: params.seed }, (reset) =>
      this.control(reset),
    );
    this.style = new StyleSync(
      preferences.style,
      { now: () => performance.now(), after: (ms, action) => void setTimeout(action, ms) },
      (change) => this.control({ type: 'style', ...change }),
      onChange,
    );
    const watch = params.watch;
    this.view = watch === null ? 'own' : 'viewers';
    this.line = new Line({
      path: () => (watch === null ? whipPath(this.settingsSync.forOffer) : whepPath(watch)),
      signalling: this.signalling,
      track: () => this.voice.track,
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
          if (state === 'open') this.voice.startSample();
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
      voice: this.voice.kind,
      sample: this.voice.clip,
      muted: this.watching ? this.sounds.loudspeaker.muted : this.voice.muted,
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
    return this.settingsSync.shown;
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
      const stream = await this.voice.openMicrophone(
        {
          deviceId,
          echoCancellation: echoCancellation && !raw,
          noiseSuppression: noiseSuppression && !raw,
        },
        () => {
          this.stop();
          this.report(new Problem('mic_lost'));
        },
      );
      await this.sounds.useContext();
      await this.sendVoice(stream);
    });
  }

  /** Let a recorded voice speak, heard and seen as viewers do; the microphone, if any, comes back afterwards. */
  async playSample(clip: SampleClip): Promise<void> {
    await this.exclusively(async () => {
      const context = await this.sounds.useContext();
      const sample = await SampleVoice.load(context, clip);
      const viewBefore = this.view;
      await this.sendVoice(this.voice.useSample(sample, () => void this.sampleEnded(viewBefore)));
      this.setView('viewers');
      if (this.mirrorLine.state === 'open') this.voice.startSample();
    });
  }

  /** End the session and let the microphone go. */
  stop(): void {
    this.mirrorLine.close(false); // viewers end with the session
    this.line.close();
    this.releaseVoice();
    this.sounds.silence();
    this.problem = null;
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
    } else if (this.voice.microphone !== null) {
      this.voice.microphone.muted = muted;
      this.control({ type: 'mute', muted });
    }
    this.onChange();
  }

  /** How far the network looks ahead; the motion stream starts afresh. */
  setLookAhead(ms: number): void {
    this.settingsSync.setLookAhead(ms);
  }

  /** Which liveliness the network adds of its own; the motion stream starts afresh. */
  setSeed(seed: number): void {
    this.settingsSync.setSeed(seed);
  }

  /** Open the microphone anew with changed preferences, if it is open. */
  async microphoneChanged(): Promise<void> {
    if (this.voice.microphone !== null) await this.talk();
  }

  setToken(token: string): void {
    keepToken(token);
    this.signalling.token = token;
    this.problem = null;
    // The voice is still there where a speaker was turned away.
    if (this.watching || this.voice.track !== null) this.line.open();
    this.onChange();
  }

  /** Try what failed once more, at a person's wish. */
  retry(): void {
    this.problem = null;
    if (this.watching || this.voice.track !== null) this.line.open();
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
    if (this.watching || this.voice.track !== null) this.line.open();
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
      this.voice.startSampleWithin(VIEWER_WAIT_MS);
      if (this.voice.muted) this.control({ type: 'mute', muted: true });
      if (!this.watching && this.view === 'viewers') this.mirrorLine.open();
    } else {
      this.style.disconnected();
      this.voice.keepSampleWaiting();
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
    clearTimeout(this.linger);
    this.voice.release();
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
    else await this.line.replaceTrack(this.voice.track);
  }

  private async sampleEnded(viewBefore: View): Promise<void> {
    const { microphone } = this.voice;
    if (microphone === null) {
      this.linger = window.setTimeout(() => {
        if (this.voice.kind === 'sample') this.stop();
      }, SAMPLE_LINGER_MS);
      return;
    }
    this.voice.dropSample();
    await this.sendVoice(microphone.stream);
    this.setView(viewBefore);
  }

  private takeEvent(event: ServerEvent): void {
    this.trouble.takeEvent(event);
    this.settingsSync.takeEvent(event);
    // Viewers may look at the style, not change it.
    if (event.type === 'style' && !this.watching) this.style.takeEvent(parseStyle(event));
    if (event.type === 'stats' || event.type === 'hello' || event.type === 'reset') this.onChange();
  }

  private async learnDefaults(): Promise<void> {
    const { lookAheadMs } = await this.signalling.config().catch(() => ({ lookAheadMs: null }));
    if (this.settingsSync.takeDefault(lookAheadMs)) this.onChange();
  }

  /** What acts on the session is its speaker's alone; the server refuses it from viewers. */
  private control(control: Control): void {
    if (!this.watching) this.line.send(control);
  }
}
