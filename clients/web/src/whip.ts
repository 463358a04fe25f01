/**
 * WHIP (RFC 9725) signalling, and what WHEP shares with it: POST an offer, PATCH candidates, DELETE to end.
 */

import { Problem, problemOfStatus } from './problems';

export interface Answer {
  /** The SDP answer. */
  readonly sdp: string;
  /** The session's (or viewer's) resource, for PATCH and DELETE. */
  readonly resource: string;
  /** `X-Session-Id`, where the server sends it. */
  readonly sessionId: string | null;
  readonly etag: string | null;
}

/** What the server tells of itself before any session. */
export interface ServerConfig {
  /** As `RTCPeerConnection` takes them. */
  readonly iceServers: RTCIceServer[];
  /** Of a session that asks for none; null where the server does not tell. */
  readonly lookAheadMs: number | null;
}

/** A server that has not heard of a session's end within this finds out by itself. */
const END_MS = 3000;

/** One HTTP door of the server; every request carries the token, if there is one. */
export class Signalling {
  constructor(public token: string | null) {}

  /**
   * POST an SDP offer.
   *
   * @throws Problem saying what is wrong and whether trying again can help.
   */
  async offer(path: string, sdp: string, signal: AbortSignal): Promise<Answer> {
    const response = await this.request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp' },
      body: sdp,
      signal,
    });
    const location = response.headers.get('Location');
    if (response.status !== 201 || location === null) {
      throw new Problem('protocol', `The server answered ${response.status} without a session to speak to.`);
    }
    return {
      sdp: await response.text(),
      resource: new URL(location, response.url || document.baseURI).href,
      sessionId: response.headers.get('X-Session-Id'),
      etag: response.headers.get('ETag'),
    };
  }

  /** Trickle further candidates (RFC 8840 fragment); a session that has gone by then is not an error here. */
  async trickle(answer: Answer, fragment: string): Promise<void> {
    const headers: Record<string, string> = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
    if (answer.etag !== null) headers['If-Match'] = answer.etag;
    await this.request(answer.resource, { method: 'PATCH', headers, body: fragment });
  }

  /** End the session, or give up on telling the server. `keepalive` lets the request outlive the page. */
  async end(answer: Answer): Promise<void> {
    const signal = AbortSignal.timeout(END_MS);
    try {
      await fetch(answer.resource, { method: 'DELETE', headers: this.authorization(), keepalive: true, signal });
    } catch {
      // The server is gone or going, and the session with it.
    }
  }

  async config(): Promise<ServerConfig> {
    const response = await this.request('/api/config', { signal: AbortSignal.timeout(5000) });
    const told = (await response.json()) as { ice_servers?: unknown; look_ahead_ms?: unknown } | null;
    // Plain URLs, or objects with credentials.
    const listed = Array.isArray(told?.ice_servers) ? (told.ice_servers as unknown[]) : [];
    return {
      iceServers: listed.map((entry) => (typeof entry === 'string' ? { urls: entry } : (entry as RTCIceServer))),
      lookAheadMs: typeof told?.look_ahead_ms === 'number' ? told.look_ahead_ms : null,
    };
  }

  private async request(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers: { ...init.headers, ...this.authorization() } });
    } catch (error) {
      // What was given up is no problem; an answer that did not come in time is.
      if (init.signal?.aborted && !(error instanceof DOMException && error.name === 'TimeoutError')) throw error;
      throw new Problem('server_gone');
    }
    if (response.ok) return response;
    throw problemOfStatus(response.status, await response.text(), response.headers.get('Retry-After'));
  }

  private authorization(): Record<string, string> {
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
  }
}

export interface SpeakerOptions {
  readonly lookAheadMs: number | null;
  readonly seed: number | null;
}

/** The WHIP endpoint for a speaker. */
export function whipPath(options: SpeakerOptions): string {
  const query = new URLSearchParams();
  if (options.lookAheadMs !== null) query.set('look_ahead_ms', String(options.lookAheadMs));
  if (options.seed !== null) query.set('seed', String(options.seed));
  const text = query.toString();
  return text === '' ? '/whip' : `/whip?${text}`;
}

/**
 * The fragment that announces candidates found after the offer was sent (RFC 8840, section 9).
 *
 * @param sdp The local description: its ice-ufrag, ice-pwd and first media line tie the fragment to the session.
 */
export function trickleFragment(sdp: string, candidates: readonly RTCIceCandidate[], finished: boolean): string {
  const line = (prefix: string): string | undefined => sdp.split(/\r?\n/).find((text) => text.startsWith(prefix));
  const lines = [line('a=ice-ufrag:'), line('a=ice-pwd:'), line('m='), line('a=mid:')];
  for (const candidate of candidates) lines.push(`a=${candidate.candidate}`);
  if (finished) lines.push('a=end-of-candidates');
  return lines.filter((text) => text !== undefined).join('\r\n') + '\r\n';
}
