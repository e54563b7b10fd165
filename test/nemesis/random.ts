/** Seeded chance: the same seed draws the same numbers. */

export type Random = () => number;

/** Numbers from 0 up to 1 (mulberry32). */
export function random(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (chance: Random, least: number, most: number) => least + chance() * (most - least);

export const oneOf = <T>(chance: Random, list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T;
