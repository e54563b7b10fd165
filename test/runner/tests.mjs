/**
 * The tests, counted one by one, and the gate of coverage, counted as one check. Those that wait and those that compute run
 * at the same time (vitest.config.ts says which are which); their reports are put together afterwards.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PARTS = ['waits', 'computes'];

/** @param {import('./steps.mjs').Steps} steps @param {string[]} chosen files or folders; none: all tests */
export async function tests(steps, chosen) {
  const scratch = mkdtempSync(join(tmpdir(), 'tenure-test-'));
  const report = join(scratch, 'report.json');
  try {
    const passed = await (chosen.length > 0 ? some(steps, chosen, report) : all(steps, scratch, report));
    count(steps.tally, report, passed);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A part of the tests cannot cover the whole. */
async function some(steps, chosen, report) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return (await steps.run(steps.of('tests', 'vitest', ['run', ...reporters, ...chosen]))).passed;
}

async function all(steps, scratch, report) {
  const parts = PARTS.map((part) =>
    steps.of(
      `tests that ${part.replace(/s$/, '')}`,
      'vitest',
      [
        ...['run', '--project', part, '--reporter=default', '--reporter=blob'],
        `--outputFile.blob=${join(scratch, 'blobs', `${part}.json`)}`,
        ...['--coverage', `--coverage.reportsDirectory=${join(scratch, part)}`],
      ],
      { TENURE_TESTS_PART: part },
    ),
  );
  const [waits, computes] = parts;
  const beside = steps.quietly(computes);
  const results = [await steps.run(waits), await beside];
  console.log(`\n== ${computes.title}\n${results[1].output.trimEnd()}`);
  const merged = await steps.run(
    steps.of('coverage', 'vitest', [
      ...['run', `--merge-reports=${join(scratch, 'blobs')}`, '--coverage'],
      ...['--reporter=json', `--outputFile.json=${report}`],
    ]),
  );
  return [...results, merged].every(({ passed }) => passed);
}

function count(tally, report, passed) {
  let counted = 0;
  const failedBefore = tally.failed;
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    counted = numPassedTests + numFailedTests;
    tally.passed += numPassedTests;
    tally.failed += numFailedTests;
    tally.skipped += numPendingTests + numTodoTests;
    // A file that cannot be loaded has no tests that could fail.
    tally.failed += testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
    ).length;
  } catch (error) {
    console.error(`The tests left no report: ${error.message}`);
  }
  if (counted === 0) tally.failed += 1;
  // Whatever else makes the runner fail (coverage under its gate, an error outside of any test) is a failure too.
  else if (!passed && tally.failed === failedBefore) tally.failed += 1;
  else tally.passed += 1;
}
