/** The stage: the scene on its canvas, the avatar on it, and where the picture may be. Loads three.js; comes late. */

import type { Appearance } from './appearance';
import type { Avatar } from './avatar';
import { keptAvatar } from './avatar_store';
import { Face } from './face';
import type { Look } from './looks';
import { listenForOrbit } from './orbit_input';
import type { Finish } from './page_params';
import { Problem } from './problems';
import { RenderLoop, type LoopSource } from './render_loop';
import { StudioScene } from './scene';

/** Where an avatar comes from: the stage wears one, a recording takes a fresh one of the same. */
export interface AvatarSource {
  readonly label: string;
  load(light: boolean): Promise<Avatar>;
}

/** A built-in look as a source. */
export function sourceOf(look: Look): AvatarSource {
  return {
    label: look.label,
    load: async (light) => {
      try {
        return await Face.load(await look.load(light));
      } catch (error) {
        throw new Problem('head_failed', error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** The avatar someone brought along, read anew from where this browser keeps it. */
export const OWN_AVATAR: AvatarSource = {
  label: 'Own avatar',
  load: async () => {
    const [{ loadAvatar }, kept] = await Promise.all([import('./avatar_loader'), keptAvatar()]);
    if (kept === null) throw new Error('this browser could not keep the avatar’s file');
    return loadAvatar(kept.bytes);
  },
};

/** Phones draw a face well; 20,000 vertices they draw hot. */
const SMALL = '(pointer: coarse) and (max-width: 820px), (pointer: coarse) and (max-height: 480px)';

export interface StageOptions {
  readonly canvas: HTMLCanvasElement;
  readonly finish: Finish;
  /** Heads of few vertices, or of many; null: as the machine can bear. */
  readonly light: boolean | null;
  readonly motion: LoopSource;
  readonly appearance: Appearance;
  readonly afterFrame: (nowMs: number, stage: Stage) => void;
}

export class Stage {
  readonly loop: RenderLoop;
  readonly light: boolean;
  private generation = 0;

  private constructor(
    readonly scene: StudioScene,
    face: Avatar,
    private worn: AvatarSource,
    options: StageOptions,
  ) {
    this.light = options.light ?? Stage.wantsLight(scene);
    this.loop = new RenderLoop(scene, face, options.motion, (nowMs) => options.afterFrame(nowMs, this));
    const fit = new ResizeObserver(() => {
      scene.resize();
      this.loop.invalidate();
    });
    fit.observe(options.canvas);
    listenForOrbit(
      options.canvas,
      () => options.canvas.classList.contains('mirrored'),
      () => scene.orbitGoal,
      (orbit) => scene.setOrbit(orbit),
    );
    options.appearance.watch(() => scene.setFraming(options.appearance.framing));
    scene.settle();
  }

  /**
   * Load the scene and its first avatar.
   *
   * @param own shown in the source's place; null where nobody brought one.
   *
   * @throws Problem `no_webgl`, `head_failed`.
   */
  static async open(source: AvatarSource, own: Avatar | null, options: StageOptions): Promise<Stage> {
    const scene = new StudioScene(options.canvas, options.finish);
    const face = own ?? (await source.load(options.light ?? Stage.wantsLight(scene)));
    scene.resize();
    return new Stage(scene, face, own === null ? source : OWN_AVATAR, options);
  }

  private static wantsLight(scene: StudioScene): boolean {
    return scene.software || matchMedia(SMALL).matches;
  }

  /** Where the avatar on stage came from. */
  get source(): AvatarSource {
    return this.worn;
  }

  /**
   * Put another avatar on; the last one asked for stays, whichever is loaded first.
   *
   * @returns whether it is on stage now (false where another was asked for meanwhile).
   */
  async wear(source: AvatarSource): Promise<boolean> {
    const generation = ++this.generation;
    const face = await source.load(this.light);
    if (generation !== this.generation) {
      face.dispose();
      return false;
    }
    this.put(face, source);
    return true;
  }

  /** Put an avatar on that is loaded already. */
  put(avatar: Avatar, source: AvatarSource): void {
    this.generation += 1;
    this.loop.wear(avatar);
    this.worn = source;
  }
}
