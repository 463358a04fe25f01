import { describe, expect, it } from 'vitest';

import { PROBLEM_CODES, Problem, problemOfError, problemOfMicrophone, problemOfStatus } from '../src/problems';

describe('problems', () => {
  it.each(PROBLEM_CODES)('%s says what is wrong and what to do', (code) => {
    const problem = new Problem(code);
    expect(problem.title).toMatch(/^[A-Z“].{8,}[^.]$/);
    expect(problem.advice).toMatch(/^[A-Z].{12,}\.$/);
    // Words of the trade help nobody.
    expect(`${problem.title} ${problem.advice}`).not.toMatch(
      /SDP|ICE failed|exception|undefined|null|DataChannel|\b\d{3}\b/,
    );
  });

  it.each([
    [401, 'bad_token', 'token_needed'],
    [403, 'foreign_origin', 'forbidden'],
    [404, 'unknown_session', 'session_unknown'],
    [422, 'no_audio', 'protocol'],
    [500, 'internal', 'server_error'],
    [502, '', 'server_gone'],
    [503, 'full', 'server_full'],
    [503, 'not_ready', 'server_starting'],
    [503, 'shutting_down', 'server_starting'],
  ])('reads status %i %s as %s', (status, code, expected) => {
    const problem = problemOfStatus(status, JSON.stringify({ code, detail: 'Do this.' }), null);
    expect(problem).toMatchObject({ code: expected, detail: 'Do this.' });
  });

  it.each([
    ['engine_restarted', 'engine_restarting'],
    ['engine_failed', 'engine_restarting'],
    ['overloaded', 'engine_busy'],
    ['slot_reset', 'engine_stumbled'],
    ['what_comes_later', 'engine_stumbled'],
  ])('reads the error event %s as %s, and a control refused as no person’s concern', (code, expected) => {
    expect(problemOfError(code, 'because')).toMatchObject({ code: expected, detail: 'because' });
    expect(problemOfError('bad_message', 'because')).toBeNull();
  });

  it('honours Retry-After for a place, and survives bodies that are not ours', () => {
    expect(problemOfStatus(503, '<html>', '5')).toMatchObject({ code: 'server_full', retryAfterMs: 5000, detail: '' });
    expect(problemOfStatus(503, 'null', 'Wed, 21 Oct')).toMatchObject({ retryAfterMs: null });
    expect(problemOfStatus(418, '', null).detail).toContain('418');
  });

  it.each([
    ['NotAllowedError', 'mic_denied'],
    ['NotFoundError', 'mic_missing'],
    ['OverconstrainedError', 'mic_missing'],
    ['NotReadableError', 'mic_busy'],
    ['TypeError', 'mic_failed'],
  ])('reads %s of getUserMedia as %s', (name, code) => {
    expect(problemOfMicrophone(new DOMException('because', name))).toMatchObject({ code, detail: 'because' });
  });

  it('goes on by itself for what passes, and only for that', () => {
    const auto = PROBLEM_CODES.filter((code) => new Problem(code).remedy === 'auto');
    expect(auto.toSorted()).toEqual(
      [
        'connection_lost',
        'engine_busy',
        'engine_restarting',
        'engine_stumbled',
        'ice_failed',
        'server_error',
        'server_full',
        'server_gone',
        'server_starting',
      ].toSorted(),
    );
  });
});
