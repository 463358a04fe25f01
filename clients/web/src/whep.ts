/** WHEP (draft-ietf-wish-whep-03): the door for viewers. Signalling is WHIP's; only the address differs. */

/** The WHEP endpoint of a session. */
export function whepPath(sessionId: string): string {
  return `/whep/${encodeURIComponent(sessionId)}`;
}

/** The address of a page that watches a session, to be handed to others. Carries no token: a link gets around. */
export function viewerLink(origin: string, sessionId: string): string {
  return `${origin}/?watch=${encodeURIComponent(sessionId)}`;
}
