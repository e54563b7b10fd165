#!/usr/bin/env node
/**
 * `npm run e2e`: the real app, deployed by the stock CDK CLI to an AWS emulator of this machine that runs its functions
 * and enforces IAM; then leaders are killed, messages lost and poisoned. From a fresh clone, with Node and Python alone.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled } from '../../bin/install.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
try {
  await ensureInstalled(root);
} catch (error) {
  console.error(error.message);
  console.log('0 passed, 1 failed');
  process.exit(1);
}
const { register } = await import('tsx/esm/api');
register();
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
