/** A candidate that is a function: woken by the minute tick and by vacancies, it leads with the work of its bundle. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lead } from 'tenure-work';
import { Election } from '../lib/election/election.js';
import { ENVIRONMENT } from '../lib/names/environment.js';
import { heartbeater } from '../lib/serverless/heartbeater.js';
import { deadLettersOf } from './shared/dead-letters.js';
import { required } from './shared/environment.js';
import { loggerOf, sinkOf } from './shared/telemetry.js';

const logger = loggerOf('heartbeater');
const election = Election.fromEnvironment({ build: buildOfThis() });
election.on('elected', ({ term, id }) => logger.info('elected', { election: election.name, term, id }));
election.on('lost', ({ term, id, reason }) => logger.info('lost', { election: election.name, term, id, reason }));
election.on('challenged', ({ term, challenger, yields }) => logger.info('challenged', { term, challenger, yields }));
election.on('error', (error) => logger.error(error.message, { code: error.code, details: error.details }));

export const handler = heartbeater(lead, {
  election,
  sink: sinkOf(required(ENVIRONMENT.election)),
  onMalformed: deadLettersOf('heartbeater', logger),
});

/** A hash of this bundle's code and settings: an invocation of another build relieves this one at the next tick. */
function buildOfThis(): string {
  const settings = Object.entries(process.env)
    .filter(([name]) => name.startsWith('TENURE_'))
    .sort();
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  return hash.update(JSON.stringify(settings)).digest('hex').slice(0, 8);
}
