/** Randomness, passed in like the clock, so that a simulation repeats from its seed. */
import { randomBytes } from 'node:crypto';

export interface Chance {
  /** A number in [0, 1). */
  unit(): number;
  /** A fresh id of one acquisition or one challenge: 96 bits, so two are never equal (section 1). */
  attempt(): string;
}

export const realChance: Chance = {
  unit: () => randomBytes(4).readUInt32BE() / 2 ** 32,
  attempt: () => randomBytes(12).toString('base64url'),
};
