/**
 * Nonnegative least squares: which mixture of a few given shapes comes nearest to a wanted one.
 *
 * Minimizes ½|Σ wᵢ sᵢ − x|² + sparsity·Σ |sᵢ| wᵢ + ½ ridge·|w|² over 0 ≤ w ≤ 1 by coordinate descent. The ridge makes the
 * problem strictly convex: there is one answer, and it moves as smoothly as x does, so nothing on the face flickers
 * between two equally good mixtures. The sparsity leaves shapes at exactly 0 that little speaks for.
 */
export class NonnegativeMixture {
  private readonly gram: readonly Float64Array[];

  constructor(
    /** Each shape as a vector of features. */
    private readonly shapes: readonly (readonly number[])[],
    private readonly ridge = 0.02,
    private readonly sparsity = 0,
  ) {
    this.gram = shapes.map((a) => Float64Array.from(shapes, (b) => dot(a, b)));
  }

  /** Weights 0..1 in the order of the shapes. */
  solve(wanted: ArrayLike<number>): Float64Array {
    const weights = new Float64Array(this.shapes.length);
    const pull = this.shapes.map((shape, i) => dot(shape, wanted) - this.sparsity * Math.sqrt(this.gram[i]![i]!));
    for (let sweep = 0; sweep < 100; sweep++) {
      let change = 0;
      for (let i = 0; i < weights.length; i++) {
        const row = this.gram[i]!;
        let others = 0;
        for (let j = 0; j < weights.length; j++) if (j !== i) others += row[j]! * weights[j]!;
        const best = Math.min(1, Math.max(0, (pull[i]! - others) / (row[i]! + this.ridge)));
        change = Math.max(change, Math.abs(best - weights[i]!));
        weights[i] = best;
      }
      if (change < 1e-6) break;
    }
    return weights;
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
