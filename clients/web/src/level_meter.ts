/** The loudness of a stream, for the eye. */

const FLOOR_DBFS = -60;
/** How fast the bar falls, in shares of its length a second; it rises at once. */
const FALL_PER_S = 1.6;

export class LevelMeter {
  private readonly analyser: AnalyserNode;
  private readonly source: MediaStreamAudioSourceNode;
  private readonly samples: Float32Array<ArrayBuffer>;
  private shown = 0;
  private atMs: number | null = null;

  constructor(context: AudioContext, stream: MediaStream) {
    this.analyser = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0 });
    this.source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    this.source.connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  /** 0 (silence) to 1 (full scale) on a decibel scale, with a slow fall. */
  read(nowMs: number): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    const fall = this.atMs === null ? 0 : (FALL_PER_S * (nowMs - this.atMs)) / 1000;
    this.atMs = nowMs;
    this.shown = Math.max(levelOf(this.samples), this.shown - fall);
    return this.shown;
  }

  close(): void {
    this.source.disconnect();
  }
}

/** Root mean square of samples, as a share 0..1 of the scale from −60 dBFS to 0. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const dbfs = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
}
