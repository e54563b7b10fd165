/** 9: the roll call, deployed: it counts the standbys on the roster, and its log has the metric. */
import { Election } from '../../../lib/index.js';
import type { Present } from '../../../lib/serverless/roll-call.js';
import { until } from '../../support/until.js';
import { linesOf } from '../logs.js';
import type { Stack } from '../stack.js';
import type { World } from '../world.js';

/** Patient with a busy machine: nobody loses the office, and a sign of life may be 15 s late. */
const LINE = { leaseMs: 30_000, renewMs: 3_000, succession: 'seniority', rosterMs: 5_000 } as const;
const PATIENCE = { limitMs: 60_000, everyMs: 500 };

/** @param functionName the roll call */
export async function rollCall({ report, cloud }: World, stack: Stack, functionName: string): Promise<void> {
  const logGroup = stack.functions.find(({ name }) => name === functionName)?.logGroup ?? '';
  const { table: tableName, election: name } = stack;
  const stand = (id: string) => {
    const election = new Election({ ...LINE, name, tableName, id, client: cloud.dynamodb });
    const standing = election.run(({ signal }) => new Promise<void>((end) => whenAborted(signal, end)));
    return { election, close: () => election.close().then(() => standing) };
  };
  const call = async () => (await cloud.invoke<Present>(functionName, {})).result;
  const first = stand('server-1');
  try {
    const alone = await until('the first to lead', async () => fits(await call(), 'server-1', 0), PATIENCE);
    report.equal('roll call: one leads, and nobody stands by', alone, { holder: 'server-1', standbys: [] });
    const second = stand('server-2');
    const both = await until('the second to stand by', async () => fits(await call(), 'server-1', 1), PATIENCE).finally(
      () => second.close(),
    );
    report.equal('roll call: another stands by', both.standbys, ['server-2']);
    const left = await call();
    report.equal('roll call: it has left, and nobody stands by', left, { holder: 'server-1', standbys: [] });
    const values = await until('the metric in the log', async () => {
      const found = (await linesOf(cloud.account, logGroup)).flatMap(({ message }) => standbysIn(message, name));
      return found.includes(0) && found.includes(1) ? found : undefined;
    });
    report.check('its log has the metric Standbys of this election: 0 and 1', values.length > 1, values);
  } finally {
    await first.close();
  }
}

const fits = (present: Present, holder: string, standbys: number): Present | undefined =>
  present.holder === holder && present.standbys.length === standbys ? present : undefined;

/** The values of the metric in a line of the log, if it is one of EMF with the dimension that is expected. */
function standbysIn(message: string, election: string): number[] {
  try {
    const line = JSON.parse(message);
    const [directive] = line._aws.CloudWatchMetrics;
    const isMetric = directive.Namespace === 'Tenure' && JSON.stringify(directive.Dimensions) === '[["Election"]]';
    return isMetric && line.Election === election ? [line.Standbys].flat() : [];
  } catch {
    return []; // another line
  }
}

function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', () => then(), { once: true });
}
