/** The loudness of a stream, for the eye: one number for a bar, and a wave for the graph. */

const FLOOR_DBFS = -60;
/** How fast the bar falls, in shares of its length a second; it rises at once. */
const FALL_PER_S = 1.6;
/** The newest samples the loudness is measured over. */
const LEVEL_SAMPLES = 1024;

export class LevelMeter {
  private readonly analyser: AnalyserNode;
  private readonly source: MediaStreamAudioSourceNode;
  private readonly samples: Float32Array<ArrayBuffer>;
  private shown = 0;
  private atMs: number | null = null;

  constructor(
    context: AudioContext,
    readonly stream: MediaStream,
  ) {
    // 85 ms at 48 kHz: more than lies between two pictures, so that the wave has no holes.
    this.analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
    this.source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
    this.source.connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
  }

  /** 0 (silence) to 1 (full scale) on a decibel scale, with a slow fall. */
  read(nowMs: number): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    const fall = this.atMs === null ? 0 : (FALL_PER_S * (nowMs - this.atMs)) / 1000;
    this.atMs = nowMs;
    this.shown = Math.max(levelOf(this.samples.subarray(-LEVEL_SAMPLES)), this.shown - fall);
    return this.shown;
  }

  /** Peaks of the newest sound, each of `columnMs`, oldest first, the last one ending now. */
  peaks(columnMs: number): Float32Array {
    this.analyser.getFloatTimeDomainData(this.samples);
    return peaksOf(this.samples, Math.round((columnMs / 1000) * this.analyser.context.sampleRate));
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

/** Greatest magnitude in each whole column, counted from the end; a broken column at the beginning is left out. */
export function peaksOf(samples: Float32Array, columnSamples: number): Float32Array {
  const columns = Math.floor(samples.length / columnSamples);
  const peaks = new Float32Array(columns);
  for (let column = 0; column < columns; column++) {
    const start = samples.length - (columns - column) * columnSamples;
    for (let i = start; i < start + columnSamples; i++) peaks[column] = Math.max(peaks[column]!, Math.abs(samples[i]!));
  }
  return peaks;
}
