/** `npm run bench`: measures the pace of elections, ours beside others', and prints and keeps what was found. */
import { join } from 'node:path';
import { COMPARING, compare } from './compare.js';
import { readOptions, USAGE } from './options.js';
import { tables } from './report.js';
import { keepResults, type Results } from './results.js';
import { scale } from './scale.js';
import { ROOT } from './setup.js';
import { HEARTBEAT_MS, LEASE_MS } from './team.js';

const say = (line: string) => console.log(line);

async function main(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  let found: Results = { leaseMs: LEASE_MS, heartbeatMs: HEARTBEAT_MS };
  if (options.only.some((part) => COMPARING.includes(part))) {
    found = { ...found, ...(await compare(options, args, say)) };
  }
  if (options.only.includes('scale')) found.scale = await scale(options, args, say);
  // A short run shows that it works: its few figures do not replace those of a full one.
  const folder = options.quick ? join(ROOT, '.engines', 'bench') : join(ROOT, 'bench');
  await keepResults(join(folder, 'results.json'), found);
  say(`\n${tables(found)}\n`);
}

try {
  await main(process.argv.slice(2));
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(`Usage: ${USAGE}`);
  process.exit(1);
}
