/** What the server said went wrong in a session that goes on: shown beside it, and gone by itself. */

import { type Problem, problemOfError } from './problems';
import type { ServerEvent } from './protocol';

/** A trouble that passes by itself is read within this. */
const READ_MS = 6000;

export class Trouble {
  private now_: Problem | null = null;
  private timer = 0;

  constructor(private readonly onChange: () => void) {}

  get now(): Problem | null {
    return this.now_;
  }

  takeEvent(event: ServerEvent): void {
    if (event.type === 'resumed') this.clear();
    if (event.type !== 'error') return;
    const problem = problemOfError(event.code, event.detail);
    // While the engine is away, nothing is worse.
    if (problem !== null && this.now_?.code !== 'engine_restarting') this.set(problem);
  }

  clear(): void {
    this.set(null);
  }

  /** Shown until the engine has resumed, or for as long as it takes to read it. */
  private set(problem: Problem | null): void {
    if (problem === this.now_) return;
    clearTimeout(this.timer);
    this.now_ = problem;
    if (problem !== null && problem.code !== 'engine_restarting') {
      this.timer = window.setTimeout(() => this.clear(), READ_MS);
    }
    this.onChange();
  }
}
