/** What the functions logged: how often they ran, for how long, and what they said. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, json } from './signed.js';

interface LogEvents {
  readonly events?: readonly {
    readonly message: string;
    readonly timestamp: number;
    readonly logStreamName?: string;
  }[];
  readonly nextToken?: string;
}

/** One finished invocation. */
export interface Invocation {
  /** When it had ended, epoch ms. */
  readonly endedAt: number;
  readonly ms: number;
}

/** All lines of a log group, oldest first. */
export async function linesOf(
  account: Account,
  logGroupName: string,
): Promise<{ message: string; timestamp: number }[]> {
  const lines: { message: string; timestamp: number }[] = [];
  let nextToken: string | undefined;
  do {
    const page: LogEvents = await json(account, 'logs', 'Logs_20140328.FilterLogEvents', { logGroupName, nextToken });
    lines.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return lines.sort((a, b) => a.timestamp - b.timestamp);
}

/** The invocations in a log group: each ends with a line `REPORT ... Duration: n ms`. */
export async function invocationsOf(account: Account, logGroup: string): Promise<Invocation[]> {
  const lines = await linesOf(account, logGroup);
  return lines.flatMap(({ message, timestamp }) => {
    const ms = /^REPORT .*?Duration: ([\d.]+) ms/.exec(message)?.[1];
    return ms === undefined ? [] : [{ endedAt: timestamp, ms: Number(ms) }];
  });
}

/** What the functions said, one file each. */
export async function saveLogs(account: Account, functions: readonly Logged[], folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const { name, logGroup } of functions) {
    const lines = await linesOf(account, logGroup).catch((error: Error) => [{ message: error.message, timestamp: 0 }]);
    const text = lines.map(({ message, timestamp }) => `${new Date(timestamp).toISOString()} ${message}`).join('\n');
    writeFileSync(join(folder, `${name}.log`), `${text}\n`);
  }
}

interface Logged {
  readonly name: string;
  readonly logGroup: string;
}
