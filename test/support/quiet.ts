/** Runs before each test file: no notice of the SDK about Node versions, and nothing left in the folder of temporary files. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { quietSdk } from '../../lib/local/engine.js';

quietSdk();

// Some libraries clear away nothing: each synthesis of the CDK leaves a folder.
const { TMPDIR } = process.env;
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tenure-test-'));
process.env.TMPDIR = folder;
afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(folder, { recursive: true, force: true });
});
