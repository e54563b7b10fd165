/**
 * Clocks that err, by libfaketime: for some processes the wall clock is off, and steps while they run; for others both
 * clocks run too fast or too slow. Where libfaketime is not installed, all processes have the host's own clocks.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { measureAhead } from './host-clock.js';
import type { Between, ClockTask } from './messages.js';
import { between, oneOf, type Random } from './random.js';

const LIBRARIES = [
  process.env.LIBFAKETIME ?? '',
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/faketime/libfaketime.so.1',
  '/usr/lib64/faketime/libfaketime.so.1',
];
const INSTALL_LIMIT_MS = 120_000;
const SHARED_MEMORY = '/dev/shm';

/**
 * What is wrong with a process's clocks. `skew`: the wall clock, which also steps. `rate`: both clocks, by less than the
 * `drift` of 0.01 that the elections allow for.
 */
type Clock = { readonly kind: 'true' } | { readonly kind: 'skew' } | { readonly kind: 'rate'; rate: number };

const TRUE: Clock = { kind: 'true' };
/** By place, again and again: a third errs in rate, a third in the time of day. */
const PATTERN: readonly Clock[] = [
  { kind: 'skew' },
  { kind: 'rate', rate: 1.008 },
  TRUE,
  { kind: 'skew' },
  { kind: 'rate', rate: 0.992 },
  TRUE,
];

/** How a process is started so that it has its clock. */
export interface Fake {
  readonly env: Record<string, string>;
  readonly task: ClockTask;
}

export class Clocks {
  private constructor(
    private readonly library: string | undefined,
    private readonly ahead: Between | undefined,
    private readonly folder: string,
  ) {}

  static async open(): Promise<Clocks> {
    const library = find();
    const ahead = library === undefined ? undefined : measureAhead();
    return new Clocks(library, ahead, await mkdtemp(join(tmpdir(), 'tenure-nemesis-')));
  }

  get canFake(): boolean {
    return this.library !== undefined;
  }

  /** The clock of a place. */
  of(slot: number): Clock {
    return this.canFake ? PATTERN[slot % PATTERN.length]! : TRUE;
  }

  /** @param mayErrInRate false where claims are named by the time: that is coarse where the monotonic clock is faked */
  async fake(slot: number, chance: Random, mayErrInRate: boolean): Promise<Fake> {
    const clock = this.of(slot);
    if (clock.kind === 'true' || (clock.kind === 'rate' && !mayErrInRate)) return { env: {}, task: { by: 'hrtime' } };
    if (clock.kind === 'rate') {
      const env = { LD_PRELOAD: this.library!, FAKETIME: `+0 x${clock.rate}` };
      return { env, task: { by: 'uptime', aheadMs: this.ahead! } };
    }
    await this.step(slot, chance);
    const env = {
      LD_PRELOAD: this.library!,
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_TIMESTAMP_FILE: this.#file(slot),
      FAKETIME_CACHE_DURATION: '1', // in s: how soon a step is seen
    };
    return { env, task: { by: 'hrtime' } };
  }

  /** Steps a wall clock: by about the length of a lease, or by hours, either way. @returns the offset, in s */
  async step(slot: number, chance: Random): Promise<string> {
    const reach = oneOf(chance, [1, 3, 60, 7200]);
    const seconds = between(chance, -reach, reach).toFixed(3);
    const offset = seconds.startsWith('-') ? seconds : `+${seconds}`;
    const file = this.#file(slot);
    // Whole at any moment; and of its own, for two steps may come at a time.
    const next = `${file}.next-${randomUUID()}`;
    await writeFile(next, `${offset}\n`);
    await rename(next, file);
    return offset;
  }

  /** A suspended host would have moved one clock of the host against the other: then nothing can be compared any more. */
  get wereTrue(): boolean {
    if (this.ahead === undefined) return true;
    const now = measureAhead();
    return now.least <= this.ahead.most && now.most >= this.ahead.least;
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  #file(slot: number): string {
    return join(this.folder, `${slot}`);
  }
}

/**
 * Looks for libfaketime, and installs it if that is wanted and can be done.
 * @returns what people should know, where it is not there
 */
export async function provideFaketime(install: boolean): Promise<string | undefined> {
  if (find() !== undefined) return undefined;
  const without = 'clocks: libfaketime is not there, so clocks neither drift nor step';
  if (process.platform !== 'linux') return `${without} (it is for Linux).`;
  const how = 'Debian: apt-get install faketime; elsewhere name its library in LIBFAKETIME';
  if (!install || process.getuid?.() !== 0) return `${without} (${how}).`;
  try {
    const options = { timeout: INSTALL_LIMIT_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    await promisify(execFile)('apt-get', ['update', '-q'], options);
    await promisify(execFile)('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'faketime'], options);
  } catch (error) {
    return `${without}: apt-get could not install it (${(error as Error).message.split('\n')[0]}).`;
  }
  return find() === undefined ? `${without}, not even after apt-get install faketime.` : undefined;
}

/** Removes what libfaketime leaves of a process that was killed. */
export function sweep(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const stem of ['faketime_shm_', 'sem.faketime_sem_'])
    rmSync(join(SHARED_MEMORY, `${stem}${pid}`), { force: true });
}

function find(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return LIBRARIES.find((path) => path !== '' && existsSync(path));
}
