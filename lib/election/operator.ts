/** What an operator does to an election from outside, without standing for it. */
import { sleep } from '../lease/clock.js';
import { isTenureError, TenureError } from '../lease/errors.js';
import { refusedUnchanged } from '../lease/outcome.js';
import { type LeaseRecord, sameVersion } from '../lease/record.js';
import type { Reply } from '../lease/store.js';
import { backoffMs, wholeNumber } from '../lease/timing.js';
import { isUnicode } from '../lease/value.js';
import { checkId } from './candidate-id.js';
import type { Context } from './context.js';
import { bad, checkFlag, checkKeys } from './options.js';
import { call, readNow } from './request.js';

/** How often a revoke without an answer is tried. */
const TRIES = 3;

/** What an operator may say in a challenge, in bytes. */
const MAX_WHY_BYTES = 64;

/** What an operator asks of a leader. */
export interface ChallengeOptions {
  /** For people: at most 64 bytes. Default `operator`. */
  readonly why?: string | undefined;
  /**
   * The id of the candidate that is to follow. The vacancy is reserved for it for two heartbeats. If it does not come, any
   * candidate may take the office. Default: the challenger itself if it stands, else the first candidate that comes.
   */
  readonly to?: string | undefined;
}

/** Checks a challenge before anything is sent. */
export function resolveChallenge(options: ChallengeOptions): { why: string; to: string | undefined } {
  checkKeys('challenge()', options, ['why', 'to']);
  const { why = 'operator', to } = options;
  if (typeof why !== 'string' || Buffer.byteLength(why) > MAX_WHY_BYTES || !isUnicode(why)) {
    throw bad('`why`', `a text of at most ${MAX_WHY_BYTES} bytes, of Unicode`, why);
  }
  return { why, to: to === undefined ? undefined : checkId('to', to) };
}

/**
 * Reads who leads, and asks.
 * @param ask sends the challenge
 * @throws TenureError `BadOption` where `to` leads already
 */
export async function challenge(
  context: Context,
  to: string | undefined,
  ask: (seen: LeaseRecord) => Promise<Reply>,
): Promise<Reply> {
  const seen = await readNow(context);
  if (seen?.holder === undefined) return { applied: false, record: seen };
  if (seen.holder !== to) return ask(seen);
  const message = `${to} leads election "${context.election}" already: \`to\` must be another candidate.`;
  throw new TenureError('BadOption', message);
}

/** The holder that is to be removed from office. */
export interface Revocation {
  /** The term that the holder is in office for. */
  readonly term: number;
  /** The id of the holder, so that no other leader is removed by mistake. */
  readonly holder: string;
  /** Proof that the holder can never run again. Default `false`. */
  readonly dead?: boolean | undefined;
}

/** Revokes, and looks whether it is done: by this write, or by one whose answer was lost. */
export async function revoke(
  context: Context,
  office: Revocation,
): Promise<{ revoked: boolean; record: LeaseRecord | undefined }> {
  checkKeys('revoke()', office, ['term', 'holder', 'dead']);
  const term = wholeNumber('term', office.term, 1, Number.MAX_SAFE_INTEGER);
  const holder = checkId('holder', office.holder);
  const dead = checkFlag('dead', office.dead);
  const { store, clock, view, chance } = context;
  for (let tries = 1; ; tries += 1) {
    const seen = await readNow(context);
    const done = wasRevoked(seen, term, holder);
    if (done && (!dead || seen?.dead)) return { revoked: true, record: seen };
    if (!done && (seen?.term !== term || seen.holder !== holder)) return { revoked: false, record: seen };
    try {
      const write = { seen: seen!, dead, at: Math.round(clock.now().wall) };
      const { applied, record } = await call(context, 'revoke', (options) => store.revoke(write, options));
      if (record !== undefined) view.see(record);
      // Refused by a record with that very term and holder: something else in it stands against the write.
      const isUnchanged = !applied && record?.term === term && record.holder === seen!.holder;
      if (isUnchanged && (record.holder !== undefined || sameVersion(record, seen))) {
        throw refusedUnchanged(`Revoking term ${term}`, record);
      }
    } catch (error) {
      const mayPass = isTenureError(error, 'RequestFailed') || isTenureError(error, 'RefusedUnchanged');
      if (tries === TRIES || !mayPass) throw error;
      await sleep(clock, backoffMs(tries, 1_000, chance.unit()));
    }
  }
}

function wasRevoked(record: LeaseRecord | undefined, term: number, holder: string): boolean {
  return (
    record?.term === term && record.holder === undefined && record.reason === 'revoked' && record.previous === holder
  );
}
