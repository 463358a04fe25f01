/**
 * Makes a binary glTF small without loss: morph targets tell only the vertices they move (sparse accessors), and data
 * that several accessors have alike is written once. Pure.
 *
 * Source: glTF 2.0 specification, §3.6.2.3 (sparse accessors), §4 (GLB).
 */

interface Accessor {
  bufferView?: number;
  byteOffset?: number;
  readonly componentType: number;
  readonly count: number;
  readonly type: string;
  sparse?: {
    readonly count: number;
    readonly indices: { readonly bufferView: number; readonly componentType: number };
    readonly values: { readonly bufferView: number };
  };
}

interface BufferView {
  buffer: number;
  byteOffset?: number;
  byteLength: number;
}

interface Document {
  readonly accessors?: Accessor[];
  bufferViews?: BufferView[];
  buffers?: { byteLength: number }[];
  readonly meshes?: { readonly primitives: { readonly targets?: Record<string, number>[] }[] }[];
}

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const BINARY_CHUNK = 0x004e4942;
const FLOAT = 5126;
const UNSIGNED_INT = 5125;
const UNSIGNED_SHORT = 5123;
/** Three floats. */
const ROW = 12;

/**
 * The same file, smaller.
 *
 * @param file a binary glTF with one buffer, as three.js's exporter writes it.
 * @throws RangeError where it is none.
 */
export function sparseGltf(file: ArrayBuffer): ArrayBuffer {
  const head = new DataView(file);
  if (head.getUint32(0, true) !== MAGIC) throw new RangeError('no binary glTF');
  const jsonLength = head.getUint32(12, true);
  const document = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 20, jsonLength))) as Document;
  const views = document.bufferViews ?? [];
  if (views.length === 0) return file;
  const binary = 20 + jsonLength + 8;
  const bytesOf = ({ byteOffset = 0, byteLength }: BufferView): Uint8Array =>
    new Uint8Array(file, binary + byteOffset, byteLength);

  const kept = new Buffers();
  const accessors = document.accessors ?? [];
  const thinned = new Set<unknown>();
  for (const number of morphAccessors(document)) {
    thinned.add(thin(accessors[number]!, (view) => bytesOf(views[view]!), kept));
  }
  // What is left is moved as it is, with all it says of itself; what was thinned names places in the new file already.
  const moved = new Map<number, number>();
  const move = (view: number): number => {
    const known = moved.get(view);
    if (known !== undefined) return known;
    const place = kept.add(bytesOf(views[view]!), views[view]!);
    moved.set(view, place);
    return place;
  };
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (thinned.has(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'bufferView' && typeof inner === 'number') (value as { bufferView: number }).bufferView = move(inner);
      else if (key !== 'extras') visit(inner);
    }
  };
  visit(document);
  document.bufferViews = kept.views;
  document.buffers = [{ byteLength: kept.length }];
  return pack(document, kept);
}

/** Accessors of morph targets, each once. */
function morphAccessors({ meshes = [] }: Document): Set<number> {
  const targets = meshes.flatMap(({ primitives }) => primitives.flatMap((primitive) => primitive.targets ?? []));
  return new Set(targets.flatMap((target) => Object.values(target)));
}

/** Make an accessor of three floats sparse, where that is smaller; returns what names places in `kept`, if anything. */
function thin(accessor: Accessor, bytesOf: (view: number) => Uint8Array, kept: Buffers): Accessor['sparse'] {
  const { bufferView, byteOffset = 0, componentType, count, type } = accessor;
  if (bufferView === undefined || accessor.sparse !== undefined || componentType !== FLOAT || type !== 'VEC3')
    return undefined;
  const whole = bytesOf(bufferView);
  if (whole.byteLength - byteOffset !== count * ROW) return undefined;
  const values = new Float32Array(whole.slice(byteOffset).buffer);
  const rows: number[] = [];
  for (let row = 0; row < count; row++) {
    if (values[3 * row] !== 0 || values[3 * row + 1] !== 0 || values[3 * row + 2] !== 0) rows.push(row);
  }
  const wide = count > 0xffff;
  if (rows.length * (ROW + (wide ? 4 : 2)) >= count * ROW) return undefined;
  delete accessor.bufferView;
  delete accessor.byteOffset;
  // Nothing moves: an accessor without data is zeros.
  if (rows.length === 0) return undefined;
  const indices = wide ? Uint32Array.from(rows) : Uint16Array.from(rows);
  const moved = Float32Array.from(rows.flatMap((row) => [...values.subarray(3 * row, 3 * row + 3)]));
  accessor.sparse = {
    count: rows.length,
    indices: { bufferView: kept.add(bytesIn(indices)), componentType: wide ? UNSIGNED_INT : UNSIGNED_SHORT },
    values: { bufferView: kept.add(bytesIn(moved)) },
  };
  return accessor.sparse;
}

/** The new file's buffer views; equal ones have one place. */
class Buffers {
  readonly views: BufferView[] = [];
  readonly parts: Uint8Array[] = [];
  length = 0;
  private readonly places = new Map<string, number[]>();

  /** @param like what else the view says (stride, target). */
  add(bytes: Uint8Array, like: Partial<BufferView> = {}): number {
    const { buffer: _, byteOffset: __, byteLength: ___, ...said } = like;
    const key = `${JSON.stringify(said)} ${bytes.byteLength} ${checksum(bytes)}`;
    const alike = this.places.get(key) ?? [];
    const known = alike.find((place) => isEqual(this.parts[place]!, bytes));
    if (known !== undefined) return known;
    this.views.push({ buffer: 0, byteOffset: this.length, byteLength: bytes.byteLength, ...said });
    this.parts.push(bytes);
    this.length += padded(bytes.byteLength);
    this.places.set(key, [...alike, this.parts.length - 1]);
    return this.parts.length - 1;
  }
}

function pack(document: Document, { views, parts, length }: Buffers): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(document));
  const jsonLength = padded(json.byteLength);
  const file = new Uint8Array(20 + jsonLength + 8 + length);
  const words = new DataView(file.buffer);
  [MAGIC, 2, file.byteLength, jsonLength, JSON_CHUNK].forEach((word, i) => words.setUint32(4 * i, word, true));
  file.fill(0x20, 20, 20 + jsonLength);
  file.set(json, 20);
  words.setUint32(20 + jsonLength, length, true);
  words.setUint32(24 + jsonLength, BINARY_CHUNK, true);
  parts.forEach((part, i) => file.set(part, 28 + jsonLength + views[i]!.byteOffset!));
  return file.buffer;
}

function bytesIn(values: Uint16Array | Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** FNV-1a, 32 bits; equality is tested besides. */
function checksum(bytes: Uint8Array): number {
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum >>> 0;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
}
