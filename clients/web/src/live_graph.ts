/** Mouth opening drawn over the voice's waveform, both at their media time: lips are seen to meet the sound. */

import { CHANNELS } from './channels';
import { MediaTrace, pointsOf } from './media_trace';
import { MEDIA_PER_MS } from './protocol';
import type { Shown } from './render_loop';
import type { Studio } from './studio';

const WINDOW_MS = 4000;
const WAVE_COLUMN_MS = 10;
const MOUTH_COLUMN_MS = 20;
/** Thirty pictures a second are enough for a line that creeps. */
const GAP_MS = 33;
/** An opening of this share of the pupils' distance fills the graph: a wide `ah`. */
const WIDE = 0.24;
/** Media time that goes back by more belongs to another time line. */
const RESTARTED_MEDIA = 500 * MEDIA_PER_MS;
const JAW_OPEN = CHANNELS.indexOf('JawOpen');
const MOUTH_CLOSE = CHANNELS.indexOf('MouthClose');

export class LiveGraph {
  private readonly wave = new MediaTrace(WAVE_COLUMN_MS, WINDOW_MS);
  private readonly mouth = new MediaTrace(MOUTH_COLUMN_MS, WINDOW_MS);
  private lastMs = Number.NEGATIVE_INFINITY;
  private endMs = 0;
  /** Media time up to which the mouth's motion is in its trace. */
  private mouthUntil = Number.NEGATIVE_INFINITY;
  private feed: Studio['feed'] | null = null;
  private readonly colours: { wave: string; mouth: string; line: string };

  /**
   * @param pupils distance of the pupils on stage, in the units of the mouth's opening.
   * @param lipGap how far the lips on stage are apart in a pose; null where that is not known.
   */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly studio: Studio,
    private readonly pupils: () => number | null,
    private readonly lipGap: (channels: Float32Array) => number | null,
  ) {
    this.colours = this.readColours();
    const recolour = (): void => {
      Object.assign(this.colours, this.readColours());
    };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);
    matchMedia('(forced-colors: active)').addEventListener('change', recolour);
  }

  /** After a frame of the page: take in what is new, and draw it if it is time. */
  frame(nowMs: number, shown: Shown | null): void {
    if (nowMs - this.lastMs < GAP_MS) return;
    this.lastMs = nowMs;
    const { feed } = this.studio;
    if (feed !== this.feed) {
      this.feed = feed;
      this.wave.clear();
      this.mouth.clear();
      this.endMs = 0;
      this.mouthUntil = Number.NEGATIVE_INFINITY;
    }
    this.takeWave(nowMs);
    if (shown !== null) this.takeMouth(shown.mediaTime);
    const newest = Math.max(this.soundMs(nowMs) ?? 0, (shown?.mediaTime ?? 0) / MEDIA_PER_MS);
    // The estimate of the sound's media time trembles by some ms: the paper never runs backwards.
    this.endMs = newest < this.endMs - 500 ? newest : Math.max(this.endMs, newest);
    this.draw();
  }

  private soundMs(nowMs: number): number | null {
    const mediaTime = this.studio.soundMediaTime(nowMs);
    return mediaTime === null ? null : mediaTime / MEDIA_PER_MS;
  }

  private takeWave(nowMs: number): void {
    const endMs = this.soundMs(nowMs);
    const sound = this.studio.sound;
    if (endMs === null || sound === null) return;
    const peaks = sound.meter.peaks(WAVE_COLUMN_MS);
    peaks.forEach((peak, i) => this.wave.put(endMs - (peaks.length - i - 0.5) * WAVE_COLUMN_MS, peak));
  }

  /** All motion up to what is shown: the line is as fine where few pictures are drawn. */
  private takeMouth(shownMedia: number): void {
    // The time line began anew.
    if (shownMedia < this.mouthUntil - RESTARTED_MEDIA) this.mouthUntil = Number.NEGATIVE_INFINITY;
    for (const { mediaTime, channels } of this.studio.feed.buffer.between(this.mouthUntil, shownMedia)) {
      this.mouth.put(mediaTime / MEDIA_PER_MS, this.opening(channels));
      this.mouthUntil = mediaTime;
    }
  }

  /** How far the lips are apart, 0..1 of a wide opening. */
  private opening(channels: Float32Array): number {
    const gap = this.lipGap(channels);
    const pupils = this.pupils();
    if (gap !== null && pupils !== null) return Math.min(1, Math.max(0, gap / (WIDE * pupils)));
    // A face that does not tell where its lips are: the jaw, less what the lips close of it.
    return Math.min(1, Math.max(0, channels[JAW_OPEN]! - channels[MOUTH_CLOSE]!) / 0.7);
  }

  private draw(): void {
    const { canvas } = this;
    const ratio = Math.min(devicePixelRatio, 2);
    const width = Math.round(canvas.clientWidth * ratio);
    const height = Math.round(canvas.clientHeight * ratio);
    if (width === 0 || height === 0) return;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    const paper = canvas.getContext('2d');
    if (paper === null) return;
    paper.clearRect(0, 0, width, height);
    const x = (ageMs: number): number => width * (1 - ageMs / WINDOW_MS);
    const middle = height / 2;
    paper.fillStyle = this.colours.line;
    paper.fillRect(0, Math.round(middle), width, 1);
    paper.fillStyle = this.colours.wave;
    const column = (width * WAVE_COLUMN_MS) / WINDOW_MS;
    for (const point of pointsOf(this.wave, this.endMs, WINDOW_MS)) {
      if (point === null) continue;
      // A square root lets quiet sounds be seen beside loud ones.
      const half = Math.max(ratio / 2, Math.sqrt(point[1]) * (middle - ratio));
      paper.fillRect(x(point[0]) - column, middle - half, Math.max(1, column * 0.7), 2 * half);
    }
    this.drawMouth(paper, width, height, ratio);
  }

  private drawMouth(paper: CanvasRenderingContext2D, width: number, height: number, ratio: number): void {
    const floor = height - 1.5 * ratio;
    const lines: [number, number][][] = [[]];
    for (const point of pointsOf(this.mouth, this.endMs, WINDOW_MS)) {
      if (point === null) lines.push([]);
      else lines.at(-1)!.push([width * (1 - point[0] / WINDOW_MS), floor - point[1] * (height - 4 * ratio)]);
    }
    paper.strokeStyle = paper.fillStyle = this.colours.mouth;
    paper.lineWidth = 1.75 * ratio;
    paper.lineJoin = 'round';
    for (const line of lines) {
      const [first, last] = [line[0], line.at(-1)];
      if (first === undefined || last === undefined) continue;
      const path = new Path2D();
      for (const [x, y] of line) path.lineTo(x, y);
      paper.stroke(path);
      path.lineTo(last[0], floor);
      path.lineTo(first[0], floor);
      paper.globalAlpha = 0.12;
      paper.fill(path);
      paper.globalAlpha = 1;
    }
  }

  private readColours(): { wave: string; mouth: string; line: string } {
    const style = getComputedStyle(this.canvas);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    return { wave: colour('--graph-wave'), mouth: colour('--graph-mouth'), line: colour('--graph-line') };
  }
}
