import { describe, expect, it } from 'vitest';

import { sparseGltf } from '../src/sparse_gltf';

const VERTICES = 100;

/** A file of float accessors, one buffer view each; `targets` says which of them are morph targets. */
function glb(arrays: readonly Float32Array[], targets: readonly number[]): ArrayBuffer {
  let length = 0;
  const bufferViews = arrays.map(({ byteLength }) => {
    const view = { buffer: 0, byteOffset: length, byteLength, target: 34962 };
    length += byteLength;
    return view;
  });
  const accessors = arrays.map((array, bufferView) => ({
    bufferView,
    componentType: 5126,
    count: array.length / 3,
    type: 'VEC3',
  }));
  const primitives = [{ attributes: { POSITION: 0 }, targets: targets.map((POSITION) => ({ POSITION })) }];
  const document = { accessors, bufferViews, buffers: [{ byteLength: length }], meshes: [{ primitives }] };
  const text = JSON.stringify(document);
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 4) * 4));
  const file = new Uint8Array(28 + json.length + length);
  const words = new DataView(file.buffer);
  [0x46546c67, 2, file.length, json.length, 0x4e4f534a].forEach((word, i) => words.setUint32(4 * i, word, true));
  file.set(json, 20);
  words.setUint32(20 + json.length, length, true);
  words.setUint32(24 + json.length, 0x004e4942, true);
  arrays.forEach((array, i) => file.set(new Uint8Array(array.buffer), 28 + json.length + bufferViews[i]!.byteOffset));
  return file.buffer;
}

interface Read {
  readonly accessors: readonly {
    readonly bufferView?: number;
    readonly count: number;
    readonly sparse?: { count: number; indices: { bufferView: number }; values: { bufferView: number } };
  }[];
  readonly bufferViews: readonly {
    readonly byteOffset: number;
    readonly byteLength: number;
    readonly target?: number;
  }[];
}

/** Every accessor's values, as any reader of glTF finds them. */
function read(file: ArrayBuffer): { document: Read; values: Float32Array[] } {
  const words = new DataView(file);
  expect(words.getUint32(8, true)).toBe(file.byteLength);
  const jsonLength = words.getUint32(12, true);
  const document = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 20, jsonLength))) as Read;
  const bytes = (view: number): ArrayBuffer => {
    const { byteOffset, byteLength } = document.bufferViews[view]!;
    return file.slice(28 + jsonLength + byteOffset, 28 + jsonLength + byteOffset + byteLength);
  };
  const values = document.accessors.map(({ bufferView, count, sparse }) => {
    const all = bufferView === undefined ? new Float32Array(3 * count) : new Float32Array(bytes(bufferView));
    if (sparse === undefined) return all;
    const moved = new Float32Array(bytes(sparse.values.bufferView));
    new Uint16Array(bytes(sparse.indices.bufferView)).forEach((row, i) =>
      all.set(moved.subarray(3 * i, 3 * i + 3), 3 * row),
    );
    return all;
  });
  return { document, values };
}

function filled(value: (i: number) => number): Float32Array {
  return Float32Array.from({ length: 3 * VERTICES }, (_, i) => value(i));
}

describe('a sparse glTF', () => {
  const rest = filled((i) => i);
  const few = filled((i) => (i > 30 && i < 40 ? i / 7 : 0));
  const none = filled(() => 0);
  const all = filled((i) => 1 / (i + 1));
  const arrays = [rest, few, none, all, rest];
  const file = glb(arrays, [1, 2, 3]);

  it('says the same in less room', () => {
    const small = sparseGltf(file);
    const { document, values } = read(small);
    expect(values).toEqual(arrays);
    expect(document.accessors[1]!.sparse?.count).toBe(4);
    expect(document.accessors[2]!.sparse).toBeUndefined();
    expect(document.accessors[3]!.bufferView).toBeDefined();
    expect(document.bufferViews[document.accessors[0]!.bufferView!]!.target).toBe(34962);
    // What is alike is there once.
    expect(document.accessors[4]!.bufferView).toBe(document.accessors[0]!.bufferView);
    expect(small.byteLength).toBeLessThan(0.6 * file.byteLength);
  });

  it('leaves what is small already as it is', () => {
    expect(read(sparseGltf(sparseGltf(file))).values).toEqual(arrays);
    expect(() => sparseGltf(new ArrayBuffer(40))).toThrow(RangeError);
  });
});
