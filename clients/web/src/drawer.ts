/** The panel beside the face (on phones: the sheet below it), with a tab for each group of controls. */

import { element } from './element';

export const TABS = ['look', 'motion', 'sound', 'take'] as const;
export type Tab = (typeof TABS)[number];

export class Drawer {
  private readonly drawer = element('drawer', HTMLElement);
  private readonly toggle = element('panel-toggle', HTMLButtonElement);
  private readonly tabs = TABS.map((tab) => ({
    tab,
    button: element(`tab-${tab}`, HTMLButtonElement),
    panel: element(`panel-${tab}`, HTMLElement),
  })).filter(({ button }) => !button.hidden);
  private tab: Tab = 'look';

  /** @param onToggle the drawer was opened or closed, or shows another tab. */
  constructor(private readonly onToggle: () => void) {
    this.toggle.addEventListener('click', () => this.set(!this.open));
    element('drawer-close', HTMLButtonElement).addEventListener('click', () => this.close());
    for (const { tab, button } of this.tabs) {
      button.addEventListener('click', () => this.show(tab));
      button.addEventListener('keydown', (event) => this.takeKey(event));
    }
    this.select('look');
  }

  get open(): boolean {
    return !this.drawer.hidden;
  }

  /** Open on a tab; the focus goes to it where a person has asked for it. */
  show(tab: Tab, focus = true): void {
    this.select(tab);
    this.set(true, focus);
  }

  /** Close, and give the focus back to the button that opens it. */
  close(): void {
    if (!this.open) return;
    this.set(false);
    this.toggle.focus();
  }

  set(open: boolean, focus = true): void {
    const changed = open !== this.open;
    this.drawer.hidden = !open;
    document.body.classList.toggle('with-drawer', open);
    this.toggle.setAttribute('aria-expanded', String(open));
    if (open && focus) this.tabs.find(({ tab }) => tab === this.tab)?.button.focus({ preventScroll: true });
    if (changed) this.onToggle();
  }

  private select(chosen: Tab): void {
    this.tab = chosen;
    for (const { tab, button, panel } of this.tabs) {
      const selected = tab === chosen;
      button.setAttribute('aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
      panel.hidden = !selected;
    }
  }

  /** Arrow keys go from tab to tab, as in any tab list. */
  private takeKey(event: KeyboardEvent): void {
    const { tabs } = this;
    const at = tabs.findIndex(({ tab }) => tab === this.tab);
    const to: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.show(tabs[(next + tabs.length) % tabs.length]!.tab);
  }
}
