/** The page's beginning: shows the controls and a picture of the face at once, then brings in the face itself. */

import './style.css';

import { Appearance } from './appearance';
import { element } from './element';
import { LiveGraph } from './live_graph';
import { LookPanel, posterUrl } from './look_panel';
import { OwnAvatarPanel } from './own_avatar';
import { parsePageParams, takeToken } from './page_params';
import { posterBox } from './poster';
import { loadPreferences, savePreferences } from './preferences';
import { Problem } from './problems';
import { Recorder, delayBehind } from './recorder';
import type { Stage } from './stage';
import { Studio } from './studio';
import { VideoTake } from './take_video';
import { installTestHook } from './test_hook';
import { StudioPage } from './ui';

const params = parsePageParams(location.search);
const preferences = loadPreferences();
const appearance = new Appearance(params, preferences);
const canvas = element('face', HTMLCanvasElement);
const poster = element('poster', HTMLImageElement);
let page: StudioPage | null = null;
let stage: Stage | null = null;

document.documentElement.classList.toggle('bare', !params.chrome);
appearance.watch(() => (document.documentElement.dataset['background'] = appearance.background));
// A picture of another face than the one that comes would be worse than none.
poster.addEventListener('load', () => (poster.hidden = canvas.classList.contains('ready')));
if (!preferences.ownAvatar || params.look !== null) poster.src = posterUrl(appearance.look.id);

const studio = new Studio(params, preferences, takeToken(), () => page?.render());
const recorder = new Recorder(
  {
    openVideo: (type) => {
      if (stage === null) throw new Error('the face is still loading');
      const { scene } = stage;
      return new VideoTake(
        canvas,
        () => scene.freeRegion,
        () => appearance.background,
        studio.audioContext,
        type,
      );
    },
    sound: () => {
      const { sound } = studio;
      if (sound === null) return null;
      const heard = studio.soundMediaTime(performance.now());
      return {
        stream: sound.meter.stream,
        // What is heard is the face's own time already; what is spoken here is ahead of it.
        delayS: sound.paired ? 0 : delayBehind(heard, stage?.loop.shown?.mediaTime ?? null),
      };
    },
    gltf: async (take, name) => {
      if (stage === null) throw new Error('the face is still loading');
      const [{ takeGltf }, avatar] = await Promise.all([import('./take_gltf'), stage.source.load(stage.light)]);
      return takeGltf(avatar, take, name);
    },
  },
  () => page?.render(),
);
studio.onMotion = (frame) => recorder.takeMotion(frame);

/** Tell the scene and the poster how much of the picture the controls cover. */
function fitControls(): void {
  const bar = element('bar', HTMLElement).getBoundingClientRect();
  const drawer = element('drawer', HTMLElement).getBoundingClientRect();
  const sheet = drawer.height > 0 && drawer.width >= innerWidth;
  const top = Math.min(bar.height > 0 ? bar.top : innerHeight, sheet ? drawer.top : innerHeight);
  const bottom = Math.max(0, innerHeight - top);
  const spanned = sheet || bar.width > innerWidth - 40;
  const right = drawer.width > 0 && !sheet && innerWidth >= 900 ? innerWidth - drawer.left : 0;
  const { clientWidth: width, clientHeight: height } = canvas;
  if (!poster.hidden || stage === null) {
    const box = posterBox(appearance.framing, { width, height, coveredBottom: bottom, coveredRight: right, spanned });
    for (const [side, px] of Object.entries(box)) poster.style.setProperty(side, `${px}px`);
  }
  // What is mirrored in the window is not in the scene.
  stage?.scene.reserve(bottom, canvas.classList.contains('mirrored') ? -right : right, spanned);
}

page = new StudioPage({ studio, preferences, recorder, onLayout: fitControls });
const ui = page;
const own = new OwnAvatarPanel();
element('own-avatar-place', HTMLElement).append(own.element);
const looks = new LookPanel(
  appearance,
  preferences,
  () => own.name !== null,
  () => {
    ui.render();
    fitControls();
  },
);
own.onChange = () => {
  savePreferences(preferences, { ownAvatar: own.name !== null });
  looks.render();
};
const graph = new LiveGraph(
  element('graph-canvas', HTMLCanvasElement),
  studio,
  () => stage?.scene.pupils ?? null,
  (channels) => stage?.loop.lipGap(channels) ?? null,
);
installTestHook(studio, () => stage?.loop ?? null);

const fit = new ResizeObserver(fitControls);
for (const id of ['bar', 'drawer', 'stage']) fit.observe(element(id, HTMLElement));
fitControls();

/** three.js is most of the page's weight; it comes after the picture of the face. */
async function startFace(): Promise<void> {
  const kept = params.look === null ? own.restore() : Promise.resolve(null);
  // Without its picture (an own avatar has none) the face is not waited for any longer than needed.
  if (poster.src !== '') await poster.decode().catch(() => undefined);
  const { OWN_AVATAR, Stage, sourceOf } = await import('./stage');
  const opened = await Stage.open(sourceOf(appearance.look), await kept, {
    canvas,
    finish: params.finish,
    light: params.light,
    motion: studio,
    appearance,
    afterFrame: (nowMs, { scene, loop }) => {
      loop.attentive = preferences.listening;
      loop.style = studio.faceStyle;
      ui.frame(nowMs, loop.shown);
      if (ui.graphShown) graph.frame(nowMs, loop.shown);
      recorder.frame(scene.pictures);
    },
  });
  stage = opened;
  fitControls();
  opened.scene.settle();
  opened.loop.start();
  canvas.classList.add('ready');
  // The face fades in over its picture (at once where motion is unwelcome).
  void Promise.allSettled(canvas.getAnimations().map((fading) => fading.finished)).then(() => (poster.hidden = true));

  appearance.onLook = (look) => {
    own.leave().catch(report);
    opened.wear(sourceOf(look)).catch(report);
  };
  own.attach({
    wear: (avatar) => opened.put(avatar, OWN_AVATAR),
    takeOff: async () => void (await opened.wear(sourceOf(appearance.look))),
  });
}

function report(error: unknown): void {
  studio.report(error instanceof Problem ? error : new Problem('head_failed', String(error)));
}

startFace().catch(report);

if (params.watch !== null) studio.watch();

addEventListener('online', () => studio.nudge());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) studio.nudge();
});
addEventListener('pagehide', () => studio.leave());
addEventListener('pageshow', (event) => {
  if (event.persisted) studio.comeBack();
});
