import { describe, expect, it } from 'vitest';

import { LARGEST_BYTES, checkSize, inspectAvatar } from '../src/avatar_file';
import { Problem } from '../src/problems';

const text = (json: unknown): ArrayBuffer => new TextEncoder().encode(JSON.stringify(json)).buffer as ArrayBuffer;

function glb(json: unknown, { version = 2, longer = 0 } = {}): ArrayBuffer {
  const chunk = new TextEncoder().encode(JSON.stringify(json).padEnd(200));
  const bytes = new ArrayBuffer(20 + chunk.length);
  const view = new DataView(bytes);
  [0x46546c67, version, bytes.byteLength + longer, chunk.length, 0x4e4f534a].forEach((word, i) =>
    view.setUint32(4 * i, word, true),
  );
  new Uint8Array(bytes, 20).set(chunk);
  return bytes;
}

function codeOf(act: () => unknown): string | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

const PLAIN = { asset: { version: '2.0' } };

describe('inspectAvatar', () => {
  it('tells the kinds apart, packed or as text', () => {
    for (const pack of [text, glb]) {
      expect(inspectAvatar(pack(PLAIN))).toEqual({ kind: 'gltf', meshopt: false });
      expect(inspectAvatar(pack({ ...PLAIN, extensions: { VRM: {} } })).kind).toBe('vrm0');
      expect(inspectAvatar(pack({ ...PLAIN, extensions: { VRMC_vrm: {} } })).kind).toBe('vrm1');
    }
  });

  it('takes embedded parts and refuses others', () => {
    const embedded = { ...PLAIN, buffers: [{ uri: 'data:;base64,AAAA' }], images: [{ bufferView: 0 }] };
    expect(inspectAvatar(text(embedded)).kind).toBe('gltf');
    for (const uri of ['face.bin', 'https://example.org/face.bin', 7]) {
      expect(codeOf(() => inspectAvatar(text({ ...PLAIN, buffers: [{ uri }] })))).toBe('avatar_external');
      expect(codeOf(() => inspectAvatar(glb({ ...PLAIN, images: [{ uri }] })))).toBe('avatar_external');
    }
  });

  it('knows the compressions it cannot read, and the one it can', () => {
    for (const name of ['KHR_draco_mesh_compression', 'KHR_texture_basisu']) {
      expect(codeOf(() => inspectAvatar(glb({ ...PLAIN, extensionsRequired: [name] })))).toBe('avatar_compressed');
    }
    expect(inspectAvatar(glb({ ...PLAIN, extensionsRequired: ['EXT_meshopt_compression'] })).meshopt).toBe(true);
  });

  it.each([
    ['nothing', new ArrayBuffer(0)],
    ['a letter', new TextEncoder().encode('Dear Sir, {').buffer],
    ['bytes', Uint8Array.from({ length: 300 }, (_, i) => (i * 37) % 256).buffer],
    ['other JSON', text({ hello: 1 })],
    ['JSON of null', text(null)],
    ['glTF 1', text({ asset: { version: '1.0' } })],
    ['a GLB of version 1', glb(PLAIN, { version: 1 })],
    ['a GLB cut off', glb(PLAIN, { longer: 1000 })],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(() => inspectAvatar(bytes as ArrayBuffer))).toBe('avatar_not_gltf');
  });

  it('refuses what is too large before reading it', () => {
    expect(codeOf(() => checkSize(LARGEST_BYTES))).toBeNull();
    expect(codeOf(() => checkSize(LARGEST_BYTES + 1))).toBe('avatar_too_large');
  });
});
