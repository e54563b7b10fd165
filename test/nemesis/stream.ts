/** The table's own stream, read in order: every change of every record and fence. */

import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import type { Item } from '../../lib/lease/item.js';
import { engineEnv } from '../../lib/local/engine.js';

/** One item's change. Without `item` it was removed. */
export interface Change {
  readonly pk: string;
  readonly sk: string;
  readonly item: Item | undefined;
}

export class Stream {
  readonly #client: DynamoDBStreamsClient;
  /** Where to go on reading, by shard; `null` where one has ended. */
  readonly #places = new Map<string, string | null>();

  constructor(
    endpoint: string,
    private readonly arn: string,
  ) {
    const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = engineEnv(endpoint);
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID!, secretAccessKey: AWS_SECRET_ACCESS_KEY! };
    this.#client = new DynamoDBStreamsClient({ endpoint, region: AWS_REGION!, credentials });
  }

  /** All changes since the last call, and at the first call since the beginning. */
  async read(): Promise<Change[]> {
    await this.#findShards();
    const changes: Change[] = [];
    for (const [shard, place] of this.#places) {
      for (let at = place; at !== null; ) {
        const { Records = [], NextShardIterator = null } = await this.#client.send(
          new GetRecordsCommand({ ShardIterator: at }),
        );
        for (const { dynamodb } of Records) {
          const { pk, sk } = dynamodb?.Keys ?? {};
          changes.push({ pk: pk?.S ?? '', sk: sk?.S ?? '', item: dynamodb?.NewImage as Item | undefined });
        }
        at = NextShardIterator;
        this.#places.set(shard, at);
        if (Records.length === 0) break;
      }
    }
    return changes;
  }

  close(): void {
    this.#client.destroy();
  }

  async #findShards(): Promise<void> {
    let last: string | undefined;
    do {
      const { StreamDescription } = await this.#client.send(
        new DescribeStreamCommand({ StreamArn: this.arn, ExclusiveStartShardId: last }),
      );
      for (const { ShardId } of StreamDescription?.Shards ?? []) {
        if (ShardId === undefined || this.#places.has(ShardId)) continue;
        const { ShardIterator } = await this.#client.send(
          new GetShardIteratorCommand({ StreamArn: this.arn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
        );
        this.#places.set(ShardId, ShardIterator ?? null);
      }
      last = StreamDescription?.LastEvaluatedShardId;
    } while (last !== undefined);
  }
}
