/** What a woken candidate does about the record it finds (section 8): a table. Wall clocks are hints here, nothing more. */
import { describe, expect, test } from 'vitest';
import { buildOf, judgeWoken, type Verdict, type Woken, withBuild } from '../../lib/election/candidate/wake-verdict.js';
import type { LeaseRecord } from '../../lib/lease/record.js';

const NOW = 1_800_000_000_000;
const LEASE = 10_000;
const ME: Woken = { id: 'me', build: undefined, relayAfterMs: undefined, reservedMs: undefined, seenBefore: false };
const RELAY: Woken = { ...ME, relayAfterMs: 700_000 };
const DUTY: Woken = { ...ME, reservedMs: 150_000 };

const held = (parts: Partial<LeaseRecord> = {}): LeaseRecord => ({
  term: 7,
  beat: 3,
  holder: 'other',
  attempt: 'attempt',
  leaseMs: LEASE,
  renewMs: 3_000,
  priority: 0,
  acquiredAt: NOW - 60_000,
  renewedAt: NOW - 1_000,
  ...parts,
});
const vacant = (parts: Partial<LeaseRecord> = {}): LeaseRecord => ({
  ...held({ reason: 'resigned', previous: 'other', vacatedAt: NOW - 500, ...parts }),
  holder: undefined,
});
const STAND: Verdict = { do: 'stand', pauseMs: 0 };
const leave = { do: 'leave', why: expect.any(String) };

describe('a record that is held', () => {
  test.each<[string, LeaseRecord, Woken, Verdict | typeof leave]>([
    ['a fresh lease: leaves, and names the leader', held(), ME, { do: 'leave', why: 'other leads term 7' }],
    ['renewed exactly a lease ago: leaves', held({ renewedAt: NOW - LEASE }), ME, leave],
    ['renewed more than a lease ago: stands', held({ renewedAt: NOW - LEASE - 1 }), ME, STAND],
    ['renewed a little ahead of this clock: leaves', held({ renewedAt: NOW + LEASE }), ME, leave],
    ['renewed more than a lease ahead of it: stands', held({ renewedAt: NOW + LEASE + 1 }), ME, STAND],
    ['an absurd lease counts as the longest there is', held({ leaseMs: 1e12, renewedAt: NOW - 900_001 }), ME, STAND],
    ['this version was seen before: stands', held(), { ...ME, seenBefore: true }, STAND],
    ['its own name, but it is no relay: leaves', held({ holder: 'me', acquiredAt: 0 }), ME, leave],
    ['an earlier runner that is young: leaves', held({ holder: 'me', acquiredAt: NOW - 700_999 }), RELAY, leave],
    [
      'an earlier runner that is old: is relieved',
      held({ holder: 'me', acquiredAt: NOW - 701_000 }),
      RELAY,
      { do: 'relay', why: 'relay' },
    ],
    [
      "an earlier runner that is old by its own clock, whatever this one's says: is relieved",
      held({ holder: 'me', acquiredAt: 1_000, renewedAt: 701_000 }),
      RELAY,
      { do: 'relay', why: 'relay' },
    ],
    ['an earlier runner whose clock went back: leaves', held({ holder: 'me', acquiredAt: NOW + LEASE }), RELAY, leave],
    [
      'an earlier runner of another build: is relieved',
      held({ holder: 'me', attempt: 'attempt.v1' }),
      { ...RELAY, build: 'v2' },
      { do: 'relay', why: 'newer code' },
    ],
    ['of the same build: is not', held({ holder: 'me', attempt: 'attempt.v2' }), { ...RELAY, build: 'v2' }, leave],
    ["another candidate's build is nobody's business", held({ attempt: 'a.v1' }), { ...RELAY, build: 'v2' }, leave],
    ['its own name, but silent: stands', held({ holder: 'me', renewedAt: NOW - LEASE - 1 }), RELAY, STAND],
  ])('%s', (_title, record, me, verdict) => {
    expect(judgeWoken(record, NOW, me)).toEqual(verdict);
  });
});

describe('a vacancy', () => {
  test.each<[string, LeaseRecord | undefined, Woken, Verdict | typeof leave]>([
    ['no record: stands', undefined, ME, STAND],
    ['after a long term: stands', vacant(), ME, STAND],
    ['after a lease ran out: stands', vacant({ reason: 'expired', acquiredAt: NOW - 600 }), ME, STAND],
    ['revoked: stands, to stay and watch', vacant({ reason: 'revoked' }), ME, STAND],
    ['reserved for another: stands, to stay and watch', vacant({ successor: 'x' }), ME, STAND],
    ['reserved for another, and it is on duty: leaves', vacant({ successor: 'x' }), DUTY, leave],
    ['for 150 s', vacant({ successor: 'x', vacatedAt: NOW - 150_000 }), DUTY, leave],
    ['but not for longer', vacant({ successor: 'x', vacatedAt: NOW - 150_001 }), DUTY, STAND],
    ['nor if that lies ahead by more', vacant({ successor: 'x', vacatedAt: NOW + 150_001 }), DUTY, STAND],
    ['reserved for itself: stands', vacant({ successor: 'me', acquiredAt: NOW - 600 }), DUTY, STAND],
    [
      'after a term shorter than a lease: stands when the lease would have ended',
      vacant({ acquiredAt: NOW - 2_500 }),
      ME,
      { do: 'stand', pauseMs: LEASE - 500 },
    ],
    ['its own: leaves it to others for a lease', vacant({ previous: 'me' }), ME, { do: 'stand', pauseMs: LEASE - 500 }],
    ['its own, but it was lost: stands', vacant({ previous: 'me', reason: 'expired' }), ME, STAND],
    ['that was long ago: stands', vacant({ acquiredAt: NOW - 62_000, vacatedAt: NOW - 60_000 }), ME, STAND],
    [
      'its time lies ahead: never waits longer than a lease',
      vacant({ acquiredAt: NOW + 58_000, vacatedAt: NOW + 60_000 }),
      ME,
      { do: 'stand', pauseMs: LEASE },
    ],
    ['without its time: counts from the last heartbeat', vacant({ vacatedAt: undefined }), ME, STAND],
  ])('%s', (_title, record, me, verdict) => {
    expect(judgeWoken(record, NOW, me)).toEqual(verdict);
  });
});

test('the build is found in the attempt that it was written into', () => {
  expect(buildOf(withBuild('AbC-_9', 'v2'))).toBe('v2');
  expect(buildOf(withBuild('AbC-_9', undefined))).toBeUndefined();
});
