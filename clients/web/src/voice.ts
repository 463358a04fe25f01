/** The voice a speaker's page sends: a microphone, and for a while in its place a recorded one. */

import { Microphone, type MicrophoneSettings } from './microphone';
import type { SampleClip, SampleVoice } from './sample_voice';

export class Voice {
  microphone: Microphone | null = null;
  private sample: SampleVoice | null = null;
  /** Starts the sample that waits for its listener, the page's own viewer connection. */
  private waiting: (() => void) | null = null;
  private timer = 0;

  get kind(): 'none' | 'microphone' | 'sample' {
    return this.sample !== null ? 'sample' : this.microphone !== null ? 'microphone' : 'none';
  }

  get clip(): SampleClip | null {
    return this.sample?.clip ?? null;
  }

  get track(): MediaStreamTrack | null {
    return this.sample?.track ?? this.microphone?.track ?? null;
  }

  get muted(): boolean {
    return this.microphone?.muted ?? false;
  }

  /**
   * Open a microphone in place of whatever there is.
   *
   * @param onLost it was pulled out while in use.
   * @throws Problem with what the person can do about it; what there was goes on then.
   */
  async openMicrophone(settings: MicrophoneSettings, onLost: () => void): Promise<MediaStream> {
    const microphone = await Microphone.open(settings);
    this.release();
    this.microphone = microphone;
    microphone.onLost(() => {
      if (this.microphone === microphone) onLost();
    });
    return microphone.stream;
  }

  /** Put a sample before the microphone; it begins when `startSample` is called. */
  useSample(sample: SampleVoice, onEnded: () => void): MediaStream {
    this.dropSample();
    this.sample = sample;
    this.waiting = () =>
      sample.start(() => {
        if (this.sample === sample) onEnded();
      });
    return sample.stream;
  }

  /** Let the sample begin, if one waits. */
  startSample(): void {
    clearTimeout(this.timer);
    const start = this.waiting;
    this.waiting = null;
    start?.();
  }

  startSampleWithin(ms: number): void {
    this.timer = window.setTimeout(() => this.startSample(), ms);
  }

  /** The sample goes on waiting, however long. */
  keepSampleWaiting(): void {
    clearTimeout(this.timer);
  }

  dropSample(): void {
    this.waiting = null;
    this.sample?.close();
    this.sample = null;
  }

  /** Let sample and microphone go. */
  release(): void {
    this.dropSample();
    this.microphone?.close();
    this.microphone = null;
  }
}
