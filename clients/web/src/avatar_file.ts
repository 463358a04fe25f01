/** What an avatar's file is, told from its first bytes and its JSON, before anything heavy is loaded for it. */

import { Problem } from './problems';

export interface AvatarFile {
  readonly kind: 'vrm0' | 'vrm1' | 'gltf';
  /** Its buffers are compressed with meshoptimizer. */
  readonly meshopt: boolean;
}

/** Larger files are scenes, not avatars; and all of it must fit a phone's memory. */
export const LARGEST_BYTES = 80 * 1024 * 1024;

const GLB_MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
/** Compressions whose decoders the studio does not carry. */
const UNREADABLE: Readonly<Record<string, string>> = {
  KHR_draco_mesh_compression: 'Draco',
  KHR_texture_basisu: 'Basis (KTX2) textures',
};

interface GltfJson {
  readonly asset?: { readonly version?: unknown };
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly extensionsRequired?: readonly unknown[];
  readonly buffers?: readonly { readonly uri?: unknown }[];
  readonly images?: readonly { readonly uri?: unknown }[];
}

/**
 * Look into a file that may be an avatar.
 *
 * @throws Problem `avatar_too_large`, `avatar_not_gltf`, `avatar_external`, `avatar_compressed`.
 */
export function inspectAvatar(bytes: ArrayBuffer): AvatarFile {
  checkSize(bytes.byteLength);
  const json = readJson(bytes);
  for (const part of [...(json.buffers ?? []), ...(json.images ?? [])]) {
    const { uri } = part;
    if (uri !== undefined && !(typeof uri === 'string' && uri.startsWith('data:'))) {
      throw new Problem('avatar_external', typeof uri === 'string' ? `It refers to ${uri.slice(0, 100)}.` : '');
    }
  }
  const required = (json.extensionsRequired ?? []).map(String);
  for (const extension of required) {
    const compression = UNREADABLE[extension];
    if (compression !== undefined) throw new Problem('avatar_compressed', `It uses ${compression}.`);
  }
  const { extensions } = json;
  return {
    kind: extensions?.['VRMC_vrm'] !== undefined ? 'vrm1' : extensions?.['VRM'] !== undefined ? 'vrm0' : 'gltf',
    meshopt: required.some((extension) => /^(EXT|KHR)_meshopt_compression$/.test(extension)),
  };
}

/** @throws Problem `avatar_too_large`. */
export function checkSize(bytes: number): void {
  if (bytes > LARGEST_BYTES) {
    throw new Problem('avatar_too_large', `It has ${Math.round(bytes / 1024 / 1024)} MB.`);
  }
}

function readJson(bytes: ArrayBuffer): GltfJson {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(jsonBytes(bytes)));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('avatar_not_gltf');
  }
  if (!isGltf(json)) throw new Problem('avatar_not_gltf');
  return json;
}

/** The JSON of a GLB, or all of a file that is no GLB. */
function jsonBytes(bytes: ArrayBuffer): Uint8Array {
  const view = new DataView(bytes);
  if (bytes.byteLength < 20 || view.getUint32(0, true) !== GLB_MAGIC) return new Uint8Array(bytes);
  if (view.getUint32(4, true) !== 2) throw new Problem('avatar_not_gltf', 'It is a glTF of version 1.');
  const length = view.getUint32(12, true);
  if (view.getUint32(16, true) !== JSON_CHUNK || view.getUint32(8, true) > bytes.byteLength) {
    throw new Problem('avatar_not_gltf', 'It is damaged or cut off.');
  }
  return new Uint8Array(bytes, 20, Math.min(length, bytes.byteLength - 20));
}

function isGltf(json: unknown): json is GltfJson {
  if (typeof json !== 'object' || json === null) return false;
  const { asset } = json as GltfJson;
  return typeof asset?.version === 'string' && asset.version.startsWith('2.');
}
