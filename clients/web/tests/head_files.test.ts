/** Every built-in head is valid glTF by the Khronos Group's own validator. */

import { readFileSync } from 'node:fs';

import { validateBytes } from 'gltf-validator';
import { describe, expect, it } from 'vitest';

const HEADS = new URL('../../../models/face/head/', import.meta.url);
const FILES = ['mira', 'kofi', 'edda'].flatMap((name) => [`${name}.glb`, `${name}.light.glb`]);

describe('head files', () => {
  it.each(FILES)('%s has no errors and no warnings', async (file) => {
    const report = await validateBytes(new Uint8Array(readFileSync(new URL(file, HEADS))), { maxIssues: 20 });
    const serious = report.issues.messages.filter((message) => message.severity < 2);
    expect(serious).toEqual([]);
    expect(report.issues.numErrors).toBe(0);
    expect(report.info.totalVertexCount).toBeGreaterThan(0);
  });
});
