/** Many elections in one process: on a local engine, and on a store in memory for what the library costs by itself. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createTable } from '../lib/lease/table.js';
import { endWithParent } from '../lib/local/end-with-parent.js';
import { engineClient, engineEnv, startEngine } from '../lib/local/engine.js';
import type { Options } from './options.js';
import type { Results, Scale } from './results.js';
import type { ScaleSettings } from './scale-process.js';
import { bundle, describeSetting, load } from './setup.js';

type Size = Pick<ScaleSettings, 'elections' | 'heartbeatMs'>;

const ON_ENGINE: readonly Size[] = [
  { elections: 1, heartbeatMs: 1_000 },
  { elections: 100, heartbeatMs: 1_000 },
  { elections: 500, heartbeatMs: 1_000 },
  { elections: 5_000, heartbeatMs: 10_000 },
];
const IN_MEMORY: readonly Size[] = [1_000, 2_000, 5_000, 10_000, 20_000].map((elections) => ({
  elections,
  heartbeatMs: 3_000,
}));
const QUICK_LIMIT = 1_000;

export async function scale(
  { quick, amount }: Options,
  args: readonly string[],
  say: (line: string) => void,
): Promise<NonNullable<Results['scale']>> {
  const program = await bundle('scale-process');
  const setting = await describeSetting(args, 'engine: dynoxide, and a store in memory on ');
  const runs: Scale[] = [];
  const measure = async (settings: ScaleSettings, env: Record<string, string> = {}) => {
    const running = promisify(execFile)(process.execPath, ['--expose-gc', program, JSON.stringify(settings)], {
      env: { ...process.env, ...env },
    });
    endWithParent(running.child);
    runs.push(JSON.parse((await running).stdout) as Scale);
    say(`${settings.elections} elections on ${settings.store}: measured`);
  };
  const chosen = (sizes: readonly Size[]) => sizes.filter(({ elections }) => !quick || elections <= QUICK_LIMIT);

  for (const size of chosen(ON_ENGINE)) {
    const engine = await startEngine({ prefer: 'dynoxide', say });
    try {
      // Local engines get slower with each change that a stream keeps; DynamoDB does not.
      await createTable({ client: engineClient(engine.endpoint), tableName: 'scale', stream: false });
      // Whole periods, or those that begin early in one would be counted once more than the others.
      const measureMs = Math.max(amount.scaleMs, 3 * size.heartbeatMs);
      await measure({ ...size, store: engine.name, tableName: 'scale', measureMs }, engineEnv(engine.endpoint));
    } finally {
      await engine.stop();
    }
  }
  for (const size of chosen(IN_MEMORY)) {
    await measure({ ...size, store: 'memory', tableName: undefined, measureMs: amount.scaleMs + 1_000 });
  }
  setting.load.after = load();
  return { setting, runs };
}
