/**
 * One connection to the server: a peer connection with the `motion` and `control` channels, as speaker or viewer.
 *
 * A `Peer` is used once. It reports what arrives through its listener and ends exactly once, by `close()` or by
 * `onEnd(problem)`; whoever owns it decides about another try.
 */

import { CHANNELS } from './channels';
import { Problem } from './problems';
import { decodeMotion, encodeControl, parseEvent, type Control, type MotionFrame, type ServerEvent } from './protocol';
import { trickleFragment, type Answer, type Signalling } from './whip';

export interface PeerListener {
  /** The motion channel is open and the server has said hello. */
  onOpen(): void;
  onMotion(frame: MotionFrame, atMs: number): void;
  onEvent(event: ServerEvent, atMs: number): void;
  /** A viewer's sound. */
  onSound(receiver: RTCRtpReceiver, stream: MediaStream): void;
  onEnd(problem: Problem): void;
}

/** Candidates found later than this are trickled. Without STUN gathering is over long before. */
const GATHERING_MS = 500;
/** A server that has answered is connected to within this, or there is no way through. */
const CONNECT_MS = 15_000;
/** The server speaks at least once a second (stats, pongs): silence for this long means it is gone. */
const SILENCE_MS = 2500;
const PING_MS = 1000;

export class Peer {
  private readonly connection: RTCPeerConnection;
  private readonly motion: RTCDataChannel;
  private readonly control: RTCDataChannel;
  private readonly sender: RTCRtpSender | null = null;
  private readonly abort = new AbortController();
  private readonly pings = new Map<number, number>();
  private answer: Answer | null = null;
  private late: RTCIceCandidate[] = [];
  private ended = false;
  private opened = false;
  private saidHello = false;
  private lastHeardMs = Number.POSITIVE_INFINITY;
  private nextPing = 1;
  private timer = 0;
  private deadline = 0;
  /** Round-trip time of the last ping, ms. */
  rttMs: number | null = null;

  /**
   * @param microphone the track a speaker sends; null for a viewer, who receives one.
   */
  constructor(
    private readonly signalling: Signalling,
    private readonly listener: PeerListener,
    iceServers: RTCIceServer[],
    microphone: MediaStreamTrack | null,
  ) {
    this.connection = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    if (microphone !== null) {
      this.sender = this.connection.addTransceiver(microphone, { direction: 'sendonly' }).sender;
    } else {
      this.connection.addTransceiver('audio', { direction: 'recvonly' });
    }
    this.motion = this.connection.createDataChannel('motion', { ordered: false, maxRetransmits: 0 });
    this.motion.binaryType = 'arraybuffer';
    this.control = this.connection.createDataChannel('control');
    this.motion.onmessage = (message: MessageEvent<unknown>) => this.takeMotion(message.data);
    this.control.onmessage = (message: MessageEvent<unknown>) => this.takeEvent(message.data);
    this.motion.onopen = () => this.checkOpen();
    this.control.onopen = () => this.ping();
    this.motion.onclose = this.control.onclose = () => this.fail(new Problem('connection_lost'));
    this.connection.ontrack = (event) =>
      this.listener.onSound(event.receiver, event.streams[0] ?? new MediaStream([event.track]));
    this.connection.onicecandidate = (event) => this.trickle(event.candidate);
    this.connection.onconnectionstatechange = () => {
      if (this.connection.connectionState === 'failed') {
        this.fail(new Problem(this.opened ? 'connection_lost' : 'ice_failed'));
      }
    };
  }

  /**
   * Offer, and take the server's answer. Returns the session id where the server names it.
   *
   * @throws Problem; the peer is closed then, and `onEnd` is not called.
   */
  async open(path: string): Promise<string | null> {
    try {
      await this.connection.setLocalDescription();
      await this.gathered();
      const offer = this.connection.localDescription;
      if (offer === null) throw new Problem('connection_lost');
      this.late = [];
      const answer = await this.signalling.offer(path, offer.sdp, this.abort.signal);
      this.answer = answer;
      if (this.ended) {
        void this.signalling.end(answer);
        throw new Problem('connection_lost');
      }
      await this.connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
      this.deadline = window.setTimeout(() => this.fail(new Problem('ice_failed')), CONNECT_MS);
      if (this.late.length > 0) this.trickle(null);
      return answer.sessionId;
    } catch (error) {
      const endedMeanwhile = this.ended;
      this.close();
      if (error instanceof Problem) throw error;
      if (endedMeanwhile) throw new Problem('connection_lost');
      throw new Problem('protocol', error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * End the session on both sides. Safe to call twice, and while the page goes away.
   *
   * The connection is held until the server has heard of it: were it to see the connection go first, it would end the
   * session by itself, and know none when it is told.
   *
   * @param tell whether the server must hear of it; a viewer that goes with its session is gone already.
   */
  close(tell = true): void {
    if (this.ended) return;
    this.ended = true;
    this.abort.abort();
    clearInterval(this.timer);
    clearTimeout(this.deadline);
    const told = tell && this.answer !== null ? this.signalling.end(this.answer) : Promise.resolve();
    void told.then(() => this.connection.close());
  }

  /** Send another track in the microphone's place, without negotiating anew. */
  async replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    await this.sender?.replaceTrack(track);
  }

  send(control: Control): void {
    if (this.control.readyState === 'open') this.control.send(encodeControl(control));
  }

  /** Look at once whether the server still speaks (after sleep, say, when timers stood still). */
  check(): void {
    if (this.opened && performance.now() - this.lastHeardMs > SILENCE_MS) this.fail(new Problem('connection_lost'));
  }

  private async gathered(): Promise<void> {
    if (this.connection.iceGatheringState === 'complete') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHERING_MS);
      this.connection.addEventListener('icegatheringstatechange', () => {
        if (this.connection.iceGatheringState !== 'complete') return;
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Candidates that came after the offer: kept until there is a session to tell, then sent; null ends them. */
  private trickle(candidate: RTCIceCandidate | null): void {
    if (candidate !== null && candidate.candidate !== '') this.late.push(candidate);
    const offer = this.connection.localDescription;
    if (this.ended || this.answer === null || this.late.length === 0 || offer === null) return;
    const finished = this.connection.iceGatheringState === 'complete';
    const fragment = trickleFragment(offer.sdp, this.late.splice(0), finished);
    this.signalling.trickle(this.answer, fragment).catch((problem: unknown) => {
      // The candidates in the offer may do; if not, the connection's own deadline says so.
      console.warn('A late network candidate could not be announced.', problem);
    });
  }

  private takeMotion(data: unknown): void {
    if (this.ended || !(data instanceof ArrayBuffer)) return;
    const now = performance.now();
    this.lastHeardMs = now;
    const frame = decodeMotion(data);
    if (frame !== null) this.listener.onMotion(frame, now);
  }

  private takeEvent(data: unknown): void {
    if (this.ended || typeof data !== 'string') return;
    const now = performance.now();
    this.lastHeardMs = now;
    const event = parseEvent(data);
    if (event === null) return;
    if (event.type === 'pong') {
      const sent = this.pings.get(event.id);
      if (sent !== undefined) this.rttMs = now - sent;
      this.pings.delete(event.id);
    } else if (event.type === 'hello') {
      if (event.channels.length !== CHANNELS.length || event.channels.some((name, i) => name !== CHANNELS[i])) {
        this.fail(new Problem('protocol', 'The server announces other motion channels than this page knows.'));
        return;
      }
      this.saidHello = true;
    }
    this.listener.onEvent(event, now);
    if (event.type === 'hello') this.checkOpen();
    if (event.type === 'bye') {
      // The session has ended on the server's side; there is nothing left to DELETE.
      this.answer = null;
      if (event.reason === 'idle') this.fail(new Problem('session_idle'));
      else if (event.reason === 'closed') this.fail(new Problem('session_closed'));
      else this.fail(new Problem('connection_lost'));
    }
  }

  private checkOpen(): void {
    if (this.opened || this.ended || !this.saidHello || this.motion.readyState !== 'open') return;
    this.opened = true;
    clearTimeout(this.deadline);
    this.timer = window.setInterval(() => {
      this.check();
      this.ping();
    }, PING_MS);
    this.listener.onOpen();
  }

  private ping(): void {
    if (this.ended || this.control.readyState !== 'open') return;
    const id = this.nextPing++;
    this.pings.set(id, performance.now());
    // Unanswered pings are forgotten, oldest first.
    if (this.pings.size > 10) this.pings.delete(this.pings.keys().next().value!);
    this.send({ type: 'ping', id });
  }

  private fail(problem: Problem): void {
    if (this.ended) return;
    this.close();
    this.listener.onEnd(problem);
  }
}
