/** `npm start`: starts a DynamoDB and candidates on this machine, shows them, and leaves nothing behind. */
import { constants } from 'node:os';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createTable, Election } from '../index.js';
import { exactMs } from '../names/durations.js';
import { BadArguments } from './arguments.js';
import { Cluster } from './cluster.js';
import { type Engine, engineClient, startEngine } from './engine.js';
import { GuidedTour } from './guided-tour.js';
import { showLive } from './live-view.js';
import { watchNpmParent } from './npm-parent.js';
import { HELP, parseOptions, type StartOptions } from './start-options.js';
import { verdict } from './tour-summary.js';

const TABLE = 'tenure-start';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A page in the browser that shows the cluster. */
interface ClusterPage {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens such a page. `client` reaches the cluster's engine; `title` names the engine. */
export type OpenClusterPage = (options: {
  readonly cluster: Cluster;
  readonly client: DynamoDBClient;
  readonly title: string;
}) => Promise<ClusterPage>;

/**
 * @param openPage is called where there is a terminal to show the page's address on
 * @returns the exit code: 0, 1 if anything went wrong, 2 for arguments that cannot be used, 128 + n for signal n
 */
export async function main(argv: readonly string[], openPage: OpenClusterPage): Promise<number> {
  let options: StartOptions;
  try {
    options = parseOptions(argv);
  } catch (error) {
    if (!(error instanceof BadArguments)) throw error;
    console.error(error.message);
    return 2;
  }
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const stop = new AbortController();
  const release = catchSignals(stop);
  try {
    return await start(options, openPage, stop.signal);
  } finally {
    release();
  }
}

async function start(options: StartOptions, openPage: OpenClusterPage, signal: AbortSignal): Promise<number> {
  const say = stamped();
  const isLive = !options.tour && isTerminal();
  let engine: Engine | undefined;
  let cluster: Cluster | undefined;
  let page: ClusterPage | undefined;
  try {
    engine = await startEngine({ engine: options.engine, prefer: 'dynoxide', say });
    say(engine.line);
    say(timingsLine(options));
    const client = engineClient(engine.endpoint);
    await createTable({ client, tableName: TABLE });
    const { timings, candidates } = options;
    // A table that was there before has a history of its own: an election of that name may have terms already.
    const election = engine.name === 'endpoint' ? `demo-${Date.now().toString(36)}` : 'demo';
    const { endpoint } = engine;
    cluster = new Cluster({ endpoint, tableName: TABLE, election, timings, signal, strangersMayKill: isLive });
    if (isLive) {
      const title = engine.line.replace(/ \(.*/, '');
      page = await openPage({ cluster, client, title });
      await showLive({ cluster, candidates, title: page.url, signal });
      for (const line of verdict(cluster)) console.log(line);
    } else {
      const onlooker = new Election({ name: election, tableName: TABLE, client, id: 'onlooker', ...timings });
      await new GuidedTour({ cluster, onlooker, candidates, say, print: console.log }).run();
      await onlooker.close();
      console.log('');
      say('All went as it should. On a terminal, npm start lets you do all this by hand.');
    }
    client.destroy();
    return cluster.invariants.violations.length === 0 ? 0 : 1;
  } catch (error) {
    if (signal.aborted) return 128 + (constants.signals[signal.reason as NodeJS.Signals] ?? 0);
    console.error(`\n${error instanceof Error ? error.message : error}`);
    console.error(`To see it again: ${options.again}`);
    return 1;
  } finally {
    await page?.close();
    await cluster?.close();
    await engine?.stop();
  }
}

function timingsLine({ timings: { leaseMs, renewMs } }: StartOptions): string {
  const shorter =
    leaseMs < 10_000 ? " (shorter than the library's own 10,000 ms, to be brisk; --lease changes it)" : '';
  return `lease ${exactMs(leaseMs)}, heartbeat every ${exactMs(renewMs)}${shorter}`;
}

function isTerminal(): boolean {
  return Boolean(process.stdin.isTTY && process.stdout.isTTY) && process.env.TERM !== 'dumb';
}

/** Prints lines with the time since the start. */
function stamped(): (line: string) => void {
  const begin = performance.now();
  return (line) => {
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    console.log(`[${seconds.padStart(5)} s] ${line}`);
  };
}

/**
 * The first signal asks for an end in order, and the next one ends at once: child processes end with this one. A reader of
 * the output that goes away (`npm start | head`) counts as a signal, and so does an npm that has ended.
 */
function catchSignals(stop: AbortController): () => void {
  const caught = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(128 + constants.signals[signal]);
    stop.abort(signal);
  };
  const gone = () => stop.abort('SIGPIPE');
  for (const signal of SIGNALS) process.on(signal, caught);
  process.stdout.on('error', gone);
  const unwatch = watchNpmParent(() => stop.abort('SIGTERM'));
  return () => {
    unwatch();
    for (const signal of SIGNALS) process.off(signal, caught);
    process.stdout.off('error', gone);
  };
}
