/** The picture and its voice as WebM, recorded while they are shown. */

import type { Background } from './preferences';

const TYPES = ['video/webm;codecs=vp9,opus', 'video/webm;codecs=vp8,opus', 'video/webm'];
const FRAMES_PER_SECOND = 30;
/** Enough for a face in front of a quiet background. */
const BITS_PER_SECOND = 4_000_000;
/** Longer edge of the recorded picture, pixels. */
const LONGEST_PX = 1280;

/** The kind of WebM this browser writes, or null where it writes none. */
export function webmType(): string | null {
  if (!('MediaRecorder' in globalThis)) return null;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? null;
}

export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class VideoTake {
  private readonly canvas = document.createElement('canvas');
  private readonly paper: CanvasRenderingContext2D;
  private readonly recorder: MediaRecorder;
  private readonly chunks: Blob[] = [];
  private readonly sound: MediaStreamAudioDestinationNode | null;
  private readonly delay: DelayNode | null;
  private source: MediaStreamAudioSourceNode | null = null;
  private failure: string | null = null;

  /**
   * @param picture the canvas the face is drawn on.
   * @param free the part of it that no control covers, in its own pixels; its present shape is kept to the end.
   * @param context null records without sound.
   */
  constructor(
    private readonly picture: HTMLCanvasElement,
    private readonly free: () => Region,
    private readonly background: () => Background,
    private readonly context: AudioContext | null,
    type: string,
  ) {
    const { width, height } = free();
    const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
    // Video codecs like even edges.
    this.canvas.width = 2 * Math.max(1, Math.round((width * scale) / 2));
    this.canvas.height = 2 * Math.max(1, Math.round((height * scale) / 2));
    const paper = this.canvas.getContext('2d');
    if (paper === null) throw new Error('the browser gives no second canvas');
    this.paper = paper;
    const stream = this.canvas.captureStream(FRAMES_PER_SECOND);
    this.sound = context === null ? null : new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    this.delay = context === null ? null : new DelayNode(context, { maxDelayTime: 1 });
    if (this.delay !== null && this.sound !== null) {
      this.delay.connect(this.sound);
      for (const track of this.sound.stream.getAudioTracks()) stream.addTrack(track);
    }
    this.recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: BITS_PER_SECOND });
    this.recorder.ondataavailable = (event) => {
      if (event.data.size > 0) this.chunks.push(event.data);
    };
    this.recorder.onerror = (event) => {
      this.failure = 'error' in event ? String(event.error) : 'the recorder stopped';
    };
    this.draw();
    this.recorder.start(1000);
  }

  /**
   * Take the voice in; call with every frame.
   *
   * @param delayS how far the face is behind this sound.
   */
  hear(stream: MediaStream | null, delayS: number): void {
    if (this.context === null || this.delay === null) return;
    if (this.source?.mediaStream !== stream) {
      this.source?.disconnect();
      this.source = stream === null ? null : new MediaStreamAudioSourceNode(this.context, { mediaStream: stream });
      this.source?.connect(this.delay);
      this.delay.delayTime.value = delayS;
    } else this.delay.delayTime.setTargetAtTime(delayS, this.context.currentTime, 0.5);
  }

  /** Take the picture in; call right after it was drawn, while the canvas still has it. */
  draw(): void {
    const { width, height } = this.canvas;
    paint(this.paper, this.background(), width, height);
    const free = this.free();
    if (free.width < 1 || free.height < 1) return;
    // The free part may have changed its shape: the face keeps its own, in the middle.
    const scale = Math.max(width / free.width, height / free.height);
    const w = width / scale;
    const h = height / scale;
    const x = free.x + (free.width - w) / 2;
    const y = free.y + (free.height - h) / 2;
    this.paper.drawImage(this.picture, x, y, w, h, 0, 0, width, height);
  }

  /**
   * End it and give the file.
   *
   * @throws Error with what the browser said.
   */
  async finish(): Promise<Blob> {
    if (this.recorder.state !== 'inactive') {
      await new Promise<void>((resolve) => {
        this.recorder.addEventListener('stop', () => resolve(), { once: true });
        this.recorder.stop();
      });
    }
    this.source?.disconnect();
    for (const track of this.recorder.stream.getTracks()) track.stop();
    if (this.failure !== null) throw new Error(this.failure);
    if (this.chunks.length === 0) throw new Error('the browser recorded nothing');
    return new Blob(this.chunks, { type: 'video/webm' });
  }
}

/** The background as the page shows it; nothing where it is transparent. */
function paint(paper: CanvasRenderingContext2D, background: Background, width: number, height: number): void {
  paper.clearRect(0, 0, width, height);
  if (background === 'transparent') return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  if (background === 'gradient') {
    // As style.css has it: an ellipse about a point above the middle.
    paper.save();
    paper.translate(width / 2, height * 0.38);
    paper.scale(width * 1.2, height * 0.9);
    const gradient = paper.createRadialGradient(0, 0, 0, 0, 0, 1);
    gradient.addColorStop(0, colour('--page-a'));
    gradient.addColorStop(1, colour('--page-b'));
    paper.fillStyle = gradient;
    paper.fillRect(-1, -1, 2, 2);
    paper.restore();
    return;
  }
  paper.fillStyle = background === 'green' ? colour('--key-green') : colour('--page-plain');
  paper.fillRect(0, 0, width, height);
}
