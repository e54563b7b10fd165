/** `tenure table create`: the table of the elections, for development and for deployments by hand. */
import { DescribeTableCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import type { Command } from 'commander';
import { createTable } from '../../lease/table.js';
import type { CommandCall, ToAction } from '../command.js';
import type { Connection } from '../connection.js';
import { EXIT } from '../failure.js';

interface CreateOptions {
  readonly stream?: boolean;
}

export function registerTable(program: Command, toAction: ToAction): void {
  const table = program
    .command('table')
    .summary('the table of the elections')
    .description('The table of the elections.');
  table
    .command('create')
    .summary('make the table, unless it is there')
    .description(
      'Makes the table (keys pk and sk, on demand, with a stream) and waits until it can be used. A table that is there is ' +
        'left as it is, after its keys were checked; with --stream, its stream is turned on if it is off.\n\nFor production, ' +
        'the CDK app makes a table with backups and protection: docs/deploying.md.',
    )
    .option('--stream', 'turn the stream on, if the table was there without: `tenure history` reads it')
    .addHelpText(
      'after',
      `\nExamples:\n  $ tenure table create --endpoint http://127.0.0.1:8000\n  $ tenure table create --table tenure --stream`,
    )
    .action(toAction(create));
}

async function create({ options, connection, print, json }: CommandCall<CreateOptions>): Promise<number> {
  const { client, tableName, place } = connection;
  await createTable({ client, tableName });
  let stream = await streamOf(connection);
  if (stream === undefined && options.stream) {
    const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
    await client.send(new UpdateTableCommand({ TableName: tableName, StreamSpecification }));
    await createTable({ client, tableName }); // it waits until the table is active again
    stream = await streamOf(connection);
  }
  if (options.json) json({ tableName, stream: stream ?? null });
  else
    print(
      `Table ${tableName} ${place} is ready; ${stream === undefined ? 'it has no stream' : `its stream: ${stream}`}.`,
    );
  return EXIT.done;
}

/** What the stream shows of each change; undefined if it is off. */
async function streamOf({ client, tableName }: Connection): Promise<string | undefined> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const { StreamEnabled, StreamViewType } = Table?.StreamSpecification ?? {};
  return StreamEnabled ? StreamViewType : undefined;
}
