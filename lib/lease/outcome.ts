/**
 * What an answer says about one's own write (section 5). A write whose reply is lost was applied, or was not, or will be
 * later; and a request that the network repeats comes back refused although it was applied. Pure.
 */
import { isTenureError, TenureError } from './errors.js';
import type { LeaseRecord } from './record.js';
import type { Marks, Reply, Tenancy } from './store.js';

/**
 * Why a leadership ended, as its holder sees it. `superseded`: a later term was seen. `expired`: the lease ran out by the
 * holder's own clock, or another candidate expired it. `revoked`: by an operator, or by proof of death. `resigned`: given
 * back. `yielded`: handed over to a challenger. `closed`: the election was closed, or the signal of `run` aborted. `cloned`:
 * another process runs with a copy of this one's memory, and has renewed first; or `resumed()` was called.
 */
export type LostReason = 'superseded' | 'expired' | 'revoked' | 'resigned' | 'yielded' | 'closed' | 'cloned';

/** What the holder may conclude: its write landed; its term is over, and why; or nothing at all. */
export type Fate =
  | { is: 'landed'; record: LeaseRecord }
  | { is: 'over'; reason: LostReason }
  | { is: 'unclear'; record?: LeaseRecord };

const over = (reason: LostReason): Fate => ({ is: 'over', reason });

/**
 * The fate of a renewal or proclamation.
 * @param isMine whether this process has written that mark
 */
export function fateOfRenewal(
  office: Tenancy,
  marks: Marks,
  { applied, record }: Reply,
  isMine: (mark: string | undefined) => boolean,
): Fate {
  if (record === undefined) return applied ? { is: 'unclear' } : over('superseded'); // refused, and gone: nobody holds it
  if (applied) return { is: 'landed', record };
  const ended = endOf(office, record, isMine);
  if (ended !== undefined) return over(ended);
  // Refused, but mine to the letter: another delivery of this very request has landed.
  return record.mark === marks.next ? { is: 'landed', record } : { is: 'unclear', record };
}

/** The fate of a resignation or a hand-over: landed once the record shows that this term holds the office no more. */
export function fateOfRelease(
  office: Tenancy,
  { applied, record }: Reply,
  isMine: (mark: string | undefined) => boolean,
): Fate {
  if (record === undefined) return over('superseded');
  const ended = endOf(office, record, isMine);
  if (ended === 'cloned') return over('cloned');
  return applied || ended !== undefined ? { is: 'landed', record } : { is: 'unclear', record };
}

/**
 * How this term ended, if the record shows that it did. A record with my term, attempt and name is never a loss, unless
 * its last write was made by a copy of this process.
 */
export function endOf(
  office: Tenancy,
  record: LeaseRecord,
  isMine: (mark: string | undefined) => boolean = () => true,
): LostReason | undefined {
  if (record.term !== office.term || record.attempt !== office.attempt) return 'superseded';
  if (record.holder === office.holder) return isMine(record.mark) ? undefined : 'cloned';
  if (record.holder !== undefined) return 'superseded';
  // My attempt without a holder: the term is over, whatever number its end may have taken.
  return record.reason === 'revoked' || record.reason === 'expired' || record.reason === 'resigned'
    ? record.reason
    : 'superseded';
}

/** True if the record shows that this acquisition, or this challenge, put `id` in office. */
export function showsMine(record: LeaseRecord | undefined, id: string, attempt: string): boolean {
  return record?.attempt === attempt && record.holder === id;
}

/**
 * The error for a write that was refused by a record in which all that it compared is as it should be: something else in
 * the record stands against it. Tried again at once, it would be refused again.
 */
export function refusedUnchanged(doing: string, record: LeaseRecord): TenureError {
  return new TenureError(
    'RefusedUnchanged',
    `${doing} was refused, although the record is at the version that was compared: something in it is not as this version ` +
      'of tenure expects it, or the table changed its mind between two answers. It is tried again, less and less often.',
    { details: { record } },
  );
}

/** True for a failure after which the write was certainly not applied, and will not be. */
export const wasNotApplied = (error: unknown): boolean =>
  isTenureError(error) && (error.permanent || error.code === 'RequestInvalid');
