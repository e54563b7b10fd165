/** Counts the standbys on the roster of an election. It does the same whatever wakes it: a rule, once a minute, or a call. */
import { Election } from '../lib/election/election.js';
import { ENVIRONMENT } from '../lib/names/environment.js';
import { callRoll, type Present } from '../lib/serverless/roll-call.js';
import { required } from './shared/environment.js';
import { loggerOf, sinkOf } from './shared/telemetry.js';

const logger = loggerOf('roll-call');
const election = Election.fromEnvironment({ id: 'roll-call' });
election.on('error', (error) => logger.error(error.message, { code: error.code, details: error.details }));
const sink = sinkOf(required(ENVIRONMENT.election));

/** For calls by hand, the result names the holder and the standbys. */
export const handler = async (): Promise<Present> => {
  const present = await callRoll(election, sink);
  if (present.standbys.length === 0) logger.warn('Nobody stands by', { ...present });
  return present;
};
