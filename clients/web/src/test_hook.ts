/**
 * `window.streamEngine`: a window for end-to-end tests, measurements and the curious; README.md describes every field.
 */

import { channelsByName } from './channels';
import type { RenderLoop, Shown } from './render_loop';
import type { Studio } from './studio';

function describeShown(shown: Shown) {
  return {
    atMs: shown.atMs,
    mediaTime: shown.mediaTime,
    wantedMediaTime: shown.wantedMediaTime,
    pairing: shown.pairing,
    held: shown.held,
    speaking: shown.speaking,
    mouthPx: shown.mouth?.px ?? null,
    mouthSigned: shown.mouth?.signed ?? null,
  };
}

function createHook(studio: Studio, loop: () => RenderLoop | null) {
  return Object.freeze({
    get state() {
      const { problem, ...state } = studio.state;
      return { ...state, session: studio.sessionId, problem: problem?.code ?? null };
    },
    get faceReady() {
      return loop() !== null;
    },
    get motionStats() {
      const { counter, hz, longestGapMs, playoutDelayMs, buffer } = studio.feed;
      return {
        received: counter.received,
        lost: counter.lost,
        hz,
        longestGapMs,
        playoutDelayMs,
        buffered: buffer.size,
      };
    },
    get lastFrame() {
      const frame = studio.feed.lastFrame;
      if (frame === null) return null;
      const { mediaTime, sequence, speaking, discontinuity, earQueueMs, modelMs, returnMs } = frame;
      const channels = channelsByName(frame.channels);
      return { mediaTime, sequence, speaking, discontinuity, earQueueMs, modelMs, returnMs, channels };
    },
    get shown() {
      const shown = loop()?.shown ?? null;
      return shown === null ? null : { ...describeShown(shown), channels: channelsByName(shown.channels) };
    },
    /** What the last picture took, and what the graphics card holds. */
    get drawing() {
      return loop()?.scene.cost ?? null;
    },
    /** Where the camera stands, and the canvas's size in CSS pixels. */
    get view() {
      const scene = loop()?.scene;
      if (scene === undefined) return null;
      const { position, quaternion, fov } = scene.camera;
      const { clientWidth: width, clientHeight: height } = scene.canvas;
      return { position: position.toArray(), quaternion: quaternion.toArray(), fieldOfView: fov, width, height };
    },
    /** Draw again and wait for the pixels; the time it took, ms. The one call that does something. */
    timeDrawing(): number | null {
      return loop()?.scene.timeDrawing() ?? null;
    },
    /** Frames drawn in the last minute, oldest first. */
    get history() {
      return (loop()?.history ?? []).map(describeShown);
    },
    /** Motion messages of the last minute, in order of arrival. */
    get arrivals() {
      return studio.feed.arrivals.map((arrival) => ({ ...arrival }));
    },
    get turns() {
      return studio.sessionFeed.turns.map((turn) => ({ ...turn }));
    },
    get latency() {
      return { ...studio.feed.latency.read(), lookAheadMs: studio.feed.lookAheadMs };
    },
    get serverStats() {
      return structuredClone(studio.sessionFeed.stats);
    },
    /** Where the camera looks and how near, in pupil distances from the middle of the eyes. */
    get camera() {
      return loop()?.scene.cameraRest ?? null;
    },
    /** The session's seed as the server told it last; null before, and from a server of old. */
    get seed() {
      return studio.sessionFeed.seed;
    },
    /** The session's style as the server told it last. */
    get style() {
      return structuredClone(studio.sessionFeed.style);
    },
    get audioClock() {
      const { rtpAtZero, heardMediaTime, receiver } = studio.feed;
      const target = receiver !== null && 'jitterBufferTarget' in receiver ? receiver.jitterBufferTarget : null;
      return { rtpAtZero, heardMediaTime, jitterBufferTargetMs: target };
    },
  });
}

export type StreamEngineHook = ReturnType<typeof createHook>;

export function installTestHook(studio: Studio, loop: () => RenderLoop | null): void {
  Object.defineProperty(window, 'streamEngine', { value: createHook(studio, loop), writable: false });
}

declare global {
  interface Window {
    readonly streamEngine: StreamEngineHook;
  }
}
