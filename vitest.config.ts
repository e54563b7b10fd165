import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // The examples import the package by its name, as users do.
  resolve: {
    alias: [
      { find: /^tenure$/, replacement: at('lib/index.ts') },
      { find: /^tenure\/cloud$/, replacement: at('lib/cloud/index.ts') },
      { find: /^tenure\/http$/, replacement: at('lib/http/index.ts') },
      { find: /^tenure-work$/, replacement: at('lambda/work.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/engines.ts'],
    setupFiles: ['test/support/quiet.ts'],
    // Generous: tests wait for conditions, and these limits only end what will never come.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['lib/lease/**', 'lib/election/**', 'lib/serverless/**'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: {
        'lib/lease/**': { branches: 95 },
        'lib/election/**': { branches: 95 },
        'lib/serverless/**': { branches: 95 },
      },
    },
  },
});
