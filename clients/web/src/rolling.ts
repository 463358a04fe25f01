/** The last values of a measure, and what is typical of them. */
export class Rolling {
  private readonly values: number[] = [];

  constructor(private readonly capacity: number) {}

  add(value: number): void {
    this.values.push(value);
    if (this.values.length > this.capacity) this.values.shift();
  }

  /** The value below which a share (0..1) of the last values lie; null without values. */
  quantile(share: number): number | null {
    if (this.values.length === 0) return null;
    const sorted = this.values.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  }

  get size(): number {
    return this.values.length;
  }

  clear(): void {
    this.values.length = 0;
  }
}
