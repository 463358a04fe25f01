/** The Look tab: which face, on which background, how near; and what else concerns this page alone. */

import type { Appearance } from './appearance';
import { element, make, radios } from './element';
import { LOOKS } from './looks';
import { savePreferences, type Background, type Preferences } from './preferences';
import type { Framing } from './shot';

export class LookPanel {
  private readonly switches = [
    { name: 'mirror', input: element('mirror', HTMLInputElement) },
    { name: 'listening', input: element('listening', HTMLInputElement) },
    { name: 'graph', input: element('graph-on', HTMLInputElement) },
  ] as const;

  constructor(
    private readonly appearance: Appearance,
    private readonly preferences: Preferences,
    /** An own avatar is worn in the looks' place. */
    private readonly ownWorn: () => boolean,
    private readonly onSwitch: () => void,
  ) {
    const list = element('look-list', HTMLElement);
    list.append(
      ...LOOKS.map((look) => {
        const input = make('input', { type: 'radio', name: 'look', value: look.id });
        const picture = make('img', { src: posterUrl(look.id), alt: '', loading: 'lazy', decoding: 'async' });
        // A look may be newer than its picture: its name is enough then.
        picture.addEventListener('error', () => picture.remove(), { once: true });
        return make(
          'label',
          {},
          input,
          make('span', { className: 'look-picture' }, picture),
          make('span', {}, look.label),
        );
      }),
    );
    this.bind();
    appearance.watch(() => this.render());
  }

  /** Which of the built-in looks is checked; none while an own avatar is worn. */
  render(): void {
    for (const input of radios('look')) {
      input.checked = !this.ownWorn() && input.value === this.appearance.look.id;
    }
    for (const input of radios('background')) input.checked = input.value === this.appearance.background;
    for (const input of radios('framing')) input.checked = input.value === this.appearance.framing;
    for (const { name, input } of this.switches) input.checked = this.preferences[name];
  }

  private bind(): void {
    const { appearance, preferences } = this;
    for (const input of radios('look')) {
      // A click on the look that is checked chooses it too: an own avatar may be worn.
      input.addEventListener('click', () => {
        const look = LOOKS.find(({ id }) => id === input.value);
        if (look !== undefined) appearance.look = look;
      });
    }
    for (const input of radios('background')) {
      input.addEventListener('change', () => (appearance.background = input.value as Background));
    }
    for (const input of radios('framing')) {
      input.addEventListener('change', () => (appearance.framing = input.value as Framing));
    }
    for (const { name, input } of this.switches) {
      input.addEventListener('change', () => {
        savePreferences(preferences, { [name]: input.checked });
        this.onSwitch();
      });
    }
  }
}

/** The picture of a look: the page's first sight of it, and its card. Made by `python -m benchmarks.pictures`. */
export function posterUrl(lookId: string): string {
  return `/looks/${lookId}.webp`;
}
