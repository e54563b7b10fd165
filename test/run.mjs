/**
 * `npm test`: everything that must pass, from a fresh clone with no step before it. Prints each step as it begins, and
 * ends with one line that counts all of it. With `--ci`, what a release needs besides: the build, the package, and the
 * end-to-end run on an emulated AWS, where that can be had.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../bin/install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ci = process.argv.includes('--ci');
const bin = (name) => join(root, 'node_modules', '.bin', name);
const totals = { passed: 0, failed: 0, skipped: 0 };

function run(title, command, args) {
  console.log(`\n== ${title}`);
  return ended(title, spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }));
}

/** Resolves when it has ended: true if all was well. */
function ended(title, child) {
  const began = performance.now();
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${title}: cannot run ${child.spawnfile}: ${error.message}`);
      resolve(false);
    });
    child.on('close', (code) => {
      console.log(`   ${((performance.now() - began) / 1000).toFixed(0)} s: ${title}`);
      resolve(code === 0);
    });
  });
}

function count(title, passed) {
  totals[passed ? 'passed' : 'failed'] += 1;
  if (!passed) console.error(`FAILED: ${title}`);
  return passed;
}

/** A step that either passes or fails as a whole. */
const check = async (title, command, args) => count(title, await run(title, command, args));

/**
 * Steps that no other load can disturb, one after the other, while another step waits more than it works. They take what
 * that leaves of the machine: at the lowest priority, and from where it calls what it is given; and they are printed when
 * both are through.
 */
async function beside(waiting, steps) {
  const results = [];
  let begin = () => {};
  const begun = new Promise((resolve) => {
    begin = resolve;
  });
  const inTurn = (async () => {
    await begun;
    for (const [title, command, args] of steps) {
      let output = '';
      const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
      if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text) => {
          output += text;
        });
      }
      results.push({ title, passed: await ended(title, child), output });
    }
  })();
  await waiting(begin);
  begin();
  console.log('\nwaiting for what runs beside it ...');
  await inTurn;
  for (const { title, passed, output } of results) {
    console.log(`\n== ${title}\n${output}`);
    count(title, passed);
  }
}

/** The tests, counted one by one; and the gate of coverage, counted as one check. */
async function tests() {
  const scratch = mkdtempSync(join(tmpdir(), 'tenure-test-'));
  const report = join(scratch, 'report.json');
  const chosen = process.argv.slice(2).filter((argument) => argument !== '--ci');
  // A part of the tests cannot cover the whole.
  const coverage = chosen.length === 0 ? ['--coverage'] : [];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const passed = await run('tests', bin('vitest'), ['run', ...coverage, ...reporters, ...chosen]);
  let counted = 0;
  const failedBefore = totals.failed;
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    counted = numPassedTests + numFailedTests;
    totals.passed += numPassedTests;
    totals.failed += numFailedTests;
    totals.skipped += numPendingTests + numTodoTests;
    // A file that cannot be loaded has no tests that could fail.
    totals.failed += testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
    ).length;
  } catch (error) {
    console.error(`The tests left no report: ${error.message}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (counted === 0) totals.failed += 1;
  // Whatever else makes the runner fail (coverage under its gate, an error outside of any test) is a failure too.
  else if (!passed && totals.failed === failedBefore) totals.failed += 1;
  else totals.passed += 1;
}

/** Its scenario from which on the end-to-end run waits for minutes, and times nothing to the second. */
const WAITS_FROM = '== 4. ';

/** The end-to-end run, whose own closing line tells how much of it there was; or why it was left out. */
async function endToEnd(waits) {
  console.log('\n== end to end on an emulated AWS');
  const child = spawn(process.execPath, [join(root, 'test', 'e2e', 'run.mjs')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    output = (output + text).slice(-2_000);
    if (output.includes(WAITS_FROM)) waits();
  });
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', resolve);
  });
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(output);
  totals.passed += Number(counts?.[1] ?? 0);
  totals.failed += Number(counts?.[2] ?? 0);
  if (code !== 0 && Number(counts?.[2] ?? 0) === 0) totals.failed += 1;
  else if (code === 0 && /^e2e: left out/m.test(output)) totals.skipped += 1;
}

try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
await check('types', bin('tsc'), ['-p', 'tsconfig.json']);
await check('lint and format', bin('biome'), ['check', '--error-on-warnings', '.']);
await tests();
if (ci) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  if (await check('build', 'npm', ['run', '--silent', 'build'])) {
    await check('package (publint)', bin('publint'), ['--strict']);
    await check('package (are the types wrong)', bin('attw'), ['--pack', '.', '--profile', 'esm-only']);
  }
  await check('unused files, exports and dependencies (knip)', bin('knip'), []);
  await check('real faults', bin('tsx'), ['test/nemesis/main.ts', '--ci', '--seconds', '60']);
  await beside(endToEnd, [
    ['simulated worlds', bin('tsx'), ['test/simulation/main.ts', '--seeds', '12000', '--from', '100001']],
    ['known-bad variants', bin('tsx'), ['test/simulation/main.ts', 'mutants']],
    ['models', bin('tsx'), ['spec/main.ts', '--ci']],
  ]);
}
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`\n${totals.passed} passed, ${totals.failed} failed${skipped}`);
process.exitCode = totals.failed > 0 ? 1 : 0;
