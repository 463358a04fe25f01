/** The returned sound: played through the page, as far as the browser lets it, and offered to whoever draws it. */

export class Loudspeaker {
  private readonly audio = new Audio();
  private blocked_ = false;

  constructor(private readonly onChange: () => void) {}

  /** The browser plays no sound before the page is clicked. */
  get blocked(): boolean {
    return this.blocked_;
  }

  /** What is being played, or about to be; null without a sound. */
  get stream(): MediaStream | null {
    return this.audio.srcObject instanceof MediaStream ? this.audio.srcObject : null;
  }

  get muted(): boolean {
    return this.audio.muted;
  }

  set muted(muted: boolean) {
    this.audio.muted = muted;
  }

  async play(stream: MediaStream): Promise<void> {
    this.audio.srcObject = stream;
    await this.start();
  }

  /** Try to play once more: a click has come. */
  async start(): Promise<void> {
    if (this.audio.srcObject === null) return;
    try {
      await this.audio.play();
      this.blocked_ = false;
    } catch (error) {
      // A new stream taking the place of one that was about to play is no refusal.
      this.blocked_ = error instanceof DOMException && error.name === 'NotAllowedError';
    }
    this.onChange();
  }

  clear(): void {
    this.audio.srcObject = null;
    this.blocked_ = false;
  }
}
