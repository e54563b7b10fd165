/** What happened in a simulated world, for who reads it. */

/** What kind of thing it is: what befell somebody, its end, a change of the record, a candidate's own news. */
export type HappeningKind = 'fault' | 'relief' | 'record' | 'elected' | 'lost' | 'failover' | 'violation';

export interface Happening {
  /** Since the world began. */
  readonly atMs: number;
  readonly kind: HappeningKind;
  readonly what: string;
}

/** The sentence is made only where somebody will read it. */
export type Say = (kind: HappeningKind, what: () => string) => void;

export const lineOf = ({ atMs, what }: Happening): string => `${atMs.toFixed(1).padStart(10)}  ${what}`;
