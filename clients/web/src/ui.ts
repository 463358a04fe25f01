/** The page's elements: renders the studio's state into them and turns clicks into the studio's actions. */

import { LATENCY_NOTE, latencyRows, latencyTotal } from './latency_panel';
import { Microphone } from './microphone';
import type { ProblemCode } from './problems';
import { savePreferences, type Preferences } from './preferences';
import type { Shown } from './render_loop';
import type { Studio, StudioState } from './studio';

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return found;
}

const PHASES: Record<StudioState['phase'], string> = {
  idle: 'Ready',
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  stopped: 'Stopped',
};

/** Problems whose cause only the server's or browser's own words tell; elsewhere these would only confuse. */
const TELLING: ReadonlySet<ProblemCode> = new Set([
  'protocol',
  'server_error',
  'mic_failed',
  'sample_failed',
  'head_failed',
]);

/** Read-outs change four times a second: more often cannot be read. */
const READOUT_MS = 250;
const TOAST_MS = 4000;

export class StudioPage {
  private readonly status = element('status', HTMLElement);
  private readonly statusText = element('status-text', HTMLElement);
  private readonly lead = element('lead', HTMLElement);
  private readonly talk = element('talk', HTMLButtonElement);
  private readonly talkText = element('talk-text', HTMLElement);
  private readonly mute = element('mute', HTMLButtonElement);
  private readonly muteText = element('mute-text', HTMLElement);
  private readonly sample = element('sample', HTMLButtonElement);
  private readonly soundOn = element('sound-on', HTMLButtonElement);
  private readonly bar = element('bar', HTMLElement);
  private readonly meter = element('meter', HTMLElement);
  private readonly meterFill = element('meter-fill', HTMLElement);
  private readonly turn = element('turn', HTMLElement);
  private readonly speakerTools = element('speaker-tools', HTMLElement);
  private readonly views = [...document.querySelectorAll<HTMLInputElement>('input[name=view]')];
  private readonly mirror = element('mirror', HTMLButtonElement);
  private readonly link = element('link', HTMLButtonElement);
  private readonly settings = element('settings', HTMLDetailsElement);
  private readonly device = element('device', HTMLSelectElement);
  private readonly echo = element('echo', HTMLInputElement);
  private readonly noise = element('noise', HTMLInputElement);
  private readonly lookAhead = element('look-ahead', HTMLSelectElement);
  private readonly latency = element('latency', HTMLDetailsElement);
  private readonly latencyTotal = element('latency-total', HTMLElement);
  private readonly latencyRows = element('latency-rows', HTMLElement);
  private readonly notice = element('notice', HTMLElement);
  private readonly noticeTitle = element('notice-title', HTMLElement);
  private readonly noticeAdvice = element('notice-advice', HTMLElement);
  private readonly noticeDetail = element('notice-detail', HTMLElement);
  private readonly noticeRetry = element('notice-retry', HTMLButtonElement);
  private readonly noticeDismiss = element('notice-dismiss', HTMLButtonElement);
  private readonly tokenForm = element('token-form', HTMLFormElement);
  private readonly token = element('token', HTMLInputElement);
  private readonly toast = element('toast', HTMLElement);
  private readonly canvas = element('face', HTMLCanvasElement);
  private readoutMs = 0;
  private lookAheadKnown = false;
  private toastTimer = 0;

  constructor(
    private readonly studio: Studio,
    private readonly preferences: Preferences,
  ) {
    element('latency-note', HTMLElement).textContent = LATENCY_NOTE;
    this.bind();
    this.render();
  }

  /** Bring the controls in line with the studio's state. */
  render(): void {
    const state = this.studio.state;
    this.status.dataset['phase'] = state.phase;
    this.statusText.textContent = PHASES[state.phase];
    this.lead.textContent = leadText(state);
    const running = state.phase !== 'idle' && state.phase !== 'stopped';
    const talking = running && state.voice === 'microphone';
    this.talk.hidden = state.watching;
    this.talk.dataset['running'] = String(talking);
    this.talkText.textContent = talking ? 'Stop' : 'Talk';
    this.mute.hidden = !(state.watching ? state.phase === 'live' && !state.soundBlocked : talking);
    this.mute.setAttribute('aria-pressed', String(state.muted));
    const muteName = state.watching ? 'Mute the sound' : 'Mute the microphone';
    this.muteText.textContent = muteName;
    this.mute.title = muteName;
    this.sample.hidden = state.watching;
    this.sample.textContent = state.voice === 'sample' ? 'Hear another voice' : 'Hear a sample voice';
    this.soundOn.hidden = !(state.soundBlocked && running);
    this.meter.hidden = !running;
    this.speakerTools.hidden = state.watching;
    this.bar.hidden = state.watching && !running;
    for (const input of this.views) input.checked = input.value === state.view;
    this.link.hidden = state.viewerLink === null;
    this.renderMirror(state);
    this.renderNotice(state);
  }

  /** Read-outs that move with every frame. */
  frame(nowMs: number, shown: Shown | null): void {
    if (!this.meter.hidden) {
      const level = this.studio.level(nowMs);
      this.meterFill.style.transform = `scaleX(${level.toFixed(3)})`;
    }
    if (nowMs - this.readoutMs < READOUT_MS) return;
    this.readoutMs = nowMs;
    const feed = this.studio.feed;
    this.meter.setAttribute('aria-valuenow', String(Math.round(this.studio.level(nowMs) * 100)));
    const speaking = shown?.speaking ?? false;
    this.turn.dataset['speaking'] = String(speaking);
    this.turn.textContent = this.studio.state.muted ? 'Muted' : speaking ? 'Speaking' : 'Quiet';
    this.latencyTotal.textContent = this.studio.live ? latencyTotal(feed) : 'Delay';
    if (this.latency.open) this.renderLatency(shown);
    if (!this.lookAheadKnown && feed.hello !== null) {
      this.lookAheadKnown = true;
      this.lookAhead.value = String(feed.hello.look_ahead_ms);
    }
  }

  private bind(): void {
    const { studio, preferences } = this;
    this.talk.addEventListener('click', () => {
      if (this.talk.dataset['running'] === 'true') studio.stop();
      else void studio.talk().then(() => this.listDevices());
    });
    this.sample.addEventListener('click', () => void studio.playSample());
    this.mute.addEventListener('click', () => studio.setMuted(!studio.state.muted));
    this.soundOn.addEventListener('click', () => void studio.unblockSound());
    for (const input of this.views) {
      input.addEventListener('change', () => studio.setView(input.value === 'viewers' ? 'viewers' : 'own'));
    }
    this.mirror.addEventListener('click', () => {
      preferences.mirror = !preferences.mirror;
      savePreferences(preferences);
      this.render();
    });
    this.link.addEventListener('click', () => void this.copyLink());
    this.echo.checked = preferences.echoCancellation;
    this.noise.checked = preferences.noiseSuppression;
    const microphoneChanged = (): void => {
      preferences.deviceId = this.device.value === '' ? null : this.device.value;
      preferences.echoCancellation = this.echo.checked;
      preferences.noiseSuppression = this.noise.checked;
      savePreferences(preferences);
      void studio.microphoneChanged();
    };
    for (const input of [this.device, this.echo, this.noise]) input.addEventListener('change', microphoneChanged);
    this.lookAhead.addEventListener('change', () => studio.setLookAhead(Number(this.lookAhead.value)));
    this.settings.addEventListener('toggle', () => void this.listDevices());
    this.noticeRetry.addEventListener('click', () => studio.retry());
    this.noticeDismiss.addEventListener('click', () => studio.dismiss());
    this.tokenForm.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = this.token.value.trim();
      this.token.value = '';
      if (token !== '') studio.setToken(token);
    });
    document.addEventListener('keydown', (event) => this.takeKey(event));
    document.addEventListener('pointerdown', (event) => {
      for (const details of [this.settings, this.latency]) {
        if (details.open && event.target instanceof Node && !details.contains(event.target)) details.open = false;
      }
    });
    void this.listDevices();
  }

  /** M mutes, V changes the view, Escape closes what is open; not while someone types. */
  private takeKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement && event.target.type !== 'radio') return;
    if (event.target instanceof HTMLSelectElement) return;
    const state = this.studio.state;
    if (event.key === 'Escape') {
      for (const details of [this.settings, this.latency]) {
        if (!details.open) continue;
        details.open = false;
        details.querySelector('summary')?.focus();
      }
    } else if (event.key === 'm' && !this.mute.hidden) this.studio.setMuted(!state.muted);
    else if (event.key === 'v' && !state.watching) this.studio.setView(state.view === 'own' ? 'viewers' : 'own');
  }

  private renderMirror(state: StudioState): void {
    // Viewers see the face as it is; so does the speaker who looks with their eyes.
    const mirrored = this.preferences.mirror && state.view === 'own' && !state.watching;
    this.mirror.setAttribute('aria-pressed', String(this.preferences.mirror));
    this.mirror.disabled = state.view !== 'own';
    this.canvas.classList.toggle('mirrored', mirrored);
  }

  private renderNotice(state: StudioState): void {
    const { problem } = state;
    this.notice.hidden = problem === null;
    if (problem === null) return;
    this.noticeTitle.textContent = problem.title;
    this.noticeAdvice.textContent = problem.advice;
    this.noticeDetail.textContent = problem.detail;
    this.noticeDetail.hidden = problem.detail === '' || !TELLING.has(problem.code);
    this.tokenForm.hidden = problem.remedy !== 'token';
    this.noticeRetry.hidden = !(problem.remedy === 'user' && state.watching);
    this.noticeDismiss.hidden = state.watching || problem.remedy === 'none';
  }

  private renderLatency(shown: Shown | null): void {
    const rows = latencyRows(this.studio.feed, shown?.pairing ?? null);
    this.latencyRows.replaceChildren(
      ...rows.flatMap(({ label, value, strong }) => {
        const term = document.createElement('dt');
        term.textContent = label;
        const detail = document.createElement('dd');
        detail.textContent = value;
        if (strong === true) term.className = detail.className = 'strong';
        return [term, detail];
      }),
    );
  }

  private async listDevices(): Promise<void> {
    const devices = await Microphone.list();
    const options = devices
      .filter((device) => device.deviceId !== '' && device.deviceId !== 'default')
      .map((device, i) => new Option(device.label === '' ? `Microphone ${i + 1}` : device.label, device.deviceId));
    this.device.replaceChildren(new Option('System default', ''), ...options);
    this.device.value = this.preferences.deviceId ?? '';
    if (this.device.selectedIndex < 0) this.device.value = '';
  }

  private async copyLink(): Promise<void> {
    const link = this.studio.state.viewerLink;
    if (link === null) return;
    try {
      await navigator.clipboard.writeText(link);
      this.say('Viewer link copied.');
    } catch {
      // No clipboard without a secure page or permission: show it, to be copied by hand.
      this.say(link);
    }
  }

  private say(text: string): void {
    this.toast.textContent = text;
    this.toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = window.setTimeout(() => (this.toast.hidden = true), TOAST_MS);
  }
}

function leadText(state: StudioState): string {
  if (state.phase === 'idle') return state.watching ? 'Looking for the speaker…' : 'Speak, and a face speaks.';
  if (state.phase === 'live' && state.voice === 'sample' && state.sampleLabel !== null)
    return `You hear ${state.sampleLabel}.`;
  return '';
}
