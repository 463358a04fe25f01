/** Single keys that act on the whole page; never while someone types, and never with a modifier. */

export interface Shortcuts {
  /** By `KeyboardEvent.key`, lower case. */
  readonly [key: string]: () => void;
}

export function listenForShortcuts(shortcuts: Shortcuts): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (event.key !== 'Escape' && takesLetters(event.target)) return;
    // In an open dialog Escape is the browser's own.
    if (document.querySelector('dialog[open]') !== null) return;
    shortcuts[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.();
  });
}

function takesLetters(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return !['radio', 'checkbox', 'range', 'button'].includes(target.type);
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}
