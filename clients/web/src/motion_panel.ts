/** The Motion tab: how the face speaks, what it feels and where it looks, live on the wire. */

import { element, make, radios } from './element';
import { GazePad } from './gaze_pad';
import { loadPreferences, savePreferences, type Preferences } from './preferences';
import { EMOTIONS, type Style } from './protocol';
import type { Studio } from './studio';
import { DEFAULT_STYLE, STYLE_MOST, styleDifference, type StyleSync } from './style_sync';

type Amount = keyof typeof STYLE_MOST;

const SLIDERS: readonly { readonly field: Amount; readonly label: string; readonly step: number }[] = [
  { field: 'mouth_gain', label: 'Mouth', step: 0.05 },
  { field: 'expressiveness', label: 'Expression', step: 0.05 },
  { field: 'head_motion', label: 'Head', step: 0.05 },
  { field: 'blinks_per_minute', label: 'Blinks', step: 1 },
  { field: 'intensity', label: 'Intensity', step: 0.05 },
];
const MOST_SEED = 2 ** 32 - 1;

/** What a slider's value says, to eyes and ears. */
export function amountText(field: Amount, value: number): string {
  if (field === 'blinks_per_minute') return value === 0 ? 'none' : `${Math.round(value)} a minute`;
  return value === 0 ? 'off' : `${Math.round(value * 100)} %`;
}

/** The seed that a number typed means, or null where none was (NaN). */
export function seedOf(wanted: number): number | null {
  return Number.isNaN(wanted) ? null : Math.min(MOST_SEED, Math.max(0, Math.floor(wanted)));
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
  private readonly note = element('style-note', HTMLElement);
  private readonly seed = element('seed', HTMLInputElement);
  private readonly pad: GazePad;
  private readonly style: StyleSync;
  /** Told or typed, whichever came last. */
  private lastSeed: number | null = null;

  /**
   * @param mirrored whether the picture is shown as in a looking glass: the face looks where the hand points.
   */
  constructor(
    private readonly studio: Studio,
    private readonly preferences: Preferences,
    mirrored: () => boolean,
  ) {
    const style = (this.style = studio.style);
    for (const { field, row } of this.sliders) {
      element(field === 'intensity' ? 'intensity-slider' : 'style-sliders', HTMLElement).append(row);
    }
    this.pad = new GazePad(element('gaze-pad', HTMLElement), mirrored, {
      onMove: (target) => this.change({ gaze_target: target }),
      onHold: (held) => style.hold(held),
    });
    for (const { field, input } of this.sliders) {
      input.addEventListener('input', () => this.change({ [field]: Number(input.value) }));
      input.addEventListener('pointerdown', () => style.hold(true));
      for (const end of ['pointerup', 'pointercancel'] as const) input.addEventListener(end, () => style.hold(false));
    }
    for (const input of radios('gaze')) {
      const gaze = (['camera', 'target'] as const).find((name) => name === input.value) ?? 'free';
      input.addEventListener('change', () => this.change({ gaze }));
    }
    for (const input of radios('emotion')) {
      const emotion = EMOTIONS.find((name) => name === input.value) ?? 'neutral';
      input.addEventListener('change', () => this.change({ emotion }));
    }
    this.seed.addEventListener('change', () => this.reseed(this.seed.valueAsNumber));
    element('seed-new', HTMLButtonElement).addEventListener('click', () => {
      this.reseed(Math.floor(Math.random() * 10_000));
    });
    this.reset.addEventListener('click', () => this.change(DEFAULT_STYLE));
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
    for (const input of radios('emotion')) input.checked = input.value === shown.emotion;
    this.pad.show(shown.gaze_target, shown.gaze === 'target');
    this.reset.disabled = styleDifference(shown, DEFAULT_STYLE) === null;
    this.note.textContent = live
      ? 'Viewers see every change at once.'
      : 'Head, eyes and blinks change now, the rest as soon as the face speaks.';
  }

  /** The seed that the session has, or is to have; null while that is left to chance. */
  showSeed(seed: number | null): void {
    this.lastSeed = seed;
    this.seed.value = String(seed ?? '');
  }

  private reseed(wanted: number): void {
    const seed = seedOf(wanted);
    // A field that was emptied asks for nothing.
    this.seed.value = String(seed ?? this.lastSeed ?? '');
    if (seed === null) return;
    this.lastSeed = seed;
    this.studio.setSeed(seed);
  }

  private change(change: Partial<Style>): void {
    this.style.set(change);
    savePreferences(this.preferences, { style: { ...loadPreferences().style, ...change } });
  }
}
