/** The options of `npm run nemesis`, checked in one place. */
import { oneOf, parseArguments, wholeNumber } from '../../lib/local/arguments.js';
import type { EngineName } from '../../lib/local/engine.js';
import { PEERS, type PeerName } from './messages.js';
import { LEAST_LEASE_MS } from './timings.js';

export interface Settings {
  readonly seconds: number;
  readonly seed: number;
  /** Undefined: as many as the machine allows. */
  readonly elections: number | undefined;
  readonly processes: number;
  /** Undefined: as short as the machine allows. */
  readonly leaseMs: number | undefined;
  /** Undefined: the first at hand. */
  readonly engine: EngineName | undefined;
  /** Not ours, but another's candidates are put under the same faults. */
  readonly peer: PeerName | undefined;
  readonly ci: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  seconds: { type: 'string' },
  seed: { type: 'string' },
  elections: { type: 'string' },
  processes: { type: 'string' },
  lease: { type: 'string' },
  engine: { type: 'string' },
  peer: { type: 'string' },
  ci: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const ENGINES: readonly EngineName[] = ['dynamodb-local', 'dynoxide', 'endpoint'];

export const HELP = `npm run nemesis -- [options]     real processes stand for election while everything fails that can

  --seconds N     how long faults strike (default 60)
  --seed S        what they are and when (default: a random one, which is printed). Processes keep their own time, so a seed
                  repeats the faults, not each instant
  --elections N   how many offices, 1 to 500 (default: 32, on a busy machine fewer; it is printed)
  --processes N   how many processes, 2 to 32; three stand for each office (default 6)
  --lease MS      the lease, ${LEAST_LEASE_MS} to 60000 (default: as short as the machine allows; it is printed)
  --engine NAME   ${ENGINES.join(', ')} (default: the first of them, if it is there)
  --peer NAME     another lock under the same faults: what it does wrong is counted, and nothing is planted
                  (${PEERS.join(', ')})
  --ci            installs libfaketime with apt-get where it is missing and that is allowed
  --help          this text

Ends with 0 if nothing was violated and every build known to be bad was caught, else with 1; for a peer always with 0.
`;

/** @throws BadArguments naming what was expected and what came */
export function parseOptions(argv: readonly string[]): Settings {
  const given = parseArguments(argv, OPTIONS, 'npm run nemesis');
  const whole = (name: 'seconds' | 'seed' | 'elections' | 'processes' | 'lease', least: number, most: number) => {
    const text = given[name];
    return text === undefined ? undefined : wholeNumber(`--${name}`, text, least, most);
  };
  return {
    seconds: whole('seconds', 1, 86_400) ?? 60,
    seed: whole('seed', 0, 2 ** 31) ?? Math.floor(Math.random() * 1_000_000),
    elections: whole('elections', 1, 500),
    processes: whole('processes', 2, 32) ?? 6,
    leaseMs: whole('lease', LEAST_LEASE_MS, 60_000),
    engine: oneOf('--engine', given.engine, ENGINES),
    peer: oneOf('--peer', given.peer, PEERS),
    ci: given.ci ?? false,
    help: given.help ?? false,
  };
}

/** What the machine has a say in. */
export interface Field {
  readonly elections: number;
  readonly leaseMs: number;
}

/** The command that does the same again. */
export function commandOf({ seconds, seed, processes, peer }: Settings, { elections, leaseMs }: Field): string {
  const whose = peer === undefined ? '' : ` --peer ${peer}`;
  const field = `--elections ${elections} --processes ${processes}`;
  return `npm run nemesis -- --seed ${seed} --seconds ${seconds} ${field} --lease ${leaseMs}${whose}`;
}
