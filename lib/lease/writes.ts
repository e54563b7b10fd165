/**
 * Every write of the protocol (section 3): what it compares, what it sets, what it removes. This is the only file that
 * names the conditions of these writes; `dynamodb.ts` sends them.
 *
 *   term 1             term 2                                   term 3
 *   create ── renew ── acquire ── renew ── renew ── resign ──── acquire ──   the record:  (term, beat) only rises
 *   compares:     term+beat+attempt  term+attempt+holder, beat<n   term+beat+attempt
 *        └─ raise           └─ raise                                 └─ raise   the fence: term < mine
 */
import { FENCE, RECORD } from './attributes.js';
import { absent, all, atMost, below, either, is, oneOf, present, RAISED, shapeOf, type Update } from './expression.js';
import { FORMAT, type LeaseRecord } from './record.js';
import type {
  AcquireWrite,
  ChallengeWrite,
  CreateWrite,
  Declaration,
  ExpireWrite,
  HandOverWrite,
  Marks,
  RaiseWrite,
  RenewWrite,
  ResignWrite,
  RevokeWrite,
  Tenancy,
  WithdrawWrite,
} from './store.js';

/** A record that cannot be read is never overwritten, not even by a write that was on its way when it was spoiled. */
const READABLE = shapeOf(RECORD);

/** The attempt too: where a record was deleted or restored, the numbers come again, and a write that lands late meets them. */
const theVersion = (seen: LeaseRecord) => [is('term', seen.term), is('beat', seen.beat), is('attempt', seen.attempt)];
const held = (by: { term: number; holder: string }) => [is('term', by.term), is('holder', by.holder)];
const mine = (office: Tenancy, marks: Marks) => [
  ...held(office),
  is('attempt', office.attempt),
  oneOf('mark', marks.known),
];

export const create = ({ office, declare, at }: CreateWrite): Update => ({
  when: [absent('pk')],
  set: { format: FORMAT, ...begun(office, declare, at), transition: 'elected' },
  remove: [],
});

export const acquire = ({ seen, office, declare, at }: AcquireWrite): Update => ({
  when: [...theVersion(seen), ...READABLE],
  set: {
    ...begun(office, declare, at),
    transition: 'elected',
    ...(seen.holder !== undefined && { reason: 'expired', previous: seen.holder }),
  },
  remove: [
    'challenger',
    'successor',
    'dead',
    ...(seen.holder === undefined ? [] : ['vacatedAt']),
    ...(declare.value === undefined ? ['value'] : []),
  ],
});

export const renew = ({ office, marks, beat, at, declare, proclaim }: RenewWrite): Update => {
  const value = proclaim === undefined ? declare && { value: declare.value } : { value: proclaim.value };
  return {
    when: [...mine(office, marks), below('beat', beat), ...READABLE],
    set: { beat, renewedAt: at, mark: marks.next, ...(declare && declared(declare)), ...value },
    remove: ['transition', ...(value !== undefined && value.value === undefined ? ['value'] : [])],
  };
};

export const resign = ({ office, marks, beat, at, successor, answers }: ResignWrite): Update => ({
  when: [
    ...mine(office, marks),
    below('beat', beat),
    ...(answers === undefined ? [] : [either(absent('challenger'), is('challenger.attempt', answers))]),
    ...READABLE,
  ],
  set: {
    beat,
    vacatedAt: at,
    reason: 'resigned',
    previous: office.holder,
    transition: 'resigned',
    successor,
    mark: marks.next,
  },
  remove: ['holder', 'challenger', 'value', 'dead', ...(successor === undefined ? ['successor'] : [])],
});

export const handOver = ({ office, marks, challenger, at }: HandOverWrite): Update => ({
  when: [...mine(office, marks), is('challenger.attempt', challenger.attempt), ...READABLE],
  set: {
    term: office.term + 1,
    beat: 0,
    holder: challenger.id,
    attempt: challenger.attempt,
    mark: challenger.attempt,
    acquiredAt: at,
    renewedAt: at,
    previous: office.holder,
    reason: 'yielded',
    transition: 'elected',
  },
  remove: ['challenger', 'value', 'vacatedAt', 'successor', 'dead'],
});

export const expire = ({ seen, at }: ExpireWrite): Update => ({
  when: [...theVersion(seen), present('holder'), ...READABLE],
  set: vacated(seen, 'expired', at),
  remove: ['holder', 'challenger', 'value', 'dead', 'successor'],
});

export const revoke = ({ seen, dead, at }: RevokeWrite): Update =>
  seen.holder === undefined
    ? {
        // The office is vacant by a revoke already: the proof comes later, under the vacancy's own version.
        when: [...theVersion(seen), absent('holder'), is('reason', 'revoked'), ...READABLE],
        set: { beat: seen.beat + 1, ...(dead && { dead }) },
        remove: ['transition'],
      }
    : {
        // Term and holder are compared, not the version: the holder may renew between the read and this write, and the
        // beat may only rise. So it is raised where it stands, by the table itself.
        when: [...held({ term: seen.term, holder: seen.holder }), ...READABLE],
        set: { ...vacated(seen, 'revoked', at), beat: RAISED, ...(dead && { dead }) },
        remove: ['holder', 'challenger', 'value', 'successor', ...(dead ? [] : ['dead'])],
      };

export const challenge = ({ term, holder, challenger, overEqual = false }: ChallengeWrite): Update => ({
  when: [
    ...held({ term, holder }),
    either(absent('challenger'), (overEqual ? atMost : below)('challenger.rank', challenger.rank)),
    ...READABLE,
  ],
  set: { challenger },
  remove: [],
});

export const withdraw = ({ attempt }: WithdrawWrite): Update => ({
  when: [is('challenger.attempt', attempt), ...READABLE],
  set: {},
  remove: ['challenger'],
});

export const raise = ({ term, attempt, mark }: RaiseWrite): Update => ({
  when: [either(absent('term'), all(below('term', term), ...shapeOf(FENCE)))],
  set: { term, attempt, mark },
  remove: [],
});

const declared = ({ leaseMs, renewMs, priority }: Declaration) => ({ leaseMs, renewMs, priority });

const begun = ({ term, attempt, holder }: Tenancy, declare: Declaration, at: number) => ({
  term,
  beat: 0,
  holder,
  attempt,
  mark: attempt,
  ...declared(declare),
  acquiredAt: at,
  renewedAt: at,
  value: declare.value,
});

const vacated = (seen: LeaseRecord, reason: 'expired' | 'revoked', at: number) => ({
  beat: seen.beat + 1,
  vacatedAt: at,
  reason,
  previous: seen.holder,
  transition: reason,
});
