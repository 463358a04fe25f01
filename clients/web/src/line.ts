/**
 * A connection that stays: opens a peer, and another when it ends, until told to stop or until trying is no use.
 */

import { retryDelayMs } from './backoff';
import { Feed } from './feed';
import { Peer } from './peer';
import { Problem } from './problems';
import type { Control, MotionFrame, ServerEvent } from './protocol';
import type { Signalling } from './whip';

export type LineState = 'closed' | 'connecting' | 'open' | 'waiting';

export interface LineListener {
  /** `problem` says why the line is waiting or closed, where it is not by wish. */
  onState(state: LineState, problem: Problem | null): void;
  onEvent(event: ServerEvent): void;
  onMotion?(frame: MotionFrame): void;
  onSound(stream: MediaStream): void;
}

export interface LineOptions {
  /** Asked for at every try: a viewer of a speaker who reconnected watches another session. */
  readonly path: () => string;
  readonly signalling: Signalling;
  /** The track to send; null for a viewer. Asked for at every try. */
  readonly track: () => MediaStreamTrack | null;
  readonly listener: LineListener;
}

export class Line {
  /** What the present (or last) connection brought. */
  feed = new Feed();
  sessionId: string | null = null;
  private peer: Peer | null = null;
  private state_: LineState = 'closed';
  private attempt = 0;
  private timer = 0;
  private generation = 0;

  constructor(private readonly options: LineOptions) {}

  get state(): LineState {
    return this.state_;
  }

  open(): void {
    if (this.state_ !== 'closed') return;
    this.attempt = 0;
    void this.connect();
  }

  close(tell = true): void {
    this.generation += 1;
    clearTimeout(this.timer);
    this.peer?.close(tell);
    this.peer = null;
    this.set('closed', null);
  }

  /** The network or the page has come back: look whether the connection lives, or try at once. */
  nudge(): void {
    if (this.state_ === 'open') this.peer?.check();
    else if (this.state_ === 'waiting') {
      clearTimeout(this.timer);
      this.attempt = 0;
      void this.connect();
    }
  }

  send(control: Control): void {
    this.peer?.send(control);
  }

  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    await this.peer?.replaceTrack(track);
  }

  private async connect(): Promise<void> {
    const generation = ++this.generation;
    const current = (): boolean => generation === this.generation;
    this.set('connecting', null);
    try {
      const { iceServers } = await this.options.signalling.config();
      if (!current()) return;
      const feed = new Feed();
      let opening = true;
      const peer: Peer = new Peer(
        this.options.signalling,
        {
          onOpen: () => {
            if (!current()) return;
            this.attempt = 0;
            this.set('open', null);
          },
          onMotion: (frame, atMs) => {
            feed.takeMotion(frame, atMs);
            if (current()) this.options.listener.onMotion?.(frame);
          },
          onEvent: (event, atMs) => {
            feed.takeEvent(event, atMs, peer.rttMs);
            if (!current()) return;
            if (event.type === 'hello') this.sessionId = event.session;
            this.options.listener.onEvent(event);
          },
          onSound: (receiver, stream) => {
            feed.receiver = receiver;
            if (current()) this.options.listener.onSound(stream);
          },
          onEnd: (problem) => {
            if (current() && !opening) this.fail(problem);
          },
        },
        iceServers,
        this.options.track(),
      );
      this.peer = peer;
      this.feed = feed;
      const sessionId = await peer.open(this.options.path());
      opening = false;
      if (!current()) {
        peer.close();
        return;
      }
      if (sessionId !== null) this.sessionId = sessionId;
    } catch (error) {
      if (!current()) return;
      this.fail(error instanceof Problem ? error : new Problem('protocol', String(error)));
    }
  }

  private fail(problem: Problem): void {
    this.generation += 1;
    this.peer = null;
    if (problem.remedy !== 'auto') {
      this.set('closed', problem);
      return;
    }
    const wait = retryDelayMs(this.attempt++, problem.retryAfterMs, Math.random());
    this.timer = window.setTimeout(() => void this.connect(), wait);
    this.set('waiting', problem);
  }

  private set(state: LineState, problem: Problem | null): void {
    this.state_ = state;
    this.options.listener.onState(state, problem);
  }
}
