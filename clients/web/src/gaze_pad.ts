/** A small pad: where the dot is put, there the face looks. Pointer and arrow keys move it. */

import type { GazeTarget } from './protocol';
import { TARGET_MOST } from './style_sync';

export interface GazePadListener {
  onMove(target: GazeTarget): void;
  onHold(held: boolean): void;
}

/** One press of an arrow key, radians (about 3°); with Shift four times as much. */
const STEP = 0.05;
const DEGREES = 180 / Math.PI;

/** What a direction says to ears. */
export function targetText({ yaw, pitch }: GazeTarget): string {
  const aside = Math.round(yaw * DEGREES);
  const down = Math.round(pitch * DEGREES);
  const words = [
    aside === 0 ? '' : `${Math.abs(aside)}° to its ${aside > 0 ? 'left' : 'right'}`,
    down === 0 ? '' : `${Math.abs(down)}° ${down > 0 ? 'down' : 'up'}`,
  ].filter((word) => word !== '');
  return words.length === 0 ? 'at the camera' : words.join(', ');
}

/** Where on the pad (−1..1 rightwards and downwards) a direction is. A face's left is our right, but in a mirror. */
export function placeOf({ yaw, pitch }: GazeTarget, mirrored: boolean): { x: number; y: number } {
  return { x: ((mirrored ? -1 : 1) * yaw) / TARGET_MOST.yaw, y: pitch / TARGET_MOST.pitch };
}

/** The direction that a place on the pad means; beyond its edge is its edge. */
export function targetAt(x: number, y: number, mirrored: boolean): GazeTarget {
  const within = (value: number): number => Math.min(1, Math.max(-1, value));
  const rounded = (value: number): number => Math.round(value * 1000) / 1000 + 0;
  return {
    yaw: rounded((mirrored ? -1 : 1) * within(x) * TARGET_MOST.yaw),
    pitch: rounded(within(y) * TARGET_MOST.pitch),
  };
}

export class GazePad {
  private target: GazeTarget = { yaw: 0, pitch: 0 };

  constructor(
    private readonly pad: HTMLElement,
    private readonly mirrored: () => boolean,
    private readonly listener: GazePadListener,
  ) {
    pad.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      pad.setPointerCapture(event.pointerId);
      listener.onHold(true);
      this.point(event);
    });
    pad.addEventListener('pointermove', (event) => {
      if (pad.hasPointerCapture(event.pointerId)) this.point(event);
    });
    for (const end of ['pointerup', 'pointercancel'] as const) {
      pad.addEventListener(end, () => listener.onHold(false));
    }
    pad.addEventListener('keydown', (event) => this.press(event));
  }

  /** @param used whether the face looks there; the pad is put away otherwise. */
  show(target: GazeTarget, used: boolean): void {
    this.target = target;
    this.pad.hidden = !used;
    const { x, y } = placeOf(target, this.mirrored());
    this.pad.style.setProperty('--x', String(x));
    this.pad.style.setProperty('--y', String(y));
    this.pad.setAttribute('aria-valuenow', String(Math.round(target.yaw * DEGREES)));
    this.pad.setAttribute('aria-valuetext', targetText(target));
  }

  private point(event: PointerEvent): void {
    const box = this.pad.getBoundingClientRect();
    const x = (2 * (event.clientX - box.left)) / box.width - 1;
    const y = (2 * (event.clientY - box.top)) / box.height - 1;
    this.listener.onMove(targetAt(x, y, this.mirrored()));
  }

  private press(event: KeyboardEvent): void {
    const step = event.shiftKey ? 4 * STEP : STEP;
    const { x, y } = placeOf(this.target, this.mirrored());
    const aside = step / TARGET_MOST.yaw;
    const down = step / TARGET_MOST.pitch;
    const places: Record<string, readonly [number, number]> = {
      ArrowLeft: [x - aside, y],
      ArrowRight: [x + aside, y],
      ArrowUp: [x, y - down],
      ArrowDown: [x, y + down],
      Home: [0, 0],
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    this.listener.onMove(targetAt(...place, this.mirrored()));
  }
}
