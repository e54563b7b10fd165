/** What an operator does to an election from outside. Standing for it is not needed. */
import { isTenureError } from '../lease/errors.js';
import type { LeaseRecord } from '../lease/record.js';
import { wholeNumber } from '../lease/timing.js';
import { type Context, call, readNow } from './context.js';
import { bad, checkId } from './options.js';

/** How often a revoke is tried whose answer was lost. */
const TRIES = 3;

/** What an operator may say in a challenge, in bytes. */
const MAX_WHY_BYTES = 64;

/** What an operator asks of a leader. */
export interface ChallengeOptions {
  /** For people: at most 64 bytes. Default `operator`. */
  readonly why?: string;
  /**
   * The id of the candidate that is to follow. The vacancy is kept for it for two heartbeats, and is anybody's if it does
   * not come. Default: the challenger itself if it stands, else whoever comes first.
   */
  readonly to?: string;
}

/** Checks a wish before anything is sent. */
export function resolveChallenge({ why = 'operator', to }: ChallengeOptions): { why: string; to: string | undefined } {
  if (typeof why !== 'string' || Buffer.byteLength(why) > MAX_WHY_BYTES) {
    throw bad('`why`', `a text of at most ${MAX_WHY_BYTES} bytes`, why);
  }
  return { why, to: to === undefined ? undefined : checkId('to', to) };
}

/** Who is to be removed from office (section 3, revoke). */
export interface Revocation {
  /** The term that the holder is in office for. */
  readonly term: number;
  /** The id of the holder, so that nobody else is hit by mistake. */
  readonly holder: string;
  /** Proof that the holder can never run again. Default `false`. */
  readonly dead?: boolean;
}

/** Revokes, and looks whether it is done: by this write, or by one whose answer was lost. */
export async function revoke(
  context: Context,
  office: Revocation,
): Promise<{ revoked: boolean; record: LeaseRecord | undefined }> {
  const term = wholeNumber('term', office?.term, 1, Number.MAX_SAFE_INTEGER);
  const holder = checkId('holder', office.holder);
  const { dead = false } = office;
  if (typeof dead !== 'boolean') throw bad('`dead`', 'true or false', dead);
  const { store, timings, clock, view } = context;
  for (let tries = 1; ; tries += 1) {
    const seen = await readNow(context);
    const done = wasRevoked(seen, term, holder);
    if (done && (!dead || seen?.dead)) return { revoked: true, record: seen };
    if (!done && (seen?.term !== term || seen.holder !== holder)) return { revoked: false, record: seen };
    try {
      const write = { seen: seen!, dead, at: Math.round(clock.now().wall) };
      const { record } = await call(context, 'revoke', timings.requestTimeoutMs, (o) => store.revoke(write, o));
      if (record !== undefined) view.see(record);
    } catch (error) {
      if (tries === TRIES || !isTenureError(error, 'RequestFailed')) throw error;
    }
  }
}

function wasRevoked(record: LeaseRecord | undefined, term: number, holder: string): boolean {
  return (
    record?.term === term && record.holder === undefined && record.reason === 'revoked' && record.previous === holder
  );
}
