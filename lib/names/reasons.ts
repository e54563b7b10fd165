/** Why a term was lost, in words: the one table for error messages, the command line and the console. */

export interface ReasonText {
  /** A short noun phrase, for a list or a label. */
  readonly phrase: string;
  /** Follows "the term is over:" or the like, and speaks of the term as `it`. */
  readonly sentence: string;
}

export const LOST_REASONS = {
  superseded: { phrase: 'a later leader', sentence: 'another candidate leads, or the record was replaced' },
  expired: { phrase: 'an expired lease', sentence: 'its lease ran out before a heartbeat landed' },
  revoked: { phrase: 'a revocation', sentence: 'an operator, or proof of death, revoked it' },
  resigned: { phrase: 'a resignation', sentence: 'its leader resigned' },
  yielded: { phrase: 'a challenge', sentence: 'its leader handed it over to a challenger' },
  closed: { phrase: 'an orderly end', sentence: 'the election was closed' },
  cloned: {
    phrase: 'a copy of the process',
    sentence: "another process runs with a copy of this one's memory, and renewed first",
  },
} as const satisfies Record<string, ReasonText>;

/** Of a reason that another version may have written: the reason itself, if it is not known here. */
export function lostSentence(reason: string): string {
  return Object.hasOwn(LOST_REASONS, reason) ? LOST_REASONS[reason as keyof typeof LOST_REASONS].sentence : reason;
}
