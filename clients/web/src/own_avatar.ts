/**
 * Own avatars on the page: a button and a place to drop files on, what is said about them, and the one kept for next time.
 *
 * The file is read in the page and kept in this browser; it is never sent anywhere.
 */

import './own_avatar.css';

import { checkSize } from './avatar_file';
import { forgetAvatar, keepAvatar, keptAvatar, type KeptAvatar } from './avatar_store';
import type { OwnAvatar } from './gltf_avatar';
import { Problem } from './problems';

export interface AvatarStage {
  /** Show this avatar in place of the face before, which is disposed of. */
  wear(avatar: OwnAvatar): void;
  /** Show the built-in face again. */
  takeOff(): Promise<void>;
}

const LABEL = 'Use your own avatar…';
/** How long the words about a file stay on the page. */
const CARD_MS = 8000;
const PROBLEM_MS = 20_000;

export class OwnAvatarPanel {
  readonly element = document.createElement('div');
  private readonly button = document.createElement('button');
  private readonly forget = document.createElement('button');
  private readonly picker = document.createElement('input');
  private readonly note = document.createElement('p');
  private readonly overlay = document.createElement('div');
  private readonly card = document.createElement('p');
  private cardTimer = 0;
  private stage: AvatarStage | null = null;
  /** Brought before the page could show anything. */
  private early: OwnAvatar | null = null;
  private worn: string | null = null;
  /** Counts what was asked for: an answer that comes after a newer question is thrown away. */
  private asked = 0;
  /** Told whenever an own avatar is put on or off. */
  onChange: () => void = () => undefined;

  constructor() {
    this.element.className = 'own-avatar';
    this.button.type = this.forget.type = 'button';
    this.button.className = this.forget.className = 'button';
    this.button.id = 'own-avatar';
    this.button.textContent = LABEL;
    this.forget.id = 'forget-avatar';
    this.forget.textContent = 'Forget it';
    this.forget.hidden = true;
    this.picker.type = 'file';
    this.picker.id = 'avatar-file';
    this.picker.accept = '.vrm,.glb,.gltf,model/gltf-binary,model/gltf+json';
    this.picker.hidden = true;
    this.picker.setAttribute('aria-label', 'Avatar file');
    this.note.className = 'fine';
    this.note.id = 'avatar-note';
    this.note.setAttribute('role', 'status');
    this.note.textContent = 'VRM or glTF; or drop the file on the page. It stays in this browser.';
    this.element.append(this.button, this.forget, this.picker, this.note);
    this.overlay.className = 'drop-here';
    this.overlay.hidden = true;
    const words = document.createElement('p');
    words.textContent = 'Drop your avatar here: VRM or glTF. It stays in this browser.';
    this.overlay.append(words);
    this.card.className = 'avatar-card';
    this.card.setAttribute('role', 'status');
    this.card.hidden = true;
    this.card.addEventListener('click', () => (this.card.hidden = true));
    document.body.append(this.overlay, this.card);
    this.bind();
  }

  /** Name of the file shown; null while the built-in face is. */
  get name(): string | null {
    return this.worn;
  }

  /** The avatar kept from last time, ready to be shown; null where there is none that can be. */
  async restore(): Promise<OwnAvatar | null> {
    const asked = ++this.asked;
    const kept = await keptAvatar();
    if (kept === null) return null;
    // What cannot be shown any more can still be forgotten.
    this.forget.hidden = false;
    return this.open(kept, asked);
  }

  /** From now on chosen avatars are shown. */
  attach(stage: AvatarStage): void {
    this.stage = stage;
    if (this.early !== null) stage.wear(this.early);
    this.early = null;
  }

  /** A built-in look was chosen: the own avatar goes, and stays away after a reload. */
  async leave(): Promise<void> {
    this.asked++;
    if (this.worn === null) return;
    this.setWorn(null);
    this.say('');
    await forgetAvatar();
  }

  /** Show a file someone chose. */
  async take(file: File): Promise<void> {
    const asked = ++this.asked;
    this.say(`Opening ${file.name}…`);
    try {
      checkSize(file.size);
      const kept = { name: file.name, bytes: await file.arrayBuffer() };
      const avatar = await this.open(kept, asked);
      if (avatar === null) return;
      if (this.stage === null) this.early = avatar;
      else this.stage.wear(avatar);
      this.announce();
      await this.keep(kept);
      this.forget.hidden = this.worn === null;
    } catch (error) {
      if (asked === this.asked) this.complain(file.name, error);
    }
  }

  /** Read a file; says what became of it. Null where it cannot be shown, or something newer was asked for. */
  private async open(file: KeptAvatar, asked: number): Promise<OwnAvatar | null> {
    try {
      const { loadAvatar } = await import('./avatar_loader');
      const avatar = await loadAvatar(file.bytes);
      if (asked !== this.asked) {
        avatar.dispose();
        return null;
      }
      this.setWorn(file.name);
      this.say([`Shown: ${file.name}.`, ...avatar.lacks].join(' '));
      return avatar;
    } catch (error) {
      if (asked === this.asked) this.complain(file.name, error);
      return null;
    }
  }

  private async keep(file: KeptAvatar): Promise<void> {
    try {
      await keepAvatar(file);
    } catch (error) {
      this.complain(file.name, new Problem('avatar_not_kept', error instanceof Error ? error.message : ''));
    }
  }

  private async forgetIt(): Promise<void> {
    this.asked++;
    await forgetAvatar();
    await this.stage?.takeOff();
    this.setWorn(null);
    this.say('Forgotten. Nothing of it is left in this browser.');
    this.button.focus();
  }

  private setWorn(name: string | null): void {
    this.worn = name;
    if (name === null) this.forget.hidden = true;
    this.onChange();
  }

  private say(text: string): void {
    this.note.dataset['tone'] = 'plain';
    this.note.textContent = text;
  }

  private complain(name: string, error: unknown): void {
    const problem = error instanceof Problem ? error : new Problem('avatar_broken', String(error));
    this.note.dataset['tone'] = 'problem';
    this.note.dataset['code'] = problem.code;
    this.note.textContent = [`${name}: ${problem.title}.`, problem.detail, problem.advice].filter(Boolean).join(' ');
    this.announce();
  }

  /** A file may be dropped while the panel is shut: its words are shown on the page, too. */
  private announce(): void {
    const { card, note } = this;
    const problem = note.dataset['tone'] === 'problem';
    // In an open panel the words are read already.
    card.replaceChildren(note.textContent ?? '');
    card.dataset['tone'] = note.dataset['tone'];
    card.hidden = note.checkVisibility({ visibilityProperty: true });
    clearTimeout(this.cardTimer);
    this.cardTimer = window.setTimeout(() => (card.hidden = true), problem ? PROBLEM_MS : CARD_MS);
  }

  private bind(): void {
    this.button.addEventListener('click', () => this.picker.click());
    this.picker.addEventListener('change', () => {
      const file = this.picker.files?.[0];
      // The same file may be chosen again, once it is mended.
      this.picker.value = '';
      if (file !== undefined) void this.take(file);
    });
    this.forget.addEventListener('click', () => void this.forgetIt());
    // `dragleave` comes for every element crossed: only leaving the window counts.
    addEventListener('dragenter', (event) => this.offer(event));
    addEventListener('dragover', (event) => this.offer(event));
    addEventListener('dragleave', (event) => {
      if (event.relatedTarget === null) this.overlay.hidden = true;
    });
    addEventListener('drop', (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.overlay.hidden = true;
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) void this.take(file);
    });
  }

  private offer(event: DragEvent): void {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
    this.overlay.hidden = false;
  }
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
