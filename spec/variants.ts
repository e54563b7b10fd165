/**
 * The known-bad variants of the protocol that the models can express, with the numbers of docs/verification.md (from 101
 * on they are the models' own). One rule is left out of each; Spin must find that within its bounds, and Quint's random
 * traces where they can.
 */

/** What a Spin run is bounded by: the macros of `tenure.pml`. */
export type Bounds = Readonly<Record<string, number>>;

/** The shortest leases in which every rule still matters. */
const SHORT: Bounds = { LEASE_A: 2, LEASE_B: 2 };
const UNEQUAL: Bounds = { LEASE_A: 2, LEASE_B: 3 };
const PLAIN: Bounds = { ...SHORT, REQUESTS: 4, FAULTS: 1 };
const NOTIFIED: Bounds = { ...PLAIN, NOTICES: 1 };
const REVOKED: Bounds = { ...PLAIN, REVOKES: 1 };
const CHALLENGED: Bounds = { ...PLAIN, CHALLENGES: 1 };
const CLONED: Bounds = { ...PLAIN, CLONES: 1 };

export interface Variant {
  readonly number: number;
  readonly name: string;
  /** Where Spin finds it, if its model can say it. */
  readonly spin: Bounds | 'not modelled';
  /** Whether Quint's random traces must find it: in the default run, in the nightly one, or not at all. */
  readonly quint: 'default' | 'nightly' | 'missed' | 'not modelled';
}

export const VARIANTS: readonly Variant[] = [
  { number: 1, name: 'renew without condition', spin: PLAIN, quint: 'default' },
  { number: 2, name: 'renew that may lower or repeat a version', spin: PLAIN, quint: 'default' },
  { number: 3, name: 'no drift margin', spin: PLAIN, quint: 'missed' },
  { number: 4, name: 'takeover compares the term only', spin: PLAIN, quint: 'nightly' },
  { number: 5, name: 'release deletes the record', spin: PLAIN, quint: 'default' },
  { number: 6, name: 'after an unknown outcome the lease counts from the read-back', spin: PLAIN, quint: 'missed' },
  { number: 7, name: 'takeover keeps the term', spin: PLAIN, quint: 'default' },
  { number: 8, name: 'expiry watched by holder, not by version', spin: PLAIN, quint: 'nightly' },
  { number: 9, name: 'fenced write without condition', spin: { ...PLAIN, WORKS: 1 }, quint: 'nightly' },
  { number: 11, name: 'observation stamped when the read was sent', spin: PLAIN, quint: 'nightly' },
  { number: 12, name: "release compares the holder's name only", spin: { ...PLAIN, REQUESTS: 5 }, quint: 'nightly' },
  { number: 14, name: 'unknown renewal taken for success', spin: PLAIN, quint: 'missed' },
  { number: 15, name: 'lease counted from the last attempt of the SDK', spin: PLAIN, quint: 'not modelled' },
  { number: 16, name: 'lease counted from the reply', spin: PLAIN, quint: 'missed' },
  { number: 17, name: 'a restarted process trusts its own name in the record', spin: PLAIN, quint: 'default' },
  {
    number: 19,
    name: "standby waits its own lease time, not the record's",
    spin: { ...PLAIN, ...UNEQUAL },
    quint: 'not modelled',
  },
  { number: 26, name: 'a resigned node re-adopts its own version', spin: { ...PLAIN, FAULTS: 2 }, quint: 'nightly' },
  { number: 27, name: 'a notice of an old term expires the lease', spin: NOTIFIED, quint: 'nightly' },
  { number: 33, name: 'fence raised after the work began', spin: PLAIN, quint: 'default' },
  { number: 35, name: 'a refused retry counts as mine by attempt and beat alone', spin: REVOKED, quint: 'nightly' },
  { number: 36, name: 'acquire at once after a revoke without proof of death', spin: REVOKED, quint: 'nightly' },
  { number: 37, name: 'a notice without the attempt', spin: NOTIFIED, quint: 'missed' },
  {
    number: 46,
    name: "the hand over's notice is mailed before it is known to be applied",
    spin: { ...NOTIFIED, REQUESTS: 3, CHALLENGES: 1 },
    quint: 'missed',
  },
  { number: 47, name: '`assertHeld()` passes after a release was sent', spin: PLAIN, quint: 'nightly' },
  {
    number: 49,
    name: "a handed office counts the newcomer's longer lease",
    spin: { ...PLAIN, ...UNEQUAL, REQUESTS: 6, CHALLENGES: 1 },
    quint: 'missed',
  },
  { number: 101, name: 'a notice without the beat', spin: NOTIFIED, quint: 'nightly' },
  {
    number: 103,
    name: 'a handed office is led before a renewal of its own',
    spin: { ...PLAIN, REQUESTS: 5, CHALLENGES: 1 },
    quint: 'missed',
  },
  { number: 104, name: 'no renewal compares a mark', spin: CLONED, quint: 'nightly' },
  { number: 105, name: "the fence's mark is not compared", spin: CLONED, quint: 'nightly' },
  { number: 106, name: 'marks are drawn from memory: two clones draw the same', spin: CLONED, quint: 'default' },
  { number: 107, name: "a clone's write is taken for one's own lost reply", spin: CLONED, quint: 'default' },
  { number: 108, name: 'withdraw without condition', spin: { ...CHALLENGED, CHALLENGES: 2 }, quint: 'default' },
  { number: 109, name: 'a candidate leaves, and its challenge stays', spin: CHALLENGED, quint: 'default' },
  { number: 110, name: 'the only mark known is the last one that was seen', spin: 'not modelled', quint: 'default' },
  {
    number: 111,
    name: 'an older proclamation is tried again over a newer one',
    spin: 'not modelled',
    quint: 'default',
  },
  { number: 112, name: 'a candidate replaces an equal challenger', spin: 'not modelled', quint: 'default' },
  { number: 113, name: 'a claim takes the place of an earlier one', spin: 'not modelled', quint: 'default' },
  { number: 114, name: 'a candidate leaves with what it has won', spin: CHALLENGED, quint: 'nightly' },
  { number: 115, name: 'a claim is recognised under whatever mark', spin: 'not modelled', quint: 'default' },
];

/** A configuration of the good model that Spin goes through to its end. */
export interface Configuration {
  readonly name: string;
  readonly bounds: Bounds;
  /** Log2 of the hash table's slots: so many that states seldom meet. */
  readonly slots: number;
}

/** Together within what a pull request may wait for; the longest first, so that no core is idle at the end. */
export const FOR_CI: readonly Configuration[] = [
  { name: 'a challenge, unequal leases', bounds: { ...CHALLENGED, ...UNEQUAL }, slots: 24 },
  { name: 'notices of death', bounds: NOTIFIED, slots: 25 },
  { name: 'a clone', bounds: CLONED, slots: 24 },
  { name: 'a revoke', bounds: REVOKED, slots: 24 },
  { name: 'fenced writes', bounds: { ...PLAIN, WORKS: 1 }, slots: 24 },
  { name: 'two leaders and their heartbeats', bounds: { ...PLAIN, REQUESTS: 5 }, slots: 24 },
  { name: 'two faults', bounds: { ...PLAIN, FAULTS: 2 }, slots: 24 },
  { name: 'two challenges', bounds: { ...CHALLENGED, REQUESTS: 3, CHALLENGES: 2 }, slots: 24 },
  { name: 'leases of three ticks', bounds: { ...PLAIN, LEASE_A: 3, LEASE_B: 3 }, slots: 24 },
];

/** Beside those, for the nightly run. */
export const FOR_NIGHT: readonly Configuration[] = [
  { name: 'a revoke and two faults', bounds: { ...REVOKED, FAULTS: 2 }, slots: 27 },
  { name: 'a clone and two faults', bounds: { ...CLONED, FAULTS: 2 }, slots: 26 },
  { name: 'five requests and two faults', bounds: { ...PLAIN, REQUESTS: 5, FAULTS: 2 }, slots: 27 },
  { name: 'a challenge, five requests', bounds: { ...PLAIN, REQUESTS: 5, CHALLENGES: 1 }, slots: 26 },
];
