/**
 * What a table's stream still holds of one election: the last 24 hours of its writes. The streams' client is an optional
 * peer: it is loaded when it is needed, and the error for its absence says what to install.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import type { _Record, DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { partitionKey } from '../lease/record.js';
import type { Connection } from './connection.js';
import { Failure } from './failure.js';

/** The table's clock may be behind this machine's by so much. */
const CLOCKS_DIFFER_MS = 2_000;
const BETWEEN_EMPTY_PAGES_MS = 100;

type Streams = typeof import('@aws-sdk/client-dynamodb-streams');

/** How a stream is read. */
export interface Reading {
  /** The newest shard first; within a shard, always the oldest first. */
  readonly newestFirst: boolean;
  /** Pages of an open shard without anything from before the reading began, until it is taken to be read to its end. */
  readonly emptyPages: number;
  readonly signal?: AbortSignal;
}

/** All that the stream holds of that election's record: a list for each shard, and each shard whole. */
export async function* recordsOf(
  connection: Connection,
  election: string,
  reading: Reading,
): AsyncGenerator<readonly _Record[]> {
  const arn = await streamArn(connection);
  const streams = await loadStreams();
  const client = connection.closes(new streams.DynamoDBStreamsClient({ ...connection.streamsConfig }));
  const key = partitionKey(election);
  const shards = await shardsOf(streams, client, arn);
  for (const shard of reading.newestFirst ? shards.reverse() : shards) {
    const found: _Record[] = [];
    for await (const record of read(streams, client, { StreamArn: arn, ShardId: shard }, reading)) {
      const { pk, sk } = record.dynamodb?.Keys ?? {};
      if (pk?.S === key && sk?.S === 'leader') found.push(record);
    }
    yield found;
  }
}

/** @throws Failure that says how to turn the stream on */
async function streamArn({ client, tableName, place }: Connection): Promise<string> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const { StreamSpecification: stream, LatestStreamArn } = Table ?? {};
  if (stream?.StreamEnabled && stream.StreamViewType === 'NEW_AND_OLD_IMAGES' && LatestStreamArn)
    return LatestStreamArn;
  const found = stream?.StreamEnabled ? `a stream of ${stream.StreamViewType} alone` : 'no stream';
  const remedy = stream?.StreamEnabled
    ? `Turn that one off, where nobody reads it, and then: tenure table create --table ${tableName} --stream`
    : `Turn it on: tenure table create --table ${tableName} --stream`;
  throw new Failure(
    `Table ${tableName} ${place} has ${found}, and the history is read from a stream of NEW_AND_OLD_IMAGES.\n${remedy}\n` +
      'It holds what is written from then on, for 24 hours. `tenure status` shows the last change without it.',
  );
}

async function loadStreams(): Promise<Streams> {
  try {
    return await import('@aws-sdk/client-dynamodb-streams');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new Failure('`tenure history` needs one package more: npm install @aws-sdk/client-dynamodb-streams');
  }
}

async function shardsOf(streams: Streams, client: DynamoDBStreamsClient, arn: string): Promise<string[]> {
  const shards: string[] = [];
  let last: string | undefined;
  do {
    const { StreamDescription } = await client.send(
      new streams.DescribeStreamCommand({ StreamArn: arn, ExclusiveStartShardId: last }),
    );
    for (const { ShardId } of StreamDescription?.Shards ?? []) if (ShardId !== undefined) shards.push(ShardId);
    last = StreamDescription?.LastEvaluatedShardId;
  } while (last !== undefined);
  return shards;
}

/** A shard from its beginning; an open one has no end, and is left when nothing comes any more. */
async function* read(
  { GetShardIteratorCommand, GetRecordsCommand }: Streams,
  client: DynamoDBStreamsClient,
  shard: { StreamArn: string; ShardId: string },
  { emptyPages, signal }: Reading,
): AsyncGenerator<_Record> {
  const from = new GetShardIteratorCommand({ ...shard, ShardIteratorType: 'TRIM_HORIZON' });
  let { ShardIterator } = await client.send(from).catch((error: Error) => {
    // What was trimmed between the list of shards and this call holds nothing any more.
    if (error.name === 'TrimmedDataAccessException' || error.name === 'ResourceNotFoundException') {
      return { ShardIterator: undefined };
    }
    throw error;
  });
  const began = Date.now();
  for (let empty = 0; ShardIterator !== undefined && empty < emptyPages; ) {
    signal?.throwIfAborted();
    const page: { Records?: _Record[]; NextShardIterator?: string } = await client.send(
      new GetRecordsCommand({ ShardIterator }),
    );
    yield* page.Records ?? [];
    ShardIterator = page.NextShardIterator ?? undefined;
    // A leader's heartbeats never end; what it writes from now on is not history.
    const old = page.Records?.some(
      (one) => Number(one.dynamodb?.ApproximateCreationDateTime) < began + CLOCKS_DIFFER_MS,
    );
    empty = old ? 0 : empty + 1;
    if (empty > 0 && ShardIterator !== undefined) await sleep(BETWEEN_EMPTY_PAGES_MS);
  }
}
