import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const CORES = availableParallelism();
/** On a machine that others keep busy, more files at a time would cost leases, and gain nothing. */
const IS_BUSY = (loadavg()[0] ?? 0) > CORES;
/** `npm test` runs the two kinds of tests at the same time, as two processes, and puts their reports together. */
const PART = process.env.TENURE_TESTS_PART;

/**
 * What computes from its first moment to its last, and times nothing: it may wait for a core. All else waits for leases
 * and processes most of the time, and needs a core soon when it does not.
 */
const COMPUTES = [
  'test/cloud/**/*.test.ts',
  'test/lease/**/*.test.ts',
  'test/nemesis/**/*.test.ts',
  'test/simulation/**/*.test.ts',
  'test/spec/**/*.test.ts',
  'test/cli/{simulate,words}.test.ts',
  'test/docs/{costs,deploying,howto,pitfalls,reference,snippets}.test.ts',
  'test/http/{lease-api,openapi}.test.ts',
];

/** They take the longest, and are begun first: else one of them would run on alone at the end. */
const LONGEST = ['election/scale', 'cli/commands', 'http/clients', 'local/start', 'console/page', 'examples/discovery'];
const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(`/${name}.test.ts`));

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** What both kinds of tests share. */
const SHARED = {
  // Generous: tests wait for conditions, and these limits only end what will never come.
  testTimeout: 120_000,
  hookTimeout: 180_000,
};
/** The examples import the package by its name, as users do. */
const resolve = {
  alias: [
    { find: /^tenure$/, replacement: at('lib/index.ts') },
    { find: /^tenure\/cloud$/, replacement: at('lib/cloud/index.ts') },
    { find: /^tenure\/http$/, replacement: at('lib/http/index.ts') },
    { find: /^tenure-work$/, replacement: at('lambda/work.ts') },
  ],
};

/** Of the branches of each room. A part of the tests cannot cover the whole: this is asked of both parts together. */
const GATES = {
  'lib/lease/**': { branches: 95 },
  'lib/election/**': { branches: 95 },
  'lib/serverless/**': { branches: 95 },
};

export default defineConfig({
  test: {
    globalSetup: ['test/support/engines.ts'],
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 30_000,
    coverage: {
      provider: 'v8',
      include: ['lib/lease/**', 'lib/election/**', 'lib/serverless/**'],
      reporter: PART ? [] : ['text-summary', 'html', 'json-summary'],
      thresholds: PART ? undefined : GATES,
    },
    projects: [
      {
        resolve,
        test: {
          ...SHARED,
          name: 'waits',
          include: ['test/**/*.test.ts'],
          exclude: COMPUTES,
          setupFiles: ['test/support/quiet.ts'],
          maxWorkers: IS_BUSY ? CORES : 2 * CORES,
          sequence: { groupOrder: 0 },
        },
      },
      {
        resolve,
        test: {
          ...SHARED,
          name: 'computes',
          include: COMPUTES,
          setupFiles: ['test/support/quiet.ts', 'test/support/shared-process.ts'],
          // Its files share what takes long to load.
          isolate: false,
          maxWorkers: Math.ceil(CORES / 2),
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
