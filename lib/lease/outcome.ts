/**
 * What an answer says of one's own write (section 5). A write whose reply is lost was applied, or was not, or will be
 * later; and the SDK's own retry makes an applied write come back refused. Pure.
 */
import type { LeaseRecord } from './record.js';
import type { Office, Reply } from './store.js';

/**
 * Why a leadership ended, as its holder tells it (section 5). `superseded`: a later term was seen. `expired`: the lease ran
 * out by its own clock, or was expired by another. `revoked`: by an operator, or by proof of death. `resigned`: given back.
 * `yielded`: given up for a challenger. `closed`: the election was closed, or the signal of `run` aborted.
 */
export type LostReason = 'superseded' | 'expired' | 'revoked' | 'resigned' | 'yielded' | 'closed';

/** What the holder may conclude: its write landed; its term is over, and why; or nothing at all. */
export type Fate = { is: 'landed'; record: LeaseRecord } | { is: 'over'; reason: LostReason } | { is: 'unclear' };

const UNCLEAR: Fate = { is: 'unclear' };
const over = (reason: LostReason): Fate => ({ is: 'over', reason });

/** The fate of a renewal or proclamation that carried `beat`. */
export function fateOfRenewal(office: Office, beat: number, { applied, record }: Reply): Fate {
  if (record === undefined) return applied ? UNCLEAR : over('superseded'); // refused, and gone: nobody holds it
  if (applied) return { is: 'landed', record };
  const ended = endOf(office, record);
  if (ended !== undefined) return over(ended);
  // Refused, but mine to the letter: an earlier attempt of this very request landed.
  return record.beat === beat ? { is: 'landed', record } : UNCLEAR;
}

/** The fate of a resignation or a hand over: landed once the office is seen to be no longer this term's. */
export function fateOfRelease(office: Office, { applied, record }: Reply): Fate {
  if (record === undefined) return over('superseded');
  if (applied || endOf(office, record) !== undefined) return { is: 'landed', record };
  return UNCLEAR;
}

/** How this term ended, if the record shows that it did. A record with my term, attempt and name is never a loss. */
export function endOf(office: Office, record: LeaseRecord): LostReason | undefined {
  if (record.term !== office.term || record.attempt !== office.attempt) return 'superseded';
  if (record.holder === office.holder) return undefined;
  if (record.holder !== undefined) return 'superseded';
  // My attempt without a holder: the term is over, whatever number its end may have taken.
  return record.reason === 'revoked' || record.reason === 'expired' || record.reason === 'resigned'
    ? record.reason
    : 'superseded';
}

/** True if the record shows that this acquisition, or this challenge, put `id` in office. */
export function showsMine(record: LeaseRecord | undefined, id: string, attempt: string | undefined): boolean {
  return record !== undefined && attempt !== undefined && record.attempt === attempt && record.holder === id;
}
