/** The options of `npm start`, checked in one place: a sentence for people, never a stack. */
import { isTenureError } from '../lease/errors.js';
import { resolveTimings, type Timings } from '../lease/timing.js';
import { BadArguments, oneOf, parseArguments, unusable, wholeNumber } from './arguments.js';
import type { EngineName } from './engine.js';

/** Shorter than the library's own, so that a failover is a matter of seconds and the tour brisk. */
const DEFAULT_LEASE_MS = 3_000;
const MOST_CANDIDATES = 9;
const ENGINES: readonly EngineName[] = ['dynoxide', 'dynamodb-local', 'endpoint'];

const OPTIONS = {
  tour: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  lease: { type: 'string' },
  heartbeat: { type: 'string' },
  engine: { type: 'string' },
  candidates: { type: 'string' },
} as const;

export interface StartOptions {
  readonly tour: boolean;
  readonly help: boolean;
  readonly timings: Timings;
  readonly engine: EngineName | undefined;
  readonly candidates: number;
  /** The command that does the same again. */
  readonly again: string;
}

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
  const given = parseArguments(argv, OPTIONS, 'npm start');
  const leaseMs = milliseconds('--lease', given.lease, '--lease 3000');
  const renewMs = milliseconds('--heartbeat', given.heartbeat, '--heartbeat 900');
  const candidates = wholeNumber('--candidates', given.candidates ?? '3', 2, MOST_CANDIDATES);
  return {
    tour: given.tour ?? false,
    help: given.help ?? false,
    timings: timings(leaseMs ?? DEFAULT_LEASE_MS, renewMs),
    engine: oneOf('--engine', given.engine, ENGINES),
    candidates,
    again: ['npm start --', ...(given.tour ? [] : ['--tour']), ...argv].join(' '),
  };
}

function milliseconds(option: string, text: string | undefined, example: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw unusable(option, text, `a whole number of milliseconds, such as ${example}`);
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
