/** The page `/pose.html`: the studio's face without session and controls, posed through `window.streamEngine.portrait`. */

import { LOOKS } from './looks';
import { parseFinish } from './page_params';
import { PortraitStudio, type Portrait, type PortraitRequest } from './portrait';

export interface PoseHook {
  /** The built-in heads. */
  readonly looks: readonly { readonly id: string; readonly label: string }[];
  /** Pose, draw, and answer with the picture when its pixels are there. One at a time, in the order of the calls. */
  portrait(request?: PortraitRequest): Promise<Portrait>;
}

const canvas = document.getElementById('face');
if (!(canvas instanceof HTMLCanvasElement)) throw new Error('pose.html has no canvas #face');
const studio = new PortraitStudio(canvas, parseFinish(location.search));
let last: Promise<unknown> = Promise.resolve();

const hook: PoseHook = Object.freeze({
  looks: LOOKS.map(({ id, label }) => ({ id, label })),
  portrait(request: PortraitRequest = {}) {
    const mine = last.then(() => studio.take(request));
    // One that fails is its caller's to hear of; the next is taken all the same.
    last = mine.catch(() => undefined);
    return mine;
  },
});

Object.defineProperty(window, 'streamEngine', { value: hook, writable: false });
