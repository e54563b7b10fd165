/** The options of `npm start`, checked in one place: a sentence for people, never a stack. */
import { parseArgs } from 'node:util';
import { isTenureError } from '../lease/errors.js';
import { resolveTimings, type Timings } from '../lease/timing.js';
import type { EngineName } from './engine.js';

/** Shorter than the library's own, so that a failover is a matter of seconds and the tour brisk. */
const DEFAULT_LEASE_MS = 3_000;
const MOST_CANDIDATES = 9;
const ENGINES: readonly EngineName[] = ['dynoxide', 'dynamodb-local', 'endpoint'];

export interface StartOptions {
  readonly tour: boolean;
  readonly help: boolean;
  readonly timings: Timings;
  readonly engine: EngineName | undefined;
  readonly candidates: number;
  /** The command that does the same again. */
  readonly again: string;
}

/** Arguments that cannot be used: the message is for people, and says what was expected. */
export class BadArguments extends Error {}

export const HELP = `Tenure on this machine: real processes elect a leader on DynamoDB, lose it, and elect the next.

  npm start                       on a terminal: watch, and kill, pause or add candidates by a key
  npm start -- --tour             a narrated tour that ends by itself (so does npm start without a terminal)

  --lease MS                      the lease, in ms (${DEFAULT_LEASE_MS}; the library's own default is 10000)
  --heartbeat MS                  the heartbeat period, in ms (3/10 of the lease)
  --engine NAME                   ${ENGINES.join(', ')} (dynoxide, or AWS_ENDPOINT_URL_DYNAMODB if set)
  --candidates N                  how many candidates to start with, 2 to ${MOST_CANDIDATES} (3)
  --help                          this text
`;

/** @throws BadArguments naming what was expected and what came, in the library's own words where it is the judge */
export function parseOptions(argv: readonly string[]): StartOptions {
  const given = parse(argv);
  const leaseMs = number('--lease', given.lease, 'a whole number of milliseconds, such as --lease 3000');
  const renewMs = number('--heartbeat', given.heartbeat, 'a whole number of milliseconds, such as --heartbeat 900');
  const expected = `a whole number from 2 to ${MOST_CANDIDATES}`;
  const candidates = number('--candidates', given.candidates, expected) ?? 3;
  if (candidates < 2 || candidates > MOST_CANDIDATES) throw unfit('--candidates', given.candidates, expected);
  const engine = ENGINES.find((name) => name === given.engine);
  if (given.engine !== undefined && engine === undefined) {
    throw unfit('--engine', given.engine, `one of ${ENGINES.join(', ')}`);
  }
  return {
    tour: given.tour ?? false,
    help: given.help ?? false,
    timings: timings(leaseMs ?? DEFAULT_LEASE_MS, renewMs),
    engine,
    candidates,
    again: ['npm start --', ...(given.tour ? [] : ['--tour']), ...argv].join(' '),
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        tour: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        lease: { type: 'string' },
        heartbeat: { type: 'string' },
        engine: { type: 'string' },
        candidates: { type: 'string' },
      },
    }).values;
  } catch (error) {
    // Only the first sentence of Node's: the rest is advice on things that do not exist here.
    const [what] = (error as Error).message.split(/\.\s|\n/);
    throw new BadArguments(`${what?.replace(/\.$/, '')}. Expected are the options of: npm start -- --help`);
  }
}

function number(option: string, text: string | undefined, expected: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw unfit(option, text, expected);
  return Number(text);
}

function timings(leaseMs: number, renewMs: number | undefined): Timings {
  try {
    return resolveTimings({ leaseMs, renewMs });
  } catch (error) {
    if (isTenureError(error, 'BadOption')) throw new BadArguments(error.message);
    throw error;
  }
}

function unfit(option: string, found: string | undefined, expected: string): BadArguments {
  return new BadArguments(`${option} must be ${expected}, but is ${JSON.stringify(found)}.`);
}
