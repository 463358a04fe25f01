/** The page's beginning: shows the controls at once, then brings in the face. */

import './style.css';

import type { Avatar } from './avatar';
import { LOOKS } from './looks';
import { OwnAvatarPanel } from './own_avatar';
import { parsePageParams, takeToken } from './page_params';
import { loadPreferences } from './preferences';
import { Problem } from './problems';
import type { RenderLoop } from './render_loop';
import { Studio } from './studio';
import { installTestHook } from './test_hook';
import { StudioPage } from './ui';

const params = parsePageParams(location.search);
const preferences = loadPreferences();
let page: StudioPage | null = null;
let loop: RenderLoop | null = null;

const studio = new Studio(params, preferences, takeToken(), () => page?.render());
page = new StudioPage(studio, preferences);
installTestHook(studio, () => loop);

const own = new OwnAvatarPanel();
document.querySelector('#settings .panel')?.append(own.element);

/** three.js is most of the page's weight; it comes after the first paint. */
async function startFace(ui: StudioPage): Promise<void> {
  const [{ StudioScene }, { Face }, { RenderLoop }] = await Promise.all([
    import('./scene'),
    import('./face'),
    import('./render_loop'),
  ]);
  const canvas = document.getElementById('face');
  if (!(canvas instanceof HTMLCanvasElement)) throw new Error('index.html has no canvas #face');
  const scene = new StudioScene(canvas, params.finish);
  const builtIn = async (): Promise<Avatar> =>
    Face.load(await LOOKS[0]!.load(scene.software)).catch((error: unknown) => {
      throw new Problem('head_failed', error instanceof Error ? error.message : String(error));
    });
  const face = (await own.restore()) ?? (await builtIn());
  scene.resize();
  const running = new RenderLoop(scene, face, studio, (nowMs) => ui.frame(nowMs, running.shown));
  const bar = document.getElementById('bar');
  const fit = new ResizeObserver(() => {
    scene.resize();
    const covered = bar?.getBoundingClientRect();
    scene.reserve(covered === undefined || covered.height === 0 ? 0 : Math.max(0, innerHeight - covered.top));
    running.invalidate();
  });
  fit.observe(canvas);
  if (bar !== null) fit.observe(bar);
  running.start();
  own.attach({ wear: (avatar) => running.wear(avatar), takeOff: async () => running.wear(await builtIn()) });
  loop = running;
  canvas.classList.add('ready');
}

startFace(page).catch((error: unknown) => {
  studio.report(error instanceof Problem ? error : new Problem('head_failed', String(error)));
});

if (params.watch !== null) studio.watch();

addEventListener('online', () => studio.nudge());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) studio.nudge();
});
addEventListener('pagehide', () => studio.leave());
addEventListener('pageshow', (event) => {
  if (event.persisted) studio.comeBack();
});
