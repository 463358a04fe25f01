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
  private toldMs: number | null = null;
  private readonly graph = element('graph-on', HTMLInputElement);

  constructor(
    studio: Studio,
    private readonly preferences: Preferences,
    onGraph: () => void,
  ) {
    this.echo.checked = preferences.echoCancellation;
    this.noise.checked = preferences.noiseSuppression;
    const microphoneChanged = (): void => {
      preferences.deviceId = this.device.value === '' ? null : this.device.value;
      preferences.echoCancellation = this.echo.checked;
      preferences.noiseSuppression = this.noise.checked;
      savePreferences(preferences);
      void studio.microphoneChanged();
    };
    for (const input of [this.device, this.echo, this.noise]) input.addEventListener('change', microphoneChanged);
    this.lookAhead.addEventListener('change', () => studio.setLookAhead(Number(this.lookAhead.value)));
    this.graph.checked = preferences.graph;
    this.graph.addEventListener('change', () => {
      preferences.graph = this.graph.checked;
      savePreferences(preferences);
      onGraph();
    });
    void this.listDevices();
  }

  /** The server has told what look-ahead the session has; shown once, so that it does not close an open list. */
  showLookAhead(ms: number): void {
    if (ms === this.toldMs) return;
    this.toldMs = ms;
    this.lookAhead.value = String(ms);
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
