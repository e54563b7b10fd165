/**
 * Fenced writes (section 7): what keeps a leader harmless that was paused between its check and its write. Nothing
 * here looks at a clock. The shapes are those of the commands of `@aws-sdk/lib-dynamodb`.
 */
import { show, TenureError } from '../lease/errors.js';
import { partitionKey } from '../lease/record.js';
import { bad, checkFlag, checkKeys } from './options.js';

/** What a fence is bound to: one election's term, in one table. */
export interface FenceScope {
  readonly tableName: string;
  readonly election: string;
  readonly term: number;
  readonly attempt: string;
  readonly multiRegion: boolean;
  /** Called for each write that was found to be refused for a later term. */
  readonly onRefused?: ((laterTerm: number) => void) | undefined;
}

/** An entry for the `TransactItems` of a `TransactWriteCommand`: what {@link Fence.check} returns. */
export interface FenceCheck {
  /** On the fence item, which only a new leader writes (section 7). */
  ConditionCheck: {
    TableName: string;
    Key: { pk: string; sk: string };
    ConditionExpression: string;
    ExpressionAttributeNames: Record<string, string>;
    ExpressionAttributeValues: Record<string, unknown>;
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD';
  };
}

/**
 * The input of a Put (`Item`), an Update (`Key`, `UpdateExpression`) or a Delete (`Key`), alone or in a transaction; other
 * parameters stay as they are. Values are plain, as the document client takes them.
 */
export interface StampableInput {
  /** Of a Put: the whole item. The term is added to it. */
  Item?: Record<string, unknown> | undefined;
  /** Of an Update or a Delete. */
  Key?: Record<string, unknown> | undefined;
  /** Of an Update: the term's assignment is added to its `SET`. */
  UpdateExpression?: string | undefined;
  /** Your own condition: both must hold. */
  ConditionExpression?: string | undefined;
  /** The names of your expressions; a free placeholder is added. */
  ExpressionAttributeNames?: Record<string, string> | undefined;
  /** The values of your expressions; a free placeholder is added. */
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
  /** Default: `ALL_OLD`. Without the present item, {@link Fence.refused} cannot tell why. */
  ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE' | undefined;
}

/** How a write is stamped. */
export interface StampOptions {
  /** The attribute that keeps the term in the item. Default: `fence:<election>`. */
  readonly attribute?: string | undefined;
  /**
   * The input is a DeleteCommand's, which has a `Key` and nothing to set. It must be said: an UpdateCommand without
   * `UpdateExpression` looks the same, and would carry no stamp. Default: `false`.
   */
  readonly delete?: boolean | undefined;
}

/** The input with its condition: what {@link Fence.stamp} returns. */
export type Stamped<I> = I & {
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Record<string, unknown>;
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD' | 'NONE';
};

const LEGACY = ['Expected', 'AttributeUpdates', 'ConditionalOperator'];

/** The fence of one term (section 7). `leadership.fence` is one; it goes on fencing after the leadership has ended. */
export class Fence {
  /** The number to send to any other system that can compare: it refuses what is lower than the highest it has seen. */
  readonly term: number;

  /** @internal Made by the election alone. */
  constructor(private readonly scope: FenceScope) {
    this.term = scope.term;
  }

  /**
   * A check for your own transaction in the same Region and account: the transaction commits only while no later
   * leader has begun to work (S5). All transactions of one election meet on one item: for throughput, {@link stamp}.
   * A refusal comes as `TransactionCanceledException`, with the fence of the later leader in its reasons.
   *
   * @throws TenureError `FenceUnsupported` on a multi-Region strongly consistent table, which has no transactions
   * @example
   * await documents.send(new TransactWriteCommand({ TransactItems: [leadership.fence.check(), { Put: invoice }] }));
   */
  check(): FenceCheck {
    const { tableName, election, term, attempt, multiRegion } = this.scope;
    if (multiRegion) {
      throw new TenureError(
        'FenceUnsupported',
        `Table ${show(tableName)} is a multi-Region strongly consistent table, which has no transactions: ` +
          '`fence.check()` cannot work there. Use `fence.stamp(input)` on each write instead.',
      );
    }
    return {
      ConditionCheck: {
        TableName: tableName,
        Key: { pk: partitionKey(election), sk: 'fence' },
        ConditionExpression: '#term = :term AND #attempt = :attempt',
        ExpressionAttributeNames: { '#term': 'term', '#attempt': 'attempt' },
        ExpressionAttributeValues: { ':term': term, ':attempt': attempt },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    };
  }

  /**
   * Stamps one write with the term: it is refused (`ConditionalCheckFailedException`) on an item that a later
   * leader has stamped (S6). Half the price of {@link check}, and no shared item; an item is protected from the moment
   * the new leader has touched it. A delete takes the stamp with it: delete under `check()`, or leave a tombstone. An input
   * that this fence has stamped already is returned as it is.
   *
   * @param input the input of a PutCommand, UpdateCommand (with `UpdateExpression`) or DeleteCommand (with the option
   *   `delete`); it is not changed
   * @param options see {@link StampOptions}
   * @returns the input with `(yours) AND (attribute_not_exists(#f) OR #f <= :term)` as its condition, `#f = :term` set, and
   *   the present item asked for where it is refused, so that {@link refused} can tell why
   * @throws TenureError `BadOption` for what cannot be stamped
   * @example
   * await documents.send(new UpdateCommand(leadership.fence.stamp({
   *   TableName: 'accounts', Key: { id: 'a1' }, UpdateExpression: 'SET balance = :b', ExpressionAttributeValues: { ':b': 7 },
   * })));
   */
  stamp<I extends StampableInput>(input: I, options: StampOptions = {}): Stamped<I> {
    checkKeys('fence.stamp()', options, ['attribute', 'delete']);
    checkStampable(input, checkFlag('delete', options.delete));
    const attribute = this.#attribute(options);
    const earlier = stampOf(input, attribute);
    if (earlier === this.term) return input as unknown as Stamped<I>;
    if (earlier !== undefined) {
      throw new TenureError(
        'BadOption',
        `This input carries the stamp of term ${earlier} in ${show(attribute)} already, and cannot carry that of term ` +
          `${this.term} as well: stamp the input as it was before.`,
      );
    }
    const name = unused('#fence', input.ExpressionAttributeNames);
    const value = unused(':fence', input.ExpressionAttributeValues);
    const free = conditionOf(name, value);
    return {
      ...input,
      ...(input.Item && { Item: { ...input.Item, [attribute]: this.term } }),
      ...(input.UpdateExpression !== undefined && {
        UpdateExpression: withAssignment(input.UpdateExpression, `${name} = ${value}`),
      }),
      ConditionExpression:
        input.ConditionExpression === undefined ? free : `${enclosed(input.ConditionExpression)} AND ${free}`,
      ExpressionAttributeNames: { ...input.ExpressionAttributeNames, [name]: attribute },
      ExpressionAttributeValues: { ...input.ExpressionAttributeValues, [value]: this.term },
      ReturnValuesOnConditionCheckFailure: input.ReturnValuesOnConditionCheckFailure ?? 'ALL_OLD',
    };
  }

  /**
   * Whether an error comes from the fence: a write of this term came after a later term's work had begun, and was refused
   * by {@link check} or {@link stamp}. The election emits `fenced` for it. False for a condition of your own that failed, and
   * for any other error.
   *
   * @param error what a command was rejected with
   * @param options.attribute as it was given to {@link stamp}
   * @example
   * try { await documents.send(new PutCommand(leadership.fence.stamp(input))); }
   * catch (error) { if (leadership.fence.refused(error)) return; throw error; } // deposed: the successor does it
   */
  refused(error: unknown, options: { attribute?: string | undefined } = {}): boolean {
    checkKeys('fence.refused()', options, ['attribute']);
    const attribute = this.#attribute(options);
    const later = refusedItems(error).flatMap((item) => {
      const isFence = plainOf(item.pk) === partitionKey(this.scope.election) && plainOf(item.sk) === 'fence';
      const term = Number(plainOf(isFence ? item.term : item[attribute]));
      return term > this.term ? [term] : [];
    });
    if (later.length === 0) return false;
    this.scope.onRefused?.(Math.max(...later));
    return true;
  }

  #attribute({ attribute = `fence:${this.scope.election}` }: { attribute?: string | undefined }): string {
    if (typeof attribute === 'string' && attribute !== '') return attribute;
    throw bad('`attribute`', 'the name of an attribute', attribute);
  }
}

const conditionOf = (name: string, value: string) => `(attribute_not_exists(${name}) OR ${name} <= ${value})`;

/** The term whose stamp an input carries in this attribute, if it carries one. */
function stampOf(input: StampableInput, attribute: string): unknown {
  const { ConditionExpression = '', ExpressionAttributeNames = {}, ExpressionAttributeValues = {} } = input;
  for (const [name, of] of Object.entries(ExpressionAttributeNames)) {
    if (of !== attribute) continue;
    for (const [value, term] of Object.entries(ExpressionAttributeValues)) {
      if (ConditionExpression.includes(conditionOf(name, value))) return term;
    }
  }
  return undefined;
}

type RefusedItem = Record<string, unknown>;

/** The items that refused a write, or the writes of a transaction, as the SDK's errors carry them. */
function refusedItems(error: unknown): RefusedItem[] {
  if (!(error instanceof Error)) return [];
  const { name, Item, CancellationReasons } = error as Error & {
    Item?: RefusedItem;
    CancellationReasons?: { Code?: string; Item?: RefusedItem }[];
  };
  const items =
    name === 'ConditionalCheckFailedException'
      ? [Item]
      : name === 'TransactionCanceledException'
        ? (CancellationReasons ?? [])
            .filter(({ Code }) => Code === 'ConditionalCheckFailed')
            .map((reason) => reason.Item)
        : [];
  return items.filter((item) => item !== undefined);
}

/** Items in errors stay raw attribute values, even from the document client; a plain one is taken as it is. */
function plainOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { S, N } = value as { S?: string; N?: string };
  return S ?? N;
}

function checkStampable(input: StampableInput, isDelete: boolean): void {
  const refuse = (found: string) => {
    throw new TenureError(
      'BadOption',
      'fence.stamp() takes the input of a PutCommand (`Item`), an UpdateCommand (`Key`, `UpdateExpression`) or a ' +
        `DeleteCommand (\`Key\`) of @aws-sdk/lib-dynamodb, but got ${found}.`,
    );
  };
  if (typeof input !== 'object' || input === null) refuse(show(input));
  if ('input' in input && 'middlewareStack' in input) refuse('a command: stamp its input, then build the command');
  const legacy = LEGACY.find((name) => name in input);
  if (legacy !== undefined) refuse(`the legacy parameter \`${legacy}\`: use expressions`);
  if ((input.Item === undefined) === (input.Key === undefined)) refuse(`an input with the keys ${Object.keys(input)}`);
  if (input.UpdateExpression !== undefined && input.UpdateExpression.trim() === '') refuse('an empty UpdateExpression');
  if (isDelete && (input.Key === undefined || input.UpdateExpression !== undefined))
    refuse('`delete` with another input');
  if (!isDelete && input.Key !== undefined && input.UpdateExpression === undefined) {
    refuse(
      'a `Key` without an `UpdateExpression`, which could be either: for an UpdateCommand set something, for a DeleteCommand ' +
        'say so by fence.stamp(input, { delete: true })',
    );
  }
}

/** A placeholder that the user's expressions do not use yet: an input may be stamped for two elections. */
function unused(stem: string, taken: Record<string, unknown> = {}): string {
  for (let n = 0; ; n += 1) {
    const placeholder = n === 0 ? stem : `${stem}${n}`;
    if (!Object.hasOwn(taken, placeholder)) return placeholder;
  }
}

/** A condition as one operand: in parentheses, but never in two pairs, which DynamoDB refuses as redundant. */
function enclosed(condition: string): string {
  const text = condition.trim();
  let depth = 0;
  const closes = [...text].findIndex((character) => {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    return depth === 0;
  });
  return closes > 0 && closes === text.length - 1 ? text : `(${text})`;
}

/** Adds an assignment to an update expression: into its SET clause, of which there may be only one. */
function withAssignment(expression: string, assignment: string): string {
  const set = /(^|[\s)\]])SET(?=[\s#])/i.exec(expression);
  if (set === null) return `SET ${assignment} ${expression}`;
  const end = set.index + set[0].length;
  return `${expression.slice(0, end)} ${assignment},${expression.slice(end)}`;
}
