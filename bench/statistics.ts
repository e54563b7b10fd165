/** What many measured figures come to. */

export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** The nearest rank: with few figures the p99 is the largest of them, and nothing is invented between two. */
export function spread(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)]!;
  return { count: values.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

/** Uniform from `least` to `most`: the delays of the bench, so that no two rhythms keep one phase. */
export const between = (least: number, most: number): number => least + (most - least) * Math.random();
