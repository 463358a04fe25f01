import { afterEach, describe, expect, it, vi } from 'vitest';

import { retryDelayMs } from '../src/backoff';
import { parsePageParams } from '../src/page_params';
import { parsePreferences } from '../src/preferences';
import { viewerLink, whepPath } from '../src/whep';
import { Signalling, trickleFragment, whipPath } from '../src/whip';

describe('retryDelayMs', () => {
  it('meets a server that is back within two seconds, however long it was away', () => {
    for (let attempt = 0; attempt < 200; attempt++) expect(retryDelayMs(attempt, null, 1)).toBeLessThanOrEqual(1500);
  });

  it('starts quickly, never hurries, and slows down in the end', () => {
    expect(retryDelayMs(0, null, 1)).toBe(250);
    for (let attempt = 0; attempt < 300; attempt++) expect(retryDelayMs(attempt, null, 0)).toBeGreaterThanOrEqual(200);
    expect(retryDelayMs(1000, null, 1)).toBe(5000);
  });

  it('waits as long as the server asks, within reason', () => {
    expect(retryDelayMs(0, 5000, 1)).toBe(5000);
    expect(retryDelayMs(0, 3_600_000, 1)).toBe(30_000);
    expect(retryDelayMs(3, 0, 1)).toBe(1500);
  });
});

describe('a server that does not answer', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  function answerNothing(): void {
    vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
      return signal?.aborted ? Promise.reject(signal.reason as Error) : Promise.reject(new TypeError('refused'));
    });
  }

  it('is gone, and tried again, when its time is up', async () => {
    answerNothing();
    vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
    await expect(new Signalling(null).config()).rejects.toMatchObject({ code: 'server_gone', remedy: 'auto' });
  });

  it('is nobody’s problem when the page itself gave up', async () => {
    answerNothing();
    const offer = new Signalling(null).offer('/whip', '', AbortSignal.abort());
    await expect(offer).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('addresses', () => {
  it('carry what the page was asked for', () => {
    expect(whipPath({ lookAheadMs: null, seed: null })).toBe('/whip');
    expect(whipPath({ lookAheadMs: 40, seed: 7 })).toBe('/whip?look_ahead_ms=40&seed=7');
    expect(whepPath('a/b')).toBe('/whep/a%2Fb');
    expect(viewerLink('https://example.org', 'Zx3')).toBe('https://example.org/?watch=Zx3');
  });

  it('are read without trusting them', () => {
    expect(parsePageParams('')).toEqual({
      watch: null,
      lookAheadMs: null,
      seed: null,
      rawMicrophone: false,
      finish: 'auto',
      light: null,
      look: null,
      background: null,
      framing: null,
      chrome: true,
    });
    expect(parsePageParams('?watch=Zx3&look_ahead_ms=20&seed=x&raw=1&finish=full&light=1')).toEqual({
      watch: 'Zx3',
      lookAheadMs: 20,
      seed: null,
      rawMicrophone: true,
      finish: 'full',
      light: true,
      look: null,
      background: null,
      framing: null,
      chrome: true,
    });
  });
});

describe('preferences', () => {
  it('survive what is not ours', () => {
    const defaults = parsePreferences(null);
    expect(defaults).toMatchObject({ mirror: true, echoCancellation: true, deviceId: null });
    for (const stored of ['', '{', '[]', '7', '{"mirror": "no", "deviceId": 3}']) {
      expect(parsePreferences(stored)).toEqual(defaults);
    }
    expect(parsePreferences('{"mirror": false, "deviceId": "usb"}')).toMatchObject({ mirror: false, deviceId: 'usb' });
  });
});

describe('trickleFragment', () => {
  it('ties late candidates to the session (RFC 8840)', () => {
    const sdp =
      'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=mid:0\r\n' +
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n';
    const late = [{ candidate: 'candidate:1 1 UDP 2130706431 198.51.100.1 39132 typ host' } as RTCIceCandidate];
    expect(trickleFragment(sdp, late, true)).toBe(
      'a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n' +
        'a=candidate:1 1 UDP 2130706431 198.51.100.1 39132 typ host\r\na=end-of-candidates\r\n',
    );
  });
});
