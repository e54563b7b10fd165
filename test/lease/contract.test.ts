/** The contract of the store (protocol, section 3) on both engines: what each write compares, sets and takes away. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { LeaseRecord } from '../../lib/lease/record.js';
import {
  AT,
  by,
  challengerOf,
  DECLARED,
  documentClient,
  officeOf,
  onEachEngine,
  Stage,
  shown,
} from '../support/lease.js';
import { freshTable, type TestTable } from '../support/table.js';

const a = officeOf('a');
const { marks } = by(a);

onEachEngine('the contract', (endpoint) => {
  let table: TestTable;
  let stage: Stage;
  beforeAll(async () => {
    table = await freshTable(endpoint);
  });
  const fresh = () => {
    stage = new Stage(table);
    return stage.store;
  };

  describe('create', () => {
    test('writes the first record, and shows it', async () => {
      const store = fresh();
      expect(await store.read()).toBeUndefined();
      const declare = { ...DECLARED, value: { at: 'http://a', parts: [1, null, true] } };
      const { applied, record } = await store.create({ office: a, declare, at: AT });
      const expected = { ...shown(a), beat: 0, ...declare, acquiredAt: AT, renewedAt: AT, transition: 'elected' };
      expect({ applied, record }).toEqual({ applied: true, record: expected });
      expect(await store.read()).toEqual(expected);
      expect(await store.read({ eventual: true })).toEqual(expected);
      expect((await stage.item())?.format).toEqual({ N: '1' });
    });

    test('is refused by any record, held or vacant, and shows that', async () => {
      const store = fresh();
      const create = () => store.create({ office: officeOf('b', 9), declare: DECLARED, at: AT });
      const vacancy = await stage.resigned();
      expect(await create()).toEqual({ applied: false, record: vacancy });
      const { record } = await takeOver('x', vacancy);
      expect(await create()).toEqual({ applied: false, record });
    });
  });

  const takeOver = async (holder: string, seen?: LeaseRecord) => {
    const from = seen ?? (await stage.store.read())!;
    return stage.store.acquire({ seen: from, office: officeOf(holder, from.term + 1), declare: DECLARED, at: AT + 5 });
  };

  describe('acquire', () => {
    test('from a free vacancy: takes what was reserved, and keeps how the last term ended', async () => {
      fresh();
      const vacancy = await stage.resigned('b');
      const { applied, record } = await takeOver('b', vacancy);
      expect({ applied, record }).toEqual({
        applied: true,
        record: {
          ...shown(officeOf('b', 2)),
          beat: 0,
          ...DECLARED,
          acquiredAt: AT + 5,
          renewedAt: AT + 5,
          vacatedAt: AT + 1,
          previous: 'a',
          reason: 'resigned',
          transition: 'elected',
        },
      });
    });

    test('of an expired version: says so, and drops challenger and value', async () => {
      fresh();
      const held = await stage.held({ value: 'mine' });
      await stage.store.challenge({ term: 1, holder: 'a', challenger: challengerOf('c') });
      const { applied, record } = await takeOver('b', held);
      expect({ applied, record }).toEqual({
        applied: true,
        record: {
          ...shown(officeOf('b', 2)),
          beat: 0,
          ...DECLARED,
          acquiredAt: AT + 5,
          renewedAt: AT + 5,
          previous: 'a',
          reason: 'expired',
          transition: 'elected',
        },
      });
    });

    test('of a revoked term: drops the proof of death', async () => {
      fresh();
      const vacancy = await stage.revoked(true);
      expect(vacancy.dead).toBe(true);
      const { record } = await takeOver('b', vacancy);
      expect(record).toMatchObject({ holder: 'b', reason: 'revoked', previous: 'a' });
      expect(record).not.toHaveProperty('dead');
    });

    test('compares term and beat, not the term alone: a leader that renewed is not deposed', async () => {
      const store = fresh();
      const seen = await stage.held();
      const { record } = await store.renew({ ...by(a), beat: 1, at: AT + 1 });
      expect(await takeOver('b', seen)).toEqual({ applied: false, record });
      expect(await takeOver('b', { ...seen, beat: 1, term: 2 })).toEqual({ applied: false, record });
      expect((await takeOver('b', record)).applied).toBe(true);
    });

    test('never makes a record: without one, nothing is shown', async () => {
      const seen: LeaseRecord = { ...a, beat: 0, ...DECLARED, acquiredAt: AT, renewedAt: AT };
      const store = fresh();
      expect(await takeOver('b', seen)).toEqual({ applied: false, record: undefined });
      expect(await store.read()).toBeUndefined();
    });

    test('may leap over terms, to pass a fence that survived', async () => {
      const store = fresh();
      const seen = await stage.resigned();
      const { record } = await store.acquire({ seen, office: officeOf('b', 40), declare: DECLARED, at: AT });
      expect(record).toMatchObject({ term: 40, beat: 0 });
    });
  });

  describe('renew and proclaim', () => {
    test('raise the beat to what the holder says, and end the transition', async () => {
      const store = fresh();
      const held = await stage.held({ value: 'v' });
      const { transition: _, ...rest } = held;
      const reply = await store.renew({ ...by(a), beat: 7, at: AT + 9 });
      expect(reply).toEqual({ applied: true, record: { ...rest, beat: 7, renewedAt: AT + 9 } });
      expect((await stage.item())?.transition).toBeUndefined();
    });

    test.each([
      ['a lower beat', { office: a, beat: 4 }],
      ['the same beat', { office: a, beat: 5 }],
      ['another attempt', { office: { ...a, attempt: 'other' }, beat: 6 }],
      ['another holder', { office: { ...a, holder: 'b' }, beat: 6 }],
      ['an earlier term', { office: { ...a, term: 0 }, beat: 6 }],
      ['a later term', { office: { ...a, term: 2 }, beat: 6 }],
    ])('are refused with %s', async (_, write) => {
      const store = fresh();
      await stage.held();
      const { record } = await store.renew({ ...by(a), beat: 5, at: AT });
      expect(await store.renew({ marks, ...write, at: AT + 1 })).toEqual({ applied: false, record });
      expect(await store.renew({ marks, ...write, at: AT + 1, proclaim: { value: 1 } })).toEqual({
        applied: false,
        record,
      });
      expect(await store.read()).toEqual(record);
    });

    test('proclaim a value, another, and none', async () => {
      const store = fresh();
      await stage.held({ value: 'first' });
      const say = async (beat: number, value: unknown) =>
        (await store.renew({ ...by(a), beat, at: AT, proclaim: { value } })).record;
      expect((await say(1, { n: 1 }))?.value).toEqual({ n: 1 });
      expect((await say(2, null))?.value).toBeNull();
      expect(await say(3, undefined)).not.toHaveProperty('value');
    });

    test('declare again after a hand-over, and keep the challenger', async () => {
      const store = fresh();
      await stage.challenged();
      await store.handOver({ ...by(a), challenger: challengerOf('c'), at: AT });
      await store.challenge({ term: 2, holder: 'c', challenger: challengerOf('d', 20) });
      const office = officeOf('c', 2, 'challenge-c');
      const declare = { leaseMs: 4_000, renewMs: 1_000, priority: 9, value: 'new' };
      const { record } = await store.renew({ ...by(office), beat: 1, at: AT + 3, declare });
      expect(record).toMatchObject({ ...office, beat: 1, ...declare, challenger: challengerOf('d', 20) });
    });
  });

  describe('resign', () => {
    test.each([undefined, 'b'])('vacates; successor: %s', async (successor) => {
      const store = fresh();
      const held = await stage.held({ value: 'v' });
      await store.challenge({ term: 1, holder: 'a', challenger: challengerOf('c') });
      const { holder, value, ...rest } = held;
      expect({ holder, value }).toEqual({ holder: 'a', value: 'v' });
      const vacancy = { beat: 3, vacatedAt: AT + 1, reason: 'resigned', previous: 'a', transition: 'resigned' };
      expect(await store.resign({ ...by(a), beat: 3, at: AT + 1, successor })).toEqual({
        applied: true,
        record: { ...rest, ...vacancy, ...(successor && { successor }) },
      });
    });

    test.each([
      ['an old beat', { office: a, beat: 1 }],
      ['another attempt', { office: { ...a, attempt: 'other' }, beat: 2 }],
      ['another term', { office: { ...a, term: 2 }, beat: 2 }],
      ['the name of another', { office: { ...a, holder: 'b' }, beat: 2 }],
    ])('is refused with %s', async (_, write) => {
      const store = fresh();
      await stage.held();
      const { record } = await store.renew({ ...by(a), beat: 1, at: AT });
      expect(await store.resign({ marks, ...write, at: AT + 1 })).toEqual({ applied: false, record });
    });
  });

  describe('hand over', () => {
    test('puts the challenger in office in one write: its attempt, the next term, no value', async () => {
      const store = fresh();
      await stage.held({ value: 'v' });
      const { record: challenged } = await store.challenge({ term: 1, holder: 'a', challenger: challengerOf('c') });
      expect(challenged?.challenger).toEqual(challengerOf('c'));
      expect(await store.handOver({ ...by(a), challenger: challengerOf('c'), at: AT + 2 })).toEqual({
        applied: true,
        record: {
          ...shown(officeOf('c', 2, 'challenge-c')),
          beat: 0,
          ...DECLARED,
          acquiredAt: AT + 2,
          renewedAt: AT + 2,
          previous: 'a',
          reason: 'yielded',
          transition: 'elected',
        },
      });
    });

    test('is refused without that challenger, with another, and under another attempt', async () => {
      const store = fresh();
      const held = await stage.held();
      const write = { ...by(a), challenger: challengerOf('c'), at: AT };
      expect(await store.handOver(write)).toEqual({ applied: false, record: held });
      const { record } = await store.challenge({ term: 1, holder: 'a', challenger: challengerOf('d') });
      expect(await store.handOver(write)).toEqual({ applied: false, record });
      const other = { ...write, challenger: challengerOf('d'), office: { ...a, attempt: 'other' } };
      expect(await store.handOver(other)).toEqual({ applied: false, record });
    });
  });

  describe('expire', () => {
    test('vacates the version that was seen, once', async () => {
      const store = fresh();
      const seen = await stage.challenged();
      const { holder: _, challenger: __, ...rest } = seen;
      const vacancy = { beat: 1, vacatedAt: AT + 3, reason: 'expired', previous: 'a', transition: 'expired' };
      const record = { ...rest, ...vacancy };
      expect(await store.expire({ seen, at: AT + 3 })).toEqual({ applied: true, record });
      expect(await store.expire({ seen, at: AT + 4 })).toEqual({ applied: false, record });
      expect(await store.expire({ seen: record, at: AT + 4 })).toEqual({ applied: false, record });
    });

    test('is refused once the holder has renewed', async () => {
      const store = fresh();
      const seen = await stage.held();
      const { record } = await store.renew({ ...by(a), beat: 1, at: AT });
      expect(await store.expire({ seen, at: AT })).toEqual({ applied: false, record });
    });
  });

  describe('revoke', () => {
    test.each([true, false])('vacates; dead: %s', async (dead) => {
      const store = fresh();
      const seen = await stage.challenged();
      const { holder: _, challenger: __, ...rest } = seen;
      const vacancy = { beat: 1, vacatedAt: AT + 3, reason: 'revoked', previous: 'a', transition: 'revoked' };
      expect(await store.revoke({ seen, dead, at: AT + 3 })).toEqual({
        applied: true,
        record: { ...rest, ...vacancy, ...(dead && { dead }) },
      });
    });

    test('takes effect while the holder keeps renewing, and the beat only rises', async () => {
      const store = fresh();
      const seen = await stage.held();
      await store.renew({ ...by(a), beat: 41, at: AT });
      const { applied, record } = await store.revoke({ seen, dead: false, at: AT });
      expect({ applied, beat: record?.beat }).toEqual({ applied: true, beat: 42 });
      expect(await store.renew({ ...by(a), beat: 42, at: AT })).toEqual({ applied: false, record });
      expect(await store.renew({ ...by(a), beat: 43, at: AT })).toEqual({ applied: false, record });
    });

    test('is refused for another term, and for another holder', async () => {
      const store = fresh();
      const seen = await stage.held();
      for (const other of [{ term: 2 }, { holder: 'b' }]) {
        const reply = await store.revoke({ seen: { ...seen, ...other }, dead: true, at: AT });
        expect(reply).toEqual({ applied: false, record: seen });
      }
    });

    test('takes a proof that comes later, under the version of the vacancy', async () => {
      const store = fresh();
      const seen = await stage.revoked();
      expect(seen).not.toHaveProperty('dead');
      const { transition: _, ...rest } = seen;
      const record = { ...rest, beat: 2, dead: true };
      expect(await store.revoke({ seen, dead: true, at: AT })).toEqual({ applied: true, record });
      expect(await store.revoke({ seen, dead: true, at: AT })).toEqual({ applied: false, record });
    });

    test('never proves a death without a proof, and frees no vacancy of another kind', async () => {
      const store = fresh();
      const revoked = await stage.revoked();
      expect((await store.revoke({ seen: revoked, dead: false, at: AT })).record).not.toHaveProperty('dead');
      fresh();
      const resigned = await stage.resigned();
      const reply = await stage.store.revoke({ seen: resigned, dead: true, at: AT });
      expect(reply).toEqual({ applied: false, record: resigned });
    });
  });

  describe('challenge', () => {
    test('is set beside the version, by rank', async () => {
      const store = fresh();
      const held = await stage.held();
      const challenge = (id: string, rank: number) =>
        store.challenge({ term: 1, holder: 'a', challenger: challengerOf(id, rank) });
      const first = { ...held, challenger: challengerOf('c', 10) };
      expect(await challenge('c', 10)).toEqual({ applied: true, record: first });
      expect(await challenge('d', 10)).toEqual({ applied: false, record: first });
      expect(await challenge('d', 9)).toEqual({ applied: false, record: first });
      expect(await challenge('d', 11)).toEqual({
        applied: true,
        record: { ...held, challenger: challengerOf('d', 11) },
      });
    });

    test('is refused for another term or holder, and at a vacancy', async () => {
      const store = fresh();
      const held = await stage.held();
      const challenger = challengerOf('c');
      expect(await store.challenge({ term: 2, holder: 'a', challenger })).toEqual({ applied: false, record: held });
      expect(await store.challenge({ term: 1, holder: 'b', challenger })).toEqual({ applied: false, record: held });
      const { record } = await store.resign({ ...by(a), beat: 1, at: AT });
      expect(await store.challenge({ term: 1, holder: 'a', challenger })).toEqual({ applied: false, record });
    });
  });

  describe('the fence', () => {
    test('rises, and never falls or changes hands within a term', async () => {
      const store = fresh();
      expect(await store.readFence()).toBeUndefined();
      const at = (term: number, attempt: string, mark = `${attempt}-mark`) => ({ term, attempt, mark });
      expect(await store.raise(at(9, 'x'))).toEqual({ applied: true, record: at(9, 'x') });
      expect(await store.raise(at(9, 'y'))).toEqual({ applied: false, record: at(9, 'x') });
      expect(await store.raise(at(8, 'y'))).toEqual({ applied: false, record: at(9, 'x') });
      expect(await store.raise(at(10, 'y'))).toEqual({ applied: true, record: at(10, 'y') });
      expect(await store.readFence()).toEqual(at(10, 'y'));
      expect(await store.read()).toBeUndefined(); // it is an item of its own
    });
  });

  test('a document client does as well as the plain one', async () => {
    stage = new Stage(table, documentClient(table.client));
    const { store } = stage;
    const held = await stage.held({ value: { list: [1, 'x'] } });
    expect(held.value).toEqual({ list: [1, 'x'] });
    expect(await store.read()).toEqual(held);
    expect(await store.renew({ ...by(officeOf('b')), beat: 1, at: AT })).toEqual({ applied: false, record: held });
    expect((await store.raise({ term: 1, attempt: 'x', mark: 'm' })).applied).toBe(true);
    expect(await store.raise({ term: 1, attempt: 'y', mark: 'n' })).toEqual({
      applied: false,
      record: { term: 1, attempt: 'x', mark: 'm' },
    });
  });
});
