/** How the picture is to look, of the address or of memory: look, background, framing. */

import { LOOKS, type Look } from './looks';
import type { PageParams } from './page_params';
import { savePreferences, type Background, type Preferences } from './preferences';
import type { Framing } from './shot';

export class Appearance {
  private look_: Look;
  private background_: Background;
  private framing_: Framing;
  /** Told when a person chooses a look, be it the same one. */
  onLook: (look: Look) => void = () => undefined;
  private readonly listeners: (() => void)[] = [];

  /** What the address says goes first, and is not remembered; what the person then chooses is. */
  constructor(
    params: PageParams,
    private readonly preferences: Preferences,
  ) {
    const wanted = params.look ?? preferences.look;
    this.look_ = LOOKS.find((look) => look.id === wanted) ?? LOOKS[0]!;
    this.background_ = params.background ?? preferences.background;
    this.framing_ = params.framing ?? preferences.framing;
  }

  get look(): Look {
    return this.look_;
  }

  set look(look: Look) {
    this.look_ = look;
    this.keep({ look: look.id });
    this.onLook(look);
  }

  get background(): Background {
    return this.background_;
  }

  set background(background: Background) {
    this.background_ = background;
    this.keep({ background });
  }

  get framing(): Framing {
    return this.framing_;
  }

  set framing(framing: Framing) {
    this.framing_ = framing;
    this.keep({ framing });
  }

  /** Be told of every change, and of the state as it is. */
  watch(listener: () => void): void {
    this.listeners.push(listener);
    listener();
  }

  private keep(choice: Partial<Preferences>): void {
    savePreferences(this.preferences, choice);
    for (const listener of this.listeners) listener();
  }
}
