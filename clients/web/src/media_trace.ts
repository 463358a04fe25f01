/** Values along media time, the last few seconds of them, in columns of equal length. Pure. */

export class MediaTrace {
  private readonly values: Float32Array;
  /** Which column of all time a place holds. */
  private readonly columns: Float64Array;

  /**
   * @param columnMs length of a column.
   * @param windowMs how much is kept.
   */
  constructor(
    readonly columnMs: number,
    windowMs: number,
  ) {
    const count = Math.ceil(windowMs / columnMs) + 2;
    this.values = new Float32Array(count);
    this.columns = new Float64Array(count).fill(-1);
  }

  /** A value at a media time; of several in a column the greatest stays. */
  put(mediaMs: number, value: number): void {
    const column = Math.floor(mediaMs / this.columnMs);
    if (column < 0) return;
    const place = column % this.values.length;
    if (this.columns[place] === column) this.values[place] = Math.max(this.values[place]!, value);
    else if (column > this.columns[place]!) {
      this.columns[place] = column;
      this.values[place] = value;
    }
  }

  /** The value at a media time; null where there is none, or none any more. */
  at(mediaMs: number): number | null {
    const column = Math.floor(mediaMs / this.columnMs);
    const place = column % this.values.length;
    return column >= 0 && this.columns[place] === column ? this.values[place]! : null;
  }

  /** Media time begins anew (another session). */
  clear(): void {
    this.columns.fill(-1);
  }
}

/** Longer than this without a value, and the line breaks: so much motion is bridged on the face too. */
const BRIDGED_MS = 200;

/** Points (age in ms before `endMs`, value) of a trace, oldest first; null breaks the line. */
export function pointsOf(trace: MediaTrace, endMs: number, windowMs: number): ([number, number] | null)[] {
  const points: ([number, number] | null)[] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  const first = Math.ceil((endMs - windowMs) / trace.columnMs) * trace.columnMs;
  for (let mediaMs = first; mediaMs <= endMs; mediaMs += trace.columnMs) {
    const value = trace.at(mediaMs);
    if (value === null) continue;
    if (points.length > 0 && mediaMs - lastMs > BRIDGED_MS) points.push(null);
    points.push([endMs - mediaMs, value]);
    lastMs = mediaMs;
  }
  return points;
}
