/** `npm run bench`: measures the pace of elections, ours beside others', and prints and keeps what was found. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COMPARING, compare } from './compare.js';
import { readOptions, USAGE } from './options.js';
import { picture } from './picture.js';
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
  const short = join(ROOT, '.engines', 'bench');
  const all = await keepResults(join(options.quick ? short : join(ROOT, 'bench'), 'results.json'), found);
  const drawn = picture(all);
  if (drawn !== undefined) await writeFile(join(options.quick ? short : join(ROOT, 'docs', 'img'), 'bench.svg'), drawn);
  if (!options.quick) await putTables(join(ROOT, 'docs', 'pace.md'), tables(all));
  say(`\n${tables(found)}\n`);
}

/** The document's tables are always those of the results that are kept. */
async function putTables(document: string, found: string): Promise<void> {
  const whole = await readFile(document, 'utf8');
  const between = /(<!-- tables: [^>]*-->\n)[\s\S]*(\n<!-- end of the tables -->)/;
  await writeFile(
    document,
    whole.replace(between, (_, begin: string, end: string) => `${begin}\n${found}\n${end}`),
  );
}

try {
  await main(process.argv.slice(2));
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(`Usage: ${USAGE}`);
  process.exit(1);
}
