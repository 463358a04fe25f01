import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { CHANNELS, channelsByName } from '../src/channels';
import { decodeMotion, encodeControl, parseEvent, type Control } from '../src/protocol';

const golden = fileURLToPath(new URL('../../protocol/golden/', import.meta.url));

interface GoldenMotion {
  message: {
    speaking: boolean;
    discontinuity: boolean;
    asleep: boolean;
    sequence: number;
    media_time: number;
    ear_queue_ms: number;
    model_ms: number;
    return_ms: number;
    channels: Record<string, number>;
  } | null;
}

const json = (path: string): unknown => JSON.parse(readFileSync(golden + path, 'utf8'));
const names = (folder: string, end: string): string[] =>
  readdirSync(golden + folder)
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length));

function binary(path: string): ArrayBuffer {
  const bytes = readFileSync(golden + path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

describe('motion messages', () => {
  it.each(names('motion', '.bin'))('reads %s as the golden files say', (name) => {
    const expected = (json(`motion/${name}.json`) as GoldenMotion).message;
    const frame = decodeMotion(binary(`motion/${name}.bin`));
    if (expected === null) {
      expect(frame).toBeNull();
      return;
    }
    expect(frame).toMatchObject({
      mediaTime: expected.media_time,
      sequence: expected.sequence,
      speaking: expected.speaking,
      discontinuity: expected.discontinuity,
      asleep: expected.asleep,
    });
    expect(frame!.earQueueMs).toBeCloseTo(expected.ear_queue_ms, 6);
    expect(frame!.modelMs).toBeCloseTo(expected.model_ms, 6);
    expect(frame!.returnMs).toBeCloseTo(expected.return_ms, 6);
    const channels = channelsByName(frame!.channels);
    expect(Object.keys(channels)).toEqual(Object.keys(expected.channels));
    for (const [channel, value] of Object.entries(expected.channels)) expect(channels[channel]).toBeCloseTo(value, 4);
  });

  it('has golden files to read', () => {
    expect(names('motion', '.bin').length).toBeGreaterThan(4);
  });
});

describe('events', () => {
  it.each(names('events', '.json'))('reads the golden %s', (name) => {
    const event = parseEvent(JSON.stringify(json(`events/${name}.json`)));
    expect(event).toEqual(json(`events/${name}.json`));
  });

  it('agrees with the server on the channels', () => {
    expect(json('events/hello.json')).toMatchObject({ channels: CHANNELS });
  });

  it.each([
    '',
    'null',
    '[]',
    '7',
    '{"type": "dance"}',
    '{"type": "toString"}',
    '{"type": "pong", "id": "7"}',
    '{"type": "style", "mouth_gain": 1, "media_time": 0}',
    '{"type',
  ])('ignores %j', (text) => {
    expect(parseEvent(text)).toBeNull();
  });
});

describe('controls', () => {
  it.each(names('controls', '.json'))('writes %s as the golden file has it', (name) => {
    const control = json(`controls/${name}.json`) as Control;
    expect(JSON.parse(encodeControl(control))).toEqual(control);
  });
});
