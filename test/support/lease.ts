/** The store of the lease on both engines, with words for what the tests write into it. */
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, inject, test } from 'vitest';
import { DynamoLeaseStore } from '../../lib/lease/dynamodb.js';
import type { Challenger, LeaseRecord } from '../../lib/lease/record.js';
import type { Declaration, Marks, Tenancy } from '../../lib/lease/store.js';
import type { TestTable } from './table.js';

interface EngineCase {
  readonly name: string;
  readonly endpoint?: string | undefined;
  /** Why it is not here. */
  readonly missing?: string | undefined;
}

/** The engines that the store's contract is tested on. */
function engineCases(): EngineCase[] {
  const { main, dynoxide } = inject('engines');
  return dynoxide.endpoint === main.endpoint ? [main] : [main, { name: 'dynoxide', ...dynoxide }];
}

/** The same tests on each engine. One that is not on this machine is skipped, and the title says why. */
export function onEachEngine(what: string, tests: (endpoint: string) => void): void {
  for (const { name, endpoint, missing } of engineCases()) {
    if (endpoint === undefined) test.skip(`${what} on ${name}, which is missing: ${missing}`, () => {});
    else describe(`${what} on ${name}`, () => tests(endpoint));
  }
}

export const DECLARED: Declaration = { leaseMs: 10_000, renewMs: 3_000, priority: 5 };
export const AT = 1_800_000_000_000;

export const officeOf = (holder: string, term = 1, attempt = `${holder}-${term}`): Tenancy => ({
  term,
  attempt,
  holder,
});

/** As a holder writes that keeps the mark of its acquisition. */
export const marksOf = ({ attempt }: Tenancy): Marks => ({ known: [attempt], next: attempt });

/** What a holder's own write says about itself. */
export const by = (office: Tenancy) => ({ office, marks: marksOf(office) });

/** What a record shows of its holder, from the acquisition on. */
export const shown = (office: Tenancy) => ({ ...office, mark: office.attempt });

export const challengerOf = (id: string, rank = 10): Challenger => ({
  id,
  attempt: `challenge-${id}`,
  rank,
  why: 'a test',
  stands: true,
});

const freshName = (): string => `office-${randomBytes(6).toString('hex')}`;

/** One election on one table, and what its record looks like at each stage of its life. */
export class Stage {
  readonly name: string;
  readonly store: DynamoLeaseStore;

  constructor(
    readonly table: TestTable,
    client: DynamoDBClient | DynamoDBDocumentClient = table.client,
    name = freshName(),
  ) {
    this.name = name;
    this.store = new DynamoLeaseStore(client as DynamoDBClient, table.tableName, name);
  }

  /** The raw item. */
  item(sk?: string) {
    return this.table.item(this.name, sk);
  }

  /** The first term, held by `a`. */
  async held(declare: Partial<Declaration> = {}): Promise<LeaseRecord> {
    const write = { office: officeOf('a'), declare: { ...DECLARED, ...declare }, at: AT };
    return (await this.store.create(write)).record!;
  }

  /** ... and challenged. */
  async challenged(challenger = challengerOf('c')): Promise<LeaseRecord> {
    await this.held();
    return (await this.store.challenge({ term: 1, holder: 'a', challenger })).record!;
  }

  /** ... and resigned. */
  async resigned(successor?: string): Promise<LeaseRecord> {
    await this.challenged();
    return (await this.store.resign({ ...by(officeOf('a')), beat: 1, at: AT + 1, successor })).record!;
  }

  /** ... and revoked. */
  async revoked(dead = false): Promise<LeaseRecord> {
    const seen = await this.held();
    return (await this.store.revoke({ seen, dead, at: AT + 1 })).record!;
  }
}

/** The same client as one that speaks plain values. */
export const documentClient = (client: DynamoDBClient): DynamoDBDocumentClient => DynamoDBDocumentClient.from(client);
