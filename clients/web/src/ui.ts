/** The page's elements: renders the studio's state into them and turns clicks into the studio's actions. */

import { Drawer } from './drawer';
import { element, make, radios } from './element';
import { listenForShortcuts } from './keyboard';
import { LatencyPanel } from './latency_panel';
import { MotionPanel } from './motion_panel';
import { Notice } from './notice';
import type { Preferences } from './preferences';
import type { Recorder } from './recorder';
import type { Shown } from './render_loop';
import { SAMPLE_CLIPS, type SampleClip } from './sample_voice';
import { SoundPanel } from './sound_panel';
import type { Settings } from './settings_sync';
import type { Studio, StudioState } from './studio';
import { TakePanel } from './take_panel';

const PHASES: Record<StudioState['phase'], string> = {
  idle: 'Ready',
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  stopped: 'Stopped',
};

/** Read-outs change four times a second: more often cannot be read. */
const READOUT_MS = 250;
const TOAST_MS = 4000;

export interface PageOptions {
  readonly studio: Studio;
  readonly preferences: Preferences;
  readonly recorder: Recorder;
  /** Controls cover more or less of the picture. */
  readonly onLayout: () => void;
}

export class StudioPage {
  private readonly status = element('status', HTMLElement);
  private readonly statusText = element('status-text', HTMLElement);
  private readonly lead = element('lead', HTMLElement);
  private readonly talk = element('talk', HTMLButtonElement);
  private readonly talkText = element('talk-text', HTMLElement);
  private readonly mute = element('mute', HTMLButtonElement);
  private readonly muteText = element('mute-text', HTMLElement);
  private readonly sampleGroup = element('sample-group', HTMLElement);
  private readonly sample = element('sample', HTMLButtonElement);
  private readonly voices = element('voices', HTMLDetailsElement);
  private readonly soundOn = element('sound-on', HTMLButtonElement);
  private readonly bar = element('bar', HTMLElement);
  private readonly graph = element('graph', HTMLElement);
  private readonly meter = element('meter', HTMLElement);
  private readonly meterFill = element('meter-fill', HTMLElement);
  private readonly turn = element('turn', HTMLElement);
  private readonly viewGroup = element('views', HTMLElement);
  private readonly link = element('link', HTMLButtonElement);
  private readonly help = element('help', HTMLDialogElement);
  private readonly toast = element('toast', HTMLElement);
  private readonly canvas = element('face', HTMLCanvasElement);
  private readonly notice: Notice;
  private readonly latency: LatencyPanel;
  readonly drawer: Drawer;
  private readonly motion: MotionPanel;
  private readonly sound: SoundPanel;
  private readonly take: TakePanel;
  private readonly studio: Studio;
  private readonly preferences: Preferences;
  private readonly recorder: Recorder;
  /** The session's settings as they were shown last. */
  private settings: Settings | null = null;
  private readoutMs = 0;
  private toastTimer = 0;
  private linkTimer = 0;

  constructor({ studio, preferences, recorder, onLayout }: PageOptions) {
    this.studio = studio;
    this.preferences = preferences;
    this.recorder = recorder;
    this.notice = new Notice(studio);
    this.latency = new LatencyPanel(studio);
    // A watching page has no controls that act on the session; the panel leaves out the tabs that are hidden here.
    for (const node of document.querySelectorAll<HTMLElement>('[data-speaker]')) node.hidden = studio.state.watching;
    this.drawer = new Drawer(onLayout);
    this.motion = new MotionPanel(studio, preferences, () => this.canvas.classList.contains('mirrored'));
    this.sound = new SoundPanel(studio, preferences);
    this.take = new TakePanel(
      recorder,
      (text) => this.say(text),
      () => this.toggleRecording(),
    );
    this.bind();
    this.render();
  }

  /** The graph is on the page now. */
  get graphShown(): boolean {
    return !this.graph.hidden;
  }

  /** Bring the controls in line with the studio's state. */
  render(): void {
    const state = this.studio.state;
    this.status.dataset['phase'] = state.phase;
    if (this.statusText.textContent !== PHASES[state.phase]) this.statusText.textContent = PHASES[state.phase];
    this.lead.textContent = leadText(state);
    const running = state.phase !== 'idle' && state.phase !== 'stopped';
    const live = state.phase === 'live';
    document.body.classList.toggle('live', live);
    const talking = running && state.voice === 'microphone';
    this.talk.hidden = state.watching;
    this.talk.dataset['running'] = String(talking);
    this.talkText.textContent = talking ? 'Stop' : 'Talk';
    this.renderMute(state, talking);
    this.sampleGroup.hidden = state.watching;
    this.sample.classList.toggle('short', running);
    for (const button of this.voices.querySelectorAll('button')) {
      button.setAttribute('aria-pressed', String(button.dataset['voice'] === state.sample?.id));
    }
    this.soundOn.hidden = !(state.soundBlocked && running);
    this.meter.hidden = !running;
    this.graph.hidden = !(live && this.preferences.graph);
    this.viewGroup.hidden = state.watching || !running;
    this.bar.hidden = state.watching && !running;
    for (const input of radios('view')) input.checked = input.value === state.view;
    this.link.hidden = state.viewerLink === null;
    // Viewers see the face as it is; so does the speaker who looks with their eyes.
    this.canvas.classList.toggle('mirrored', this.preferences.mirror && state.view === 'own' && !state.watching);
    this.notice.render(state);
    this.motion.render(live);
    this.renderSettings();
    if (!live && this.recorder.phase === 'recording') {
      void this.recorder.stop('The connection ended, and the take with it.');
    }
    this.take.render(live);
  }

  /** Read-outs that move with every frame. */
  frame(nowMs: number, shown: Shown | null): void {
    if (!this.meter.hidden) {
      this.meterFill.style.transform = `scaleX(${this.studio.level(nowMs).toFixed(3)})`;
    }
    if (nowMs - this.readoutMs < READOUT_MS) return;
    this.readoutMs = nowMs;
    this.meter.setAttribute('aria-valuenow', String(Math.round(this.studio.level(nowMs) * 100)));
    const speaking = shown?.speaking ?? false;
    this.turn.dataset['speaking'] = String(speaking);
    this.turn.textContent = this.studio.state.muted ? 'Muted' : speaking ? 'Speaking' : 'Quiet';
    this.latency.render(shown);
    if (this.recorder.phase === 'recording') this.take.tick();
  }

  /** Say something in passing. */
  say(text: string): void {
    this.toast.textContent = text;
    this.toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = window.setTimeout(() => (this.toast.hidden = true), TOAST_MS);
  }

  private bind(): void {
    const { studio } = this;
    this.talk.addEventListener('click', () => this.toggleTalk());
    this.sample.addEventListener('click', () => this.playSample(this.nextClip()));
    element('voice-list', HTMLElement).append(
      ...SAMPLE_CLIPS.map((clip) => {
        const button = make('button', { type: 'button' }, make('strong', {}, clip.label), make('span', {}, clip.hint));
        button.dataset['voice'] = clip.id;
        button.addEventListener('click', () => {
          this.voices.open = false;
          this.voices.querySelector('summary')?.focus();
          this.playSample(clip);
        });
        return button;
      }),
    );
    this.mute.addEventListener('click', () => studio.setMuted(!studio.state.muted));
    this.soundOn.addEventListener('click', () => void studio.unblockSound());
    for (const input of radios('view')) {
      input.addEventListener('change', () => studio.setView(input.value === 'viewers' ? 'viewers' : 'own'));
    }
    element('record', HTMLButtonElement).addEventListener('click', () => this.toggleRecording());
    this.link.addEventListener('click', () => void this.copyLink());
    element('help-open', HTMLButtonElement).addEventListener('click', () => this.help.showModal());
    // A click beside the dialog closes it.
    this.help.addEventListener('click', (event) => {
      if (event.target === this.help) this.help.close();
    });
    listenForShortcuts({
      t: () => this.toggleTalk(),
      m: () => !this.mute.hidden && studio.setMuted(!studio.state.muted),
      v: () => !this.viewGroup.hidden && studio.setView(studio.state.view === 'own' ? 'viewers' : 'own'),
      r: () => this.toggleRecording(),
      p: () => (this.drawer.open ? this.drawer.close() : this.drawer.set(true)),
      '?': () => this.help.showModal(),
      Escape: () => this.closeTopmost(),
    });
    document.addEventListener('pointerdown', (event) => {
      for (const details of this.popovers) {
        if (details.open && event.target instanceof Node && !details.contains(event.target)) details.open = false;
      }
      // Without controls a click anywhere is the click that lets the sound play.
      if (studio.state.soundBlocked && !this.soundOn.checkVisibility()) void studio.unblockSound();
    });
    addEventListener('beforeunload', (event) => {
      if (!this.recorder.safe) event.preventDefault();
    });
  }

  private get popovers(): HTMLDetailsElement[] {
    return [this.voices, this.latency.details];
  }

  private closeTopmost(): void {
    const open = this.popovers.find((details) => details.open);
    if (open !== undefined) {
      open.open = false;
      open.querySelector('summary')?.focus();
    } else this.drawer.close();
  }

  private toggleTalk(): void {
    if (this.studio.state.watching) return;
    if (this.talk.dataset['running'] === 'true') this.studio.stop();
    else void this.studio.talk().then(() => this.sound.listDevices());
  }

  private playSample(clip: SampleClip): void {
    void this.studio.playSample(clip);
  }

  /** The voice after the one that was heard last. */
  private nextClip(): SampleClip {
    const at = SAMPLE_CLIPS.findIndex(({ id }) => id === this.studio.state.sample?.id);
    return SAMPLE_CLIPS[(at + 1) % SAMPLE_CLIPS.length]!;
  }

  private toggleRecording(): void {
    const { recorder } = this;
    if (recorder.phase === 'recording') {
      void recorder.stop().then(() => {
        if (recorder.phase === 'ready') this.drawer.show('take');
      });
    } else if (!recorder.safe) {
      this.drawer.show('take');
      this.say('Save or discard the last take first.');
    } else if (this.studio.state.phase === 'live') recorder.start();
  }

  /** Shown once when told, so that what a person is choosing meanwhile stays. */
  private renderSettings(): void {
    const { settings } = this.studio;
    if (settings === this.settings) return;
    this.settings = settings;
    this.sound.showLookAhead(settings.lookAheadMs);
    this.motion.showSeed(settings.seed);
  }

  private renderMute(state: StudioState, talking: boolean): void {
    this.mute.hidden = !(state.watching ? state.phase === 'live' && !state.soundBlocked : talking);
    this.mute.setAttribute('aria-pressed', String(state.muted));
    const name = state.watching ? 'Mute the sound' : 'Mute the microphone';
    this.muteText.textContent = name;
    this.mute.title = `${name} (M)`;
  }

  private async copyLink(): Promise<void> {
    const link = this.studio.state.viewerLink;
    if (link === null) return;
    try {
      await navigator.clipboard.writeText(link);
      this.say('Viewer link copied. Whoever opens it sees and hears this session.');
      this.link.classList.add('done');
      clearTimeout(this.linkTimer);
      this.linkTimer = window.setTimeout(() => this.link.classList.remove('done'), TOAST_MS / 2);
    } catch {
      // No clipboard without a secure page or permission: show it, to be copied by hand.
      this.say(link);
    }
  }
}

function leadText(state: StudioState): string {
  if (state.phase === 'idle') return state.watching ? 'Looking for the speaker…' : 'Speak, and a face speaks.';
  if (state.phase === 'live' && state.voice === 'sample' && state.sample !== null)
    return `You hear ${state.sample.label}.`;
  return '';
}
