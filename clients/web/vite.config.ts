import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      // The built-in head is taken from where it is made; STREAM_ENGINE_HEAD builds the studio around another GLB.
      {
        find: /^@head/,
        replacement: process.env['STREAM_ENGINE_HEAD'] ?? `${repository}models/face/head/head.glb`,
      },
    ],
  },
  build: {
    target: 'es2022',
    // Nothing may become a data: URL: the page runs under `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: {
    fs: { allow: [repository] },
    proxy: Object.fromEntries(
      ['/whip', '/whep', '/api', '/healthz', '/readyz'].map((path) => [
        path,
        process.env['STREAM_ENGINE_SERVER'] ?? 'http://127.0.0.1:8788',
      ]),
    ),
  },
  test: {
    environment: 'node',
    include: ['tests/**/*.test.ts'],
  },
});
