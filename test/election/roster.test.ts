/** Candidates on a roster (section 6): the line of succession in office after office, and candidates that come and go. */
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { rosterKey } from '../../lib/election/roster/roster-store.js';
import type { ElectionEvents } from '../../lib/index.js';
import { type Candidate, type CandidateOptions, OUTSIDE, type Scene, test, untilAborted } from '../support/scene.js';
import { until } from '../support/until.js';

/** A leader loses nothing by a slow machine, and the first in the line is the first to lead. */
const PATIENT = { leaseMs: 15_000, renewMs: 1_500, stepDownMs: 200, requestTimeoutMs: 1_500 };
const LINE = { ...PATIENT, succession: 'seniority', rosterMs: 2_000, staggerMs: 4_000 } as const;

/** Several signs of life of each, on a machine that is busy. */
const PATIENCE = { limitMs: 90_000 };

type Reported = ElectionEvents['roster'];

class Standing {
  readonly reported: Reported[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    readonly candidate: Candidate,
    work: Parameters<Candidate['election']['run']>[0] = untilAborted,
  ) {
    candidate.election.on('roster', (event) => this.reported.push(event));
    this.#running = candidate.election.run(work, { signal: this.#stop.signal });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  get line(): readonly string[] {
    return this.reported.at(-1)?.line ?? [];
  }
}

/** Stands one after the other, each once the one before is on the roster: they are senior in this order. */
async function standInOrder(scene: Scene, count: number, options: CandidateOptions = {}): Promise<Standing[]> {
  const standing: Standing[] = [];
  for (let n = 0; n < count; n += 1) {
    const one = new Standing(scene.candidate({ ...LINE, ...options }));
    standing.push(one);
    await until(`${n} is listed`, () => one.line.length === n + 1);
    if (n === 0) await until('the first leads', () => one.candidate.seen('elected').length === 1);
  }
  for (const one of standing) await until('all see all', () => one.line.length === count);
  return standing;
}

/** How often it has looked at the roster. */
const listings = ({ requests }: Candidate) =>
  requests.filter(({ operation, outcome }) => operation === 'readRoster' && outcome === 'applied').length;

const leader = async (scene: Scene) => (await scene.item())?.holder?.S;

describe.concurrent('seniority', () => {
  test('the office passes down the line, and the leader that ended goes to its end', async ({ scene }) => {
    const standing = await standInOrder(scene, 3);
    const outside = scene.candidate({ ...OUTSIDE, id: 'outside' });
    expect((await outside.election.roster()).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    const offices: (string | undefined)[] = [await leader(scene)];
    for (let n = 0; n < 2; n += 1) {
      const from = offices.at(-1);
      const { challenged } = await outside.election.challenge({ why: 'next, please' });
      expect(challenged).toBe(true);
      await until('another leads', async () => ![from, undefined].includes(await leader(scene)));
      offices.push(await leader(scene));
      // The last leader has drawn a number again, and each that stands has seen it.
      await until(
        'the last leader is last in the line',
        async () => (await outside.election.roster()).at(-1)?.id === from,
      );
      const seen = standing.map(({ candidate }) => listings(candidate));
      await until(
        'all know',
        () => standing.every(({ candidate }, nth) => listings(candidate) >= seen[nth]! + 2),
        PATIENCE,
      );
    }
    expect(offices).toEqual(['a', 'b', 'c']);
    await Promise.all(standing.map((one) => one.stop()));
  });

  // Caught: a line that the dead stand in for ever, so that each failover waits for all that were ever there.
  test('a candidate that has died is skipped in the end, and struck off by the leader', async ({ scene }) => {
    const [a, b] = await standInOrder(scene, 2, { rosterMs: 1_000 });
    const outside = scene.candidate({ ...OUTSIDE, id: 'outside' });
    const aliveAt = Date.now() - 60_000;
    const gone = { seq: { N: '1' }, beat: { N: '9' }, priority: { N: '0' }, order: { S: 'seniority' } };
    const times = { everyMs: { N: '100' }, joinedAt: { N: `${aliveAt}` }, aliveAt: { N: `${aliveAt}` } };
    const key = { pk: { S: rosterKey(scene.name) }, sk: { S: 'candidate#gone' } };
    const { client, tableName } = scene.table;
    await client.send(new PutItemCommand({ TableName: tableName, Item: { ...key, ...gone, ...times } }));
    const listed = async () => (await outside.election.roster()).map(({ id, present }) => [id, present]);
    await until('it is listed as gone', async () =>
      (await listed()).some(([id, present]) => id === 'gone' && !present),
    );
    await until('it is struck off', async () => (await listed()).every(([id]) => id !== 'gone'));
    for (const { reported } of [a!, b!]) expect(reported.flatMap(({ line }) => line)).not.toContain('gone');
    await Promise.all([a!, b!].map((one) => one.stop()));
  });
});

describe.concurrent('coming and going', () => {
  test('a candidate that closes leaves the roster at once, and the others see it', async ({ scene }) => {
    const [a, b, c] = await standInOrder(scene, 3);
    const outside = scene.candidate({ ...OUTSIDE, id: 'outside' });
    await b!.candidate.election.close();
    expect((await outside.election.roster()).map(({ id }) => id)).toEqual(['a', 'c']);
    await until('a sees it', () => a!.reported.some(({ left }) => left.includes('b')));
    expect(new Set(a!.reported.flatMap(({ joined }) => joined))).toEqual(new Set(['a', 'b', 'c']));
    await until('the new line', () => a!.line.join() === 'c,a'); // the leader comes last
    await Promise.all([a!, c!].map((one) => one.stop()));
    expect(await outside.election.roster()).toEqual([]);
  });

  test('a campaign is on the roster until its leadership is over', async ({ scene }) => {
    const a = scene.candidate({ ...LINE, value: { address: '10.0.0.7' }, priority: 3 });
    const outside = scene.candidate({ ...OUTSIDE, id: 'outside' });
    const leadership = await a.lead();
    const member = await until('it is listed', async () => (await outside.election.roster())[0]);
    expect(member).toMatchObject({ id: 'a', leads: true, present: true, priority: 3, value: { address: '10.0.0.7' } });
    await leadership.resign();
    await until('it is off the roster', async () => (await outside.election.roster()).length === 0);
  });

  test('without `succession` nobody is listed, and nothing is asked', async ({ scene }) => {
    const a = scene.candidate(OUTSIDE);
    await (await a.lead()).resign();
    expect(await a.election.roster()).toEqual([]);
    expect(a.requests.filter(({ operation }) => operation === 'roster')).toEqual([]);
  });
});

describe.concurrent('what fails on the roster', () => {
  // Caught: a candidate that may not write the roster and so does not stand at all.
  test('is reported again and again, and costs nobody the office', async ({ scene }) => {
    const refuse = () => Promise.reject(new Error('not allowed'));
    const roster = { draw: refuse, keep: refuse, list: refuse, remove: refuse };
    const a = scene.candidate({ ...LINE, rosterMs: 100, effects: { roster } });
    const standing = new Standing(a);
    await until('it leads', () => a.seen('elected').length === 1);
    await until('errors', () => a.seen('error').filter(({ message }) => message.includes('roster')).length >= 3);
    expect(a.seen('lost')).toEqual([]);
    await standing.stop();
  });

  test('an item that is not a member is reported, and the others stand in line', async ({ scene }) => {
    const key = { pk: { S: rosterKey(scene.name) }, sk: { S: 'candidate#spoiled' } };
    await scene.table.client.send(new PutItemCommand({ TableName: scene.table.tableName, Item: key }));
    const [a, b] = await standInOrder(scene, 2);
    expect(a!.candidate.seen('error').some(({ code }) => code === 'MalformedRecord')).toBe(true);
    await a!.stop();
    await until('b leads', () => b!.candidate.seen('elected').length === 1);
    await b!.stop();
  });
});
