/**
 * The `LeaseStore` on DynamoDB: the only file that names conditions on the record (section 3). Every write is one conditional
 * `UpdateItem` that returns the new item when it was applied and the old one when it was refused, so that one round
 * trip both tries and learns. No transaction, no delete, no condition on any clock.
 *
 *   term 1             term 2                                   term 3
 *   create ── renew ── acquire ── renew ── renew ── resign ──── acquire ──   the record:  (term, beat) only rises
 *   compares:          term+beat  term+attempt+holder, beat<n   term+beat
 *        └─ raise           └─ raise                                 └─ raise   the fence: term < mine
 */
import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { isTenureError, show, TenureError } from './errors.js';
import {
  absent,
  all,
  below,
  either,
  type Fragment,
  is,
  Names,
  number,
  optional,
  present,
  text,
  typed,
} from './expression.js';
import {
  FORMAT,
  type Item,
  type LeaseRecord,
  MAX_ID_BYTES,
  parseFence,
  parseRecord,
  partitionKey,
  toItem,
} from './record.js';
import type {
  AcquireWrite,
  CallOptions,
  ChallengeWrite,
  CreateWrite,
  Declaration,
  ExpireWrite,
  HandOverWrite,
  LeaseStore,
  Office,
  RenewWrite,
  Reply,
  ResignWrite,
  RevokeWrite,
} from './store.js';

const WELL_FORMED_CHALLENGER = all(
  text('challenger.id', MAX_ID_BYTES),
  text('challenger.attempt'),
  number('challenger.rank', Number.MIN_SAFE_INTEGER),
  optional('challenger.why', typed('challenger.why', 'S')),
  typed('challenger.stands', 'BOOL'),
  optional('challenger.to', text('challenger.to', MAX_ID_BYTES)),
);

/**
 * A record that cannot be read is never overwritten, not even by a write that was on its way when it was spoiled: what
 * `parseRecord` refuses, the table refuses as well (but for fractions, which no condition can tell).
 */
const READABLE: readonly Fragment[] = [
  is('format', FORMAT),
  number('term', 1),
  number('beat', 0),
  number('leaseMs', 1),
  number('renewMs', 1),
  number('priority', Number.MIN_SAFE_INTEGER),
  number('acquiredAt', 0),
  number('renewedAt', 0),
  text('attempt'),
  optional('vacatedAt', number('vacatedAt', 0)),
  optional('holder', text('holder', MAX_ID_BYTES)),
  optional('successor', text('successor', MAX_ID_BYTES)),
  optional('previous', text('previous')),
  optional('reason', text('reason')),
  optional('transition', text('transition')),
  optional('dead', typed('dead', 'BOOL')),
  optional('challenger', WELL_FORMED_CHALLENGER),
];
const sameVersion = (seen: LeaseRecord): Fragment[] => [is('term', seen.term), is('beat', seen.beat)];
const heldBy = (office: { term: number; holder: string }): Fragment[] => [
  is('term', office.term),
  is('holder', office.holder),
];
const mine = (office: Office): Fragment[] => [...heldBy(office), is('attempt', office.attempt)];

/** The expression of one update: what must hold, what is set, what goes. */
interface Update {
  readonly when: readonly Fragment[];
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
}

/** The record of one election in one table. */
export class DynamoLeaseStore implements LeaseStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
    private readonly election: string,
  ) {}

  async read({ signal, eventual = false }: CallOptions & { eventual?: boolean } = {}) {
    const item = await this.#get('leader', eventual, signal);
    return item && parseRecord(this.election, item);
  }

  create({ office, declare, at }: CreateWrite, options?: CallOptions) {
    return this.#update(
      { when: [absent('pk')], set: { format: FORMAT, ...begun(office, declare, at), transition: 'elected' } },
      options,
    );
  }

  acquire({ seen, office, declare, at }: AcquireWrite, options?: CallOptions) {
    const takenOver = seen.holder !== undefined;
    return this.#update(
      {
        when: [...sameVersion(seen), ...READABLE],
        set: {
          ...begun(office, declare, at),
          transition: 'elected',
          ...(takenOver && { reason: 'expired', previous: seen.holder }),
        },
        remove: [
          'challenger',
          'successor',
          'dead',
          ...(takenOver ? ['vacatedAt'] : []),
          ...(declare.value === undefined ? ['value'] : []),
        ],
      },
      options,
    );
  }

  renew({ office, beat, at, declare, proclaim }: RenewWrite, options?: CallOptions) {
    const value = proclaim ?? (declare && { value: declare.value });
    return this.#update(
      {
        when: [...mine(office), below('beat', beat), ...READABLE],
        set: { beat, renewedAt: at, ...(declare && declared(declare)), ...(value && { value: value.value }) },
        remove: ['transition', ...(value && value.value === undefined ? ['value'] : [])],
      },
      options,
    );
  }

  resign({ office, beat, at, successor }: ResignWrite, options?: CallOptions) {
    return this.#update(
      {
        when: [...mine(office), below('beat', beat), ...READABLE],
        set: {
          beat,
          vacatedAt: at,
          reason: 'resigned',
          previous: office.holder,
          transition: 'resigned',
          successor,
        },
        remove: ['holder', 'challenger', 'value', 'dead', ...(successor === undefined ? ['successor'] : [])],
      },
      options,
    );
  }

  handOver({ office, challenger, at }: HandOverWrite, options?: CallOptions) {
    return this.#update(
      {
        when: [...mine(office), is('challenger.attempt', challenger.attempt), ...READABLE],
        set: {
          term: office.term + 1,
          beat: 0,
          holder: challenger.id,
          attempt: challenger.attempt,
          acquiredAt: at,
          renewedAt: at,
          previous: office.holder,
          reason: 'yielded',
          transition: 'elected',
        },
        remove: ['challenger', 'value', 'vacatedAt', 'successor', 'dead'],
      },
      options,
    );
  }

  expire({ seen, at }: ExpireWrite, options?: CallOptions) {
    return this.#update(
      {
        when: [...sameVersion(seen), present('holder'), ...READABLE],
        set: vacated(seen, 'expired', at),
        remove: ['holder', 'challenger', 'value', 'dead', 'successor'],
      },
      options,
    );
  }

  revoke({ seen, dead, at }: RevokeWrite, options?: CallOptions) {
    if (seen.holder === undefined) {
      // The office is vacant by a revoke already: the proof comes later, under the vacancy's own version (section 3).
      return this.#update(
        {
          when: [...sameVersion(seen), absent('holder'), is('reason', 'revoked'), ...READABLE],
          set: { beat: seen.beat + 1, ...(dead && { dead }) },
          remove: ['transition'],
        },
        options,
      );
    }
    // Term and holder are compared, not the version: the holder may renew between the read and this write, and the
    // beat may only rise. So it is raised where it stands, by the table itself.
    return this.#update(
      {
        when: [...heldBy({ term: seen.term, holder: seen.holder }), ...READABLE],
        set: { ...vacated(seen, 'revoked', at), beat: RAISED, ...(dead && { dead }) },
        remove: ['holder', 'challenger', 'value', 'successor', ...(dead ? [] : ['dead'])],
      },
      options,
    );
  }

  challenge({ term, holder, challenger }: ChallengeWrite, options?: CallOptions) {
    return this.#update(
      {
        when: [
          ...heldBy({ term, holder }),
          either(absent('challenger'), below('challenger.rank', challenger.rank)),
          ...READABLE,
        ],
        set: { challenger },
      },
      options,
    );
  }

  async readFence({ signal }: CallOptions = {}) {
    const item = await this.#get('fence', false, signal);
    return item && parseFence(this.election, item);
  }

  raise({ term, attempt }: { term: number; attempt: string }, options?: CallOptions) {
    return this.#send(
      'fence',
      (item) => parseFence(this.election, item),
      {
        when: [either(absent('term'), all(number('term', 1), below('term', term), text('attempt')))],
        set: { term, attempt },
      },
      options,
    );
  }

  #update(update: Update, options?: CallOptions): Promise<Reply> {
    return this.#send('leader', (item) => parseRecord(this.election, item), update, options);
  }

  async #send<R>(
    sk: string,
    parse: (item: Item) => R,
    { when, set, remove = [] }: Update,
    { signal }: CallOptions = {},
  ): Promise<Reply<R>> {
    const names = new Names();
    const assignments = Object.entries(set)
      .filter(([, value]) => value !== undefined)
      .map(([path, value]) =>
        value === RAISED
          ? `${names.name(path)} = ${names.name(path)} + ${names.value(1)}`
          : `${names.name(path)} = ${names.value(value)}`,
      );
    const removals = remove.map((path) => names.name(path));
    const command = new UpdateItemCommand({
      TableName: this.tableName,
      Key: this.#key(sk),
      ConditionExpression: when.map((fragment) => fragment(names)).join(' AND '),
      UpdateExpression: `SET ${assignments.join(', ')}${removals.length > 0 ? ` REMOVE ${removals.join(', ')}` : ''}`,
      ExpressionAttributeNames: names.names,
      ExpressionAttributeValues: toItem(names.values),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    let item: Item | undefined;
    let applied = true;
    try {
      item = (await this.client.send(command, { abortSignal: signal })).Attributes;
    } catch (cause) {
      if (!isRefusal(cause)) throw this.#failure(cause);
      applied = false;
      item = cause.Item; // raw attribute values, even from a document client
    }
    return { applied, record: item && parse(item) };
  }

  async #get(sk: string, eventual: boolean, signal?: AbortSignal): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.tableName, Key: this.#key(sk), ConsistentRead: !eventual });
    try {
      return (await this.client.send(command, { abortSignal: signal })).Item;
    } catch (cause) {
      throw this.#failure(cause);
    }
  }

  #key(sk: string): Item {
    return { pk: { S: partitionKey(this.election) }, sk: { S: sk } };
  }

  #failure(cause: unknown): TenureError {
    if (isTenureError(cause)) return cause;
    const name = cause instanceof Error ? cause.name : typeof cause;
    const message = cause instanceof Error ? cause.message : show(cause);
    if (name === 'ResourceNotFoundException') {
      return new TenureError(
        'TableMissing',
        `There is no table ${show(this.tableName)} where the client looks (${message}). Check \`tableName\`, the Region ` +
          'and the endpoint; for development, createTable({ client, tableName }) makes it.',
        { cause, details: { tableName: this.tableName } },
      );
    }
    return new TenureError(
      'RequestFailed',
      `The request to table ${show(this.tableName)} for election ${show(this.election)} failed with ${name}: ${message}. ` +
        'Its outcome is unknown; it is tried again.',
      { cause, details: { name } },
    );
  }
}

/** Stands for "one more than the table has": the only value that is computed there. */
const RAISED = Symbol('raised');

function declared({ leaseMs, renewMs, priority }: Declaration) {
  return { leaseMs, renewMs, priority };
}

function begun({ term, attempt, holder }: Office, declare: Declaration, at: number) {
  return {
    term,
    beat: 0,
    holder,
    attempt,
    ...declared(declare),
    acquiredAt: at,
    renewedAt: at,
    value: declare.value,
  };
}

function vacated(seen: LeaseRecord, reason: 'expired' | 'revoked', at: number) {
  return { beat: seen.beat + 1, vacatedAt: at, reason, previous: seen.holder, transition: reason };
}

function isRefusal(error: unknown): error is Error & { Item?: Item } {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
