/** Recorded voices for people without a microphone: a clip played into a track instead of into the loudspeaker. */

import { Problem } from './problems';

export interface SampleClip {
  readonly id: string;
  /** The voice's name in the page. */
  readonly label: string;
  /** A few words about it. */
  readonly hint: string;
  readonly url: string;
}

export const SAMPLE_CLIPS: readonly SampleClip[] = [
  { id: 'slt', label: 'Susan', hint: 'calm, clear', url: '/voices/slt.mp3' },
  { id: 'rms', label: 'Robert', hint: 'deep, unhurried', url: '/voices/rms.mp3' },
  { id: 'awb', label: 'Alan', hint: 'Scottish, brisk', url: '/voices/awb.mp3' },
];

/** Silence before the clip: the connection's first packets may be lost, the first word must not be. */
const LEAD_IN_S = 0.3;

/** One clip on its way into a track. The track lives on in silence after the clip's end. */
export class SampleVoice {
  private constructor(
    readonly clip: SampleClip,
    readonly stream: MediaStream,
    readonly track: MediaStreamTrack,
    private readonly source: AudioBufferSourceNode,
    private readonly silence: ConstantSourceNode,
    private readonly destination: MediaStreamAudioDestinationNode,
  ) {}

  /**
   * Load a clip; it starts with `start()`.
   *
   * @throws Problem `sample_failed`.
   */
  static async load(context: AudioContext, clip: SampleClip): Promise<SampleVoice> {
    try {
      const response = await fetch(clip.url);
      if (!response.ok) throw new Error(`${clip.url}: ${response.status}`);
      const buffer = await context.decodeAudioData(await response.arrayBuffer());
      const destination = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(destination);
      // Without anything playing the track would send nothing at all, and the session's time would stand still.
      const silence = new ConstantSourceNode(context, { offset: 0 });
      silence.connect(destination);
      silence.start();
      const track = destination.stream.getAudioTracks()[0];
      if (track === undefined) throw new Error('no track');
      return new SampleVoice(clip, destination.stream, track, source, silence, destination);
    } catch (error) {
      throw new Problem('sample_failed', error instanceof Error ? error.message : String(error));
    }
  }

  /** Play the clip into the track. `onEnded` comes once, at its end or when stopped. */
  start(onEnded: () => void): void {
    this.source.addEventListener('ended', onEnded, { once: true });
    this.source.start(this.source.context.currentTime + LEAD_IN_S);
  }

  close(): void {
    this.source.disconnect();
    this.silence.stop();
    this.silence.disconnect();
    this.track.stop();
    this.destination.disconnect();
  }
}
