/** What the tests of the engines share: whether one is there, programs that stand in for others, and tidying up. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, vi } from 'vitest';
import { type Engine, type EngineOptions, engineClient, startEngine } from '../../lib/local/engine.js';

/** For whole processes that have to start, on a machine that may be busy. */
export const PATIENT_MS = 60_000;
/** The first start of DynamoDB Local has Maven fetch it. */
export const FIRST_FETCH_MS = 180_000;

const cleanUps: (() => unknown)[] = [];

/** Has `undo` done after the test, the latest first. */
export function afterwards(undo: () => unknown): void {
  cleanUps.push(undo);
}

/** Gives each test an environment that says nothing of AWS, and tidies up after it. */
export function eachOnItsOwn(): void {
  beforeEach(() => {
    const ours = /^AWS_(ENDPOINT_URL|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|REGION)/;
    for (const name of Object.keys(process.env)) if (ours.test(name)) vi.stubEnv(name, undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const undo of cleanUps.splice(0).reverse()) await undo();
  });
}

export async function start(options?: EngineOptions): Promise<Engine> {
  const engine = await startEngine(options);
  afterwards(engine.stop);
  return engine;
}

export async function tablesAt(endpoint: string): Promise<string[] | undefined> {
  const requestHandler = { requestTimeout: 5_000, throwOnRequestTimeout: true };
  const client = engineClient(endpoint, { maxAttempts: 1, requestHandler });
  try {
    return (await client.send(new ListTablesCommand({}))).TableNames;
  } finally {
    client.destroy();
  }
}

/** Nobody listens there; slow is not dead. */
export async function isDead(endpoint: string): Promise<boolean> {
  const failure = await tablesAt(endpoint).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
  return failure === 'ECONNREFUSED';
}

export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenure-test-'));
  afterwards(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder to be the whole PATH: no Java, no Maven, and just the `sh` that `endWithParent` needs. */
export async function bareFolder(): Promise<string> {
  const folder = await tempFolder();
  await program(folder, 'sh', 'exec /bin/sh "$@"');
  return folder;
}

/** Puts a program into the folder, written for `sh`. */
export async function program(folder: string, name: string, script: string): Promise<void> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}
