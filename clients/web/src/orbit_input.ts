/** Turning the camera about the face: drag, arrow keys, and back to the front by double-click or Home. */

import { FRONT, clampOrbit, type Orbit } from './shot';

/** Radians a pixel dragged, and a key pressed. */
const PER_PX = 0.004;
const PER_KEY = 0.12;

/**
 * @param mirrored whether the picture is shown as in a looking glass; the hand must not notice.
 */
export function listenForOrbit(
  canvas: HTMLCanvasElement,
  mirrored: () => boolean,
  orbit: () => Orbit,
  turn: (orbit: Orbit) => void,
): void {
  let from: { readonly x: number; readonly y: number; readonly orbit: Orbit } | null = null;
  const by = (start: Orbit, right: number, up: number): void =>
    turn(clampOrbit({ yaw: start.yaw + (mirrored() ? right : -right), pitch: start.pitch + up }));

  canvas.addEventListener('pointerdown', (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    from = { x: event.clientX, y: event.clientY, orbit: orbit() };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (from === null || !event.isPrimary) return;
    by(from.orbit, (event.clientX - from.x) * PER_PX, (event.clientY - from.y) * PER_PX);
  });
  for (const end of ['pointerup', 'pointercancel'] as const) canvas.addEventListener(end, () => (from = null));
  canvas.addEventListener('dblclick', () => turn(FRONT));
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, readonly [number, number]> = {
      ArrowLeft: [-PER_KEY, 0],
      ArrowRight: [PER_KEY, 0],
      ArrowUp: [0, -PER_KEY],
      ArrowDown: [0, PER_KEY],
    };
    const step = steps[event.key];
    if (step !== undefined) by(orbit(), step[0], step[1]);
    else if (event.key === 'Home') turn(FRONT);
    else return;
    event.preventDefault();
  });
}
