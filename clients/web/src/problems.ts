/** What can go wrong, in words a person can act on, and whether the page tries again by itself. */

export type ProblemCode =
  | 'mic_denied'
  | 'mic_missing'
  | 'mic_busy'
  | 'mic_insecure'
  | 'mic_failed'
  | 'mic_lost'
  | 'sample_failed'
  | 'token_needed'
  | 'token_wrong'
  | 'forbidden'
  | 'server_full'
  | 'server_starting'
  | 'server_gone'
  | 'server_error'
  | 'session_unknown'
  | 'session_closed'
  | 'session_idle'
  | 'ice_failed'
  | 'connection_lost'
  | 'engine_restarting'
  | 'engine_busy'
  | 'engine_stumbled'
  | 'protocol'
  | 'no_webrtc'
  | 'no_webgl'
  | 'head_failed'
  | 'avatar_too_large'
  | 'avatar_not_gltf'
  | 'avatar_external'
  | 'avatar_compressed'
  | 'avatar_broken'
  | 'avatar_no_face'
  | 'avatar_not_kept';

/** `auto`: the page goes on trying. `user`: a button tries again. `token`: a token is asked for. `none`: nothing helps here. */
export type Remedy = 'auto' | 'user' | 'token' | 'none';

interface Words {
  readonly title: string;
  /** What to do next. */
  readonly advice: string;
  readonly remedy: Remedy;
}

const WORDS: Record<ProblemCode, Words> = {
  mic_denied: {
    title: 'The microphone is blocked',
    advice:
      'Allow it with the microphone or lock sign beside the page’s address, then press “Talk” again. Or listen to a sample voice.',
    remedy: 'user',
  },
  mic_missing: {
    title: 'No microphone found',
    advice: 'Plug one in, then press “Talk” again. Or listen to a sample voice.',
    remedy: 'user',
  },
  mic_busy: {
    title: 'The microphone is in use elsewhere',
    advice: 'Close the program that holds it, or choose another microphone in the settings, then press “Talk” again.',
    remedy: 'user',
  },
  mic_insecure: {
    title: 'The browser gives the microphone to secure pages only',
    advice:
      'Open this page as https://… or on the server’s own machine as http://localhost…. A sample voice works here too.',
    remedy: 'user',
  },
  mic_failed: {
    title: 'The microphone could not be opened',
    advice: 'Choose another one in the settings or plug it in anew, then press “Talk” again.',
    remedy: 'user',
  },
  mic_lost: {
    title: 'The microphone was unplugged',
    advice: 'Plug it in again or choose another in the settings, then press “Talk” again.',
    remedy: 'user',
  },
  sample_failed: {
    title: 'The sample voice could not be played',
    advice: 'Reload the page and try again, or use the microphone.',
    remedy: 'user',
  },
  token_needed: {
    title: 'This server asks for a token',
    advice: 'Enter the token it was started with; whoever runs the server knows it.',
    remedy: 'token',
  },
  token_wrong: {
    title: 'The server did not accept the token',
    advice: 'Check it and enter it again; whoever runs the server knows it.',
    remedy: 'token',
  },
  forbidden: {
    title: 'The server does not answer pages from this address',
    advice: 'Open the address the server printed when it started, or allow this one in its settings.',
    remedy: 'none',
  },
  server_full: {
    title: 'The server has no free place right now',
    advice: 'The page takes the next free place by itself. You can leave it open.',
    remedy: 'auto',
  },
  server_starting: {
    title: 'The server is starting or restarting',
    advice: 'The page connects by itself in a moment.',
    remedy: 'auto',
  },
  server_gone: {
    title: 'The server does not answer',
    advice: 'The page reconnects by itself as soon as it is back. If it was stopped, start it again.',
    remedy: 'auto',
  },
  server_error: {
    title: 'The server ran into an error',
    advice: 'The page tries again by itself. If it goes on, the server’s log says why.',
    remedy: 'auto',
  },
  session_unknown: {
    title: 'There is nobody to watch here',
    advice: 'The session has ended or the link is old. Ask the speaker for a new link.',
    remedy: 'user',
  },
  session_closed: {
    title: 'The session has ended',
    advice: 'Start a new one whenever you like.',
    remedy: 'user',
  },
  session_idle: {
    title: 'The session ended because nothing was heard for a while',
    advice: 'Start a new one whenever you like.',
    remedy: 'user',
  },
  ice_failed: {
    title: 'Sound and motion found no way to the server',
    advice:
      'A firewall or VPN may block UDP. Try another network, or set up a TURN server in the server’s ICE settings. The page keeps trying.',
    remedy: 'auto',
  },
  connection_lost: {
    title: 'The connection was lost',
    advice: 'The page reconnects by itself.',
    remedy: 'auto',
  },
  engine_restarting: {
    title: 'The face does not follow the voice right now',
    advice: 'The server is starting its engine again; the face goes on by itself in a moment.',
    remedy: 'auto',
  },
  engine_busy: {
    title: 'The server cannot keep up',
    advice: 'It left out some sound, and the face may stutter. Fewer sessions or a faster machine would help.',
    remedy: 'auto',
  },
  engine_stumbled: {
    title: 'Something went wrong in the server',
    advice: 'The session goes on by itself. If this comes again and again, the server’s log says why.',
    remedy: 'auto',
  },
  protocol: {
    title: 'Page and server do not understand each other',
    advice: 'Reload the page; if that does not help, they are of different versions: update the server.',
    remedy: 'user',
  },
  no_webrtc: {
    title: 'This browser cannot make the connection (WebRTC is missing)',
    advice: 'Open the page in a current Chrome, Edge, Firefox or Safari.',
    remedy: 'none',
  },
  no_webgl: {
    title: 'This browser cannot draw the face (WebGL is off)',
    advice: 'Switch hardware acceleration on in the browser’s settings, or use another browser.',
    remedy: 'none',
  },
  head_failed: {
    title: 'The face could not be loaded',
    advice: 'Reload the page. If that does not help, build the web client anew on the server.',
    remedy: 'none',
  },
  avatar_too_large: {
    title: 'This file is too large for an avatar',
    advice: 'Up to 80 MB are taken. Export it with smaller textures, or only the character without its scene.',
    remedy: 'user',
  },
  avatar_not_gltf: {
    title: 'This is no avatar the studio can read',
    advice: 'It takes VRM (.vrm) and glTF 2.0 (.glb or .gltf) files.',
    remedy: 'user',
  },
  avatar_external: {
    title: 'Parts of this avatar are in other files',
    advice: 'Export it as one file: .glb or .vrm, or .gltf with everything embedded.',
    remedy: 'user',
  },
  avatar_compressed: {
    title: 'This avatar is compressed in a way the studio cannot read',
    advice: 'Export it without that compression.',
    remedy: 'user',
  },
  avatar_broken: {
    title: 'This avatar could not be opened',
    advice: 'The file seems damaged. Export it once more from the program it was made with.',
    remedy: 'user',
  },
  avatar_no_face: {
    title: 'This model has no face that can speak',
    advice:
      'The studio moves shape keys (blend shapes): ARKit’s, such as jawOpen and eyeBlinkLeft, or the mouth shapes of a VRM (aa, ih, ou, ee, oh). Add them, or choose another model.',
    remedy: 'user',
  },
  avatar_not_kept: {
    title: 'The avatar is shown, but could not be kept for next time',
    advice: 'The browser gives this page no room to store it (a private window, or a full disk).',
    remedy: 'user',
  },
};

/** A failure with a code; its words are the same wherever it is shown. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    /** What the server or browser said, for the curious; may be empty. */
    readonly detail = '',
    /** How long the server asks to wait before the next try. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(`${WORDS[code].title}. ${detail}`.trim());
    this.name = 'Problem';
  }

  get title(): string {
    return WORDS[this.code].title;
  }

  get advice(): string {
    return WORDS[this.code].advice;
  }

  get remedy(): Remedy {
    return WORDS[this.code].remedy;
  }
}

export const PROBLEM_CODES = Object.keys(WORDS) as ProblemCode[];

/** The problem behind an HTTP status; the body may be the server's `{"code", "detail"}`. */
export function problemOfStatus(status: number, body: string, retryAfter: string | null): Problem {
  let detail = '';
  let code = '';
  try {
    const parsed = JSON.parse(body) as { code?: unknown; detail?: unknown } | null;
    if (typeof parsed?.code === 'string') code = parsed.code;
    if (typeof parsed?.detail === 'string') detail = parsed.detail;
  } catch {
    // Not ours (a proxy's page, say): the status alone speaks.
  }
  const seconds = Number(retryAfter ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
  if (status === 401) return new Problem('token_needed', detail);
  if (status === 403) return new Problem('forbidden', detail);
  if (status === 404) return new Problem('session_unknown', detail);
  // A place may be minutes away and is worth the wait asked for; a starting server is back within moments.
  if (status === 503 && (code === 'not_ready' || code === 'shutting_down')) {
    return new Problem('server_starting', detail);
  }
  if (status === 503) return new Problem('server_full', detail, retryAfterMs);
  // A proxy in front of a server that is starting answers 502 or 504.
  if (status === 502 || status === 504) return new Problem('server_gone', detail, retryAfterMs);
  if (status >= 500) return new Problem('server_error', detail, retryAfterMs);
  return new Problem('protocol', detail === '' ? `The server answered ${status}.` : detail);
}

/** The problem behind an `error` event; null for what is no person's concern. */
export function problemOfError(code: string, detail: string): Problem | null {
  // A control was refused: the page's own mistake, and the controls show what the server has.
  if (code === 'bad_message') return null;
  if (code === 'engine_restarted' || code === 'engine_failed') return new Problem('engine_restarting', detail);
  return new Problem(code === 'overloaded' ? 'engine_busy' : 'engine_stumbled', detail);
}

/** The problem behind what `getUserMedia` threw. */
export function problemOfMicrophone(error: unknown): Problem {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  const detail = error instanceof Error || error instanceof DOMException ? error.message : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return new Problem('mic_denied', detail);
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return new Problem('mic_missing', detail);
  if (name === 'NotReadableError' || name === 'AbortError') return new Problem('mic_busy', detail);
  return new Problem('mic_failed', detail);
}
