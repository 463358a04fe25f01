/** The sounds of the page: the voice that is sent and the one that is heard, each with its meter, in one audio context. */

import { LevelMeter } from './level_meter';
import { Loudspeaker } from './loudspeaker';

export class Sounds {
  readonly loudspeaker: Loudspeaker;
  private context: AudioContext | null = null;
  private sentMeter: LevelMeter | null = null;
  /** The returned sound's, where the face is paired with it. */
  private heardMeter: LevelMeter | null = null;

  constructor(private readonly onChange: () => void) {
    this.loudspeaker = new Loudspeaker(() => this.changed());
  }

  /** Where sound is mixed and measured; exists once a person has clicked or a sound has played. */
  get audioContext(): AudioContext | null {
    return this.context;
  }

  /** The audio context, running; made at the first call, which a click must have led to. */
  async useContext(): Promise<AudioContext> {
    this.context ??= new AudioContext();
    if (this.context.state === 'suspended') await this.context.resume();
    return this.context;
  }

  /** The voice that is sent now; null where none is. */
  send(stream: MediaStream | null): void {
    this.sentMeter?.close();
    this.sentMeter = stream === null || this.context === null ? null : new LevelMeter(this.context, stream);
  }

  /** Play nothing any more. */
  silence(): void {
    this.loudspeaker.clear();
    this.changed();
  }

  /** A click has come: sound may be played now. */
  async unblock(): Promise<void> {
    await this.useContext();
    await this.loudspeaker.start();
  }

  /** Loudness of the voice sent (or heard, where none is sent), 0..1. */
  level(nowMs: number): number {
    return (this.sentMeter ?? this.heardMeter)?.read(nowMs) ?? 0;
  }

  /** The meter of the sound that is heard, or of the one that is sent. */
  meter(heard: boolean): LevelMeter | null {
    return heard ? this.heardMeter : this.sentMeter;
  }

  /** The returned sound has begun, ended, or become another one. */
  private changed(): void {
    const { stream, blocked } = this.loudspeaker;
    if (this.heardMeter?.stream !== stream) {
      this.heardMeter?.close();
      this.heardMeter = null;
    }
    if (stream !== null && !blocked && this.heardMeter === null) {
      void this.useContext().then((context) => {
        if (this.loudspeaker.stream === stream && this.heardMeter === null) {
          this.heardMeter = new LevelMeter(context, stream);
        }
      });
    }
    this.onChange();
  }
}
