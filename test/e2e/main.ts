/** The run from its options to its last line: starts the emulator, deploys, runs the scenarios, leaves nothing behind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { quietSdk } from '../../lib/local/client.js';
import { watchNpmParent } from '../../lib/local/npm-parent.js';
import { Cloud } from './cloud.js';
import { startEmulator } from './emulator.js';
import { stopAll } from './processes.js';
import { ensureEmulator, LeftOut } from './python.js';
import { Report } from './report.js';
import { runScenarios, SCENARIOS } from './scenarios.js';
import { World } from './world.js';

const USAGE = `Usage: npm run e2e -- [--only 1,3] [--keep]

  --only N,...  these scenarios alone: ${SCENARIOS.map((title, at) => `${at + 1} ${title}`).join('; ')}
  --keep        leaves the emulator running at the end, until Ctrl-C, and prints how to talk to it`;

/** @returns the exit code: 1 if anything failed */
export async function main(args: readonly string[]): Promise<number> {
  quietSdk();
  const options = parse(args);
  if (typeof options === 'string') {
    console.error(options);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tenure-e2e-'));
  const report = new Report();
  const stopListening = onInterrupt((why) => {
    console.error(`\n${why}: the emulator and all that runs in it is ended; the logs are in ${folder}`);
  });
  try {
    await run(report, folder, options);
  } catch (error) {
    if (error instanceof LeftOut) {
      rmSync(folder, { recursive: true, force: true });
      console.log(`e2e: left out (${error.message})`);
      return 0;
    }
    report.check('the run gets as far as its scenarios', false, error instanceof Error ? error.stack : error);
  } finally {
    await stopAll();
    stopListening();
  }
  if (report.failed) console.log(`\nThe logs of the emulator, of the CLI and of the functions are in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  report.close();
  return report.failed ? 1 : 0;
}

interface Options {
  readonly only: ReadonlySet<number>;
  readonly keep: boolean;
}

function parse(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { only: { type: 'string' }, keep: { type: 'boolean' } } });
    const all = SCENARIOS.map((_, at) => at + 1);
    const only = values.only === undefined ? all : values.only.split(',').map(Number);
    const unknown = only.filter((number) => !all.includes(number));
    if (unknown.length > 0) return `There is no scenario ${unknown.join(', ')}.\n${USAGE}`;
    return { only: new Set(only), keep: values.keep ?? false };
  } catch (error) {
    return `${(error as Error).message}\n${USAGE}`;
  }
}

async function run(report: Report, folder: string, { only, keep }: Options): Promise<void> {
  const python = await ensureEmulator((line) => report.say(line));
  report.say('starting the AWS emulator, with IAM enforced ...');
  const emulator = await startEmulator(python, folder);
  const cloud = await Cloud.open(emulator, folder);
  report.say(`it answers at ${emulator.endpoint}; cdk bootstrap ...`);
  await cloud.bootstrap();
  const world = new World(cloud, report);
  await runScenarios(world, only);
  if (!keep) return;
  const names = ['AWS_ENDPOINT_URL', 'AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'NODE_EXTRA_CA_CERTS'];
  const env = { ...cloud.env() };
  console.log(`\nThe emulator stays up until Ctrl-C. To talk to it:`);
  console.log([...names, 'AWS_CA_BUNDLE'].map((name) => `  export ${name}=${env[name]}`).join('\n'));
  await new Promise(() => setInterval(() => {}, 60_000));
}

/** The end of this run, by Ctrl-C or otherwise, ends all that it has started. */
function onInterrupt(say: (why: string) => void): () => void {
  const end = async (why: string, code: number) => {
    say(why);
    await stopAll();
    process.exit(code);
  };
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
  const listeners = Object.entries(signals).map(([signal, code]) => {
    const listener = () => void end(signal, code);
    process.once(signal, listener);
    return [signal, listener] as const;
  });
  const stopWatching = watchNpmParent(() => void end('npm is gone', 143));
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
    stopWatching();
  };
}
