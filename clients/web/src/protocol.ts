/** The wire protocol, version 1: binary motion messages, JSON events and controls. See docs/protocol.md. */

import { BLENDSHAPE_COUNT, CHANNEL_COUNT } from './channels';

/** Media time counts 48 kHz samples from the session's first sample. */
export const MEDIA_RATE = 48_000;
export const MEDIA_PER_MS = MEDIA_RATE / 1000;
/** One motion frame every 20 ms. */
export const TICK_MEDIA = 960;

export const MOTION_BYTES = 140;
const MOTION_KIND = 1;
const PROTOCOL_VERSION = 1;
const FLAG_SPEAKING = 1;
const FLAG_DISCONTINUITY = 2;
const FLAG_ASLEEP = 4;

export interface MotionFrame {
  /** Media time of the instant shown; exact in a double for 5,900 years. */
  readonly mediaTime: number;
  /** 0..65535, wraps. */
  readonly sequence: number;
  readonly speaking: boolean;
  /** The stream was reset before this frame: nothing may be interpolated across it. */
  readonly discontinuity: boolean;
  /** It has been quiet: the network sleeps, and the face shows idle life. */
  readonly asleep: boolean;
  readonly earQueueMs: number;
  readonly modelMs: number;
  readonly returnMs: number;
  /** [61] blendshapes 0..1, then angles in radians. */
  readonly channels: Float32Array;
}

/**
 * Decode one message of the `motion` channel.
 *
 * @returns null for a kind or version this client does not know, and for a message too short to be one.
 */
export function decodeMotion(data: ArrayBuffer): MotionFrame | null {
  if (data.byteLength < MOTION_BYTES) return null;
  const view = new DataView(data);
  if (view.getUint8(0) !== ((MOTION_KIND << 4) | PROTOCOL_VERSION)) return null;
  const flags = view.getUint8(1);
  const channels = new Float32Array(CHANNEL_COUNT);
  for (let i = 0; i < BLENDSHAPE_COUNT; i++) channels[i] = view.getUint16(18 + 2 * i, true) / 65_535;
  for (let i = BLENDSHAPE_COUNT; i < CHANNEL_COUNT; i++) {
    channels[i] = (view.getInt16(18 + 2 * i, true) / 32_767) * Math.PI;
  }
  return {
    mediaTime: Number(view.getBigUint64(4, true)),
    sequence: view.getUint16(2, true),
    speaking: (flags & FLAG_SPEAKING) !== 0,
    discontinuity: (flags & FLAG_DISCONTINUITY) !== 0,
    asleep: (flags & FLAG_ASLEEP) !== 0,
    earQueueMs: view.getUint16(12, true) / 100,
    modelMs: view.getUint16(14, true) / 100,
    returnMs: view.getUint16(16, true) / 100,
    channels,
  };
}

export const EMOTIONS = ['joy', 'surprise', 'sadness', 'anger', 'fear', 'disgust'] as const;
export type Emotion = 'neutral' | (typeof EMOTIONS)[number];

/** Radians as seen from the face; 0, 0 is the camera. */
export interface GazeTarget {
  /** −0.9..0.9, positive to the character's left. */
  readonly yaw: number;
  /** −0.6..0.6, positive down. */
  readonly pitch: number;
}

/** How the face moves; the server's defaults are 1, 1, 1, 16, free (its target the camera), neutral and 0.7. */
export interface Style {
  /** 0..2: how far jaw and lips move for the same sound. */
  mouth_gain: number;
  /** 0..2: brows, lids, cheeks, smile. */
  expressiveness: number;
  /** 0..2; 0 holds the head still. */
  head_motion: number;
  /** 0..60 */
  blinks_per_minute: number;
  /** `target`: in the direction of `gaze_target`. */
  gaze: 'free' | 'camera' | 'target';
  gaze_target: GazeTarget;
  emotion: Emotion;
  /** 0..1: how strong the emotion is. */
  intensity: number;
}

export type ServerEvent =
  | {
      type: 'hello';
      version: number;
      session: string;
      role: 'speaker' | 'viewer';
      look_ahead_ms: number;
      seed?: number;
      tick_media: number;
      channels: string[];
    }
  | { type: 'speech_started'; media_time: number }
  | { type: 'speech_ended'; media_time: number }
  | { type: 'error'; code: string; detail: string; media_time: number }
  | { type: 'resumed'; media_time: number }
  | { type: 'reset'; look_ahead_ms: number; seed: number; media_time: number }
  | {
      type: 'stats';
      media_time: number;
      level_dbfs: number;
      packets_lost: number;
      packets_concealed: number;
      jitter_ms: number;
      stages_ms: { ear: number; queue: number; model: number; return: number };
      viewers: number;
    }
  | { type: 'audio_clock'; rtp_timestamp: number; clock_rate: number }
  | ({ type: 'style'; media_time: number } & Style)
  | { type: 'bye'; reason: 'closed' | 'idle' | 'shutting_down' | 'failed' }
  | { type: 'pong'; id: number; media_time: number };

/** The fields a message of each type must carry as numbers or strings for this client to use it. */
const REQUIRED: Record<ServerEvent['type'], Record<string, 'number' | 'string' | 'object'>> = {
  hello: { version: 'number', session: 'string', role: 'string', look_ahead_ms: 'number', channels: 'object' },
  speech_started: { media_time: 'number' },
  speech_ended: { media_time: 'number' },
  error: { code: 'string', detail: 'string' },
  resumed: { media_time: 'number' },
  reset: { look_ahead_ms: 'number', seed: 'number' },
  stats: { media_time: 'number', packets_lost: 'number', stages_ms: 'object', viewers: 'number' },
  audio_clock: { rtp_timestamp: 'number', clock_rate: 'number' },
  style: {
    mouth_gain: 'number',
    expressiveness: 'number',
    head_motion: 'number',
    blinks_per_minute: 'number',
    gaze: 'string',
  },
  bye: { reason: 'string' },
  pong: { id: 'number', media_time: 'number' },
};

/**
 * Read one event of the `control` channel.
 *
 * @returns null for a type this client does not know or a message that lacks what its type promises.
 */
export function parseEvent(text: string): ServerEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const message = value as Record<string, unknown>;
  const type = message['type'];
  if (typeof type !== 'string' || !Object.hasOwn(REQUIRED, type)) return null;
  const required = REQUIRED[type as ServerEvent['type']];
  for (const [field, kind] of Object.entries(required)) {
    if (typeof message[field] !== kind || message[field] === null) return null;
  }
  return message as unknown as ServerEvent;
}

export type Control =
  | { type: 'ping'; id: number }
  | { type: 'reset'; look_ahead_ms?: number; seed?: number }
  | { type: 'mute'; muted: boolean }
  | ({ type: 'style' } & Partial<Style>);

export function encodeControl(control: Control): string {
  return JSON.stringify(control);
}
