/** Counts received and lost messages from 16-bit sequence numbers that wrap and may arrive out of order. */
export class SequenceCounter {
  private first: number | null = null;
  private highest = 0;
  private received_ = 0;

  /** Take one sequence number, 0..65535. */
  observe(sequence: number): void {
    this.received_ += 1;
    if (this.first === null) {
      this.first = this.highest = sequence;
      return;
    }
    // The nearest way round the circle: up to 32767 ahead is new, anything else is late.
    const step = ((sequence - this.highest + 32_768) & 0xffff) - 32_768;
    if (step > 0) this.highest += step;
    else if (this.highest + step < this.first) this.first = this.highest + step;
  }

  get received(): number {
    return this.received_;
  }

  /** Messages sent (as far as the numbers tell) that have not arrived. */
  get lost(): number {
    if (this.first === null) return 0;
    return Math.max(0, this.highest - this.first + 1 - this.received_);
  }
}
