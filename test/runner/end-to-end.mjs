/** The end-to-end run on an emulated AWS: counted by its own closing line, or left out, which it says itself. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** Its scenario from which on it waits for minutes, and times nothing to the second. */
const WAITS_FROM = '== 4. ';
const TITLE = 'end to end on an emulated AWS';

/** @param {import('./steps.mjs').Steps} steps @param {() => void} waits called when from then on it waits */
export async function endToEnd({ root, tally }, waits) {
  console.log(`\n== ${TITLE}`);
  const began = performance.now();
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
  waits(); // or never, where it was left out
  tally.took(TITLE, (performance.now() - began) / 1000);
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(output);
  tally.passed += Number(counts?.[1] ?? 0);
  tally.failed += Number(counts?.[2] ?? 0);
  if (code !== 0 && Number(counts?.[2] ?? 0) === 0) tally.failed += 1;
  else if (code === 0 && /^e2e: left out/m.test(output)) tally.skipped += 1;
}
