import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../..', import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      // The built-in heads are taken from where they are made.
      { find: /^@head\//, replacement: `${repository}models/face/head/` },
    ],
  },
  build: {
    target: 'es2022',
    // Nothing may become a data: URL: the page runs under `default-src 'self'`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rolldownOptions: { input: ['index.html', 'pose.html'].map((page) => `${here}${page}`) },
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
