/**
 * Draws the face once a screen refresh while the page is visible (the browser stops asking when it is hidden; on return
 * the clocks are simply asked for the present, so nothing is replayed).
 */

import type { Avatar } from './avatar';
import type { Feed, Pairing, Showing } from './feed';
import { IdleLife, idleStyleOf } from './idle_life';
import { Listening } from './listening';
import { MouthProbe, type MouthOpening } from './mouth_probe';
import { PoseFade } from './pose_fade';
import { MEDIA_PER_MS, type Style } from './protocol';
import type { StudioScene } from './scene';

export interface Shown {
  /** Local time of drawing, `performance.now()`. */
  readonly atMs: number;
  /** Media time of the pose on screen. */
  readonly mediaTime: number;
  /** Media time wanted; later than `mediaTime` where the pose is held for want of motion. */
  readonly wantedMediaTime: number;
  readonly pairing: Pairing;
  readonly held: boolean;
  readonly speaking: boolean;
  readonly channels: Float32Array;
  /** Null where the head does not tell where its lips are. */
  readonly mouth: MouthOpening | null;
}

export interface LoopSource {
  readonly feed: Feed;
  /** While false the face lives by itself: nothing may be left hanging open. */
  readonly live: boolean;
}

/** A processor that draws has sound and network to attend to as well: some 30 pictures a second are enough. */
const SOFTWARE_GAP_MS = 25;
/** A minute at 60 Hz. */
const HISTORY = 3600;
/** A face that only lives draws less often, so that a laptop left open stays cool. */
const IDLE_GAP_MS = 30;
const IDLE_SOFTWARE_GAP_MS = 54;
/** Without motion for so long the line is as good as lost: the held pose comes to life. */
const STALE_MEDIA = 1000 * MEDIA_PER_MS;

export class RenderLoop {
  shown: Shown | null = null;
  readonly history: Shown[] = [];
  /** Whether the face looks attentive while the line is live and nobody speaks. */
  attentive = false;
  private probe: MouthProbe;
  private readonly idle = new IdleLife(chance());
  private readonly listening = new Listening(chance());
  private readonly fade = new PoseFade();
  private readonly lessMotion = matchMedia('(prefers-reduced-motion: reduce)');
  /** What the face was posed with. */
  private posed: Float32Array | null = null;
  private idling = false;
  private cameraMoves = false;
  private lastMs: number | null = null;
  private dirty = true;
  private request = 0;

  constructor(
    readonly scene: StudioScene,
    private face: Avatar,
    private readonly source: LoopSource,
    /** Called after every frame, drawn or not. */
    private readonly afterFrame: (nowMs: number) => void,
  ) {
    this.probe = new MouthProbe(face);
    scene.show(face);
  }

  /** Put another face into the picture; the one before is disposed of. */
  wear(face: Avatar): void {
    this.probe = new MouthProbe(face);
    this.scene.show(face);
    this.face = face;
    if (this.posed !== null) face.pose(this.posed);
    this.dirty = true;
  }

  /** How the face lives where no network speaks. */
  set style(style: Style) {
    this.idle.style = idleStyleOf(style);
  }

  /** How far the worn face's lips are apart in a pose, shown or not, in the model's units; null where it is not known. */
  lipGap(channels: Float32Array): number | null {
    return this.probe.gapOf(channels);
  }

  start(): void {
    const step = (nowMs: number): void => {
      this.request = requestAnimationFrame(step);
      this.frame(nowMs);
    };
    this.request = requestAnimationFrame(step);
  }

  stop(): void {
    cancelAnimationFrame(this.request);
  }

  /** The picture must be drawn anew although the pose is the same: the canvas has changed its size. */
  invalidate(): void {
    this.dirty = true;
  }

  private frame(nowMs: number): void {
    const elapsed = this.lastMs === null ? null : nowMs - this.lastMs;
    if (elapsed !== null && elapsed < this.gapMs(nowMs)) return;
    this.lastMs = nowMs;
    const shown = this.live(nowMs);
    const swung = this.face.step(elapsed ?? 0);
    const moved = this.scene.advance(elapsed ?? 0);
    this.cameraMoves = moved;
    if (shown || swung || moved || this.dirty) {
      this.dirty = false;
      // Pictures that come seldom by intent say nothing about what the machine can do.
      this.scene.draw((shown || swung || moved) && !this.idling ? elapsed : null);
    }
    this.afterFrame(nowMs);
  }

  /** Pose the face as the feed says, or as it lives by itself; false where that changes nothing. */
  private live(nowMs: number): boolean {
    const { source, lessMotion } = this;
    const showing = source.live ? source.feed.show(nowMs) : null;
    const followed = showing !== null && !isStale(showing) ? showing : null;
    this.idling = followed === null;
    this.idle.reduced = lessMotion.matches;
    const pose = followed === null ? this.idle.at(nowMs) : followed.pose.channels;
    const joined = this.fade.join(pose, followed === null ? this.idle : source.feed, nowMs);
    const listens = this.attentive && followed !== null && !followed.pose.speaking && !lessMotion.matches;
    const channels = this.listening.over(joined, listens, nowMs);
    const still = this.posed !== null && isSame(channels, this.posed);
    this.posed = channels;
    if (!still) this.face.pose(channels);
    this.shown = followed === null ? null : this.tell(nowMs, followed, channels);
    return !still;
  }

  private tell(nowMs: number, { pose, pairing, wantedMediaTime }: Showing, channels: Float32Array): Shown {
    // A held pose tells how long motion has been away, not how long it takes.
    if (!pose.held) this.source.feed.latency.takeShown(nowMs, pose.mediaTime);
    const shown: Shown = {
      atMs: nowMs,
      mediaTime: pose.mediaTime,
      wantedMediaTime,
      pairing,
      held: pose.held,
      speaking: pose.speaking,
      channels,
      mouth: this.probe.measure(this.scene.camera, this.scene.canvas.clientHeight),
    };
    this.history.push(shown);
    if (this.history.length > HISTORY) this.history.splice(0, HISTORY / 10);
    return shown;
  }

  /** The least time between two pictures. */
  private gapMs(nowMs: number): number {
    const calm = this.idling && !this.cameraMoves && !this.fade.fading(nowMs);
    if (this.scene.software) return calm ? IDLE_SOFTWARE_GAP_MS : SOFTWARE_GAP_MS;
    return calm ? IDLE_GAP_MS : 0;
  }
}

function isStale({ pose, wantedMediaTime }: Showing): boolean {
  return pose.held && wantedMediaTime - pose.mediaTime > STALE_MEDIA;
}

/** To the eye; a held pose is even the same array. */
function isSame(a: Float32Array, b: Float32Array): boolean {
  return a === b || a.every((value, i) => Math.abs(value - b[i]!) < 1e-5);
}

function chance(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
