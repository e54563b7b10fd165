#!/usr/bin/env node
/**
 * `npm start`: from a fresh clone, with Node alone. Installs what is missing, then runs the cluster of
 * `lib/local/start.ts` with the console's page in this very process, so that signals, exit code and terminal are its own.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from './install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { register } = await import('tsx/esm/api');
register();
const { main } = await import('../lib/local/start.ts');
/** Imported late: without a terminal there is no page. */
const openPage = async (options) => (await import('../lib/console/cluster-source.ts')).openClusterConsole(options);
process.exitCode = await main(process.argv.slice(2), openPage);
