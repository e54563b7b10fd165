/** Removes a leader from office when its ECS task is reported as stopped. */
import { Election } from '../lib/election/election.js';
import { buryLeader, parseTaskState } from '../lib/serverless/undertaker.js';
import { deadLettersOf } from './shared/dead-letters.js';
import { loggerOf } from './shared/telemetry.js';

const logger = loggerOf('undertaker');
const bury = deadLettersOf('undertaker', logger);
const election = Election.fromEnvironment({ id: 'undertaker', noticeQueueUrl: undefined });
election.on('error', (error) => logger.error(error.message, { code: error.code }));

/** For calls by hand, the result says what it did. */
export const handler = async (event: unknown): Promise<{ revoked: boolean; why: string }> => {
  const task = parseTaskState(event);
  if ('malformed' in task) {
    await bury(event, task.malformed);
    return { revoked: false, why: task.malformed };
  }
  const burial = await buryLeader(election, task);
  logger.info(burial.why, { election: election.name, taskId: task.taskId, revoked: burial.revoked });
  return burial;
};
