/** What one connection has brought so far, and the pose it gives for now: paired with its sound, or as it arrives. */

import { Latency } from './latency';
import { MotionBuffer, type Pose } from './motion_buffer';
import { ArrivalClock, HeardClock, heardMediaTime } from './playout_clock';
import { MEDIA_PER_MS, type MotionFrame, type ServerEvent, type Style } from './protocol';
import { Rolling } from './rolling';
import { SequenceCounter } from './sequence';
import { SoundDelay } from './sound_delay';
import { parseStyle } from './style_sync';

export interface Arrival {
  readonly atMs: number;
  readonly mediaTime: number;
  readonly sequence: number;
}

export interface Turn {
  readonly type: 'speech_started' | 'speech_ended';
  readonly mediaTime: number;
  readonly atMs: number;
}

/** `sound`: the pose belongs to what is heard. `arrival`: it is the newest that can be shown smoothly. */
export type Pairing = 'sound' | 'arrival';

export interface Showing {
  readonly pose: Pose;
  readonly pairing: Pairing;
  /** Media time asked for (the pose's own may be earlier, where it is held). */
  readonly wantedMediaTime: number;
}

/** A minute of arrivals and an hour of turns are kept for read-outs and tests. */
const ARRIVALS = 3000;
const TURNS = 1000;

export class Feed {
  readonly buffer = new MotionBuffer();
  readonly counter = new SequenceCounter();
  readonly latency = new Latency();
  readonly arrivals: Arrival[] = [];
  readonly turns: Turn[] = [];
  hello: Extract<ServerEvent, { type: 'hello' }> | null = null;
  stats: Extract<ServerEvent, { type: 'stats' }> | null = null;
  /** As the session began, or was begun anew; null before the server's hello. A server of old tells no seed. */
  lookAheadMs: number | null = null;
  seed: number | null = null;
  /** How the session's face moves, as the server told last. */
  style: Style | null = null;
  lastFrame: MotionFrame | null = null;
  /** RTP timestamp of the returned sound at media time 0, where the server has told. */
  rtpAtZero: number | null = null;
  /** Media time heard, from the last look at the sound; null without sound. */
  heardMediaTime: number | null = null;
  receiver: RTCRtpReceiver | null = null;
  private readonly arrival = new ArrivalClock();
  private readonly heard = new HeardClock();
  private readonly gaps = new Rolling(100);
  private soundDelay: SoundDelay | null = null;
  private lastArrivalMs: number | null = null;

  takeMotion(frame: MotionFrame, atMs: number): void {
    this.counter.observe(frame.sequence);
    this.buffer.push(frame);
    this.arrival.observe(atMs, frame.mediaTime, frame.discontinuity);
    this.latency.takeMotion(frame);
    if (this.lastFrame === null || frame.mediaTime > this.lastFrame.mediaTime || frame.discontinuity) {
      this.lastFrame = frame;
    }
    if (this.lastArrivalMs !== null) this.gaps.add(atMs - this.lastArrivalMs);
    this.lastArrivalMs = atMs;
    this.arrivals.push({ atMs, mediaTime: frame.mediaTime, sequence: frame.sequence });
    if (this.arrivals.length > ARRIVALS) this.arrivals.splice(0, ARRIVALS / 10);
  }

  takeEvent(event: ServerEvent, atMs: number, rttMs: number | null): void {
    switch (event.type) {
      case 'hello':
        this.hello = event;
        this.lookAheadMs = event.look_ahead_ms;
        this.seed = event.seed ?? null;
        break;
      case 'reset':
        this.lookAheadMs = event.look_ahead_ms;
        this.seed = event.seed;
        break;
      case 'stats':
        this.stats = event;
        break;
      case 'style':
        this.style = parseStyle(event);
        break;
      case 'audio_clock':
        if (event.rtp_timestamp !== this.rtpAtZero) this.heard.restart();
        this.rtpAtZero = event.rtp_timestamp;
        break;
      case 'pong':
        if (rttMs !== null) this.latency.takePong(event.media_time, atMs, rttMs);
        break;
      case 'speech_started':
      case 'speech_ended':
        this.turns.push({ type: event.type, mediaTime: event.media_time, atMs });
        if (this.turns.length > TURNS) this.turns.shift();
        break;
      default:
    }
  }

  /** Motion messages a second over the last two seconds of arrivals. */
  get hz(): number {
    const recent = this.arrivals.slice(-101);
    const first = recent[0];
    const last = recent.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return ((recent.length - 1) * 1000) / (last.atMs - first.atMs);
  }

  /** The longest gap between two arrivals lately, ms. */
  get longestGapMs(): number {
    return this.gaps.quantile(1) ?? 0;
  }

  get playoutDelayMs(): number {
    return this.arrival.delayMs;
  }

  /** The pose to show at `nowMs`; null before the first frame. Call with rising times, once a rendered frame. */
  show(nowMs: number): Showing | null {
    const live = this.arrival.mediaTimeAt(nowMs);
    const heard = this.listen(nowMs);
    this.heardMediaTime = heard;
    const wanted = heard ?? live;
    if (wanted === null) return null;
    const pose = this.buffer.sample(wanted);
    if (pose === null) return null;
    return { pose, pairing: heard === null ? 'arrival' : 'sound', wantedMediaTime: wanted };
  }

  /** Read which part of the returned sound is being played. */
  private listen(nowMs: number): number | null {
    const newest = this.lastFrame;
    if (this.receiver === null || this.rtpAtZero === null || newest === null) return null;
    const source = this.receiver.getSynchronizationSources()[0];
    if (source !== undefined) {
      // Browsers differ in whether the timestamp counts from the page's start or from 1970.
      const atMs = source.timestamp > 1e11 ? source.timestamp - performance.timeOrigin : source.timestamp;
      this.heard.observe(atMs, heardMediaTime(source.rtpTimestamp, this.rtpAtZero, newest.mediaTime));
    }
    const heard = this.heard.mediaTimeAt(nowMs);
    if (heard !== null) this.holdSoundBack(nowMs, (newest.mediaTime - heard) / MEDIA_PER_MS);
    return heard;
  }

  private holdSoundBack(nowMs: number, marginMs: number): void {
    if (this.hello === null || this.receiver === null || !('jitterBufferTarget' in this.receiver)) return;
    const first = this.soundDelay === null;
    this.soundDelay ??= new SoundDelay(this.lookAheadMs ?? this.hello.look_ahead_ms);
    if (this.soundDelay.observe(nowMs, marginMs) || first) {
      this.receiver.jitterBufferTarget = this.soundDelay.targetMs;
    }
  }
}
