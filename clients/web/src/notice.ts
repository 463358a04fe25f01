/** What went wrong, in words, with what can be done about it. */

import { element } from './element';
import type { ProblemCode } from './problems';
import type { Studio, StudioState } from './studio';

/** Problems whose cause only the server's or browser's own words tell; elsewhere these would only confuse. */
const TELLING: ReadonlySet<ProblemCode> = new Set([
  'protocol',
  'server_error',
  'engine_stumbled',
  'mic_failed',
  'sample_failed',
  'head_failed',
]);

export class Notice {
  private readonly notice = element('notice', HTMLElement);
  private readonly title = element('notice-title', HTMLElement);
  private readonly advice = element('notice-advice', HTMLElement);
  private readonly detail = element('notice-detail', HTMLElement);
  private readonly retry = element('notice-retry', HTMLButtonElement);
  private readonly dismiss = element('notice-dismiss', HTMLButtonElement);
  private readonly form = element('token-form', HTMLFormElement);
  private readonly token = element('token', HTMLInputElement);

  constructor(studio: Studio) {
    this.retry.addEventListener('click', () => studio.retry());
    this.dismiss.addEventListener('click', () => studio.dismiss());
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      const token = this.token.value.trim();
      this.token.value = '';
      if (token !== '') studio.setToken(token);
    });
  }

  render({ problem, watching }: StudioState): void {
    this.notice.hidden = problem === null;
    if (problem === null) return;
    // An alert that is written anew is read aloud anew.
    set(this.title, problem.title);
    set(this.advice, problem.advice);
    set(this.detail, problem.detail);
    this.detail.hidden = problem.detail === '' || !TELLING.has(problem.code);
    this.form.hidden = problem.remedy !== 'token';
    this.retry.hidden = !(problem.remedy === 'user' && watching);
    this.dismiss.hidden = watching || problem.remedy === 'none';
  }
}

function set(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
