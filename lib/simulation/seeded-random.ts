/** A seeded source of chance (mulberry32). */
export class SeededRandom {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  /** Another source, for a setting that came later: what this one gives stays as it was. */
  aside(): SeededRandom {
    return new SeededRandom(this.#state ^ 0x5bd1e995);
  }
  between(least: number, most: number): number {
    return least + this.unit() * (most - least);
  }
  chance(probability: number): boolean {
    return this.unit() < probability;
  }
  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.unit() * from.length)]!;
  }
}
