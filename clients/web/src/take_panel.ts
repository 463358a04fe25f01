/** The Record tab: the take's state, its files, and letting it go. */

import { element, make } from './element';
import { Recorder, type TakeKind } from './recorder';
import { clockText } from './take';

const FILES: readonly { readonly kind: TakeKind; readonly label: string; readonly hint: string }[] = [
  { kind: 'gltf', label: 'glTF', hint: 'This face, animated: for Blender, game engines, the web' },
  { kind: 'csv', label: 'CSV', hint: '61 channels, 50 rows a second, as Live Link Face writes them' },
  { kind: 'webm', label: 'WebM', hint: 'The picture with its voice' },
];

export class TakePanel {
  private readonly root = element('take', HTMLElement);
  private readonly chip = element('recording', HTMLElement);
  private readonly chipTime = element('recording-time', HTMLElement);
  private readonly button = element('record', HTMLButtonElement);
  private readonly buttonText = element('record-text', HTMLElement);
  private readonly state = make('p', { className: 'take-state' });
  private readonly note = make('p', { className: 'fine' });
  private readonly start = make('button', { type: 'button', className: 'button strong', id: 'take-record' });
  private readonly discard = make(
    'button',
    { type: 'button', className: 'button quiet', id: 'take-discard' },
    'Discard',
  );
  private readonly files = FILES.map(({ kind, label, hint }) => {
    const button = make(
      'button',
      { type: 'button', className: 'button file', id: `take-${kind}` },
      make('strong', {}, label),
      make('span', {}, hint),
    );
    button.addEventListener('click', () => void this.download(kind, button));
    return { kind, button };
  });
  private live = false;

  constructor(
    private readonly recorder: Recorder,
    private readonly say: (text: string) => void,
    private readonly toggle: () => void,
  ) {
    this.start.addEventListener('click', () => this.toggle());
    this.discard.addEventListener('click', () => {
      recorder.discard();
      this.start.focus();
    });
    this.root.append(
      this.state,
      this.start,
      make('div', { className: 'files' }, ...this.files.map(({ button }) => button)),
      this.discard,
      this.note,
    );
    this.render(false);
  }

  render(live: boolean): void {
    this.live = live;
    const { phase, note, hasVideo } = this.recorder;
    const recording = phase === 'recording';
    this.button.hidden = !live && !recording;
    this.button.setAttribute('aria-pressed', String(recording));
    this.buttonText.textContent = recording ? 'Stop recording' : 'Record';
    this.button.title = recording ? 'Stop recording (R)' : 'Record (R)';
    this.chip.hidden = !recording;
    this.start.hidden = phase === 'ready';
    this.start.disabled = phase === 'finishing' || (phase === 'empty' && !live);
    this.start.textContent = recording ? 'Stop recording' : 'Record';
    for (const { kind, button } of this.files) {
      button.hidden = phase !== 'ready';
      button.disabled = kind === 'webm' && !hasVideo;
    }
    this.discard.hidden = phase !== 'ready';
    this.note.textContent = note ?? (phase === 'ready' ? 'The take stays in this page until you discard it.' : '');
    this.tick();
  }

  /** The running time; a few times a second. */
  tick(): void {
    const { phase, seconds } = this.recorder;
    const clock = clockText(seconds);
    if (phase === 'recording') this.chipTime.textContent = clock;
    const words: Record<typeof phase, string> = {
      empty: this.live
        ? 'One take, three files: an animated face, its channels, and the picture with its voice. Ten minutes at most.'
        : 'Let the face speak first: press “Talk” or hear a sample voice.',
      recording: `Recording, ${clock}`,
      finishing: 'One moment…',
      ready: `${clock} recorded`,
    };
    if (this.state.textContent !== words[phase]) this.state.textContent = words[phase];
  }

  private async download(kind: TakeKind, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const file = await this.recorder.file(kind);
      const link = make('a', { href: URL.createObjectURL(file), download: file.name });
      link.click();
      // The browser takes the file over within moments; a minute is more than enough.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      this.say(`${file.name} saved.`);
    } catch (error) {
      this.say(`The file could not be made: ${error instanceof Error ? error.message : String(error)}.`);
    } finally {
      button.disabled = false;
    }
  }
}
