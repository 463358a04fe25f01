/** The microphone: opening it as a person set it, muting, and noticing when it is pulled out. */

import { Problem, problemOfMicrophone } from './problems';

export interface MicrophoneSettings {
  /** null: the system's default. */
  readonly deviceId: string | null;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
}

export class Microphone {
  private constructor(
    readonly stream: MediaStream,
    readonly track: MediaStreamTrack,
  ) {}

  /**
   * Open the microphone. Gain control stays off: it pumps, and the network hears loudness.
   *
   * @throws Problem with what the person can do about it.
   */
  static async open(settings: MicrophoneSettings): Promise<Microphone> {
    // Outside secure contexts the property is missing, whatever TypeScript believes.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) throw new Problem('mic_insecure');
    try {
      const stream = await devices.getUserMedia({
        audio: {
          ...(settings.deviceId === null ? {} : { deviceId: { exact: settings.deviceId } }),
          echoCancellation: settings.echoCancellation,
          noiseSuppression: settings.noiseSuppression,
          autoGainControl: false,
          channelCount: 1,
        },
      });
      const track = stream.getAudioTracks()[0];
      if (track === undefined) throw new Problem('mic_missing');
      track.contentHint = 'speech';
      return new Microphone(stream, track);
    } catch (error) {
      throw error instanceof Problem ? error : problemOfMicrophone(error);
    }
  }

  /** Microphones by label; labels are empty until one has been allowed. */
  static async list(): Promise<MediaDeviceInfo[]> {
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) return [];
    return (await devices.enumerateDevices()).filter((device) => device.kind === 'audioinput');
  }

  get muted(): boolean {
    return !this.track.enabled;
  }

  /** A muted track sends silence, so the session's time goes on. */
  set muted(muted: boolean) {
    this.track.enabled = !muted;
  }

  onLost(callback: () => void): void {
    this.track.addEventListener('ended', callback);
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }
}
