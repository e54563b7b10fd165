/** `tenure simulate`: the shipping election in worlds of their own time, with faults, to see what it does before it is deployed. */
import { type Command, Option } from 'commander';
import type { Outcome } from '../../simulation/run.js';
import type { Task } from '../../simulation/seeds.js';
import type { Constraints } from '../../simulation/settings.js';
import { inThreads, WORKER } from '../../simulation/threads.js';
import { Totals } from '../../simulation/totals.js';
import type { CommandCall, ToAction } from '../command.js';
import { EXIT } from '../failure.js';
import { runMany } from '../simulate/many.js';
import {
  FAULT_WORDS,
  faultOf,
  faultsOf,
  MOST_CANDIDATES,
  partOf,
  planOf,
  repeating,
  type SimulateFlags,
  wholeFrom,
} from '../simulate/options.js';
import {
  faultsOn,
  grouped,
  injectedLines,
  planLines,
  RESTLESS,
  spreadLines,
  timelineLines,
  totalsLines,
  worldLines,
} from '../simulate/report.js';

/** So many violated worlds are shown in full. */
const MOST_SHOWN = 5;

export function registerSimulate(program: Command, toAction: ToAction): void {
  program
    .command('simulate')
    .summary('your timings in simulated worlds, with faults')
    .description(
      'Runs the election of this package in simulated worlds: candidates that crash, stand still or are cut off, requests that ' +
        'are lost or late, clocks that err. After every event each promise is asked. It uses no table and no network, and a day ' +
        'takes seconds. The same seed and options give the same output.\n\nOne world is shown from beginning to end; of many ' +
        '(--seeds) it shows how long nobody led. Timings, number of candidates and faults come from the seed. With any of --lease, ' +
        "--heartbeat, --drift, --candidates, --delay and --pace they are yours, the library's own where left out, and crashes and " +
        'the like come one at a time.',
    )
    .option('--seed <number>', 'the world, or the first of them', wholeFrom(0, 999_999_999), 1)
    .option('--seeds <number>', 'how many worlds, on all cores', wholeFrom(1, 10_000_000))
    .addOption(
      new Option('--fault <name>', 'this fault, and no other that is not named (again and again)')
        .choices(FAULT_WORDS)
        .argParser(faultOf),
    )
    .option('--lease <duration>', 'how long a leader leads after a heartbeat (10s)')
    .option('--heartbeat <duration>', 'the heartbeat period (3/10 of the lease)')
    .option('--drift <part>', 'by how much of a lease clocks may err (0.01)', partOf)
    .option('--candidates <number>', 'how many processes stand for office (3)', wholeFrom(1, MOST_CANDIDATES))
    .option('--delay <duration>', 'the longest way of a request to the table, and of its answer back (50ms)')
    .option('--pace <duration>', 'the mean time between two crashes, standstills and the like (6 leases)')
    .addHelpText(
      'after',
      `
Examples:
  $ tenure simulate --seed 7                                   one world, line by line
  $ tenure simulate --seeds 500                                many, with all faults
  $ tenure simulate --lease 10s --heartbeat 3s --fault kill --seeds 500
                                                               how long nobody leads after a crash, with these timings
  $ tenure simulate --lease 10s --fault none --seeds 100       what they cost while nothing happens`,
    )
    .action(toAction(simulate));
}

async function simulate(call: CommandCall<SimulateFlags>): Promise<number> {
  const plan = planOf(call.options);
  const asked: Constraints = { only: faultsOf(call.options, plan), plan };
  return call.options.seeds === undefined ? one(call, asked) : many(call, asked, call.options.seeds);
}

/** One world, in a thread of its own: what it leaves behind ends with the thread. */
async function one({ options, print, json, style }: CommandCall<SimulateFlags>, asked: Constraints): Promise<number> {
  const { seed } = options;
  const totals = new Totals();
  let outcome: Outcome | undefined;
  const task: Omit<Task, 'step'> = { from: seed, end: seed + 1, options: { ...asked, timeline: true } };
  await inThreads<Task>(
    WORKER,
    task,
    (progress) => {
      totals.add(progress);
      outcome ??= progress.outcome;
    },
    { cores: 1 },
  );
  const violations = totals.violated.flatMap((violated) => violated.violations);
  const held = violations.length === 0;
  const repeat = held ? undefined : repeating(seed, options);
  if (options.json) {
    const { settings, timeline, failovers, elections, relays, simulatedMs, events } = outcome ?? {};
    const world = settings && { ...settings, faults: faultsOn(settings) };
    const faults = Object.fromEntries(totals.injected);
    json({ seed, world, timeline, faults, failovers, elections, relays, simulatedMs, events, violations, repeat });
  } else {
    print(`seed ${seed}`);
    if (outcome !== undefined) {
      const { settings, timeline } = outcome;
      for (const line of [...worldLines(settings), '', ...timelineLines(timeline, style), '']) print(line);
      for (const line of [...injectedLines(totals), '', ...spreadLines(totals, true), '']) print(line);
    }
    if (held) print(style.green(`Every invariant held, asked after each of ${grouped(totals.sums.events)} events.`));
    else for (const line of [...violations.map((text) => style.red(text)), `repeat it: ${repeat}`]) print(line);
  }
  return held ? EXIT.done : EXIT.failed;
}

async function many(call: CommandCall<SimulateFlags>, asked: Constraints, seeds: number): Promise<number> {
  const { options, print, note, json, style } = call;
  const { seed: from } = options;
  const totals = await runMany({ file: WORKER, from, seeds, options: asked }, note);
  const { sums, violated, spreads, readsAtRest } = totals;
  // The promise about reads is for the library's own timings.
  const restless = asked.plan === undefined && totals.restless;
  const shown = violated.slice(0, MOST_SHOWN).map((one) => ({ ...one, repeat: repeating(Number(one.seed), options) }));
  if (options.json) {
    const failovers = spreads.map(({ cause, times, ms, leases }) => ({ cause, times, ms, leases }));
    const faults = Object.fromEntries(totals.injected);
    json({
      from,
      ...sums,
      plan: asked.plan,
      faults,
      readsAtRest,
      failovers,
      violatedSeeds: violated.length,
      violated: shown,
      restless,
    });
  } else {
    print(`${grouped(seeds)} worlds: seeds ${from} to ${from + seeds - 1}`);
    if (asked.plan !== undefined) for (const line of planLines(asked.plan)) print(line);
    for (const line of [...totalsLines(totals), '', ...spreadLines(totals, asked.plan !== undefined), '']) print(line);
    for (const { seed, violations, repeat } of shown) {
      print(style.red(`seed ${seed}:\n  ${violations.join('\n  ')}`));
      print(`  repeat it: ${repeat}`);
    }
    if (restless) print(style.red(RESTLESS));
    else if (violated.length === 0) {
      print(style.green(`Every invariant held, asked after each of ${grouped(sums.events)} events.`));
    }
  }
  return violated.length === 0 && !restless ? EXIT.done : EXIT.failed;
}
