/** A recorded take: the motion as it came, by media time, and its CSV as Live Link Face writes it. Pure. */

import { CHANNELS, CHANNEL_COUNT } from './channels';
import { MEDIA_RATE, TICK_MEDIA, type MotionFrame } from './protocol';

export const ROWS_PER_SECOND = MEDIA_RATE / TICK_MEDIA;
/** A take ends by itself after this. */
export const LONGEST_S = 600;

/** Motion in rows of 20 ms from the take's first frame on, without holes. */
export class MotionTake {
  private readonly frames: MotionFrame[] = [];

  /**
   * Add a frame in any order; returns false where it belongs to another time line (the stream was reset), at which the
   * take must end, and where the take is full.
   */
  push(frame: MotionFrame): boolean {
    const first = this.frames[0];
    const last = this.frames.at(-1);
    if (first === undefined || last === undefined) {
      this.frames.push(frame);
      return true;
    }
    if (frame.discontinuity || frame.mediaTime - first.mediaTime >= LONGEST_S * MEDIA_RATE) return false;
    let at = this.frames.length;
    while (at > 0 && this.frames[at - 1]!.mediaTime > frame.mediaTime) at -= 1;
    // Late by one or two ticks; what is older than the take's beginning does not belong to it.
    if (at > 0 && this.frames[at - 1]!.mediaTime < frame.mediaTime) this.frames.splice(at, 0, frame);
    return true;
  }

  get empty(): boolean {
    return this.frames.length === 0;
  }

  get seconds(): number {
    return this.rowCount / ROWS_PER_SECOND;
  }

  get rowCount(): number {
    const first = this.frames[0];
    const last = this.frames.at(-1);
    return first === undefined || last === undefined
      ? 0
      : Math.round((last.mediaTime - first.mediaTime) / TICK_MEDIA) + 1;
  }

  /** Channels of every row; a lost frame repeats the one before. */
  *rows(): Generator<Float32Array> {
    const first = this.frames[0];
    if (first === undefined) return;
    let at = 0;
    for (let row = 0; row < this.rowCount; row++) {
      const mediaTime = first.mediaTime + row * TICK_MEDIA;
      while (at + 1 < this.frames.length && this.frames[at + 1]!.mediaTime <= mediaTime) at += 1;
      yield this.frames[at]!.channels;
    }
  }
}

/** `00:00:01:25.000`: hours, minutes, seconds, frame and thousandths of a frame of a row. */
export function timecode(row: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const seconds = Math.floor(row / ROWS_PER_SECOND);
  const clock = [seconds / 3600, (seconds / 60) % 60, seconds % 60, row % ROWS_PER_SECOND].map(two).join(':');
  return `${clock}.000`;
}

/** The take as Live Link Face writes it: timecode, 61, and the 61 channels, 50 rows a second. */
export function liveLinkCsv(take: MotionTake): string {
  const lines = [['Timecode', 'BlendShapeCount', ...CHANNELS].join(',')];
  let row = 0;
  for (const channels of take.rows()) {
    lines.push([timecode(row), CHANNEL_COUNT, ...Array.from(channels, (value) => value.toFixed(6))].join(','));
    row += 1;
  }
  return `${lines.join('\n')}\n`;
}

/** `stream-engine-20260131-142501`, in local time. */
export function takeName(startedAt: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = [startedAt.getFullYear(), startedAt.getMonth() + 1, startedAt.getDate()].map(two).join('');
  const time = [startedAt.getHours(), startedAt.getMinutes(), startedAt.getSeconds()].map(two).join('');
  return `stream-engine-${date}-${time}`;
}

/** `1:05` */
export function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
