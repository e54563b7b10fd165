/** What `npm run nemesis` can be told, checked in one place. */
import { parseArgs } from 'node:util';
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

const ENGINES: readonly EngineName[] = ['dynamodb-local', 'dynoxide', 'endpoint'];

export const HELP = `npm run nemesis -- [options]     real processes stand for election while everything fails that can

  --seconds N     how long faults strike (default 60)
  --seed S        what they are and when (default: by chance; it is printed). Processes keep their own time, so a seed
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

/** Arguments that cannot be used: the message is for people. */
export class BadArguments extends Error {}

/** @throws BadArguments naming what was expected and what came */
export function parseOptions(argv: readonly string[]): Settings {
  const given = parse(argv);
  const seed = Math.floor(Math.random() * 1_000_000);
  return {
    seconds: whole('--seconds', given.seconds, 60, 1, 86_400),
    seed: whole('--seed', given.seed, seed, 0, 2 ** 31),
    elections: given.elections === undefined ? undefined : whole('--elections', given.elections, 0, 1, 500),
    processes: whole('--processes', given.processes, 6, 2, 32),
    leaseMs: given.lease === undefined ? undefined : whole('--lease', given.lease, 0, LEAST_LEASE_MS, 60_000),
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

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        seconds: { type: 'string' },
        seed: { type: 'string' },
        elections: { type: 'string' },
        processes: { type: 'string' },
        lease: { type: 'string' },
        engine: { type: 'string' },
        peer: { type: 'string' },
        ci: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [what] = (error as Error).message.split(/\.\s|\n/);
    throw new BadArguments(`${what?.replace(/\.$/, '')}. Expected are the options of: npm run nemesis -- --help`);
  }
}

function oneOf<T extends string>(option: string, text: string | undefined, all: readonly T[]): T | undefined {
  const found = all.find((name) => name === text);
  if (text === undefined || found !== undefined) return found;
  throw new BadArguments(`${option} must be one of ${all.join(', ')}, but is ${JSON.stringify(text)}.`);
}

function whole(option: string, text: string | undefined, otherwise: number, least: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new BadArguments(`${option} must be a whole number from ${least} to ${most}, but is ${JSON.stringify(text)}.`);
}
