/** What the functions logged: how often they ran, for how long, and what they said. */
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

/** The invocations that a log group tells of: each ends with a line `REPORT ... Duration: n ms`. */
export async function invocationsOf(account: Account, logGroup: string): Promise<Invocation[]> {
  const lines = await linesOf(account, logGroup);
  return lines.flatMap(({ message, timestamp }) => {
    const ms = /^REPORT .*?Duration: ([\d.]+) ms/.exec(message)?.[1];
    return ms === undefined ? [] : [{ endedAt: timestamp, ms: Number(ms) }];
  });
}
