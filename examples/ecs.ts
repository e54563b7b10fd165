/** A server that stands for election: an ECS task, or any other process. `connect()` sets its environment. */
// #region ecs
import { Election } from 'tenure';
import { lead } from './heartbeater-work.js';
import { report } from './metrics.js';

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort()); // ECS: a deploy, a scale-in. 30 s later comes SIGKILL

await using election = Election.fromEnvironment(); // on Fargate its id names the task
election.on('elected', ({ term, id }) => console.log(`${id} leads term ${term}`));
election.on('lost', ({ term, reason }) => console.log(`term ${term} is over: ${reason}`));
election.on('error', (error) => console.error(error.message));

const stopReporting = report(election);
await election.run(lead, { signal: stopping.signal }); // ends with the office given back
stopReporting();
// #endregion
