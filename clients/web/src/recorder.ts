/** One Record button: motion and, where the browser can, the picture with its voice, from start to stop. */

import { MEDIA_RATE, type MotionFrame } from './protocol';
import { LONGEST_S, MotionTake, liveLinkCsv, takeName } from './take';
import { webmType, type VideoTake } from './take_video';

export type TakeKind = 'gltf' | 'csv' | 'webm';
export type RecorderPhase = 'empty' | 'recording' | 'finishing' | 'ready';

export const EXTENSION: Record<TakeKind, string> = { gltf: 'glb', csv: 'csv', webm: 'webm' };

/** What is recorded, and where the picture and the sound are. */
export interface RecorderSource {
  /** Begin a video, or say why there will be none. */
  openVideo(type: string): VideoTake;
  /** The sound of the face shown and how far the face is behind it, s. */
  sound(): { readonly stream: MediaStream; readonly delayS: number } | null;
  /** The take as a glTF of the avatar on stage. */
  gltf(take: MotionTake, name: string): Promise<Blob>;
}

export class Recorder {
  private take: MotionTake | null = null;
  private video: VideoTake | null = null;
  private webm: Blob | null = null;
  private startedAt = new Date(0);
  private phase_: RecorderPhase = 'empty';
  private pictures = -1;
  /** Why the take ended by itself, or lacks something; for the person. */
  private note_: string | null = null;
  /** A file of this take has been handed out. */
  private saved_ = false;

  constructor(
    private readonly source: RecorderSource,
    private readonly onChange: () => void,
  ) {}

  get phase(): RecorderPhase {
    return this.phase_;
  }

  get note(): string | null {
    return this.note_;
  }

  /** Nothing would be lost if the page went away. */
  get safe(): boolean {
    return this.phase_ === 'empty' || (this.phase_ === 'ready' && this.saved_);
  }

  get seconds(): number {
    return this.take?.seconds ?? 0;
  }

  get name(): string {
    return takeName(this.startedAt);
  }

  get hasVideo(): boolean {
    return this.webm !== null;
  }

  /** Begin a take, in place of one that was saved. */
  start(): void {
    this.discard();
    this.startedAt = new Date();
    this.take = new MotionTake();
    this.phase_ = 'recording';
    const type = webmType();
    if (type === null) this.note_ = 'This browser cannot record WebM: the take has motion only.';
    else {
      try {
        this.video = this.source.openVideo(type);
      } catch (error) {
        this.note_ = `The video could not be started (${reason(error)}): the take has motion only.`;
      }
    }
    this.onChange();
  }

  /** Motion of the session, as it arrives. */
  takeMotion(frame: MotionFrame): void {
    if (this.phase_ !== 'recording' || this.take === null) return;
    if (this.take.push(frame)) return;
    this.note_ = frame.discontinuity
      ? 'The take ended where the motion began anew.'
      : `The take ended at ${LONGEST_S / 60} minutes, the longest it can be.`;
    void this.stop();
  }

  /** After a frame of the page; `pictures` counts those drawn. */
  frame(pictures: number): void {
    if (this.phase_ !== 'recording' || this.video === null) return;
    const sound = this.source.sound();
    this.video.hear(sound?.stream ?? null, sound?.delayS ?? 0);
    if (pictures === this.pictures) return;
    this.pictures = pictures;
    this.video.draw();
  }

  /** End the take; its files can be had then. */
  async stop(note: string | null = null): Promise<void> {
    if (this.phase_ !== 'recording') return;
    this.phase_ = 'finishing';
    this.note_ ??= note;
    this.onChange();
    try {
      this.webm = (await this.video?.finish()) ?? null;
    } catch (error) {
      this.note_ = `The video was lost (${reason(error)}); the motion is here.`;
    }
    this.video = null;
    this.phase_ = 'ready';
    if (this.take?.empty !== false) {
      this.discard();
      this.note_ = 'Nothing was recorded: no motion came.';
    }
    this.onChange();
  }

  discard(): void {
    this.take = null;
    this.webm = null;
    this.note_ = null;
    this.saved_ = false;
    this.phase_ = 'empty';
    this.onChange();
  }

  /**
   * A file of the take.
   *
   * @throws Error where it cannot be made.
   */
  async file(kind: TakeKind): Promise<File> {
    const { take, name } = this;
    if (take === null || this.phase_ !== 'ready') throw new Error('there is no take');
    const blob =
      kind === 'webm'
        ? this.webm
        : kind === 'csv'
          ? new Blob([liveLinkCsv(take)], { type: 'text/csv' })
          : await this.source.gltf(take, name);
    if (blob === null) throw new Error('the take has no video');
    this.saved_ = true;
    return new File([blob], `${name}.${EXTENSION[kind]}`, { type: blob.type });
  }
}

/** How far the face is behind a sound, s, as a delay line can hold it back. */
export function delayBehind(soundMediaTime: number | null, shownMediaTime: number | null): number {
  if (soundMediaTime === null || shownMediaTime === null) return 0;
  return Math.min(0.9, Math.max(0, (soundMediaTime - shownMediaTime) / MEDIA_RATE));
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
