/**
 * A leader that beats and the real RecordWatcher that looks, on a virtual clock: how many reads a heartbeat costs, and how long
 * after its landing it is seen. Nothing waits: each read moves the clock by its delays.
 */

import type { Context } from '../../lib/election/context.js';
import { Emitter } from '../../lib/election/events.js';
import { RecordWatcher } from '../../lib/election/record-watcher.js';
import { View } from '../../lib/election/view.js';
import type { Clock, Instant } from '../../lib/lease/clock.js';
import { Gate } from '../../lib/lease/gate.js';
import type { LeaseRecord } from '../../lib/lease/record.js';
import type { LeaseStore } from '../../lib/lease/store.js';
import { resolveTimings } from '../../lib/lease/timing.js';

export interface Setting {
  readonly seed: number;
  /** Heartbeats that are counted, and those before them that are not. */
  readonly beats?: number;
  readonly lockingBeats?: number;
  readonly renewMs?: number;
  /** One way, in ms: uniform from 0 to this. */
  readonly delayMs?: number;
  /** By how much the leader's wall clock is ahead of the standby's. */
  readonly leaderAheadMs?: number;
  /** How fast the standby's clocks run. */
  readonly ownRate?: number;
  /** The part of the heartbeats that never land. */
  readonly lost?: number;
  /** The leader's wall clock steps by this much, every so many heartbeats. */
  readonly steps?: { readonly ms: number; readonly everyBeats: number };
  /** The leader proclaims something so long after every so many heartbeats; the rhythm goes on from there. */
  readonly proclaims?: { readonly everyBeats: number; readonly afterMs: number };
}

export interface Figures {
  /** Reads per heartbeat sent. */
  readonly reads: number;
  /** From a heartbeat's landing until the standby has seen it, or a later one, in ms. */
  readonly lags: readonly number[];
}

/** Uniform in [0, 1): mulberry32. */
function randomness(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const EPOCH = 1_800_000_000_000;

interface Landing {
  readonly at: number;
  readonly record: LeaseRecord;
}

/** The heartbeats in the order in which they land; the sendings keep the rhythm of section 6. */
function heartbeats(setting: Setting, random: () => number, total: number): Landing[] {
  const { renewMs = 3000, delayMs = 50, leaderAheadMs = 0, lost = 0, steps, proclaims } = setting;
  const landings: Landing[] = [];
  let sent = 1000 * random();
  let aheadMs = leaderAheadMs;
  for (let beat = 0; beat < total; beat += 1) {
    if (steps !== undefined && beat > 0 && beat % steps.everyBeats === 0) aheadMs += steps.ms;
    const record: LeaseRecord = {
      term: 1,
      beat,
      holder: 'leader',
      attempt: 'a',
      leaseMs: Math.round(renewMs / 0.3),
      renewMs,
      priority: 0,
      acquiredAt: EPOCH,
      renewedAt: Math.round(EPOCH + aheadMs + sent),
    };
    if (beat === 0 || random() >= lost) landings.push({ at: sent + delayMs * random(), record });
    const isProclaimed = proclaims !== undefined && beat % proclaims.everyBeats === 0;
    sent += (isProclaimed ? proclaims.afterMs : renewMs) + 2 * random(); // a timer is never early, and often a little late
  }
  return landings;
}

/** Lets the watcher watch all heartbeats of the setting. */
export async function watch(setting: Setting): Promise<Figures> {
  const { beats = 300, lockingBeats = 20, delayMs = 50, ownRate = 1, renewMs = 3000 } = setting;
  const random = randomness(setting.seed);
  const total = lockingBeats + beats;
  const landings = heartbeats(setting, random, total);
  let now = landings[0]!.at + 5 * renewMs * random(); // the standby comes at any time
  let reads = 0;
  const clock: Clock = {
    now: (): Instant => ({ mono: now * ownRate, wall: EPOCH + now * ownRate }),
    after: () => () => {},
  };
  const current = () => landings.findLast(({ at }) => at <= now)!.record;
  const store = {
    read: async () => {
      reads += 1;
      now += delayMs * random();
      const record = current();
      now += delayMs * random();
      return record;
    },
  } as Partial<LeaseStore> as LeaseStore;
  const emitter = new Emitter();
  const view = new View('simulated', clock, emitter);
  const timings = resolveTimings({ renewMs, leaseMs: Math.round(renewMs / 0.3) });
  const watcher = new RecordWatcher({
    election: 'simulated',
    store,
    clock,
    emitter,
    gate: new Gate(),
    view,
    timings,
  } as Partial<Context> as Context);

  const from = landings.findIndex(({ record }) => record.beat >= lockingBeats);
  const ends = landings.at(-1)!.at;
  const lags: number[] = [];
  let seen = 0;
  let readsBefore = 0;
  while (now < ends && seen < landings.length - 1) {
    await watcher.look();
    const shown = watcher.sighting!.record!.beat;
    for (; seen < landings.length && landings[seen]!.record.beat <= shown; seen += 1) {
      if (seen === from) readsBefore = reads - 1;
      if (seen >= from) lags.push(now - landings[seen]!.at);
    }
    now = Math.max(now, watcher.nextAt / ownRate);
  }
  return { reads: (reads - readsBefore) / beats, lags };
}

/** The figures of many seeds together; the reads are those of the worst seed. */
export async function watchMany(setting: Omit<Setting, 'seed'>, seeds: number) {
  const all = await Promise.all(Array.from({ length: seeds }, (_, seed) => watch({ ...setting, seed: seed + 1 })));
  const lags = all.flatMap((one) => one.lags).sort((a, b) => a - b);
  const at = (part: number) => Math.round(lags[Math.floor(part * (lags.length - 1))]!);
  const reads = all.map((one) => one.reads);
  const round = (value: number) => Math.round(value * 1000) / 1000;
  return {
    meanReads: round(reads.reduce((sum, one) => sum + one, 0) / reads.length),
    mostReads: round(Math.max(...reads)),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  };
}
