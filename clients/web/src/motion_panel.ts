/** The Motion tab: how the face speaks, live on the wire. */

import { element, make, radios } from './element';
import { savePreferences, type Preferences } from './preferences';
import type { Style } from './protocol';
import { DEFAULT_STYLE, STYLE_MOST, styleDifference, type StyleSync } from './style_sync';

type Amount = keyof typeof STYLE_MOST;

const SLIDERS: readonly { readonly field: Amount; readonly label: string; readonly step: number }[] = [
  { field: 'mouth_gain', label: 'Mouth', step: 0.05 },
  { field: 'expressiveness', label: 'Expression', step: 0.05 },
  { field: 'head_motion', label: 'Head', step: 0.05 },
  { field: 'blinks_per_minute', label: 'Blinks', step: 1 },
];

/** What a slider's value says, to eyes and ears. */
export function amountText(field: Amount, value: number): string {
  if (field === 'blinks_per_minute') return value === 0 ? 'none' : `${Math.round(value)} a minute`;
  return value === 0 ? 'off' : `${Math.round(value * 100)} %`;
}

export class MotionPanel {
  private readonly sliders = SLIDERS.map(({ field, label, step }) => {
    const input = make('input', { type: 'range', min: '0', max: String(STYLE_MOST[field]), step: String(step) });
    input.id = `style-${field.replaceAll('_', '-')}`;
    input.dataset['field'] = field;
    const value = make('output', {});
    const row = make('div', { className: 'slider' }, make('label', { htmlFor: input.id }, label), value, input);
    value.setAttribute('for', input.id);
    // The slider itself speaks its value; a live region beside it would say it twice.
    value.setAttribute('aria-live', 'off');
    return { field, input, value, row };
  });
  private readonly reset = element('style-reset', HTMLButtonElement);
  private readonly listening = element('listening', HTMLInputElement);
  private readonly note = element('style-note', HTMLElement);

  constructor(
    private readonly style: StyleSync,
    private readonly preferences: Preferences,
  ) {
    element('style-sliders', HTMLElement).append(...this.sliders.map(({ row }) => row));
    for (const { field, input } of this.sliders) {
      input.addEventListener('input', () => this.change({ [field]: Number(input.value) }));
      input.addEventListener('pointerdown', () => style.hold(true));
      for (const end of ['pointerup', 'pointercancel'] as const) input.addEventListener(end, () => style.hold(false));
    }
    for (const input of radios('gaze')) {
      input.addEventListener('change', () => this.change({ gaze: input.value === 'camera' ? 'camera' : 'free' }));
    }
    this.reset.addEventListener('click', () => this.change(DEFAULT_STYLE));
    this.listening.checked = preferences.listening;
    this.listening.addEventListener('change', () => {
      preferences.listening = this.listening.checked;
      savePreferences(preferences);
    });
  }

  /** @param live whether the sliders reach a server now. */
  render(live: boolean): void {
    const { shown } = this.style;
    for (const { field, input, value } of this.sliders) {
      const text = amountText(field, shown[field]);
      if (input.value !== String(shown[field])) input.value = String(shown[field]);
      input.style.setProperty('--share', String(shown[field] / STYLE_MOST[field]));
      input.setAttribute('aria-valuetext', text);
      value.textContent = text;
    }
    for (const input of radios('gaze')) input.checked = input.value === shown.gaze;
    this.reset.disabled = styleDifference(shown, DEFAULT_STYLE) === null;
    this.note.textContent = live ? 'Viewers see every change at once.' : 'Takes effect as soon as the face speaks.';
  }

  private change(change: Partial<Style>): void {
    this.preferences.style = this.style.set(change);
    savePreferences(this.preferences);
  }
}
