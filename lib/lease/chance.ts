/** Randomness, passed in like the clock, so that a simulation repeats from its seed. */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** The source of everything random in an election. */
export interface Chance {
  /** A number in [0, 1): for jitter. */
  unit(): number;
  /** A fresh id of an acquisition, a challenge or a write: 96 bits, so two are never equal. */
  attempt(): string;
}

const KERNEL = '/dev/urandom';

/**
 * Bytes from the kernel, drawn now. Node's own `randomBytes` takes them from a generator in the memory of the process:
 * two processes that were restored from one snapshot would draw the same. The kernel mixes in what tells machines apart.
 * Where there is no such device (Windows) or it may not be opened (the permission model), Node's generator must do.
 */
export function kernelBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  let file: number | undefined;
  try {
    file = openSync(KERNEL, 'r');
    if (readSync(file, bytes, 0, count, null) === count) return bytes;
  } catch {
    // See above.
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return randomBytes(count);
}

/** The randomness of this machine. */
export const realChance: Chance = {
  unit: () => kernelBytes(4).readUInt32BE() / 2 ** 32,
  attempt: () => kernelBytes(12).toString('base64url'),
};
