/**
 * Draws the face once a screen refresh while the page is visible (the browser stops asking when it is hidden; on return
 * the clocks are simply asked for the present, so nothing is replayed).
 */

import type { Avatar } from './avatar';
import { CHANNEL_COUNT } from './channels';
import type { Feed, Pairing } from './feed';
import { MouthProbe, type MouthOpening } from './mouth_probe';
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
  /** While false the face eases to rest: nothing may be left hanging open. */
  readonly live: boolean;
}

/** A processor that draws has sound and network to attend to as well: some 30 pictures a second are enough. */
const SOFTWARE_GAP_MS = 25;
/** A minute at 60 Hz. */
const HISTORY = 3600;
/** The time in which a face whose line is gone loses most of its expression. */
const EASE_MS = 120;

export class RenderLoop {
  shown: Shown | null = null;
  readonly history: Shown[] = [];
  private probe: MouthProbe;
  private readonly rest = new Float32Array(CHANNEL_COUNT);
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
    scene.show(face);
    this.probe = new MouthProbe(face);
  }

  /** Put another face into the picture; the one before is disposed of. */
  wear(face: Avatar): void {
    this.scene.show(face);
    this.face = face;
    this.probe = new MouthProbe(face);
    if (this.shown !== null) face.pose(this.shown.channels);
    this.dirty = true;
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
    if (this.scene.software && elapsed !== null && elapsed < SOFTWARE_GAP_MS) return;
    this.lastMs = nowMs;
    const shown = this.source.live ? this.follow(nowMs) : this.ease(elapsed ?? 0);
    const swung = this.face.step(elapsed ?? 0);
    const moved = this.scene.advance(elapsed ?? 0);
    if (shown || swung || moved || this.dirty) {
      this.dirty = false;
      this.scene.draw(shown || swung || moved ? elapsed : null);
    }
    this.afterFrame(nowMs);
  }

  /** Pose the face as the feed says; false where that changes nothing. */
  private follow(nowMs: number): boolean {
    const showing = this.source.feed.show(nowMs);
    if (showing === null) return false;
    const { pose, pairing, wantedMediaTime } = showing;
    const still = this.shown?.channels === pose.channels;
    if (!still) this.face.pose(pose.channels);
    // A held pose tells how long motion has been away, not how long it takes.
    if (!pose.held) this.source.feed.latency.takeShown(nowMs, pose.mediaTime);
    this.shown = {
      atMs: nowMs,
      mediaTime: pose.mediaTime,
      wantedMediaTime,
      pairing,
      held: pose.held,
      speaking: pose.speaking,
      channels: pose.channels,
      mouth: this.probe.measure(this.scene.camera, this.scene.canvas.clientHeight),
    };
    this.history.push(this.shown);
    if (this.history.length > HISTORY) this.history.splice(0, HISTORY / 10);
    return !still;
  }

  /** Without a line: let the last expression fade, then stand still. */
  private ease(elapsedMs: number): boolean {
    if (this.shown === null) return false;
    const keep = Math.exp(-elapsedMs / EASE_MS);
    const channels = this.shown.channels.map((value) => value * keep);
    const done = channels.every((value) => Math.abs(value) < 0.002);
    this.face.pose(done ? this.rest : channels);
    this.shown = done ? null : { ...this.shown, channels, speaking: false };
    return true;
  }
}
