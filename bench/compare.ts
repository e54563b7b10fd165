/** The side-by-side part: a team of each system on one engine, all at the same time, so that all meet the same machine. */
import { createTable } from '../lib/lease/table.js';
import { engineClient, startEngine } from '../lib/local/engine.js';
import { countTraffic, crash, handOver, loseReply } from './failovers.js';
import type { Options, Part } from './options.js';
import type { Results } from './results.js';
import { bundle, describeSetting, installPeers, load } from './setup.js';
import { SYSTEMS, type SystemName } from './systems/system.js';
import { HEARTBEAT_MS, LEASE_MS, Team } from './team.js';

export const COMPARING: readonly Part[] = ['failover', 'handover', 'requests', 'lost-replies'];

const TABLE = 'bench';

export async function compare(
  options: Options,
  args: readonly string[],
  say: (line: string) => void,
): Promise<Results> {
  const { amount, only } = options;
  const peers = await installPeers(say);
  const program = await bundle('candidate-program');
  const engine = await startEngine({ engine: 'dynamodb-local', say });
  const results: Results = { leaseMs: LEASE_MS, heartbeatMs: HEARTBEAT_MS };
  const teams = SYSTEMS.map(
    (system) => new Team(system, { engine: engine.endpoint, tableName: TABLE, program, peers }),
  );
  try {
    await createTable({ client: engineClient(engine.endpoint), tableName: TABLE, stream: false });
    const setting = await describeSetting(args, engine.line);
    say(engine.line);
    say(`${teams.length} systems at once, each with one leader and two standbys in processes of their own`);

    /** Has every team do the same, so many times, and collects what came of it. */
    const each = async <T>(title: string, times: number, measure: (team: Team) => Promise<T>) => {
      const began = Date.now();
      const entries = await Promise.all(
        teams.map(async (team): Promise<[SystemName, T[]]> => {
          const found: T[] = [];
          while (found.length < times) found.push(await measure(team));
          return [team.system, found];
        }),
      );
      say(`${title}: ${times} of each system, in ${Math.round((Date.now() - began) / 1000)} s`);
      return Object.fromEntries(entries) as Record<SystemName, T[]>;
    };

    if (only.includes('failover')) {
      results.failover = { setting, beyond: await each('crashes', amount.crashes, crash) };
    }
    if (only.includes('handover')) {
      const closes = await each('closes', amount.closes, (team) => handOver(team, 'close'));
      const resigns = await each('resignations', amount.resigns, (team) => handOver(team, 'resign'));
      results.handover = { setting, closes, resigns };
    }
    if (only.includes('requests')) {
      const traffic = await each('quiet stretches', 1, (team) => countTraffic(team, amount.quietMs));
      results.requests = {
        setting,
        traffic: Object.fromEntries(Object.entries(traffic).map(([system, [first]]) => [system, first])),
      };
    }
    if (only.includes('lost-replies')) {
      results.lostReplies = { setting, replies: await each('lost replies', amount.lostReplies, loseReply) };
    }
    setting.load.after = load();
    return results;
  } finally {
    await Promise.all(teams.map((team) => team.end()));
    await engine.stop();
  }
}
