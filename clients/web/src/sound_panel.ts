/** The Sound tab: which microphone, how it is treated, and how far the network hears ahead. */

import { element } from './element';
import { Microphone } from './microphone';
import { savePreferences, type Preferences } from './preferences';
import type { Studio } from './studio';

export class SoundPanel {
  private readonly device = element('device', HTMLSelectElement);
  private readonly echo = element('echo', HTMLInputElement);
  private readonly noise = element('noise', HTMLInputElement);
  private readonly lookAhead = element('look-ahead', HTMLSelectElement);

  constructor(
    studio: Studio,
    private readonly preferences: Preferences,
  ) {
    this.echo.checked = preferences.echoCancellation;
    this.noise.checked = preferences.noiseSuppression;
    const microphoneChanged = (): void => {
      savePreferences(preferences, {
        deviceId: this.device.value === '' ? null : this.device.value,
        echoCancellation: this.echo.checked,
        noiseSuppression: this.noise.checked,
      });
      void studio.microphoneChanged();
    };
    for (const input of [this.device, this.echo, this.noise]) input.addEventListener('change', microphoneChanged);
    this.lookAhead.addEventListener('change', () => studio.setLookAhead(Number(this.lookAhead.value)));
    void this.listDevices();
  }

  /** The look-ahead that the session has, or is to have; none is chosen while that is not known. */
  showLookAhead(ms: number | null): void {
    this.lookAhead.value = String(ms ?? '');
  }

  async listDevices(): Promise<void> {
    const devices = await Microphone.list();
    const options = devices
      .filter((device) => device.deviceId !== '' && device.deviceId !== 'default')
      .map((device, i) => new Option(device.label === '' ? `Microphone ${i + 1}` : device.label, device.deviceId));
    this.device.replaceChildren(new Option('System default', ''), ...options);
    this.device.value = this.preferences.deviceId ?? '';
    if (this.device.selectedIndex < 0) this.device.value = '';
  }
}
